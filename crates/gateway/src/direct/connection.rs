//! One connection, and nobody between its socket and whoever waits for what comes over it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use interlingua_executor::TransportError;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;

use super::framing::Begun;
use super::head::{Head, Outgoing};

/// The largest read, in bytes. It goes into memory that all connections of a thread share, so that one that waits holds none.
const READ: usize = 64 * 1024;

/// The largest head of a reply, in bytes.
const HEAD: usize = 32 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A connection to an upstream. Dropping it closes it.
pub(super) struct Connection {
    socket: TcpStream,
    /// What has been read and not been taken.
    unread: Vec<u8>,
    /// Whether it can take another request behind the reply.
    pub(super) stays_open: bool,
}

/// Why a request has no reply.
pub(super) enum Failed {
    /// Nothing of it has gone out.
    Unsent(io::Error),
    /// Some of it may have.
    Broken(TransportError),
}

impl Connection {
    pub(super) fn new(socket: TcpStream) -> Self {
        Self { socket, unread: Vec::new(), stays_open: true }
    }

    /// Sends a request and waits for the head of the reply, and for no more of its body than comes with it.
    pub(super) async fn send(&mut self, request: &Outgoing) -> Result<(Head, Begun), Failed> {
        let mut written = 0;
        poll_fn(|cx| {
            loop {
                let mut waits = true;
                if written < request.len() {
                    match self.poll_write(cx, request, written) {
                        Poll::Ready(Ok(count)) => (written, waits) = (written + count, false),
                        Poll::Ready(Err(error)) if written == 0 => return Poll::Ready(Err(Failed::Unsent(error))),
                        // It may have said why before it stopped to listen.
                        Poll::Ready(Err(_)) => (written, self.stays_open) = (request.len(), false),
                        Poll::Pending => {}
                    }
                }
                match self.poll_read_head(cx, request) {
                    Poll::Ready(Ok(Some((head, begun)))) => {
                        // Who answers before all is said does not listen any more.
                        self.stays_open &= head.stays_open && written == request.len();
                        return Poll::Ready(Ok((head, begun)));
                    }
                    Poll::Ready(Ok(None)) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(Failed::Broken(error))),
                    Poll::Pending if waits => return Poll::Pending,
                    Poll::Pending => {}
                }
            }
        })
        .await
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, request: &Outgoing, written: usize) -> Poll<io::Result<usize>> {
        let Outgoing { head, body, .. } = request;
        let of_body = written.saturating_sub(head.len());
        let slices = [head.get(written..).unwrap_or_default(), body.get(of_body..).unwrap_or_default()];
        match ready!(Pin::new(&mut self.socket).poll_write_vectored(cx, &slices.map(IoSlice::new)))? {
            0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            count => Poll::Ready(Ok(count)),
        }
    }

    /// Reads once; the head and what came of the body, if the head is whole then.
    fn poll_read_head(
        &mut self,
        cx: &mut Context<'_>,
        request: &Outgoing,
    ) -> Poll<Result<Option<(Head, Begun)>, TransportError>> {
        let mut come = None;
        let read = ready!(self.poll_read(cx, |bytes| {
            let Some(head) = Head::read(bytes, request)? else { return Ok(0) };
            let mut framing = head.framing;
            let (first, taken) = match framing.take_piece(bytes.get(head.length..).unwrap_or_default()) {
                Ok((first, taken)) => (Ok(first), taken),
                // That is for whoever reads the body.
                Err(error) => (Err(error), 0),
            };
            let taken = head.length + taken;
            come = Some((head, Begun { framing, first }));
            Ok(taken)
        }));
        if read.map_err(TransportError::broken)?? == 0 {
            let closed = "the connection was closed before there was a reply";
            return Poll::Ready(Err(TransportError::broken(closed)));
        }
        if come.is_none() && self.unread.len() > HEAD {
            let message = format!("the head of the reply is larger than {} KiB", HEAD / 1024);
            return Poll::Ready(Err(TransportError::foreign(message)));
        }
        Poll::Ready(Ok(come))
    }

    /// Reads once, behind what has not been taken, and shows all of that; what `take` does not take is kept. How much was read:
    /// nothing at the end of the connection.
    pub(super) fn poll_read<E>(
        &mut self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> Result<usize, E>,
    ) -> Poll<io::Result<Result<usize, E>>> {
        let Self { socket, unread, .. } = self;
        let mut taken = Ok(0);
        let read = ready!(poll_read(socket, cx, |bytes| {
            if unread.is_empty() {
                taken = take(bytes);
                let rest = taken.as_ref().ok().and_then(|taken| bytes.get(*taken..));
                unread.extend_from_slice(rest.unwrap_or_default());
            } else {
                unread.extend_from_slice(bytes);
                taken = take(unread);
                let rest = taken.as_ref().ok().and_then(|taken| unread.get(*taken..));
                *unread = rest.unwrap_or_default().to_vec();
            }
        }));
        Poll::Ready(read.map(|read| taken.map(|_| read)))
    }

    /// Whether it can take a request: nobody has closed it, and nothing has come unasked.
    pub(super) fn is_free(&mut self, cx: &mut Context<'_>) -> bool {
        let mut nothing = [0];
        let mut nothing = ReadBuf::new(&mut nothing);
        self.stays_open && self.unread.is_empty() && Pin::new(&mut self.socket).poll_read(cx, &mut nothing).is_pending()
    }
}

/// Reads once, and shows what there was.
fn poll_read(socket: &mut TcpStream, cx: &mut Context<'_>, show: impl FnOnce(&[u8])) -> Poll<io::Result<usize>> {
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.resize(READ, 0);
        let mut read = ReadBuf::new(scratch);
        ready!(Pin::new(socket).poll_read(cx, &mut read))?;
        show(read.filled());
        Poll::Ready(Ok(read.filled().len()))
    })
}
