//! Web pages that may ask: those of the origins in the configuration, and no other.
//!
//! A browser asks first (a preflight, without any key) and lets a page read an answer only where it says so.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::app::Shared;
use crate::host;

/// Answers the questions of browsers, and lets the pages that may ask read their answers.
pub(crate) async fn answer(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let allowed = origin(request.headers()).filter(|said| app.allowed_origins.iter().any(|origin| origin.is(said)));
    let allowed = allowed.and_then(|said| HeaderValue::try_from(said).ok());
    if is_preflight(&request) {
        // Whose name this is counts here too, where nobody needs a key.
        let checked = if app.is_open() { host::check(&request, &app) } else { Ok(()) };
        return match (checked, allowed) {
            (Err(refusal), _) => refusal.into_response(),
            (Ok(()), Some(origin)) => preflight(request.headers(), origin),
            (Ok(()), None) => host::foreign_origin(origin(request.headers()), &app).into_response(),
        };
    }
    let mut response = next.run(request).await;
    if let Some(origin) = allowed {
        let headers = response.headers_mut();
        readable(headers, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*"));
    }
    response
}

fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(ORIGIN)?.to_str().ok()
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(ORIGIN)
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight(asked: &HeaderMap, origin: HeaderValue) -> Response {
    /// Seconds that a browser may remember the answer.
    const AGE: HeaderValue = HeaderValue::from_static("600");
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    readable(headers, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE"));
    // The names of headers are no secret, and the SDKs send a dozen of their own.
    if let Some(names) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    // A page of the internet asks a server of the machine it is shown on: browsers want to be told twice.
    if asked.contains_key(REQUEST_PRIVATE_NETWORK) {
        headers.insert(ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true"));
    }
    headers.insert(ACCESS_CONTROL_MAX_AGE, AGE);
    response
}

fn readable(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(VARY, HeaderValue::from_static("origin"));
}

const REQUEST_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");
