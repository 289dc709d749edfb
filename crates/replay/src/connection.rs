//! Connections, each of them known: whether it is still open, and what is to be said on it that is no HTTP.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// A connection that a request came on. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Connection(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    is_open: AtomicBool,
    said: Mutex<Said>,
}

/// What is said on a connection.
#[derive(Debug)]
enum Said {
    /// What the server says.
    Http,
    /// These bytes in place of it, as far as they are not yet written.
    Raw(Bytes),
    /// Nothing: it breaks.
    Reset,
}

impl Connection {
    /// Whether neither side has closed it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.is_open.load(Ordering::SeqCst)
    }

    /// Says these bytes in place of the reply that comes next, and of all that come after it.
    pub(crate) fn say(&self, bytes: Bytes) {
        self.set(Said::Raw(bytes));
    }

    /// Breaks where a reply would begin.
    pub(crate) fn reset(&self) {
        self.set(Said::Reset);
    }

    fn set(&self, said: Said) {
        *self.0.said.lock().unwrap_or_else(PoisonError::into_inner) = said;
    }
}

impl Connected<IncomingStream<'_, Connections>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Connections>) -> Self {
        stream.io().connection.clone()
    }
}

/// A listener whose connections are known.
#[derive(Debug)]
pub(crate) struct Connections(pub(crate) TcpListener);

impl Listener for Connections {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        loop {
            if let Ok((stream, addr)) = self.0.accept().await {
                // Small events are sent at once: waiting for company would cost 40 ms each time.
                let _ = stream.set_nodelay(true);
                let shared = Shared { is_open: AtomicBool::new(true), said: Mutex::new(Said::Http) };
                return (Wire { stream, connection: Connection(Arc::new(shared)) }, addr);
            }
            // There are too many, or one has gone again: others will come.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// The bytes of a connection.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    connection: Connection,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.connection.0.is_open.store(false, Ordering::SeqCst);
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { stream, connection } = &mut *self;
        let mut said = connection.0.said.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *said {
            Said::Http => Pin::new(stream).poll_write(cx, buf),
            Said::Raw(rest) => {
                while !rest.is_empty() {
                    let written = ready!(Pin::new(&mut *stream).poll_write(cx, rest))?;
                    let _ = rest.split_to(written);
                }
                Poll::Ready(Ok(buf.len()))
            }
            Said::Reset => {
                let _ = stream.set_zero_linger();
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
