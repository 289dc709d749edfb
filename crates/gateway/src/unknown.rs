//! The refusal of a path that there is not, or of a method that a path does not take.

use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode, Uri};

use crate::ApiError;

/// The paths, for whoever asks for another.
const KNOWN: &str = "POST /v1/chat/completions, POST /v1/messages, POST /v1/messages/count_tokens, POST /v1/responses, POST /v1/responses/compact, \
                     POST /v1/responses/input_tokens, GET /v1/models, GET /v1/usage and GET /healthz";

/// There is no such path.
pub(crate) fn unknown(method: &Method, uri: &Uri) -> Response {
    let twice = if uri.path().starts_with("/v1/v1/") {
        " (this client adds the /v1 itself: leave it out of its base URL)"
    } else {
        ""
    };
    let message =
        format!("there is no {method} {}{twice}; there are {KNOWN}, all but the last also without /v1", uri.path());
    ApiError::new(StatusCode::NOT_FOUND, message).with_code("unknown_url").into_response()
}

/// There is such a path, for other methods.
pub(crate) async fn wrong_method(method: Method, uri: Uri) -> Response {
    let message = format!("{} does not take {method}; there are {KNOWN}", uri.path());
    let refusal = ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message);
    refusal.with_code("method_not_allowed").into_response()
}
