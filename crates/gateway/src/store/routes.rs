//! Kept replies by their ids.

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, StatusCode};
use interlingua_translate::{Api, Upstream as Ways};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::conversation::Conversations;
use super::listing;
use crate::app::Shared;
use crate::{ApiError, reply};

/// The routes below `base`.
pub(crate) fn routes(base: &str) -> Router<Shared> {
    let path = Ways::usual(Api::Responses).path();
    Router::new()
        .route(&format!("{base}{path}/{{id}}"), get(retrieve).delete(delete))
        .route(&format!("{base}{path}/{{id}}/input_items"), get(input_items))
}

#[derive(Deserialize)]
struct Retrieval {
    stream: Option<bool>,
}

async fn retrieve(
    State(app): State<Shared>,
    Path(id): Path<String>,
    query: Result<Query<Retrieval>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Query(Retrieval { stream }) = query.map_err(unreadable)?;
    if stream == Some(true) {
        let message = "a kept response is not streamed again; ask without `stream`";
        return Err(ApiError::bad_request(message).with_param("stream").with_code("unsupported_parameter"));
    }
    let record = Conversations::of(&app, &headers).find(&id).await?.ok_or_else(|| unknown(&id))?;
    Ok(reply::json(StatusCode::OK, &record.response))
}

async fn delete(State(app): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Gone<'a> {
        id: &'a str,
        object: &'a str,
        deleted: bool,
    }
    if !Conversations::of(&app, &headers).delete(&id).await? {
        return Err(unknown(&id));
    }
    Ok(reply::json(StatusCode::OK, &Gone { id: &id, object: "response", deleted: true }))
}

async fn input_items(
    State(app): State<Shared>,
    Path(id): Path<String>,
    query: Result<Query<listing::Page>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Query(page) = query.map_err(unreadable)?;
    let record = Conversations::of(&app, &headers).find(&id).await?.ok_or_else(|| unknown(&id))?;
    let items: Vec<Box<RawValue>> = listing::named(&id, &record.input);
    Ok(reply::json(StatusCode::OK, &page.of(items)?))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature is that of `map_err`")]
fn unreadable(rejection: QueryRejection) -> ApiError {
    ApiError::bad_request(rejection.body_text()).with_code("invalid_value")
}

fn unknown(id: &str) -> ApiError {
    const MOST_QUOTED: usize = 100;
    let id: String = id.chars().take(MOST_QUOTED).collect();
    let message = format!("there is no response `{id}` here: it was never stored, is too old, or is another caller's");
    ApiError::new(StatusCode::NOT_FOUND, message).with_param("response_id").with_code("response_not_found")
}
