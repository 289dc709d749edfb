//! What there is to choose from, as each client wants to read it.

mod codex;
pub(crate) mod of_messages;
mod window;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, StatusCode, Uri};
use interlingua_wire::chat::ModelList;

use crate::app::Shared;
use crate::{ApiError, date, envelope, reply};

use self::codex::Catalogue;
pub use self::codex::codex_catalogue;

/// The path below which the Codex CLI looks when it has a login of its own.
pub(crate) const CODEX: &str = "/backend-api/codex";

/// The route below `base`.
pub(crate) fn routes(base: &str) -> Router<Shared> {
    // Names may have slashes in them.
    Router::new().route(&format!("{base}/models"), get(models)).route(&format!("{base}/models/{{*id}}"), get(model))
}

async fn models(State(app): State<Shared>, uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let list = app.upstreams().models(&headers).await?;
    if headers.contains_key(envelope::VERSION) {
        return Ok(reply::json(StatusCode::OK, &of_messages::page(&list, &uri)?));
    }
    let list = in_openais_form(list);
    if !is_for_codex(&uri) {
        return Ok(reply::json(StatusCode::OK, &list));
    }
    Ok(reply::json(StatusCode::OK, &Catalogue::new(list)))
}

async fn model(State(app): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    let list = app.upstreams().models(&headers).await?;
    if headers.contains_key(envelope::VERSION) {
        let model = of_messages::find(&list, &id).ok_or_else(|| of_messages::unknown(&id))?;
        return Ok(reply::json(StatusCode::OK, &model));
    }
    let list = in_openais_form(list).data.unwrap_or_default();
    if let Some(model) = list.into_iter().find(|model| model.id.as_deref() == Some(&*id)) {
        return Ok(reply::json(StatusCode::OK, &model));
    }
    let message = format!("there is no model `{id}`; GET /v1/models lists those there are");
    let refusal = ApiError::new(StatusCode::NOT_FOUND, message);
    Err(refusal.with_param("model").with_code("model_not_found"))
}

/// The list with what clients of OpenAI's APIs look for, where an upstream tells it in other words.
fn in_openais_form(mut list: ModelList) -> ModelList {
    for model in list.data.iter_mut().flatten() {
        let created_at = || model.extra.get("created_at")?.parse::<String>().ok();
        model.created = model.created.or_else(|| date::read(&created_at()?).map(Into::into));
        model.object.get_or_insert_with(|| "model".to_owned());
    }
    list.object.get_or_insert_with(|| "list".to_owned());
    list
}

/// The CLI of Codex names its version, or asks where its own backend would be.
fn is_for_codex(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    uri.path().starts_with(CODEX) || query.split('&').any(|pair| pair.split('=').next() == Some("client_version"))
}
