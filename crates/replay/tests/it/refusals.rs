//! What the replay refuses, as the APIs do.

use http::StatusCode;
use interlingua_replay::Replay;
use serde_json::json;

use crate::asking::{CHAT, RESPONSES, ask, chat_ask, read_responses, served, weather, with};
use crate::client::Reply;

#[track_caller]
fn refused(reply: &Reply, param: &str, message: &str) {
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
    let error = &reply.json()["error"];
    assert_eq!(error["param"].as_str().unwrap_or_default(), param, "{error}");
    assert!(error["message"].as_str().unwrap().contains(message), "{error}");
    assert_eq!(error["type"], "invalid_request_error");
}

#[tokio::test]
async fn responses_requests_that_the_api_refuses() {
    let (_server, client) = served(Replay::embedded()).await;
    let user = json!({"role": "user", "content": "hm"});
    let open = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    for (change, param, message) in [
        (json!({"stop": "x"}), "stop", "Unknown parameter: 'stop'."),
        (json!({"input": null}), "input", "Missing required parameter: 'input'."),
        (json!({"model": null}), "model", "Missing required parameter: 'model'."),
        (json!({"max_output_tokens": 5}), "max_output_tokens", "Expected a value >= 16, but got 5"),
        (json!({"temperature": 3}), "temperature", "decimal above maximum value"),
        (json!({"stream_options": {"include_obfuscation": false}}), "stream_options", "only allowed when 'stream'"),
        (
            json!({"input": [user, {"type": "function_call_output", "call_id": "c", "output": ""}]}),
            "input",
            "No tool call found for function call output with call_id c.",
        ),
        (
            json!({"input": [user, {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]}),
            "input",
            "No tool output found for function call c.",
        ),
        (
            json!({"input": [user, {"type": "function_call", "id": "call_1", "call_id": "c", "name": "f", "arguments": "{}"}]}),
            "input[1].id",
            "begins with 'fc'",
        ),
        (
            json!({"input": [user, {"type": "function_call", "call_id": "c".repeat(65), "name": "f", "arguments": "{}"}]}),
            "input[1].call_id",
            "maximum length 64",
        ),
        (
            json!({"input": [{"role": "user", "content": "hm", "name": "ada"}]}),
            "input[0].name",
            "Unknown parameter: 'input[0].name'.",
        ),
        (
            json!({"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]}),
            "input[0].content[0]",
            "'output_text' and 'refusal'",
        ),
        (
            json!({"input": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}),
            "input[0].content[0]",
            "Invalid value: 'text'",
        ),
        (json!({"input": [{"role": "tool", "content": "x"}]}), "input[0].role", "Invalid value: 'tool'"),
        (
            json!({"input": [{"type": "reasoning", "id": "rs_1", "summary": []}, user]}),
            "input",
            "without its required following item",
        ),
        (json!({"tools": [{"type": "function", "function": {"name": "f"}}]}), "tools[0].function", "Unknown parameter"),
        (
            json!({"tools": [{"type": "function", "name": "f", "parameters": open, "strict": true}]}),
            "tools[0].parameters",
            "'additionalProperties' is required",
        ),
        (
            json!({"tools": [weather()], "tool_choice": {"type": "function", "name": "g"}}),
            "tool_choice",
            "'g' not found",
        ),
        (json!({"tool_choice": "required"}), "tool_choice", "must be specified with 'tools'"),
        (json!({"text": {"format": {"type": "json_object"}}}), "input", "the word 'json'"),
        (
            json!({"text": {"format": {"type": "json_schema", "json_schema": {}}}}),
            "text.format.json_schema",
            "Unknown parameter",
        ),
    ] {
        refused(&client.post(RESPONSES, &with(ask("hm"), change)).await, param, message);
    }
    refused(&client.post_bytes(RESPONSES, b"{\"model\":".to_vec()).await, "", "could not parse the JSON body");
    refused(&client.post(RESPONSES, &with(ask("hm"), json!({"model": 7}))).await, "", "invalid type");
}

#[tokio::test]
async fn chat_requests_that_the_api_refuses() {
    let (_server, client) = served(Replay::embedded()).await;
    let user = json!({"role": "user", "content": "hm"});
    let call = json!({"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]});
    let result = json!({"role": "tool", "tool_call_id": "c", "content": "x"});
    for (change, param, message) in [
        (json!({"instructions": "x"}), "instructions", "Unknown parameter: 'instructions'."),
        (json!({"messages": null}), "messages", "Missing required parameter: 'messages'."),
        (json!({"messages": []}), "messages", "empty array"),
        (json!({"messages": [user, result]}), "messages.[1].role", "must be a response to a preceeding message"),
        (json!({"messages": [user, call, user]}), "messages.[2].role", "did not have response messages: c"),
        (json!({"messages": [user, call]}), "messages.[2].role", "did not have response messages: c"),
        (json!({"messages": [user, call, result, result]}), "messages.[3].tool_call_id", "'c' not found"),
        (
            json!({"messages": [{"role": "assistant", "content": null}]}),
            "messages.[0].content",
            "expected a string, got null",
        ),
        (json!({"messages": [{"role": "critic", "content": "x"}]}), "messages[0].role", "Invalid value: 'critic'"),
        (json!({"top_logprobs": 2}), "top_logprobs", "only allowed when 'logprobs'"),
        (json!({"max_tokens": 1, "max_completion_tokens": 2}), "max_tokens", "at the same time"),
        (json!({"tools": []}), "tools", "empty array"),
        (json!({"tools": [weather()]}), "tools[0].name", "Unknown parameter"),
        (json!({"tool_choice": "auto"}), "tool_choice", "only allowed when 'tools'"),
        (
            json!({"tools": [{"type": "function", "function": {"name": "a b"}}]}),
            "tools[0].function.name",
            "does not match pattern",
        ),
        (json!({"response_format": {"type": "json_object"}}), "messages", "the word 'json'"),
    ] {
        refused(&client.post(CHAT, &with(chat_ask("hm"), change)).await, param, message);
    }
}

#[tokio::test]
async fn stored_history_may_hold_the_call() {
    let (_server, client) = served(Replay::embedded()).await;
    let request = json!({"model": "m", "previous_response_id": "resp_1", "input": [{"type": "function_call_output", "call_id": "c", "output": ""}]});
    assert_eq!(client.post(RESPONSES, &request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_chatgpt_backend_streams_without_output_and_refuses_with_a_detail() {
    let (server, client) = served(Replay::embedded().codex()).await;
    let request = with(ask("hm"), json!({"instructions": "", "stream": true}));
    let (kinds, response) = read_responses(&client.post(RESPONSES, &request).await);
    assert!(kinds.contains(&"response.output_item.done".to_owned()));
    assert_eq!((&response["status"], &response["output"]), (&json!("completed"), &json!([])));

    for (change, detail) in [
        (json!({"temperature": 1}), "Unsupported parameter: temperature"),
        (json!({"stream": false}), "Stream must be set to true"),
        (json!({"input": [{"role": "system", "content": "x"}]}), "System messages are not allowed"),
    ] {
        let reply = client.post(RESPONSES, &with(request.clone(), change)).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (400, json!({"detail": detail})));
    }
    assert!(server.codex_base_url().ends_with("/backend-api/codex"));

    let (_server, client) = served(Replay::embedded()).await;
    let reply = client.post_with(RESPONSES, &ask("hm"), &[("x-replay-profile", "codex")]).await;
    assert_eq!(reply.json(), json!({"detail": "Instructions are required"}));
    let reply = client.post("/backend-api/codex/responses", &ask("hm")).await;
    assert_eq!(reply.json(), json!({"detail": "Instructions are required"}));
}
