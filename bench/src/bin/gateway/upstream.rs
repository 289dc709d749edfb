//! A Responses upstream that answers everything with one reply, all at once or at a pace.

use std::time::Duration;

use interlingua_bench::{STREAM_HEAD as HEAD, next_request};
use tokio::io::AsyncWriteExt;
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
    while next_request(&mut socket, &mut unread).await?.is_some() {
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
