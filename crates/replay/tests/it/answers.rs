//! What the replay answers over real HTTP.

use http::StatusCode;
use interlingua_replay::{Matching, Replay};
use serde_json::{Value, json};

use crate::asking::{
    CHAT, RESPONSES, ask, chat_ask, chat_weather, path_of, read_chat, read_responses, served, weather, with,
};

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
