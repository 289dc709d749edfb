//! Connections that fail, and the waits between attempts, on a clock of the tests' own.

use std::time::Duration;

use interlingua_executor::{Config, RetryPolicy, TransportError};
use interlingua_model::Api;
use interlingua_translate::Translator;
use tokio::time::Instant;

use crate::support::{Script, Scripted, config, hello, reply, request, streaming};

fn patient() -> Config {
    Config { retry: RetryPolicy::default(), ..config(Api::Responses) }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_fails_before_the_head_is_made_again_with_growing_waits() {
    let refused = || Script::Failure(TransportError::connect("refused"));
    let broken = || Script::Failure(TransportError::broken("reset"));
    let upstream = Scripted::new([refused(), broken(), streaming(hello())]);
    let started = Instant::now();
    upstream.executor(patient()).ask(request(true)).await.unwrap();
    assert_eq!(started.elapsed(), Duration::from_millis(500 + 1000));
    let sent = upstream.sent();
    assert!(sent.iter().all(|request| request.body() == sent[0].body()));

    let upstream = Scripted::new([refused(), refused(), refused()]);
    let error = upstream.executor(patient()).ask(request(true)).await.unwrap_err();
    assert!(error.is_connect());
    assert_eq!(upstream.sent().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_upstream_too_slow_is_not_asked_again() {
    let upstream = Scripted::new([Script::Silence]);
    let error = upstream.executor(patient()).ask(request(true)).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(upstream.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn clients_of_responses_ask_again_themselves_after_a_refusal() {
    let asked = || {
        let body = r#"{"model":"m","stream":true,"input":"hi"}"#;
        Translator::new(Api::Responses).read(body.as_bytes()).unwrap()
    };
    let upstream = Scripted::new([reply(429, "application/json", "{}")]);
    assert_eq!(upstream.executor(patient()).ask(asked()).await.unwrap_err().status(), 429);
    assert_eq!(upstream.sent().len(), 1);
    let refused = || Script::Failure(TransportError::connect("refused"));
    let upstream = Scripted::new([refused(), streaming(hello())]);
    upstream.executor(patient()).ask(asked()).await.unwrap();
    assert_eq!(upstream.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_cannot_be_understood_or_trusted_is_not_asked_again() {
    let upstream = Scripted::new([Script::Failure(TransportError::foreign("invalid HTTP version parsed"))]);
    let error = upstream.executor(patient()).ask(request(true)).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.failure().code.as_deref()), (502, Some("upstream_foreign")));
    assert_eq!(upstream.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_call_keeps_the_policy() {
    let busy = || reply(503, "application/json", "{}");
    let good = || streaming(hello());
    let upstream = Scripted::new([busy(), good(), busy(), good(), busy(), reply(200, "application/json", "{}")]);
    let executor = upstream.executor(patient());
    let mut question = interlingua_model::Request::new("m");
    question.stream.enabled = true;
    executor.complete(question.clone()).await.unwrap();
    executor.stream(question).await.unwrap();
    executor.models().await.unwrap();
    assert_eq!(upstream.sent().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_says_it_is_no_use_is_believed() {
    let script = crate::support::reply_with(503, &[("x-should-retry", "false")], []);
    let upstream = Scripted::new([script]);
    upstream.executor(patient()).ask(request(true)).await.unwrap_err();
    assert_eq!(upstream.sent().len(), 1);
}
