//! What is asked of a replay, and how its streams are read.

use interlingua_model::Api;
use interlingua_replay::{Replay, Server};
use interlingua_wire::{chat, responses};
use serde_json::{Value, json};

use crate::client::{Client, Reply};

pub(crate) const RESPONSES: &str = "/v1/responses";
pub(crate) const CHAT: &str = "/v1/chat/completions";

pub(crate) async fn served(replay: Replay) -> (Server, Client) {
    let server = replay.spawn().await.unwrap();
    let client = Client::new(server.addr());
    (server, client)
}

pub(crate) fn ask(text: &str) -> Value {
    json!({"model": "any-model", "input": [{"type": "message", "role": "user", "content": text}], "store": false})
}

pub(crate) fn chat_ask(text: &str) -> Value {
    json!({"model": "any-model", "messages": [{"role": "user", "content": text}]})
}

pub(crate) fn with(mut request: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else { panic!("an object of fields") };
    request.as_object_mut().unwrap().extend(fields);
    request
}

pub(crate) fn weather() -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"]}}, "required": ["city", "unit"]});
    json!({"type": "function", "name": "look_up", "parameters": schema, "strict": false})
}

pub(crate) fn chat_weather() -> Value {
    let Value::Object(mut tool) = weather() else { panic!() };
    tool.remove("type");
    json!({"type": "function", "function": tool})
}

/// Reads a Responses stream as a client would: every event known, numbered, and the deltas equal to what is declared done.
pub(crate) fn read_responses(reply: &Reply) -> (Vec<String>, Value) {
    let mut kinds = Vec::new();
    let mut deltas = String::new();
    let mut terminal = None;
    for (number, event) in reply.events().into_iter().enumerate() {
        let value: Value = serde_json::from_str(&event.data).unwrap();
        let kind = value["type"].as_str().unwrap().to_owned();
        assert_eq!(event.name(), kind);
        assert_eq!(value["sequence_number"], number, "{kind}");
        let wire = responses::Event::parse(&event.data, None).unwrap();
        assert!(!matches!(wire, responses::Event::Unknown(_)), "{kind}");
        deltas.push_str(value["delta"].as_str().unwrap_or_default());
        for done in ["arguments", "input", "text"] {
            if let Some(done) = value[done].as_str() {
                assert_eq!(done, deltas, "{kind}");
            }
        }
        if let Some(response) = value.get("response") {
            terminal = Some(response.clone());
        }
        kinds.push(kind);
    }
    (kinds, terminal.unwrap())
}

/// Folds a chat stream: text, calls as (id, name, arguments), finish reason, and whether there was usage.
pub(crate) fn read_chat(reply: &Reply) -> (String, Vec<(String, String, String)>, String, bool) {
    let (mut text, mut calls, mut finish, mut usage) = (String::new(), Vec::new(), String::new(), false);
    let events = reply.events();
    assert_eq!(events.last().unwrap().data, "[DONE]");
    for event in &events[..events.len() - 1] {
        serde_json::from_str::<chat::Chunk<'_>>(&event.data).unwrap();
        let chunk: Value = serde_json::from_str(&event.data).unwrap();
        assert_eq!(chunk["model"], "any-model");
        usage |= chunk["usage"].is_object();
        let choice = &chunk["choices"][0];
        text.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
        finish.push_str(choice["finish_reason"].as_str().unwrap_or_default());
        for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let body = if call["custom"].is_object() { &call["custom"] } else { &call["function"] };
            if let Some(id) = call["id"].as_str() {
                calls.push((id.to_owned(), body["name"].as_str().unwrap().to_owned(), String::new()));
            }
            let piece = body["arguments"].as_str().or(body["input"].as_str()).unwrap_or_default();
            calls.last_mut().unwrap().2.push_str(piece);
        }
    }
    (text, calls, finish, usage)
}

/// Where an API is asked.
pub(crate) fn path_of(api: Api) -> &'static str {
    match api {
        Api::Chat => CHAT,
        Api::Responses => RESPONSES,
        Api::Messages => "/v1/messages",
    }
}
