//! Connections that fail, and the waits between attempts, on a clock of the tests' own.

use std::time::Duration;

use interlingua_executor::{Config, RetryPolicy, TransportError};
use interlingua_model::Api;
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
async fn what_is_passed_through_is_asked_again_only_where_no_reply_came() {
    let config = || Config { retry: RetryPolicy::default(), ..config(Api::Chat) };
    let upstream = Scripted::new([reply(503, "application/json", "{}")]);
    let response = upstream.executor(config()).pass("{}".into(), &http::HeaderMap::new()).await.unwrap();
    assert_eq!(response.status(), 503, "the caller's to judge");

    let upstream = Scripted::new([Script::Failure(TransportError::connect("refused")), reply(200, "", "{}")]);
    upstream.executor(config()).pass("{}".into(), &http::HeaderMap::new()).await.unwrap();
    assert_eq!(upstream.sent().len(), 2);
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
