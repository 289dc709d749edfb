//! Refreshing: who does it, when, and what is in the file afterwards.

use std::{fs, time::Duration};

use interlingua_auth::{BrowserLogin, Credentials, Error, Reason, Stored, logout, open};
use secrecy::ExposeSecret;

use crate::common::{Canned, DUE, EXPIRED, FRESH, World, client, frame};

#[tokio::test]
async fn a_hundred_callers_on_an_expired_token_cause_one_refresh() {
    let world = World::logged_in(EXPIRED);
    world.issuer.state().delay = Duration::from_millis(100);
    let login = world.open();
    let callers: Vec<_> = (0..100)
        .map(|_| {
            tokio::spawn({
                let login = login.clone();
                async move { login.access().await }
            })
        })
        .collect();
    let mut bearers = Vec::new();
    for caller in callers {
        bearers.push(caller.await.unwrap().unwrap().bearer().expose_secret().to_owned());
    }
    bearers.dedup();
    assert_eq!(bearers, [world.json()["tokens"]["access_token"].as_str().unwrap()]);
    assert_eq!(world.issuer.counts(), (1, 0));
}

#[tokio::test]
async fn a_hundred_callers_with_a_401_cause_one_refresh() {
    let world = World::logged_in(FRESH);
    let login = world.open();
    let refused = login.access().await.unwrap().generation();
    let callers: Vec<_> = (0..100)
        .map(|_| {
            tokio::spawn({
                let login = login.clone();
                async move { login.on_unauthorized(refused).await }
            })
        })
        .collect();
    for caller in callers {
        assert!(caller.await.unwrap().unwrap().unwrap().generation() > refused);
    }
    assert_eq!(world.issuer.state().refreshes, 1);
}

#[tokio::test]
async fn a_hundred_callers_share_one_failure() {
    let world = World::logged_in(EXPIRED);
    world.issuer.state().delay = Duration::from_millis(100);
    world.issuer.state().refresh_script.extend(vec![Canned::html(403); 100]);
    let login = world.open();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let login = login.clone();
        callers.spawn(async move { login.access().await });
    }
    for result in callers.join_all().await {
        assert!(matches!(result, Err(Error::Issuer(_))));
    }
    assert_eq!(world.issuer.counts(), (1, 0));
}

#[tokio::test]
async fn a_401_of_an_older_token_is_answered_with_the_current_one() {
    let world = World::logged_in(EXPIRED);
    let login = world.open();
    let current = login.access().await.unwrap();
    let again = login.on_unauthorized(interlingua_auth::Generation::default()).await.unwrap().unwrap();
    assert_eq!(again.generation(), current.generation());
    assert_eq!(world.issuer.state().refreshes, 1);
}

#[tokio::test]
async fn a_token_refused_right_after_its_refresh_is_not_refreshed_again() {
    let world = World::logged_in(EXPIRED);
    let login = world.open();
    let access = login.access().await.unwrap();
    let error = login.on_unauthorized(access.generation()).await.unwrap_err();
    assert!(matches!(&error, Error::ReauthRequired(refusal) if refusal.reason == Reason::FreshTokenRefused), "{error}");
    assert_eq!(world.issuer.state().refreshes, 1);
}

#[tokio::test]
async fn a_fresh_token_is_used_without_asking_anybody() {
    let world = World::logged_in(FRESH);
    let before = fs::read(world.file()).unwrap();
    let access = world.open().access().await.unwrap();
    let mut headers = http::HeaderMap::new();
    access.apply(&mut headers);
    assert_eq!(headers["chatgpt-account-id"], "acct-1");
    assert_eq!(
        headers["authorization"],
        format!("Bearer {}", world.json()["tokens"]["access_token"].as_str().unwrap())
    );
    assert_eq!(world.issuer.state().requests.len(), 0);
    assert_eq!(fs::read(world.file()).unwrap(), before);
}

#[tokio::test]
async fn a_refresh_changes_the_tokens_and_the_time_and_nothing_else() {
    let world = World::logged_in(DUE);
    let before = fs::read_to_string(world.file()).unwrap();
    world.open().access().await.unwrap();
    let after = fs::read_to_string(world.file()).unwrap();
    assert_ne!(before, after);
    assert_eq!(frame(&before), frame(&after));
    assert_eq!(world.leftovers(), Vec::<String>::new());
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_written_where_the_symlink_points_and_only_its_owner_may_read_it() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let world = World::logged_in(EXPIRED);
    let (real, link) = (tempfile::tempdir().unwrap(), world.file());
    let target = real.path().join("real.json");
    fs::rename(&link, &target).unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
    symlink(&target, &link).unwrap();
    let before = fs::read(&target).unwrap();
    world.open().access().await.unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_ne!(fs::read(&target).unwrap(), before);
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_and_never_replaced() {
    let world = World::empty();
    let broken = ["", "{", "[]", "null", r#"{"a":1,"a":2}"#, "\u{feff}{}"].map(|text| text.as_bytes().to_vec());
    for content in broken.into_iter().chain([vec![0xff, b'{', b'}'], vec![b' '; 2 * 1024 * 1024]]) {
        fs::write(world.file(), &content).unwrap();
        assert!(matches!(open(&world.config(), &client()), Err(Error::File(_))), "{content:?}");
        assert!(matches!(BrowserLogin::start(&world.config(), &client()).await, Err(Error::File(_))), "{content:?}");
        assert!(matches!(logout(&world.config(), &client()).await, Err(Error::File(_))), "{content:?}");
        assert_eq!(fs::read(world.file()).unwrap(), content);
    }
}

#[tokio::test]
async fn what_is_no_login_is_not_guessed_at() {
    let world = World::empty();
    for content in [
        r#"{"tokens":7}"#,
        r#"{"tokens":{}}"#,
        r#"{"tokens":{"access_token":["x"]}}"#,
        r#"{"auth_mode":"telepathy","tokens":{"access_token":"x"}}"#,
    ] {
        fs::write(world.file(), content).unwrap();
        assert!(matches!(open(&world.config(), &client()), Err(Error::File(_))), "{content}");
        assert_eq!(fs::read_to_string(world.file()).unwrap(), content);
    }
}

#[tokio::test]
async fn a_file_that_breaks_while_we_run_is_left_alone() {
    let world = World::logged_in(EXPIRED);
    let login = world.open();
    fs::write(world.file(), "{ half").unwrap();
    assert!(matches!(login.access().await, Err(Error::File(_))));
    assert_eq!(fs::read_to_string(world.file()).unwrap(), "{ half");
    assert_eq!(world.issuer.state().refreshes, 0);
}

#[tokio::test]
async fn an_api_key_in_the_file_is_an_api_key() {
    let world = World::empty();
    for content in [r#"{"auth_mode":"apikey","OPENAI_API_KEY":"sk-1","tokens":null}"#, r#"{"OPENAI_API_KEY":"sk-1"}"#] {
        fs::write(world.file(), content).unwrap();
        let Stored::ApiKey(key) = open(&world.config(), &client()).unwrap() else { panic!("{content}") };
        assert_eq!(key.access().await.unwrap().authorization(), "Bearer sk-1");
    }
    for content in ["{}", r#"{"auth_mode":"apikey","OPENAI_API_KEY":null}"#, r#"{"auth_mode":"chatgpt"}"#] {
        fs::write(world.file(), content).unwrap();
        assert!(matches!(open(&world.config(), &client()), Err(Error::NotLoggedIn { .. })), "{content}");
    }
}
