//! Clients of Messages: their errors in the envelope of their API, whoever refuses them, and the id of their request where
//! they look for it.

use axum::body::Body;
use axum::extract::Request;
use axum::http::Extensions;
use axum::middleware::Next;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use interlingua_translate::{Api, Upstream, messages};
use interlingua_wire::Maybe;
use interlingua_wire::messages::ErrorBody;

use crate::{ApiError, exchange};

/// Which version of Messages a client speaks: every client of that API says so, and no other.
pub(crate) const VERSION: HeaderName = HeaderName::from_static("anthropic-version");

/// Where clients of Messages look for the id of their request.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Whether the client is to ask again, in the words of the official clients.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// Puts what is refused on the way of a client of Messages into that API's words.
pub(crate) async fn of_client(request: Request, next: Next) -> Response {
    if !speaks_messages(request.uri().path(), request.headers()) {
        return next.run(request).await;
    }
    let mut response = next.run(request).await;
    let id = exchange::current().map(|exchange| exchange.head.id.clone());
    if let Some(error) = told(response.extensions_mut()) {
        say(&mut response, &error, id.as_deref());
    }
    if let Some(Ok(id)) = id.map(HeaderValue::try_from) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Whether whoever asks for this path is a client of Messages: by the path, else by what it says of itself.
fn speaks_messages(path: &str, headers: &HeaderMap) -> bool {
    let path = path.strip_prefix("/v1").unwrap_or(path);
    let is_of = |api: Api| {
        let below = path.strip_prefix(Upstream::usual(api).path());
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    };
    match Api::ALL.iter().copied().find(|api| is_of(*api)) {
        Some(api) => api == Api::Messages,
        None => headers.contains_key(VERSION),
    }
}

/// The error that a response tells.
fn told(extensions: &mut Extensions) -> Option<ApiError> {
    extensions.remove()
}

/// The same error in other words; what stands in the headers stays.
fn say(response: &mut Response, error: &ApiError, id: Option<&str>) {
    if error.said().is_some_and(|said| is_envelope(said)) {
        return;
    }
    let failure = error.failure();
    let status = messages::error_status(&failure, error.status.as_u16());
    let body = ErrorBody {
        request_id: id.map_or(Maybe::Absent, |id| Maybe::Value(id.to_owned())),
        ..messages::error_body(&failure, status)
    };
    // The types of `wire` have string keys only, so there is nothing that can fail.
    *response.body_mut() = Body::from(serde_json::to_vec(&body).unwrap_or_default());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(error.status);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if failure.code.as_deref() == Some("insufficient_quota") {
        // It comes as a limit, and no wait gets over it.
        headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
    }
}

/// Whether this is an error as clients of Messages know it.
fn is_envelope(said: &[u8]) -> bool {
    serde_json::from_slice(said).is_ok_and(|ErrorBody { kind, error, request_id: _, extra: _ }| {
        kind.as_deref() == Some("error") && error.kind.is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_known_by_its_path_and_else_by_what_it_says() {
        let (plain, of_messages) =
            (HeaderMap::new(), HeaderMap::from_iter([(VERSION, HeaderValue::from_static("2023-06-01"))]));
        for path in ["/v1/messages", "/messages", "/v1/messages/count_tokens", "/messages/batches"] {
            assert!(speaks_messages(path, &plain), "{path}");
        }
        for path in ["/v1/chat/completions", "/responses", "/v1/responses/resp_1"] {
            assert!(!speaks_messages(path, &of_messages), "{path}");
        }
        for path in ["/v1/models", "/v1/files", "/v1/messagesx", "/"] {
            assert!(speaks_messages(path, &of_messages) && !speaks_messages(path, &plain), "{path}");
        }
    }
}
