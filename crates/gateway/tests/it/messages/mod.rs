//! Clients of Messages, and upstreams of that API: what is theirs alone beside the translation.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail as tests do")]

mod counting;
mod doors;
mod errors;
mod passed;
mod refusals;
mod sessions;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::Response;
use http::HeaderMap;
use interlingua_executor::RetryPolicy;
use interlingua_gateway::{Config, Target, Upstream, UpstreamConfig};
use interlingua_replay::Replay;
use interlingua_translate::Api;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Setup, start};

/// A request that reached the upstream.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// What it answers.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, &'static str)>,
    pub(super) body: String,
}

impl Told {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: vec![("content-type", "application/json")], body: body.to_string() }
    }
}

/// An upstream that keeps what it is asked and answers as it is told.
pub(super) struct Double {
    pub(super) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Double {
    pub(super) async fn start(answer: impl Fn(&Seen) -> Told + Clone + Send + Sync + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        let handle = move |request: Request| {
            let (answer, kept) = (answer.clone(), Arc::clone(&kept));
            async move {
                let (parts, body) = request.into_parts();
                let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
                let seen = Seen { path: parts.uri.to_string(), headers: parts.headers, body };
                let Told { status, headers, body } = answer(&seen);
                kept.lock().unwrap().push(seen);
                let mut response = Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                response.body(body).unwrap()
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handle)).await });
        Self { url, seen }
    }

    /// All that it has been asked, which is then forgotten; what models there are is not among it.
    pub(super) fn asked(&self) -> Vec<Seen> {
        let mut all = std::mem::take(&mut *self.seen.lock().unwrap());
        all.retain(|seen| !seen.body.is_empty());
        all
    }

    /// How often it has been asked what models there are.
    pub(super) fn listings(&self) -> usize {
        self.seen.lock().unwrap().iter().filter(|seen| seen.path.starts_with("/v1/models")).count()
    }

    pub(super) fn config(&self, api: Api) -> UpstreamConfig {
        let target = Some(Target::Url(self.url.parse().unwrap()));
        UpstreamConfig { target, api: Some(api), retry: RetryPolicy::never(), ..UpstreamConfig::default() }
    }
}

/// A gateway over one upstream.
pub(super) async fn over(upstream: UpstreamConfig, config: Config) -> Setup {
    let config = Config { listen: "127.0.0.1:0".to_owned(), ..config };
    let upstream = Upstream::open(upstream).await.unwrap();
    start(config, upstream.into(), Replay::embedded().spawn().await.unwrap()).await
}

/// A small request of Messages.
pub(super) fn hello(stream: bool) -> Value {
    json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}], "stream": stream})
}

/// A reply to it, in each API.
pub(super) fn answer_in(api: Api) -> Value {
    match api {
        Api::Messages => {
            json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
            "stop_sequence": null, "content": [{"type": "text", "text": "Hi"}], "usage": {"input_tokens": 1, "output_tokens": 1}})
        }
        Api::Chat => json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}]}),
        Api::Responses => json!({"id": "resp_1", "object": "response", "status": "completed", "model": "m", "output": [
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
             "content": [{"type": "output_text", "text": "Hi", "annotations": []}]}]}),
    }
}

/// A small request of a client of any API.
pub(super) fn request(setup: &Setup, api: Api, stream: bool) -> RequestBuilder {
    match api {
        Api::Messages => {
            setup.post("/v1/messages", hello(stream).to_string()).header("anthropic-version", "2023-06-01")
        }
        Api::Chat => setup.post("/v1/chat/completions", crate::support::hello(stream).to_string()),
        Api::Responses => {
            setup.post("/v1/responses", json!({"model": "m", "input": "Hello", "stream": stream}).to_string())
        }
    }
}

/// The status of a refusal in the envelope of Messages, its class and its words, and its headers.
pub(super) async fn refused(response: reqwest::Response) -> (u16, String, String, HeaderMap) {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    assert_eq!(headers["content-type"], "application/json");
    let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(body["type"], "error", "{body}");
    // The id is the gateway's, wherever a client looks for it.
    let id = headers["request-id"].to_str().unwrap();
    assert!(id.starts_with("req_") && headers["x-request-id"] == id && body["request_id"] == id, "{headers:?} {body}");
    assert!(body["error"].get("code").is_none() && body["error"].get("param").is_none(), "{body}");
    let text = |name: &str| body["error"][name].as_str().unwrap().to_owned();
    (status, text("type"), text("message"), headers)
}
