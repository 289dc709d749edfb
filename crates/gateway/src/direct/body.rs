//! The body of a reply, which reads its connection and gives it back at its end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::uri::Authority;
use interlingua_executor::{ByteStream, TransportError};

use super::connection::Connection;
use super::framing::Framing;
use super::pool::Pool;

/// A body. Dropped before its end it closes the connection, so that the upstream need not go on.
pub(super) struct Body {
    /// Gone once the body is over.
    connection: Option<Connection>,
    framing: Framing,
    /// Memory for one small piece after the other.
    small: BytesMut,
    host: Authority,
    pool: Arc<Pool>,
}

impl Body {
    pub(super) fn new(connection: Connection, framing: Framing, host: Authority, pool: Arc<Pool>) -> Self {
        Self { connection: Some(connection), framing, small: BytesMut::new(), host, pool }
    }

    pub(super) fn into_stream(self) -> ByteStream {
        Box::pin(self)
    }

    /// The next bytes of the body: all that one read brings.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        let Self { connection, framing, small, .. } = self;
        let Some(open) = connection else { return Poll::Ready(None) };
        // What came with the head, at first.
        if !open.unread.is_empty() {
            let unread = std::mem::take(&mut open.unread);
            let mut piece = BytesMut::new();
            let taken = framing.take(&unread, &mut piece).map_err(TransportError::foreign)?;
            // Not the vector itself, which has room for all that came.
            open.unread = unread.get(taken..).unwrap_or_default().to_vec();
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(piece.freeze())));
            }
        }
        loop {
            if *framing == Framing::Over {
                return Poll::Ready(None);
            }
            let mut piece = BytesMut::new();
            let read = ready!(open.poll_read(cx, |bytes| {
                if bytes.len() > SMALL {
                    piece.reserve(bytes.len());
                    return framing.take(bytes, &mut piece);
                }
                small.reserve(bytes.len());
                let taken = framing.take(bytes, small);
                piece = small.split();
                taken
            }));
            match read.map_err(TransportError::broken)?.map_err(TransportError::foreign)? {
                0 if *framing == Framing::UntilClose => return Poll::Ready(None),
                0 => return Poll::Ready(Some(Err(TransportError::broken(CUT)))),
                _ if !piece.is_empty() => return Poll::Ready(Some(Ok(piece.freeze()))),
                _ => {}
            }
        }
    }
}

/// What is small: memory of this size is kept for the next piece, since a stream that is slow has many of them.
const SMALL: usize = 4 * 1024;

const CUT: &str = "the connection was closed in the middle of the reply";

impl Stream for Body {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let piece = ready!(this.poll_piece(cx));
        match &piece {
            Some(Ok(_)) if this.framing != Framing::Over => {}
            Some(Err(_)) => this.connection = None,
            Some(Ok(_)) | None => {
                if let Some(connection) = this.connection.take().filter(|connection| connection.stays_open) {
                    this.pool.put(&this.host, connection);
                }
            }
        }
        Poll::Ready(piece)
    }
}
