//! What the upstream last said about its limits.

use std::collections::BTreeMap;

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

/// The last word, raw and with its time, or `null` as long as there is none. Of several upstreams each has its own, by
/// name. Asks nobody.
async fn usage(State(app): State<Shared>) -> Response {
    let upstreams = app.upstreams();
    let mut limits = upstreams.members().map(|(name, upstream)| (name, upstream.executor().rate_limits()));
    if let (Some((_, only)), None) = (limits.next(), limits.next()) {
        return reply::json(StatusCode::OK, &only);
    }
    let all: BTreeMap<_, _> =
        upstreams.members().map(|(name, upstream)| (name, upstream.executor().rate_limits())).collect();
    reply::json(StatusCode::OK, &all)
}
