//! What a reply is, is seen by how it begins: whatever was asked for, and whatever it is called.

use interlingua_executor::Reply;
use interlingua_model::Api;
use interlingua_translate::Translator;
use serde_json::Value;

use crate::support::{Scripted, config, drain, reply};

fn asked(client: Api, is_streamed: bool) -> String {
    let body = match client {
        Api::Chat => r#"{"model":"m","messages":[{"role":"user","content":"hi"}]"#,
        Api::Responses => r#"{"model":"m","store":false,"input":"hi""#,
        Api::Messages => r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]"#,
    };
    format!("{body},\"stream\":{is_streamed}}}")
}

/// The same answer of an upstream, whole and as a stream.
fn told(upstream: Api) -> [&'static str; 2] {
    match upstream {
        Api::Chat => [
            r#"{"id":"chatcmpl-1","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}]}"#,
            "data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n\
             data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
        ],
        Api::Responses => [
            r#"{"id":"resp_1","status":"completed","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello"}]}]}"#,
            "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hello\"}\n\n\
             data: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"status\":\"completed\"}}\n\n",
        ],
        Api::Messages => [
            r#"{"id":"msg_1","type":"message","content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn"}"#,
            "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"Hello\"}}\n\n\
             data: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
             data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1}}\n\n\
             data: {\"type\":\"message_stop\"}\n\n",
        ],
    }
}

/// All text that a client is told, whole or in deltas.
async fn said(client: Api, answer: Reply) -> String {
    match (client, answer) {
        (Api::Chat, Reply::Whole(body)) => {
            let body: Value = serde_json::from_slice(&body).unwrap();
            body["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
        }
        (Api::Responses, Reply::Whole(body)) => {
            let body: Value = serde_json::from_slice(&body).unwrap();
            body["output"][0]["content"][0]["text"].as_str().unwrap().to_owned()
        }
        (Api::Messages, Reply::Whole(body)) => {
            let body: Value = serde_json::from_slice(&body).unwrap();
            body["content"][0]["text"].as_str().unwrap().to_owned()
        }
        (Api::Messages, Reply::Stream(mut stream)) => {
            use futures_util::StreamExt;
            let mut text = String::new();
            while let Some(bytes) = stream.next().await {
                text += std::str::from_utf8(&bytes).unwrap();
            }
            let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
            let events: Vec<Value> = data.map(|data| serde_json::from_str(data).unwrap()).collect();
            assert_eq!(events.last().unwrap()["type"], "message_stop");
            events.iter().filter_map(|event| event["delta"]["text"].as_str()).collect()
        }
        (Api::Chat, Reply::Stream(stream)) => {
            let (mut events, stream) = drain(stream).await;
            assert_eq!(events.pop().as_deref(), Some("[DONE]"));
            assert_eq!(stream.report().unwrap().failure, None);
            let chunks = events.iter().map(|data| serde_json::from_str::<Value>(data).unwrap());
            chunks.filter_map(|chunk| Some(chunk["choices"][0]["delta"]["content"].as_str()?.to_owned())).collect()
        }
        (Api::Responses, Reply::Stream(mut stream)) => {
            use futures_util::StreamExt;
            let mut text = String::new();
            while let Some(bytes) = stream.next().await {
                text += std::str::from_utf8(&bytes).unwrap();
            }
            let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
            let events: Vec<Value> = data.map(|data| serde_json::from_str(data).unwrap()).collect();
            assert_eq!(events.last().unwrap()["type"], "response.completed");
            let deltas = events.iter().filter(|event| event["type"] == "response.output_text.delta");
            deltas.filter_map(|event| event["delta"].as_str()).collect()
        }
    }
}

#[tokio::test]
async fn every_form_under_every_label_is_read_for_every_client() {
    for client in Api::ALL.iter().copied() {
        for upstream in Api::ALL.iter().copied() {
            for body in told(upstream) {
                for label in ["application/json", "text/event-stream; charset=utf-8", "text/plain", ""] {
                    for is_streamed in [true, false] {
                        let way = format!("{client} over {upstream}, {label:?}, streamed: {is_streamed}: {body}");
                        let scripted = Scripted::new([reply(200, label, body)]);
                        let asked = Translator::new(client).read(asked(client, is_streamed).as_bytes()).unwrap();
                        let answer = scripted.executor(config(upstream)).ask(asked).await;
                        let answer = answer.unwrap_or_else(|error| panic!("{way}: {error}")).value;
                        assert_eq!(matches!(answer, Reply::Stream(_)), is_streamed, "{way}");
                        assert_eq!(said(client, answer).await, "Hello", "{way}");
                    }
                }
            }
        }
    }
}
