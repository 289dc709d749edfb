//! How many requests are served at a time.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use tokio::sync::Semaphore;

use crate::ApiError;
use crate::access::held;

/// Takes a request in if there is a place for it. It has it until its reply is over.
pub(crate) async fn admit(State(places): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    let Ok(place) = places.try_acquire_owned() else {
        let message = "this gateway serves as many requests as it may at a time; try again in a moment";
        let refusal = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message);
        let mut response = refusal.with_code("server_is_overloaded").into_response();
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        return response;
    };
    held(next.run(request).await, Arc::new(place))
}
