//! What only clients of Responses want: a WebSocket, and replies that are remembered.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{ALLOW, UPGRADE};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use interlingua_translate::{Api, Upstream as Ways};

use crate::ApiError;
use crate::app::Shared;
use crate::error::INVALID_REQUEST;

/// The route below `base`.
pub(crate) fn routes(base: &str) -> Router<Shared> {
    Router::new().route(&format!("{base}{}", Ways::usual(Api::Responses).path()), get(no_socket))
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
