//! A session that a gateway captured, gone through again by a program that asks with other ids each time.

use interlingua_replay::Replay;
use serde_json::{Value, json};

use crate::client::Client;

/// A request of a conversation, with something in it that is never the same.
fn ask(said: &[&str], id: &str) -> Value {
    let messages: Vec<_> = said.iter().map(|text| json!({"role": "user", "content": text})).collect();
    json!({"model": "m", "messages": messages, "metadata": {"session": id}})
}

fn reply(text: &str) -> Value {
    let message = json!({"role": "assistant", "content": text});
    json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
           "choices": [{"index": 0, "finish_reason": "stop", "message": message}]})
}

#[tokio::test]
async fn a_captured_session_is_gone_through_in_its_order_and_then_anew() {
    let folder = tempfile::tempdir().unwrap();
    // By name they are in another order than they happened.
    let session = [("c", 1, ask(&["one"], "a")), ("b", 2, ask(&["one", "two"], "a")), ("a", 3, ask(&["another"], "b"))];
    for (name, captured, request) in session {
        let place = folder.path().join("chat").join(name);
        std::fs::create_dir_all(&place).unwrap();
        let about = format!(
            "schema = 1\ncaptured = {captured}\n[response]\nstatus = 200\ncontent-type = \"application/json\"\n"
        );
        std::fs::write(place.join("case.toml"), about).unwrap();
        std::fs::write(place.join("request.json"), request.to_string()).unwrap();
        std::fs::write(place.join("response.json"), reply(name).to_string()).unwrap();
    }
    let server = Replay::from_dir(folder.path()).unwrap().spawn().await.unwrap();
    let client = Client::new(server.addr());
    let answer = async |request: Value| {
        let body = client.post("/v1/chat/completions", &request).await.body;
        let body: Value = serde_json::from_slice(&body).unwrap();
        body["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
    };
    for round in ["x", "y"] {
        assert_eq!(answer(ask(&["eins"], round)).await, "c", "{round}");
        // As long as the third, and as the second of those that are left.
        assert_eq!(answer(ask(&["noch eins"], round)).await, "a", "{round}");
        assert_eq!(answer(ask(&["eins", "zwei"], round)).await, "b", "{round}");
    }
    assert_eq!(answer(ask(&["another"], "b")).await, "a", "word for word, whatever was next");
}
