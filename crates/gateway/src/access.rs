//! One line in the log for every request, when all is over, and an id on every reply.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use http_body::{Body as _, Frame, SizeHint};
use interlingua_executor::one_line;
use uuid::Uuid;

use crate::Upstreams;

/// The gateway's id of a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names the request and writes its line. No body, no header and no query gets into it.
pub(crate) async fn log(request: Request, next: Next) -> Response {
    use tracing::Instrument;
    let id = format!("req_{}", Uuid::new_v4().simple());
    let mut entry = Entry {
        id: id.clone(),
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        begun: Instant::now(),
        status: None,
        bytes: 0,
        is_over: false,
    };
    let span = tracing::info_span!("request", %id);
    let mut response = next.run(request).instrument(span.clone()).await;
    entry.status = Some(response.status());
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    entry.is_over = response.body().is_end_stream();
    let upstreams = response.extensions_mut().remove();
    response.map(|body| Body::new(Watched { body, entry, span, _upstreams: upstreams }))
}

/// A request. Its line is written when it is dropped, which happens whatever becomes of it.
struct Entry {
    id: String,
    method: String,
    path: String,
    begun: Instant,
    status: Option<StatusCode>,
    bytes: usize,
    is_over: bool,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let Self { id, method, path, begun, status, bytes, is_over } = self;
        let ms = begun.elapsed().as_millis();
        let status = status.map(|status| status.as_u16());
        let end = if *is_over { "whole" } else { "client left" };
        tracing::info!(%id, %method, path = %one_line(path), status, %bytes, %ms, end, "answered");
    }
}

/// A body that knows its entry.
struct Watched {
    body: Body,
    entry: Entry,
    span: tracing::Span,
    /// Whose reply it is: they are not let go before it is over.
    _upstreams: Option<Arc<Upstreams>>,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Self { body, entry, span, _upstreams } = &mut *self;
        let _in_span = span.enter();
        let frame = ready!(Pin::new(&mut *body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => entry.bytes += frame.data_ref().map_or(0, Bytes::len),
            Some(Err(_)) => {}
            None => entry.is_over = true,
        }
        entry.is_over |= body.is_end_stream();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
