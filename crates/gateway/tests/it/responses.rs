//! Clients that speak Responses: over a Chat upstream, over a Responses upstream, and what is refused.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail as tests do")]

use std::time::Duration;

use futures_util::StreamExt;
use interlingua_executor::Profile;
use interlingua_translate::Api;
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{Plan, Setup, hello, impatient, refusal};

const PATHS: [&str; 3] = ["/v1/responses", "/responses", "/backend-api/codex/responses"];

fn over_chat() -> Plan {
    Plan { api: Api::Chat, case: Some("chat/text"), ..Plan::default() }
}

fn question(stream: bool) -> Value {
    json!({"model": "gpt-5.4", "input": "Hello", "stream": stream})
}

async fn ask(setup: &Setup, body: &Value) -> Response {
    setup.post("/v1/responses", body.to_string()).send().await.unwrap()
}

/// The events of a Responses stream, comments apart; every frame names its event, the numbers have no gap, and `[DONE]` is
/// behind them.
fn events(body: &str) -> Vec<Value> {
    let body = body.strip_suffix("data: [DONE]\n\n").unwrap();
    // Heartbeats are lines of their own, before an event.
    let body: String = body.split_inclusive('\n').filter(|line| !line.starts_with(':')).collect();
    let frames = body.split_terminator("\n\n");
    let mut events = Vec::new();
    for frame in frames {
        let (name, data) = frame.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
        let event: Value = serde_json::from_str(data).unwrap();
        assert_eq!(event["type"], name);
        assert_eq!(event["sequence_number"], events.len());
        events.push(event);
    }
    events
}

/// What the deltas say.
fn text(events: &[Value]) -> String {
    let deltas = events.iter().filter(|event| event["type"] == "response.output_text.delta");
    deltas.filter_map(|event| event["delta"].as_str()).collect()
}

#[tokio::test]
async fn every_path_answers_streamed_and_whole_and_both_say_the_same() {
    let setup = over_chat().start().await;
    for path in PATHS {
        let whole = setup.post(path, question(false).to_string()).send().await.unwrap();
        assert_eq!(whole.status(), 200, "{path}");
        assert_eq!(whole.headers()["content-type"], "application/json");
        assert!(whole.headers().contains_key("x-interlingua-losses"));
        let whole: Value = serde_json::from_slice(&whole.bytes().await.unwrap()).unwrap();
        assert_eq!((&whole["object"], &whole["status"]), (&json!("response"), &json!("completed")));
        let streamed = setup.post(path, question(true).to_string()).send().await.unwrap();
        assert_eq!(streamed.headers()["content-type"], "text/event-stream");
        assert_eq!(streamed.headers()["x-accel-buffering"], "no");
        let events = events(&streamed.text().await.unwrap());
        assert_eq!(events.first().unwrap()["type"], "response.created");
        let last = events.last().unwrap();
        assert_eq!(last["type"], "response.completed");
        assert_eq!(last["response"]["output"][0]["content"][0]["text"], text(&events));
        assert_eq!(whole["output"][0]["content"][0]["text"], text(&events));
        assert_eq!(setup.replay.log().last().unwrap().path, "/v1/chat/completions");
    }
    let sent: Value = serde_json::from_slice(&setup.replay.log().last().unwrap().request).unwrap();
    assert_eq!(sent["stream_options"]["include_usage"], true, "usage is always asked for");
    setup.stop().await;
}

#[tokio::test]
async fn losses_are_counted_in_a_header() {
    let setup = over_chat().start().await;
    let mut body = question(true);
    body["truncation"] = json!("auto");
    body["brand_new"] = json!(1);
    body["store"] = json!(false);
    let losses = ask(&setup, &body).await.headers()["x-interlingua-losses"].to_str().unwrap().to_owned();
    assert!(losses.starts_with("2; ") && losses.contains("unknown_field"), "{losses}");
    setup.stop().await;
}

#[tokio::test]
async fn an_upstream_that_speaks_responses_is_passed_through_byte_for_byte() {
    let setup = Plan { case: Some("responses/text"), ..Plan::default() }.start().await;
    for (path, stream) in PATHS.into_iter().flat_map(|path| [(path, false), (path, true)]) {
        let body = format!("{{ \"model\":\"gpt-5.4\",\n \"input\" : \"Hello\", \"stream\":{stream} }}");
        let request = setup.post(path, body.clone()).header("session-id", "s-1").header("user-agent", "spy/1");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let got = response.bytes().await.unwrap();
        let exchange = setup.replay.log().last().unwrap();
        assert_eq!(exchange.path, "/v1/responses");
        assert_eq!(exchange.request, body.as_bytes());
        assert_eq!(got, exchange.reply);
        assert_eq!(exchange.header("session-id"), Some("s-1"));
        assert!(!exchange.header("user-agent").unwrap().contains("spy"));
    }
    let (status, error) = refusal(setup.post("/v1/responses", r#"{"input":7}"#).send().await.unwrap()).await;
    assert_eq!((status, error["param"].as_str()), (400, Some("input")), "what is passed on is checked as well");
    setup.stop().await;
}

#[tokio::test]
async fn what_needs_a_server_that_remembers_is_refused_before_anything_is_sent() {
    let setup = over_chat().start().await;
    for (field, value, code) in [
        ("previous_response_id", json!("resp_1"), "previous_response_not_found"),
        ("conversation", json!("conv_1"), "unsupported_parameter"),
        ("background", json!(true), "unsupported_parameter"),
    ] {
        for stream in [false, true] {
            let mut body = question(stream);
            body[field] = value.clone();
            let (status, error) = refusal(ask(&setup, &body).await).await;
            assert_eq!(status, 400);
            assert_eq!((error["code"].as_str(), error["param"].as_str()), (Some(code), Some(field)), "{error}");
        }
    }
    for (field, value) in [("previous_response_id", Value::Null), ("background", json!(false))] {
        let mut body = question(false);
        body[field] = value;
        assert_eq!(ask(&setup, &body).await.status(), 200, "{field} says nothing");
    }
    assert_eq!(setup.replay.log().count(), 2);
    setup.stop().await;
}

#[tokio::test]
async fn a_backend_that_keeps_nothing_is_not_asked_to_go_on_and_one_that_does_is() {
    let mut body = question(false);
    body["previous_response_id"] = json!("resp_1");
    let codex = Plan { profile: Some(Profile::codex()), case: Some("responses/text"), ..Plan::default() };
    let setup = codex.start().await;
    let (status, error) = refusal(ask(&setup, &body).await).await;
    assert_eq!((status, error["code"].as_str()), (400, Some("previous_response_not_found")));
    setup.stop().await;

    let setup = Plan { case: Some("responses/text"), ..Plan::default() }.start().await;
    assert_eq!(ask(&setup, &body).await.status(), 200);
    setup.stop().await;
}

#[tokio::test]
async fn a_websocket_is_answered_426_where_there_is_none_and_a_plain_get_405() {
    let setup = Plan { websocket: false, ..over_chat() }.start().await;
    for path in PATHS {
        let url = format!("{}{path}", setup.url);
        let socket = setup.client.get(&url).header("connection", "upgrade").header("upgrade", "websocket");
        assert_eq!(refusal(socket.send().await.unwrap()).await.0, 426, "{path}");
        let plain = setup.client.get(&url).send().await.unwrap();
        assert_eq!(plain.headers()["allow"], "POST");
        assert_eq!(refusal(plain).await.0, 405, "{path}");
    }
    setup.stop().await;
}

#[tokio::test]
async fn a_failure_before_any_output_is_an_honest_status() {
    let setup = over_chat().start().await;
    for (fault, status, code) in [
        ("status=429", 429, "rate_limit_exceeded"),
        ("status=404", 404, "model_not_found"),
        ("cut=1", 502, "stream_incomplete"),
    ] {
        setup.replay.set_faults(fault.parse().unwrap());
        let (got, error) = refusal(ask(&setup, &question(true)).await).await;
        assert_eq!((got, error["code"].as_str()), (status, Some(code)), "{fault}: {error}");
    }
    setup.stop().await;
}

#[tokio::test]
async fn a_stream_that_is_cut_ends_as_failed() {
    let setup = Plan { faults: "cut=6", ..over_chat() }.start().await;
    let events = events(&ask(&setup, &question(true)).await.text().await.unwrap());
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.failed");
    assert_eq!(last["response"]["output"][0]["status"], "incomplete");
    assert_eq!(last["response"]["output"][0]["content"][0]["text"], text(&events));
    setup.stop().await;
}

#[tokio::test]
async fn a_silent_upstream_is_bridged_by_heartbeats_and_may_fail_in_the_stream() {
    let setup =
        Plan { hold: impatient().hold, limits: impatient().limits, faults: "delay=200ms", ..over_chat() }.start().await;
    let body = ask(&setup, &question(true)).await.text().await.unwrap();
    assert!(body.starts_with(": keepalive\n") && !body.contains(": keepalive\n\n"), "{body:.100}");
    assert_eq!(events(&body).last().unwrap()["type"], "response.completed");
    setup.stop().await;

    let setup =
        Plan { hold: impatient().hold, limits: impatient().limits, faults: "cut=1; delay=400ms", ..over_chat() }
            .start()
            .await;
    let response = ask(&setup, &question(true)).await;
    assert_eq!(response.status(), 200);
    let events = events(&response.text().await.unwrap());
    let types: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["response.created", "response.in_progress", "response.failed"]);
    setup.stop().await;
}

#[tokio::test]
async fn a_client_that_leaves_takes_the_upstream_with_it() {
    let setup = Plan { faults: "stall=8", ..over_chat() }.start().await;
    let mut body = ask(&setup, &question(true)).await.bytes_stream();
    body.next().await.unwrap().unwrap();
    drop(body);
    assert!(setup.replay.log().wait_for_dropped(1, Duration::from_secs(1)).await);
    setup.stop().await;
}

#[tokio::test]
async fn models_are_a_list_for_sdks_and_a_catalogue_for_the_codex_cli() {
    let setup = over_chat().start().await;
    let get = async |path: &str| {
        let response = setup.client.get(format!("{}{path}", setup.url)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        serde_json::from_slice::<Value>(&response.bytes().await.unwrap()).unwrap()
    };
    let list = get("/v1/models").await;
    let names: Vec<&Value> = list["data"].as_array().unwrap().iter().map(|model| &model["id"]).collect();
    for path in ["/v1/models?client_version=0.169.0", "/models?client_version=1", "/backend-api/codex/models"] {
        let catalogue = get(path).await;
        let models = catalogue["models"].as_array().unwrap();
        assert_eq!(models.iter().map(|model| &model["slug"]).collect::<Vec<_>>(), names);
        for model in models {
            assert_eq!(model["visibility"], "list");
            assert_eq!(model["supported_in_api"], true);
            assert!(model["supported_reasoning_levels"][0]["effort"].is_string());
            assert_eq!(model["prefer_websockets"], false);
            assert!(!model["base_instructions"].as_str().unwrap().is_empty(), "the CLI would go without");
        }
    }
    setup.stop().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_here_too() {
    let mut plan = over_chat();
    plan.limits.body = 100;
    let setup = plan.start().await;
    let body = json!({"model": "m", "input": "x".repeat(100)});
    assert_eq!(refusal(ask(&setup, &body).await).await.0, 413);
    assert_eq!(setup.post("/v1/chat/completions", hello(false).to_string()).send().await.unwrap().status(), 200);
    setup.stop().await;
}
