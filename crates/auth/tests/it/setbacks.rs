//! What keeps a refresh from its end, for a while or for longer.

use std::{fs, time::Duration};

use interlingua_auth::{Credentials, Error, Warning};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::common::{Canned, DUE, EXPIRED, Issuer, World, chatgpt, config};

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
