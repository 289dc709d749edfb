//! What carries a conversation on: thoughts that an upstream does not take back, and the name of its prompt cache.

use interlingua_gateway::{Config, UpstreamConfig};
use interlingua_translate::Api;
use serde_json::{Value, json};

use super::{Double, Told, answer_in, hello, over};

const REFUSAL: &str = "messages.1.content.0: Invalid `signature` in `thinking` block";

/// An upstream that takes no thoughts of earlier turns.
async fn without_thoughts() -> Double {
    Double::start(|seen| {
        if seen.body.contains("\"thinking\"") && seen.body.contains("\"signature\"") {
            let error = json!({"type": "invalid_request_error", "message": REFUSAL});
            return Told::json(400, &json!({"type": "error", "error": error, "request_id": "req_up"}));
        }
        Told::json(200, &answer_in(Api::Messages))
    })
    .await
}

fn thinking() -> Value {
    let thought = json!({"type": "thinking", "thinking": "T", "signature": "S"});
    let mut body = hello(false);
    body["messages"] = json!([
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": [thought, {"type": "text", "text": "A"}]},
        {"role": "user", "content": "and now?"},
    ]);
    body
}

#[tokio::test]
async fn thoughts_that_an_upstream_refuses_are_left_out_in_a_second_try() {
    let of_chat = json!({"model": "m", "messages": [
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "A", "reasoning_details": [{"type": "reasoning.text", "text": "T",
            "signature": "S", "format": "anthropic-claude-v1", "index": 0, "before": "content"}]},
        {"role": "user", "content": "and now?"},
    ]});
    for (path, repair, body) in [
        ("/v1/messages", false, thinking()),
        ("/v1/messages", true, thinking()),
        ("/v1/chat/completions", false, of_chat),
    ] {
        let double = without_thoughts().await;
        let setup = over(UpstreamConfig { repair, ..double.config(Api::Messages) }, Config::default()).await;
        let response = setup.post(path, body.to_string()).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path} {repair}");
        if let Some(losses) = response.headers().get("x-interlingua-losses") {
            assert!(losses.to_str().unwrap().contains("dropped_reasoning"), "{losses:?}");
        }
        let asked = double.asked();
        assert_eq!(asked.len(), 2, "{path} {repair}");
        assert!(asked[0].body.contains("\"T\"") && !asked[1].body.contains("\"T\""), "{}", asked[1].body);
        assert!(asked[1].body.contains("\"A\"") && asked[1].body.contains("and now?"), "{}", asked[1].body);
        setup.stop().await;
    }
}

/// How a model thinks and how much it writes, its upstream's list says.
#[tokio::test]
async fn requests_are_written_as_the_list_of_models_says() {
    let double = Double::start(|seen| {
        if seen.body.is_empty() {
            let of = |adaptive: bool| {
                json!({"supported": true, "types": {"adaptive": {"supported": adaptive},
                "enabled": {"supported": !adaptive}, "disabled": {"supported": true}}})
            };
            return Told::json(
                200,
                &json!({"data": [
                {"type": "model", "id": "older", "max_tokens": 64000, "capabilities": {"thinking": of(false)}},
                {"type": "model", "id": "newer", "max_tokens": 128_000, "capabilities": {"thinking": of(true)}},
            ], "has_more": false}),
            );
        }
        Told::json(200, &answer_in(Api::Messages))
    })
    .await;
    let setup = over(double.config(Api::Messages), Config::default()).await;
    for (model, limit, thinking) in [
        ("older", 64000, "enabled"),
        ("newer", 128_000, "adaptive"),
        ("older", 64000, "enabled"),
        ("unknown", 32000, "adaptive"),
    ] {
        let mut body = crate::support::hello(false);
        (body["model"], body["reasoning_effort"]) = (json!(model), json!("high"));
        assert_eq!(setup.ask(&body).await.status(), 200);
        let sent: Value = serde_json::from_str(&double.asked().pop().unwrap().body).unwrap();
        assert_eq!(
            (&sent["max_tokens"], &sent["thinking"]["type"]),
            (&json!(limit), &json!(thinking)),
            "{model}: {sent}"
        );
    }
    setup.stop().await;
}

#[tokio::test]
async fn another_refusal_is_not_asked_again() {
    let double = Double::start(|_| {
        let error = json!({"type": "invalid_request_error", "message": "thinking.budget_tokens: too small"});
        Told::json(400, &json!({"type": "error", "error": error}))
    })
    .await;
    let setup = over(double.config(Api::Messages), Config::default()).await;
    assert_eq!(setup.post("/v1/messages", thinking().to_string()).send().await.unwrap().status(), 400);
    assert_eq!(double.asked().len(), 1);
    setup.stop().await;
}

#[tokio::test]
async fn the_session_of_the_client_names_the_prompt_cache() {
    let user = json!({"user_id": json!({"device_id": "d", "session_id": "of-the-body"}).to_string()});
    for api in [Api::Chat, Api::Responses] {
        let double = Double::start(move |_| Told::json(200, &answer_in(api))).await;
        // A server of one's own may know no such thing; the public API does.
        let profile = Some(interlingua_executor::Profile::openai(api));
        let setup = over(UpstreamConfig { profile, ..double.config(api) }, Config::default()).await;
        for (header, metadata, expected) in [
            (Some("of-the-header"), Some(&user), json!("of-the-header")),
            (Some("of-the-header"), None, json!("of-the-header")),
            (None, Some(&user), json!("of-the-body")),
            (None, None, Value::Null),
        ] {
            let mut body = hello(false);
            if let Some(metadata) = metadata {
                body["metadata"] = metadata.clone();
            }
            let asked = setup.post("/v1/messages", body.to_string());
            let asked = header.into_iter().fold(asked, |asked, id| asked.header("x-claude-code-session-id", id));
            assert_eq!(asked.send().await.unwrap().status(), 200);
            let seen = double.asked().pop().unwrap();
            let sent: Value = serde_json::from_str(&seen.body).unwrap();
            assert_eq!(sent["prompt_cache_key"], expected, "{api:?} {header:?} {}", seen.body);
            assert_eq!(seen.header("x-claude-code-session-id"), None, "it is no header of that API");
        }
        setup.stop().await;
    }
}
