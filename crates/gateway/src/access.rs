//! One line in the log for every request, when all is over, and an id on every reply.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Extensions, HeaderName, HeaderValue};
use http_body::{Body as _, Frame, SizeHint};
use interlingua_executor::one_line;
use uuid::Uuid;

use crate::app::{App, Shared};
use crate::caller::Caller;
use crate::exchange::{End, Exchange, Sent};

/// The gateway's id of a request.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names the request, tells everybody who watches, and writes its line. No body, no header and no query gets into that.
pub(crate) async fn log(State(app): State<Shared>, request: Request, next: Next) -> Response {
    use tracing::Instrument;
    let id = new_id();
    let exchange = Arc::new(Exchange::new(id.clone(), &request, &app.hidden, app.watchers.looking(&request)));
    app.watchers.begins(&exchange);
    let mut entry = Entry { exchange: Arc::clone(&exchange), app, sent: Sent::default(), length: None, is_over: false };
    let span = tracing::info_span!("request", %id);
    let mut response = exchange.during(next.run(request).instrument(span.clone())).await;
    exchange.answered(response.status());
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let kind = response.headers().get(CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        entry.app.watchers.streams(&exchange);
    }
    entry.length = response.body().size_hint().exact();
    entry.is_over = response.body().is_end_stream();
    let held = std::mem::take(response.extensions_mut());
    response.map(|body| Body::new(Watched { body, entry, span, _held: held }))
}

/// A reply that keeps something until it is over, or its client has left; of each type one.
pub(crate) fn held<T: Clone + Send + Sync + 'static>(mut response: Response, thing: T) -> Response {
    response.extensions_mut().insert(thing);
    response
}

/// An id for a request.
pub(crate) fn new_id() -> String {
    format!("req_{}", Uuid::new_v4().simple())
}

/// A request. Its line is written when it is dropped, which happens whatever becomes of it.
struct Entry {
    exchange: Arc<Exchange>,
    app: Shared,
    sent: Sent,
    /// How long the body is, where that is known.
    length: Option<u64>,
    is_over: bool,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let Self { exchange, app, sent, length, is_over } = self;
        // A body of a known length is not asked for more than that.
        over(app, exchange, *is_over || *length == Some(sent.bytes), *sent);
    }
}

/// A request is over, and its client got all of it or not: tells everybody who watches, and writes its line.
pub(crate) fn over(app: &App, exchange: &Arc<Exchange>, is_whole: bool, sent: Sent) {
    exchange.sent(sent);
    let (has_failed, status) = exchange.look(|state| (state.failure.is_some(), state.status));
    exchange.ends(match (has_failed, is_whole) {
        (_, false) => End::Left,
        (true, true) => End::Failed,
        (false, true) if status.is_some_and(|status| status.is_client_error() || status.is_server_error()) => {
            End::Failed
        }
        (false, true) => End::Whole,
    });
    app.watchers.ends(exchange);
    line(exchange, sent.bytes);
}

/// The line of a request that is over. What is not known of it is not in there.
fn line(exchange: &Exchange, bytes: u64) {
    let (id, method, path) = (&exchange.head.id, &exchange.head.method, one_line(&exchange.head.path));
    exchange.look(|state| {
        let (end, took) = state.end.map_or(("", Duration::ZERO), |(end, took)| (end.as_str(), took));
        let text = |text: &str| one_line(&state.secrets.text(text)).to_string();
        let asked = state.asked.as_ref();
        let usage = state.usage.as_ref();
        let failure = state.failure.as_ref();
        let losses = state.losses.len();
        tracing::info!(
            %id, %method, %path,
            status = state.status.map(|status| status.as_u16()),
            bytes, ms = took.as_millis(), end,
            caller = exchange.caller().map(Caller::name),
            client = asked.map(|asked| asked.api.name()),
            model = asked.map(|asked| text(&asked.model)),
            upstream = state.upstream.as_ref().map(|(name, _)| name.as_str()),
            upstream_id = state.upstream_id.as_deref().map(text),
            attempts = (state.attempts.len() > 1).then_some(state.attempts.len()),
            input_tokens = usage.map(|usage| usage.input),
            output_tokens = usage.map(|usage| usage.output),
            losses = (losses > 0).then_some(losses),
            phase = failure.map(|failure| failure.phase.as_str()),
            code = failure.and_then(|failure| failure.code.as_deref()).map(text),
            "answered"
        );
    });
}

/// A body that knows its entry.
struct Watched {
    body: Body,
    entry: Entry,
    span: tracing::Span,
    /// What is not let go before the reply is over, see [`held`].
    _held: Extensions,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Self { body, entry, span, _held } = &mut *self;
        let _in_span = span.enter();
        let frame = ready!(entry.exchange.step(|| Pin::new(&mut *body).poll_frame(cx)));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(bytes) = frame.data_ref() {
                    entry.exchange.sends(bytes, &mut entry.sent);
                }
            }
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
