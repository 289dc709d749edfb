//! What the upstream last said about its limits.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;

use crate::app::Shared;
use crate::reply;

/// The route below `base`.
pub(crate) fn routes(base: &str) -> Router<Shared> {
    Router::new().route(&format!("{base}/usage"), get(usage))
}

/// The last word, raw and with its time, or `null` as long as there is none. Asks nobody.
async fn usage(State(app): State<Shared>) -> Response {
    reply::json(StatusCode::OK, &app.upstream.executor().rate_limits())
}
