//! A gateway over a replay, and a client of it, all over real HTTP on loopback.
#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses a part of it")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a setup that fails is a failed test")]

pub(crate) mod log;
pub(crate) mod redis_server;
pub(crate) mod socket;

use std::time::Duration;

use interlingua_executor::Profile;
use interlingua_executor::{HttpSettings, Proxy, Timeouts};
use interlingua_gateway::{
    CallerKey, Config, Gateway, Handle, InboundKey, Limits, Origin, StoreConfig, Target, Upstream, UpstreamConfig,
    Upstreams, Watching,
};
use interlingua_replay::{Faults, Replay, Server};
use interlingua_translate::Api;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A running gateway.
pub(crate) struct Setup {
    /// Behind it; of [`serving`] one that nobody asks.
    pub(crate) replay: Server,
    pub(crate) handle: Handle,
    pub(crate) client: Client,
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// How a gateway is to be set up.
pub(crate) struct Plan {
    pub(crate) limits: Limits,
    pub(crate) hold: Duration,
    pub(crate) api: Api,
    pub(crate) profile: Option<Profile>,
    pub(crate) repair: bool,
    pub(crate) inbound_key: Option<&'static str>,
    pub(crate) callers: Vec<CallerKey>,
    pub(crate) api_key: Option<&'static str>,
    pub(crate) case: Option<&'static str>,
    pub(crate) faults: &'static str,
    pub(crate) store: StoreConfig,
    pub(crate) watching: Watching,
    pub(crate) websocket: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            hold: Timeouts::default().hold,
            api: Api::Responses,
            profile: None,
            repair: false,
            inbound_key: None,
            callers: Vec::new(),
            api_key: None,
            case: None,
            faults: "",
            store: StoreConfig::default(),
            watching: Watching::default(),
            websocket: true,
        }
    }
}

/// Waits that tests do not have to wait for.
pub(crate) fn impatient() -> Plan {
    let short = Duration::from_millis(150);
    Plan { limits: Limits { heartbeat: short, ..Limits::default() }, hold: short, ..Plan::default() }
}

impl Plan {
    pub(crate) async fn start(self) -> Setup {
        let mut replay = Replay::embedded();
        if let Some(case) = self.case {
            replay = replay.case(case);
        }
        let faults = if self.faults.is_empty() { Faults::default() } else { self.faults.parse().unwrap() };
        self.over(replay.faults(faults)).await
    }

    /// The same over a replay of its own.
    pub(crate) async fn over(self, replay: Replay) -> Setup {
        let replay = replay.spawn().await.unwrap();
        let upstream = Upstream::open(UpstreamConfig {
            target: Some(Target::Url(replay.base_url().parse().unwrap())),
            api: Some(self.api),
            profile: self.profile,
            repair: self.repair,
            api_key: self.api_key.map(Into::into),
            timeouts: Timeouts { hold: self.hold, ..Timeouts::default() },
            ..UpstreamConfig::default()
        })
        .await
        .unwrap();
        let config = Config {
            listen: "127.0.0.1:0".to_owned(),
            callers: self.callers,
            inbound_key: self.inbound_key.map(|key| InboundKey::new(key).unwrap()),
            allowed_hosts: vec!["gateway.lan".to_owned()],
            allowed_origins: vec![Origin::new("https://app.example").unwrap()],
            limits: self.limits,
            store: self.store,
            watching: self.watching,
            websocket: self.websocket,
            ..Config::default()
        };
        start(config, upstream.into(), replay).await
    }
}

/// A gateway over any upstreams.
pub(crate) async fn serving(upstreams: Upstreams) -> Setup {
    let config = Config { listen: "127.0.0.1:0".to_owned(), ..Config::default() };
    start(config, upstreams, Replay::embedded().spawn().await.unwrap()).await
}

pub(crate) async fn start(config: Config, upstreams: Upstreams, replay: Server) -> Setup {
    let gateway = Gateway::bind(config, upstreams).await.unwrap();
    let handle = gateway.handle();
    let url = format!("http://{}", gateway.addr());
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        let stopped = async move {
            let _ = stopped.await;
        };
        gateway.serve(stopped).await.unwrap();
    });
    let client = HttpSettings { proxy: Proxy::Direct, ..HttpSettings::default() }.client().unwrap().http().clone();
    Setup { replay, handle, client, url, stop: Some(stop), task }
}

impl Setup {
    pub(crate) fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).header("content-type", "application/json").body(body)
    }

    pub(crate) async fn ask(&self, body: &Value) -> Response {
        self.post("/v1/chat/completions", body.to_string()).send().await.unwrap()
    }

    /// Tells the server to stop and waits for it.
    pub(crate) async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.task.await.unwrap();
    }
}

pub(crate) fn hello(stream: bool) -> Value {
    json!({"model": "gpt-5.4", "messages": [{"role": "user", "content": "Hello"}], "stream": stream})
}

/// The status, and the error object of a reply in OpenAI's shape.
pub(crate) async fn refusal(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert!(response.headers()["x-request-id"].to_str().unwrap().starts_with("req_"));
    let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    let error = body["error"].clone();
    assert!(error["message"].is_string() && error["type"].is_string(), "{body}");
    assert!(error.get("param").is_some() && error.get("code").is_some(), "all four keys are there: {body}");
    (status, error)
}

/// The data of each event, comments apart.
pub(crate) fn data(body: &str) -> Vec<&str> {
    body.lines().filter_map(|line| line.strip_prefix("data: ")).collect()
}

/// The text of a Chat stream.
pub(crate) fn text(body: &str) -> String {
    let chunks = data(body).into_iter().filter(|data| *data != "[DONE]");
    let deltas = chunks.map(|data| serde_json::from_str::<Value>(data).unwrap());
    deltas.filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned)).collect()
}
