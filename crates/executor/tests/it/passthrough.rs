//! A Chat upstream gets the client's own bytes, and the client gets its bytes back.

use bytes::Bytes;
use futures_util::TryStreamExt;
use http::Response;
use interlingua_executor::{ByteStream, Executor, Phase, Profile, TransportError};
use interlingua_model::Api;

use crate::support::{Piece, Script, Scripted, config, of, reply, reply_with, streaming};

/// UUID v5 in the OID namespace of `cli-proxy-api:codex:prompt-cache:sk-secret-token`, computed by another program.
const CACHE_KEY: &str = "faf550fd-694f-553d-90b5-d24b40dde89e";

async fn body_of(response: Response<ByteStream>) -> Vec<u8> {
    response.into_body().try_fold(Vec::new(), async |all, more| Ok([all, more.to_vec()].concat())).await.unwrap()
}

#[tokio::test]
async fn the_cache_key_is_added_and_nothing_else_changes() {
    let body = "{ \"model\":\"m\",\"seed\" : 1.0,\n \"unknown\":[{}], \"messages\":[]}\n";
    let upstream = Scripted::new([reply(200, "application/json", "{}")]);
    upstream
        .executor(config(Api::Chat))
        .pass(Bytes::from_static(body.as_bytes()), &http::HeaderMap::new())
        .await
        .unwrap();
    let sent = &upstream.sent()[0];
    assert_eq!(sent.uri(), "https://upstream.test/v1/chat/completions");
    let expected = body.replace("[]}\n", &format!("[],\"prompt_cache_key\":\"{CACHE_KEY}\"}}\n"));
    assert_eq!(sent.body(), expected.as_bytes());
    let headers = sent.headers();
    assert_eq!(headers["conversation_id"], CACHE_KEY);
    assert_eq!(headers["session_id"], CACHE_KEY);
    assert_eq!(headers["accept"], "application/json");
    assert_eq!(headers["authorization"], "Bearer sk-secret-token");
}

#[tokio::test]
async fn a_key_of_the_callers_stays() {
    let body = Bytes::from_static(br#"{"prompt_cache_key":"mine","stream":true}"#);
    let upstream = Scripted::new([reply(200, "text/event-stream", "")]);
    upstream.executor(config(Api::Chat)).pass(body.clone(), &http::HeaderMap::new()).await.unwrap();
    let sent = &upstream.sent()[0];
    assert_eq!(sent.body(), &body);
    assert_eq!(sent.headers()["session_id"], "mine");
    assert_eq!(sent.headers()["accept"], "text/event-stream");
}

#[tokio::test]
async fn without_a_token_or_where_the_upstream_refuses_the_field_the_body_stays() {
    let body = Bytes::from_static(br#"{"model":"m"}"#);
    let script = || Scripted::new([reply(200, "application/json", "{}")]);

    let upstream = script();
    let keyless = Executor::new(config(Api::Chat), std::sync::Arc::new(upstream.clone())).unwrap();
    keyless.pass(body.clone(), &http::HeaderMap::new()).await.unwrap();
    assert_eq!(upstream.sent()[0].body(), &body);
    assert!(!upstream.sent()[0].headers().contains_key("authorization"));

    let upstream = script();
    let config = of(Profile::compatible());
    upstream.executor(config).pass(body.clone(), &http::HeaderMap::new()).await.unwrap();
    assert_eq!(upstream.sent()[0].body(), &body);
    assert!(!upstream.sent()[0].headers().contains_key("session_id"));
}

#[tokio::test]
async fn what_is_no_json_goes_as_it_is() {
    let body = Bytes::from_static(b"not json");
    let upstream = Scripted::new([reply(400, "application/json", "{\"error\":{}}")]);
    let response = upstream.executor(config(Api::Chat)).pass(body.clone(), &http::HeaderMap::new()).await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(upstream.sent()[0].body(), &body);
}

#[tokio::test]
async fn the_reply_comes_back_byte_for_byte_whatever_it_is() {
    for (status, content_type, bytes) in [
        (200, "text/event-stream; charset=utf-8", &b"data: {\"a\" : 1}\r\n\r\n: x\n\ndata: [DO"[..]),
        (200, "application/json", b"{ \"id\" : 1 }"),
        (429, "application/json", b"{\"error\":\"busy\"}"),
        (502, "text/html", b"<html>\xff</html>"),
    ] {
        let headers =
            [("content-type", content_type), ("x-request-id", "r"), ("set-cookie", "a=b"), ("retry-after", "2")];
        let halves = [Piece::Bytes(bytes[..5].to_vec().into()), Piece::Bytes(bytes[5..].to_vec().into())];
        let upstream = Scripted::new([reply_with(status, &headers, halves)]);
        let executor = upstream.executor(config(Api::Chat));
        let response = executor.pass(Bytes::from_static(b"{}"), &http::HeaderMap::new()).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["content-type"], content_type);
        assert_eq!(response.headers()["x-request-id"], "r");
        assert_eq!(response.headers()["retry-after"], "2");
        assert!(!response.headers().contains_key("set-cookie"));
        assert_eq!(body_of(response).await, bytes);
    }
}

#[tokio::test]
async fn only_what_keeps_a_reply_from_coming_is_an_error() {
    let upstream = Scripted::new([Script::Failure(TransportError::connect("refused"))]);
    let call = upstream.executor(config(Api::Chat)).pass(Bytes::from_static(b"{}"), &http::HeaderMap::new()).await;
    assert_eq!(call.map(|_| ()).unwrap_err().phase(), Phase::Connect);
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_limited_here_too() {
    let upstream = Scripted::new([streaming([Piece::Bytes("data: 1\n\n".into()), Piece::Stall])]);
    let response =
        upstream.executor(config(Api::Chat)).pass(Bytes::from_static(b"{}"), &http::HeaderMap::new()).await.unwrap();
    let mut body = response.into_body();
    assert_eq!(body.try_next().await.unwrap().unwrap(), "data: 1\n\n");
    let start = tokio::time::Instant::now();
    assert!(body.try_next().await.unwrap_err().is_timeout());
    assert_eq!(start.elapsed().as_secs(), 300);
    assert!(body.try_next().await.unwrap().is_none());
    assert_eq!(upstream.open_bodies(), 0);
}
