//! Responses requests for Chat upstreams.

use interlingua_translate::{Api, ChatUpstream, Error, LossCode, Outgoing, Policy, Reply, Translator, Upstream};
use serde_json::{Value, json};

use crate::support::stamp;

fn translate(body: &Value, upstream: &ChatUpstream) -> Result<Outgoing<Reply>, Error> {
    translate_under(Policy::Lenient, body, upstream)
}

fn translate_under(policy: Policy, body: &Value, upstream: &ChatUpstream) -> Result<Outgoing<Reply>, Error> {
    let translator = Translator { policy, ..Translator::new(Api::Responses) };
    translator.request(body.to_string().as_bytes(), &Upstream::Chat(upstream.clone()), stamp())
}

/// The request and the paths and codes of what it lost.
fn chat(input: &Value, upstream: &ChatUpstream) -> (Value, Vec<(String, LossCode)>) {
    let Outgoing { body, losses, .. } = translate(input, upstream).unwrap();
    let losses = losses.into_iter().map(|loss| (loss.path, loss.code)).collect();
    (serde_json::from_slice(&body).unwrap(), losses)
}

fn with_input(input: &Value) -> Value {
    json!({"model": "m", "store": false, "input": input})
}

fn messages(input: &Value) -> Value {
    chat(&with_input(input), &ChatUpstream::default()).0["messages"].clone()
}

fn call(id: &str) -> Value {
    json!({"type": "function_call", "call_id": id, "name": "f", "arguments": "{}"})
}

fn answer(id: &str) -> Value {
    json!({"type": "function_call_output", "call_id": id, "output": id})
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
    let (chat, losses) = chat(&with_input(&input), &ChatUpstream::default());
    let roles: Vec<_> = chat["messages"].as_array().unwrap().iter().map(|message| &message["role"]).collect();
    assert_eq!(roles, ["assistant", "tool", "tool", "user"]);
    assert_eq!(losses, [("input[4]".to_owned(), LossCode::MovedItem)]);
}

#[test]
fn a_result_without_its_call_is_refused() {
    let error = translate(&with_input(&json!([answer("a")])), &ChatUpstream::default()).unwrap_err();
    assert_eq!(error.param(), Some("input[0].call_id"));
}

#[test]
fn media_in_a_result_follow_in_a_user_message_unless_the_upstream_keeps_them() {
    let image = json!({"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "original"});
    let output = json!({"type": "function_call_output", "call_id": "b", "output": [{"type": "input_text", "text": "done"}, image]});
    let body = with_input(&json!([call("a"), call("b"), output, answer("a")]));
    let picture = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA", "detail": "high"}});
    let (moved, losses) = chat(&body, &ChatUpstream::default());
    assert_eq!(moved["messages"][1]["content"], json!([{"type": "text", "text": "done"}]));
    assert_eq!(moved["messages"][3], json!({"role": "user", "content": [picture]}), "behind the whole batch");
    assert!(losses.contains(&("input[2].output[1]".to_owned(), LossCode::MovedMedia)), "{losses:?}");

    let keeping = ChatUpstream { media_in_tool_results: true, ..ChatUpstream::default() };
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
    let (chat, losses) = chat(&body, &ChatUpstream::compatible());
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
    let (chat, losses) = chat(&body, &ChatUpstream::default());
    let names: Vec<_> = chat["tools"].as_array().unwrap().iter().map(|tool| &tool["function"]["name"]).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(chat["tools"][0]["function"]["description"], "new");
    assert_eq!(losses, [("input[0]".to_owned(), LossCode::MovedItem)]);
}

#[test]
fn two_tools_of_one_name_are_refused() {
    let tool = json!({"type": "function", "name": "a"});
    let error =
        translate(&json!({"model": "m", "input": "x", "tools": [tool, tool]}), &ChatUpstream::default()).unwrap_err();
    assert_eq!(error.param(), Some("tools[1]"));
}

#[test]
fn a_choice_may_name_a_groups_tool_with_or_without_the_group() {
    for name in ["get", "crm__get"] {
        let body = json!({
            "model": "m", "input": "x", "store": false, "tool_choice": {"type": "function", "name": name},
            "tools": [{"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "get"}]}],
        });
        let (chat, _) = chat(&body, &ChatUpstream::default());
        assert_eq!(chat["tool_choice"]["function"]["name"], "crm__get");
    }
}

#[test]
fn a_hosted_tool_is_lost_but_never_one_that_must_be_called() {
    let tools = json!([{"type": "web_search"}]);
    let body =
        |choice: Value| json!({"model": "m", "input": "x", "store": false, "tools": tools, "tool_choice": choice});
    let (kept, losses) = chat(&body(json!("auto")), &ChatUpstream::default());
    assert_eq!((kept.get("tools"), kept.get("tool_choice")), (None, None));
    assert_eq!(losses, [("tools[0]".to_owned(), LossCode::DroppedTool)]);
    for choice in [json!("required"), json!({"type": "web_search"})] {
        let error = translate(&body(choice), &ChatUpstream::default()).unwrap_err();
        assert_eq!(error.param(), Some("tool_choice"));
    }
    let search_model = ChatUpstream { web_search: true, ..ChatUpstream::default() };
    let (searching, losses) = chat(&body(json!({"type": "web_search"})), &search_model);
    assert_eq!((&searching["web_search_options"], losses.len()), (&json!({}), 0));
}

#[test]
fn a_stream_is_always_asked_for_its_usage() {
    let (chat, _) =
        chat(&json!({"model": "m", "input": "x", "store": false, "stream": true}), &ChatUpstream::default());
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
        let error =
            translate(&json!({"model": "m", "input": "x", field: value}), &ChatUpstream::default()).unwrap_err();
        assert_eq!((error.param(), error.code()), (Some(field), Some("unsupported_parameter")));
    }
}

#[test]
fn an_unknown_item_is_left_out_and_strict_refuses_that() {
    let body = with_input(&json!([{"type": "hologram", "beam": 1}, {"role": "user", "content": "x"}]));
    let translated = translate(&body, &ChatUpstream::default()).unwrap();
    assert_eq!(translated.losses[0].code, LossCode::UnknownItem);
    let refused = translate_under(Policy::Strict, &body, &ChatUpstream::default()).unwrap_err();
    assert_eq!(refused.param(), Some("input[0]"));
}
