//! The two ways to log in, logging out, and what the status says.

use std::{fs, time::Duration};

use interlingua_auth::{
    BrowserLogin, DeviceLogin, Error, LoggedOut, LoginError, Mode, PasteError, Status, logout, open, status,
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::common::{Canned, FRESH, SECRET, World, client, frame, write_login};

/// A raw GET, as a browser would send it; the whole answer as text.
async fn get(url: &str) -> String {
    let url = reqwest::Url::parse(url).unwrap();
    let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    send(("127.0.0.1", url.port().unwrap()), &format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await
}

async fn send(address: impl tokio::net::ToSocketAddrs, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_login_in_the_browser_ends_in_the_file_and_with_a_page() {
    let world = World::empty();
    let login = BrowserLogin::start(&world.config(), &client()).await.unwrap();
    let callback = world.issuer.authorize(login.url());
    assert!(callback.starts_with(&format!("http://localhost:{}/auth/callback?", login.port())));
    let (page, result) = tokio::join!(get(&callback), login.wait());
    let Status { mode, account_id, email, plan, renewable, .. } = result.unwrap();
    assert_eq!((mode, renewable), (Mode::ChatGpt, true));
    assert_eq!(
        (account_id.as_deref(), email.as_deref(), plan.as_deref()),
        (Some("acct-1"), Some("person@example.org"), Some("plus"))
    );
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Logged in") && !page.contains(SECRET), "{page}");
    let file = world.json();
    assert_eq!(file.as_object().unwrap().len(), 4);
    assert_eq!((&file["auth_mode"], &file["OPENAI_API_KEY"]), (&json!("chatgpt"), &json!(null)));
    assert_eq!(file["tokens"]["account_id"], "acct-1");
    open(&world.config(), &client()).unwrap();
    assert_eq!(world.leftovers(), Vec::<String>::new());
}

#[cfg(unix)]
#[tokio::test]
async fn the_first_login_makes_folder_and_file_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::empty();
    let mut config = world.config();
    config.auth_file = world.home.path().join("new/folder/auth.json");
    let login = BrowserLogin::start(&config, &client()).await.unwrap();
    login.paster().paste(&world.issuer.authorize(login.url())).unwrap();
    login.wait().await.unwrap();
    assert_eq!(fs::metadata(&config.auth_file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_login_keeps_what_else_is_in_the_file() {
    let world = World::logged_in(FRESH);
    let before = fs::read_to_string(world.file()).unwrap();
    let login = BrowserLogin::start(&world.config(), &client()).await.unwrap();
    login.paster().paste(&world.issuer.authorize(login.url())).unwrap();
    login.wait().await.unwrap();
    assert_eq!(frame(&before), frame(&fs::read_to_string(world.file()).unwrap()));
}

#[tokio::test]
async fn the_callback_server_answers_at_both_loopback_addresses() {
    let world = World::empty();
    let login = BrowserLogin::start(&world.config(), &client()).await.unwrap();
    for address in ["127.0.0.1", "::1"] {
        let answer = send((address, login.port()), "GET /favicon.ico HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{address}: {answer}");
    }
}

#[tokio::test]
async fn another_logins_callback_is_refused_and_the_login_goes_on() {
    let world = World::empty();
    let login = BrowserLogin::start(&world.config(), &client()).await.unwrap();
    let callback = world.issuer.authorize(login.url());
    let base = format!("http://localhost:{}/auth/callback", login.port());
    for query in ["code=evil&state=wrong", "error=access_denied&state=wrong", "code=evil&state="] {
        assert!(get(&format!("{base}?{query}")).await.starts_with("HTTP/1.1 400"), "{query}");
        assert_eq!(login.paster().paste(query), Err(PasteError::WrongState), "{query}");
    }
    for query in ["", "code=evil", "?"] {
        assert!(get(&format!("{base}?{query}")).await.starts_with("HTTP/1.1 400"), "{query}");
        assert_eq!(login.paster().paste(query), Err(PasteError::NotACallback), "{query}");
    }
    let state = callback.split("state=").nth(1).unwrap();
    assert_eq!(login.paster().paste(&format!("state={state}")), Err(PasteError::NotACallback));
    let (page, result) = tokio::join!(get(&callback), login.wait());
    result.unwrap();
    assert!(page.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_pasted_address_does_for_a_browser_that_cannot_reach_us() {
    for form in [|url: &str| format!("  {url}\n"), |url: &str| url.split_once('?').unwrap().1.to_owned()] {
        let world = World::empty();
        let login = BrowserLogin::start(&world.config(), &client()).await.unwrap();
        let paster = login.paster();
        let callback = world.issuer.authorize(login.url());
        paster.paste(&form(&callback)).unwrap();
        login.wait().await.unwrap();
        assert_eq!(paster.paste(&callback), Err(PasteError::Ended));
    }
}

#[tokio::test]
async fn a_denied_login_says_so() {
    let world = World::empty();
    let login = BrowserLogin::start(&world.config(), &client()).await.unwrap();
    let callback = world.issuer.authorize(login.url());
    let (base, query) = callback.split_once('?').unwrap();
    let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap();
    let url = format!("{base}?error=access_denied&error_description=x&{state}");
    let (page, result) = tokio::join!(get(&url), login.wait());
    assert!(page.starts_with("HTTP/1.1 403"), "{page}");
    let error = result.unwrap_err();
    assert!(matches!(&error, Error::Login(LoginError::Denied(Some(code))) if code == "access_denied"), "{error}");
    assert!(!world.file().exists());
}

#[tokio::test]
async fn a_login_can_be_cancelled_and_gives_its_port_to_the_next_one() {
    let world = World::empty();
    let first = BrowserLogin::start(&world.config(), &client()).await.unwrap();
    let mut config = world.config();
    config.login.callback_port = first.port();
    let first = tokio::spawn(first.wait());
    let second = BrowserLogin::start(&config, &client()).await.unwrap();
    assert!(matches!(first.await.unwrap(), Err(Error::Login(LoginError::Cancelled))));
    let url = format!("http://localhost:{}/cancel", second.port());
    let (page, result) = tokio::join!(get(&url), second.wait());
    assert!(page.contains("cancelled"), "{page}");
    assert!(matches!(result, Err(Error::Login(LoginError::Cancelled))));
}

#[tokio::test]
async fn a_port_that_stays_taken_is_named() {
    let world = World::empty();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = world.config();
    config.login.callback_port = taken.local_addr().unwrap().port();
    let error = BrowserLogin::start(&config, &client()).await.unwrap_err();
    assert!(error.to_string().contains(&config.login.callback_port.to_string()), "{error}");
    assert!(error.to_string().contains("--device"), "{error}");
}

#[tokio::test]
async fn a_refused_code_leaves_no_login() {
    let world = World::empty();
    let login = BrowserLogin::start(&world.config(), &client()).await.unwrap();
    let callback = world.issuer.authorize(login.url());
    let stolen = callback.replace(&format!("code=ac-{SECRET}"), &format!("code=other-{SECRET}"));
    let (page, result) = tokio::join!(get(&stolen), login.wait());
    assert!(page.starts_with("HTTP/1.1 502") && !page.contains(SECRET), "{page}");
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Login(LoginError::Exchange(_))), "{error}");
    assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
    assert!(!world.file().exists());
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let world = World::empty();
    let mut config = world.config();
    config.login.total = Duration::from_millis(100);
    let login = BrowserLogin::start(&config, &client()).await.unwrap();
    assert!(matches!(login.wait().await, Err(Error::Login(LoginError::Expired))));
}

#[tokio::test]
async fn a_request_that_is_too_long_or_no_get_is_turned_away() {
    let world = World::empty();
    let login = BrowserLogin::start(&world.config(), &client()).await.unwrap();
    let long = format!("GET /auth/callback?code={} HTTP/1.1\r\n\r\n", "x".repeat(64 * 1024));
    let answer = send(("127.0.0.1", login.port()), &long).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    let post = "POST /auth/callback HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    assert!(send(("127.0.0.1", login.port()), post).await.starts_with("HTTP/1.1 405"));
    assert_eq!(login.paster().paste(&"x".repeat(64 * 1024)), Err(PasteError::NotACallback));
}

#[tokio::test]
async fn a_device_login_waits_slows_down_and_ends_in_the_file() {
    let world = World::empty();
    world.issuer.state().device_script.extend([
        Canned::json(403, &json!({ "error": "authorization_pending" })),
        Canned::json(404, &json!({})),
        Canned::json(500, &json!({})),
        Canned::json(400, &json!({ "error": "slow_down" })),
    ]);
    let login = DeviceLogin::start(&world.config(), &client()).await.unwrap();
    assert_eq!(login.user_code(), "ABCD-1234");
    assert_eq!(login.verification_url(), format!("{}/codex/device", world.issuer.url));
    let start = std::time::Instant::now();
    assert_eq!(login.wait().await.unwrap().account_id.as_deref(), Some("acct-1"));
    assert!(start.elapsed() >= world.config().login.slow_down);
    assert_eq!(world.issuer.state().polls, 5);
    open(&world.config(), &client()).unwrap();
}

#[tokio::test]
async fn a_device_login_tells_why_it_failed() {
    for (status, code, end) in [
        (400, "access_denied", "Denied"),
        (403, "access_denied", "Denied"),
        (400, "expired_token", "Expired"),
        (400, "something_else", "Exchange"),
        (200, "no_tokens", "Exchange"),
    ] {
        let world = World::empty();
        world.issuer.state().device_script.push_back(Canned::json(status, &json!({ "error": code })));
        let error = DeviceLogin::start(&world.config(), &client()).await.unwrap().wait().await.unwrap_err();
        assert!(format!("{error:?}").starts_with(&format!("Login({end}")), "{status} {code}: {error:?}");
        assert!(!world.file().exists());
    }
}

#[tokio::test]
async fn a_device_code_that_nobody_types_expires() {
    for lifetime in
        [json!({ "expires_in": 0.1 }), json!({ "expires_at": "2026-01-01T00:00:00Z" }), json!({ "expires_at": 1 })]
    {
        let world = World::empty();
        let mut body = json!({ "device_auth_id": "d", "usercode": "U-1", "interval": 0 });
        body.as_object_mut().unwrap().extend(lifetime.as_object().unwrap().clone());
        world.issuer.state().usercode = Some(Canned::json(200, &body));
        world.issuer.state().device_script.extend(vec![Canned::json(403, &json!({})); 50]);
        let login = DeviceLogin::start(&world.config(), &client()).await.unwrap();
        assert_eq!(login.user_code(), "U-1");
        world.issuer.state().polls = 0;
        assert!(matches!(login.wait().await, Err(Error::Login(LoginError::Expired))), "{lifetime}");
    }
}

#[tokio::test]
async fn a_device_login_that_is_not_offered_names_the_other_way() {
    let world = World::empty();
    world.issuer.state().usercode = Some(Canned::json(404, &json!({})));
    let error = DeviceLogin::start(&world.config(), &client()).await.unwrap_err();
    assert!(matches!(error, Error::Login(LoginError::DeviceNotEnabled)), "{error}");
    assert!(error.to_string().contains("interlingua login"));
}

#[tokio::test]
async fn logging_out_revokes_the_login_and_removes_it_and_nothing_else() {
    let world = World::logged_in(FRESH);
    let token = world.json()["tokens"]["refresh_token"].as_str().unwrap().to_owned();
    assert!(matches!(logout(&world.config(), &client()).await.unwrap(), LoggedOut::Revoked));
    assert_eq!(world.issuer.state().revoked, [token]);
    let file = world.json();
    assert_eq!(file.as_object().unwrap().keys().collect::<Vec<_>>(), ["OTHER_API_KEY", "zeta"]);
    assert_eq!(status(&world.config()).unwrap(), None);
    assert!(matches!(logout(&world.config(), &client()).await.unwrap(), LoggedOut::NoLogin));

    let bare = World::empty();
    fs::write(bare.file(), r#"{"auth_mode":"apikey","OPENAI_API_KEY":"sk-1"}"#).unwrap();
    assert_eq!(status(&bare.config()).unwrap().unwrap().mode, Mode::ApiKey);
    assert!(matches!(logout(&bare.config(), &client()).await.unwrap(), LoggedOut::Removed));
    assert!(!bare.file().exists());
    assert!(matches!(logout(&bare.config(), &client()).await.unwrap(), LoggedOut::NoLogin));
    assert_eq!(bare.issuer.state().revoked, Vec::<String>::new());
}

#[tokio::test]
async fn a_login_that_cannot_be_revoked_is_removed_and_that_is_said() {
    let world = World::logged_in(FRESH);
    let words = json!({ "error": { "code": "server_error", "message": format!("no: {SECRET}") } });
    world.issuer.state().revocation = Some(Canned::json(503, &words));
    let LoggedOut::NotRevoked(error) = logout(&world.config(), &client()).await.unwrap() else { panic!("revoked") };
    let message = error.to_string();
    assert!(message.contains("revoking the ChatGPT login failed") && message.contains("503"), "{message}");
    assert!(!message.contains(SECRET), "{message}");
    assert_eq!(status(&world.config()).unwrap(), None);

    let elsewhere = World::logged_in(FRESH);
    let mut config = elsewhere.config();
    config.revoke_url = Some(format!("{}/oauth/revoke", world.issuer.url).parse().unwrap());
    assert!(matches!(logout(&config, &client()).await.unwrap(), LoggedOut::Revoked));
    assert_eq!((world.issuer.state().revoked.len(), elsewhere.issuer.state().revoked.len()), (1, 0));
}

#[tokio::test]
async fn the_status_tells_everything_but_the_secrets() {
    let world = World::empty();
    write_login(&world.file(), &world.issuer.login(FRESH));
    let status = status(&world.config()).unwrap().unwrap();
    assert_eq!(status.email.as_deref(), Some("person@example.org"));
    assert_eq!(status.plan.as_deref(), Some("plus"));
    let left = status.expires.unwrap().duration_since(std::time::SystemTime::now()).unwrap();
    assert!((3500..=3600).contains(&left.as_secs()), "{left:?}");
    let due = status.due.unwrap().duration_since(std::time::SystemTime::now()).unwrap();
    assert!((3100..=3240).contains(&due.as_secs()), "six minutes before the end: {due:?}");
    assert_eq!(status.beside, None);
    assert_eq!(humantime::format_rfc3339(status.last_refresh.unwrap()).to_string(), "2026-01-01T00:00:00Z");
    assert!(!format!("{status:?}").contains(SECRET));
}
