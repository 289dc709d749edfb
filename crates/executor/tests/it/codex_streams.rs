//! Streams of the Codex backend, whole and as they were recorded.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::codex_backend::{Answer, Backend};
use crate::support::{chat, drain, request, streamed, whole};

/// What a stream says, read without any of the project's decoders: its finished items and the usage of its last event.
struct Truth {
    text: String,
    calls: Vec<(String, String, String)>,
    thoughts: String,
    usage: (u64, u64),
}

impl Truth {
    fn of(bytes: &[u8]) -> Self {
        let text = std::str::from_utf8(bytes).unwrap();
        let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
        let events: Vec<Value> = events.filter_map(|data| serde_json::from_str(data.trim()).ok()).collect();
        let items =
            events.iter().filter(|event| event["type"] == "response.output_item.done").map(|event| &event["item"]);
        let mut truth = Self { text: String::new(), calls: Vec::new(), thoughts: String::new(), usage: (0, 0) };
        let texts = |list: &Value| -> String {
            list.as_array().into_iter().flatten().filter_map(|part| part["text"].as_str()).collect()
        };
        for item in items {
            let field = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
            match item["type"].as_str().unwrap() {
                "message" => truth.text.push_str(&texts(&item["content"])),
                "function_call" => truth.calls.push((field("call_id"), field("name"), field("arguments"))),
                "reasoning" => truth.thoughts.push_str(&texts(&item["summary"])),
                other => panic!("what is {other}?"),
            }
        }
        let usage = &events.last().unwrap()["response"]["usage"];
        truth.usage = (usage["input_tokens"].as_u64().unwrap(), usage["output_tokens"].as_u64().unwrap());
        truth
    }

    #[track_caller]
    fn check(&self, name: &str, message: &Value, usage: &Value, finish: &Value) {
        let Self { text, calls, thoughts, usage: (input, output) } = self;
        let said = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
        assert_eq!(&said("content"), text, "{name}");
        assert_eq!(&said("reasoning_content"), thoughts, "{name}");
        let called = message["tool_calls"].as_array().into_iter().flatten().map(|call| {
            let field = |value: &Value| value.as_str().unwrap().to_owned();
            (field(&call["id"]), field(&call["function"]["name"]), field(&call["function"]["arguments"]))
        });
        assert_eq!(&called.collect::<Vec<_>>(), calls, "{name}");
        assert_eq!((&usage["prompt_tokens"], &usage["completion_tokens"]), (&json!(input), &json!(output)), "{name}");
        assert_eq!(finish, if calls.is_empty() { "stop" } else { "tool_calls" }, "{name}");
    }
}

/// The streams recorded of the real backend. They are not part of the project.
fn recorded() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let Ok(index) = std::fs::read_to_string(folder.join("index.tsv")) else { return Vec::new() };
    let rows = index.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let of_codex = rows.filter(|row| row[1] == "responses_stream" && row[2] == "chatgpt.com");
    of_codex.map(|row| folder.join("responses_stream").join(format!("{}.sse", row[0]))).collect()
}

#[tokio::test]
async fn every_recorded_stream_comes_out_complete_streamed_and_not() {
    let files = recorded();
    if files.is_empty() {
        println!("no recordings beside the project: nothing was checked");
        return;
    }
    let started = Instant::now();
    for file in &files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let bytes = std::fs::read(file).unwrap();
        let truth = Truth::of(&bytes);
        let answer = Answer::new(200, "text/event-stream; charset=utf-8", bytes);
        let (_backend, executor) = Backend::start([answer.clone(), answer]).await;
        let mut body = json!({"model": "gpt-5.4", "messages": [{"role": "user", "content": "hi"}]});
        let whole = whole(executor.ask(chat(&body)).await.unwrap().value);
        truth.check(name, &whole["choices"][0]["message"], &whole["usage"], &whole["choices"][0]["finish_reason"]);

        body["stream"] = true.into();
        body["stream_options"] = json!({"include_usage": true});
        let stream = streamed(executor.ask(chat(&body)).await.unwrap().value);
        let (message, usage, finish) = gathered(drain(stream).await.0);
        truth.check(name, &message, &usage, &finish);
    }
    println!("{} recorded streams checked in {:?}", files.len(), started.elapsed());
}

/// Chunks put together as a client does it: message, usage and finish reason.
fn gathered(mut events: Vec<String>) -> (Value, Value, Value) {
    assert_eq!(events.pop().as_deref(), Some("[DONE]"));
    let (mut texts, mut calls) =
        (BTreeMap::from([("content", String::new()), ("reasoning_content", String::new())]), Vec::new());
    let (mut usage, mut finish) = (Value::Null, Value::Null);
    for event in events {
        let chunk: Value = serde_json::from_str(&event).unwrap();
        if chunk["usage"].is_object() {
            usage = chunk["usage"].clone();
        }
        let Some(choice) = chunk["choices"].get(0) else { continue };
        if choice["finish_reason"].is_string() {
            finish = choice["finish_reason"].clone();
        }
        for (name, text) in &mut texts {
            text.push_str(choice["delta"][*name].as_str().unwrap_or_default());
        }
        for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let index = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
            if index == calls.len() {
                calls.push(json!({"id": "", "function": {"name": "", "arguments": ""}}));
            }
            let known = &mut calls[index];
            let add = |known: &mut Value, more: &Value| {
                *known = format!("{}{}", known.as_str().unwrap(), more.as_str().unwrap_or_default()).into();
            };
            add(&mut known["id"], &call["id"]);
            add(&mut known["function"]["name"], &call["function"]["name"]);
            add(&mut known["function"]["arguments"], &call["function"]["arguments"]);
        }
    }
    (
        json!({"content": texts["content"], "reasoning_content": texts["reasoning_content"], "tool_calls": calls}),
        usage,
        finish,
    )
}

#[tokio::test]
async fn dropping_a_stream_after_its_first_chunk_asks_for_nothing_more() {
    let (backend, executor) = Backend::start([]).await;
    let mut stream = streamed(executor.ask(request(true)).await.unwrap().value);
    assert!(stream.next().await.is_some());
    drop(stream);
    assert_eq!(backend.asked().len(), 1);
}
