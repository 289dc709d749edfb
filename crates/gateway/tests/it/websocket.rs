//! Responses over a WebSocket, in front of a Chat upstream and of one that speaks Responses.

use std::time::Duration;

use futures_util::SinkExt;
use interlingua_executor::Profile;
use interlingua_gateway::StoreConfig;
use interlingua_translate::Api;
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::support::redis_server::RedisServer;
use crate::support::socket::{Socket, asked, create, following, request};
use crate::support::{Plan, refusal};

fn over_chat() -> Plan {
    Plan { api: Api::Chat, case: Some("chat/text"), ..Plan::default() }
}

#[tokio::test]
async fn turns_follow_each_other_and_say_what_they_say_over_http() {
    for plan in [over_chat(), Plan { case: Some("responses/text"), ..Plan::default() }] {
        let setup = plan.start().await;
        for path in ["/v1/responses", "/responses", "/backend-api/codex/responses"] {
            let mut socket = Socket::with(&setup, "k", path).await;
            socket.send(&create(&json!("One?"))).await;
            let frames = socket.turn().await;
            assert_eq!(frames[0]["type"], "response.created");
            let first = &frames.last().unwrap()["response"];
            let deltas = frames.iter().filter(|frame| frame["type"] == "response.output_text.delta");
            let text: String = deltas.map(|delta| delta["delta"].as_str().unwrap()).collect();
            assert_eq!(first["output"].as_array().unwrap().last().unwrap()["content"][0]["text"], text);
            socket.is_quiet().await;
            let second = socket.ask(&following(&first["id"], "Two?")).await;
            assert_eq!((&second["previous_response_id"], &second["store"]), (&first["id"], &json!(false)));
            let third = socket.ask(&following(&second["id"], "Three?")).await;
            assert_eq!(asked(&setup), ["One?", "Two?", "Three?"], "{path}");
            assert_ne!(third["id"], second["id"]);
            socket.ask(&create(&json!("Anew?"))).await;
            assert_eq!(asked(&setup), ["Anew?"]);
        }
        setup.stop().await;
    }
}

#[tokio::test]
async fn what_is_not_stored_is_known_to_its_connection_alone_and_what_is_to_all_of_its_caller() {
    let setup = over_chat().start().await;
    let (mut one, mut other) = (Socket::open(&setup).await, Socket::open(&setup).await);
    let unstored = one.ask(&create(&json!("One?"))).await;
    let error = other.ask(&following(&unstored["id"], "Two?")).await;
    assert_eq!((&error["status"], &error["error"]["code"]), (&json!(400), &json!("previous_response_not_found")));
    let over_http = json!({"model": "gpt-5.4", "input": "Two?", "previous_response_id": unstored["id"]});
    let (status, _) =
        refusal(setup.post("/v1/responses", over_http.to_string()).bearer_auth("k").send().await.unwrap()).await;
    assert_eq!(status, 400);

    // Stored behind something that is not: all of it is stored.
    let mut frame = following(&unstored["id"], "Two?");
    frame["store"] = json!(true);
    let stored = one.ask(&frame).await;
    assert_eq!(stored["store"], true);
    drop(one);
    let third = other.ask(&following(&stored["id"], "Three?")).await;
    assert_eq!(third["previous_response_id"], stored["id"]);
    assert_eq!(asked(&setup), ["One?", "Two?", "Three?"]);
    let mut foreign = Socket::with(&setup, "somebody else", "/v1/responses").await;
    assert_eq!(foreign.ask(&following(&stored["id"], "Three?")).await["error"]["code"], "previous_response_not_found");
    let over_http = json!({"model": "gpt-5.4", "input": "Four?", "previous_response_id": stored["id"], "store": false});
    setup.post("/v1/responses", over_http.to_string()).bearer_auth("k").send().await.unwrap();
    assert_eq!(asked(&setup), ["One?", "Two?", "Four?"]);
    setup.stop().await;
}

#[tokio::test]
async fn a_connection_lives_on_after_whatever_it_was_told() {
    let setup = over_chat().start().await;
    let mut socket = Socket::open(&setup).await;
    for (frame, code) in [
        ("{not json", "invalid_json"),
        (r#"{"type":"response.dance"}"#, "unsupported_value"),
        (r#"{"type":"response.create","model":"m","input":7}"#, "invalid_value"),
        (r#"{"type":"response.create","input":"x"}"#, "missing_required_parameter"),
        (
            r#"{"type":"response.create","model":"m","input":"x","previous_response_id":"resp_x"}"#,
            "previous_response_not_found",
        ),
        (r#"{"type":"response.create","model":"m","input":"x","conversation":"c"}"#, "unsupported_parameter"),
    ] {
        socket.0.send(Message::text(frame)).await.unwrap();
        let frames = socket.turn().await;
        let [error] = &frames[..] else { panic!("{frames:?}") };
        assert_eq!(error["error"]["code"], code, "{frame}: {error}");
        assert!(error["error"]["message"].is_string() && error["error"]["type"].is_string());
        assert_eq!(error["status"], 400);
        socket.is_quiet().await;
    }
    // Bytes are read as text is, and a turn is told where in its own frame something is wrong.
    let first = socket.ask(&create(&json!("One?"))).await;
    let mut wrong = following(&first["id"], "");
    wrong["input"] = json!([{"role": "user", "content": "x"}, {"role": "clown", "content": "x"}]);
    socket.0.send(Message::binary(wrong.to_string())).await.unwrap();
    assert_eq!(socket.turn().await[0]["error"]["param"], "input[1].role");
    setup.stop().await;
}

#[tokio::test]
async fn a_failure_ends_the_turn_once_and_its_continuation_is_forgotten() {
    let setup = over_chat().start().await;
    let mut socket = Socket::open(&setup).await;
    for (faults, status) in [("status=429", 429), ("status=500", 500), ("cut=1", 502)] {
        setup.replay.set_faults("".parse().unwrap_or_default());
        let first = socket.ask(&create(&json!("One?"))).await;
        setup.replay.set_faults(faults.parse().unwrap());
        socket.send(&following(&first["id"], "Two?")).await;
        let frames = socket.turn().await;
        let [error] = &frames[..] else { panic!("{faults}: {frames:?}") };
        assert_eq!(error["status"], status, "{faults}: {error}");
        socket.is_quiet().await;
        setup.replay.set_faults("".parse().unwrap_or_default());
        let again = socket.ask(&following(&first["id"], "Two?")).await;
        assert_eq!(again["error"]["code"], "previous_response_not_found", "{faults}");
    }
    setup.replay.set_faults("cut=6".parse().unwrap());
    let failed = socket.ask(&create(&json!("One?"))).await;
    assert_eq!(failed["status"], "failed");
    socket.is_quiet().await;
    assert_eq!(socket.ask(&following(&failed["id"], "Two?")).await["error"]["code"], "previous_response_not_found");
    setup.stop().await;
}

#[tokio::test]
async fn a_prewarmed_turn_asks_nobody_and_is_gone_on_from() {
    let setup = over_chat().start().await;
    let mut socket = Socket::open(&setup).await;
    let mut frame =
        create(&json!([{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "One?"}]));
    frame["generate"] = json!(false);
    frame["stream"] = json!(true);
    socket.send(&frame).await;
    let frames = socket.turn().await;
    let kinds: Vec<_> = frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["response.created", "response.in_progress", "response.completed"]);
    assert_eq!(setup.replay.log().count(), 0);
    let prepared = &frames[2]["response"];
    assert_eq!((&prepared["output"], &prepared["status"]), (&json!([]), &json!("completed")));
    socket.ask(&following(&prepared["id"], "Two?")).await;
    assert_eq!(asked(&setup), ["One?", "Two?"]);
    setup.stop().await;
}

#[tokio::test]
async fn an_interrupt_ends_the_turn_with_what_is_finished_and_lets_the_upstream_go() {
    let setup = Plan { faults: "stall=6", ..over_chat() }.start().await;
    let mut socket = Socket::open(&setup).await;
    socket.send(&create(&json!("One?"))).await;
    let created = socket.next().await.unwrap();
    let id = &created["response"]["id"];
    let interrupt =
        |id: &Value| json!({"type": "response.interrupt", "response_id": id, "mode": "discard_partial_items"});
    socket.send(&interrupt(&json!("resp_of_another"))).await;
    socket.send(&interrupt(id)).await;
    let frames = socket.turn().await;
    let last = frames.last().unwrap();
    assert_eq!(last["sequence_number"], frames.len());
    let response = &last["response"];
    assert_eq!((&response["status"], &response["id"]), (&json!("incomplete"), id));
    assert_eq!(response["incomplete_details"]["reason"], "interrupted");
    assert_eq!(response["output"], json!([]), "what was not finished is discarded");
    assert!(setup.replay.log().wait_for_dropped(1, Duration::from_secs(1)).await);
    // One that comes too late is about nothing.
    socket.send(&interrupt(id)).await;
    setup.replay.set_faults("".parse().unwrap_or_default());
    socket.ask(&following(id, "Two?")).await;
    assert_eq!(asked(&setup), ["One?", "Two?"]);
    setup.stop().await;
}

#[tokio::test]
async fn turns_that_are_asked_for_at_once_are_answered_in_order() {
    let setup = Plan { faults: "delay=20ms", ..over_chat() }.start().await;
    let mut socket = Socket::open(&setup).await;
    for n in 0..12 {
        socket.send(&create(&json!(format!("{n}?")))).await;
    }
    socket.0.send(Message::text("{")).await.unwrap();
    for n in 0..12 {
        let frames = socket.turn().await;
        assert_eq!(frames.last().unwrap()["type"], "response.completed", "{n}");
        assert_eq!(frames.iter().filter(|frame| frame["type"] == "response.created").count(), 1);
    }
    assert_eq!(socket.turn().await[0]["error"]["code"], "invalid_json");
    assert_eq!(asked(&setup), ["11?"]);
    setup.stop().await;
}

#[tokio::test]
async fn without_a_store_the_connection_still_keeps_its_own() {
    let redis = RedisServer::start();
    let gone = redis.as_ref().map(|redis| StoreConfig::Redis(redis.url()));
    drop(redis);
    for store in [Some(StoreConfig::Off), gone].into_iter().flatten() {
        let setup = Plan { store, ..over_chat() }.start().await;
        let mut socket = Socket::open(&setup).await;
        let mut frame = create(&json!("One?"));
        frame.as_object_mut().unwrap().remove("store");
        let first = socket.ask(&frame).await;
        assert_eq!(first["store"], false);
        assert_eq!(socket.ask(&following(&first["id"], "Two?")).await["status"], "completed");
        assert_eq!(asked(&setup), ["One?", "Two?"]);
        setup.stop().await;
    }
}

#[tokio::test]
async fn over_the_codex_backend_the_headers_of_the_session_go_along() {
    let codex = Plan { profile: Some(Profile::codex()), case: Some("responses/text"), ..Plan::default() };
    let setup = codex.start().await;
    let mut request = request(&setup, "k", "/v1/responses");
    request.headers_mut().insert("x-codex-window-id", "w:0".parse().unwrap());
    request.headers_mut().insert("user-agent", "spy/1".parse().unwrap());
    let mut socket = Socket(connect_async(request).await.unwrap().0);
    let first = socket.ask(&create(&json!("One?"))).await;
    socket.ask(&following(&first["id"], "Two?")).await;
    let exchange = setup.replay.log().last().unwrap();
    assert_eq!(exchange.header("x-codex-window-id"), Some("w:0"));
    assert!(!exchange.header("user-agent").unwrap().contains("spy"));
    let sent: Value = serde_json::from_slice(&exchange.request).unwrap();
    assert_eq!((&sent["store"], &sent["stream"]), (&json!(false), &json!(true)));
    assert_eq!(sent.get("previous_response_id"), None);
    setup.stop().await;
}
