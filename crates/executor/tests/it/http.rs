//! Over real sockets, against the replay upstream.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use interlingua_executor::{Config, Executor, Phase, Profile, Reply, RetryPolicy, SseStream, Timeouts};
use interlingua_model::Api;
use interlingua_replay::{Ending, Faults, Replay, Server};
use interlingua_translate::Translator;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{drain, request, streamed, whole};

const SECOND: Duration = Duration::from_secs(1);

async fn server(faults: &str) -> Server {
    Replay::embedded().faults(faults.parse::<Faults>().unwrap()).spawn().await.unwrap()
}

fn config(server: &Server, api: Api) -> Config {
    let mut config = Config { retry: RetryPolicy::never(), ..Config::from(Profile::openai(api)) };
    config.backend.base_url = Some(server.base_url().parse().unwrap());
    config
}

fn at(address: SocketAddr) -> Config {
    let mut config = Config { retry: RetryPolicy::never(), ..Config::default() };
    config.backend.base_url = Some(format!("http://{address}").parse().unwrap());
    config
}

fn executor(config: Config) -> Executor {
    Executor::over_http(config).unwrap().with_bearer("sk-test").unwrap()
}

/// The executor that gets a certain case, whatever it asks.
fn executor_of(server: &Server, case: &str) -> Executor {
    executor(config_of(server, case))
}

fn config_of(server: &Server, case: &str) -> Config {
    let mut config = config(server, Api::Responses);
    config.backend.headers.push(("x-replay-case".to_owned(), case.to_owned()));
    config
}

fn text_of(events: &[String]) -> String {
    let chunks = events.iter().filter_map(|event| serde_json::from_str::<Value>(event).ok());
    let content = chunks.filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned));
    content.collect()
}

/// How a call ended, in one word.
async fn ending(call: Result<SseStream, interlingua_executor::Error>) -> (&'static str, String) {
    match call {
        Err(error) => {
            assert!(error.status().is_client_error() || error.status().is_server_error(), "{error:?}");
            assert!(!error.to_string().contains('<'), "no page is shown: {error}");
            ("error", error.failure().code.clone().unwrap_or_default())
        }
        Ok(stream) => {
            let (events, stream) = drain(stream).await;
            let report = stream.report().unwrap();
            let last = events.last().unwrap();
            assert_eq!(
                events.iter().filter(|event| event.contains("\"error\":{")).count(),
                usize::from(report.failure.is_some())
            );
            match &report.failure {
                None => {
                    assert_eq!(last, "[DONE]");
                    ("done", text_of(&events))
                }
                Some(failure) => {
                    assert!(last.starts_with("{\"error\":"), "{last}");
                    ("failed", failure.code.clone().unwrap_or_default())
                }
            }
        }
    }
}

#[tokio::test]
async fn every_case_of_the_fixtures_ends_in_exactly_one_way() {
    let replay = Replay::embedded();
    let cases: Vec<_> = replay.cases().filter(|case| case.api == Api::Responses).cloned().collect();
    let server = replay.spawn().await.unwrap();
    let mut ends = BTreeMap::<_, u32>::new();
    for case in cases {
        let executor = executor_of(&server, &case.name);
        let short = case.name.trim_start_matches("responses/");
        let mut streamed_text = None;
        if let Some(reply) = &case.stream {
            let call = executor.ask(request(true)).await.map(|answer| streamed(answer.value));
            let (end, detail) = ending(call).await;
            *ends.entry(end).or_default() += 1;
            if short.starts_with("cut-") {
                assert_eq!(detail, "stream_incomplete", "{short}");
            }
            if short.starts_with("cut-")
                || short.starts_with("failed")
                || short.starts_with("error-")
                || reply.status != 200
            {
                assert_ne!(end, "done", "{short}");
            } else if end == "done" {
                streamed_text = Some(detail);
            }
        }
        if let Some(reply) = &case.whole {
            match executor.ask(request(false)).await {
                Err(error) => {
                    if reply.status != 200 {
                        assert_eq!(error.status().as_u16(), reply.status, "{short}");
                        assert_eq!(error.phase(), Phase::Headers);
                        assert!(!error.failure().message.is_empty(), "{short}");
                    }
                }
                Ok(answer) => {
                    assert_eq!(reply.status, 200, "{short}");
                    let response = whole(answer.value);
                    let content = response["choices"][0]["message"]["content"].as_str().unwrap_or_default();
                    assert!(streamed_text.is_none_or(|text| text == content), "{short}: streamed and whole differ");
                }
            }
        }
    }
    assert!(ends.len() == 3 && ends.values().all(|count| *count > 2), "the cases show all three ends: {ends:?}");
    server.shutdown().await;
}

#[tokio::test]
async fn compression_is_not_asked_for_and_the_callers_identity_not_passed_on() {
    let server = server("").await;
    executor(config(&server, Api::Responses)).ask(request(true)).await.unwrap();
    let exchange = server.log().last().unwrap();
    assert_eq!(exchange.header("accept-encoding"), Some("identity"));
    assert!(exchange.header("user-agent").unwrap().starts_with("interlingua/"));
    assert_eq!(exchange.path, "/v1/responses");
}

#[tokio::test]
async fn chunks_of_any_size_give_the_same_stream() {
    let mut seen = Vec::new();
    for faults in ["", "chunk=1", "chunk=7", "chunk=64"] {
        let server = server(faults).await;
        let answer = executor_of(&server, "responses/text").ask(request(true)).await.unwrap();
        seen.push(drain(streamed(answer.value)).await.0);
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_closes_the_upstream_within_a_second() {
    let server = server("stall=6").await;
    let answer = executor_of(&server, "responses/text").ask(request(true)).await.unwrap();
    let mut stream = streamed(answer.value);
    assert!(stream.next().await.is_some());
    drop(stream);
    assert!(server.log().wait_for_dropped(1, SECOND).await);
    assert_eq!(server.log().last().unwrap().ending, Ending::Dropped);
    assert_eq!(server.log().count(), 1, "nothing was sent again");
}

#[tokio::test]
async fn a_client_that_leaves_before_the_head_closes_the_upstream_within_a_second() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let executor = executor(at(listener.local_addr().unwrap()));
    let call = tokio::spawn(async move { executor.ask(request(true)).await });
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut buffer = [0; 16 * 1024];
    assert!(socket.read(&mut buffer).await.unwrap() > 0);
    call.abort();
    let closed = tokio::time::timeout(SECOND, socket.read(&mut buffer)).await.expect("within a second");
    assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
}

#[tokio::test]
async fn a_connection_is_used_again_after_a_stream_that_was_read_to_its_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let body = "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[]}}\n\n";
    let accepted = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 16 * 1024];
        for _ in 0..2 {
            assert!(socket.read(&mut buffer).await.unwrap() > 0);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
            let reply = format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
            socket.write_all(reply.as_bytes()).await.unwrap();
        }
    });
    let executor = executor(at(address));
    for _ in 0..2 {
        let answer = executor.ask(request(true)).await.unwrap();
        drain(streamed(answer.value)).await;
    }
    accepted.await.unwrap();
}

#[tokio::test]
async fn an_event_reaches_the_client_before_the_next_one_is_sent() {
    let server = server("delay=200ms").await;
    let answer = executor_of(&server, "responses/text").ask(request(true)).await.unwrap();
    let mut stream = streamed(answer.value);
    stream.next().await.unwrap();
    assert_eq!(server.log().last().unwrap().ending, Ending::Open, "the upstream is still sending");
}

#[tokio::test]
async fn faults_of_the_upstream_are_told_apart() {
    for (faults, status, phase, says) in [
        ("status=503", 503, Phase::Headers, ""),
        ("html", 403, Phase::Headers, "web page"),
        ("cut=2", 502, Phase::FirstEvent, "ended early"),
        ("garbage=1", 502, Phase::FirstEvent, "cannot be read"),
        ("huge=17", 502, Phase::FirstEvent, "limit"),
    ] {
        let server = server(faults).await;
        let error = executor_of(&server, "responses/text").ask(request(true)).await.unwrap_err();
        assert_eq!((error.status().as_u16(), error.phase()), (status, phase), "{faults}: {error}");
        assert!(error.to_string().contains(says), "{faults}: {error}");
        assert_eq!(server.log().count(), 1, "{faults}: sent once");
    }
}

#[tokio::test]
async fn how_large_an_event_may_be_is_a_setting() {
    for (max_event, is_read) in [(16, false), (18, true)] {
        let server = server("huge=17").await;
        let config = Config { max_event: max_event * 1024 * 1024, ..config_of(&server, "responses/text") };
        let asked = executor(config).ask(request(true)).await;
        let said = asked.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(!said.contains("limit"), is_read, "{max_event} MiB: {said}");
    }
}

#[tokio::test]
async fn limits_hold_over_real_sockets() {
    // Only the limit that is to be met is short: a machine with much to do meets no other one first.
    let minute = 60 * SECOND;
    let long = Timeouts { headers: minute, first_event: minute, idle: minute, hold: minute, ..Timeouts::default() };
    for (faults, phase, timeouts) in [
        ("silent", Phase::Headers, Timeouts { headers: SECOND / 10, ..long }),
        ("stall", Phase::FirstEvent, Timeouts { first_event: SECOND / 10, ..long }),
        ("stall=1", Phase::MidStream, Timeouts { idle: SECOND / 10, ..long }),
    ] {
        let server = server(faults).await;
        let config = Config { timeouts, ..config(&server, Api::Responses) };
        let error = executor(config).ask(request(true)).await.unwrap_err();
        assert!(error.is_timeout(), "{faults}: {error}");
        assert_eq!((error.status().as_u16(), error.phase()), (504, phase), "{faults}");
    }
}

#[tokio::test]
async fn nobody_listens() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = executor(at(free)).ask(request(false)).await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    assert_eq!((error.status().as_u16(), error.phase()), (502, Phase::Connect));
    assert!(error.to_string().contains(&free.to_string()) && error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn who_speaks_no_http_or_no_tls_is_asked_once() {
    for scheme in ["http", "https"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let _ = socket.read(&mut [0; 1024]).await;
                let _ = socket.write_all(b"SSH-2.0-OpenSSH_9.6\r\n").await;
            }
        });
        let mut config = Config { retry: RetryPolicy::default(), ..at(address) };
        config.backend.base_url = Some(format!("{scheme}://{address}").parse().unwrap());
        let error = executor(config).ask(request(true)).await.unwrap_err();
        assert_eq!(error.failure().code.as_deref(), Some("upstream_foreign"), "{scheme}: {error}");
        assert_eq!((error.status().as_u16(), error.is_connect()), (502, scheme == "https"), "{scheme}: {error}");
        assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1, "{scheme}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = Arc::new(server("").await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let elsewhere = target.base_url();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 16 * 1024];
        assert!(socket.read(&mut buffer).await.unwrap() > 0);
        let reply = format!("HTTP/1.1 307 X\r\nlocation: {elsewhere}/responses\r\ncontent-length: 0\r\n\r\n");
        socket.write_all(reply.as_bytes()).await.unwrap();
    });
    let error = executor(at(address)).ask(request(false)).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.upstream_status().unwrap().as_u16()), (502, 307));
    assert_eq!(target.log().count(), 0, "the token went nowhere else");
}

#[tokio::test]
async fn passed_through_byte_for_byte() {
    let replay = Replay::embedded();
    let case = replay.cases().find(|case| case.name == "chat/text-with-usage").unwrap().clone();
    let server = replay.spawn().await.unwrap();
    let mut config = config(&server, Api::Chat);
    config.backend.headers.push(("x-replay-case".to_owned(), case.name.clone()));
    let body = Bytes::from(case.request.to_string());
    let answer = executor(config).pass(&Translator::new(Api::Chat), body, &http::HeaderMap::new()).await.unwrap();
    let recorded = case.stream.unwrap();
    assert_eq!(answer.meta.head.status.as_u16(), recorded.status);
    assert_eq!(answer.meta.head.headers["content-type"], recorded.content_type.as_str());
    let Reply::Stream(stream) = answer.value else { panic!("a stream was asked for") };
    assert_eq!(stream.collect::<Vec<Bytes>>().await.concat(), recorded.body);
}
