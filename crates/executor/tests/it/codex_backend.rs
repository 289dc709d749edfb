//! The backend of the Codex CLI on loopback: lets in who has the token, takes what the real one takes, refuses what that
//! refuses, and answers by script.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, StatusCode};
use interlingua_auth::{Access, BoxFuture, Credentials, Error, Generation};
use interlingua_executor::{Config, Executor, Profile};
use serde_json::{Value, json};

/// Stands in every token, so that a search for it finds any of them.
pub(crate) const SECRET: &str = "tok-SECRET";

/// One backend, and what it was asked.
#[derive(Clone, Default)]
pub(crate) struct Backend(Arc<Inner>);

#[derive(Default)]
struct Inner {
    answers: Mutex<VecDeque<Answer>>,
    models: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<(HeaderMap, Value)>>,
    asked_models: Mutex<Vec<(String, HeaderMap)>>,
    /// Tokens below this number are refused.
    valid_from: AtomicU32,
}

/// What comes back.
#[derive(Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// The connection breaks after the body.
    breaks: bool,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type", content_type.to_owned())], body: body.into(), breaks: false }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    /// A stream of these events.
    pub(crate) fn events(events: &[Value]) -> Self {
        let frame = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
        Self::new(200, "text/event-stream; charset=utf-8", events.iter().map(frame).collect::<String>())
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn cut(self) -> Self {
        Self { breaks: true, ..self }
    }

    fn response(self) -> Response {
        let Self { status, headers, body, breaks } = self;
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, value);
        }
        let whole = stream::iter([Ok(Bytes::from(body))]).chain(stream::iter(breaks.then_some(())).then(|()| async {
            // What was said is to arrive before the end does.
            tokio::time::sleep(Duration::from_millis(50)).await;
            Err("broken")
        }));
        response.body(Body::from_stream(whole)).unwrap()
    }
}

impl Backend {
    /// A backend that gives these answers one after the other, and then good ones.
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> (Self, Executor) {
        let backend = Self::default();
        backend.0.answers.lock().unwrap().extend(answers);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/backend-api/codex/responses", post(responses))
            .route("/backend-api/codex/models", get(models))
            .route("/backend-api/wham/usage", get(usage))
            .with_state(backend.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let mut config = Config::from(Profile::codex());
        config.backend.base_url = Some(format!("http://{address}/backend-api/codex").parse().unwrap());
        let executor = Executor::over_http(config).unwrap();
        (backend, executor.with_credentials(Arc::new(Login::default())))
    }

    /// The lists of models it gives one after the other; without any it has none.
    pub(crate) fn with_models(self, lists: impl IntoIterator<Item = Answer>) -> Self {
        self.0.models.lock().unwrap().extend(lists);
        self
    }

    pub(crate) fn refuse_tokens_below(&self, number: u32) {
        self.0.valid_from.store(number, Ordering::SeqCst);
    }

    /// Headers and bodies of the requests for answers.
    pub(crate) fn asked(&self) -> Vec<(HeaderMap, Value)> {
        self.0.asked.lock().unwrap().clone()
    }

    /// Queries and headers of the requests for models.
    pub(crate) fn asked_models(&self) -> Vec<(String, HeaderMap)> {
        self.0.asked_models.lock().unwrap().clone()
    }

    fn refusal(&self, headers: &HeaderMap) -> Option<Answer> {
        let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let number = token.strip_prefix(&format!("Bearer {SECRET}-")).and_then(|number| number.parse::<u32>().ok());
        let is_let_in = number.is_some_and(|number| number >= self.0.valid_from.load(Ordering::SeqCst))
            && headers.get("chatgpt-account-id").is_some_and(|account| account == "acct-1");
        // Like some real servers it repeats what it was sent.
        let detail = format!("Could not parse your authentication token: {token}");
        (!is_let_in).then(|| Answer::json(401, &json!({ "detail": detail })))
    }
}

async fn responses(State(backend): State<Backend>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    backend.0.asked.lock().unwrap().push((headers.clone(), body.clone()));
    if let Some(refusal) = backend.refusal(&headers) {
        return refusal.response();
    }
    if let Some(detail) = unacceptable(&body) {
        return Answer::json(400, &json!({ "detail": detail })).response();
    }
    let scripted = backend.0.answers.lock().unwrap().pop_front();
    scripted.unwrap_or_else(|| Answer::events(&hello())).response()
}

async fn models(State(backend): State<Backend>, uri: http::Uri, headers: HeaderMap) -> Response {
    backend.0.asked_models.lock().unwrap().push((uri.query().unwrap_or_default().to_owned(), headers.clone()));
    let scripted = backend.0.models.lock().unwrap().pop_front();
    let answer = backend.refusal(&headers).or(scripted);
    answer.unwrap_or_else(|| Answer::json(404, &json!({ "detail": "Not Found" }))).response()
}

async fn usage(State(backend): State<Backend>, headers: HeaderMap) -> Response {
    let body = json!({"plan_type": "plus", "rate_limit": {
        "primary_window": {"used_percent": 31, "limit_window_seconds": 18_000, "reset_at": 1_900_000_000},
        "secondary_window": {"used_percent": 7, "limit_window_seconds": 604_800, "reset_after_seconds": 60},
    }});
    let answer = backend.refusal(&headers).unwrap_or_else(|| Answer::json(StatusCode::OK.as_u16(), &body));
    answer.response()
}

/// What the backend does not take, by `{"detail"}`.
fn unacceptable(body: &Value) -> Option<String> {
    const REFUSED: [&str; 21] = [
        "max_output_tokens",
        "max_completion_tokens",
        "max_tokens",
        "temperature",
        "top_p",
        "truncation",
        "user",
        "metadata",
        "safety_identifier",
        "prompt_cache_retention",
        "prompt_cache_options",
        "context_management",
        "stream_options",
        "previous_response_id",
        "frequency_penalty",
        "presence_penalty",
        "seed",
        "stop",
        "n",
        "logit_bias",
        "background",
    ];
    if let Some(field) = REFUSED.iter().find(|field| body.get(**field).is_some()) {
        return Some(format!("Unsupported parameter: {field}"));
    }
    let input = body["input"].as_array();
    let names = body["tools"].as_array().into_iter().flatten().filter_map(|tool| tool["name"].as_str());
    let include = body["include"].as_array().into_iter().flatten();
    let has_tools = body["tools"].is_array() || body["input"][0]["type"] == "additional_tools";
    let sealed = include.filter(|name| **name == "reasoning.encrypted_content").count();
    [
        (!body["instructions"].is_string(), "Instructions are required"),
        (body["store"] != false, "Store must be set to false"),
        (body["stream"] != true, "Stream must be set to true"),
        (input.is_none(), "Input must be a list"),
        (
            input.is_some_and(|items| items.iter().any(|item| item["role"] == "system")),
            "System messages are not allowed",
        ),
        (sealed != 1, "include"),
        (names.into_iter().any(|name| name.len() > 64), "Tool name is too long"),
        (!has_tools && !body["parallel_tool_calls"].is_null(), "parallel_tool_calls without tools"),
    ]
    .into_iter()
    .find_map(|(is_bad, detail)| is_bad.then(|| detail.to_owned()))
}

/// A login that renews itself as often as it is asked to: `tok-SECRET-0`, `tok-SECRET-1`, ...
#[derive(Debug, Default)]
struct Login(AtomicU32);

impl Login {
    fn access(number: u32) -> Result<Access, Error> {
        let token = format!("{SECRET}-{number}");
        Access::with_account(token.into(), Some("acct-1".to_owned()), false, Generation::default())
    }
}

impl Credentials for Login {
    fn access(&self) -> BoxFuture<'_, Result<Access, Error>> {
        Box::pin(async { Self::access(self.0.load(Ordering::SeqCst)) })
    }

    fn on_unauthorized(&self, _refused: Generation) -> BoxFuture<'_, Result<Option<Access>, Error>> {
        Box::pin(async { Self::access(self.0.fetch_add(1, Ordering::SeqCst) + 1).map(Some) })
    }
}

pub(crate) fn created() -> Value {
    json!({"type": "response.created", "response": {"id": "resp_1", "status": "in_progress", "output": []}})
}

pub(crate) fn delta(text: &str) -> Value {
    json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": text})
}

pub(crate) fn failed(error: &Value) -> Value {
    json!({"type": "response.failed", "response": {"id": "resp_1", "status": "failed", "output": [], "error": error}})
}

/// A good answer, as this backend gives it: its output is in the items, not in the last event.
pub(crate) fn hello() -> Vec<Value> {
    let item = json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                      "content": [{"type": "output_text", "text": "Hello", "annotations": []}]});
    vec![
        created(),
        delta("Hel"),
        delta("lo"),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
        json!({"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": [],
               "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}}}),
    ]
}
