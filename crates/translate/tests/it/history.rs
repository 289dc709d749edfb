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
fn what_a_server_ran_is_left_out() {
    for (items, code) in [
        (json!([{"type": "tool_search_call", "execution": "server", "call_id": null}]), LossCode::HostedCall),
        (json!([{"type": "tool_search_output", "execution": "server", "tools": []}]), LossCode::HostedCall),
        (
            json!([{"type": "shell_call", "call_id": "a", "environment": {"type": "container_auto"}}]),
            LossCode::HostedCall,
        ),
        (json!([{"type": "shell_call_output", "call_id": "a", "output": []}]), LossCode::DroppedItem),
        (json!([{"type": "mcp_call", "name": "f"}]), LossCode::HostedCall),
    ] {
        let mut history = items.as_array().unwrap().clone();
        history.push(json!({"role": "user", "content": "q"}));
        let (messages, losses) = messages(&json!(history));
        assert_eq!(messages, json!([{"role": "user", "content": "q"}]), "{items}");
        assert_eq!(losses, [("input[0]".to_owned(), code)]);
    }
}

#[test]
fn of_what_a_server_has_sealed_the_model_learns_that_it_is_there() {
    let sealed = json!({"type": "compaction", "encrypted_content": "Z0FB"});
    let (messages, losses) = messages(&json!([sealed, {"role": "user", "content": "q"}]));
    assert!(messages[0]["content"].as_str().unwrap().contains("cannot be read here"), "{messages}");
    assert!(!messages.to_string().contains("Z0FB"));
    assert_eq!(messages[1]["content"], "q");
    assert_eq!(losses, [("input[0]".to_owned(), LossCode::DroppedHistory)]);
}

#[test]
fn a_turn_that_says_nothing_is_left_out() {
    let history = json!([
        {"role": "user", "content": "q"}, {"role": "assistant", "content": null}, {"role": "assistant"},
        {"role": "assistant", "content": []}, {"role": "system", "content": []}, {"role": "user", "content": "z"},
    ]);
    let (items, losses) = input(&history);
    assert_eq!(kinds(&items, "content"), ["q", "z"]);
    assert_eq!(losses, [1, 2, 3, 4].map(|at| (format!("messages[{at}]"), LossCode::DroppedItem)));

    let (messages, losses) = messages(&json!([
        {"role": "user", "content": "q"}, {"role": "assistant", "content": []}, {"role": "assistant"},
        {"role": "user", "content": []},
    ]));
    assert_eq!(messages, json!([{"role": "user", "content": "q"}]));
    assert_eq!(losses.len(), 3);

    let body = json!({"model": "m", "messages": [{"role": "user", "content": []}]});
    let upstream = Upstream::usual(Api::Responses);
    let error = translate(Policy::Lenient, Api::Chat, &body, &upstream).unwrap_err();
    assert_eq!(error.param(), Some("messages[0]"), "nothing is left to ask");
}

#[test]
fn thoughts_go_out_once_and_under_an_id_that_their_server_takes() {
    let thought = |id: &str, data: &str| json!({"type": "reasoning.encrypted", "id": id, "data": data});
    let said =
        |text: &str, thought: Value| json!({"role": "assistant", "content": text, "reasoning_details": [thought]});
    let long = format!("rs_{}", "x".repeat(62));
    let (items, losses) = input(&json!([
        {"role": "user", "content": "q"},
        said("1", thought("rs_1", "Z0FB")), said("2", thought("rs_1", "Z0FB")), said("3", thought("rs_2", "Z0FC")),
        said("4", thought(&long, "Z0FD")), said("5", thought("thought_1", "Z0FE")), {"role": "user", "content": "z"},
    ]));
    let thoughts = items.as_array().unwrap().iter().filter(|item| item["type"] == "reasoning");
    let found: Vec<_> = thoughts.map(|item| (&item["id"], &item["encrypted_content"])).collect();
    assert_eq!(json!(found), json!([["rs_1", "Z0FB"], ["rs_2", "Z0FC"], [null, "Z0FD"], [null, "Z0FE"]]));
    assert_eq!(losses, [("messages[2].reasoning_details[0]".to_owned(), LossCode::DroppedReasoning)]);
}

#[test]
fn a_thought_is_replayed_rather_than_its_summary() {
    let body = json!({"model": "m", "store": false, "input": [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "S"}], "content": [{"type": "reasoning_text", "text": "T"}]},
        {"role": "assistant", "content": "A"}, {"role": "user", "content": "z"},
    ]});
    let upstream = Upstream::Chat(ChatUpstream::compatible());
    let (written, _) = translate(Policy::Lenient, Api::Responses, &body, &upstream).unwrap();
    assert_eq!(written["messages"][0]["reasoning_content"], "T");
}

#[test]
fn parts_of_other_apis_in_an_answer_are_thoughts_and_calls() {
    let call = |id: &str| json!({"type": "tool_use", "id": id, "name": "look", "input": {"x": 1}});
    let (items, losses) = input(&json!([
        {"role": "user", "content": "q"},
        {"role": "assistant",
         "content": [{"type": "reasoning", "reasoning": "R"}, {"type": "redacted_thinking", "data": "D"},
                     {"type": "text", "text": "A"}, call("a"), call("b")],
         "tool_calls": [{"id": "a", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "tool", "tool_call_id": "b", "content": "2"},
    ]));
    let types =
        ["message", "message", "function_call", "function_call", "function_call_output", "function_call_output"];
    assert_eq!(kinds(&items, "type"), types);
    assert_eq!(items[3]["arguments"], r#"{"x":1}"#);
    let expected = [(0, LossCode::DroppedReasoning), (1, LossCode::DroppedReasoning), (4, LossCode::ExtensionAccepted)];
    assert_eq!(losses, expected.map(|(at, code)| (format!("messages[1].content[{at}]"), code)));
}

#[test]
fn arguments_that_are_no_json_are_text_or_wrapped_for_who_reads_them() {
    let body = json!({"model": "m", "store": false, "input": [
        {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{\"x\":"},
        {"type": "function_call_output", "call_id": "a", "output": "cut"},
    ]});
    for (upstream, arguments, lost) in
        [(ChatUpstream::default(), r#"{"x":"#, false), (ChatUpstream::compatible(), r#"{"input":"{\"x\":"}"#, true)]
    {
        let upstream = Upstream::Chat(upstream);
        let (written, losses) = translate(Policy::Lenient, Api::Responses, &body, &upstream).unwrap();
        assert_eq!(written["messages"][0]["tool_calls"][0]["function"]["arguments"], arguments);
        assert_eq!(losses.contains(&("input[0]".to_owned(), LossCode::ChangedValue)), lost);
    }
}
