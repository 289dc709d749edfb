//! Who may come in, by which path, and whose key goes out.

use interlingua_gateway::{Config, Gateway, StartError, Target, Upstream, UpstreamConfig};
use interlingua_translate::Api;
use serde_json::Value;

use crate::support::{Plan, Setup, hello, refusal};

#[tokio::test]
async fn every_path_works_with_and_without_v1() {
    let setup = Plan::default().start().await;
    for path in ["/v1/chat/completions", "/chat/completions"] {
        assert_eq!(setup.post(path, hello(false).to_string()).send().await.unwrap().status(), 200, "{path}");
    }
    for path in ["/v1/models", "/models"] {
        let response = setup.client.get(format!("{}{path}", setup.url)).send().await.unwrap();
        let list: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(list["object"], "list");
        assert!(list["data"][0]["id"].is_string());
    }
    let health = setup.client.get(format!("{}/healthz", setup.url)).send().await.unwrap();
    assert_eq!(health.text().await.unwrap(), r#"{"status":"ok"}"#);
    setup.stop().await;
}

#[tokio::test]
async fn nobody_outside_is_served_without_a_key() {
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let upstream = UpstreamConfig { target: Some(Target::Replay), ..UpstreamConfig::default() };
        let upstream = Upstream::open(upstream).await.unwrap();
        let config = Config { listen: listen.to_owned(), ..Config::default() };
        let refused = Gateway::bind(config, upstream).await.unwrap_err();
        assert!(matches!(refused, StartError::OpenRelay(_)), "{refused}");
    }
}

#[tokio::test]
async fn the_inbound_key_opens_the_door_and_goes_no_further() {
    let setup = Plan { inbound_key: Some("let-me-in"), ..Plan::default() }.start().await;
    for wrong in [None, Some("Bearer let-me-ix"), Some("Basic let-me-in")] {
        let request = setup.post("/v1/chat/completions", hello(false).to_string());
        let request = wrong.into_iter().fold(request, |request, value| request.header("authorization", value));
        let (status, error) = refusal(request.send().await.unwrap()).await;
        assert_eq!(status, 401);
        assert!(!error.to_string().contains("let-me-i"), "{error}");
    }
    assert_eq!(setup.replay.log().count(), 0);
    let health = setup.client.get(format!("{}/healthz", setup.url)).send().await.unwrap();
    assert_eq!(health.status(), 200);

    let request = setup.post("/v1/chat/completions", hello(false).to_string()).bearer_auth("let-me-in");
    assert_eq!(request.send().await.unwrap().status(), 200);
    let seen = setup.replay.log().last().unwrap().header_names;
    assert!(!seen.contains(&"authorization".to_owned()), "the inbound key is nobody else's business: {seen:?}");
    setup.stop().await;
}

#[tokio::test]
async fn the_callers_key_is_passed_on_only_where_there_is_no_other() {
    let setup = Plan::default().start().await;
    let ask = |setup: &Setup| {
        setup
            .post("/v1/chat/completions", hello(false).to_string())
            .bearer_auth("sk-caller")
            .header("user-agent", "spy/1")
    };
    assert_eq!(ask(&setup).send().await.unwrap().status(), 200);
    let seen = setup.replay.log().last().unwrap();
    assert!(seen.header_names.contains(&"authorization".to_owned()));
    assert!(!seen.header("user-agent").unwrap().contains("spy"), "the caller's own identity stays here");
    setup.stop().await;
}

#[tokio::test]
async fn an_upstream_that_speaks_chat_is_passed_through_byte_for_byte() {
    let setup = Plan { api: Api::Chat, case: Some("chat/text"), ..Plan::default() }.start().await;
    for stream in [false, true] {
        let body = hello(stream).to_string();
        let response = setup.post("/v1/chat/completions", body.clone()).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let got = response.bytes().await.unwrap();
        let exchange = setup.replay.log().last().unwrap();
        assert_eq!(exchange.path, "/v1/chat/completions");
        assert_eq!(exchange.request, body.as_bytes());
        assert_eq!(got, exchange.reply);
    }
    let (status, error) = refusal(setup.post("/v1/chat/completions", "{\"model\"").send().await.unwrap()).await;
    assert_eq!(status, 400);
    assert!(error["message"].as_str().unwrap().contains("line 1"));
    setup.stop().await;
}

#[tokio::test]
async fn contradictions_and_nonsense_are_refused_before_anything_starts() {
    let codex = UpstreamConfig { target: Some(Target::Codex), api: Some(Api::Chat), ..UpstreamConfig::default() };
    assert!(Upstream::open(codex).await.unwrap_err().to_string().contains("Responses only"));
    for bad in ["codec", "ftp://host", "https://me:secret@host"] {
        let message = bad.parse::<Target>().unwrap_err().to_string();
        assert!(message.contains("none of codex, openai, anthropic and replay"), "{message}");
        assert!(!message.contains("secret"), "{message}");
    }
}

#[tokio::test]
async fn a_web_page_cannot_ask_in_its_users_name() {
    let setup = Plan { case: Some("responses/text"), ..Plan::default() }.start().await;
    let ask = |headers: &[(&'static str, &'static str)]| {
        let request = setup.post("/v1/chat/completions", hello(false).to_string());
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send()
    };
    let foreign: [(&[_], _); 5] = [
        // The page's own name, made to mean this machine.
        (&[("host", "evil.test")], "foreign_host"),
        (&[("host", "localhost.evil.test:4141")], "foreign_host"),
        (&[("origin", "https://evil.test")], "foreign_origin"),
        // What a page without a name of its own says.
        (&[("origin", "null")], "foreign_origin"),
        (&[("host", "localhost"), ("origin", "http://127.0.0.1.evil.test")], "foreign_origin"),
    ];
    for (headers, code) in foreign {
        let (status, error) = refusal(ask(headers).await.unwrap()).await;
        assert_eq!((status, error["code"].as_str()), (403, Some(code)), "{headers:?}");
        assert!(error["message"].as_str().unwrap().contains("INTERLINGUA_INBOUND_KEY"), "{error}");
    }
    assert!(setup.replay.log().last().is_none(), "nothing of it reached the upstream");
    for headers in [
        &[][..],
        &[("host", "localhost:4141")],
        &[("host", "[::1]:4141")],
        &[("host", "gateway.lan")],
        &[("origin", "http://localhost:3000")],
        &[("origin", "tauri://localhost")],
    ] {
        assert_eq!(ask(headers).await.unwrap().status(), 200, "{headers:?}");
    }
    setup.stop().await;
}

#[tokio::test]
async fn with_a_key_the_name_does_not_matter() {
    let setup = Plan { inbound_key: Some("let-me-in"), ..Plan::default() }.start().await;
    let request = setup.post("/v1/chat/completions", hello(false).to_string());
    let response = request.header("host", "gateway.example").bearer_auth("let-me-in").send().await.unwrap();
    assert_eq!(response.status(), 200);
    setup.stop().await;
}
