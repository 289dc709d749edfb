//! What the gateway itself refuses, before a reply has begun.

use interlingua_executor::Profile;
use interlingua_gateway::{CallerKey, CallerLimits};
use interlingua_translate::Api;
use serde_json::json;

use super::{hello, refused};
use crate::support::{Plan, Setup};

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_with_its_place() {
    let mut plan = Plan::default();
    plan.limits.body = 1000;
    let setup = plan.start().await;
    let large = hello(false).to_string() + &" ".repeat(2000);
    let role = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "wizard", "content": "x"}]}).to_string();
    for (body, status, kind, part) in [
        ("{\"model\":", 400, "invalid_request_error", "line 1"),
        ("", 400, "invalid_request_error", "empty"),
        (&role, 400, "invalid_request_error", "messages[0].role: "),
        (r#"{"model":"m","messages":"x","max_tokens":1}"#, 400, "invalid_request_error", "messages: "),
        (&large, 413, "request_too_large", "1000 bytes"),
    ] {
        for path in ["/v1/messages", "/messages", "/v1/messages?beta=true"] {
            let (got, class, message, _) = refused(setup.post(path, body.to_owned()).send().await.unwrap()).await;
            assert_eq!((got, class.as_str()), (status, kind), "{path} {body}");
            assert!(message.contains(part), "{path} {body}: {message}");
        }
    }
    let unnamed = setup.client.post(format!("{}/v1/messages", setup.url)).body(hello(false).to_string());
    let (status, class, ..) = refused(unnamed.send().await.unwrap()).await;
    assert_eq!((status, class.as_str()), (415, "invalid_request_error"));
    assert_eq!(setup.replay.log().count(), 0, "nothing of it went upstream");
    setup.stop().await;
}

#[tokio::test]
async fn paths_that_there_are_not_are_told_in_the_clients_words() {
    let setup = Plan::default().start().await;
    let get = |path: &str| setup.client.get(format!("{}{path}", setup.url));
    for (response, status, class) in [
        (setup.post("/v1/messages/batches", "{}"), 404, "not_found_error"),
        (setup.post("/v1/v1/messages", "{}").header("anthropic-version", "2023-06-01"), 404, "not_found_error"),
        (get("/v1/messages"), 405, "invalid_request_error"),
        (get("/v1/files").header("anthropic-version", "2023-06-01"), 404, "not_found_error"),
        (get("/v1/models/none").header("anthropic-version", "2023-06-01"), 404, "not_found_error"),
    ] {
        let (got, kind, message, _) = refused(response.send().await.unwrap()).await;
        assert_eq!((got, kind.as_str()), (status, class), "{message}");
    }
    // Without a word of the client's own it is anybody.
    assert_eq!(crate::support::refusal(get("/v1/files").send().await.unwrap()).await.0, 404);
    setup.stop().await;
}

fn calling(setup: &Setup, key: &str) -> reqwest::RequestBuilder {
    setup.post("/v1/messages", hello(false).to_string()).header("x-api-key", key)
}

#[tokio::test]
async fn who_may_not_ask_and_who_has_asked_enough_is_told_so() {
    let limits = CallerLimits { requests_per_minute: Some(1), ..CallerLimits::default() };
    let mut robot = CallerKey::new("robot", &CallerKey::hash_of("key-of-the-robot")).unwrap();
    (robot.limits, robot.models) = (limits, vec!["m".to_owned()]);
    let mut other = CallerKey::new("other", &CallerKey::hash_of("key-of-another")).unwrap();
    other.models = vec!["gpt-*".to_owned()];
    let setup = Plan { callers: vec![robot, other], ..Plan::default() }.start().await;
    let (status, class, message, headers) = refused(calling(&setup, "key-of-nobody").send().await.unwrap()).await;
    assert_eq!((status, class.as_str()), (401, "authentication_error"));
    assert!(message.contains("x-api-key") && headers["www-authenticate"] == "Bearer", "{message}");
    let (status, class, ..) = refused(calling(&setup, "key-of-another").send().await.unwrap()).await;
    assert_eq!((status, class.as_str()), (403, "permission_error"));
    assert_eq!(calling(&setup, "key-of-the-robot").send().await.unwrap().status(), 200);
    let (status, class, _, headers) = refused(calling(&setup, "key-of-the-robot").send().await.unwrap()).await;
    assert_eq!((status, class.as_str()), (429, "rate_limit_error"));
    assert_eq!(headers["retry-after"], "60");
    setup.stop().await;
}

#[tokio::test]
async fn a_foreign_host_a_crowd_and_a_loop_are_told_so() {
    let setup = Plan::default().start().await;
    let foreign = setup.post("/v1/messages", hello(false).to_string()).header("host", "evil.test");
    let (status, class, ..) = refused(foreign.send().await.unwrap()).await;
    assert_eq!((status, class.as_str()), (403, "permission_error"));
    setup.stop().await;

    let mut plan = Plan::default();
    plan.limits.requests = 0;
    let setup = plan.start().await;
    let crowded = setup.post("/v1/messages", hello(true).to_string()).send().await.unwrap();
    let (status, class, _, headers) = refused(crowded).await;
    assert_eq!((status, class.as_str()), (529, "overloaded_error"));
    assert_eq!(headers["retry-after"], "1");
    setup.stop().await;
}

#[tokio::test]
async fn an_upstream_that_is_not_there_or_too_slow_is_told_so() {
    for (faults, expected) in [("cut=0", (502, "api_error")), ("html", (403, "permission_error"))] {
        for api in Api::ALL.iter().copied() {
            let profile = (api == Api::Messages).then(Profile::anthropic);
            let setup = Plan { api, profile, faults, ..Plan::default() }.start().await;
            for stream in [false, true] {
                let asked = setup.post("/v1/messages", hello(stream).to_string()).send().await.unwrap();
                let (status, class, message, _) = refused(asked).await;
                assert_eq!((status, class.as_str()), expected, "{faults} {api:?} {stream}: {message}");
                assert!(!message.contains('<'), "{message}");
            }
            setup.stop().await;
        }
    }
}
