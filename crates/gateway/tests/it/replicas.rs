//! Several gateways on one Redis: one renewal of a login, limits that hold for all of them, and what is left without it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a setup that fails is a failed test")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode};
use interlingua_gateway::{
    CallerKey, CallerLimits, Config, Limits, StoreConfig, Target, Upstream, UpstreamConfig, Upstreams,
};
use interlingua_replay::Replay;
use interlingua_translate::Api;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::log::TestLog;
use crate::support::redis_server::RedisServer;
use crate::support::{Plan, Setup, hello, refusal, start};

/// An issuer of logins, and the backend that takes the tokens it issued last.
#[derive(Default)]
struct World {
    /// The refresh token that is good.
    refresh: String,
    access: String,
    refreshes: u32,
    /// Requests with a refresh token that is not.
    refused: u32,
}

type Shared = Arc<Mutex<World>>;

async fn refresh(State(world): State<Shared>, Json(asked): Json<Value>) -> (StatusCode, Json<Value>) {
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut world = world.lock().unwrap();
    if asked["refresh_token"] != world.refresh.as_str() {
        world.refused += 1;
        return (StatusCode::UNAUTHORIZED, Json(json!({"error": {"code": "refresh_token_reused"}})));
    }
    world.refreshes += 1;
    let tokens = world.issue(3600);
    (StatusCode::OK, Json(tokens))
}

async fn answer(
    State(world): State<Shared>,
    headers: HeaderMap,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let world = world.lock().unwrap();
    if headers["authorization"] != format!("Bearer {}", world.access) {
        return (
            StatusCode::UNAUTHORIZED,
            [("content-type", "application/json")],
            r#"{"detail":"expired"}"#.to_owned(),
        );
    }
    let message = json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                         "content": [{"type": "output_text", "text": "Hello", "annotations": []}]});
    let response = json!({"id": "resp_1", "object": "response", "status": "completed", "model": "gpt-5.4", "output": [message],
                          "usage": {"input_tokens": 3, "output_tokens": 1, "total_tokens": 4}});
    let done = json!({"type": "response.output_item.done", "output_index": 0, "item": message});
    let completed = json!({"type": "response.completed", "response": response});
    (StatusCode::OK, [("content-type", "text/event-stream")], format!("data: {done}\n\ndata: {completed}\n\n"))
}

impl World {
    /// New tokens, of which the access token ends so many seconds from now. The ones before are no longer good.
    fn issue(&mut self, life: i64) -> Value {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::SeqCst);
        let now = i64::try_from(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
        let claims = json!({"iat": now - 7200, "exp": now + life, "jti": serial,
                            "https://api.openai.com/auth": {"chatgpt_account_id": "acct-1"}});
        self.access = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()));
        self.refresh = format!("refresh-planted-{serial}-{}", "x".repeat(40));
        json!({"id_token": self.access, "access_token": self.access, "refresh_token": self.refresh})
    }
}

/// A world with a login that is over, and the addresses of its backend and its issuer.
struct Outside {
    world: Shared,
    address: String,
    login: Value,
}

impl Outside {
    async fn begin() -> Self {
        let world = Shared::default();
        let mut tokens = world.lock().unwrap().issue(-10);
        tokens["account_id"] = json!("acct-1");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/oauth/token", post(refresh))
            .route("/backend-api/codex/responses", post(answer))
            .with_state(Arc::clone(&world));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { world, address, login: json!({"auth_mode": "chatgpt", "tokens": tokens}) }
    }

    /// A folder with a copy of the login.
    fn home(&self) -> TempDir {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(file(home.path()), self.login.to_string()).unwrap();
        home
    }

    /// A gateway with the login of a folder.
    async fn gateway(&self, home: &Path, redis: &RedisServer) -> Setup {
        let mut login = interlingua_auth::Config::new(file(home)).unwrap();
        login.issuer = self.address.parse().unwrap();
        let upstream = Upstream::open(UpstreamConfig {
            target: Some(Target::Codex),
            base_url: Some(format!("{}/backend-api/codex", self.address).parse().unwrap()),
            login: Some(login),
            ..UpstreamConfig::default()
        });
        let config = Config {
            listen: "127.0.0.1:0".to_owned(),
            store: StoreConfig::Redis(redis.url()),
            limits: Limits::default(),
            ..Config::default()
        };
        start(config, Upstreams::from(upstream.await.unwrap()), Replay::embedded().spawn().await.unwrap()).await
    }

    fn counts(&self) -> (u32, u32) {
        let world = self.world.lock().unwrap();
        (world.refreshes, world.refused)
    }
}

fn file(home: &Path) -> PathBuf {
    home.join("auth.json")
}

/// Fifty callers, every other one at each gateway; all are served.
async fn fifty(gateways: &[Setup; 2]) {
    let callers = (0..50).map(|n| {
        let request = gateways[n % 2].post("/v1/chat/completions", hello(n % 4 < 2).to_string());
        tokio::spawn(async move {
            let response = request.send().await.unwrap();
            let (status, body) = (response.status(), response.text().await.unwrap());
            assert!(status == 200 && body.contains("Hello"), "{status} {body}");
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
}

#[tokio::test]
async fn fifty_callers_of_two_gateways_on_an_expired_login_cause_one_refresh() {
    let Some(redis) = RedisServer::start() else { return };
    for is_one_folder in [false, true] {
        let outside = Outside::begin().await;
        let homes = [outside.home(), outside.home()];
        let second = if is_one_folder { &homes[0] } else { &homes[1] };
        let gateways = [outside.gateway(homes[0].path(), &redis).await, outside.gateway(second.path(), &redis).await];
        fifty(&gateways).await;
        assert_eq!(outside.counts(), (1, 0), "one folder: {is_one_folder}");
        for home in [&homes[0], second] {
            let saved = std::fs::read_to_string(file(home.path())).unwrap();
            assert!(saved.contains(&outside.world.lock().unwrap().refresh), "each has it in its file");
        }
        for gateway in gateways {
            gateway.stop().await;
        }
    }
    let mut link = redis::Client::open(redis.url()).unwrap().get_connection().unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("interlingua:login:*").query(&mut link).unwrap();
    assert_eq!(keys.len(), 2, "{keys:?}");
    for key in keys {
        let value: Vec<u8> = redis::cmd("GET").arg(&key).query(&mut link).unwrap();
        assert!(!key.contains("planted") && !String::from_utf8_lossy(&value).contains("planted"), "{key}");
    }
}

#[tokio::test]
async fn without_its_redis_a_gateway_goes_on_with_what_it_has_and_says_so_once() {
    let Some(mut redis) = RedisServer::start() else { return };
    let log = TestLog::read(tracing::Level::INFO);
    let said = |what: &str| log.text().matches(what).count();

    let outside = Outside::begin().await;
    let homes = [outside.home(), outside.home()];
    let gateways = [outside.gateway(homes[0].path(), &redis).await, outside.gateway(homes[1].path(), &redis).await];
    redis.stop();
    // Only one of them can renew what both have a copy of; with nothing in common it is the one that is asked.
    for stream in [true, false] {
        let response = gateways[0].ask(&hello(stream)).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    }
    let stored = json!({"model": "gpt-5.4", "input": "Hello"}).to_string();
    assert_eq!(gateways[0].post("/v1/responses", stored).send().await.unwrap().status(), 200);
    assert_eq!((outside.counts(), said("Redis cannot be used")), ((1, 0), 1));

    // When it is back, the other learns what it missed.
    redis.run();
    tokio::time::sleep(Duration::from_millis(3500)).await;
    fifty(&gateways).await;
    assert_eq!((outside.counts(), said("Redis is back")), ((1, 0), 1));

    // And when it goes again, both have what they need.
    redis.stop();
    fifty(&gateways).await;
    assert_eq!(outside.counts(), (1, 0));
    for gateway in gateways {
        gateway.stop().await;
    }
}

const KEY: &str = "key-of-the-laptop";

async fn limited(redis: &RedisServer, limits: CallerLimits) -> [Setup; 2] {
    let start = || async {
        let mut key = CallerKey::new("laptop", &CallerKey::hash_of(KEY)).unwrap();
        key.limits = limits;
        Plan { callers: vec![key], store: StoreConfig::Redis(redis.url()), ..Plan::default() }.start().await
    };
    [start().await, start().await]
}

fn ask(setup: &Setup) -> reqwest::RequestBuilder {
    setup.post("/v1/chat/completions", hello(false).to_string()).bearer_auth(KEY)
}

#[tokio::test]
async fn a_callers_limits_hold_for_all_gateways_together() {
    let Some(mut redis) = RedisServer::start() else { return };
    let limits = CallerLimits { requests_per_minute: Some(4), ..CallerLimits::default() };
    let gateways = limited(&redis, limits).await;
    for gateway in [0, 1, 1, 0] {
        assert_eq!(ask(&gateways[gateway]).send().await.unwrap().status(), 200);
    }
    for gateway in &gateways {
        let response = ask(gateway).send().await.unwrap();
        let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=15).contains(&wait), "{wait}");
        let (status, error) = refusal(response).await;
        assert_eq!((status, &error["code"]), (429, &json!("rate_limit_exceeded")));
    }
    // Each counts for itself when nothing is shared: it has let in two of four.
    redis.stop();
    for gateway in &gateways {
        let statuses = [ask(gateway).send().await.unwrap().status(), ask(gateway).send().await.unwrap().status()];
        assert_eq!(statuses, [200, 200]);
        assert_eq!(ask(gateway).send().await.unwrap().status(), 429);
    }
}

#[tokio::test]
async fn tokens_used_at_one_gateway_are_used_up_at_the_other() {
    let Some(redis) = RedisServer::start() else { return };
    let limits = CallerLimits { tokens_per_minute: Some(5), ..CallerLimits::default() };
    let [first, second] = limited(&redis, limits).await;
    assert_eq!(ask(&first).send().await.unwrap().status(), 200);
    // It is counted behind the reply's back.
    let mut last = StatusCode::OK;
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        last = ask(&second).send().await.unwrap().status();
        if last != StatusCode::OK {
            break;
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn places_are_shared_and_given_back() {
    let Some(redis) = RedisServer::start() else { return };
    let key = |limits| {
        let mut key = CallerKey::new("laptop", &CallerKey::hash_of(KEY)).unwrap();
        key.limits = limits;
        key
    };
    let limits = CallerLimits { at_once: Some(1), ..CallerLimits::default() };
    let plan = |faults| Plan {
        callers: vec![key(limits)],
        store: StoreConfig::Redis(redis.url()),
        api: Api::Responses,
        faults,
        ..Plan::default()
    };
    let slow = plan("delay=20ms").start().await;
    let quick = plan("").start().await;
    let streamed = slow.post("/v1/chat/completions", hello(true).to_string()).bearer_auth(KEY).send().await.unwrap();
    assert_eq!(streamed.status(), 200);
    let (status, error) = refusal(ask(&quick).send().await.unwrap()).await;
    assert!(status == 429 && error["message"].as_str().unwrap().contains("requests at a time"), "{error}");
    streamed.text().await.unwrap();
    let mut last = StatusCode::TOO_MANY_REQUESTS;
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        last = ask(&quick).send().await.unwrap().status();
        if last == StatusCode::OK {
            break;
        }
    }
    assert_eq!(last, StatusCode::OK);
}
