//! The inspector: a page that shows what happens, and the data behind it.

mod translation;

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, StatusCode, Uri};
use interlingua_translate::Api;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::exchange::capture::{in_short, shown_text, told};
use crate::exchange::{Exchange, Side};
use crate::{ApiError, reply};

/// The page itself, which holds nothing that anybody must not see. A key is asked for by the page.
pub(crate) fn page() -> Router<Shared> {
    const HTML: &str = "text/html; charset=utf-8";
    const CSS: &str = "text/css; charset=utf-8";
    const JS: &str = "text/javascript; charset=utf-8";
    Router::new()
        .route("/", get(|State(app): State<Shared>| async move { file(&app, HTML, include_str!("page.html")) }))
        .route(
            "/inspect/page.css",
            get(|State(app): State<Shared>| async move { file(&app, CSS, include_str!("page.css")) }),
        )
        .route(
            "/inspect/page.js",
            get(|State(app): State<Shared>| async move { file(&app, JS, include_str!("page.js")) }),
        )
        .route(
            "/inspect/json.js",
            get(|State(app): State<Shared>| async move { file(&app, JS, include_str!("json.js")) }),
        )
}

/// The data, for those who may use the gateway.
pub(crate) fn data() -> Router<Shared> {
    Router::new()
        .route("/inspect/exchanges", get(list))
        .route("/inspect/exchanges/{id}", get(one))
        .route("/inspect/exchanges/{id}/save", post(save))
        .route("/inspect/translate", post(translate))
}

fn file(app: &Shared, kind: &'static str, text: &'static str) -> Response {
    if app.watchers.board.is_none() {
        return switched_off().into_response();
    }
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(NO_SNIFF, HeaderValue::from_static("nosniff"));
    response
}

/// It loads nothing from elsewhere, sends nothing elsewhere, and stands in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const NO_SNIFF: HeaderName = http::header::X_CONTENT_TYPE_OPTIONS;

fn switched_off() -> ApiError {
    let message = "the inspector is switched off: start the gateway with --inspect";
    ApiError::new(StatusCode::NOT_FOUND, message).with_code("inspector_off")
}

/// How long a page waits for news before it asks again.
const NEWS_WAIT: Duration = Duration::from_secs(20);

/// All exchanges in short, the newest first; at once, or when there is something new.
///
/// `?after=7` is the version that the page has; it waits for another one.
async fn list(State(app): State<Shared>, uri: Uri) -> Result<Response, ApiError> {
    let board = app.watchers.board.as_ref().ok_or_else(switched_off)?;
    let after = uri.query().and_then(|query| query.strip_prefix("after=")).and_then(|version| version.parse().ok());
    let version = board.newer_than(after, NEWS_WAIT).await;
    let apis: Vec<_> = Api::ALL.iter().map(|api| [api.name(), api.title()]).collect();
    let exchanges: Vec<_> =
        board.all().iter().map(|exchange| exchange.look(|state| in_short(exchange, state))).collect();
    Ok(reply::json(StatusCode::OK, &json!({ "version": version, "exchanges": exchanges, "apis": apis })))
}

/// All that is known of one.
async fn one(State(app): State<Shared>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let exchange = found(&app, &id)?;
    let state = exchange.state();
    let mut told = told(&exchange, &state);
    let text = |bytes: &[u8]| shown_text(&state.secrets, bytes);
    let attempts = state.attempts.iter().map(|attempt| text(&attempt.body)).collect::<Vec<_>>();
    let mut pieces = Vec::new();
    state.recording.each(|mark, bytes| {
        let (side, attempt) = match mark.side() {
            Side::Upstream(attempt) => ("upstream", Some(attempt)),
            Side::Client => ("client", None),
        };
        pieces.push(json!({ "at": mark.at().as_secs_f64(), "side": side, "attempt": attempt, "text": text(bytes) }));
    });
    if let Value::Object(fields) = &mut told {
        fields.insert("request".to_owned(), state.asked.as_ref().map(|asked| text(&asked.body)).into());
        fields.insert("sent".to_owned(), attempts.into());
        fields.insert("pieces".to_owned(), pieces.into());
    }
    Ok(reply::json(StatusCode::OK, &told))
}

/// Keeps one as a case, in the folder of captures.
async fn save(State(app): State<Shared>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let exchange = found(&app, &id)?;
    match app.watchers.save(&exchange).await {
        Ok(place) => Ok(reply::json(StatusCode::OK, &json!({ "saved": place }))),
        Err(message) => Err(ApiError::new(StatusCode::CONFLICT, message).with_code("not_saved")),
    }
}

/// Translates what is pasted into the box.
async fn translate(State(app): State<Shared>, body: Bytes) -> Result<Response, ApiError> {
    app.watchers.board.as_ref().ok_or_else(switched_off)?;
    translation::translate(&body)
}

fn found(app: &Shared, id: &str) -> Result<std::sync::Arc<Exchange>, ApiError> {
    let board = app.watchers.board.as_ref().ok_or_else(switched_off)?;
    board.find(id).ok_or_else(|| {
        let message = "this exchange is no longer kept; the last 64 are";
        ApiError::new(StatusCode::NOT_FOUND, message).with_code("exchange_not_found")
    })
}
