//! Streams: what a client gets, when, and what happens when either side goes away.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use reqwest::Response;
use serde_json::{Value, json};

use interlingua_translate::Api;

use crate::support::{Plan, data, hello, impatient, refusal, text};

#[tokio::test]
async fn streamed_and_whole_say_the_same_and_end_as_they_should() {
    let setup = Plan::default().start().await;
    let whole = setup.ask(&hello(false)).await;
    assert_eq!(whole.headers()["content-type"], "application/json");
    assert_eq!(
        whole.headers()["x-interlingua-losses"],
        "3; dropped_phase, dropped_telemetry",
        "the reply's are known by then"
    );
    let whole: Value = serde_json::from_slice(&whole.bytes().await.unwrap()).unwrap();
    let streamed = setup.ask(&hello(true)).await;
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-cache"),
        ("x-accel-buffering", "no"),
        ("x-interlingua-losses", "0"), // of the request alone
    ] {
        assert_eq!(streamed.headers()[name], value);
    }
    assert!(streamed.headers()["x-upstream-request-id"].to_str().unwrap().starts_with("req_replay"));
    let streamed = streamed.text().await.unwrap();
    assert_eq!(data(&streamed).iter().filter(|data| **data == "[DONE]").count(), 1);
    assert_eq!(data(&streamed).last(), Some(&"[DONE]"));
    assert_eq!(text(&streamed), whole["choices"][0]["message"]["content"].as_str().unwrap());
    setup.stop().await;
}

#[tokio::test]
async fn losses_are_counted_in_a_header() {
    let setup = Plan::default().start().await;
    let mut body = hello(true);
    body["stop"] = json!(["END"]);
    body["brand_new"] = json!(1);
    let response = setup.ask(&body).await;
    let losses = response.headers()["x-interlingua-losses"].to_str().unwrap().to_owned();
    assert!(losses.starts_with("2; ") && losses.contains("unknown_field"), "{losses}");
    setup.stop().await;
}

#[tokio::test]
async fn an_event_arrives_before_the_next_one_is_sent() {
    let setup = Plan { faults: "delay=40ms", ..Plan::default() }.start().await;
    let mut body = setup.ask(&hello(true)).await.bytes_stream();
    let log = setup.replay.log();
    let first = body.next().await.unwrap().unwrap();
    assert!(!first.is_empty());
    let sent = log.last().unwrap().reply.len();
    while body.next().await.is_some() {}
    assert!(sent < log.last().unwrap().reply.len() / 2, "the first bytes came while the upstream was still sending");
    setup.stop().await;
}

#[tokio::test]
async fn a_silent_upstream_is_bridged_by_heartbeats() {
    let setup = Plan { faults: "delay=100ms", ..impatient() }.start().await;
    let begun = Instant::now();
    let response = setup.ask(&hello(true)).await;
    assert_eq!(response.status(), 200);
    assert!(begun.elapsed() < Duration::from_millis(400), "committed once the limit was over");
    let body = response.text().await.unwrap();
    assert!(body.starts_with(": keepalive\n: keepalive\n"), "no blank line behind a comment: {body:.100}");
    assert_eq!(data(&body).last(), Some(&"[DONE]"));
    assert!(!text(&body).is_empty());
    setup.stop().await;
}

#[tokio::test]
async fn there_is_no_heartbeat_while_events_come() {
    let setup = Plan::default().start().await;
    assert!(!setup.ask(&hello(true)).await.text().await.unwrap().contains(": keepalive"));
    setup.stop().await;
}

#[tokio::test]
async fn a_pause_in_the_middle_is_bridged_too() {
    let setup = Plan { faults: "stall=8", ..impatient() }.start().await;
    let mut body = setup.ask(&hello(true)).await.bytes_stream();
    let mut all = String::new();
    while all.matches(": keepalive").count() < 3 {
        all += std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap();
    }
    assert!(all.find("data: ").unwrap() < all.find(": keepalive").unwrap());
    drop(body);
    setup.stop().await;
}

#[tokio::test]
async fn what_fails_after_the_commitment_is_told_in_the_stream() {
    let setup = Plan { case: Some("responses/failed"), faults: "delay=200ms", ..impatient() };
    let setup = setup.start().await;
    let response = setup.ask(&hello(true)).await;
    assert_eq!(response.status(), 200);
    let body = response.text().await.unwrap();
    let last: Value = serde_json::from_str(data(&body).last().unwrap()).unwrap();
    assert!(last["error"]["message"].is_string(), "{body}");
    assert!(!body.contains("[DONE]"));
    setup.stop().await;
}

#[tokio::test]
async fn a_stream_that_is_cut_never_looks_finished() {
    let setup = Plan { faults: "cut=9", ..Plan::default() }.start().await;
    let body = setup.ask(&hello(true)).await.text().await.unwrap();
    let last: Value = serde_json::from_str(data(&body).last().unwrap()).unwrap();
    assert_eq!(last["error"]["code"], "stream_incomplete");
    assert!(!body.contains("[DONE]") && !body.contains("\"finish_reason\":\"stop\""), "{body}");
    setup.stop().await;
}

#[tokio::test]
async fn a_client_that_leaves_takes_the_upstream_with_it() {
    let setup = Plan { faults: "stall=8", ..Plan::default() }.start().await;
    let mut body = setup.ask(&hello(true)).await.bytes_stream();
    body.next().await.unwrap().unwrap();
    drop(body);
    assert!(setup.replay.log().wait_for_dropped(1, Duration::from_secs(1)).await, "in the middle of a stream");

    setup.replay.set_faults("stall=1".parse().unwrap());
    let question = hello(true);
    let waiting = setup.ask(&question);
    assert!(tokio::time::timeout(Duration::from_millis(200), waiting).await.is_err(), "there is no answer yet");
    assert!(setup.replay.log().wait_for_dropped(2, Duration::from_secs(1)).await, "before the answer");
    setup.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_ends_what_does_not_end_with_an_error() {
    for (api, path) in [(Api::Chat, "/v1/chat/completions"), (Api::Responses, "/v1/responses")] {
        for (upstream, stall) in [(Api::Responses, "stall=8"), (Api::Chat, "stall=3")] {
            let mut plan = Plan { faults: stall, api: upstream, ..Plan::default() };
            plan.limits.grace = Duration::from_millis(100);
            let setup = plan.start().await;
            let body =
                if api == Api::Chat { hello(true) } else { json!({"model": "gpt-5.4", "input": "Hi", "stream": true}) };
            let mut response: Response = setup.post(path, body.to_string()).send().await.unwrap();
            let first = response.chunk().await.unwrap().unwrap();
            let log = setup.replay.log();
            let begun = Instant::now();
            setup.stop().await;
            assert!(begun.elapsed() < Duration::from_secs(2));
            let rest = response.text().await.unwrap();
            let all = [&String::from_utf8_lossy(&first), rest.as_str()].concat();
            let all = all.strip_suffix("data: [DONE]\n\n").unwrap_or(&all);
            let last = all.trim_end().rsplit("\n\n").next().unwrap();
            let event = if api == Api::Chat { "data: {\"error\":" } else { "event: response.failed" };
            assert!(last.starts_with(event) && last.contains("shutting down"), "{api} over {upstream}: {last}");
            assert!(log.wait_for_dropped(1, Duration::from_secs(1)).await, "and lets the upstream go");
        }
    }
}

#[tokio::test]
async fn who_waits_for_an_answer_when_the_server_stops_is_told_so() {
    for (stream, faults) in [(false, "silent"), (true, "silent"), (false, "stall")] {
        let mut plan = Plan { faults, ..Plan::default() };
        plan.limits.grace = Duration::from_millis(100);
        let setup = plan.start().await;
        let request = setup.post("/v1/chat/completions", hello(stream).to_string()).send();
        let request = tokio::spawn(request);
        while setup.replay.log().count() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        setup.stop().await;
        let (status, error) = refusal(request.await.unwrap().unwrap()).await;
        assert_eq!((status, error["code"].as_str()), (503, Some("server_shutting_down")), "{error}");
    }
}
