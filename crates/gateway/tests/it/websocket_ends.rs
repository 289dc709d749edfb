//! Who may open a WebSocket, and what ends one.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use interlingua_gateway::{CallerKey, CallerLimits, Limits};
use interlingua_translate::Api;
use serde_json::json;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::support::socket::{LONG, Socket, create, following, refused, request};
use crate::support::{Plan, impatient};

fn over_chat() -> Plan {
    Plan { api: Api::Chat, case: Some("chat/text"), ..Plan::default() }
}

#[tokio::test]
async fn doors_are_the_same_as_over_http() {
    let setup = over_chat().start().await;
    for (header, value) in [("host", "evil.test"), ("origin", "http://evil.test")] {
        let mut request = request(&setup, "k", "/v1/responses");
        request.headers_mut().insert(header, value.parse().unwrap());
        assert_eq!(refused(request).await, 403, "{header}");
    }
    setup.stop().await;

    let setup = Plan { inbound_key: Some("the-inbound-key"), ..over_chat() }.start().await;
    assert_eq!(refused(request(&setup, "wrong-key", "/v1/responses")).await, 401);
    let mut socket = Socket::with(&setup, "the-inbound-key", "/v1/responses").await;
    assert_eq!(socket.ask(&create(&json!("One?"))).await["status"], "completed");
    assert_eq!(setup.replay.log().last().unwrap().header("authorization"), None, "the key is for this door alone");
    setup.stop().await;

    let mut plan = over_chat();
    plan.limits.sockets = 1;
    let setup = plan.start().await;
    let _open = Socket::open(&setup).await;
    assert_eq!(refused(request(&setup, "k", "/v1/responses")).await, 503);
    setup.stop().await;

    let setup = Plan { websocket: false, ..over_chat() }.start().await;
    assert_eq!(refused(request(&setup, "k", "/v1/responses")).await, 426);
    setup.stop().await;
}

#[tokio::test]
async fn a_connection_that_is_old_or_silent_or_asked_too_much_says_why_it_ends() {
    let limits = Limits { socket_age: Duration::from_millis(700), ..Limits::default() };
    let setup = Plan { limits, ..over_chat() }.start().await;
    let mut idle = Socket::open(&setup).await;
    let why = idle.next().await.unwrap_err();
    assert!(why.contains("websocket_connection_limit_reached"), "{why}");
    setup.replay.set_faults("delay=300ms".parse().unwrap());
    let mut busy = Socket::open(&setup).await;
    assert_eq!(busy.ask(&create(&json!("One?"))).await["status"], "completed", "what has begun goes on");
    busy.send(&create(&json!("Two?"))).await;
    match busy.next().await {
        Ok(error) => assert_eq!(error["error"]["code"], "websocket_connection_limit_reached"),
        Err(why) => assert!(why.contains("websocket_connection_limit_reached"), "{why}"),
    }
    setup.stop().await;

    // A client that does not even read answers no ping.
    let setup = Plan { limits: impatient().limits, ..over_chat() }.start().await;
    let mut silent = Socket::open(&setup).await;
    tokio::time::sleep(impatient().limits.heartbeat * 8).await;
    let mut last = None;
    while let Some(Ok(message)) = timeout(LONG, silent.0.next()).await.unwrap() {
        last = Some(message);
    }
    assert!(matches!(&last, Some(Message::Close(Some(frame))) if frame.reason.contains("pings")), "{last:?}");
    // One that does is left alone.
    let mut quiet = Socket::open(&setup).await;
    let nothing = timeout(impatient().limits.heartbeat * 8, quiet.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    assert_eq!(quiet.ask(&create(&json!("One?"))).await["status"], "completed");
    setup.stop().await;
}

#[tokio::test]
async fn a_frame_that_is_too_large_ends_the_connection_and_nothing_else() {
    let limits = Limits { body: 10_000, ..Limits::default() };
    let setup = Plan { limits, ..over_chat() }.start().await;
    let mut socket = Socket::open(&setup).await;
    let _ = socket.0.send(Message::text(create(&json!("x".repeat(20_000))).to_string())).await;
    let ended = timeout(LONG, async { while matches!(socket.0.next().await, Some(Ok(_))) {} }).await;
    assert!(ended.is_ok());
    // A conversation may not grow over it either.
    let mut socket = Socket::open(&setup).await;
    let first = socket.ask(&create(&json!("x".repeat(9_000)))).await;
    let error = socket.ask(&following(&first["id"], &"x".repeat(5_000))).await;
    assert_eq!((&error["status"], &error["error"]["code"]), (&json!(413), &json!("context_length_exceeded")));
    setup.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_ends_its_connections_and_lets_turns_end() {
    let setup = Plan { faults: "delay=100ms", ..over_chat() }.start().await;
    let mut idle = Socket::open(&setup).await;
    let mut busy = Socket::open(&setup).await;
    busy.send(&create(&json!("One?"))).await;
    busy.next().await.unwrap();
    let stopped = tokio::spawn(setup.stop());
    assert!(idle.next().await.unwrap_err().contains("stops"));
    assert_eq!(busy.turn().await.last().unwrap()["type"], "response.completed");
    assert!(busy.next().await.unwrap_err().contains("stops"));
    timeout(LONG, stopped).await.unwrap().unwrap();

    let limits = Limits { grace: Duration::from_millis(200), ..Limits::default() };
    let setup = Plan { faults: "stall=6", limits, ..over_chat() }.start().await;
    let mut busy = Socket::open(&setup).await;
    busy.send(&create(&json!("One?"))).await;
    busy.next().await.unwrap();
    let stopped = tokio::spawn(setup.stop());
    assert_eq!(busy.turn().await.last().unwrap()["type"], "response.failed", "it is told that it is cut");
    assert!(busy.next().await.unwrap_err().contains("stops"));
    timeout(LONG, stopped).await.unwrap().unwrap();
}

#[tokio::test]
async fn each_turn_is_a_request_of_its_callers() {
    let mut key = CallerKey::new("laptop", &CallerKey::hash_of("a-key-of-a-laptop")).unwrap();
    key.limits = CallerLimits { requests_per_minute: Some(3), ..CallerLimits::default() };
    key.models = vec!["gpt-*".to_owned()];
    let setup = Plan { callers: vec![key], ..over_chat() }.start().await;
    // The opening is a request too.
    let mut socket = Socket::with(&setup, "a-key-of-a-laptop", "/v1/responses").await;
    let mut foreign = create(&json!("One?"));
    foreign["model"] = json!("o3");
    let error = socket.ask(&foreign).await;
    assert_eq!((&error["status"], &error["error"]["code"]), (&json!(403), &json!("model_not_allowed")));
    assert_eq!(socket.ask(&create(&json!("Two?"))).await["status"], "completed");
    let error = socket.ask(&create(&json!("Three?"))).await;
    assert_eq!((&error["status"], &error["error"]["code"]), (&json!(429), &json!("rate_limit_exceeded")));
    assert!(error["headers"]["retry-after"].is_string(), "{error}");
    setup.stop().await;
}
