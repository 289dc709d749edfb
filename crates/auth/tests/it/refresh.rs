//! Refreshing: who does it, when, and what is in the file afterwards.

// Long because: one page holds every way a refresh can go, in order.

use std::{fs, time::Duration};

use interlingua_auth::{BrowserLogin, Credentials, Error, Reason, Stored, Warning, logout, open};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::common::{Canned, DUE, EXPIRED, FRESH, Issuer, World, chatgpt, client, config, frame, shapes, write_login};

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

#[tokio::test]
async fn every_permanent_refusal_in_every_shape_asks_for_a_login_and_leaves_the_file_as_it_is() {
    let codes = "refresh_token_expired refresh_token_reused refresh_token_invalidated invalid_grant token_invalidated \
                 token_expired app_session_terminated account_session_expired account_auth_invalidated \
                 account_deactivated account_suspended account_deleted";
    for code in codes.split_whitespace() {
        for (n, body) in shapes(code).into_iter().enumerate() {
            let world = World::logged_in(EXPIRED);
            let before = fs::read(world.file()).unwrap();
            let status = [400, 401, 403][n % 3];
            world.issuer.state().refresh_script.push_back(Canned::json(status, &body).header("x-request-id", "req-7"));
            let mut config = world.config();
            config.refresh.settle = Duration::ZERO;
            let login = chatgpt(&config);
            let error = login.access().await.unwrap_err();
            assert!(
                matches!(&error, Error::ReauthRequired(refusal) if Some(refusal.reason) == Reason::from_code(code)),
                "{code} {body}: {error}"
            );
            assert!(error.to_string().contains("interlingua login"), "{error}");
            assert!(error.to_string().contains("req-7"), "{error}");
            // The same refresh token is not sent again.
            assert!(login.access().await.unwrap_err().needs_login());
            assert_eq!(world.issuer.state().refreshes, 1);
            assert_eq!(fs::read(world.file()).unwrap(), before);
            assert_eq!(world.leftovers(), Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn a_refused_login_works_again_as_soon_as_somebody_logs_in() {
    let world = World::logged_in(EXPIRED);
    world.issuer.state().refresh_script.push_back(Canned::json(401, &json!({ "error": "invalid_grant" })));
    let login = world.open();
    login.access().await.unwrap_err();
    write_login(&world.file(), &world.issuer.login(FRESH));
    let access = login.access().await.unwrap();
    assert_eq!(access.bearer().expose_secret(), world.json()["tokens"]["access_token"].as_str().unwrap());
    assert!(login.warning().is_none());
}

#[tokio::test]
async fn after_reused_the_newer_token_of_a_program_without_our_lock_is_adopted() {
    let world = World::logged_in(EXPIRED);
    let newer = world.issuer.login(FRESH);
    let file = world.file();
    let tokens = newer.clone();
    {
        let mut state = world.issuer.state();
        state.refresh_script.push_back(Canned::json(401, &json!({ "error": { "code": "refresh_token_reused" } })));
        // The other program has its answer, and writes it a little later.
        state.before_answer = Some(Box::new(move || {
            let (file, tokens) = (file.clone(), tokens.clone());
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(80));
                write_login(&file, &tokens);
            });
        }));
    }
    let mut config = world.config();
    config.refresh.settle = Duration::from_secs(2);
    let access = chatgpt(&config).access().await.unwrap();
    assert_eq!(access.bearer().expose_secret(), newer["access_token"].as_str().unwrap());
    assert_eq!(world.issuer.state().refreshes, 1);
}

#[tokio::test]
async fn a_token_that_another_process_renewed_is_taken_from_the_file() {
    let world = World::logged_in(EXPIRED);
    let login = world.open();
    let newer = world.issuer.login(FRESH);
    write_login(&world.file(), &newer);
    assert_eq!(login.access().await.unwrap().bearer().expose_secret(), newer["access_token"].as_str().unwrap());
    assert_eq!(world.issuer.state().refreshes, 0);
}

#[tokio::test]
async fn what_passes_is_waited_out() {
    let world = World::logged_in(EXPIRED);
    world.issuer.state().refresh_script.extend([
        Canned::json(503, &json!({ "error": { "code": "server_is_overloaded" } })),
        Canned::json(429, &json!({})).header("retry-after", "0"),
    ]);
    world.open().access().await.unwrap();
    assert_eq!(world.issuer.state().refreshes, 3);
}

#[tokio::test]
async fn what_does_not_pass_is_told_once_and_not_tried_by_every_caller() {
    let page = Canned::html(403);
    let world = World::logged_in(EXPIRED);
    let before = fs::read(world.file()).unwrap();
    world.issuer.state().refresh_script.push_back(page);
    let login = world.open();
    for _ in 0..5 {
        let error = login.access().await.unwrap_err();
        assert!(matches!(&error, Error::Issuer(error) if error.status == Some(403)), "{error}");
        assert!(error.to_string().contains("8f00ba4-FRA") && !error.to_string().contains("<html"), "{error}");
    }
    assert_eq!(world.issuer.state().refreshes, 1);
    assert_eq!(fs::read(world.file()).unwrap(), before);
    tokio::time::sleep(Duration::from_millis(400)).await;
    login.access().await.unwrap();
}

#[tokio::test]
async fn a_token_that_still_lasts_is_used_when_the_refresh_fails() {
    for canned in
        [Canned::html(403), Canned::json(401, &json!({ "code": "account_suspended" })), Canned::json(200, &json!({}))]
    {
        let world = World::logged_in(DUE);
        world.issuer.state().refresh_script.push_back(canned);
        let login = world.open();
        let access = login.access().await.unwrap();
        assert_eq!(access.bearer().expose_secret(), world.json()["tokens"]["access_token"].as_str().unwrap());
        assert!(matches!(login.warning(), Some(Warning::NotRefreshed(_))));
        login.access().await.unwrap();
        assert_eq!(world.issuer.state().refreshes, 1);
    }
}

#[tokio::test]
async fn nobody_at_the_issuer_is_a_passing_failure() {
    let world = World::logged_in(EXPIRED);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let login = chatgpt(&config(&world.file(), &format!("http://{nobody}")));
    let error = login.access().await.unwrap_err();
    assert!(matches!(&error, Error::Issuer(error) if error.status.is_none()), "{error}");
    assert!(error.to_string().contains("could not be reached"), "{error}");
}

#[tokio::test]
async fn an_issuer_that_never_answers_is_given_up() {
    let world = World::logged_in(EXPIRED);
    world.issuer.state().delay = Duration::from_secs(30);
    let mut config = world.config();
    config.refresh.request = Duration::from_millis(200);
    let error = chatgpt(&config).access().await.unwrap_err();
    assert!(error.to_string().contains("did not answer within"), "{error}");
    assert_eq!(world.issuer.state().refreshes, 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (world, thief) = (World::logged_in(EXPIRED), Issuer::start());
    let canned = Canned::json(307, &json!({})).header("location", format!("{}/oauth/token", thief.url));
    world.issuer.state().refresh_script.push_back(canned);
    assert!(matches!(world.open().access().await, Err(Error::Issuer(error)) if error.status == Some(307)));
    assert_eq!(thief.state().requests.len(), 0);
}

#[tokio::test]
async fn a_caller_that_goes_away_loses_no_token() {
    let world = World::logged_in(EXPIRED);
    world.issuer.state().delay = Duration::from_millis(150);
    let login = world.open();
    let gone = tokio::time::timeout(Duration::from_millis(50), login.access()).await;
    assert!(gone.is_err());
    login.settled().await.unwrap();
    assert_ne!(world.json()["last_refresh"], "2026-01-01T00:00:00.000000Z");
    login.access().await.unwrap();
    assert_eq!(world.issuer.counts(), (1, 0));
}

#[tokio::test]
async fn a_lock_that_is_held_is_waited_for_and_not_forever() {
    let world = World::logged_in(EXPIRED);
    let lock = fs::File::create(world.home.path().join("auth.json.interlingua-lock")).unwrap();
    lock.lock().unwrap();
    let mut config = world.config();
    config.refresh.lock = Duration::from_millis(200);
    assert!(matches!(chatgpt(&config).access().await, Err(Error::Locked { .. })));
    assert_eq!(world.issuer.state().refreshes, 0);
    let login = world.open();
    let waiting = tokio::spawn(async move { login.access().await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(lock);
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_folder_that_vanishes_costs_no_login() {
    let world = World::logged_in(EXPIRED);
    let home = world.home.path().to_owned();
    let aside = home.with_extension("aside");
    {
        let (home, aside) = (home.clone(), aside.clone());
        world.issuer.state().before_answer = Some(Box::new(move || fs::rename(&home, &aside).unwrap()));
    }
    let mut config = world.config();
    config.refresh.save_again = Duration::from_millis(50);
    let login = chatgpt(&config);
    let access = login.access().await.unwrap();
    let warning = login.warning().unwrap();
    assert!(matches!(warning, Warning::NotSaved { .. }), "{warning}");
    assert!(warning.to_string().contains("kept in memory"), "{warning}");
    // The folder is back: the login is saved without another refresh.
    fs::rename(&aside, &home).unwrap();
    tokio::time::sleep(Duration::from_millis(80)).await;
    login.access().await.unwrap();
    login.settled().await.unwrap();
    assert_eq!(world.json()["tokens"]["access_token"], access.bearer().expose_secret());
    assert!(login.warning().is_none());
    assert_eq!(world.issuer.state().refreshes, 1);
}

/// A file that is a mount point of its own cannot be replaced by renaming; neither can a folder of its name.
#[tokio::test]
async fn a_login_that_could_not_be_put_in_its_place_is_found_beside_it() {
    let world = World::logged_in(EXPIRED);
    let (file, aside) = (world.file(), world.home.path().join("aside"));
    {
        let (file, aside) = (file.clone(), aside.clone());
        world.issuer.state().before_answer = Some(Box::new(move || {
            fs::rename(&file, &aside).unwrap();
            fs::create_dir(&file).unwrap();
        }));
    }
    let login = world.open();
    let access = login.access().await.unwrap();
    assert!(matches!(login.warning(), Some(Warning::NotSaved { .. })));
    assert!(login.settled().await.is_err());
    drop(login);
    fs::remove_dir(&file).unwrap();
    fs::rename(aside, &file).unwrap();
    let status = interlingua_auth::status(&world.config()).unwrap().unwrap();
    let beside = status.beside.unwrap();
    assert!(beside.starts_with(world.home.path()), "{}", beside.display());
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&fs::metadata(&beside).unwrap()) & 0o777, 0o600);
    // Another process knows nothing of what happened.
    let next = world.open().access().await.unwrap();
    assert_eq!(next.bearer().expose_secret(), access.bearer().expose_secret());
    assert_eq!(world.json()["tokens"]["access_token"], access.bearer().expose_secret());
    assert_eq!((world.issuer.counts(), world.leftovers()), ((1, 0), vec![]));
}

#[tokio::test]
async fn the_refresh_url_can_be_elsewhere() {
    let world = World::logged_in(EXPIRED);
    let mut config = world.config();
    config.issuer = "http://127.0.0.1:9".parse().unwrap();
    config.refresh_url = Some(format!("{}/oauth/token", world.issuer.url).parse().unwrap());
    chatgpt(&config).access().await.unwrap();
    let state = world.issuer.state();
    let (_, headers, _) = &state.requests[0];
    assert!(headers["user-agent"].to_str().unwrap().starts_with("interlingua/"));
}
