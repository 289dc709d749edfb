//! No part of a token, code or key in anything that can be shown, and none in any log. One test, alone in its process,
//! since the log is the process's.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test's helpers fail by panicking too"
)]

mod common;

use std::{
    fmt::Debug,
    fs,
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use common::{Canned, EXPIRED, FRESH, SECRET, World, chatgpt, client, shapes, write_login};
use interlingua_auth::{
    ApiKey, Bearer, BrowserLogin, Credentials, DeviceLogin, Error, Generation, HttpSettings, Proxy, open, status,
};
use serde_json::{Value, json};

#[derive(Clone, Default)]
struct Heap(Arc<Mutex<Vec<u8>>>);

impl Heap {
    fn debug(&self, value: &impl Debug) {
        writeln!(self.0.lock().unwrap(), "{value:?} {value:#?}").unwrap();
    }

    fn error(&self, error: &impl std::error::Error) {
        self.debug(error);
        writeln!(self.0.lock().unwrap(), "{error}").unwrap();
        let mut source = error.source();
        while let Some(error) = source {
            writeln!(self.0.lock().unwrap(), "{error} {error:?}").unwrap();
            source = error.source();
        }
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Heap {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_is_shown_anywhere() {
    let (shown, log) = (Heap::default(), Heap::default());
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();

    keys(&shown).await;
    let mut tokens = refreshes(&shown).await;
    tokens.extend(logins(&shown).await);
    files(&shown);

    let (shown, log) = (shown.text(), log.text());
    assert!(log.contains("starting new connection"), "the log was not captured:\n{log}");
    assert!(shown.contains("interlingua login"));
    for needle in tokens.iter().map(String::as_str).chain([SECRET]) {
        assert!(!shown.contains(needle), "{needle} in\n{shown}");
        assert!(!log.contains(needle), "{needle} in\n{log}");
    }
}

async fn keys(shown: &Heap) {
    let secret = format!("sk-{SECRET}");
    let key = ApiKey::new(secret.clone()).unwrap();
    shown.debug(&key);
    shown.debug(&key.access().await.unwrap());
    shown.debug(&Bearer::new(secret.clone()).unwrap());
    shown.error(&ApiKey::new(format!("{secret}\nx")).unwrap_err());
    let proxy = Proxy::Url(format!("http://user:{SECRET}@127.0.0.1:9").into());
    let settings = HttpSettings { proxy, ..HttpSettings::default() };
    shown.debug(&settings);
    shown.debug(&settings.client().unwrap());
    let proxy = Proxy::Url(format!("::{SECRET}").into());
    shown.error(&HttpSettings { proxy, ..HttpSettings::default() }.client().unwrap_err());
}

async fn refreshes(shown: &Heap) -> Vec<String> {
    let mut needles = Vec::new();
    let mut answers: Vec<Canned> = shapes("invalid_grant").iter().map(|body| Canned::json(400, body)).collect();
    answers.extend([Canned::html(403), Canned::json(500, &json!({})), Canned::json(200, &json!({}))]);
    for echo in [SECRET.to_owned(), format!("rt-{SECRET}-1-{}", "x".repeat(40))] {
        answers.extend(shapes(&echo).iter().map(|body| Canned::json(400, body)));
        answers.push(Canned::json(401, &json!({ "error": { "code": "refresh_token_reused", "message": echo } })));
        answers.push(Canned::json(400, &json!({})).header("x-request-id", format!("{echo} {echo}")));
    }
    for answer in answers {
        let world = World::logged_in(EXPIRED);
        needles.extend(pieces(&world.json()["tokens"]));
        world.issuer.state().refresh_script.push_back(answer.clone());
        let mut config = world.config();
        config.refresh.attempts = 1;
        config.refresh.settle = Duration::ZERO;
        let login = chatgpt(&config);
        let error = login.access().await.unwrap_err();
        shown.error(&error);
        shown.debug(&login);
        shown.error(&login.warning().unwrap());
        shown.debug(&config);
    }
    let world = World::logged_in(EXPIRED);
    needles.extend(pieces(&world.json()["tokens"]));
    let login = world.open();
    let access = login.access().await.unwrap();
    needles.extend(pieces(&world.json()["tokens"]));
    shown.debug(&access);
    shown.debug(&login);
    shown.debug(&open(&world.config(), &client()).unwrap());
    shown.debug(&status(&world.config()).unwrap());
    shown.debug(&login.on_unauthorized(Generation::default()).await.unwrap());
    needles
}

async fn logins(shown: &Heap) -> Vec<String> {
    let world = World::empty();
    let login = BrowserLogin::start(&world.config(), &client()).await.unwrap();
    shown.debug(&login);
    let (paster, callback) = (login.paster(), world.issuer.authorize(login.url()));
    shown.debug(&paster);
    shown.error(&paster.paste(&callback.replace("state=", "state=x")).unwrap_err());
    paster.paste(&callback.replace("code=", "code=x")).unwrap();
    shown.error(&login.wait().await.unwrap_err());
    world.issuer.state().device_script.push_back(Canned::json(403, &json!({ "device": format!("da-{SECRET}") })));
    let login = DeviceLogin::start(&world.config(), &client()).await.unwrap();
    shown.debug(&login);
    shown.debug(&login.wait().await.unwrap());
    world.issuer.state().device_script.push_back(Canned::json(400, &json!({ "error": format!("da-{SECRET}") })));
    let login = DeviceLogin::start(&world.config(), &client()).await.unwrap();
    shown.error(&login.wait().await.unwrap_err());
    let needles = pieces(&world.json()["tokens"]);
    write_login(&world.file(), &world.issuer.login(FRESH));
    needles
}

fn files(shown: &Heap) {
    let world = World::empty();
    for content in [
        SECRET.to_owned(),
        format!("{{\"{SECRET}\":1,\"{SECRET}\":2}}"),
        format!("{{\"tokens\":\"{SECRET}\"}}"),
        format!("{{\"tokens\":{{\"access_token\":[\"{SECRET}\"]}}}}"),
        format!("{{\"tokens\":{{\"access_token\":\"{SECRET}\\n\"}}}}"),
        format!("{{\"auth_mode\":\"{SECRET}\",\"tokens\":{{}}}}"),
    ] {
        fs::write(world.file(), &content).unwrap();
        let error: Error = open(&world.config(), &client()).unwrap_err();
        shown.error(&error);
    }
}

/// Parts of tokens that would betray them: of a JWT its payload, of anything else its end.
fn pieces(tokens: &Value) -> Vec<String> {
    let all = tokens.as_object().unwrap().iter().filter(|(key, _)| key.ends_with("token"));
    all.map(|(_, token)| {
        let token = token.as_str().unwrap();
        let piece = token.split('.').nth(1).unwrap_or(token);
        piece[piece.len().saturating_sub(24)..].to_owned()
    })
    .collect()
}
