//! A client whose upstream speaks its own API: the reply is passed on as it came, or put together anew where that is wanted.

use std::time::Duration;

use futures_util::StreamExt;
use interlingua_replay::Replay;
use interlingua_translate::Api;
use serde_json::{Value, json};

use crate::support::{Plan, Setup, data, hello, impatient, refusal};

async fn over_chat(faults: &'static str, repair: bool) -> Setup {
    Plan { api: Api::Chat, faults, repair, ..Plan::default() }.start().await
}

#[tokio::test]
async fn the_reply_is_passed_on_byte_for_byte_and_repaired_where_that_is_wanted() {
    for stream in [false, true] {
        let setup = over_chat("", false).await;
        let response = setup.ask(&hello(stream)).await;
        let kind = if stream { "text/event-stream; charset=utf-8" } else { "application/json" };
        assert_eq!(response.headers()["content-type"], kind, "as the upstream calls it");
        assert!(!response.headers().contains_key("x-interlingua-losses"), "nothing was translated");
        assert!(response.headers()["x-upstream-request-id"].to_str().unwrap().starts_with("req_replay"));
        let passed = response.bytes().await.unwrap();
        assert_eq!(passed, setup.replay.log().last().unwrap().reply, "stream: {stream}");
        setup.stop().await;

        let setup = over_chat("", true).await;
        let response = setup.ask(&hello(stream)).await;
        assert!(response.headers().contains_key("x-interlingua-losses"));
        let repaired = response.bytes().await.unwrap();
        assert_ne!(repaired, setup.replay.log().last().unwrap().reply, "stream: {stream}");
        assert_ne!(repaired, passed);
        setup.stop().await;
    }
}

/// llama.cpp's server tells no `output_index`, no `sequence_number` and no part of an item; the official clients want them.
#[tokio::test]
async fn a_server_that_speaks_responses_by_half_is_repaired_to_the_full_lifecycle() {
    let told = |body: &str| -> Vec<Value> {
        data(body)
            .into_iter()
            .filter(|data| *data != "[DONE]")
            .map(|data| serde_json::from_str(data).unwrap())
            .collect()
    };
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures");
    let mut bodies = Vec::new();
    for repair in [false, true] {
        let replay = Replay::from_dir(fixtures).unwrap().case("responses/llamacpp-text");
        let setup = Plan { repair, ..Plan::default() }.over(replay).await;
        let body = json!({"model": "m", "input": "Hi", "stream": true}).to_string();
        let response = setup.post("/v1/responses", body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        bodies.push(response.text().await.unwrap());
        setup.stop().await;
    }
    let (passed, repaired) = (told(&bodies[0]), told(&bodies[1]));
    assert!(passed.iter().any(|event| event["sequence_number"].is_null()), "it speaks by half: {passed:?}");
    for (number, event) in repaired.iter().enumerate() {
        assert_eq!(event["sequence_number"], number, "{event}");
    }
    let types: Vec<&str> = repaired.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let (first, last) = (types.first_chunk::<2>().unwrap(), types.last_chunk::<4>().unwrap());
    assert_eq!(first, &["response.created", "response.in_progress"]);
    let done = ["response.output_text.done", "response.content_part.done", "response.output_item.done"];
    assert_eq!((&last[..3], last[3]), (&done[..], "response.completed"));
    let text = |events: &[Value]| -> String {
        let deltas = events.iter().filter(|event| event["type"] == "response.output_text.delta");
        deltas.filter_map(|event| event["delta"].as_str()).collect()
    };
    assert_eq!(text(&passed), text(&repaired));
    assert!(!text(&repaired).is_empty());
}

#[tokio::test]
async fn a_stream_without_its_end_gets_an_error_and_a_page_a_status() {
    for repair in [false, true] {
        let setup = over_chat("cut=4", repair).await;
        let body = setup.ask(&hello(true)).await.text().await.unwrap();
        let last: Value = serde_json::from_str(data(&body).last().unwrap()).unwrap();
        assert_eq!(last["error"]["code"], "stream_incomplete", "{body}");
        setup.replay.set_faults("html; status=200".parse().unwrap());
        for stream in [false, true] {
            let (status, error) = refusal(setup.ask(&hello(stream)).await).await;
            assert_eq!((status, error["code"].as_str()), (502, Some("upstream_malformed")), "{error}");
        }
        setup.stop().await;
    }
}

#[tokio::test]
async fn an_error_in_the_apis_envelope_is_passed_on_as_it_came() {
    let setup = over_chat("status=429", false).await;
    let response = setup.ask(&hello(true)).await;
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"1".parse().unwrap()));
    assert_eq!(response.bytes().await.unwrap(), setup.replay.log().last().unwrap().reply);
    setup.stop().await;
}

#[tokio::test]
async fn heartbeats_stand_between_events_and_never_in_one() {
    const EVENT: &str = r#"data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n"#;
    let faults: &'static str = format!("body={EVENT}data: {{\"choi; hang").leak();
    let setup = Plan { api: Api::Chat, faults, ..impatient() }.start().await;
    let mut body = setup.ask(&hello(true)).await.bytes_stream();
    let mut all = String::new();
    while all.matches(": keepalive\n").count() < 2 {
        all += std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap();
    }
    assert_eq!(all, EVENT.replace("\\n", "\n") + ": keepalive\n: keepalive\n", "half an event waits for its end");
    drop(body);
    assert!(
        setup.replay.log().wait_for_dropped(1, Duration::from_secs(1)).await,
        "who leaves takes the upstream along"
    );
    setup.stop().await;
}
