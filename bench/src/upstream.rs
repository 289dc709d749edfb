//! HTTP as far as an upstream of the benchmarks needs it.

use std::error::Error;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// How the reply begins that is a stream of events.
pub const STREAM_HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// The body of the next request on a connection; `None` at its end. What was read beyond it waits in `unread`.
///
/// # Errors
/// The connection's, or it is a request without the length of its body.
pub async fn next_request(
    socket: &mut TcpStream,
    unread: &mut Vec<u8>,
) -> Result<Option<Vec<u8>>, Box<dyn Error + Send + Sync>> {
    let mut piece = [0; 8192];
    loop {
        if let Some(end) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(unread.get(..end).unwrap_or_default()).to_ascii_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length:")).ok_or("no content-length")?;
            let whole = end + 4 + length.trim().parse::<usize>()?;
            if unread.len() >= whole {
                return Ok(Some(unread.drain(..whole).skip(end + 4).collect()));
            }
        }
        let read = socket.read(&mut piece).await?;
        if read == 0 {
            return Ok(None);
        }
        unread.extend_from_slice(piece.get(..read).unwrap_or_default());
    }
}
