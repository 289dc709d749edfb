//! A Responses upstream: each request gets events at the pace of a model, a whole reply, or a flood, as its model says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use interlingua_bench::{STREAM_HEAD as HEAD, next_request};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{MissedTickBehavior, interval};

use crate::Result;

/// What each event says.
pub const TICK: &str = "tick ";
/// The model whose answer never ends.
pub const FLOOD: &str = "flood";

/// A running upstream.
pub struct Upstream {
    /// Host and port.
    pub address: String,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    sent: AtomicU64,
    floods: AtomicU64,
}

/// How many floods there are, kept right whatever becomes of one.
struct Flood(Arc<Counts>);

impl Drop for Flood {
    fn drop(&mut self) {
        self.0.floods.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Upstream {
    pub async fn start(events: usize, pause: Duration) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                // A connection that breaks is the gateway's affair; the clients see what becomes of it.
                tokio::spawn(async move { _ = serve(socket, events, pause, shared).await });
            }
        });
        Ok(Self { address, counts })
    }

    /// The bytes of floods that have gone out.
    pub fn sent(&self) -> u64 {
        self.counts.sent.load(Ordering::SeqCst)
    }

    /// The floods that go on.
    pub fn floods(&self) -> u64 {
        self.counts.floods.load(Ordering::SeqCst)
    }
}

async fn serve(mut socket: TcpStream, events: usize, pause: Duration, counts: Arc<Counts>) -> Result<()> {
    socket.set_nodelay(true)?;
    let mut unread = Vec::new();
    while let Some(body) = next_request(&mut socket, &mut unread).await? {
        let body = String::from_utf8_lossy(&body);
        if body.contains(FLOOD) {
            counts.floods.fetch_add(1, Ordering::SeqCst);
            let _flood = Flood(Arc::clone(&counts));
            return flood(&mut socket, &counts).await;
        }
        if body.contains("\"stream\":true") {
            stream(&mut socket, events, pause).await?;
        } else {
            let body = response("completed", TICK);
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
            socket.write_all(format!("{head}{body}").as_bytes()).await?;
        }
    }
    Ok(())
}

const PLACE: &str = r#""item_id":"msg_1","output_index":0,"content_index":0"#;

async fn stream(socket: &mut TcpStream, events: usize, pause: Duration) -> Result<()> {
    socket.write_all(format!("{HEAD}{}", beginning()).as_bytes()).await?;
    let delta = chunk("response.output_text.delta", &format!(r#"{PLACE},"delta":"{TICK}""#));
    let mut clock = interval(pause);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for _ in 0..events {
        clock.tick().await;
        socket.write_all(delta.as_bytes()).await?;
    }
    let end = chunk("response.completed", &format!(r#""response":{}"#, response("completed", &TICK.repeat(events))));
    socket.write_all(format!("{end}0\r\n\r\n").as_bytes()).await?;
    Ok(())
}

async fn flood(socket: &mut TcpStream, counts: &Counts) -> Result<()> {
    socket.write_all(format!("{HEAD}{}", beginning()).as_bytes()).await?;
    let delta = chunk("response.output_text.delta", &format!(r#"{PLACE},"delta":"{}""#, TICK.repeat(200)));
    loop {
        socket.write_all(delta.as_bytes()).await?;
        counts.sent.fetch_add(u64::try_from(delta.len())?, Ordering::SeqCst);
    }
}

fn beginning() -> String {
    let item = r#"{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}"#;
    let part = r#"{"type":"output_text","text":"","annotations":[]}"#;
    [
        chunk("response.created", &format!(r#""response":{}"#, response("in_progress", ""))),
        chunk("response.output_item.added", &format!(r#""output_index":0,"item":{item}"#)),
        chunk("response.content_part.added", &format!(r#"{PLACE},"part":{part}"#)),
    ]
    .concat()
}

/// One event, as a chunk of the body.
fn chunk(kind: &str, rest: &str) -> String {
    let event = format!("event: {kind}\ndata: {{\"type\":\"{kind}\",{rest}}}\n\n");
    format!("{:x}\r\n{event}\r\n", event.len())
}

fn response(status: &str, text: &str) -> String {
    let output = match text {
        "" => String::new(),
        _ => format!(
            r#"{{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{{"type":"output_text","text":"{text}","annotations":[]}}]}}"#
        ),
    };
    format!(
        r#"{{"id":"resp_1","object":"response","created_at":1,"status":"{status}","error":null,"model":"m","output":[{output}]}}"#
    )
}
