//! Replies: whole ones, and streams that are kept alive.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_core::Stream;
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use interlingua_executor::{Error, Meta, ReplyHead, one_line};
use interlingua_translate::{Api, Loss};

use crate::{ApiError, exchange};

pub(crate) use crate::json_reply::{body, json};

/// A reply, with what a client learns beside it: the upstream's limits and id, and the losses. One that was passed on has the
/// upstream's status and name for what it is, unless that is wrong.
pub(crate) fn answered(mut response: Response, meta: &Meta) -> Response {
    let Meta { losses: lost, is_passed, head, rate_limits: _, usage, timings: _ } = meta;
    exchange::note(|exchange| {
        exchange.lost(lost);
        exchange.used(usage.as_ref());
    });
    if *is_passed {
        *response.status_mut() = head.status;
        let ours = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let theirs = head.headers.get(CONTENT_TYPE);
        if let Some(theirs) = theirs.filter(|theirs| theirs.as_bytes().starts_with(ours.as_bytes())) {
            let theirs = theirs.clone();
            response.headers_mut().insert(CONTENT_TYPE, theirs);
        }
    } else {
        response.headers_mut().insert(LOSSES, losses(lost));
    }
    relay(head, response.headers_mut());
    response
}

/// The error of an upstream, told to the client, the exchange and the log.
impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let mut headers = HeaderMap::new();
        if let Some(head) = error.head() {
            relay(head, &mut headers);
        }
        if let Some(wait) = error.retry_after() {
            let seconds = HeaderValue::from(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
            headers.entry(RETRY_AFTER).or_insert(seconds);
        }
        exchange::note(|exchange| exchange.failed(&error.phase().to_string(), error.failure()));
        tracing::warn!(status = error.status().as_u16(), phase = %error.phase(), error = %one_line(&error), "no answer");
        let said = error.said().cloned();
        Self::told(error.status(), error.body().error, headers, said)
    }
}

/// A stream of server-sent events.
pub(crate) fn event_stream(events: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    use futures_util::StreamExt;
    let mut response = Response::new(Body::from_stream(events.map(Ok::<_, std::convert::Infallible>)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    not_held_back(headers);
    response
}

/// Tells everybody on the way that this is not to be stored or held back.
fn not_held_back(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
}

const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What keeps a stream alive: an event where the API has one for it, else a comment. There is no blank line behind the
/// comment: that would end an event, and some clients fail on one without data.
pub(crate) const fn heartbeat(api: Api) -> Bytes {
    Bytes::from_static(match api {
        Api::Messages => b"event: ping\ndata: {\"type\":\"ping\"}\n\n",
        Api::Chat | Api::Responses => b": keepalive\n",
    })
}

/// How many losses there were, and of which kinds: `2; dropped_name, dropped_parameter`.
pub(crate) const LOSSES: HeaderName = HeaderName::from_static("x-interlingua-losses");

/// The value of [`LOSSES`].
pub(crate) fn losses(losses: &[Loss]) -> HeaderValue {
    let mut codes: Vec<_> = losses.iter().map(|loss| loss.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let mut text = losses.len().to_string();
    for (place, code) in codes.into_iter().enumerate() {
        text.push_str(if place == 0 { "; " } else { ", " });
        text.push_str(code);
    }
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("?"))
}

/// What a client learns from the upstream's head: limits, when to come back, and the upstream's id of the request.
pub(crate) fn relay(head: &ReplyHead, headers: &mut HeaderMap) {
    const REPLACED: [&str; 6] =
        ["content-type", "content-length", "content-encoding", "x-request-id", "request-id", "cf-ray"];
    for (name, value) in &head.headers {
        if !REPLACED.contains(&name.as_str()) {
            headers.append(name.clone(), value.clone());
        }
    }
    exchange::note(|exchange| exchange.is_called(head.request_id()));
    if let Some(Ok(id)) = head.request_id().map(HeaderValue::try_from) {
        headers.insert(UPSTREAM_REQUEST_ID, id);
    }
}

/// The upstream's id of the request, beside the gateway's own `x-request-id`.
pub(crate) const UPSTREAM_REQUEST_ID: HeaderName = HeaderName::from_static("x-upstream-request-id");

#[cfg(test)]
mod tests {
    use interlingua_translate::LossCode;

    use super::*;

    #[test]
    fn losses_are_counted_and_their_kinds_named_once() {
        assert_eq!(losses(&[]), "0");
        let loss = |code| Loss::new("a", code, "b");
        let three = [LossCode::UnknownField, LossCode::DroppedParameter, LossCode::UnknownField].map(loss);
        assert_eq!(losses(&three), "3; dropped_parameter, unknown_field");
    }
}
