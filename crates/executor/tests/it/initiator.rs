//! What an upstream is told of a conversation beside it: who asks, a user or a program on its own, and whether there is a picture.

use crate::support::{Script, Scripted, config, of, reply};
use interlingua_executor::Profile;
use interlingua_model::Api;
use interlingua_translate::Translator;
use serde_json::{Value, json};

/// What the upstream answers.
fn answer() -> Script {
    let message = json!({"role": "assistant", "content": "Hello"});
    let choices = json!([{"index": 0, "message": message, "finish_reason": "stop"}]);
    reply(200, "application/json", json!({"id": "1", "model": "m", "choices": choices}).to_string())
}

/// A question, and what comes of it once a tool has been called and has answered.
fn conversations() -> [(Api, Value, Value); 3] {
    let question = json!({"role": "user", "content": "q"});
    let call = json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    [
        (
            Api::Chat,
            json!({"model": "m", "messages": [{"role": "system", "content": "s"}, question]}),
            json!({"model": "m", "messages": [question, {"role": "assistant", "content": null, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c1", "content": "1"}]}),
        ),
        (
            Api::Responses,
            json!({"model": "m", "input": "q"}),
            json!({"model": "m", "input": [question, {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c1", "output": "1"}]}),
        ),
        (
            Api::Messages,
            json!({"model": "m", "max_tokens": 9, "messages": [question]}),
            json!({"model": "m", "max_tokens": 9, "messages": [question, {"role": "assistant", "content": "a"}, question]}),
        ),
    ]
}

#[tokio::test]
async fn what_begins_a_conversation_is_asked_by_a_user_and_all_that_follows_by_an_agent() {
    let upstream = Scripted::new((0..8).map(|_| answer()));
    let executor = upstream.executor(of(Profile::named("copilot", Api::Chat).unwrap()));
    let mut expected = Vec::new();
    for (api, opening, following) in conversations() {
        for (body, who) in [(opening, "user"), (following, "agent")] {
            let body = body.to_string();
            executor.ask(Translator::new(api).read(body.as_bytes()).unwrap()).await.unwrap();
            expected.push(who);
            if api == Api::Chat {
                executor.pass(&Translator::new(api), body.into(), &http::HeaderMap::new()).await.unwrap();
                expected.push(who);
            }
        }
    }
    let told: Vec<_> =
        upstream.sent().iter().map(|sent| sent.headers()["x-initiator"].to_str().unwrap().to_owned()).collect();
    assert_eq!(told, expected);
}

/// A picture in a question, and one that a tool has shown.
fn pictures() -> [(Api, Value); 4] {
    let url = "data:image/png;base64,AAAA";
    let call = json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let shown = json!({"type": "image_url", "image_url": {"url": url}});
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}});
    [
        (Api::Chat, json!({"model": "m", "messages": [{"role": "user", "content": [shown]}]})),
        (
            Api::Chat,
            json!({"model": "m", "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c1", "content": [shown]}, {"role": "user", "content": "q"}]}),
        ),
        (
            Api::Responses,
            json!({"model": "m", "input": [{"role": "user", "content": [{"type": "input_image", "image_url": url}]}]}),
        ),
        (
            Api::Messages,
            json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "q"},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": [image]}]}]}),
        ),
    ]
}

#[tokio::test]
async fn a_picture_is_told_of_wherever_it_stands_and_nothing_where_there_is_none() {
    let upstream = Scripted::new((0..14).map(|_| answer()));
    let executor = upstream.executor(of(Profile::named("copilot", Api::Chat).unwrap()));
    let without = conversations().into_iter().flat_map(|(api, one, other)| [(api, one, None), (api, other, None)]);
    let with = pictures().into_iter().map(|(api, body)| (api, body, Some("true")));
    let mut expected = Vec::new();
    for (api, body, is_told) in with.chain(without) {
        let body = body.to_string();
        executor.ask(Translator::new(api).read(body.as_bytes()).unwrap()).await.unwrap();
        expected.push(is_told);
        if api == Api::Chat {
            executor.pass(&Translator::new(api), body.into(), &http::HeaderMap::new()).await.unwrap();
            expected.push(is_told);
        }
    }
    let sent = upstream.sent();
    let told: Vec<_> = sent
        .iter()
        .map(|sent| sent.headers().get("copilot-vision-request").map(|value| value.to_str().unwrap()))
        .collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn nobody_else_is_told() {
    let upstream = Scripted::new([answer()]);
    let body = br#"{"model":"m","input":"q"}"#;
    upstream.executor(config(Api::Chat)).ask(Translator::new(Api::Responses).read(body).unwrap()).await.unwrap();
    assert!(!upstream.sent()[0].headers().contains_key("x-initiator"));
}
