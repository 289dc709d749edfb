//! The translator in an axum handler: clients speak Chat or Responses, and so does the upstream, in any combination.
//!
//! ```sh
//! OPENAI_API_KEY=sk-... cargo run -p interlingua-translate --example server -- responses https://api.openai.com/v1
//! curl -N "$THE_ADDRESS_IT_PRINTS/chat/completions" -H 'content-type: application/json' \
//!     -d '{"model":"gpt-5.5","messages":[{"role":"user","content":"hi"}],"stream":true}'
//! ```
//!
//! `interlingua-gateway` is the same with everything that running it unattended takes.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program has what the library does without: a clock, an environment, a terminal"
)]

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router, extract::State};
use futures_util::{StreamExt as _, stream};
use interlingua_translate::model::Failure;
use interlingua_translate::{Api, Error, Stamp, Translator, Upstream};
use serde_json::json;

struct App {
    http: reqwest::Client,
    upstream: Upstream,
    base_url: String,
    key: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let upstream = Upstream::usual(words.next().as_deref().unwrap_or("responses").parse()?);
    let base_url = words.next().unwrap_or_else(|| "https://api.openai.com/v1".to_owned());
    let key = std::env::var("OPENAI_API_KEY").unwrap_or_default();
    // This workspace has reqwest leave the choice of cryptography to the program; its feature `rustls` chooses by itself.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().connect_timeout(Duration::from_secs(10)).build()?;

    let routes = Router::new()
        .route("/v1/chat/completions", post(async |app, body| respond(Api::Chat, app, body).await))
        .route("/v1/responses", post(async |app, body| respond(Api::Responses, app, body).await))
        .with_state(Arc::new(App { http, upstream, base_url, key }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/v1", listener.local_addr()?);
    Ok(axum::serve(listener, routes).await?)
}

/// Answers, or says why not in the shape that both APIs have for it.
async fn respond(client: Api, State(app): State<Arc<App>>, body: Bytes) -> Response {
    let error = match answer(client, &app, &body).await {
        Ok(response) => return response,
        Err(error) => error,
    };
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    let (kind, code, param) = (error.kind(), error.code(), error.param());
    let detail = json!({"message": error.message(), "type": kind, "code": code, "param": param});
    (status, Json(json!({ "error": detail }))).into_response()
}

async fn answer(client: Api, app: &App, body: &[u8]) -> Result<Response, Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let stamp = Stamp { id: format!("{:x}", now.as_nanos()), created: now.as_secs() };
    let outgoing = Translator::new(client).request(body, &app.upstream, stamp)?;

    let request = app.http.post(format!("{}{}", app.base_url, outgoing.path)).bearer_auth(&app.key);
    let reply =
        request.header(CONTENT_TYPE, "application/json").body(outgoing.body).send().await.map_err(unreachable)?;
    let mut answer = outgoing.reply.answer();
    if !outgoing.reply.is_streamed() || !reply.status().is_success() {
        let mut whole = Vec::new();
        answer.bytes(&reply.bytes().await.map_err(unreachable)?, &mut whole);
        return match answer.finish(&mut whole).failure() {
            Some(failure) => Err(Error::Upstream(Box::new(failure))),
            None => Ok(([(CONTENT_TYPE, "application/json")], whole).into_response()),
        };
    }
    let frames = stream::unfold(Some((reply.bytes_stream(), answer)), async |state| {
        let (mut chunks, mut answer) = state?;
        let mut frames = Vec::new();
        let Some(Ok(bytes)) = chunks.next().await else {
            // The end, or a broken connection: a client whose stream was cut is told so in its last frame.
            let _ = answer.finish(&mut frames);
            return Some((Ok::<_, Error>(frames), None));
        };
        answer.bytes(&bytes, &mut frames);
        Some((Ok(frames), Some((chunks, answer))))
    });
    Ok(([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(frames)).into_response())
}

fn unreachable(error: reqwest::Error) -> Error {
    Error::Upstream(Box::new(Failure { message: error.without_url().to_string(), ..Failure::default() }))
}
