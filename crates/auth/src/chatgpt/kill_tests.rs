//! A process killed at every step of a refresh: the file parses, and there is a login that works.

#[path = "../../tests/common/issuer.rs"]
#[expect(dead_code, reason = "these tests use a part of it")]
mod issuer;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{ChatGpt, Stored, open};
use crate::{
    BrowserLogin, Config, Credentials, Error, HttpClient, HttpSettings, Proxy,
    fault::{Point, STOP_AT},
};
use issuer::Issuer;

const FILE: &str = "INTERLINGUA_AUTH_TEST_FILE";
const ISSUER: &str = "INTERLINGUA_AUTH_TEST_ISSUER";

fn config(file: &Path, issuer: &str) -> Config {
    let mut config = Config::new(file).unwrap();
    config.issuer = issuer.parse().unwrap();
    config.refresh.settle = std::time::Duration::from_millis(100);
    config.refresh.young = std::time::Duration::ZERO;
    config.login.callback_port = 0;
    config
}

fn client() -> HttpClient {
    HttpSettings { proxy: Proxy::Direct, ..HttpSettings::default() }.client().unwrap()
}

fn chatgpt(config: &Config) -> ChatGpt {
    match open(config, &client()).unwrap() {
        Stored::ChatGpt(login) => login,
        Stored::ApiKey(_) => panic!("an API key"),
    }
}

fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

struct Scene {
    issuer: Issuer,
    home: tempfile::TempDir,
    file: PathBuf,
    before: Value,
}

/// A login that is about to expire, and a process killed at `point` of its refresh.
fn killed_at(point: Point) -> Scene {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("auth.json");
    let issuer = Issuer::start();
    let mut tokens = issuer.login(60);
    tokens["kept"] = json!("inside");
    let before = json!({ "kept": [1, 2], "auth_mode": "chatgpt", "tokens": tokens });
    fs::write(&file, before.to_string()).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "chatgpt::kill_tests::child", "--ignored", "--nocapture"])
        .env(STOP_AT, format!("{point:?}"))
        .env(FILE, &file)
        .env(ISSUER, &issuer.url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stopped = BufReader::new(child.stdout.take().unwrap()).lines().any(|line| line.unwrap().ends_with("stopped"));
    assert!(stopped, "{point:?} was never reached");
    child.kill().unwrap();
    child.wait().unwrap();
    Scene { issuer, home, file, before }
}

#[test]
#[ignore = "the child of another test"]
fn child() {
    let config = config(Path::new(&std::env::var(FILE).unwrap()), &std::env::var(ISSUER).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { chatgpt(&config).access().await.map(|_| ()) }).unwrap();
}

#[tokio::test]
async fn a_process_killed_at_any_step_leaves_a_file_that_parses_and_a_login_that_works() {
    for point in Point::ALL {
        let Scene { issuer, home, file, before } = killed_at(point);
        let left = read(&file);
        assert_eq!((&left["kept"], &left["tokens"]["kept"]), (&before["kept"], &json!("inside")), "{point:?}");
        let config = config(&file, &issuer.url);
        let login = chatgpt(&config);
        login.access().await.unwrap_or_else(|error| panic!("{point:?}: {error}"));
        if point == Point::Answered {
            continue;
        }
        // Its refresh token was saved or not spent: a further refresh works as well.
        let generation = login.access().await.unwrap().generation();
        let access = login.on_unauthorized(generation).await.unwrap().unwrap();
        assert_eq!(read(&file)["tokens"]["access_token"], access.bearer().expose_secret(), "{point:?}");
        assert_eq!(issuer.counts().1, 0, "{point:?}");
        let mut names: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        let locks = ["auth.json.interlingua-lock", "auth.json.lock", "auth.lock"];
        assert_eq!(names, [&["auth.json"], &locks[..]].concat(), "{point:?}");
    }
}

/// Between the issuer's answer and the first byte on the disk nothing can help: the new token died with the process. The
/// old access token is used for the minutes it lasts, and then the person is asked to log in.
#[tokio::test]
async fn an_answer_that_died_with_its_process_is_told_when_the_old_token_ends() {
    let Scene { issuer, home: _home, file, before } = killed_at(Point::Answered);
    let mut config = config(&file, &issuer.url);
    let login = chatgpt(&config);
    let access = login.access().await.unwrap();
    assert_eq!(access.bearer().expose_secret(), before["tokens"]["access_token"].as_str().unwrap());
    assert!(login.warning().unwrap().to_string().contains("interlingua login"));
    assert!(matches!(login.on_unauthorized(access.generation()).await, Err(Error::ReauthRequired(_))));
    assert_eq!(read(&file), before);

    config.refresh.margin = std::time::Duration::ZERO;
    let browser = BrowserLogin::start(&config, &client()).await.unwrap();
    browser.paster().paste(&issuer.authorize(browser.url())).unwrap();
    browser.wait().await.unwrap();
    // The process that was told to log in goes on with the new login.
    let renewed = login.on_unauthorized(access.generation()).await.unwrap().unwrap();
    assert_eq!(read(&file)["tokens"]["access_token"], renewed.bearer().expose_secret());
    assert_eq!(read(&file)["tokens"]["kept"], "inside");
}
