//! The body of a reply, which reads its connection and gives it back at its end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http::uri::Authority;
use interlingua_executor::{ByteStream, TransportError};

use super::connection::Connection;
use super::framing::{Begun, Framing};
use super::pool::Pool;

/// A body. Dropped before its end it closes the connection, so that the upstream need not go on.
pub(super) struct Body {
    /// Gone once the body is over.
    connection: Option<Connection>,
    framing: Framing,
    /// What came of it with the head.
    first: Option<Result<Bytes, TransportError>>,
    host: Authority,
    pool: Arc<Pool>,
}

impl Body {
    pub(super) fn new(connection: Connection, begun: Begun, host: Authority, pool: Arc<Pool>) -> Self {
        let Begun { framing, first } = begun;
        Self { connection: Some(connection), framing, first: Some(first), host, pool }
    }

    pub(super) fn into_stream(self) -> ByteStream {
        Box::pin(self)
    }

    /// The next bytes of the body: all that one read brings.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        let Self { connection, framing, first, .. } = self;
        let Some(open) = connection else { return Poll::Ready(None) };
        match first.take() {
            Some(Ok(piece)) if piece.is_empty() => {}
            None => {}
            first => return Poll::Ready(first),
        }
        loop {
            if *framing == Framing::Over {
                return Poll::Ready(None);
            }
            let mut piece = Bytes::new();
            let read = ready!(open.poll_read(cx, |bytes| {
                let (body, taken) = framing.take_piece(bytes)?;
                piece = body;
                Ok(taken)
            }));
            match read.map_err(TransportError::broken)?? {
                0 if *framing == Framing::UntilClose => return Poll::Ready(None),
                0 => return Poll::Ready(Some(Err(TransportError::broken(CUT)))),
                _ if !piece.is_empty() => return Poll::Ready(Some(Ok(piece))),
                _ => {}
            }
        }
    }
}

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
