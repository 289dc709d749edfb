//! Replies that are kept: gone on from, looked up, taken away, shared, and not to be had.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail as tests do")]

use interlingua_executor::Profile;
use interlingua_gateway::StoreConfig;
use interlingua_translate::Api;
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::redis_server::RedisServer;
use crate::support::{Plan, Setup, refusal};

fn over_chat() -> Plan {
    Plan { api: Api::Chat, case: Some("chat/text"), ..Plan::default() }
}

async fn post(setup: &Setup, key: &str, body: &Value) -> Response {
    setup.post("/v1/responses", body.to_string()).bearer_auth(key).send().await.unwrap()
}

async fn ask(setup: &Setup, body: &Value) -> Value {
    let response = post(setup, "k", body).await;
    assert_eq!(response.status(), 200);
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

fn question(text: &str) -> Value {
    json!({"model": "gpt-5.4", "input": text})
}

fn following(id: &Value, text: &str) -> Value {
    json!({"model": "gpt-5.4", "input": text, "previous_response_id": id})
}

async fn get(setup: &Setup, key: &str, path: &str) -> Response {
    setup.client.get(format!("{}{path}", setup.url)).bearer_auth(key).send().await.unwrap()
}

async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// What the upstream was sent last: each message's role and text.
fn sent(setup: &Setup) -> Vec<(String, String)> {
    let request: Value = serde_json::from_slice(&setup.replay.log().last().unwrap().request).unwrap();
    assert_eq!(request.get("store"), None, "the upstream is to keep nothing: {request}");
    assert_eq!(request.get("previous_response_id"), None);
    let messages = request["messages"].as_array().unwrap().iter();
    let text = |message: &Value| message["content"].as_str().unwrap_or("?").to_owned();
    messages.map(|message| (message["role"].as_str().unwrap().to_owned(), text(message))).collect()
}

#[tokio::test]
async fn a_conversation_goes_on_from_its_id_alone() {
    let setup = over_chat().start().await;
    let first = ask(&setup, &question("One?")).await;
    assert_eq!((&first["store"], &first["previous_response_id"]), (&json!(true), &Value::Null));
    let answer = first["output"][0]["content"][0]["text"].as_str().unwrap().to_owned();
    let mut streamed = following(&first["id"], "Two?");
    streamed["stream"] = json!(true);
    streamed["instructions"] = json!("Be brief.");
    let body = post(&setup, "k", &streamed).await.text().await.unwrap();
    let frames: Vec<&str> = body.split_terminator("\n\n").collect();
    let last = frames[frames.len() - 2].split_once("data: ").unwrap().1;
    let second: Value = serde_json::from_str::<Value>(last).unwrap()["response"].take();
    assert_eq!(second["previous_response_id"], first["id"]);
    assert_ne!(second["id"], first["id"]);
    let third = ask(&setup, &following(&second["id"], "Three?")).await;
    assert_eq!(third["previous_response_id"], second["id"]);
    let said = |role: &str, text: &str| (role.to_owned(), text.to_owned());
    let expected = [
        said("user", "One?"),
        said("assistant", &answer),
        said("user", "Two?"),
        said("assistant", &answer),
        said("user", "Three?"),
    ];
    assert_eq!(sent(&setup), expected, "instructions are of one turn alone");
    setup.stop().await;
}

#[tokio::test]
async fn a_kept_reply_is_found_listed_and_taken_away_by_its_owner_alone() {
    let setup = over_chat().start().await;
    let input = json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]);
    let reply = ask(&setup, &json!({"model": "gpt-5.4", "input": input})).await;
    let id = reply["id"].as_str().unwrap();
    let path = format!("/v1/responses/{id}");
    assert_eq!(json_of(get(&setup, "k", &path).await).await, reply, "as the client had it");
    let page = json_of(get(&setup, "k", &format!("{path}/input_items?limit=2&order=asc")).await).await;
    assert_eq!((&page["object"], &page["has_more"]), (&json!("list"), &json!(true)));
    assert_eq!(page["data"][0]["content"][0], json!({"type": "input_text", "text": "a"}));
    assert_eq!(page["data"][1]["content"][0]["type"], "output_text");
    let after = page["last_id"].as_str().unwrap();
    let rest = json_of(get(&setup, "k", &format!("{path}/input_items?order=asc&after={after}")).await).await;
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["has_more"]), (1, &json!(false)));
    assert_eq!(refusal(get(&setup, "k", &format!("{path}/input_items?limit=x")).await).await.0, 400);
    assert_eq!(refusal(get(&setup, "k", &format!("{path}?stream=true")).await).await.1["param"], "stream");

    for path in [path.clone(), format!("{path}/input_items")] {
        let (status, error) = refusal(get(&setup, "other", &path).await).await;
        assert_eq!((status, error["code"].as_str()), (404, Some("response_not_found")), "{path}");
    }
    let (status, error) = refusal(post(&setup, "other", &following(&reply["id"], "go on")).await).await;
    assert_eq!((status, error["code"].as_str()), (400, Some("previous_response_not_found")));
    let delete =
        async |key: &str| setup.client.delete(format!("{}{path}", setup.url)).bearer_auth(key).send().await.unwrap();
    assert_eq!(delete("other").await.status(), 404);
    assert_eq!(json_of(delete("k").await).await, json!({"id": id, "object": "response", "deleted": true}));
    assert_eq!(delete("k").await.status(), 404);
    assert_eq!(get(&setup, "k", &path).await.status(), 404);
    assert_eq!(post(&setup, "k", &following(&reply["id"], "go on")).await.status(), 400);
    setup.stop().await;
}

#[tokio::test]
async fn what_is_not_to_be_stored_is_not() {
    let setup = over_chat().start().await;
    let stored = ask(&setup, &question("One?")).await;
    let mut body = following(&stored["id"], "Two?");
    body["store"] = json!(false);
    let unstored = ask(&setup, &body).await;
    assert_eq!((&unstored["store"], &unstored["previous_response_id"]), (&json!(false), &stored["id"]));
    let (status, error) = refusal(post(&setup, "k", &following(&unstored["id"], "Three?")).await).await;
    assert_eq!((status, error["code"].as_str()), (400, Some("previous_response_not_found")));
    assert_eq!(get(&setup, "k", &format!("/v1/responses/{}", unstored["id"].as_str().unwrap())).await.status(), 404);
    setup.stop().await;

    let setup = Plan { store: StoreConfig::Off, ..over_chat() }.start().await;
    let reply = ask(&setup, &question("One?")).await;
    assert_eq!(reply["store"], false, "the reply says how it is");
    assert_eq!(post(&setup, "k", &following(&reply["id"], "go on")).await.status(), 400);
    setup.stop().await;
}

#[tokio::test]
async fn items_are_taken_by_reference_and_places_are_those_of_the_client() {
    let setup = over_chat().start().await;
    let reply = ask(&setup, &question("One?")).await;
    let item = &reply["output"][0]["id"];
    let body = json!({"model": "gpt-5.4", "input": [
        {"role": "user", "content": "One?"}, {"type": "item_reference", "id": item}, {"role": "user", "content": "Two?"}]});
    ask(&setup, &body).await;
    assert_eq!(
        sent(&setup)[1],
        ("assistant".to_owned(), reply["output"][0]["content"][0]["text"].as_str().unwrap().to_owned())
    );

    let mut body = following(&reply["id"], "");
    body["input"] = json!([{"role": "user", "content": "x"}, {"role": "clown", "content": "x"}]);
    let (status, error) = refusal(post(&setup, "k", &body).await).await;
    assert_eq!((status, error["param"].as_str()), (400, Some("input[1].role")));
    body["input"] = json!([{"type": "function_call_output", "call_id": "call_of_nobody", "output": "x"}]);
    let (status, error) = refusal(post(&setup, "k", &body).await).await;
    assert_eq!(status, 400, "a result without its call is refused here, whatever the upstream would take: {error}");
    assert!(error["param"].as_str().unwrap().starts_with("input[0]"), "{error}");
    setup.stop().await;
}

#[tokio::test]
async fn over_a_backend_that_keeps_nothing_replies_are_kept_here() {
    let codex = Plan { profile: Some(Profile::codex()), case: Some("responses/text"), ..Plan::default() };
    let setup = codex.start().await;
    let first = ask(&setup, &question("Hello")).await;
    assert_eq!(first["store"], true);
    let second = ask(&setup, &following(&first["id"], "And then?")).await;
    assert_eq!(second["previous_response_id"], first["id"]);
    let sent: Value = serde_json::from_slice(&setup.replay.log().last().unwrap().request).unwrap();
    assert_eq!(sent["store"], false);
    assert_eq!(sent["input"].as_array().unwrap().len(), 3, "{sent}");
    // What is not to be kept is passed on as it is.
    let mut body = question("Hello");
    body["store"] = json!(false);
    post(&setup, "k", &body).await;
    assert_eq!(setup.replay.log().last().unwrap().request, body.to_string().as_bytes());
    setup.stop().await;
}

#[tokio::test]
async fn two_gateways_on_one_redis_go_on_from_each_others_replies() {
    let Some(redis) = RedisServer::start() else { return };
    let plan = || Plan { store: StoreConfig::Redis(redis.url()), ..over_chat() };
    let (one, other) = (plan().start().await, plan().start().await);
    let mut id = ask(&one, &question("0?")).await["id"].clone();
    for (turn, setup) in [&other, &one, &other].into_iter().enumerate() {
        id = ask(setup, &following(&id, &format!("{}?", turn + 1))).await["id"].clone();
    }
    let asked: Vec<_> = sent(&other).into_iter().filter(|(role, _)| role == "user").map(|(_, text)| text).collect();
    assert_eq!(asked, ["0?", "1?", "2?", "3?"]);
    let path = format!("/v1/responses/{}", id.as_str().unwrap());
    assert_eq!(json_of(get(&one, "k", &path).await).await["id"], id);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn without_its_redis_what_needs_no_state_is_served_and_the_rest_is_told() {
    let Some(mut redis) = RedisServer::start() else { return };
    let setup = Plan { store: StoreConfig::Redis(redis.url()), ..over_chat() }.start().await;
    let kept = ask(&setup, &question("One?")).await;
    redis.stop();
    let mut unstored = question("Two?");
    unstored["store"] = json!(false);
    assert_eq!(ask(&setup, &unstored).await["store"], false);
    assert_eq!(ask(&setup, &question("Two?")).await["store"], false, "not asked for in words, and told");
    let chat = json!({"model": "gpt-5.4", "messages": [{"role": "user", "content": "Hello"}]});
    assert_eq!(setup.ask(&chat).await.status(), 200);
    let mut stored = question("Two?");
    stored["store"] = json!(true);
    for body in [stored, following(&kept["id"], "Two?")] {
        let (status, error) = refusal(post(&setup, "k", &body).await).await;
        assert_eq!((status, error["code"].as_str()), (503, Some("store_unavailable")), "{error}");
        assert!(!error["message"].as_str().unwrap().contains("127.0.0.1"), "{error}");
    }
    let path = format!("/v1/responses/{}", kept["id"].as_str().unwrap());
    assert_eq!(refusal(get(&setup, "k", &path).await).await.0, 503);
    setup.stop().await;
}
