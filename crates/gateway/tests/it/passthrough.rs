//! Paths that are none of the APIs known here, passed on where the configuration names them.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use interlingua_gateway::{Config, Gateway, InboundKey, Target, Upstream, UpstreamConfig};
use tokio::net::TcpListener;

/// What reached the upstream, sent back: kind, authorization and body.
async fn echo(headers: HeaderMap, body: Bytes) -> (StatusCode, [(&'static str, &'static str); 2], Vec<u8>) {
    let text = |name: &str| headers.get(name).map_or("none", |value| value.to_str().unwrap()).to_owned();
    let mut told =
        format!("{} | {} | ", text("content-type"), text("authorization").replace("sk-upstream", "the upstream's"))
            .into_bytes();
    told.extend_from_slice(&body);
    (StatusCode::CREATED, [("content-type", "audio/mpeg"), ("x-request-id", "up-1")], told)
}

#[tokio::test]
async fn only_what_is_named_goes_through_and_untouched() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let refuse = || async {
        (StatusCode::BAD_REQUEST, "{\"error\":{\"message\":\"no voice\",\"type\":\"x\",\"param\":null,\"code\":null}}")
    };
    let router = Router::new().route("/v1/audio/speech", post(echo)).route("/v1/audio/refused", post(refuse));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let upstream = UpstreamConfig {
        target: Some(Target::Url(base.parse().unwrap())),
        api_key: Some("sk-upstream".to_owned().into()),
        ..UpstreamConfig::default()
    };
    let config = Config {
        listen: "127.0.0.1:0".to_owned(),
        inbound_key: Some(InboundKey::new("let-me-in").unwrap()),
        passthrough: vec!["/v1/audio/*".to_owned()],
        ..Config::default()
    };
    let gateway = Gateway::bind(config, Upstream::open(upstream).await.unwrap()).await.unwrap();
    let url = format!("http://{}", gateway.addr());
    tokio::spawn(gateway.serve(std::future::pending()));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = |path: &str, key: &str| {
        let request = client.post(format!("{url}{path}")).bearer_auth(key);
        request.header("content-type", "multipart/form-data; boundary=x").body(vec![0_u8, 255, 1])
    };
    let answer = ask("/v1/audio/speech", "let-me-in").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["content-type"]), (201, &"audio/mpeg".parse().unwrap()));
    assert_eq!(answer.headers()["x-upstream-request-id"], "up-1");
    let body = answer.bytes().await.unwrap();
    assert_eq!(&body[..], b"multipart/form-data; boundary=x | Bearer the upstream's | \0\xff\x01");
    for (path, key, status) in [
        ("/v1/audio/speech", "let-me-out", 401),
        ("/v1/embeddings", "let-me-in", 404),
        ("/v1/audio/refused", "let-me-in", 400),
        ("/v1/audio/missing", "let-me-in", 404),
    ] {
        assert_eq!(ask(path, key).send().await.unwrap().status(), status, "{path} {key}");
    }
    let refused = ask("/v1/audio/refused", "let-me-in").send().await.unwrap().text().await.unwrap();
    assert!(refused.contains("no voice"), "{refused}");
}
