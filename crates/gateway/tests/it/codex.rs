//! The gateway over the Codex backend, with a ChatGPT login from a file: limits, refusals, and every stream recorded of it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail as tests do")]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, Response, StatusCode};
use interlingua_gateway::{Config, Gateway, Target, Upstream, UpstreamConfig};
use serde_json::{Value, json};

use crate::support::{data, hello};

/// A token that says nothing but that it lasts until 2100 and whose it is.
const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJleHAiOjQxMDI0NDQ4MDAsImh0dHBzOi8vYXBpLm9wZW5haS5jb20vYXV0aCI6eyJjaGF0Z3B0X2FjY291bnRfaWQiOiJhY2N0LTEiLCJjaGF0Z3B0X3BsYW5fdHlwZSI6InBsdXMifX0.c2ln";

/// A backend that says the same again and again.
#[derive(Clone)]
struct Backend {
    says: Arc<Mutex<Response<Vec<u8>>>>,
    asked: Arc<AtomicUsize>,
}

async fn answer(State(backend): State<Backend>, headers: HeaderMap) -> Response<axum::body::Body> {
    assert_eq!(headers["authorization"], format!("Bearer {TOKEN}"));
    assert_eq!(headers["chatgpt-account-id"], "acct-1");
    backend.asked.fetch_add(1, Ordering::SeqCst);
    let says = backend.says.lock().unwrap();
    let mut response = Response::new(axum::body::Body::from(says.body().clone()));
    *response.status_mut() = says.status();
    response.headers_mut().clone_from(says.headers());
    response
}

/// A gateway over a backend, and what a client needs to ask it.
struct Setup {
    backend: Backend,
    client: reqwest::Client,
    url: String,
}

impl Setup {
    async fn start(name: &str) -> Self {
        let backend = Backend { says: Arc::default(), asked: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/backend-api/codex", listener.local_addr().unwrap());
        let router = Router::new().route("/backend-api/codex/responses", post(answer)).with_state(backend.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });

        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-auth.json"));
        let tokens = json!({"id_token": TOKEN, "access_token": TOKEN, "refresh_token": "r", "account_id": "acct-1"});
        std::fs::write(&file, json!({"auth_mode": "chatgpt", "tokens": tokens}).to_string()).unwrap();
        let mut login = interlingua_auth::Config::new(file).unwrap();
        login.issuer = "http://127.0.0.1:1".parse().unwrap();
        let config = UpstreamConfig {
            target: Some(Target::Codex),
            base_url: Some(base_url.parse().unwrap()),
            login: Some(login),
            ..UpstreamConfig::default()
        };
        let upstream = Upstream::open(config).await.unwrap();
        let config = Config { listen: "127.0.0.1:0".to_owned(), ..Config::default() };
        let gateway = Gateway::bind(config, upstream).await.unwrap();
        let url = format!("http://{}", gateway.addr());
        tokio::spawn(gateway.serve(std::future::pending()));
        let direct = interlingua_executor::Proxy::Direct;
        let settings = interlingua_executor::HttpSettings { proxy: direct, ..Default::default() };
        Self { backend, client: settings.client().unwrap().http().clone(), url }
    }

    fn say(&self, status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        *self.backend.says.lock().unwrap() = response.body(body.into()).unwrap();
    }

    async fn ask(&self, body: &Value) -> reqwest::Response {
        let request = self.client.post(format!("{}/v1/chat/completions", self.url));
        request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap()
    }

    async fn usage(&self) -> Value {
        let response = self.client.get(format!("{}/usage", self.url)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }
}

const SSE: (&str, &str) = ("content-type", "text/event-stream");
const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_used_up_plan_is_a_429_that_says_when_to_come_back() {
    let setup = Setup::start("used-up").await;
    let limit = json!({"type": "usage_limit_reached", "code": "usage_limit_reached", "message": "used up",
                       "plan_type": "plus", "resets_at": 4_000_000_000_u64, "resets_in_seconds": 60});
    let failed = json!({"type": "response.failed", "response": {"status": "failed", "error": limit}});
    let answers: [(u16, _, String); 2] =
        [(429, JSON, json!({"error": limit}).to_string()), (200, SSE, format!("data: {failed}\n\n"))];
    for (status, kind, body) in answers {
        setup.say(status, &[kind], body);
        for stream in [true, false] {
            let before = setup.backend.asked.load(Ordering::SeqCst);
            let response = setup.ask(&hello(stream)).await;
            assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"60".parse().unwrap()));
            let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
            assert_eq!(body["error"]["type"], "usage_limit_reached");
            assert_eq!(body["error"]["plan_type"], "plus", "the upstream's body");
            assert_eq!(setup.backend.asked.load(Ordering::SeqCst), before + 1, "asked once");
        }
    }
}

#[tokio::test]
async fn usage_is_null_and_then_what_the_upstream_said_last() {
    let setup = Setup::start("usage").await;
    assert_eq!(setup.usage().await, Value::Null);
    let limits = [JSON, ("x-codex-primary-used-percent", "12.5"), ("x-codex-primary-window-minutes", "300")];
    setup.say(400, &limits, r#"{"detail":"no"}"#);
    let response = setup.ask(&hello(true)).await;
    assert_eq!(response.headers()["x-codex-primary-used-percent"], "12.5", "relayed");
    let usage = setup.usage().await;
    assert!(usage["taken_at"].as_u64().unwrap() > 1_700_000_000);
    assert_eq!(usage["windows"][0]["window_minutes"], 300);
    assert_eq!(usage["headers"]["x-codex-primary-used-percent"], "12.5");
}

/// Text, calls and usage, as the finished items and the last event of a stream tell them.
fn told(sse: &str) -> (String, Vec<Value>, Value) {
    let (mut text, mut calls, mut usage) = (String::new(), Vec::new(), Value::Null);
    for data in sse.lines().filter_map(|line| line.strip_prefix("data:")) {
        let Ok(event) = serde_json::from_str::<Value>(data.trim()) else { continue };
        let item = &event["item"];
        match (event["type"].as_str().unwrap(), item["type"].as_str()) {
            ("response.output_item.done", Some("message")) => {
                text.extend(item["content"].as_array().unwrap().iter().filter_map(|part| part["text"].as_str()));
            }
            ("response.output_item.done", Some("function_call")) => {
                calls.push(json!([item["call_id"], item["name"], item["arguments"]]));
            }
            ("response.completed", _) => {
                let of = &event["response"]["usage"];
                usage = json!([of["input_tokens"], of["output_tokens"]]);
            }
            _ => {}
        }
    }
    (text, calls, usage)
}

fn whole(body: &Value) -> (String, Vec<Value>, Value) {
    let message = &body["choices"][0]["message"];
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    let calls = calls.map(|call| json!([call["id"], call["function"]["name"], call["function"]["arguments"]]));
    let usage = json!([body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"]]);
    (message["content"].as_str().unwrap_or_default().to_owned(), calls.collect(), usage)
}

fn streamed(sse: &str) -> (String, Vec<Value>, Value) {
    let (mut text, mut calls, mut usage) = (String::new(), Vec::<[String; 3]>::new(), Value::Null);
    assert_eq!(data(sse).last(), Some(&"[DONE]"));
    for chunk in data(sse).into_iter().filter_map(|data| serde_json::from_str::<Value>(data).ok()) {
        if chunk["usage"].is_object() {
            usage = json!([chunk["usage"]["prompt_tokens"], chunk["usage"]["completion_tokens"]]);
        }
        let delta = &chunk["choices"][0]["delta"];
        text.push_str(delta["content"].as_str().unwrap_or_default());
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let place = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
            calls.resize(calls.len().max(place + 1), Default::default());
            let pieces = [&call["id"], &call["function"]["name"], &call["function"]["arguments"]];
            for (known, piece) in calls[place].iter_mut().zip(pieces) {
                known.push_str(piece.as_str().unwrap_or_default());
            }
        }
    }
    (text, calls.into_iter().map(|call| json!(call)).collect(), usage)
}

/// What is recorded of the real backend is not part of the project.
#[tokio::test]
async fn every_recorded_stream_reaches_the_client_complete() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let Ok(index) = std::fs::read_to_string(folder.join("index.tsv")) else {
        println!("no recordings beside the project: nothing was checked");
        return;
    };
    let setup = Setup::start("recorded").await;
    let mut checked = 0;
    for row in index.lines().map(|line| line.split('\t').collect::<Vec<_>>()) {
        if row[1] != "responses_stream" || row[2] != "chatgpt.com" {
            continue;
        }
        let sse = std::fs::read_to_string(folder.join("responses_stream").join(format!("{}.sse", row[0]))).unwrap();
        let told = told(&sse);
        setup.say(200, &[SSE], sse);
        let body = setup.ask(&hello(false)).await.bytes().await.unwrap();
        assert_eq!(whole(&serde_json::from_slice(&body).unwrap()), told, "{}", row[0]);
        let mut request = hello(true);
        request["stream_options"] = json!({"include_usage": true});
        let body = setup.ask(&request).await.bytes().await.unwrap();
        assert_eq!(streamed(std::str::from_utf8(&body).unwrap()), told, "{}", row[0]);
        checked += 1;
    }
    assert!(checked > 0, "the index names some");
    println!("{checked} recorded streams checked");
}
