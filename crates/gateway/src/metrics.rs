//! What all requests add up to.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;

use crate::app::Shared;

/// The route, which is no API's.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/metrics", get(metrics))
}

/// As Prometheus reads it: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
async fn metrics(State(app): State<Shared>) -> Response {
    let page = app.watchers.numbers.page(&app.upstreams());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page).into_response()
}
