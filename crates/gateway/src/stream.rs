//! Answers that arrive while they are being made, whichever API they are in.

use async_stream::stream;
use axum::response::Response;
use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use http::StatusCode;
use interlingua_executor::{Answer, Error, Reply, SseStream};
use interlingua_model::Failure;
use serde::Serialize;

use crate::{ApiError, Limits, reply};

/// Writes the whole of a stream that failed before it began.
pub(crate) type Failed = fn(&Failure) -> Bytes;

/// Waits for `answer` as long as a failure can still be a status, and sends what is there by then: the reply, or a
/// stream that goes on waiting.
pub(crate) async fn respond<T: Serialize + Send + 'static>(
    answer: impl Future<Output = Result<Answer<Reply<T>>, Error>> + Send + 'static,
    is_streamed: bool,
    limits: Limits,
    failed: Failed,
) -> Result<Response, ApiError> {
    let mut answer = Box::pin(answer);
    if !is_streamed {
        return Ok(ready(answer.await?, limits));
    }
    match tokio::time::timeout(limits.hold, &mut answer).await {
        Ok(answer) => Ok(ready(answer?, limits)),
        // From here on the status is 200, and what goes wrong is told in the stream.
        Err(_) => Ok(reply::event_stream(belated(answer, limits, failed))),
    }
}

fn ready<T: Serialize>(Answer { value, meta }: Answer<Reply<T>>, limits: Limits) -> Response {
    let mut response = match value {
        Reply::Complete(response) => reply::json(StatusCode::OK, &response),
        Reply::Stream(stream) => reply::event_stream(kept_alive(stream, limits)),
    };
    reply::relay(&meta.head, response.headers_mut());
    response.headers_mut().insert(reply::LOSSES, reply::losses(&meta.losses));
    response
}

/// The stream, with heartbeats in its pauses.
fn kept_alive(mut events: SseStream, limits: Limits) -> impl Stream<Item = Bytes> {
    stream! {
        loop {
            match reply::or_heartbeat(limits.heartbeat, events.next()).await {
                None => yield reply::HEARTBEAT,
                Some(Some(bytes)) => yield bytes,
                Some(None) => break,
            }
        }
        if let Some(report) = events.report() {
            for loss in &report.losses {
                tracing::debug!(%loss, "lost in the reply");
            }
            if let Some(failure) = &report.failure {
                tracing::warn!(code = failure.code.as_deref(), message = failure.message, "a stream failed");
            }
        }
    }
}

/// The stream of an answer that is still to come.
fn belated<T>(
    mut answer: impl Future<Output = Result<Answer<Reply<T>>, Error>> + Unpin,
    limits: Limits,
    failed: Failed,
) -> impl Stream<Item = Bytes> {
    stream! {
        yield reply::HEARTBEAT;
        let answer = loop {
            match reply::or_heartbeat(limits.heartbeat, &mut answer).await {
                None => yield reply::HEARTBEAT,
                Some(answer) => break answer,
            }
        };
        match answer {
            Ok(Answer { value: Reply::Stream(events), meta: _ }) => {
                let events = kept_alive(events, limits);
                futures_util::pin_mut!(events);
                while let Some(bytes) = events.next().await {
                    yield bytes;
                }
            }
            Ok(Answer { value: Reply::Complete(_), meta: _ }) => {
                let message = "the upstream answered with a whole reply instead of a stream";
                yield failed(&Failure { message: message.to_owned(), ..Failure::default() });
            }
            Err(error) => {
                tracing::warn!(phase = %error.phase(), %error, "a stream failed before it began");
                yield failed(error.failure());
            }
        }
    }
}
