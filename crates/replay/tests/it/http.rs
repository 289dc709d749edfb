//! The replay over real HTTP: what it answers, what it refuses, what it breaks on request, and what it remembers.

// Long because: it is a list of short cases over one server.

use std::time::{Duration, Instant};

use http::StatusCode;
use interlingua_model::Api;
use interlingua_replay::{Ending, Matching, Replay, Server};
use interlingua_wire::{chat, responses};
use serde_json::{Value, json};

use crate::client::{Client, Reply};

const RESPONSES: &str = "/v1/responses";
const CHAT: &str = "/v1/chat/completions";

async fn served(replay: Replay) -> (Server, Client) {
    let server = replay.spawn().await.unwrap();
    let client = Client::new(server.addr());
    (server, client)
}

fn ask(text: &str) -> Value {
    json!({"model": "any-model", "input": [{"type": "message", "role": "user", "content": text}], "store": false})
}

fn chat_ask(text: &str) -> Value {
    json!({"model": "any-model", "messages": [{"role": "user", "content": text}]})
}

fn with(mut request: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else { panic!("an object of fields") };
    request.as_object_mut().unwrap().extend(fields);
    request
}

fn weather() -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"]}}, "required": ["city", "unit"]});
    json!({"type": "function", "name": "look_up", "parameters": schema, "strict": false})
}

fn chat_weather() -> Value {
    let Value::Object(mut tool) = weather() else { panic!() };
    tool.remove("type");
    json!({"type": "function", "function": tool})
}

/// Reads a Responses stream as a client would: every event known, numbered, and the deltas equal to what is declared done.
fn read_responses(reply: &Reply) -> (Vec<String>, Value) {
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
fn read_chat(reply: &Reply) -> (String, Vec<(String, String, String)>, String, bool) {
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

// What it answers -----------------------------------------------------------------------------------------

#[tokio::test]
async fn a_recorded_request_gets_the_recorded_bytes() {
    let upstream = Replay::embedded();
    let recorded_cases: Vec<_> = upstream.cases().cloned().collect();
    let (_server, client) = served(upstream).await;
    let mut checked = 0;
    for case in recorded_cases.iter().filter(|case| case.stream.is_some()) {
        let reply = client.post(path_of(case.api), &case.request).await;
        let Some(recorded) = &case.stream else { continue };
        assert_eq!(reply.status, StatusCode::OK, "{}: {}", case.name, reply.text());
        assert_eq!(reply.header("content-type"), recorded.content_type);
        assert_eq!(reply.header("x-replay-case"), case.name);
        assert!(reply.body == recorded.body, "{}", case.name);
        checked += 1;
    }
    assert!(checked > 40, "only {checked} streams were checked");
}

#[tokio::test]
async fn a_recorded_refusal_keeps_its_status_headers_and_body() {
    let upstream = Replay::embedded();
    let case = upstream.cases().find(|case| case.name == "responses/error-429-rate-limit").unwrap().clone();
    let (_server, client) = served(upstream).await;
    let reply = client.post(RESPONSES, &case.request).await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "20"));
    assert_eq!(reply.json()["error"]["code"], "rate_limit_exceeded");
}

#[tokio::test]
async fn text_repeats_the_request_and_names_its_model() {
    let (_server, client) = served(Replay::embedded()).await;
    let request = with(ask("hm"), json!({"stream": true, "temperature": 0.5, "metadata": {"a": "b"}}));
    let (kinds, response) = read_responses(&client.post(RESPONSES, &request).await);
    assert_eq!(kinds.last().unwrap(), "response.completed");
    assert_eq!(response["model"], "any-model");
    assert_eq!((&response["temperature"], &response["metadata"]["a"]), (&json!(0.5), &json!("b")));
    assert!(response["output"][0]["content"][0]["text"].as_str().unwrap().contains("interlingua"));

    let whole = client.post("/responses", &ask("hm")).await.json();
    assert_eq!(whole["output"][0]["content"][0]["text"], response["output"][0]["content"][0]["text"]);
}

#[tokio::test]
async fn usage_ends_a_chat_stream_only_where_it_is_asked_for() {
    let (_server, client) = served(Replay::embedded()).await;
    let plain = client.post(CHAT, &with(chat_ask("hm"), json!({"stream": true}))).await;
    let (text, _, finish, usage) = read_chat(&plain);
    assert!(text.contains("interlingua"));
    assert_eq!((finish.as_str(), usage), ("stop", false));
    assert!(!plain.text().contains("\"usage\""));

    let options = json!({"stream": true, "stream_options": {"include_usage": true}});
    let (_, _, _, usage) = read_chat(&client.post(CHAT, &with(chat_ask("hm"), options)).await);
    assert!(usage);
    assert!(client.post("/chat/completions", &chat_ask("hm")).await.json()["usage"].is_object());
}

#[tokio::test]
async fn the_only_tool_is_called_with_arguments_that_fit_its_schema() {
    let (_server, client) = served(Replay::embedded()).await;
    let arguments = r#"{"city":"city","unit":"C"}"#;
    let request = with(ask("hm"), json!({"tools": [weather()], "stream": true}));
    let (_, response) = read_responses(&client.post(RESPONSES, &request).await);
    let call = &response["output"][0];
    assert_eq!((&call["name"], &call["arguments"]), (&json!("look_up"), &json!(arguments)));
    assert_eq!(response["tools"], json!([weather()]));

    let request = with(chat_ask("hm"), json!({"tools": [chat_weather()], "stream": true}));
    let (_, calls, finish, _) = read_chat(&client.post(CHAT, &request).await);
    assert_eq!((calls[0].1.as_str(), calls[0].2.as_str(), finish.as_str()), ("look_up", arguments, "tool_calls"));
    let whole = client.post(CHAT, &with(chat_ask("hm"), json!({"tools": [chat_weather()]}))).await.json();
    assert_eq!(whole["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"], arguments);
}

#[tokio::test]
async fn every_call_has_its_own_id() {
    let (_server, client) = served(Replay::embedded()).await;
    let request = with(ask("hm"), json!({"tools": [weather()]}));
    let first = client.post(RESPONSES, &request).await.json();
    let second = client.post(RESPONSES, &request).await.json();
    assert_ne!(first["output"][0]["call_id"], second["output"][0]["call_id"]);
}

#[tokio::test]
async fn a_custom_tool_is_called_by_its_name_and_echoed() {
    let (_server, client) = served(Replay::embedded()).await;
    let tool = json!({"type": "custom", "name": "run_python"});
    let request = with(
        ask("hm"),
        json!({"tools": [tool, weather()], "tool_choice": {"type": "custom", "name": "run_python"}, "stream": true}),
    );
    let (kinds, response) = read_responses(&client.post(RESPONSES, &request).await);
    assert!(kinds.contains(&"response.custom_tool_call_input.delta".to_owned()));
    assert_eq!(response["output"][0]["name"], "run_python");
    assert_eq!(response["tools"][0], tool);

    let tools = json!([{"type": "custom", "custom": {"name": "run_python"}}]);
    let (_, calls, ..) =
        read_chat(&client.post(CHAT, &with(chat_ask("hm"), json!({"tools": tools, "stream": true}))).await);
    assert_eq!(calls[0].1, "run_python");
}

#[tokio::test]
async fn a_legacy_function_and_one_in_a_namespace_are_called() {
    let (_server, client) = served(Replay::embedded()).await;
    let functions = json!({"functions": [{"name": "old", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}]});
    let message = client.post(CHAT, &with(chat_ask("hm"), functions)).await.json()["choices"][0]["message"].clone();
    assert_eq!(message["function_call"], json!({"name": "old", "arguments": "{\"n\":1}"}));

    let namespace = json!({"type": "namespace", "name": "crm", "description": "d", "tools": [weather()]});
    let reply = client.post(RESPONSES, &with(ask("hm"), json!({"tools": [namespace]}))).await.json();
    assert_eq!((&reply["output"][0]["name"], &reply["output"][0]["namespace"]), (&json!("look_up"), &json!("crm")));
}

#[tokio::test]
async fn a_tool_that_has_spoken_gets_text() {
    let (_server, client) = served(Replay::embedded()).await;
    let history = json!({"tools": [weather()], "tool_choice": "required", "input": [
        {"type": "message", "role": "user", "content": "hm"},
        {"type": "function_call", "call_id": "c1", "name": "look_up", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "sun"},
    ]});
    let reply = client.post(RESPONSES, &with(ask(""), history)).await.json();
    assert_eq!(reply["output"][0]["type"], "message");

    let call = json!({"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}});
    let history = json!({"tools": [chat_weather()], "messages": [
        {"role": "user", "content": "hm"}, {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "sun"},
    ]});
    let reply = client.post(CHAT, &with(chat_ask(""), history)).await.json();
    assert_eq!(reply["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn a_schema_gets_json_that_fits_it() {
    let (_server, client) = served(Replay::embedded()).await;
    let schema = json!({"type": "object", "properties": {"zip": {"type": "integer", "minimum": 1000}, "names": {"type": "array", "items": {"type": "string"}}}, "required": ["zip", "names"], "additionalProperties": false});
    // Fields are in alphabetical order here because `json!` sorts them.
    let expected = r#"{"names":["names"],"zip":1000}"#;
    let format = json!({"text": {"format": {"type": "json_schema", "name": "place", "schema": schema, "strict": true}}, "stream": true});
    let (_, response) = read_responses(&client.post(RESPONSES, &with(ask("hm"), format)).await);
    assert_eq!(response["output"][0]["content"][0]["text"], expected);

    let format = json!({"response_format": {"type": "json_schema", "json_schema": {"name": "place", "schema": schema}}, "stream": true});
    let (text, ..) = read_chat(&client.post(CHAT, &with(chat_ask("hm"), format)).await);
    assert_eq!(text, expected);

    let format = json!({"response_format": {"type": "json_object"}});
    let reply = client.post(CHAT, &with(chat_ask("as json"), format)).await.json();
    let text = reply["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(text).unwrap().is_object());
}

#[tokio::test]
async fn a_case_can_be_asked_for_by_name() {
    let (_server, client) = served(Replay::embedded()).await;
    let reply = client.post_with(RESPONSES, &ask("hm"), &[("x-replay-case", "responses/refusal")]).await.json();
    assert_eq!(reply["output"][0]["content"][0]["type"], "refusal");
    let reply = client.post_with(RESPONSES, &ask("hm"), &[("x-replay-case", "responses/nothing")]).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);

    let (_server, client) = served(Replay::embedded().case("responses/error-html")).await;
    let reply = client.post(RESPONSES, &ask("hm")).await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (403, "text/html; charset=UTF-8"));
}

#[tokio::test]
async fn exact_matching_names_the_nearest_case() {
    let (_server, client) = served(Replay::embedded().matching(Matching::Exact)).await;
    let reply = client.post(RESPONSES, &with(ask("hm"), json!({"model": "gpt-5.5"}))).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    let message = reply.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("The nearest case is 'responses/") && message.ends_with("differs in: input."),
        "{message}"
    );
}

#[tokio::test]
async fn models_and_unknown_paths() {
    let (_server, client) = served(Replay::embedded()).await;
    let models = client.get("/v1/models").await.json();
    assert!(models["data"].as_array().unwrap().iter().any(|model| model["id"] == "gpt-5.5"));
    assert!(client.get("/backend-api/codex/models?client_version=1.0.0").await.json()["models"][0]["slug"].is_string());
    let reply = client.get("/v2/models").await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert!(reply.json()["error"]["message"].as_str().unwrap().contains("POST /v1/responses"));
}

// What it refuses -----------------------------------------------------------------------------------------

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

// What it breaks ------------------------------------------------------------------------------------------

async fn broken(client: &Client, fault: &str) -> Reply {
    client.post_with(RESPONSES, &with(ask("hm"), json!({"stream": true})), &[("x-replay-fault", fault)]).await
}

#[tokio::test]
async fn errors_on_request() {
    let (server, client) = served(Replay::embedded()).await;
    let reply = broken(&client, "status=429").await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, "1"));
    assert_eq!(reply.json()["error"]["code"], "rate_limit_exceeded");
    let reply = broken(&client, "html; status=200").await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "text/html; charset=UTF-8"));
    let reply = broken(&client, "flood").await;
    assert!(reply.json()["error"]["message"].as_str().unwrap().contains("\"flood\" is not a fault"));
    server.set_faults("status=500".parse().unwrap());
    assert_eq!(client.post(CHAT, &chat_ask("hm")).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(broken(&client, "").await.status, StatusCode::OK, "a request's own wish counts");
}

#[tokio::test]
async fn a_cut_comes_after_so_many_events_and_breaks_the_connection() {
    let (server, client) = served(Replay::embedded()).await;
    let reply = broken(&client, "cut=3").await;
    assert!(reply.is_broken);
    assert_eq!(reply.events().len(), 3);
    assert_eq!(server.log().last().unwrap().ending, Ending::Cut);
    let whole = client.post_with(RESPONSES, &ask("hm"), &[("x-replay-fault", "cut=0")]).await;
    assert!(whole.is_broken && whole.body.is_empty());
}

#[tokio::test]
async fn pieces_delays_garbage_and_giants() {
    let (_server, client) = served(Replay::embedded()).await;
    let whole = broken(&client, "").await;
    assert!(whole.body == broken(&client, "chunk=7").await.body);

    let start = Instant::now();
    let events = broken(&client, "delay=5ms").await.events().len();
    assert!(start.elapsed() >= Duration::from_millis(5) * u32::try_from(events).unwrap());

    let garbled = broken(&client, "garbage").await;
    assert!(std::str::from_utf8(&garbled.body).is_err());
    assert!(garbled.body.len() > whole.body.len());
    assert!(broken(&client, "huge=2").await.body.len() > 2 * 1024 * 1024);
    let half = client.post_with(RESPONSES, &ask("hm"), &[("x-replay-fault", "garbage")]).await;
    assert!(serde_json::from_slice::<Value>(&half.body).is_err());
}

#[tokio::test]
async fn a_stalled_reply_ends_with_the_server() {
    let (server, client) = served(Replay::embedded()).await;
    let reply = tokio::spawn(async move { broken(&client, "stall=2").await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!reply.is_finished());
    tokio::time::timeout(Duration::from_secs(5), server.shutdown()).await.unwrap();
    assert_eq!(reply.await.unwrap().events().len(), 2);
}

#[tokio::test]
async fn silence_means_no_status_either() {
    let (_server, client) = served(Replay::embedded()).await;
    let reply = tokio::time::timeout(Duration::from_millis(200), broken(&client, "silent")).await;
    assert!(reply.is_err());
}

// What it remembers ---------------------------------------------------------------------------------------

#[tokio::test]
async fn the_log_holds_both_sides() {
    let (server, client) = served(Replay::embedded()).await;
    let headers = [("authorization", "Bearer very-secret"), ("originator", "codex_cli_rs")];
    let reply = client.post_with(RESPONSES, &with(ask("hm"), json!({"stream": true})), &headers).await;
    let exchange = server.log().last().unwrap();
    assert_eq!((exchange.number, exchange.path.as_str(), exchange.status), (0, RESPONSES, Some(StatusCode::OK)));
    assert_eq!(serde_json::from_slice::<Value>(&exchange.request).unwrap()["model"], "any-model");
    assert!(exchange.reply == reply.body);
    assert_eq!((exchange.case.as_deref(), exchange.ending), (Some("responses/text"), Ending::Whole));
    assert_eq!((exchange.header("originator"), exchange.header("authorization")), (Some("codex_cli_rs"), None));
    assert!(exchange.header_names.contains(&"authorization".to_owned()));
    assert!(!format!("{exchange:?}").contains("very-secret"));
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed() {
    let (server, client) = served(Replay::embedded()).await;
    let request = with(ask("hm"), json!({"stream": true}));
    let leaving = client.post_with(RESPONSES, &request, &[("x-replay-fault", "delay=50ms")]);
    assert!(tokio::time::timeout(Duration::from_millis(200), leaving).await.is_err());
    assert!(server.log().wait_for_dropped(1, Duration::from_secs(1)).await);
    assert_eq!(server.log().last().unwrap().ending, Ending::Dropped);
}

#[tokio::test]
async fn a_large_image_passes() {
    let (_server, client) = served(Replay::embedded()).await;
    let image = format!("data:image/png;base64,{}", "A".repeat(28 * 1024 * 1024));
    let content = json!([{"role": "user", "content": [{"type": "input_image", "image_url": image, "detail": "auto"}]}]);
    assert_eq!(client.post(RESPONSES, &with(ask(""), json!({"input": content}))).await.status, StatusCode::OK);
}
