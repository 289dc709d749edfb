//! Clients that speak Chat Completions.

use async_stream::stream;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use interlingua_executor::{Answer, Dialect, Error, Executor, Reply, SseStream};
use interlingua_sse::write_event_with;
use interlingua_wire::chat;
use serde::de::IgnoredAny;

use crate::app::Shared;
use crate::{ApiError, Limits, body, json, reply};

/// The routes below `base`.
pub(crate) fn routes(base: &str) -> Router<Shared> {
    Router::new().route(&format!("{base}/chat/completions"), post(completions))
}

async fn completions(State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let executor = app.upstream.executor_for(request.headers())?;
    let body = body::read(request, app.limits).await?;
    match app.upstream.dialect() {
        Dialect::Chat => pass(&executor, body).await,
        Dialect::Responses => translate(executor, body, app.limits).await,
    }
}

/// The upstream speaks the caller's language: its answer goes back byte for byte.
async fn pass(executor: &Executor, body: Bytes) -> Result<Response, ApiError> {
    json::read::<IgnoredAny>(&body)?;
    let mut response = executor.chat_passthrough(body).await?.map(Body::from_stream);
    reply::keep_upstream_id(response.headers_mut());
    if response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        reply::not_held_back(response.headers_mut());
    }
    Ok(response)
}

async fn translate(executor: Executor, body: Bytes, limits: Limits) -> Result<Response, ApiError> {
    let request: chat::Request = json::read(&body)?;
    drop(body);
    let is_streamed = request.stream == Some(true);
    let mut answer = Box::pin(async move { executor.chat(request).await });
    if !is_streamed {
        return Ok(respond(answer.await?, limits));
    }
    match tokio::time::timeout(limits.hold, &mut answer).await {
        Ok(answer) => Ok(respond(answer?, limits)),
        // From here on the status is 200, and what goes wrong is told in the stream.
        Err(_) => Ok(reply::event_stream(belated(answer, limits))),
    }
}

fn respond(Answer { value, meta }: Answer<Reply>, limits: Limits) -> Response {
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
fn belated(
    mut answer: impl Future<Output = Result<Answer<Reply>, Error>> + Unpin,
    limits: Limits,
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
                yield error_frame(ApiError::new(StatusCode::BAD_GATEWAY, "server_error", message));
            }
            Err(error) => {
                tracing::warn!(phase = %error.phase(), %error, "a stream failed before it began");
                yield error_frame(error.into());
            }
        }
    }
}

/// The last frame of a stream that failed.
fn error_frame(error: ApiError) -> Bytes {
    let body = chat::ErrorBody { error: *error.error, ..chat::ErrorBody::default() };
    let mut bytes = Vec::new();
    // Memory takes all bytes, and wire types have string keys only: there is nothing that can fail.
    let _ = write_event_with(&mut bytes, None, |out| serde_json::to_writer(out, &body));
    bytes.into()
}
