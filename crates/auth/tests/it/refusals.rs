//! What an issuer refuses for good.

use std::{fs, time::Duration};

use interlingua_auth::{Credentials, Error, Reason};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::common::{Canned, EXPIRED, FRESH, World, chatgpt, shapes, write_login};

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
