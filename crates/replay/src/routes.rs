//! HTTP: paths, headers, and what goes back on each.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode, Uri};
use interlingua_model::Api;
use serde_json::{Value, json};

use crate::body::{Reply, events, stall};
use crate::connection::Connection;
use crate::faults::Faults;
use crate::judge::Refusal;
use crate::log::{Ending, Log};
use crate::replay::{Found, Shared};

/// The largest request that is read: room for an image of 20 MiB, several times over.
pub const REQUEST_LIMIT: usize = 96 * 1024 * 1024;

/// Names a case to answer with: `responses/refusal`.
pub const CASE_HEADER: &str = "x-replay-case";

/// Names what is to go wrong; see [`Faults`].
pub const FAULT_HEADER: &str = "x-replay-fault";

/// `codex` makes this one reply behave like the ChatGPT backend.
pub const PROFILE_HEADER: &str = "x-replay-profile";

/// The path below which the ChatGPT backend lives, and this one behaves like it.
pub(crate) const CODEX_PATH: &str = "/backend-api/codex";

/// Every path there is.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for base in ["", "/v1", CODEX_PATH] {
        router = router
            .route(&format!("{base}/responses"), answering(Api::Responses))
            .route(&format!("{base}/chat/completions"), answering(Api::Chat))
            .route(&format!("{base}/messages"), answering(Api::Messages))
            .route(&format!("{base}/models"), get(models));
    }
    router.fallback(unknown).layer(DefaultBodyLimit::max(REQUEST_LIMIT)).with_state(shared)
}

/// Answers requests of one API.
fn answering(api: Api) -> MethodRouter<Arc<Shared>> {
    post(
        move |State(shared): State<Arc<Shared>>, came_on: CameOn, uri: Uri, headers: HeaderMap, body: Bytes| async move {
            exchange(&shared, api, came_on, &uri, &headers, body).await
        },
    )
}

/// The connection that a request came on, where the server tells it.
type CameOn = Option<Extension<ConnectInfo<Connection>>>;

async fn exchange(shared: &Shared, api: Api, came_on: CameOn, uri: &Uri, headers: &HeaderMap, body: Bytes) -> Response {
    let log = shared.log.clone();
    let number = log.begin("POST", uri.path(), headers, &body);
    let faults = match text(headers, FAULT_HEADER).map(str::parse::<Faults>) {
        None => shared.faults_for(&body),
        Some(Ok(faults)) => faults,
        Some(Err(error)) => {
            let refusal = Refusal::new(
                StatusCode::BAD_REQUEST,
                "invalid_request_error",
                None,
                Some(FAULT_HEADER),
                error.to_string(),
            );
            return refused(&log, number, &refusal);
        }
    };
    let connection = came_on.map(|Extension(ConnectInfo(connection))| connection);
    if let Some(connection) = &connection {
        log.came_on(number, connection.clone());
    }
    if faults.silent {
        stall(shared.closing.subscribe()).await;
    }
    let named = faults.headers.clone();
    let mut response = match connection.filter(|_| faults.reset || faults.raw.is_some()) {
        Some(connection) => unlike_http(shared, number, faults, &connection),
        None => answered(shared, api, uri, headers, &body, (number, faults)),
    };
    for (name, value) in named {
        response.headers_mut().insert(name, value);
    }
    response
}

/// No reply at all: the connection says something else, and ends.
fn unlike_http(shared: &Shared, number: u64, mut faults: Faults, connection: &Connection) -> Response {
    match faults.raw.take() {
        Some(bytes) if !faults.reset => connection.say(bytes),
        Some(_) | None => connection.reset(),
    }
    let log = shared.log.clone();
    let mut response =
        Response::new(Reply { log, number, faults, closing: shared.closing.subscribe() }.body(Vec::new()));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn answered(
    shared: &Shared,
    api: Api,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
    (number, mut faults): (u64, Faults),
) -> Response {
    let log = shared.log.clone();
    let is_codex = shared.is_codex
        || uri.path().starts_with(CODEX_PATH)
        || text(headers, PROFILE_HEADER).is_some_and(|profile| profile.eq_ignore_ascii_case("codex"));
    if faults.html {
        let status = faults.status.unwrap_or(StatusCode::FORBIDDEN);
        return whole(&log, number, status, "text/html; charset=UTF-8", HTML.into());
    }
    if let Some(said) = faults.body.take() {
        let status = faults.status.unwrap_or(StatusCode::OK);
        log.answered(number, status, None);
        let is_events = said.starts_with(b"data") || said.starts_with(b"event") || said.starts_with(b":");
        let reply = Reply { log, number, faults, closing: shared.closing.subscribe() };
        let mut response = Response::new(reply.body(events(said)));
        *response.status_mut() = status;
        let kind = if is_events { "text/event-stream" } else { "application/json" };
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        return response;
    }
    if let Some(status) = faults.status {
        return refused(&log, number, &in_words_of(api, error_of(status, is_codex)));
    }
    match shared.answer(api, body, text(headers, CASE_HEADER), is_codex) {
        Err(refusal) => refused(&log, number, &in_words_of(api, refusal)),
        Ok(found) => found_reply(shared, number, faults, found),
    }
}

fn found_reply(shared: &Shared, number: u64, faults: Faults, found: Found) -> Response {
    let Found { case, status, content_type, headers, events, is_stream } = found;
    let log = shared.log.clone();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    log.answered(number, status, Some(&case));
    let body = if is_stream || faults.touch_body() {
        Reply { log, number, faults, closing: shared.closing.subscribe() }.body(events)
    } else {
        let bytes = Bytes::from(events.concat());
        log.sent(number, &bytes);
        log.ended(number, Ending::Whole);
        Body::from(bytes)
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let case = (CASE_HEADER.to_owned(), case);
    for (name, value) in headers.into_iter().chain([(CONTENT_TYPE.to_string(), content_type), case, request_id(number)])
    {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().entry(name).or_insert(value);
        }
    }
    response
}

fn refused(log: &Log, number: u64, refusal: &Refusal) -> Response {
    let mut response = whole(
        log,
        number,
        refusal.status,
        "application/json",
        serde_json::to_vec(&refusal.body).unwrap_or_default().into(),
    );
    if refusal.status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert("retry-after", HeaderValue::from_static("1"));
    }
    response
}

fn whole(log: &Log, number: u64, status: StatusCode, content_type: &'static str, body: Bytes) -> Response {
    log.answered(number, status, None);
    log.sent(number, &body);
    log.ended(number, Ending::Whole);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let (name, Ok(id)) = ("x-request-id", HeaderValue::try_from(request_id(number).1)) {
        response.headers_mut().insert(name, id);
    }
    response
}

fn request_id(number: u64) -> (String, String) {
    ("x-request-id".to_owned(), format!("req_replay{number:016}"))
}

/// A refusal in the shape of an API.
fn in_words_of(api: Api, refusal: Refusal) -> Refusal {
    if api != Api::Messages {
        return refusal;
    }
    let Refusal { status, body } = refusal;
    let kind = match status.as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    };
    let error = serde_json::json!({"type": kind, "message": body.pointer("/error/message")});
    Refusal { status, body: serde_json::json!({"type": "error", "error": error}) }
}

/// The error that usually comes with a status.
fn error_of(status: StatusCode, is_codex: bool) -> Refusal {
    if is_codex && status != StatusCode::TOO_MANY_REQUESTS {
        let detail = status.canonical_reason().unwrap_or("Error");
        return Refusal { status, body: json!({ "detail": detail }) };
    }
    let (kind, code, message) = match status.as_u16() {
        400 => ("invalid_request_error", None, "The request was refused, as was asked for."),
        401 => ("invalid_request_error", Some("invalid_api_key"), "Incorrect API key provided."),
        403 => ("invalid_request_error", None, "You are not allowed to do this."),
        404 => (
            "invalid_request_error",
            Some("model_not_found"),
            "The model does not exist or you do not have access to it.",
        ),
        429 if is_codex => ("usage_limit_reached", None, "The usage limit has been reached"),
        429 => ("requests", Some("rate_limit_exceeded"), "Rate limit reached. Please try again in 1s."),
        503 => (
            "server_error",
            Some("server_is_overloaded"),
            "The engine is currently overloaded, please try again later.",
        ),
        500..=599 => ("server_error", None, "The server had an error while processing your request. Sorry about that!"),
        _ => ("invalid_request_error", None, "An error, as was asked for."),
    };
    Refusal::new(status, kind, code, None, message)
}

async fn models(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap) -> Response {
    let number = shared.log.begin("GET", uri.path(), &headers, &Bytes::new());
    let names = shared.library.models();
    let body: Value = if shared.is_codex || uri.path().starts_with(CODEX_PATH) {
        let levels = ["low", "medium", "high"].map(|effort| json!({ "effort": effort }));
        let model = |name: &&str| {
            json!({"slug": name, "visibility": "list", "supported_in_api": true, "supported_reasoning_levels": levels,
                   "default_reasoning_level": "medium", "supports_parallel_tool_calls": true})
        };
        json!({ "models": names.iter().map(model).collect::<Vec<_>>() })
    } else {
        let model =
            |name: &&str| json!({"id": name, "object": "model", "created": 1_795_000_000, "owned_by": "replay"});
        json!({ "object": "list", "data": names.iter().map(model).collect::<Vec<_>>() })
    };
    whole(&shared.log, number, StatusCode::OK, "application/json", body.to_string().into())
}

async fn unknown(State(shared): State<Arc<Shared>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let number = shared.log.begin(method.as_str(), uri.path(), &headers, &Bytes::new());
    let message = format!(
        "Invalid URL ({method} {}). There are POST /v1/responses, POST /v1/chat/completions and GET /v1/models.",
        uri.path()
    );
    let refusal = Refusal::new(StatusCode::NOT_FOUND, "invalid_request_error", None, None, message);
    refused(&shared.log, number, &refusal)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// What a challenge page looks like.
const HTML: &str = "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>Just a moment...</title></head>\n\
                    <body>Enable JavaScript and cookies to continue</body></html>\n";
