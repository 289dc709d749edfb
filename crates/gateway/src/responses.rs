//! Clients that speak Responses, the Codex CLI among them.

use std::time::SystemTime;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http::header::{ALLOW, UPGRADE};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use interlingua_executor::{Dialect, Executor};
use interlingua_model::{Event, Failure};
use interlingua_sse::write_event_with;
use interlingua_translate::{Context, Stamp, responses};
use interlingua_wire::responses as wire;
use uuid::Uuid;

use crate::app::Shared;
use crate::error::INVALID_REQUEST;
use crate::{ApiError, Limits, body, json, reply, stream};

/// The routes below `base`.
pub(crate) fn routes(base: &str) -> Router<Shared> {
    Router::new().route(&format!("{base}/responses"), post(create).get(no_socket))
}

async fn create(State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let executor = app.upstream.executor_for(request.headers())?;
    let headers = request.headers().clone();
    let body = body::read(request, app.limits).await?;
    let request: wire::Request = json::read(&body)?;
    remembered(&request, &executor)?;
    match app.upstream.dialect() {
        Dialect::Responses => {
            drop(request);
            Ok(reply::passed(executor.responses_passthrough(body, &headers).await?))
        }
        Dialect::Chat => {
            drop(body);
            translate(executor, request, app.limits).await
        }
    }
}

async fn translate(executor: Executor, request: wire::Request, limits: Limits) -> Result<Response, ApiError> {
    let is_streamed = request.stream == Some(true);
    stream::respond(async move { executor.responses(request).await }, is_streamed, limits, failed).await
}

/// Refuses to go on from a reply that nobody has kept. Clients know this code and send the whole conversation instead.
fn remembered(request: &wire::Request, executor: &Executor) -> Result<(), ApiError> {
    const FIELD: &str = "previous_response_id";
    let config = executor.config();
    let is_kept = match config.dialect {
        Dialect::Chat => false,
        Dialect::Responses => !config.profile.responses.refused.iter().any(|field| field == FIELD),
    };
    match &request.previous_response_id {
        Some(id) if !is_kept => {
            let message = format!("the response `{id}` is not kept here; send the whole conversation as input instead");
            Err(ApiError::bad_request(message).with_param(FIELD).with_code("previous_response_not_found"))
        }
        Some(_) | None => Ok(()),
    }
}

/// What is not sent by POST. A client that wants a WebSocket learns that there is none here, and goes on over HTTP.
async fn no_socket(headers: HeaderMap, uri: Uri) -> Response {
    let path = uri.path();
    if headers.contains_key(UPGRADE) {
        let message = format!("{path} has no WebSocket; send the request by POST");
        let refusal = ApiError::new(StatusCode::UPGRADE_REQUIRED, INVALID_REQUEST, message);
        let mut response = refusal.with_code("websocket_not_supported").into_response();
        // RFC 9110, 15.5.22: the answer names the protocol that is wanted.
        response.headers_mut().insert(UPGRADE, HeaderValue::from_static("HTTP/1.1"));
        return response;
    }
    let refusal =
        ApiError::new(StatusCode::METHOD_NOT_ALLOWED, INVALID_REQUEST, format!("{path} takes POST and nothing else"));
    let mut response = refusal.with_code("method_not_allowed").into_response();
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    response
}

/// A stream that has failed: it begins, as clients expect of every stream, and ends at once.
fn failed(failure: &Failure) -> Bytes {
    let created = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let stamp = Stamp { id: Uuid::new_v4().simple().to_string(), created };
    let mut encoder = responses::Encoder::new(Context::detached(stamp));
    let mut bytes = Vec::new();
    encoder.push(Event::Failed(Box::new(failure.clone())), &mut |event| {
        // Memory takes all bytes, and wire types have string keys only: there is nothing that can fail.
        let _ = write_event_with(&mut bytes, Some(event.tag()), |out| serde_json::to_writer(out, &event));
    });
    bytes.into()
}
