//! A client that asks for streams and reads them to their end, over sockets of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Result;

/// How long nothing may come.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many streams at a time, and how many replies in all.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub streams: usize,
    pub replies: usize,
}

/// What is asked, and of whom.
pub struct Client {
    address: String,
    request: Arc<[u8]>,
    /// What the end of a good reply has.
    end: &'static str,
}

impl Client {
    pub fn new(address: &str, is_chat: bool) -> Self {
        let (path, input, end) = match is_chat {
            true => ("chat/completions", "messages", "data: [DONE]"),
            false => ("responses", "input", "event: response.completed"),
        };
        let body = format!(r#"{{"model":"m","stream":true,"{input}":[{{"role":"user","content":"hi"}}]}}"#);
        let length = body.len();
        let request = format!(
            "POST /v1/{path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        Self { address: address.to_owned(), request: request.into_bytes().into(), end }
    }

    /// Asks for all of it. Every reply has to be whole.
    pub async fn run(&self, load: Load) -> Result<()> {
        let left = Arc::new(AtomicUsize::new(load.replies));
        let mut streams = Vec::new();
        for _ in 0..load.streams {
            let (address, request, end, left) =
                (self.address.clone(), Arc::clone(&self.request), self.end, Arc::clone(&left));
            streams.push(tokio::spawn(async move {
                let mut socket = timeout(PATIENCE, TcpStream::connect(address)).await??;
                socket.set_nodelay(true)?;
                let take = |left: usize| left.checked_sub(1);
                while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
                    socket.write_all(&request).await?;
                    read(&mut socket, end).await?;
                }
                Result::Ok(())
            }));
        }
        for stream in streams {
            stream.await??;
        }
        Ok(())
    }
}

/// One reply, to its last chunk.
async fn read(socket: &mut TcpStream, end: &str) -> Result<()> {
    /// As much of the end as has to be looked at: the last event holds the whole text.
    const TAIL: usize = 8 * 1024;
    let mut piece = [0; 16 * 1024];
    let mut tail = Vec::new();
    while !tail.ends_with(b"\r\n0\r\n\r\n") {
        let count = timeout(PATIENCE, socket.read(&mut piece)).await.map_err(|_| "nothing came for a minute")??;
        if count == 0 {
            return Err("the connection ended in the middle of a reply".into());
        }
        tail.extend_from_slice(piece.get(..count).unwrap_or_default());
        if tail.len() > 4 * TAIL {
            tail.drain(..tail.len() - TAIL);
        }
    }
    let tail = String::from_utf8_lossy(&tail);
    if tail.contains(end) && !tail.contains("\"error\":{") {
        Ok(())
    } else {
        Err(format!("no whole reply: {tail}").into())
    }
}
