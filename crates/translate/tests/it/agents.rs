//! Items of agents, and what a history says about the whole of a request, in front of a Chat upstream.

use interlingua_translate::{Api, LossCode, Outcome, Outgoing, Reply, Stage, Translator, Upstream};
use serde_json::{Value, json};

use crate::support::{Received, stamp};

fn outgoing(request: &Value) -> Outgoing<Reply> {
    let translator = Translator::new(Api::Responses);
    translator.request(request.to_string().as_bytes(), &Upstream::usual(Api::Chat), stamp()).unwrap()
}

/// The request that a Chat upstream gets, and what was lost.
fn asked(input: &Value, more: &Value) -> (Value, Vec<(String, LossCode)>) {
    let mut request = json!({"model": "m", "input": input});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let outgoing = outgoing(&request);
    let losses = outgoing.losses.iter().map(|loss| (loss.path.clone(), loss.code)).collect();
    (serde_json::from_slice(&outgoing.body).unwrap(), losses)
}

#[test]
fn what_an_agent_says_is_a_message_without_what_is_sealed() {
    let message =
        |content: Value| json!({"type": "agent_message", "author": "/root", "recipient": "/a", "content": content});
    let (body, losses) = asked(
        &json!([message(json!([
            {"type": "input_text", "text": "Look at this."},
            {"type": "encrypted_content", "encrypted_content": "gAAAAABsealed"},
            {"type": "encrypted_content", "encrypted_content": "Then report."},
            {"type": "output_text", "text": "Thanks.", "annotations": []}
        ]))]),
        &json!({}),
    );
    let texts: Vec<_> = body["messages"][0]["content"].as_array().unwrap().iter().map(|part| &part["text"]).collect();
    assert_eq!(texts, ["Look at this.", "Then report.", "Thanks."]);
    assert_eq!(body["messages"][0]["role"], "user");
    assert!(!body.to_string().contains("gAAAA"));
    let path = || "input[0]".to_owned();
    assert_eq!(losses, [(path(), LossCode::DroppedHistory), (path(), LossCode::ItemAsMessage)]);

    let sealed = message(json!([{"type": "encrypted_content", "encrypted_content": "gAAAAABsealed"}]));
    let (body, losses) = asked(&json!([sealed, {"role": "user", "content": "Go on."}]), &json!({}));
    assert_eq!(body["messages"], json!([{"role": "user", "content": "Go on."}]));
    assert_eq!(losses, [(path(), LossCode::DroppedHistory)]);
}

#[test]
fn the_last_settings_of_a_history_are_those_of_the_request() {
    let update = |more: Value| {
        let mut update = json!({"type": "configuration_update"});
        update.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        update
    };
    let schema = json!({"type": "json_schema", "name": "s", "schema": {"type": "object"}});
    let (body, losses) = asked(
        &json!([
            {"role": "user", "content": "a"},
            update(json!({"reasoning": {"effort": "high"}, "text": {"format": schema}})),
            {"role": "assistant", "content": "b"},
            update(json!({"reasoning": {"effort": "low"}})),
            {"role": "user", "content": "c"}
        ]),
        &json!({"reasoning": {"effort": "medium"}}),
    );
    assert_eq!(body["reasoning_effort"], "low");
    assert_eq!(body["response_format"]["json_schema"]["name"], "s", "a format holds until the next one");
    assert_eq!(body["messages"].as_array().unwrap().len(), 3);
    assert!(losses.contains(&("input[1]".to_owned(), LossCode::MovedItem)), "{losses:?}");

    let back = update(json!({"text": {"format": {"type": "text"}}}));
    let (body, _) = asked(
        &json!([update(json!({"text": {"format": schema}})), back, {"role": "user", "content": "a"}]),
        &json!({}),
    );
    assert!(body["response_format"].is_null() || body["response_format"]["type"] == "text", "{body}");
}

#[test]
fn a_mark_of_a_compaction_is_left_out_and_a_sealed_one_is_lost() {
    let user = json!({"role": "user", "content": "a"});
    let (body, losses) = asked(&json!([{"type": "context_compaction"}, user]), &json!({}));
    assert_eq!(body["messages"], json!([user]));
    assert_eq!(losses, [("input[0]".to_owned(), LossCode::DroppedItem)]);
    let sealed = json!({"type": "context_compaction", "encrypted_content": "gAAAAAB"});
    let (body, losses) = asked(&json!([sealed, user]), &json!({}));
    assert_eq!(losses, [("input[0]".to_owned(), LossCode::DroppedHistory)]);
    assert!(
        body["messages"][0]["content"].as_str().unwrap().contains("cannot be read here"),
        "the model is told: {body}"
    );
    assert_eq!(body["messages"][1], user);
}

fn search() -> Value {
    json!({"type": "tool_search", "execution": "client", "description": "Finds tools.",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}}})
}

fn found() -> Value {
    json!([
        {"role": "user", "content": "q"},
        {"type": "tool_search_call", "execution": "client", "call_id": "call_1", "arguments": {"query": "mail"}},
        {"type": "tool_search_output", "execution": "client", "call_id": "call_1", "tools": [
            {"type": "namespace", "name": "mail", "description": "", "tools": [
                {"type": "function", "name": "send", "parameters": {"type": "object"}, "defer_loading": true}]}]},
        {"type": "function_call", "call_id": "call_2", "namespace": "mail", "name": "send", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_2", "output": "sent"}
    ])
}

#[test]
fn the_clients_search_for_tools_is_a_function_and_what_it_finds_is_offered() {
    let (body, _) = asked(&found(), &json!({"tools": [search()]}));
    let tools: Vec<_> =
        body["tools"].as_array().unwrap().iter().map(|tool| tool["function"]["name"].as_str().unwrap()).collect();
    assert_eq!(tools, ["tool_search", "mail__send"]);
    assert_eq!(body["tools"][0]["function"]["description"], "Finds tools.");
    let call = &body["messages"][1]["tool_calls"][0];
    assert_eq!((&call["id"], &call["function"]["name"]), (&json!("call_1"), &json!("tool_search")));
    let arguments: Value = serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
    assert_eq!(arguments, json!({"query": "mail"}));
    assert!(body["messages"][2]["content"].as_str().unwrap().contains("mail"));
    assert_eq!(body["messages"][3]["tool_calls"][0]["function"]["name"], "mail__send");
}

/// What a Responses client receives of a Chat reply that calls a tool.
fn received(name: &str, streamed: bool) -> (Vec<Value>, Outcome) {
    let request = json!({"model": "m", "input": found(), "tools": [search()], "stream": streamed});
    let mut answer = outgoing(&request).reply.answer();
    let mut out = Received::default();
    let call = |arguments: &str| {
        json!({"index": 0, "id": "call_9", "type": "function", "function": {
        "name": name, "arguments": arguments}})
    };
    if streamed {
        let chunk = |delta: Value, reason: Value| {
            json!({"id": "c", "choices": [{"index": 0, "delta": delta,
            "finish_reason": reason}]})
        };
        let rest = json!({"tool_calls": [{"index": 0, "function": {"arguments": "\"x\"}"}}]});
        for chunk in [
            chunk(json!({"role": "assistant", "tool_calls": [call("{\"query\":")]}), json!(null)),
            chunk(rest, json!(null)),
            chunk(json!({}), json!("tool_calls")),
        ] {
            assert_ne!(answer.event(None, &chunk.to_string(), &mut out), Stage::Failed);
        }
        answer.event(None, "[DONE]", &mut out);
    } else {
        let message = json!({"role": "assistant", "content": null, "tool_calls": [call("{\"query\":\"x\"}")]});
        let reply = json!({"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]});
        answer.whole(reply.to_string().as_bytes(), &mut out);
    }
    let outcome = answer.finish(&mut out);
    (out.0.iter().map(|frame| serde_json::from_str(&frame.data).unwrap()).collect(), outcome)
}

#[test]
fn a_call_of_that_function_is_the_clients_search_again() {
    for streamed in [false, true] {
        let (frames, outcome) = received("tool_search", streamed);
        assert_eq!(outcome.losses, []);
        let last = frames.last().unwrap();
        let item = if streamed { &last["response"]["output"][0] } else { &last["output"][0] };
        assert_eq!(item["type"], "tool_search_call", "{last}");
        assert_eq!((&item["call_id"], &item["execution"]), (&json!("call_9"), &json!("client")));
        assert_eq!(item["arguments"], json!({"query": "x"}));
        assert!(!frames.iter().any(|frame| frame["type"].as_str().is_some_and(|kind| kind.contains("function_call"))));
        let (frames, _) = received("mail__send", streamed);
        let last = frames.last().unwrap();
        let item = if streamed { &last["response"]["output"][0] } else { &last["output"][0] };
        assert_eq!((&item["namespace"], &item["name"]), (&json!("mail"), &json!("send")), "{last}");
    }
}

/// A search that the server makes is nothing that a Chat upstream could be asked for.
#[test]
fn a_servers_search_for_tools_is_lost() {
    let tool = json!({"type": "tool_search", "execution": "server"});
    let (body, losses) = asked(&json!([{"role": "user", "content": "q"}]), &json!({"tools": [tool]}));
    assert!(body.get("tools").is_none(), "{body}");
    assert_eq!(losses, [("tools[0]".to_owned(), LossCode::DroppedTool)]);
}
