//! Clients that speak Chat Completions.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use interlingua_executor::{Dialect, Executor};
use interlingua_model::Failure;
use interlingua_sse::write_event_with;
use interlingua_wire::chat;

use crate::app::Shared;
use crate::{ApiError, Limits, body, json, reply, stream};

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
    json::read::<chat::Request>(&body)?;
    Ok(reply::passed(executor.chat_passthrough(body).await?))
}

async fn translate(executor: Executor, body: Bytes, limits: Limits) -> Result<Response, ApiError> {
    let request: chat::Request = json::read(&body)?;
    drop(body);
    let is_streamed = request.stream == Some(true);
    stream::respond(async move { executor.chat(request).await }, is_streamed, limits, failed).await
}

/// A stream that has failed: one error in OpenAI's envelope.
fn failed(failure: &Failure) -> Bytes {
    let body = chat::ErrorBody { error: *ApiError::from(failure).error, ..chat::ErrorBody::default() };
    let mut bytes = Vec::new();
    // Memory takes all bytes, and wire types have string keys only: there is nothing that can fail.
    let _ = write_event_with(&mut bytes, None, |out| serde_json::to_writer(out, &body));
    bytes.into()
}
