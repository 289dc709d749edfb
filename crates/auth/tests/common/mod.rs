//! What the tests share: a fake issuer, a home folder with a login in it, and configurations with short waits.
#![allow(dead_code, unused_imports, clippy::allow_attributes, reason = "each test file uses a part of it")]

pub(crate) mod issuer;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use interlingua_auth::{ChatGpt, Config, HttpClient, HttpSettings, Proxy, Stored, open};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) use issuer::{Canned, Issuer, SECRET};

/// Seconds of life: long over, about to end, and long enough.
pub(crate) const EXPIRED: i64 = -10;
pub(crate) const DUE: i64 = 60;
pub(crate) const FRESH: i64 = 3600;

/// An issuer and a `CODEX_HOME`.
pub(crate) struct World {
    pub(crate) issuer: Issuer,
    pub(crate) home: TempDir,
}

impl World {
    /// A login whose access token ends `life` seconds from now, in a file with keys we do not know.
    pub(crate) fn logged_in(life: i64) -> Self {
        let world = Self::empty();
        let mut tokens = world.issuer.login(life);
        let tokens = tokens.as_object_mut().unwrap();
        tokens.retain(|key, _| key.ends_with("_token") || key == "id_token");
        write_login(&world.file(), &Value::Object(tokens.clone()));
        world
    }

    pub(crate) fn empty() -> Self {
        Self { issuer: Issuer::start(), home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.home.path().join("auth.json")
    }

    pub(crate) fn config(&self) -> Config {
        config(&self.file(), &self.issuer.url)
    }

    pub(crate) fn open(&self) -> ChatGpt {
        chatgpt(&self.config())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&fs::read(self.file()).unwrap()).unwrap()
    }

    /// The names in the home folder besides `auth.json` and the locks.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let names =
            fs::read_dir(self.home.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let known = ["auth.json", "auth.json.interlingua-lock", "auth.json.lock", "auth.lock"];
        names.filter(|name| !known.contains(&name.as_str())).collect()
    }
}

pub(crate) fn config(file: &Path, issuer: &str) -> Config {
    let mut config = Config::new(file).unwrap();
    config.issuer = issuer.parse().unwrap();
    config.refresh.backoff = Duration::from_millis(10);
    config.refresh.settle = Duration::from_millis(200);
    config.refresh.pause = Duration::from_millis(300);
    config.login.callback_port = 0;
    config.login.poll_interval = Duration::from_millis(20);
    config.login.poll_floor = Duration::from_millis(20);
    config.login.slow_down = Duration::from_millis(300);
    config
}

pub(crate) fn client() -> HttpClient {
    HttpSettings { proxy: Proxy::Direct, ..HttpSettings::default() }.client().unwrap()
}

pub(crate) fn chatgpt(config: &Config) -> ChatGpt {
    match open(config, &client()).unwrap() {
        Stored::ChatGpt(login) => login,
        Stored::ApiKey(_) => panic!("an API key"),
    }
}

/// A file as the Codex CLI writes it, and a few keys from elsewhere, in an order that sorting would change.
pub(crate) fn write_login(path: &Path, tokens: &Value) {
    let text = |name: &str| serde_json::to_string(&tokens[name]).unwrap();
    let (id, access, refresh) = (text("id_token"), text("access_token"), text("refresh_token"));
    let file = format!(
        r#"{{
  "zeta": {{"b": 1.50,   "a": 123456789012345678901234567890}},
  "auth_mode": "chatgpt",
  "OPENAI_API_KEY": null,
  "tokens": {{
    "zone": "eu",
    "id_token": {id},
    "access_token": {access},
    "refresh_token": {refresh},
    "account_id": "acct-1",
    "extra": [1,  2]
  }},
  "last_refresh": "2026-01-01T00:00:00.000000Z",
  "OTHER_API_KEY": "other-{SECRET}"
}}"#
    );
    fs::write(path, file).unwrap();
}

/// `text` in which the values that a refresh changes are replaced by dots.
pub(crate) fn frame(text: &str) -> String {
    let changes = ["\"id_token\"", "\"access_token\"", "\"refresh_token\"", "\"last_refresh\""];
    let line = |line: &str| match changes.iter().find(|key| line.trim_start().starts_with(**key)) {
        Some(key) => format!("{key}: ..."),
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A body with an error code in each of the shapes the issuer uses.
pub(crate) fn shapes(code: &str) -> Vec<Value> {
    vec![
        json!({ "error": { "code": code, "message": "m" } }),
        json!({ "error": code, "error_description": "d" }),
        json!({ "error_code": code }),
        json!({ "code": code, "message": "m" }),
    ]
}
