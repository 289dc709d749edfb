//! A client and an upstream of Messages: what goes along, and what stays.

use interlingua_gateway::{Config, InboundKey, UpstreamConfig};
use interlingua_translate::Api;

use serde_json::json;

use super::{Double, Told, answer_in, hello, over, request};

const OF_THE_CLIENT: [(&str, &str); 8] = [
    ("anthropic-version", "2026-10-21"),
    ("anthropic-beta", "context-management-2025-06-27,context-1m-2025-08-07"),
    ("x-claude-code-session-id", "s1"),
    ("x-claude-code-agent-id", "a1"),
    ("x-app", "cli"),
    ("x-stainless-lang", "js"),
    ("user-agent", "claude-cli/2"),
    ("cookie", "c=1"),
];

#[tokio::test]
async fn what_belongs_to_the_session_goes_along_and_the_identity_stays() {
    let double = Double::start(|_| Told::json(200, &answer_in(Api::Messages))).await;
    for repair in [false, true] {
        let upstream =
            UpstreamConfig { repair, api_key: Some("key-of-the-upstream".into()), ..double.config(Api::Messages) };
        let config = Config { inbound_key: Some(InboundKey::new("key-of-the-gateway").unwrap()), ..Config::default() };
        let setup = over(upstream, config).await;
        let asked = setup.post("/v1/messages?beta=true", hello(false).to_string()).bearer_auth("key-of-the-gateway");
        let asked = OF_THE_CLIENT.iter().fold(asked, |asked, (name, value)| asked.header(*name, *value));
        let response = asked.header("x-api-key", "another-key-of-the-client").send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(response.headers()["request-id"].to_str().unwrap().starts_with("req_"));
        let seen = double.asked().pop().unwrap();
        assert_eq!(seen.path, "/v1/messages");
        for (name, value) in &OF_THE_CLIENT[..4] {
            assert_eq!(seen.header(name), Some(*value), "{name} {repair}");
        }
        for name in ["x-app", "x-stainless-lang", "cookie", "authorization"] {
            assert_eq!(seen.header(name), None, "{name} {repair}");
        }
        assert_eq!(seen.header("x-api-key"), Some("key-of-the-upstream"));
        assert!(seen.header("user-agent").unwrap().starts_with("interlingua/"));
        if !repair {
            assert_eq!(seen.body, hello(false).to_string(), "not a byte is changed");
            assert_eq!(response.text().await.unwrap(), answer_in(Api::Messages).to_string());
        }
        setup.stop().await;
    }
}

#[tokio::test]
async fn whoever_speaks_another_api_comes_with_the_version_of_the_profile() {
    let double = Double::start(|_| Told::json(200, &answer_in(Api::Messages))).await;
    let upstream = UpstreamConfig { api_key: Some("key-of-the-upstream".into()), ..double.config(Api::Messages) };
    let setup = over(upstream, Config::default()).await;
    for client in [Api::Chat, Api::Responses] {
        let asked = request(&setup, client, false).header("anthropic-version", "1999-01-01");
        assert_eq!(asked.header("anthropic-beta", "odd").send().await.unwrap().status(), 200);
        let seen = double.asked().pop().unwrap();
        assert_eq!(seen.header("anthropic-version"), Some("2023-06-01"));
        assert_eq!(seen.header("anthropic-beta"), None);
    }
    setup.stop().await;
}

/// A feature that only the body of another API asks for has to be named to this one.
#[tokio::test]
async fn features_that_a_body_makes_use_of_are_named_beside_it() {
    let double = Double::start(|_| Told::json(200, &answer_in(Api::Messages))).await;
    let setup = over(UpstreamConfig { repair: true, ..double.config(Api::Messages) }, Config::default()).await;
    let tools =
        json!([{"type": "mcp", "server_label": "s", "server_url": "https://mcp.example", "require_approval": "never"}]);
    let of_responses = json!({"model": "m", "input": "Hello", "tools": tools}).to_string();
    assert_eq!(setup.post("/v1/responses", of_responses).send().await.unwrap().status(), 200);
    let seen = double.asked().pop().unwrap();
    assert!(seen.body.contains("\"mcp_servers\""), "{}", seen.body);
    assert_eq!(seen.header("anthropic-beta"), Some("mcp-client-2025-11-20"));

    let mut body = hello(false);
    body["mcp_servers"] = json!([{"type": "url", "name": "s", "url": "https://mcp.example"}]);
    body["tools"] = json!([{"type": "mcp_toolset", "mcp_server_name": "s"}]);
    for (named, expected) in [
        ("context-1m-2025-08-07", "context-1m-2025-08-07,mcp-client-2025-11-20"),
        ("mcp-client-2025-11-20, context-1m-2025-08-07", "mcp-client-2025-11-20,context-1m-2025-08-07"),
    ] {
        let asked = setup.post("/v1/messages", body.to_string()).header("anthropic-beta", named);
        assert_eq!(asked.send().await.unwrap().status(), 200);
        assert_eq!(double.asked().pop().unwrap().header("anthropic-beta"), Some(expected));
    }
    setup.stop().await;
}

/// Without a key of its own, an upstream gets the caller's, where its API has a key.
#[tokio::test]
async fn a_callers_own_key_goes_on_as_the_upstream_wants_it() {
    for (api, client, sent, expected) in [
        (Api::Messages, Api::Messages, ("x-api-key", "callers-key"), ("x-api-key", "callers-key")),
        (Api::Messages, Api::Messages, ("authorization", "Bearer a-token"), ("authorization", "Bearer a-token")),
        (Api::Messages, Api::Chat, ("authorization", "Bearer callers-key"), ("x-api-key", "callers-key")),
        (Api::Chat, Api::Messages, ("x-api-key", "callers-key"), ("authorization", "Bearer callers-key")),
        (
            Api::Responses,
            Api::Messages,
            ("authorization", "Bearer callers-key"),
            ("authorization", "Bearer callers-key"),
        ),
    ] {
        let double = Double::start(move |_| Told::json(200, &answer_in(api))).await;
        let setup = over(double.config(api), Config::default()).await;
        let asked = request(&setup, client, false).header(sent.0, sent.1);
        assert_eq!(asked.send().await.unwrap().status(), 200);
        let seen = double.asked().pop().unwrap();
        for name in ["x-api-key", "authorization"] {
            assert_eq!(seen.header(name), (name == expected.0).then_some(expected.1), "{api:?} {client:?} {sent:?}");
        }
        setup.stop().await;
    }
}
