//! How many tokens a request of Messages would be, over upstreams that count and others.

use interlingua_gateway::{Config, UpstreamConfig};
use interlingua_translate::Api;
use serde_json::{Value, json};

use super::{Double, Told, over, refused};

fn body() -> Value {
    json!({"model": "anthropic/m[1m]", "messages": [{"role": "user", "content": "hello hello hello hello hello "}]})
}

async fn counted(response: reqwest::Response) -> (Value, Option<String>) {
    assert_eq!(response.status(), 200);
    let estimate = response.headers().get("x-interlingua-estimate").map(|value| value.to_str().unwrap().to_owned());
    (serde_json::from_slice(&response.bytes().await.unwrap()).unwrap(), estimate)
}

#[tokio::test]
async fn an_upstream_of_messages_counts_itself_and_is_asked_what_the_client_asked() {
    let double = Double::start(|_| Told::json(200, &json!({"input_tokens": 77}))).await;
    for repair in [false, true] {
        let upstream = UpstreamConfig { repair, ..double.config(Api::Messages) };
        let setup = over(upstream, Config::default()).await;
        let asked = setup.post("/v1/messages/count_tokens?beta=true", body().to_string());
        let response = asked.header("anthropic-beta", "token-counting-2024-11-01").send().await.unwrap();
        assert!(response.headers()["request-id"].to_str().unwrap().starts_with("req_"));
        assert_eq!(counted(response).await, (json!({"input_tokens": 77}), None));
        let seen = double.asked().pop().unwrap();
        assert_eq!(
            (seen.path.as_str(), seen.header("anthropic-beta")),
            ("/v1/messages/count_tokens", Some("token-counting-2024-11-01"))
        );
        assert_eq!(seen.body, body().to_string().replace("anthropic/m[1m]", "m"), "and not a byte more is changed");
        setup.stop().await;
    }
}

#[tokio::test]
async fn what_no_upstream_counts_is_counted_here_and_marked() {
    for api in Api::ALL.iter().copied() {
        let double = Double::start(|_| Told::json(404, &json!({"error": {"message": "no such path"}}))).await;
        let setup = over(double.config(api), Config::default()).await;
        for path in ["/v1/messages/count_tokens", "/messages/count_tokens"] {
            let response = setup.post(path, body().to_string()).send().await.unwrap();
            // Thirty bytes and a message, which is more than the vocabulary's words.
            assert_eq!(counted(response).await, (json!({"input_tokens": 13}), Some("1".to_owned())), "{api:?}");
        }
        let asked = double.asked();
        assert_eq!(asked.len(), if api == Api::Messages { 2 } else { 0 }, "nobody else is asked");
        let wrong = json!({"model": "m", "messages": [{"role": "wizard", "content": "x"}]}).to_string();
        let (status, class, message, _) =
            refused(setup.post("/v1/messages/count_tokens", wrong).send().await.unwrap()).await;
        assert_eq!((status, class.as_str()), (400, "invalid_request_error"));
        assert!(message.starts_with("messages[0].role: "), "{message}");
        setup.stop().await;
    }
}

#[tokio::test]
async fn a_refusal_of_the_count_is_the_clients_to_know() {
    let double = Double::start(|_| {
        Told::json(529, &json!({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}))
    })
    .await;
    let setup = over(double.config(Api::Messages), Config::default()).await;
    let response = setup.post("/v1/messages/count_tokens", body().to_string()).send().await.unwrap();
    assert_eq!(response.status(), 529);
    assert!(response.text().await.unwrap().contains("busy"));
    setup.stop().await;
}
