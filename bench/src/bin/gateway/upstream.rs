//! A Responses upstream that answers everything with one reply, all at once or at a pace.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::Result;

/// How it sends.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    AtOnce,
    /// An event and a pause in turns.
    Every(Duration),
}

/// A running upstream.
pub struct Upstream {
    /// Host and port.
    pub address: String,
}

impl Upstream {
    pub async fn start(pace: Pace) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let reply: &'static Reply = Box::leak(Box::new(Reply::new()));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                // A connection that breaks is the server's affair; the client sees what becomes of it.
                tokio::spawn(async move { _ = serve(socket, pace, reply).await });
            }
        });
        Ok(Self { address })
    }
}

struct Reply {
    chunks: Vec<String>,
    all: String,
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const LAST: &str = "0\r\n\r\n";

impl Reply {
    fn new() -> Self {
        let chunks: Vec<String> =
            interlingua_bench::text_stream().map(|event| format!("{:x}\r\n{event}\r\n", event.len())).collect();
        Self { all: [HEAD, &chunks.concat(), LAST].concat(), chunks }
    }
}

async fn serve(mut socket: TcpStream, pace: Pace, reply: &Reply) -> Result<()> {
    socket.set_nodelay(true)?;
    let mut unread = Vec::new();
    while request(&mut socket, &mut unread).await? {
        match pace {
            Pace::AtOnce => socket.write_all(reply.all.as_bytes()).await?,
            Pace::Every(pause) => {
                socket.write_all(HEAD.as_bytes()).await?;
                for chunk in &reply.chunks {
                    tokio::time::sleep(pause).await;
                    socket.write_all(chunk.as_bytes()).await?;
                }
                socket.write_all(LAST.as_bytes()).await?;
            }
        }
    }
    Ok(())
}

/// Reads a request; whether there was one before the end of the connection.
async fn request(socket: &mut TcpStream, unread: &mut Vec<u8>) -> Result<bool> {
    let mut piece = [0; 4096];
    loop {
        if let Some(end) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(unread.get(..end).unwrap_or_default()).to_ascii_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length:")).ok_or("no content-length")?;
            let whole = end + 4 + length.trim().parse::<usize>()?;
            if unread.len() >= whole {
                unread.drain(..whole);
                return Ok(true);
            }
        }
        let count = socket.read(&mut piece).await?;
        if count == 0 {
            return Ok(false);
        }
        unread.extend_from_slice(piece.get(..count).unwrap_or_default());
    }
}
