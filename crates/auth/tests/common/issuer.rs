//! An authorisation server on loopback that behaves as the real one was seen to: refresh tokens good for one use, PKCE
//! checked, device codes polled. It knows nothing of the crate it tests.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

pub(crate) const CLIENT_ID: &str = "app_EMoamEEZ73f0CkXaXp7hrann";
/// Stands in every token, code and key, so that a test can look for it.
pub(crate) const SECRET: &str = "S3CR3T";

/// One canned answer.
#[derive(Clone)]
pub(crate) struct Canned {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Canned {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: vec![("content-type", "application/json".into())], body: body.to_string() }
    }

    pub(crate) fn html(status: u16) -> Self {
        let body = "<html><title>Just a moment...</title>challenge</html>".to_owned();
        Self { status, headers: vec![("content-type", "text/html".into()), ("cf-ray", "8f00ba4-FRA".into())], body }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn response(self) -> Response {
        let mut response = (StatusCode::from_u16(self.status).unwrap(), self.body).into_response();
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        response
    }
}

type Hook = Box<dyn FnMut() + Send>;

#[derive(Default)]
pub(crate) struct Issued {
    serial: u32,
    live: HashSet<String>,
    /// Refresh tokens that were good once.
    spent: HashSet<String>,
    codes: HashMap<String, Code>,
    /// Seconds from now to the `exp` of the tokens issued next.
    pub(crate) life: i64,
    /// Requests for a refresh, and how many of them succeeded, and how many came with a spent token.
    pub(crate) refreshes: u32,
    pub(crate) rotated: u32,
    pub(crate) reused: u32,
    /// Answers that go out before the issuer decides anything itself.
    pub(crate) refresh_script: VecDeque<Canned>,
    pub(crate) device_script: VecDeque<Canned>,
    pub(crate) usercode: Option<Canned>,
    pub(crate) revocation: Option<Canned>,
    pub(crate) revoked: Vec<String>,
    /// What happens in the world between the request for a refresh and its answer.
    pub(crate) before_answer: Option<Hook>,
    pub(crate) delay: Duration,
    /// Every request: path and body.
    pub(crate) requests: Vec<(String, HeaderMap, String)>,
    pub(crate) polls: u32,
    pub(crate) device_verifier: String,
}

struct Code {
    challenge: String,
    redirect_uri: String,
}

#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    state: Arc<Mutex<Issued>>,
}

impl Issuer {
    /// Starts on a free loopback port, on a thread of its own, so that it outlives any test runtime.
    pub(crate) fn start() -> Self {
        let state = Arc::new(Mutex::new(Issued { life: 3600, ..Issued::default() }));
        let router = Router::new()
            .route("/oauth/token", post(token))
            .route("/oauth/revoke", post(revoke))
            .route("/api/accounts/deviceauth/usercode", post(usercode))
            .route("/api/accounts/deviceauth/token", post(device_token))
            .with_state(Arc::clone(&state));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, router).await.unwrap();
            });
        });
        Self { url, state }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, Issued> {
        self.state.lock().unwrap()
    }

    /// How many refreshes were asked for, and how many of them with a spent token.
    pub(crate) fn counts(&self) -> (u32, u32) {
        let state = self.state();
        (state.refreshes, state.reused)
    }

    /// New tokens, of which the access token ends `life` seconds from now.
    pub(crate) fn login(&self, life: i64) -> Value {
        self.state().issue(life)
    }

    /// What the browser and the person in front of it do: checks the address, says yes, and gives where it leads.
    pub(crate) fn authorize(&self, url: &str) -> String {
        let url = reqwest::Url::parse(url).unwrap();
        assert_eq!(url.path(), "/oauth/authorize");
        let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
        let expected = [
            ("response_type", "code"),
            ("client_id", CLIENT_ID),
            ("scope", "openid profile email offline_access"),
            ("code_challenge_method", "S256"),
            ("id_token_add_organizations", "true"),
            ("codex_cli_simplified_flow", "true"),
        ];
        for (name, value) in expected {
            assert_eq!(query[name], value, "{name}");
        }
        let code = format!("ac-{SECRET}-{}", self.state().serial);
        let redirect_uri = query["redirect_uri"].clone();
        let callback = format!("{redirect_uri}?code={code}&state={}&scope=x", query["state"]);
        self.state().codes.insert(code, Code { challenge: query["code_challenge"].clone(), redirect_uri });
        callback
    }
}

impl Issued {
    fn issue(&mut self, life: i64) -> Value {
        self.serial += 1;
        let n = self.serial;
        let now = i64::try_from(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
        let openai = json!({
            "chatgpt_account_id": "acct-1", "chatgpt_plan_type": "plus", "chatgpt_account_is_fedramp": false
        });
        let jwt = |claims: &Value| format!("e30.{}.{SECRET}-{n}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let access = json!({ "iat": now + life.min(0) - 3600, "exp": now + life, "jti": n, "https://api.openai.com/auth": openai });
        let id = json!({ "email": "person@example.org", "https://api.openai.com/auth": openai });
        let refresh = format!("rt-{SECRET}-{n}-{}", "x".repeat(40));
        self.live.insert(refresh.clone());
        json!({ "id_token": jwt(&id), "access_token": jwt(&access), "refresh_token": refresh, "token_type": "Bearer", "expires_in": life })
    }
}

async fn token(State(state): State<Arc<Mutex<Issued>>>, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let kind = headers["content-type"].to_str().unwrap().to_owned();
    state.lock().unwrap().requests.push(("/oauth/token".into(), headers, body.clone()));
    if kind == "application/json" { refresh(&state, &body).await } else { redeem(&state, &kind, &body) }
}

async fn revoke(State(state): State<Arc<Mutex<Issued>>>, headers: HeaderMap, body: Bytes) -> Response {
    assert!(!headers.contains_key("authorization"));
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&body["client_id"], &body["token_type_hint"]), (&json!(CLIENT_ID), &json!("refresh_token")));
    let token = body["token"].as_str().unwrap();
    let mut state = state.lock().unwrap();
    if let Some(canned) = state.revocation.take() {
        return canned.response();
    }
    let was_live = state.live.remove(token);
    state.revoked.push(token.to_owned());
    Canned::json(if was_live { 200 } else { 400 }, &json!({})).response()
}

async fn refresh(state: &Mutex<Issued>, body: &str) -> Response {
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["client_id"], &body["grant_type"]), (&json!(CLIENT_ID), &json!("refresh_token")));
    let token = body["refresh_token"].as_str().unwrap().to_owned();
    let (answer, delay) = {
        let mut state = state.lock().unwrap();
        state.refreshes += 1;
        let answer = if let Some(canned) = state.refresh_script.pop_front() {
            canned
        } else if state.live.remove(&token) {
            state.spent.insert(token);
            state.rotated += 1;
            let life = state.life;
            Canned::json(200, &state.issue(life))
        } else if state.spent.contains(&token) {
            state.reused += 1;
            Canned::json(
                401,
                &json!({ "error": { "code": "refresh_token_reused", "message": format!("used: {token}") } }),
            )
        } else {
            Canned::json(401, &json!({ "error": { "code": "refresh_token_invalidated", "message": token } }))
        };
        if let Some(mut hook) = state.before_answer.take() {
            hook();
        }
        (answer, state.delay)
    };
    tokio::time::sleep(delay).await;
    answer.response()
}

fn redeem(state: &Mutex<Issued>, kind: &str, body: &str) -> Response {
    assert_eq!(kind, "application/x-www-form-urlencoded");
    let mut url = reqwest::Url::parse("http://x/").unwrap();
    url.set_query(Some(body));
    let form: HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!((form["grant_type"].as_str(), form["client_id"].as_str()), ("authorization_code", CLIENT_ID));
    let mut state = state.lock().unwrap();
    let digest = ring::digest::digest(&ring::digest::SHA256, form["code_verifier"].as_bytes());
    let challenge = URL_SAFE_NO_PAD.encode(digest);
    match state.codes.remove(&form["code"]) {
        Some(code) if code.challenge == challenge && code.redirect_uri == form["redirect_uri"] => {
            let life = state.life;
            Canned::json(200, &state.issue(life)).response()
        }
        _ => Canned::json(400, &json!({ "error": "invalid_grant", "error_description": form["code"] })).response(),
    }
}

async fn usercode(State(state): State<Arc<Mutex<Issued>>>, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body, json!({ "client_id": CLIENT_ID }));
    let canned = state.lock().unwrap().usercode.clone();
    let default = json!({ "device_auth_id": format!("da-{SECRET}"), "user_code": "ABCD-1234", "interval": "0", "expires_in": 60 });
    canned.unwrap_or_else(|| Canned::json(200, &default)).response()
}

async fn device_token(State(state): State<Arc<Mutex<Issued>>>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body, json!({ "device_auth_id": format!("da-{SECRET}"), "user_code": "ABCD-1234" }));
    let base = format!("http://{}", headers["host"].to_str().unwrap());
    let mut state = state.lock().unwrap();
    state.polls += 1;
    if let Some(canned) = state.device_script.pop_front() {
        return canned.response();
    }
    let (code, verifier) = (format!("dc-{SECRET}"), format!("dv-{SECRET}-{}", "v".repeat(40)));
    let challenge = URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes()));
    let answer = json!({ "authorization_code": code, "code_verifier": verifier, "code_challenge": challenge });
    state.codes.insert(code, Code { challenge, redirect_uri: format!("{base}/deviceauth/callback") });
    Canned::json(200, &answer).response()
}
