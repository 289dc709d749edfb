//! A turn as a request of its own, for everybody who watches: the log, the numbers, captures and the inspector.
//!
//! It is told as what it would be over HTTP, a POST that is answered with a stream of events: so it can be asked again that
//! way, and a captured one is a case like any other.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::poll_fn;
use http::{HeaderMap, Request, StatusCode};
use interlingua_executor::{Frame, Scrubber};

use super::turn::{Reply, is_last};
use crate::ApiError;
use crate::access::{new_id, over};
use crate::app::Shared;
use crate::exchange::{Exchange, Sent};

/// One turn. When this is dropped it is over.
pub(super) struct Watched {
    app: Shared,
    exchange: Arc<Exchange>,
    span: tracing::Span,
    sent: Sent,
    /// Whether the client got its last frame.
    is_over: bool,
}

impl Watched {
    /// A turn begins, on a connection that was opened with these headers and keys on this path.
    pub(super) fn begin(app: Shared, headers: &HeaderMap, presented: Option<&Scrubber>, path: &str) -> Self {
        let id = new_id();
        let mut request = Request::new(());
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = path.parse().unwrap_or_default();
        request.headers_mut().clone_from(headers);
        let exchange = Arc::new(Exchange::new(id.clone(), &request, &app.hidden, app.watchers.looking(&request)));
        if let Some(keys) = presented {
            exchange.presents(keys);
        }
        app.watchers.begins(&exchange);
        let span = tracing::info_span!("request", %id);
        Self { app, exchange, span, sent: Sent::default(), is_over: false }
    }

    /// The reply, every step of which is part of the turn.
    pub(super) fn over(&self, mut reply: Reply) -> Reply {
        let (exchange, span) = (Arc::clone(&self.exchange), self.span.clone());
        poll_fn(move |cx| {
            let _in_span = span.enter();
            exchange.step(|| reply.poll_next_unpin(cx))
        })
        .boxed()
    }

    /// A frame goes to the client.
    pub(super) fn sends(&mut self, frame: &Frame) {
        self.exchange.answered(StatusCode::OK);
        self.app.watchers.streams(&self.exchange);
        let name = frame.name.as_deref().unwrap_or_default();
        self.told(&[b"event: ", name.as_bytes(), b"\ndata: ", &frame.data, b"\n\n"].concat().into());
        self.is_over |= is_last(frame.name.as_deref());
    }

    /// An error goes to the client in place of a reply.
    pub(super) fn refuses(&mut self, error: &ApiError, frame: &str) {
        self.exchange.answered(error.status);
        self.told(&Bytes::copy_from_slice(frame.as_bytes()));
        self.is_over = true;
    }

    fn told(&mut self, bytes: &Bytes) {
        self.exchange.sends(bytes, &mut self.sent);
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let Self { app, exchange, span: _, sent, is_over } = self;
        over(app, exchange, *is_over, *sent);
    }
}
