//! Clients of both APIs, over sockets of their own: what is measured is not theirs.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Result;
use crate::upstream::{FLOOD, TICK};

/// What a client speaks: one of them is translated, the other passed on.
#[derive(Debug, Clone, Copy)]
pub enum Api {
    Chat,
    Responses,
}

impl Api {
    /// The one and the other in turn.
    pub fn of(place: usize) -> Self {
        if place % 2 == 0 { Self::Chat } else { Self::Responses }
    }

    fn request(self, address: &str, model: &str, stream: bool) -> String {
        let (path, input) = match self {
            Self::Chat => ("chat/completions", "messages"),
            Self::Responses => ("responses", "input"),
        };
        let body = format!(r#"{{"model":"{model}","stream":{stream},"{input}":[{{"role":"user","content":"hi"}}]}}"#);
        let length = body.len();
        format!(
            "POST /v1/{path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    }

    /// What one event of the text looks like, and the last of all.
    fn marks(self) -> (String, &'static str) {
        match self {
            Self::Chat => (format!(r#""content":"{TICK}""#), "data: [DONE]"),
            Self::Responses => (format!(r#""delta":"{TICK}""#), "event: response.completed"),
        }
    }
}

/// How long nothing may come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads a whole stream of so many events and gives the time to the first of them.
pub async fn stream(address: &str, api: Api, events: usize) -> Result<Duration> {
    let begun = Instant::now();
    let mut connection = Connection::open(address).await?;
    connection.socket.write_all(api.request(address, "m", true).as_bytes()).await?;
    let (tick, last) = api.marks();
    let mut first = None;
    let body = connection
        .reply(|body| {
            if first.is_none() && String::from_utf8_lossy(body).contains(&tick) {
                first = Some(begun.elapsed());
            }
        })
        .await?;
    let (count, has_end) = (body.matches(&tick).count(), body.contains(last));
    if count == events && has_end && !body.contains("\"error\":{") {
        return first.ok_or_else(|| "there was no first event".into());
    }
    let tail: String = body.chars().skip(body.chars().count().saturating_sub(300)).collect();
    Err(format!("{api:?}: {count} of {events} events, with its end: {has_end}; it ends in {tail}").into())
}

/// Reads a page of the gateway's own.
pub async fn page(address: &str, path: &str) -> Result<()> {
    let mut connection = Connection::open(address).await?;
    connection.socket.write_all(format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes()).await?;
    connection.reply(|_| {}).await.map(drop)
}

/// Asks for what never ends. Nobody reads it.
pub async fn flood(address: &str, api: Api) -> Result<TcpStream> {
    let mut connection = Connection::open(address).await?;
    connection.socket.write_all(api.request(address, FLOOD, true).as_bytes()).await?;
    Ok(connection.socket)
}

/// A connection on which one whole reply after the other is asked for.
pub struct Whole {
    connection: Connection,
    request: String,
}

impl Whole {
    pub async fn connect(address: &str, api: Api) -> Result<Self> {
        Ok(Self { connection: Connection::open(address).await?, request: api.request(address, "m", false) })
    }

    pub async fn ask(&mut self) -> Result<()> {
        self.connection.socket.write_all(self.request.as_bytes()).await?;
        let body = self.connection.reply(|_| {}).await?;
        if body.contains(TICK) { Ok(()) } else { Err(format!("no answer: {body}").into()) }
    }
}

struct Connection {
    socket: TcpStream,
    unread: Vec<u8>,
}

impl Connection {
    async fn open(address: &str) -> Result<Self> {
        let socket = timeout(PATIENCE, TcpStream::connect(address)).await??;
        socket.set_nodelay(true)?;
        Ok(Self { socket, unread: Vec::new() })
    }

    /// The body of a reply, which `look` sees as it grows. Anything but a 200 is an error.
    async fn reply(&mut self, mut look: impl FnMut(&[u8])) -> Result<String> {
        let head = self.until(b"\r\n\r\n").await?;
        let head = String::from_utf8(head)?.to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let mut body = Vec::new();
        if let Some(length) = length {
            body = self.take(length.trim().parse()?).await?;
        } else {
            loop {
                let size = String::from_utf8(self.until(b"\r\n").await?)?;
                let size = usize::from_str_radix(size.trim(), 16)?;
                body.extend(self.take(size).await?);
                self.until(b"\r\n").await?;
                look(&body);
                if size == 0 {
                    break;
                }
            }
        }
        let body = String::from_utf8(body)?;
        if head.starts_with("http/1.1 200 ") { Ok(body) } else { Err(format!("{head}{body}").into()) }
    }

    /// The bytes up to `end` and with it.
    async fn until(&mut self, end: &[u8]) -> Result<Vec<u8>> {
        loop {
            if let Some(at) = self.unread.windows(end.len()).position(|window| window == end) {
                return Ok(self.unread.drain(..at + end.len()).collect());
            }
            self.more().await?;
        }
    }

    async fn take(&mut self, count: usize) -> Result<Vec<u8>> {
        while self.unread.len() < count {
            self.more().await?;
        }
        Ok(self.unread.drain(..count).collect())
    }

    async fn more(&mut self) -> Result<()> {
        let mut piece = [0; 16 * 1024];
        let read = timeout(PATIENCE, self.socket.read(&mut piece)).await.map_err(|_| "nothing came for a minute")??;
        if read == 0 {
            return Err("the connection ended in the middle of a reply".into());
        }
        self.unread.extend_from_slice(piece.get(..read).unwrap_or_default());
        Ok(())
    }
}
