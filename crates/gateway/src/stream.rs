//! Answers that arrive while they are being made, whichever API they are in.

use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::stream::{iter, unfold};
use interlingua_executor::{Answer, BoxFuture, Error, Reply, Report, SseStream, one_line, stamp};
use interlingua_model::{Failure, Request};
use interlingua_translate::{Api, Translator};

use crate::app::Closing;
use crate::error::closing;
use crate::{ApiError, Limits, exchange, reply};

/// How a client is answered.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    /// In which API.
    pub(crate) api: Api,
    /// How long a failure can still be a status.
    pub(crate) hold: Duration,
    pub(crate) limits: Limits,
    pub(crate) closing: Closing,
    /// What ends a stream over HTTP, whichever way it went: Open Responses demands `[DONE]` behind the last event, which a
    /// Chat stream that did not fail has already. What is passed on ends as it does.
    done: Option<Bytes>,
}

impl Manner {
    pub(crate) fn new(api: Api, hold: Duration, limits: Limits, closing: Closing) -> Self {
        let done = match api {
            Api::Responses => Some(Bytes::from_static(b"data: [DONE]\n\n")),
            Api::Chat | Api::Messages => None,
        };
        Self { api, hold, limits, closing, done }
    }
}

/// Waits for `answer` as long as a failure can still be a status, and sends what is there by then: the reply, or a
/// stream that goes on waiting.
pub(crate) async fn respond(
    mut answer: BoxFuture<'static, Result<Answer<Reply>, Error>>,
    mut manner: Manner,
) -> Result<Response, ApiError> {
    let waiting = tokio::time::timeout(manner.hold, &mut answer);
    match manner.closing.before(waiting).await.ok_or_else(ApiError::closing)? {
        Ok(answer) => {
            let Answer { value, meta } = answer?;
            let response = match value {
                // A reply that was all there before it was told: a conversation made shorter.
                Reply::Whole(body) => reply::event_stream(iter([body].into_iter().chain(manner.done))),
                Reply::Stream(stream) => {
                    if meta.is_passed {
                        manner.done = None;
                    }
                    reply::event_stream(kept_alive(stream, manner))
                }
            };
            Ok(reply::answered(response, &meta))
        }
        // From here on the status is 200, and what goes wrong is told in the stream.
        Err(_) => Ok(reply::event_stream(belated(answer, manner))),
    }
}

/// The stream, with heartbeats in its pauses.
fn kept_alive(events: SseStream, manner: Manner) -> impl Stream<Item = Bytes> {
    unfold((events, manner), async |(mut events, mut manner)| {
        let bytes = next(&mut events, &mut manner).await.or_else(|| manner.done.take())?;
        Some((bytes, (events, manner)))
    })
}

/// The next piece of the stream, or a heartbeat in its place.
async fn next(events: &mut SseStream, manner: &mut Manner) -> Option<Bytes> {
    let waiting = reply::or_heartbeat(manner.limits.heartbeat, events.next());
    let next = if let Some(next) = manner.closing.before(waiting).await {
        next.unwrap_or(Some(reply::HEARTBEAT))
    } else {
        events.stop(closing());
        events.next().await
    };
    if next.is_none()
        && let Some(Report { failure, phase, losses, usage }) = events.report()
    {
        exchange::note(|exchange| {
            exchange.lost(&losses);
            exchange.used(usage.as_ref());
            if let Some(failure) = &failure {
                exchange.failed(&phase.to_string(), failure);
            }
        });
        for loss in &losses {
            tracing::debug!(loss = %one_line(loss), "lost in the reply");
        }
        if let Some(failure) = &failure {
            let code = failure.code.as_deref().unwrap_or_default();
            tracing::warn!(%phase, code = %one_line(code), message = %one_line(&failure.message), "a stream failed");
        }
    }
    next
}

/// The stream of an answer that is still to come.
fn belated(
    answer: impl Future<Output = Result<Answer<Reply>, Error>> + Unpin,
    manner: Manner,
) -> impl Stream<Item = Bytes> {
    unfold((Belated::Begun(answer), manner), async |(belated, mut manner)| {
        let (bytes, belated) = match belated.next(&mut manner).await {
            Some(next) => next,
            None => (manner.done.take()?, Belated::Over),
        };
        Some((bytes, (belated, manner)))
    })
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
    async fn next(self, manner: &mut Manner) -> Option<(Bytes, Self)> {
        let mut events = match self {
            Self::Begun(answer) => return Some((reply::HEARTBEAT, Self::Waiting(answer))),
            Self::Waiting(mut answer) => {
                let waiting = reply::or_heartbeat(manner.limits.heartbeat, &mut answer);
                match manner.closing.before(waiting).await {
                    None => return Some((failed(manner.api, &closing()), Self::Over)),
                    Some(None) => return Some((reply::HEARTBEAT, Self::Waiting(answer))),
                    Some(Some(Ok(Answer { value: Reply::Stream(events), meta }))) => {
                        if meta.is_passed {
                            manner.done = None;
                        }
                        events
                    }
                    Some(Some(Ok(Answer { value: Reply::Whole(body), meta: _ }))) => return Some((body, Self::Over)),
                    Some(Some(Err(error))) => {
                        exchange::note(|exchange| exchange.failed(&error.phase().to_string(), error.failure()));
                        tracing::warn!(phase = %error.phase(), error = %one_line(&error), "a stream failed before it began");
                        return Some((failed(manner.api, error.failure()), Self::Over));
                    }
                }
            }
            Self::Streaming(events) => events,
            Self::Over => return None,
        };
        let bytes = next(&mut events, manner).await?;
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
