//! Clients that drop what their API has no word for, over a model that wants its thoughts back.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a setup that fails is a failed test")]

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::header::CONTENT_TYPE;
use interlingua_gateway::{Config, StoreConfig, Target, Upstream, UpstreamConfig};
use interlingua_replay::Replay;
use interlingua_translate::Api;
use serde_json::{Value, json};

use crate::support::redis_server::RedisServer;
use crate::support::{Setup, data, start};

const TURNS: usize = 10;

type Asked = Arc<Mutex<Vec<Value>>>;

/// Thinks, and calls: the nth time with the nth sealed thought.
async fn think(State(asked): State<Asked>, Json(request): Json<Value>) -> Response {
    let number = {
        let mut asked = asked.lock().unwrap();
        asked.push(request.clone());
        asked.len() - 1
    };
    let items = [
        json!({"type": "reasoning", "id": format!("rs_{number}"), "summary": [], "encrypted_content": format!("E{number}"),
               "status": "completed"}),
        json!({"type": "function_call", "id": format!("fc_{number}"), "call_id": format!("call_{number}"), "name": "look",
               "arguments": format!("{{\"n\": {number}}}"), "status": "completed"}),
    ];
    let response = json!({"id": format!("resp_{number}"), "object": "response", "status": "completed", "model": "gpt-5.4",
                          "output": items, "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}});
    if request["stream"] != true {
        return Json(response).into_response();
    }
    let mut body = String::new();
    for (index, item) in items.iter().enumerate() {
        let kinds = ["response.output_item.added", "response.output_item.done"];
        for kind in kinds {
            let _ = write!(body, "data: {}\n\n", json!({"type": kind, "output_index": index, "item": item}));
        }
    }
    let _ = write!(body, "data: {}\n\n", json!({"type": "response.completed", "response": response}));
    ([(CONTENT_TYPE, "text/event-stream")], body).into_response()
}

/// The model's server: its address, and what it is asked.
async fn thinker() -> (String, Asked) {
    let asked = Asked::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/responses", post(think)).with_state(Arc::clone(&asked));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, asked)
}

async fn gateway(upstream: &str, store: StoreConfig, reasoning_cache: bool) -> Setup {
    let upstream = Upstream::open(UpstreamConfig {
        target: Some(Target::Url(upstream.parse().unwrap())),
        api: Some(Api::Responses),
        api_key: Some("sk-planted-0123456789".into()),
        ..UpstreamConfig::default()
    })
    .await
    .unwrap();
    let config = Config { listen: "127.0.0.1:0".to_owned(), store, reasoning_cache, ..Config::default() };
    start(config, upstream.into(), Replay::embedded().spawn().await.unwrap()).await
}

/// A client that keeps of a reply what its API documents and nothing else.
#[derive(Clone, Copy)]
enum Client {
    Chat { stream: bool },
    Messages { stream: bool },
}

impl Client {
    fn request(self, messages: &[Value]) -> (&'static str, Value) {
        match self {
            Self::Chat { stream } => {
                let tool = json!({"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}});
                let body = json!({"model": "gpt-5.4", "messages": messages, "tools": [tool], "stream": stream,
                                  "reasoning_effort": "low"});
                ("/v1/chat/completions", body)
            }
            Self::Messages { stream } => {
                let tool = json!({"name": "look", "input_schema": {"type": "object"}});
                let body = json!({"model": "gpt-5.4", "messages": messages, "tools": [tool], "stream": stream,
                                  "max_tokens": 99});
                ("/v1/messages", body)
            }
        }
    }

    /// What it keeps of the turn, and the result that it adds. Arguments are parsed and written anew, as SDKs do.
    fn goes_on(self, reply: &str) -> [Value; 2] {
        match self {
            Self::Chat { stream } => {
                let (mut id, mut arguments) = (String::new(), String::new());
                let messages: Vec<Value> = if stream {
                    let chunks = data(reply).into_iter().filter(|data| *data != "[DONE]");
                    chunks
                        .map(|chunk| serde_json::from_str::<Value>(chunk).unwrap()["choices"][0]["delta"].clone())
                        .collect()
                } else {
                    vec![serde_json::from_str::<Value>(reply).unwrap()["choices"][0]["message"].clone()]
                };
                for message in messages {
                    let call = &message["tool_calls"][0];
                    id += call["id"].as_str().unwrap_or_default();
                    arguments += call["function"]["arguments"].as_str().unwrap_or_default();
                }
                let arguments = serde_json::from_str::<Value>(&arguments).unwrap().to_string();
                let call = json!({"id": id, "type": "function", "function": {"name": "look", "arguments": arguments}});
                [
                    json!({"role": "assistant", "content": null, "tool_calls": [call]}),
                    json!({"role": "tool", "tool_call_id": id, "content": "seen"}),
                ]
            }
            Self::Messages { stream } => {
                let (mut id, mut input) = (String::new(), String::new());
                if stream {
                    for event in data(reply) {
                        let event: Value = serde_json::from_str(event).unwrap();
                        id += event["content_block"]["id"].as_str().unwrap_or_default();
                        input += event["delta"]["partial_json"].as_str().unwrap_or_default();
                    }
                } else {
                    let reply: Value = serde_json::from_str(reply).unwrap();
                    let blocks = reply["content"].as_array().unwrap();
                    let call = blocks.iter().find(|block| block["type"] == "tool_use").unwrap();
                    id += call["id"].as_str().unwrap();
                    input += &call["input"].to_string();
                }
                let input: Value = serde_json::from_str(&input).unwrap();
                let (call, result) = (
                    json!({"type": "tool_use", "id": id, "name": "look", "input": input}),
                    json!({"type": "tool_result", "tool_use_id": id, "content": "seen"}),
                );
                [json!({"role": "assistant", "content": [call]}), json!({"role": "user", "content": [result]})]
            }
        }
    }

    /// Talks for ten turns, to each of the gateways in turn.
    async fn talk(self, gateways: &[Setup]) {
        let mut messages = vec![json!({"role": "user", "content": "Look at it all."})];
        for turn in 0..TURNS {
            let (path, body) = self.request(&messages);
            let reply = gateways[turn % gateways.len()].post(path, body.to_string()).send().await.unwrap();
            assert_eq!(reply.status(), 200);
            messages.extend(self.goes_on(&reply.text().await.unwrap()));
        }
    }
}

const CLIENTS: [Client; 4] = [
    Client::Chat { stream: true },
    Client::Chat { stream: false },
    Client::Messages { stream: true },
    Client::Messages { stream: false },
];

/// Every thought so far stands in front of its call, in every request.
fn all_are_back(asked: &[Value]) {
    assert_eq!(asked.len(), TURNS);
    for (number, request) in asked.iter().enumerate() {
        let items = request["input"].as_array().unwrap();
        let calls: Vec<_> = (0..items.len()).filter(|at| items[*at]["type"] == "function_call").collect();
        assert_eq!(calls.len(), number);
        for (turn, at) in calls.into_iter().enumerate() {
            assert_eq!(items[at - 1]["encrypted_content"], format!("E{turn}"), "request {number}: {items:?}");
        }
    }
}

fn none_is_back(asked: &[Value]) {
    assert_eq!(asked.len(), TURNS);
    assert!(!json!(asked).to_string().contains("\"encrypted_content\""), "{asked:?}");
}

/// The number of turns whose thoughts were found, or not.
async fn recalled(gateway: &Setup, found: &str) -> u64 {
    let page = gateway.client.get(format!("{}/metrics", gateway.url)).send().await.unwrap().text().await.unwrap();
    let of = |line: &&str| {
        line.starts_with("interlingua_recalled_thoughts_total{") && line.contains(&format!("found=\"{found}\""))
    };
    page.lines().filter(of).map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

#[tokio::test]
async fn thoughts_that_a_client_drops_come_back_over_ten_turns() {
    for client in CLIENTS {
        let (upstream, asked) = thinker().await;
        let gateways = [gateway(&upstream, StoreConfig::Memory, true).await];
        client.talk(&gateways).await;
        all_are_back(&asked.lock().unwrap());
        assert_eq!(recalled(&gateways[0], "yes").await, 45);
        assert_eq!(recalled(&gateways[0], "no").await, 0);
    }
}

#[tokio::test]
async fn two_gateways_on_one_redis_share_them() {
    let Some(redis) = RedisServer::start() else { return };
    for client in CLIENTS {
        let (upstream, asked) = thinker().await;
        let store = || StoreConfig::Redis(redis.url());
        let gateways = [gateway(&upstream, store(), true).await, gateway(&upstream, store(), true).await];
        client.talk(&gateways).await;
        all_are_back(&asked.lock().unwrap());
    }
}

#[tokio::test]
async fn without_a_store_and_with_the_switch_off_nothing_is_kept() {
    for (store, is_on) in [(StoreConfig::Off, true), (StoreConfig::Memory, false)] {
        let (upstream, asked) = thinker().await;
        let gateways = [gateway(&upstream, store, is_on).await];
        CLIENTS[0].talk(&gateways).await;
        none_is_back(&asked.lock().unwrap());
    }
}

/// Two gateways with a memory each: what the one has the other never finds.
#[tokio::test]
async fn what_is_not_found_changes_nothing_but_a_number() {
    let messages = [
        json!({"role": "user", "content": "Look at it all."}),
        json!({"role": "assistant", "content": null,
               "tool_calls": [{"id": "call_0", "type": "function", "function": {"name": "look", "arguments": "{\"n\":0}"}}]}),
        json!({"role": "tool", "tool_call_id": "call_0", "content": "seen"}),
    ];
    let mut bodies = Vec::new();
    for is_on in [true, false] {
        let (upstream, asked) = thinker().await;
        let gateway = gateway(&upstream, StoreConfig::Memory, is_on).await;
        let (path, body) = CLIENTS[1].request(&messages);
        assert_eq!(gateway.post(path, body.to_string()).send().await.unwrap().status(), 200);
        assert_eq!(recalled(&gateway, "no").await, u64::from(is_on));
        bodies.push(asked.lock().unwrap()[0].clone());
    }
    assert_eq!(bodies[0], bodies[1]);
}

/// The ids of some servers are the same in every conversation.
#[tokio::test]
async fn thoughts_of_another_conversation_are_not_taken_for_those_of_the_same_call() {
    let (upstream, asked) = thinker().await;
    let gateway = gateway(&upstream, StoreConfig::Memory, true).await;
    let client = CLIENTS[1];
    let (path, body) = client.request(&[json!({"role": "user", "content": "Look at one thing."})]);
    let reply = gateway.post(path, body.to_string()).send().await.unwrap().text().await.unwrap();
    let rest = client.goes_on(&reply);
    let other = [vec![json!({"role": "user", "content": "Look at another."})], rest.to_vec()].concat();
    let (path, body) = client.request(&other);
    gateway.post(path, body.to_string()).send().await.unwrap();
    assert!(!asked.lock().unwrap()[1].to_string().contains("E0"));
}
