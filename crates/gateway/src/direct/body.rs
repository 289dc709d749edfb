//! The body of a reply, which drives its connection and gives it back at its end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http::uri::Authority;
use http_body::Body as _;
use hyper::body::Incoming;
use interlingua_executor::{ByteStream, TransportError};

use super::connection::{Connection, into_error};
use super::pool::Pool;

/// A body. Dropped before its end it closes the connection, so that the upstream need not go on.
pub(super) struct Body {
    incoming: Incoming,
    /// Gone once the body is over.
    connection: Option<Connection>,
    host: Authority,
    pool: Arc<Pool>,
}

impl Body {
    pub(super) fn new(incoming: Incoming, connection: Connection, host: Authority, pool: Arc<Pool>) -> Self {
        Self { incoming, connection: Some(connection), host, pool }
    }

    pub(super) fn into_stream(self) -> ByteStream {
        Box::pin(self)
    }

    /// The next bytes, as far as they have been read.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, hyper::Error>>> {
        loop {
            match Pin::new(&mut self.incoming).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    // What else there is are trailers.
                    if let Ok(bytes) = frame.into_data() {
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.connection.is_none() {
            return Poll::Ready(None);
        }
        let mut read = this.poll_read(cx);
        if let (Poll::Pending, Some(connection)) = (&read, &mut this.connection) {
            connection.drive(cx);
            read = this.poll_read(cx);
        }
        match read {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(bytes))) => Poll::Ready(Some(Ok(bytes))),
            Poll::Ready(Some(Err(error))) => {
                this.connection = None;
                Poll::Ready(Some(Err(into_error(error))))
            }
            Poll::Ready(None) => {
                if let Some(mut connection) = this.connection.take()
                    && connection.is_free(cx)
                {
                    this.pool.put(&this.host, connection);
                }
                Poll::Ready(None)
            }
        }
    }
}
