//! Who may ask and how much of it: web pages, slow and large requests, too many of them, and those that come back.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a setup that fails is a failed test")]

use std::time::{Duration, Instant};

use interlingua_gateway::{Config, Gateway, Limits, Target, Upstream, UpstreamConfig};
use interlingua_translate::Api;
use reqwest::{Method, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Plan, Setup, hello, refusal};

const PAGE: &str = "https://app.example";
const KEY: &str = "let-me-in";

/// What a browser asks before a page may.
async fn preflight(setup: &Setup, headers: &[(&str, &str)]) -> Response {
    let request = setup.client.request(Method::OPTIONS, format!("{}/v1/chat/completions", setup.url));
    let request = request.header("access-control-request-method", "POST");
    let request = request.header("access-control-request-headers", "authorization,content-type,x-stainless-lang");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

#[tokio::test]
async fn a_page_that_may_ask_is_told_so_and_reads_its_answers() {
    for key in [Some(KEY), None] {
        let setup = Plan { inbound_key: key, case: Some("responses/text"), ..Plan::default() }.start().await;
        let told = preflight(&setup, &[("origin", PAGE), ("access-control-request-private-network", "true")]).await;
        assert_eq!(told.status(), 204);
        let expected = [
            ("access-control-allow-origin", PAGE),
            ("access-control-allow-headers", "authorization,content-type,x-stainless-lang"),
            ("access-control-allow-methods", "GET, POST, DELETE"),
            ("access-control-allow-private-network", "true"),
            ("vary", "origin"),
        ];
        for (name, value) in expected {
            assert_eq!(told.headers()[name], value, "{name}");
        }
        let request = setup.post("/v1/chat/completions", hello(true).to_string()).header("origin", PAGE);
        let request = key.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{key:?}");
        assert_eq!(answer.headers()["access-control-allow-origin"], PAGE);
        assert_eq!(answer.headers()["access-control-expose-headers"], "*");
        // What is wrong a page may know as well.
        let request = setup.post("/v1/chat/completions", "{").header("origin", PAGE);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["access-control-allow-origin"], PAGE);
        assert_eq!(refusal(answer).await.0, if key.is_some() { 401 } else { 400 });
        setup.stop().await;
    }
}

#[tokio::test]
async fn a_page_that_may_not_ask_is_refused_before_it_does_and_reads_nothing() {
    for key in [Some(KEY), None] {
        let setup = Plan { inbound_key: key, case: Some("responses/text"), ..Plan::default() }.start().await;
        for origin in [
            "https://evil.test",
            "null",
            "https://app.example.evil.test",
            "http://app.example",
            "http://localhost:3000",
        ] {
            let told = preflight(&setup, &[("origin", origin)]).await;
            assert!(!told.headers().contains_key("access-control-allow-origin"), "{origin}");
            let (status, error) = refusal(told).await;
            assert_eq!((status, error["code"].as_str()), (403, Some("foreign_origin")), "{origin}");
            assert!(error["message"].as_str().unwrap().contains("allowed_origins"), "{error}");
        }
        if key.is_none() {
            let told = preflight(&setup, &[("origin", PAGE), ("host", "evil.test")]).await;
            assert_eq!(refusal(told).await.1["code"], "foreign_host", "a page's own name, made to mean this machine");
        }
        assert_eq!(setup.replay.log().count(), 0);
        // Whoever has the key is no page of somebody else's; what it gets is not for a page to read.
        let request = setup.post("/v1/chat/completions", hello(false).to_string()).bearer_auth(KEY);
        let answer = request.header("origin", "https://evil.test").send().await.unwrap();
        assert_eq!(answer.status(), if key.is_some() { 200 } else { 403 });
        assert!(!answer.headers().contains_key("access-control-allow-origin"));
        setup.stop().await;
    }
}

#[tokio::test]
async fn what_is_no_question_of_a_browser_is_none() {
    let setup = Plan::default().start().await;
    let request = setup.client.request(Method::OPTIONS, format!("{}/v1/chat/completions", setup.url));
    assert_eq!(refusal(request.send().await.unwrap()).await.0, 405);
    setup.stop().await;
}

/// What a raw connection gets until it is closed, and how long that took.
async fn raw(setup: &Setup, pieces: &[&[u8]], pause: Duration) -> (String, Duration) {
    let begun = Instant::now();
    let mut socket = TcpStream::connect(setup.url.strip_prefix("http://").unwrap()).await.unwrap();
    for piece in pieces {
        // It may be closed by now.
        if socket.write_all(piece).await.is_err() {
            break;
        }
        tokio::time::sleep(pause).await;
    }
    let mut got = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut got)).await;
    assert!(read.is_ok(), "the connection stays open");
    (String::from_utf8_lossy(&got).into_owned(), begun.elapsed())
}

#[tokio::test]
async fn a_head_that_does_not_come_or_does_not_end_is_not_waited_for() {
    let limits = Limits { head: Duration::from_millis(300), head_size: 8 * 1024, ..Limits::default() };
    let setup = Plan { limits, case: Some("responses/text"), faults: "delay=100ms", ..Plan::default() }.start().await;
    let dripping: Vec<&[u8]> =
        std::iter::once(&b"POST /v1/responses HTTP/1.1\r\n"[..]).chain([&b"a: b\r\n"[..]; 20]).collect();
    let begun: &[&[u8]] = &[b"POST /v1/respon"];
    for pieces in [&[][..], begun, &dripping] {
        let (got, took) = raw(&setup, pieces, Duration::from_millis(50)).await;
        assert!(got.is_empty() && took < Duration::from_secs(3), "{took:?}: {got}");
    }
    let long = format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "a".repeat(9 * 1024));
    let (got, _) = raw(&setup, &[long.as_bytes()], Duration::ZERO).await;
    assert!(got.starts_with("HTTP/1.1 431 "), "{got}");
    let short = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let (got, _) = raw(&setup, &[short.as_bytes()], Duration::ZERO).await;
    assert!(got.starts_with("HTTP/1.1 200 "), "and it is closed when nothing follows: {got}");
    // An answer may take longer than a head.
    let begun = Instant::now();
    let answer = setup.ask(&hello(true)).await.text().await.unwrap();
    assert!(answer.ends_with("data: [DONE]\n\n") && begun.elapsed() > limits.head, "{answer}");
    setup.stop().await;
}

#[tokio::test]
async fn a_body_that_drips_is_not_waited_for() {
    let limits = Limits { body_total: Duration::from_millis(400), ..Limits::default() };
    let setup = Plan { limits, ..Plan::default() }.start().await;
    let head = "POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n";
    let pieces: Vec<&[u8]> = std::iter::once(head.as_bytes()).chain([&b" "[..]; 30]).collect();
    let (got, took) = raw(&setup, &pieces, Duration::from_millis(30)).await;
    assert!(got.starts_with("HTTP/1.1 408 ") && got.contains("within 0.4 s"), "{got}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    setup.stop().await;
}

#[tokio::test]
async fn more_requests_than_there_are_places_for_are_sent_away_for_a_moment() {
    let limits = Limits { requests: 2, ..Limits::default() };
    let setup = Plan { limits, case: Some("responses/text"), faults: "delay=200ms", ..Plan::default() }.start().await;
    let mut under_way = Vec::new();
    for _ in 0..2 {
        under_way.push(setup.ask(&hello(true)).await);
    }
    let refused = setup.ask(&hello(true)).await;
    assert_eq!(refused.headers()["retry-after"], "1");
    let (status, error) = refusal(refused).await;
    assert_eq!((status, error["code"].as_str()), (503, Some("server_is_overloaded")));
    let health = setup.client.get(format!("{}/healthz", setup.url)).send().await.unwrap();
    assert_eq!(health.status(), 200, "whoever watches over the process is no guest");
    // One goes away in the middle, one comes to its end: both places are free.
    drop(under_way.pop());
    assert!(under_way.pop().unwrap().text().await.unwrap().ends_with("[DONE]\n\n"));
    for _ in 0..2 {
        under_way.push(setup.ask(&hello(true)).await);
    }
    assert!(under_way.iter().all(|answer| answer.status() == 200));
    drop(under_way);
    setup.stop().await;
}

/// Gateways in a ring: each has the next as its upstream, and the last the first. Gives the address of the first.
async fn ring(members: usize, api: Api) -> String {
    let mut ports = Vec::new();
    for _ in 0..members {
        ports.push(TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port());
    }
    for (place, port) in ports.iter().enumerate() {
        let next = format!("http://127.0.0.1:{}/v1", ports[(place + 1) % members]);
        let target = Some(Target::Url(next.parse().unwrap()));
        let upstream = Upstream::open(UpstreamConfig { target, api: Some(api), ..UpstreamConfig::default() });
        let config = Config { listen: format!("127.0.0.1:{port}"), ..Config::default() };
        let gateway = Gateway::bind(config, upstream.await.unwrap()).await.unwrap();
        tokio::spawn(gateway.serve(std::future::pending()));
    }
    format!("http://127.0.0.1:{}", ports[0])
}

#[tokio::test]
async fn a_request_that_comes_back_is_a_508() {
    let setup = Plan::default().start().await;
    // All gateways of a process have one name, so a ring of several is closed at its first step here.
    for (members, api) in [(1, Api::Chat), (1, Api::Responses), (2, Api::Chat)] {
        let url = ring(members, api).await;
        for stream in [false, true] {
            let request = setup.client.post(format!("{url}/v1/chat/completions"));
            let request = request.header("content-type", "application/json").body(hello(stream).to_string());
            let (status, error) = refusal(request.send().await.unwrap()).await;
            assert_eq!(
                (status, error["code"].as_str()),
                (508, Some("loop_detected")),
                "{api:?}, stream {stream}: {error}"
            );
        }
    }
    setup.stop().await;
}

#[tokio::test]
async fn where_a_request_has_been_goes_along_and_nothing_else_of_a_proxys() {
    for api in [Api::Chat, Api::Responses] {
        let setup = Plan { api, ..Plan::default() }.start().await;
        let request = setup.post("/v1/chat/completions", hello(false).to_string());
        let request = request.header("via", "1.1 proxy.lan, 1.1 interlingua-0123").header("forwarded", "for=1.2.3.4");
        assert_eq!(request.send().await.unwrap().status(), 200);
        let seen = setup.replay.log().last().unwrap();
        let via = seen.header("via").unwrap();
        assert!(via.starts_with("1.1 interlingua-0123, 1.1 interlingua-") && !via.contains("proxy.lan"), "{via}");
        assert!(!seen.header_names.contains(&"forwarded".to_owned()));
        setup.stop().await;
    }
}
