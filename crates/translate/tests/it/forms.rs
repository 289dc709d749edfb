//! Forms that a client's API does not document, that clients send all the same, and that are read as what they mean.

use interlingua_translate::{Api, LossCode, Policy, Translator, Upstream};
use serde_json::{Value, json};

use crate::support::stamp;

type Losses = Vec<(String, LossCode)>;

fn translate(from: Api, to: Api, body: &Value) -> (Value, Losses) {
    let outgoing = Translator::new(from).request(body.to_string().as_bytes(), &Upstream::usual(to), stamp()).unwrap();
    let losses = outgoing.losses.into_iter().map(|loss| (loss.path, loss.code)).collect();
    (serde_json::from_slice(&outgoing.body).unwrap(), losses)
}

/// A Chat request with these fields, for a Responses upstream.
fn chat(fields: &Value) -> (Value, Losses) {
    translate(
        Api::Chat,
        Api::Responses,
        &with(json!({"model": "m", "messages": [{"role": "user", "content": "q"}]}), fields),
    )
}

/// A Responses request with these fields, for a Chat upstream.
fn responses(fields: &Value) -> (Value, Losses) {
    translate(Api::Responses, Api::Chat, &with(json!({"model": "m", "input": "q"}), fields))
}

fn with(mut body: Value, fields: &Value) -> Value {
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

fn accepted(path: &str) -> (String, LossCode) {
    (path.to_owned(), LossCode::ExtensionAccepted)
}

#[test]
fn a_choice_may_be_an_object() {
    let nested = json!([{"type": "function", "function": {"name": "look"}}]);
    let flat = json!([{"type": "function", "name": "look", "parameters": {"type": "object"}}]);
    for (choice, for_responses, for_chat) in [
        (json!({"type": "auto"}), json!("auto"), json!("auto")),
        (json!({"type": "none"}), json!("none"), json!("none")),
        (json!({"type": "required"}), json!("required"), json!("required")),
        (json!({"type": "any"}), json!("required"), json!("required")),
        (json!("any"), json!("required"), json!("required")),
        (
            json!({"type": "tool", "name": "look"}),
            json!({"type": "function", "name": "look"}),
            json!({"type": "function", "function": {"name": "look"}}),
        ),
    ] {
        let (written, losses) = chat(&json!({"tools": nested, "tool_choice": choice}));
        assert_eq!(written["tool_choice"], for_responses);
        assert_eq!(losses, [accepted("tool_choice")], "{choice}");
        let (written, losses) = responses(&json!({"tools": flat, "tool_choice": choice}));
        assert_eq!(written["tool_choice"], for_chat);
        assert_eq!(losses, [accepted("tool_choice")], "{choice}");
    }
    let (written, losses) = chat(&json!({"tools": nested, "tool_choice": {"type": "function", "name": "look"}}));
    assert_eq!(written["tool_choice"], json!({"type": "function", "name": "look"}));
    assert_eq!(losses, [accepted("tool_choice")]);
    let nested_choice = json!({"type": "function", "function": {"name": "look"}});
    let (written, losses) = responses(&json!({"tools": flat, "tool_choice": nested_choice}));
    assert_eq!(written["tool_choice"], nested_choice);
    assert_eq!(losses, [accepted("tool_choice")]);
}

#[test]
fn a_tool_may_be_flat() {
    let grammar = json!({"type": "grammar", "syntax": "lark", "definition": "start: X"});
    let tools = json!([
        {"type": "function", "name": "look", "description": "d", "parameters": {"type": "object"}, "strict": true},
        {"type": "custom", "name": "patch", "format": grammar},
    ]);
    let (written, losses) = chat(&json!({"tools": tools}));
    assert_eq!(written["tools"], tools);
    assert_eq!(losses, [accepted("tools[0]"), accepted("tools[1]")]);
}

#[test]
fn or_nested_where_it_should_be_flat() {
    let tools =
        json!([{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}, "strict": true}}]);
    let (written, losses) = responses(&json!({"tools": tools}));
    assert_eq!(written["tools"], tools);
    assert_eq!(losses, [accepted("tools[0]")]);
}

#[test]
fn an_effort_may_stand_in_an_object() {
    let object = json!({"effort": "high", "summary": "auto"});
    for key in ["reasoning", "reasoning_effort"] {
        let (written, losses) = chat(&json!({key: object}));
        assert_eq!(written["reasoning"], object);
        assert_eq!(losses, [accepted(key)]);
    }
    let (written, losses) = chat(&json!({"reasoning_effort": "low", "reasoning": {"effort": "high", "max_tokens": 9}}));
    assert_eq!(written["reasoning"]["effort"], "low");
    let unknown = |path: &str| (path.to_owned(), LossCode::UnknownField);
    assert_eq!(losses, [accepted("reasoning"), unknown("reasoning.effort"), unknown("reasoning.max_tokens")]);
}

#[test]
fn a_file_may_be_an_address() {
    let url = "https://src.test/a.pdf";
    for (key, file) in [
        ("file_url", json!({"file_url": url, "filename": "a.pdf"})),
        ("file_data", json!({"file_data": url, "filename": "a.pdf"})),
    ] {
        let messages = json!([{"role": "user", "content": [{"type": "file", "file": file}]}]);
        let (written, losses) = chat(&json!({"messages": messages}));
        let part = json!({"type": "input_file", "file_url": url, "filename": "a.pdf"});
        assert_eq!(written["input"][0]["content"][0], part);
        assert_eq!(losses, [accepted(&format!("messages[0].content[0].file.{key}"))]);
    }
}

#[test]
fn penalties_of_a_responses_request_reach_an_upstream_that_has_them() {
    let fields = json!({"frequency_penalty": 0.5, "presence_penalty": 0});
    let (written, losses) = responses(&fields);
    assert_eq!(written["frequency_penalty"], 0.5);
    assert_eq!(written.get("presence_penalty"), None, "zero says what happens anyway");
    assert_eq!(losses, []);
}

#[test]
fn what_nobody_wrote_is_no_loss() {
    let nulls = json!({"provider": null, "messages": [{"role": "user", "content": [{"type": "text", "text": "q", "image_url": null}], "weight": null}]});
    assert_eq!(chat(&nulls).1, []);
    assert_eq!(
        responses(&json!({"provider": null, "input": [{"role": "user", "content": "q", "weight": null}]})).1,
        []
    );
    assert_eq!(responses(&json!({})).1, [], "stored by default");
    assert_eq!(responses(&json!({"store": true})).1, [("store".to_owned(), LossCode::NotRetrievable)]);
    assert_eq!(chat(&json!({"provider": {}})).1, [("provider".to_owned(), LossCode::UnknownField)]);
}

#[test]
fn without_tools_little_is_said_of_calls() {
    let body = json!({"parallel_tool_calls": false, "tool_choice": "auto"});
    assert_eq!(chat(&body).0["parallel_tool_calls"], false, "who asked may ask");
    assert_eq!(responses(&body).0.get("parallel_tool_calls"), None);
    let empty = with(body, &json!({"tools": []}));
    for (written, _) in [chat(&empty), responses(&empty)] {
        for key in ["tools", "tool_choice", "parallel_tool_calls"] {
            assert_eq!(written.get(key), None, "{key}");
        }
    }
}

#[test]
fn a_refusal_quotes_little_of_what_it_refuses() {
    let long = "w".repeat(5000);
    for (from, body) in [
        (Api::Chat, json!({"model": "m", "messages": [{"role": long, "content": "q"}]})),
        (Api::Chat, json!({"model": "m", "messages": [{"role": "user", "content": [{"type": long}]}]})),
        (Api::Chat, json!({"model": "m", "messages": [], "temperature": long})),
        (Api::Responses, json!({"model": "m", "input": [{"role": long, "content": "q"}]})),
        (Api::Responses, json!({"model": "m", "input": "q", "text": {"format": {"type": long}}})),
    ] {
        let translator = Translator { policy: Policy::Strict, ..Translator::new(from) };
        let refusal = translator.request(body.to_string().as_bytes(), &Upstream::usual(Api::Responses), stamp());
        let message = refusal.unwrap_err().message();
        assert!(message.matches('w').count() <= 202 && message.chars().count() <= 400, "{message}");
    }
}
