//! Answers that arrive while they are being made, whichever API they are in.

use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::stream::unfold;
use interlingua_executor::{Answer, Error, Phase, Reply, SseStream, one_line, stamp};
use interlingua_model::{Failure, Request};
use interlingua_translate::{Api, Translator};

use crate::{ApiError, Limits, exchange, reply};

/// Waits for `answer` as long as a failure can still be a status, and sends what is there by then: the reply, or a
/// stream that goes on waiting.
pub(crate) async fn respond(
    answer: impl Future<Output = Result<Answer<Reply>, Error>> + Send + 'static,
    api: Api,
    hold: Duration,
    limits: Limits,
) -> Result<Response, ApiError> {
    let mut answer = Box::pin(answer);
    match tokio::time::timeout(hold, &mut answer).await {
        Ok(answer) => {
            let Answer { value, meta } = answer?;
            let response = match value {
                Reply::Whole(body) => reply::body(body),
                Reply::Stream(stream) => reply::event_stream(finished(kept_alive(stream, limits), api)),
            };
            Ok(reply::answered(response, &meta))
        }
        // From here on the status is 200, and what goes wrong is told in the stream.
        Err(_) => Ok(reply::event_stream(finished(belated(answer, api, limits), api))),
    }
}

/// The stream with what ends it over HTTP, whichever way it went: Open Responses demands `[DONE]` behind the last event,
/// which a Chat stream that did not fail has already.
fn finished(events: impl Stream<Item = Bytes>, api: Api) -> impl Stream<Item = Bytes> {
    let done = match api {
        Api::Responses => Some(Bytes::from_static(b"data: [DONE]\n\n")),
        Api::Chat => None,
    };
    events.chain(futures_util::stream::iter(done))
}

/// The stream, with heartbeats in its pauses.
fn kept_alive(events: SseStream, limits: Limits) -> impl Stream<Item = Bytes> {
    unfold(events, move |mut events| async move {
        let bytes = next(&mut events, limits).await?;
        Some((bytes, events))
    })
}

/// The next piece of the stream, or a heartbeat in its place.
async fn next(events: &mut SseStream, limits: Limits) -> Option<Bytes> {
    let next = reply::or_heartbeat(limits.heartbeat, events.next()).await.unwrap_or(Some(reply::HEARTBEAT));
    if next.is_none()
        && let Some(report) = events.report()
    {
        exchange::note(|exchange| {
            exchange.lost(&report.losses);
            if let Some(failure) = &report.failure {
                exchange.failed(&Phase::MidStream.to_string(), failure);
            }
        });
        for loss in &report.losses {
            tracing::debug!(loss = %one_line(loss), "lost in the reply");
        }
        if let Some(failure) = &report.failure {
            let code = failure.code.as_deref().unwrap_or_default();
            tracing::warn!(code = %one_line(code), message = %one_line(&failure.message), "a stream failed");
        }
    }
    next
}

/// The stream of an answer that is still to come.
fn belated(
    answer: impl Future<Output = Result<Answer<Reply>, Error>> + Unpin,
    api: Api,
    limits: Limits,
) -> impl Stream<Item = Bytes> {
    unfold(Belated::Begun(answer), move |belated| belated.next(api, limits))
}

/// How far the stream of a belated answer is.
enum Belated<A> {
    /// Nothing has been sent.
    Begun(A),
    /// The client knows that we are at it.
    Waiting(A),
    /// The answer is there and is a stream.
    Streaming(SseStream),
    /// All has been sent.
    Over,
}

impl<A: Future<Output = Result<Answer<Reply>, Error>> + Unpin> Belated<A> {
    /// What is sent next, and what comes after it.
    async fn next(self, api: Api, limits: Limits) -> Option<(Bytes, Self)> {
        let mut events = match self {
            Self::Begun(answer) => return Some((reply::HEARTBEAT, Self::Waiting(answer))),
            Self::Waiting(mut answer) => match reply::or_heartbeat(limits.heartbeat, &mut answer).await {
                None => return Some((reply::HEARTBEAT, Self::Waiting(answer))),
                Some(Ok(Answer { value: Reply::Stream(events), meta: _ })) => events,
                Some(Ok(Answer { value: Reply::Whole(body), meta: _ })) => return Some((body, Self::Over)),
                Some(Err(error)) => {
                    exchange::note(|exchange| exchange.failed(&error.phase().to_string(), error.failure()));
                    tracing::warn!(phase = %error.phase(), error = %one_line(&error), "a stream failed before it began");
                    return Some((failed(api, error.failure()), Self::Over));
                }
            },
            Self::Streaming(events) => events,
            Self::Over => return None,
        };
        let bytes = next(&mut events, limits).await?;
        Some((bytes, Self::Streaming(events)))
    }
}

/// The whole of a stream that failed before it began, in the client's language.
fn failed(api: Api, failure: &Failure) -> Bytes {
    let mut request = Request::new(String::new());
    request.stream.enabled = true;
    let reply = Translator::new(api).asked(request).alone(stamp());
    let mut bytes = Vec::new();
    let _ended = reply.answer().fail(failure.clone(), &mut bytes);
    bytes.into()
}
