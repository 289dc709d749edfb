//! What the upstream refuses, in every shape, becomes one error.

use std::path::Path;
use std::time::Duration;

use crate::support::{Piece, Script, Scripted, config, reply, reply_with, request};
use interlingua_executor::{Phase, TransportError};
use interlingua_model::Api;
use serde_json::{Value, json};

async fn error_of(script: Script) -> interlingua_executor::Error {
    let upstream = Scripted::new([script]);
    let error = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap_err();
    assert_eq!(upstream.sent().len(), 1, "nothing is sent twice");
    error
}

#[tokio::test]
async fn an_error_keeps_status_type_code_and_names_the_callers_parameter() {
    let body = json!({"error": {
        "message": "Invalid 'input[0].content'", "type": "invalid_request_error",
        "param": "input[0].content", "code": "invalid_value",
    }});
    let error = error_of(reply(400, "application/json", body.to_string())).await;
    assert_eq!((error.status().as_u16(), error.phase()), (400, Phase::Headers));
    assert_eq!(
        serde_json::to_value(error.body()).unwrap(),
        json!({"error": {
            "message": "Invalid 'input[0].content'", "type": "invalid_request_error",
            "param": "messages[0].content", "code": "invalid_value",
        }})
    );
}

#[tokio::test]
async fn request_id_wait_and_limits_are_read_from_the_head() {
    let headers = [
        ("content-type", "application/json"),
        ("x-request-id", "req_9"),
        ("retry-after", "7"),
        ("x-ratelimit-remaining-tokens", "0"),
    ];
    let body = Piece::Bytes(r#"{"error":{"message":"slow down","type":"tokens","code":"rate_limit_exceeded"}}"#.into());
    let upstream = Scripted::new([reply_with(429, &headers, [body])]);
    let executor = upstream.executor(config(Api::Responses));
    assert_eq!(executor.rate_limits(), None);
    let error = executor.ask(request(true)).await.unwrap_err();
    assert_eq!(error.request_id(), Some("req_9"));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(error.to_string(), "slow down (upstream request req_9)");
    let limits = executor.rate_limits().unwrap();
    assert_eq!(limits.headers["x-ratelimit-remaining-tokens"], "0");
    assert_eq!(error.head().unwrap().rate_limits().unwrap().headers, limits.headers);
}

#[tokio::test]
async fn a_used_up_plan_says_when_it_is_reset() {
    let body = r#"{"error":{"type":"usage_limit_reached","message":"limit","plan_type":"plus","resets_at":1800000000,"resets_in_seconds":3600}}"#;
    let error = error_of(reply(429, "application/json", body)).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    let body = serde_json::to_value(error.body()).unwrap();
    assert_eq!(body["error"]["type"], "usage_limit_reached");
    assert_eq!(body["error"]["plan_type"], "plus", "what only this error carries stays in");
    assert_eq!(body["error"]["resets_at"], 1_800_000_000);

    let body = r#"{"error":{"type":"usage_limit_reached","message":"limit","resets_at":4000000000}}"#;
    let error = error_of(reply(429, "application/json", body)).await;
    assert!(error.retry_after().unwrap() > Duration::from_secs(3600), "{:?}", error.retry_after());
}

#[tokio::test]
async fn a_page_is_never_shown_and_its_ray_is() {
    let page = "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>";
    let headers = [("content-type", "text/html; charset=UTF-8"), ("cf-ray", "8f1-FRA")];
    let error = error_of(reply_with(403, &headers, [Piece::Bytes(page.into())])).await;
    assert_eq!(error.status(), 403);
    assert_eq!(
        error.to_string(),
        "the upstream answered 403 Forbidden with a web page instead of an API reply (upstream request 8f1-FRA)"
    );
    assert_eq!(serde_json::to_value(error.body()).unwrap()["error"]["type"], "permission_error");
}

#[tokio::test]
async fn a_redirect_is_an_error_that_points_at_the_base_url() {
    let error = error_of(reply_with(308, &[("location", "https://elsewhere.test/")], [])).await;
    assert_eq!((error.status().as_u16(), error.upstream_status().unwrap().as_u16()), (502, 308));
    assert!(error.to_string().contains("check the base URL"), "{error}");
}

#[tokio::test]
async fn an_endless_error_body_is_read_up_to_a_limit() {
    let pieces = (0..1000).map(|_| Piece::Bytes(vec![b'{'; 1024].into())).chain([Piece::Stall]);
    let upstream = Scripted::new([reply_with(500, &[], pieces)]);
    let error = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap_err();
    assert_eq!(error.status(), 500);
    assert_eq!(upstream.open_bodies(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_error_body_that_does_not_come_leaves_the_status() {
    let started = tokio::time::Instant::now();
    let error = error_of(reply_with(503, &[("retry-after", "1")], [Piece::Stall])).await;
    assert_eq!(started.elapsed(), Duration::from_secs(10));
    assert_eq!((error.status().as_u16(), error.retry_after()), (503, Some(Duration::from_secs(1))));
    assert_eq!(error.to_string(), "the upstream answered 503 Service Unavailable and said nothing more");
}

#[tokio::test]
async fn no_exchange_at_all() {
    let refused = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "connection refused");
    let error = error_of(Script::Failure(TransportError::connect(refused))).await;
    assert!(error.is_connect() && !error.is_timeout());
    assert_eq!((error.status().as_u16(), error.phase(), error.upstream_status()), (502, Phase::Connect, None));
    assert_eq!(error.to_string(), "the upstream at upstream.test cannot be reached: connection refused");

    let error = error_of(Script::Failure(TransportError::connect_timeout("10 s"))).await;
    assert!(error.is_connect() && error.is_timeout());
    assert_eq!((error.status().as_u16(), error.phase()), (504, Phase::Connect));

    let error = error_of(Script::Failure(TransportError::broken("reset"))).await;
    assert!(!error.is_connect());
    assert_eq!((error.status().as_u16(), error.phase()), (502, Phase::Headers));
}

#[tokio::test]
async fn a_token_the_upstream_repeats_is_not_repeated_further() {
    let body = r#"{"error":{"message":"Incorrect API key: sk-secret-token","key":"sk-secret-token","type":"invalid_request_error","code":"invalid_api_key"}}"#;
    let upstream = Scripted::new([reply(401, "application/json", body)]);
    let executor = upstream.executor(config(Api::Responses));
    let error = executor.ask(request(true)).await.unwrap_err();
    let body = serde_json::to_string(&error.body()).unwrap();
    for text in
        [error.to_string(), format!("{error:?}"), body, format!("{executor:?}"), format!("{:?}", upstream.sent())]
    {
        assert!(!text.contains("sk-secret"), "{text}");
    }
    assert_eq!(error.failure().message, "Incorrect API key: ***");
}

#[tokio::test]
async fn an_unusable_token_is_refused_without_being_shown() {
    let executor = Scripted::new([]).executor(config(Api::Responses));
    for token in ["", " \n", "sk-a\nb", "sk-\u{7f}"] {
        let error = executor.with_bearer(token).unwrap_err();
        assert_eq!(error.phase(), Phase::Prepare);
        assert!(!error.to_string().contains("sk-"), "{error}");
    }
}

/// Every recorded error of a real provider keeps its status and message. The recordings are not part of the project.
#[tokio::test]
async fn recorded_errors_of_real_providers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings/errors");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("no recordings beside the project: nothing was checked");
        return;
    };
    let mut checked = 0;
    for file in files {
        let path = file.unwrap().path();
        let recording: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let status = u16::try_from(recording["status"].as_u64().unwrap()).unwrap();
        let body = &recording["body"];
        let error = error_of(reply(status, "application/json", body.to_string())).await;
        assert_eq!(error.status(), status, "{}", path.display());
        let said = [&body["error"]["message"], &body["error"], &body["detail"], &body["message"]];
        let message = said.iter().find_map(|said| said.as_str()).unwrap();
        assert!(error.failure().message.starts_with(message), "{}: {error}", path.display());
        let kind = body["error"]["type"].as_str().or(body["type"].as_str());
        let envelope = serde_json::to_value(error.body()).unwrap();
        assert!(kind.is_none_or(|kind| envelope["error"]["type"] == kind), "{}: {envelope}", path.display());
        assert!(envelope["error"]["code"].is_null() || envelope["error"]["code"].is_string());
        checked += 1;
    }
    println!("{checked} recorded errors checked");
}
