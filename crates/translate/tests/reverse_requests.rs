//! Responses requests for Chat upstreams, case by case, and a law over every fixture and recording.
#![cfg(test)]

mod support;

use interlingua_translate::{Error, LossCode, Policy, Profile, Translated, chat, responses};
use interlingua_wire as wire;
use serde_json::{Value, json};
use support::{fixtures, recordings};

fn translate(body: &Value, profile: &Profile) -> Result<Translated<wire::chat::Request>, Error> {
    let wire = serde_json::from_str(&body.to_string()).unwrap();
    let request = responses::decode_request(wire)?;
    let mut chat = chat::encode_request(request.value, profile)?;
    chat.losses.splice(0..0, request.losses);
    Ok(chat)
}

/// The request and the paths and codes of what it lost.
fn chat(input: &Value, profile: &Profile) -> (Value, Vec<(String, LossCode)>) {
    let Translated { value, losses } = translate(input, profile).unwrap();
    let losses = losses.into_iter().map(|loss| (loss.path, loss.code)).collect();
    (serde_json::to_value(&value).unwrap(), losses)
}

fn with_input(input: &Value) -> Value {
    json!({"model": "m", "store": false, "input": input})
}

fn messages(input: &Value) -> Value {
    chat(&with_input(input), &Profile::openai()).0["messages"].clone()
}

fn call(id: &str) -> Value {
    json!({"type": "function_call", "call_id": id, "name": "f", "arguments": "{}"})
}

fn answer(id: &str) -> Value {
    json!({"type": "function_call_output", "call_id": id, "output": id})
}

#[test]
fn every_recorded_request_is_translated_or_refused_with_a_param() {
    let mut bodies: Vec<(String, Value)> = fixtures("responses")
        .into_iter()
        .filter_map(|case| Some((case.name.clone(), serde_json::from_slice(&case.file("request.json")?).unwrap())))
        .collect();
    assert!(bodies.len() > 30, "the fixtures have requests");
    for kind in ["responses_requests", "codex_cli_requests"] {
        for (name, bytes) in recordings(kind) {
            if let Ok(body) = serde_json::from_slice::<Value>(&bytes) {
                let body = if body.get("method").is_some() { body["body"].clone() } else { body };
                bodies.push((name, body));
            }
        }
    }
    for (name, body) in bodies {
        for profile in [Profile::openai(), Profile::compatible()] {
            let Ok(wire) = serde_json::from_str::<wire::responses::Request>(&body.to_string()) else {
                panic!("{name}: not a request")
            };
            let result =
                responses::decode_request(wire).and_then(|request| chat::encode_request(request.value, &profile));
            match result {
                Ok(chat) => results_follow_their_calls(&chat.value).unwrap_or_else(|error| panic!("{name}: {error}")),
                Err(error) => {
                    assert_eq!(error.status(), 400, "{name}: {error}");
                    assert!(error.param().is_some_and(|param| !param.is_empty()), "{name}: {error}");
                }
            }
        }
    }
}

/// What Chat asks of a history.
fn results_follow_their_calls(request: &wire::chat::Request) -> Result<(), String> {
    let request = serde_json::to_value(request).unwrap();
    let mut open: Vec<Value> = Vec::new();
    for (index, message) in request["messages"].as_array().unwrap().iter().enumerate() {
        if message["role"] == "tool" {
            if !open.contains(&message["tool_call_id"]) {
                return Err(format!("messages[{index}] answers no call of the message before it"));
            }
        } else {
            open = message["tool_calls"].as_array().into_iter().flatten().map(|call| call["id"].clone()).collect();
        }
    }
    Ok(())
}

#[test]
fn a_turn_is_one_message_and_its_results_stand_behind_it() {
    let input = json!([
        {"role": "user", "content": "q"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "A", "annotations": []}]},
        call("a"), call("b"), answer("b"), answer("a"),
        call("c"), answer("c"),
    ]);
    let call = |id: &str| json!({"type": "function", "id": id, "function": {"name": "f", "arguments": "{}"}});
    let tool = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": id});
    assert_eq!(
        messages(&input),
        json!([
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [{"type": "text", "text": "A"}], "tool_calls": [call("a"), call("b")]},
            tool("b"), tool("a"),
            {"role": "assistant", "content": null, "tool_calls": [call("c")]},
            tool("c"),
        ])
    );
}

#[test]
fn a_late_result_moves_up_and_what_was_said_meanwhile_follows() {
    let input = json!([call("a"), call("b"), answer("a"), {"role": "user", "content": "wait"}, answer("b")]);
    let (chat, losses) = chat(&with_input(&input), &Profile::openai());
    let roles: Vec<_> = chat["messages"].as_array().unwrap().iter().map(|message| &message["role"]).collect();
    assert_eq!(roles, ["assistant", "tool", "tool", "user"]);
    assert_eq!(losses, [("input[4]".to_owned(), LossCode::MovedItem)]);
}

#[test]
fn a_result_without_its_call_is_refused() {
    let error = translate(&with_input(&json!([answer("a")])), &Profile::openai()).unwrap_err();
    assert_eq!(error.param(), Some("input[0].call_id"));
}

#[test]
fn media_in_a_result_follow_in_a_user_message_unless_the_profile_keeps_them() {
    let image = json!({"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "original"});
    let output = json!({"type": "function_call_output", "call_id": "b", "output": [{"type": "input_text", "text": "done"}, image]});
    let body = with_input(&json!([call("a"), call("b"), output, answer("a")]));
    let picture = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA", "detail": "high"}});
    let (moved, losses) = chat(&body, &Profile::openai());
    assert_eq!(moved["messages"][1]["content"], json!([{"type": "text", "text": "done"}]));
    assert_eq!(moved["messages"][3], json!({"role": "user", "content": [picture]}), "behind the whole batch");
    assert!(losses.contains(&("input[2].output[1]".to_owned(), LossCode::MovedMedia)), "{losses:?}");

    let mut keeping = Profile::openai();
    keeping.chat.media_in_tool_results = true;
    let (kept, _) = chat(&body, &keeping);
    assert_eq!(kept["messages"][1]["content"][1], picture);
    assert_eq!(kept["messages"].as_array().unwrap().len(), 3);
}

#[test]
fn a_compatible_server_gets_one_system_message_plain_text_and_functions() {
    let body = json!({
        "model": "m", "instructions": "I", "store": false, "max_output_tokens": 9, "service_tier": "auto",
        "input": [
            {"role": "developer", "content": [{"type": "input_text", "text": "D1"}, {"type": "input_text", "text": "D2"}]},
            {"role": "user", "content": [{"type": "input_text", "text": "x"}]},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "custom_tool_call", "call_id": "c", "name": "apply_patch", "input": "*** \"p\"\n"},
            {"type": "custom_tool_call_output", "call_id": "c", "output": "ok"},
        ],
        "tools": [{"type": "custom", "name": "apply_patch", "description": "Patches.",
                   "format": {"type": "grammar", "syntax": "lark", "definition": "start: X"}}],
    });
    let (chat, losses) = chat(&body, &Profile::compatible());
    assert_eq!(chat["messages"][0], json!({"role": "system", "content": "I\n\nD1\nD2"}));
    assert_eq!(chat["messages"][1], json!({"role": "user", "content": "x"}));
    assert_eq!(chat["messages"][2]["reasoning_content"], "hm");
    let call = &chat["messages"][2]["tool_calls"][0];
    assert_eq!(call["function"]["arguments"], r#"{"input":"*** \"p\"\n"}"#);
    let tool = &chat["tools"][0]["function"];
    assert_eq!(tool["parameters"]["required"], json!(["input"]));
    assert_eq!(tool["description"], "Patches.\n\nThe input must follow this lark grammar:\nstart: X");
    assert_eq!(chat["max_tokens"], 9);
    for absent in ["store", "service_tier", "max_completion_tokens"] {
        assert_eq!(chat.get(absent), None, "{absent}");
    }
    assert_eq!(losses, [("tools[0]".to_owned(), LossCode::CustomAsFunction)]);
}

#[test]
fn tools_from_the_input_join_the_others_and_a_second_offer_replaces_the_first() {
    let tool =
        |name: &str, about: &str| json!({"type": "function", "name": name, "description": about, "parameters": null});
    let body = json!({
        "model": "m", "store": false, "tools": [tool("a", "old"), tool("b", "")],
        "input": [
            {"type": "additional_tools", "role": "developer", "tools": [tool("a", "new"), tool("c", "")]},
            {"role": "user", "content": "x"},
        ],
    });
    let (chat, losses) = chat(&body, &Profile::openai());
    let names: Vec<_> = chat["tools"].as_array().unwrap().iter().map(|tool| &tool["function"]["name"]).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(chat["tools"][0]["function"]["description"], "new");
    assert_eq!(losses, [("input[0]".to_owned(), LossCode::MovedItem)]);
}

#[test]
fn two_tools_of_one_name_are_refused() {
    let tool = json!({"type": "function", "name": "a"});
    let error = translate(&json!({"model": "m", "input": "x", "tools": [tool, tool]}), &Profile::openai()).unwrap_err();
    assert_eq!(error.param(), Some("tools[1]"));
}

#[test]
fn a_choice_may_name_a_groups_tool_with_or_without_the_group() {
    for name in ["get", "crm__get"] {
        let body = json!({
            "model": "m", "input": "x", "store": false, "tool_choice": {"type": "function", "name": name},
            "tools": [{"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "get"}]}],
        });
        let (chat, _) = chat(&body, &Profile::openai());
        assert_eq!(chat["tool_choice"]["function"]["name"], "crm__get");
    }
}

#[test]
fn a_hosted_tool_is_lost_but_never_one_that_must_be_called() {
    let tools = json!([{"type": "web_search"}]);
    let body =
        |choice: Value| json!({"model": "m", "input": "x", "store": false, "tools": tools, "tool_choice": choice});
    let (kept, losses) = chat(&body(json!("auto")), &Profile::openai());
    assert_eq!((kept.get("tools"), kept.get("tool_choice")), (None, None));
    assert_eq!(losses, [("tools[0]".to_owned(), LossCode::DroppedTool)]);
    for choice in [json!("required"), json!({"type": "web_search"})] {
        let error = translate(&body(choice), &Profile::openai()).unwrap_err();
        assert_eq!(error.param(), Some("tool_choice"));
    }
    let mut search_model = Profile::openai();
    search_model.chat.web_search = true;
    let (searching, losses) = chat(&body(json!({"type": "web_search"})), &search_model);
    assert_eq!((&searching["web_search_options"], losses.len()), (&json!({}), 0));
}

#[test]
fn a_stream_is_always_asked_for_its_usage() {
    let (chat, _) = chat(&json!({"model": "m", "input": "x", "store": false, "stream": true}), &Profile::openai());
    assert_eq!(chat["stream_options"], json!({"include_usage": true}));
}

#[test]
fn what_needs_a_server_that_remembers_is_refused_by_name() {
    for (field, value) in [
        ("previous_response_id", json!("resp_1")),
        ("conversation", json!({"id": "conv_1"})),
        ("prompt", json!({"id": "pmpt_1"})),
        ("background", json!(true)),
    ] {
        let error = translate(&json!({"model": "m", "input": "x", field: value}), &Profile::openai()).unwrap_err();
        assert_eq!((error.param(), error.code()), (Some(field), Some("unsupported_parameter")));
    }
}

#[test]
fn an_unknown_item_is_left_out_and_strict_refuses_that() {
    let body = with_input(&json!([{"type": "hologram", "beam": 1}, {"role": "user", "content": "x"}]));
    let translated = translate(&body, &Profile::openai()).unwrap();
    assert_eq!(translated.losses[0].code, LossCode::UnknownItem);
    assert_eq!(translated.under(Policy::Strict).unwrap_err().param(), Some("input[0]"));
}
