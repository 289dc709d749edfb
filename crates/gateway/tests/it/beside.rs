//! What is beside the answers of an upstream that does not have it: conversations made shorter, tokens counted, models told of.
#![expect(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use interlingua_gateway::{Config, SealConfig, SealKey, Target, Upstream, UpstreamConfig};
use interlingua_replay::Replay;
use interlingua_translate::Api;
use serde_json::{Value, json};

use crate::support::{Setup, start};

/// What an upstream was asked: its path and the body.
type Asked = Arc<Mutex<Vec<(String, Value)>>>;

#[derive(Clone)]
struct Scripted {
    asked: Asked,
    /// Whether it has an endpoint of its own for shorter conversations.
    compacts: bool,
    says: &'static str,
}

async fn answer(State(upstream): State<Scripted>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    if path == "/v1/models" {
        let models = json!({"object": "list", "data": [{"id": "org/a", "object": "model", "max_model_len": 32768},
            {"id": "b", "context_length": 1000}, {"id": "c", "meta": {"n_ctx": 4096, "n_ctx_train": 9999}}, {"id": "d"}]});
        return axum::Json(models).into_response();
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    upstream.asked.lock().unwrap().push((path.clone(), body));
    let says = upstream.says;
    let reply = match path.as_str() {
        _ if says == "overloaded" => {
            let error = json!({"error": {"message": "busy", "type": "server_error", "code": "overloaded"}});
            return (StatusCode::BAD_REQUEST, axum::Json(error)).into_response();
        }
        "/v1/chat/completions" => json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": says}}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}}),
        "/v1/responses" => {
            json!({"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m",
            "output": [{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": says, "annotations": []}]}]})
        }
        "/v1/responses/input_tokens" if upstream.compacts => {
            json!({"object": "response.input_tokens", "input_tokens": 77})
        }
        "/v1/responses/compact" if upstream.compacts => json!({"object": "response.compaction", "output": []}),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    axum::Json(reply).into_response()
}

struct Gateway {
    setup: Setup,
    asked: Asked,
}

impl Gateway {
    async fn over(api: Api, compacts: bool, says: &'static str, key: &str) -> Self {
        let asked = Asked::default();
        let upstream = Scripted { asked: Arc::clone(&asked), compacts, says };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer).with_state(upstream)).await });
        let upstream = Upstream::open(UpstreamConfig {
            target: Some(Target::Url(format!("http://{address}/v1").parse().unwrap())),
            api: Some(api),
            ..UpstreamConfig::default()
        })
        .await
        .unwrap();
        let seal = SealConfig::Key(SealKey::new(key).unwrap());
        let config = Config { listen: "127.0.0.1:0".to_owned(), seal, ..Config::default() };
        let setup = start(config, upstream.into(), Replay::embedded().spawn().await.unwrap()).await;
        Self { setup, asked }
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, String) {
        let response = self.setup.post(path, body.to_string()).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn compacted(&self, body: &Value) -> Value {
        let (status, text) = self.post("/v1/responses/compact", body).await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    fn asked(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

const KEY: &str = "the key of this installation";
const SUMMARY: &str = "The boat is called Lapwing.";

fn conversation() -> Value {
    json!({"model": "m", "instructions": "Be brief.", "input": [
        {"role": "user", "content": "The boat is called Lapwing."},
        {"role": "assistant", "content": "Good."}],
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}]})
}

fn goes_on(item: &Value) -> Value {
    json!({"model": "m", "input": [item, {"role": "user", "content": "What is it called?"}]})
}

#[tokio::test]
async fn a_summary_travels_sealed_and_is_read_by_any_gateway_with_the_key() {
    let gateway = Gateway::over(Api::Chat, false, SUMMARY, KEY).await;
    let window = gateway.compacted(&conversation()).await;
    assert_eq!(window["object"], "response.compaction");
    assert_eq!(window["usage"]["total_tokens"], 10);
    let [item] = &window["output"].as_array().unwrap()[..] else { panic!("one item: {window}") };
    assert_eq!(item["type"], "compaction");
    assert!(!window.to_string().contains("Lapwing"), "{window}");
    let (_, body) = gateway.asked().pop().unwrap();
    let messages = body["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 4, "the same conversation, and what is wanted of it: {body}");
    assert_eq!(body["tool_choice"], "none");

    // The next turn, over another gateway with the same key, in any place of the history.
    let other = Gateway::over(Api::Chat, false, "Lapwing.", KEY).await;
    for input in [json!([item, {"role": "user", "content": "q"}]), json!([{"role": "user", "content": "q"}, item])] {
        let (status, text) = other.post("/v1/responses", &json!({"model": "m", "input": input})).await;
        assert_eq!(status, 200, "{text}");
        let (_, body) = other.asked().pop().unwrap();
        let messages = body["messages"].to_string();
        assert!(messages.contains(SUMMARY) && messages.contains("replaced by this summary"), "{messages}");
        assert!(!messages.contains("ilseal"), "{messages}");
    }
    // And inside the next request for a shorter one.
    let again = json!({"model": "m", "input": [item, {"role": "user", "content": "and it is blue"}]});
    other.compacted(&again).await;
    let (_, body) = other.asked().pop().unwrap();
    assert!(body["messages"].to_string().contains(SUMMARY), "{body}");
}

#[tokio::test]
async fn what_was_not_sealed_here_is_left_out_and_the_model_is_told() {
    let gateway = Gateway::over(Api::Chat, false, SUMMARY, KEY).await;
    let window = gateway.compacted(&conversation()).await;
    let item = &window["output"][0];
    let mut forged = item.clone();
    let envelope = forged["encrypted_content"].as_str().unwrap().to_owned();
    let (head, tail) = envelope.split_at(envelope.len() - 2);
    forged["encrypted_content"] = json!(format!("{head}{}", if tail == "AA" { "BB" } else { "AA" }));
    let foreign = json!({"type": "compaction", "id": "cmp_x", "encrypted_content": "gAAAAABnotours"});
    let other = Gateway::over(Api::Chat, false, "Fine.", "another key altogether").await;
    for (gateway, item) in [(&gateway, &forged), (&gateway, &foreign), (&other, item)] {
        gateway.asked();
        let response = gateway.setup.post("/v1/responses", goes_on(item).to_string()).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let losses = response.headers()["x-interlingua-losses"].to_str().unwrap().to_owned();
        assert!(losses.contains("dropped_history"), "{losses}");
        let messages = gateway.asked().pop().unwrap().1["messages"].to_string();
        assert!(messages.contains("cannot be read here"), "{messages}");
        assert!(
            !messages.contains("Lapwing") && !messages.contains("gAAAA") && !messages.contains("ilseal"),
            "{messages}"
        );
    }
}

#[tokio::test]
async fn a_trigger_at_the_end_of_the_input_gives_exactly_one_item() {
    let gateway = Gateway::over(Api::Chat, false, SUMMARY, KEY).await;
    let mut request = conversation();
    request["input"].as_array_mut().unwrap().push(json!({"type": "compaction_trigger"}));
    request["store"] = json!(false);
    let (status, text) = gateway.post("/v1/responses", &request).await;
    assert_eq!(status, 200, "{text}");
    let whole: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(whole["status"], "completed");
    assert_eq!(whole["usage"]["input_tokens"], 7);
    assert_eq!(whole["instructions"], "Be brief.");
    let [item] = &whole["output"].as_array().unwrap()[..] else { panic!("one item: {whole}") };
    assert_eq!(item["type"], "compaction");
    assert!(!gateway.asked().pop().unwrap().1.to_string().contains("compaction_trigger"));

    request["stream"] = json!(true);
    let response = gateway.setup.post("/v1/responses", request.to_string()).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = response.text().await.unwrap();
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    let events: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: ").filter(|data| *data != "[DONE]"))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let expected = [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.output_item.done",
        "response.completed",
    ];
    assert_eq!(kinds, expected);
    let output = &events[4]["response"]["output"];
    assert_eq!(output.as_array().unwrap().len(), 1);
    assert_eq!(output[0], events[3]["item"]);

    // The item stands for the conversation.
    gateway.asked();
    gateway.post("/v1/responses", &goes_on(&output[0])).await;
    assert!(gateway.asked().pop().unwrap().1["messages"].to_string().contains(SUMMARY));
}

#[tokio::test]
async fn a_shorter_conversation_can_be_gone_on_from_by_its_id() {
    let gateway = Gateway::over(Api::Chat, false, SUMMARY, KEY).await;
    for streamed in [false, true] {
        let mut request = conversation();
        request["input"].as_array_mut().unwrap().push(json!({"type": "compaction_trigger"}));
        request["stream"] = json!(streamed);
        let (_, text) = gateway.post("/v1/responses", &request).await;
        let last = text.lines().rfind(|line| line.contains("\"compaction\"")).unwrap();
        let event: Value = serde_json::from_str(last.strip_prefix("data: ").unwrap_or(last)).unwrap();
        let response = if streamed { &event["response"] } else { &event };
        assert_eq!(response["store"], true, "{response}");
        gateway.asked();
        let next = json!({"model": "m", "previous_response_id": response["id"], "input": "q", "store": false});
        let (status, text) = gateway.post("/v1/responses", &next).await;
        assert_eq!(status, 200, "{text}");
        // The summary stands for all that was said before it.
        let body = gateway.asked().pop().unwrap().1;
        let messages = body["messages"].as_array().unwrap();
        assert_eq!(messages.len(), 2, "{body}");
        assert!(messages[0]["content"].as_str().unwrap().contains(SUMMARY), "{body}");
    }
}

#[tokio::test]
async fn an_upstream_that_does_it_itself_is_asked_as_it_is() {
    let gateway = Gateway::over(Api::Responses, true, SUMMARY, KEY).await;
    let window = gateway.compacted(&conversation()).await;
    assert_eq!(window["output"], json!([]), "the upstream's own words");
    let asked = gateway.asked();
    assert_eq!(asked, [("/v1/responses/compact".to_owned(), conversation())]);

    let gateway = Gateway::over(Api::Responses, false, SUMMARY, KEY).await;
    let window = gateway.compacted(&conversation()).await;
    assert_eq!(window["output"][0]["type"], "compaction");
    let paths: Vec<_> = gateway.asked().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["/v1/responses/compact", "/v1/responses"]);
    // It is passed on in words that the upstream understands.
    let (status, _) = gateway.post("/v1/responses", &goes_on(&window["output"][0])).await;
    assert_eq!(status, 200);
    let body = gateway.asked().pop().unwrap().1.to_string();
    assert!(body.contains(SUMMARY) && !body.contains("ilseal"), "{body}");
}

#[tokio::test]
async fn what_goes_wrong_is_said() {
    let gateway = Gateway::over(Api::Chat, false, SUMMARY, KEY).await;
    for (body, param) in [
        (json!({"input": "x"}), "model"),
        (json!({"model": "m"}), "input"),
        (json!({"model": "m", "input": 7}), "input"),
    ] {
        let (status, text) = gateway.post("/v1/responses/compact", &body).await;
        let error: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((status, &error["error"]["param"]), (400, &json!(param)), "{text}");
    }
    let silent = Gateway::over(Api::Chat, false, "", KEY).await;
    let (status, text) = silent.post("/v1/responses/compact", &conversation()).await;
    assert_eq!(status, 502, "{text}");
    assert!(text.contains("compaction_failed"), "{text}");
    let busy = Gateway::over(Api::Chat, false, "overloaded", KEY).await;
    let (status, text) = busy.post("/v1/responses/compact", &conversation()).await;
    assert_eq!(status, 400, "the upstream's own: {text}");
    assert!(text.contains("busy"), "{text}");
}

#[tokio::test]
async fn tokens_are_counted_by_the_upstream_or_here_as_an_estimate() {
    let request = json!({"model": "m", "input": "hello world"});
    let there = Gateway::over(Api::Responses, true, SUMMARY, KEY).await;
    let response = there.setup.post("/v1/responses/input_tokens", request.to_string()).send().await.unwrap();
    assert!(!response.headers().contains_key("x-interlingua-estimate"));
    assert_eq!(response.json::<Value>().await.unwrap()["input_tokens"], 77);
    for api in [Api::Chat, Api::Responses] {
        let here = Gateway::over(api, false, SUMMARY, KEY).await;
        let response = here.setup.post("/v1/responses/input_tokens", request.to_string()).send().await.unwrap();
        assert_eq!(response.headers()["x-interlingua-estimate"], "o200k_base");
        let counted: Value = response.json().await.unwrap();
        assert_eq!(counted, json!({"object": "response.input_tokens", "input_tokens": 8}));
        assert!(here.asked().iter().all(|(path, _)| path != "/v1/chat/completions"), "nobody has to answer");
        // The model need not be named; the input must be one.
        let (status, _) = here.post("/v1/responses/input_tokens", &json!({"input": "x"})).await;
        assert_eq!(status, 200);
        let (status, text) = here.post("/v1/responses/input_tokens", &json!({"input": 7})).await;
        assert_eq!(status, 400, "{text}");
    }
}

#[tokio::test]
async fn a_model_is_told_of_by_its_name_and_with_its_window() {
    let gateway = Gateway::over(Api::Chat, false, SUMMARY, KEY).await;
    let get = async |path: &str| {
        let response = gateway.setup.client.get(format!("{}{path}", gateway.setup.url)).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, model) = get("/v1/models/org/a").await;
    assert_eq!((status, &model["id"]), (200, &json!("org/a")));
    let (status, error) = get("/v1/models/nobody").await;
    assert_eq!((status, &error["error"]["code"]), (404, &json!("model_not_found")));
    let (_, catalogue) = get("/v1/models?client_version=0.169.0").await;
    let windows: Vec<_> =
        catalogue["models"].as_array().unwrap().iter().map(|model| model.get("context_window")).collect();
    assert_eq!(windows, [Some(&json!(32768)), Some(&json!(1000)), Some(&json!(4096)), None]);
}
