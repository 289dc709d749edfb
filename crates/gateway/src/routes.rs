//! Every path there is.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use interlingua_translate::Api;
use tokio::sync::Semaphore;

use crate::app::Shared;
use crate::inbound::admit;
use crate::unknown::wrong_method;
use crate::{
    access, ask, compact, cors, count_tokens, crowd, envelope, input_tokens, inspect, loops, metrics, models,
    passthrough, reload, reply, store, usage, websocket,
};

/// The whole server.
pub(crate) fn router(app: Shared) -> Router {
    let mut api = Router::new();
    for base in ["", "/v1"] {
        api = api
            .merge(ask::routes(base))
            .merge(websocket::routes(base))
            .merge(compact::routes(base))
            .merge(input_tokens::routes(base))
            .merge(count_tokens::routes(base))
            .merge(store::routes(base))
            .merge(models::routes(base))
            .merge(usage::routes(base));
    }
    // Where the Codex CLI looks with a login of its own.
    api = api
        .merge(ask::route(models::CODEX, Api::Responses))
        .merge(websocket::routes(models::CODEX))
        .merge(compact::routes(models::CODEX))
        .merge(store::routes(models::CODEX))
        .merge(models::routes(models::CODEX));
    api.merge(reload::routes())
        .merge(metrics::routes())
        .merge(inspect::data())
        .fallback(passthrough::or_unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(app.clone(), admit))
        .merge(inspect::page())
        .layer(from_fn_with_state(app.clone(), cors::answer))
        .layer(from_fn(loops::refuse))
        .layer(from_fn_with_state(Arc::new(Semaphore::new(app.limits.requests)), crowd::admit))
        // Whoever watches over the process has no key.
        .route("/healthz", get(healthz))
        // Claude Code looks whether anybody is there before it has a key.
        .route("/api/hello", get(hello))
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(envelope::of_client))
        .layer(from_fn_with_state(app.clone(), access::log))
        .with_state(app)
}

async fn healthz() -> Response {
    reply::json(StatusCode::OK, &serde_json::json!({ "status": "ok" }))
}

async fn hello() {}
