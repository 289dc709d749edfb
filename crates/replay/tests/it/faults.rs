//! What the replay breaks on request, and what it remembers.

use std::time::{Duration, Instant};

use http::StatusCode;
use interlingua_replay::{Ending, Replay};
use serde_json::{Value, json};

use crate::asking::{CHAT, RESPONSES, ask, chat_ask, served, with};
use crate::client::{Client, Reply};

async fn broken(client: &Client, fault: &str) -> Reply {
    client.post_with(RESPONSES, &with(ask("hm"), json!({"stream": true})), &[("x-replay-fault", fault)]).await
}

#[tokio::test]
async fn errors_on_request() {
    let (server, client) = served(Replay::embedded()).await;
    let reply = broken(&client, "status=429").await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "1"));
    assert_eq!(reply.json()["error"]["code"], "rate_limit_exceeded");
    let reply = broken(&client, "html; status=200").await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "text/html; charset=UTF-8"));
    let reply = broken(&client, "flood").await;
    assert!(reply.json()["error"]["message"].as_str().unwrap().contains("\"flood\" is not a fault"));
    server.set_faults("status=500".parse().unwrap());
    assert_eq!(client.post(CHAT, &chat_ask("hm")).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(broken(&client, "").await.status, StatusCode::OK, "a request's own wish counts");
}

#[tokio::test]
async fn a_cut_comes_after_so_many_events_and_breaks_the_connection() {
    let (server, client) = served(Replay::embedded()).await;
    let reply = broken(&client, "cut=3").await;
    assert!(reply.is_broken);
    assert_eq!(reply.events().len(), 3);
    assert_eq!(server.log().last().unwrap().ending, Ending::Cut);
    let whole = client.post_with(RESPONSES, &ask("hm"), &[("x-replay-fault", "cut=0")]).await;
    assert!(whole.is_broken && whole.body.is_empty());
}

#[tokio::test]
async fn pieces_delays_garbage_and_giants() {
    let (_server, client) = served(Replay::embedded()).await;
    let whole = broken(&client, "").await;
    assert!(whole.body == broken(&client, "chunk=7").await.body);

    let start = Instant::now();
    let events = broken(&client, "delay=5ms").await.events().len();
    assert!(start.elapsed() >= Duration::from_millis(5) * u32::try_from(events).unwrap());

    let garbled = broken(&client, "garbage").await;
    assert!(std::str::from_utf8(&garbled.body).is_err());
    assert!(garbled.body.len() > whole.body.len());
    assert!(broken(&client, "huge=2").await.body.len() > 2 * 1024 * 1024);
    let half = client.post_with(RESPONSES, &ask("hm"), &[("x-replay-fault", "garbage")]).await;
    assert!(serde_json::from_slice::<Value>(&half.body).is_err());
}

#[tokio::test]
async fn a_stalled_reply_ends_with_the_server() {
    let (server, client) = served(Replay::embedded()).await;
    let reply = tokio::spawn(async move { broken(&client, "stall=2").await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!reply.is_finished());
    tokio::time::timeout(Duration::from_secs(5), server.shutdown()).await.unwrap();
    assert_eq!(reply.await.unwrap().events().len(), 2);
}

#[tokio::test]
async fn silence_means_no_status_either() {
    let (_server, client) = served(Replay::embedded()).await;
    let reply = tokio::time::timeout(Duration::from_millis(200), broken(&client, "silent")).await;
    assert!(reply.is_err());
}

#[tokio::test]
async fn the_log_holds_both_sides() {
    let (server, client) = served(Replay::embedded()).await;
    let headers = [("authorization", "Bearer very-secret"), ("originator", "codex_cli_rs")];
    let reply = client.post_with(RESPONSES, &with(ask("hm"), json!({"stream": true})), &headers).await;
    let exchange = server.log().last().unwrap();
    assert_eq!((exchange.number, exchange.path.as_str(), exchange.status), (0, RESPONSES, Some(StatusCode::OK)));
    assert_eq!(serde_json::from_slice::<Value>(&exchange.request).unwrap()["model"], "any-model");
    assert!(exchange.reply == reply.body);
    assert_eq!((exchange.case.as_deref(), exchange.ending), (Some("responses/text"), Ending::Whole));
    assert_eq!((exchange.header("originator"), exchange.header("authorization")), (Some("codex_cli_rs"), None));
    assert!(exchange.header_names.contains(&"authorization".to_owned()));
    assert!(!format!("{exchange:?}").contains("very-secret"));
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed() {
    let (server, client) = served(Replay::embedded()).await;
    let request = with(ask("hm"), json!({"stream": true}));
    let leaving = client.post_with(RESPONSES, &request, &[("x-replay-fault", "delay=50ms")]);
    assert!(tokio::time::timeout(Duration::from_millis(200), leaving).await.is_err());
    assert!(server.log().wait_for_dropped(1, Duration::from_secs(1)).await);
    assert_eq!(server.log().last().unwrap().ending, Ending::Dropped);
}

#[tokio::test]
async fn a_large_image_passes() {
    let (_server, client) = served(Replay::embedded()).await;
    let image = format!("data:image/png;base64,{}", "A".repeat(28 * 1024 * 1024));
    let content = json!([{"role": "user", "content": [{"type": "input_image", "image_url": image, "detail": "auto"}]}]);
    assert_eq!(client.post(RESPONSES, &with(ask(""), json!({"input": content}))).await.status, StatusCode::OK);
}
