//! What becomes of a history that no upstream would take as it stands.

use interlingua_translate::{Api, ChatUpstream, Error, LossCode, Policy, ResponsesUpstream, Translator, Upstream};
use serde_json::{Value, json};

use crate::support::stamp;

type Losses = Vec<(String, LossCode)>;

fn translate(policy: Policy, from: Api, body: &Value, upstream: &Upstream) -> Result<(Value, Losses), Error> {
    let translator = Translator { policy, ..Translator::new(from) };
    let outgoing = translator.request(body.to_string().as_bytes(), upstream, stamp())?;
    let losses = outgoing.losses.into_iter().map(|loss| (loss.path, loss.code)).collect();
    Ok((serde_json::from_slice(&outgoing.body).unwrap(), losses))
}

/// The messages for a Chat upstream of items of a Responses client.
fn messages(input: &Value) -> (Value, Losses) {
    let body = json!({"model": "m", "store": false, "input": input});
    let upstream = Upstream::Chat(ChatUpstream::default());
    let (mut written, losses) = translate(Policy::Lenient, Api::Responses, &body, &upstream).unwrap();
    (written["messages"].take(), losses)
}

/// The items for a Responses upstream of messages of a Chat client.
fn input(messages: &Value) -> (Value, Losses) {
    let body = json!({"model": "m", "messages": messages});
    let upstream = Upstream::Responses(ResponsesUpstream::default());
    let (mut written, losses) = translate(Policy::Lenient, Api::Chat, &body, &upstream).unwrap();
    (written["input"].take(), losses)
}

fn kinds(items: &Value, key: &str) -> Vec<String> {
    items.as_array().unwrap().iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
}

fn unanswered(path: &str) -> (String, LossCode) {
    (path.to_owned(), LossCode::UnansweredCall)
}

#[test]
fn a_call_without_a_result_gets_one_behind_the_calls_of_its_turn() {
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let custom = json!({"id": "c", "type": "custom", "custom": {"name": "sql", "input": "S"}});
    let history = json!([
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": null, "tool_calls": [call("a"), call("b"), custom]},
        {"role": "tool", "tool_call_id": "b", "content": "B"},
        {"role": "user", "content": "go on"},
        {"role": "assistant", "content": null, "tool_calls": [call("a")]},
    ]);
    let (items, losses) = input(&history);
    let found: Vec<_> = items.as_array().unwrap().iter().map(|item| (&item["type"], &item["call_id"])).collect();
    let expected = json!([
        ["message", null],
        ["function_call", "a"],
        ["function_call", "b"],
        ["custom_tool_call", "c"],
        ["function_call_output", "a"],
        ["custom_tool_call_output", "c"],
        ["function_call_output", "b"],
        ["message", null],
        ["function_call", "a"],
        ["function_call_output", "a"],
    ]);
    assert_eq!(json!(found), expected);
    let paths = ["messages[1].tool_calls[0]", "messages[1].tool_calls[2]", "messages[4].tool_calls[0]"];
    assert_eq!(losses, paths.map(unanswered));

    let body = json!({"model": "m", "messages": history});
    for upstream in [Api::Chat, Api::Responses].map(Upstream::usual) {
        let error = translate(Policy::Strict, Api::Chat, &body, &upstream).unwrap_err();
        assert_eq!(error.param(), Some("messages[1].tool_calls[0]"));
    }
}

#[test]
fn so_does_an_item_without_a_result() {
    let call = |id: &str| json!({"type": "function_call", "call_id": id, "name": "f", "arguments": "{}"});
    let (messages, losses) = messages(&json!([
        {"role": "user", "content": "q"}, call("a"), call("b"),
        {"type": "function_call_output", "call_id": "b", "output": "B"},
        {"type": "custom_tool_call", "call_id": "c", "name": "sql", "input": "S"},
    ]));
    assert_eq!(kinds(&messages, "role"), ["user", "assistant", "tool", "tool", "assistant", "tool"]);
    assert_eq!(messages[1]["tool_calls"].as_array().unwrap().len(), 2);
    assert_eq!(messages[3]["content"], "B");
    assert_eq!(losses, [unanswered("input[1]"), unanswered("input[4]")]);
}

#[test]
fn a_call_that_only_one_api_knows_is_a_call_of_a_function() {
    let (messages, losses) = messages(&json!([
        {"role": "user", "content": "q"},
        {"type": "local_shell_call", "id": "lsh_1", "call_id": "a", "status": "completed", "action": {"type": "exec", "command": ["ls"]}},
        {"type": "shell_call", "call_id": "b", "action": {"commands": ["pwd"]}},
        {"type": "local_shell_call_output", "id": "a", "output": "a.txt"},
        {"type": "shell_call_output", "call_id": "b", "output": [{"stdout": "/"}]},
        {"type": "computer_call", "call_id": "c", "action": {"type": "screenshot"}},
        {"type": "computer_call_output", "call_id": "c", "output": {"type": "computer_screenshot", "image_url": "data:image/png;base64,AA"}},
        {"type": "apply_patch_call", "call_id": "d", "status": "completed", "operation": {"type": "delete_file", "path": "a.txt"}},
    ]));
    assert_eq!(
        kinds(&messages, "role"),
        ["user", "assistant", "tool", "tool", "assistant", "tool", "user", "assistant", "tool"]
    );
    let function = |at: usize, call: usize| &messages[at]["tool_calls"][call]["function"];
    assert_eq!(*function(1, 0), json!({"name": "local_shell", "arguments": r#"{"command":["ls"],"type":"exec"}"#}));
    assert_eq!(*function(1, 1), json!({"name": "shell", "arguments": r#"{"commands":["pwd"]}"#}));
    assert_eq!(messages[2]["content"], "a.txt");
    assert_eq!(messages[3]["content"], r#"[{"stdout":"/"}]"#);
    assert_eq!(messages[6]["content"][0]["image_url"]["url"], "data:image/png;base64,AA");
    assert_eq!(function(7, 0)["name"], "apply_patch");
    assert!(losses.contains(&unanswered("input[7]")), "{losses:?}");
}

#[test]
fn what_a_server_ran_or_sealed_is_left_out() {
    for (items, code) in [
        (json!([{"type": "compaction", "encrypted_content": "Z0FB"}]), LossCode::DroppedHistory),
        (json!([{"type": "tool_search_call", "execution": "server", "call_id": null}]), LossCode::DroppedItem),
        (json!([{"type": "tool_search_output", "execution": "server", "tools": []}]), LossCode::DroppedItem),
        (
            json!([{"type": "shell_call", "call_id": "a", "environment": {"type": "container_auto"}}]),
            LossCode::DroppedItem,
        ),
        (json!([{"type": "shell_call_output", "call_id": "a", "output": []}]), LossCode::DroppedItem),
        (json!([{"type": "mcp_call", "name": "f"}]), LossCode::DroppedItem),
    ] {
        let mut history = items.as_array().unwrap().clone();
        history.push(json!({"role": "user", "content": "q"}));
        let (messages, losses) = messages(&json!(history));
        assert_eq!(messages, json!([{"role": "user", "content": "q"}]), "{items}");
        assert_eq!(losses, [("input[0]".to_owned(), code)]);
    }
}
