//! An upstream that speaks the client's API gets the client's own bytes, and the client gets its bytes back, watched.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::HeaderMap;
use interlingua_executor::{
    Answer, Config, Error, Executor, Phase, Profile, Reply, RetryPolicy, Timeouts, TransportError,
};
use interlingua_model::Api;
use interlingua_translate::Translator;
use tokio::time::Instant;

use crate::support::{
    Piece, Script, Scripted, completed, config, created, delta, hello, item_added, of, reply, reply_with, streaming,
};

/// UUID v5 in the OID namespace of `cli-proxy-api:codex:prompt-cache:sk-secret-token`, computed by another program.
const CACHE_KEY: &str = "faf550fd-694f-553d-90b5-d24b40dde89e";

const WHOLE: &str = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;
const STREAMED: &str = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}"#;
const COMPLETION: &str = r#"{ "id" : "1", "choices":[{"message":{"content":"hi"},"finish_reason":"stop"}] }"#;
const TEXT: &str = "data: {\"choices\" : [{\"delta\":{\"content\":\"hi\"}}]}\n\n";
const FINISH: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

async fn pass(executor: &Executor, body: &str) -> Result<Answer<Reply>, Error> {
    let translator = Translator::new(executor.config().upstream.api());
    executor.pass(&translator, body.to_owned().into(), &HeaderMap::new()).await
}

/// What a Chat client gets whose upstream says this.
async fn passed(script: Script, body: &str) -> Result<Answer<Reply>, Error> {
    pass(&Scripted::new([script]).executor(config(Api::Chat)), body).await
}

/// The bytes of a reply.
async fn bytes(reply: Reply) -> String {
    let bytes = match reply {
        Reply::Whole(body) => body.to_vec(),
        Reply::Stream(stream) => stream.collect::<Vec<_>>().await.concat(),
    };
    String::from_utf8(bytes).unwrap()
}

fn text(text: &str) -> Piece {
    Piece::Bytes(text.to_owned().into())
}

#[tokio::test]
async fn the_cache_key_is_added_and_nothing_else_changes() {
    let body = "{ \"model\":\"m\",\"seed\" : 1.0,\n \"unknown\":[{}], \"messages\":[]}\n";
    let upstream = Scripted::new([reply(200, "application/json", COMPLETION)]);
    pass(&upstream.executor(config(Api::Chat)), body).await.unwrap();
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
    let body = r#"{"prompt_cache_key":"mine","stream":true}"#;
    let upstream = Scripted::new([reply(200, "text/event-stream", [TEXT, FINISH].concat())]);
    pass(&upstream.executor(config(Api::Chat)), body).await.unwrap();
    let sent = &upstream.sent()[0];
    assert_eq!(sent.body(), body.as_bytes());
    assert_eq!(sent.headers()["session_id"], "mine");
    assert_eq!(sent.headers()["accept"], "text/event-stream");
}

#[tokio::test]
async fn a_key_that_is_too_long_for_a_header_or_not_fit_for_one_gets_a_name_that_is() {
    let mut names = Vec::new();
    for key in
        ["x".repeat(65), "x".repeat(66), "with space".to_owned(), "schlüssel".to_owned(), "a\\r\\nb: c".to_owned()]
    {
        let body = format!("{{\"prompt_cache_key\":\"{key}\"}}");
        for _ in 0..2 {
            let upstream = Scripted::new([reply(200, "application/json", COMPLETION)]);
            pass(&upstream.executor(config(Api::Chat)), &body).await.unwrap();
            let sent = &upstream.sent()[0];
            assert_eq!(sent.body(), body.as_bytes(), "the body keeps it");
            let name = sent.headers()["session_id"].to_str().unwrap().to_owned();
            assert_eq!((name.len(), &sent.headers()["conversation_id"]), (36, &sent.headers()["session_id"]));
            names.push(name);
        }
    }
    assert!(names.chunks(2).all(|pair| pair[0] == pair[1]), "the same for the same: {names:?}");
    names.dedup();
    assert_eq!(names.len(), 5, "and another for another");
}

#[tokio::test]
async fn without_a_token_or_where_the_upstream_refuses_the_field_the_body_stays() {
    let body = r#"{"model":"m"}"#;
    let script = || Scripted::new([reply(200, "application/json", COMPLETION)]);

    let upstream = script();
    let keyless = Executor::new(config(Api::Chat), std::sync::Arc::new(upstream.clone())).unwrap();
    pass(&keyless, body).await.unwrap();
    assert_eq!(upstream.sent()[0].body(), body.as_bytes());
    assert!(!upstream.sent()[0].headers().contains_key("authorization"));

    let upstream = script();
    pass(&upstream.executor(of(Profile::compatible())), body).await.unwrap();
    assert_eq!(upstream.sent()[0].body(), body.as_bytes());
    assert!(!upstream.sent()[0].headers().contains_key("session_id"));
}

#[tokio::test]
async fn what_is_no_json_goes_as_it_is() {
    let envelope = r#"{"error":{"message":"no JSON"}}"#;
    let upstream = Scripted::new([reply(400, "application/json", envelope)]);
    let error = pass(&upstream.executor(config(Api::Chat)), "not json").await.unwrap_err();
    assert_eq!(error.status(), 400);
    assert_eq!(error.said().unwrap(), envelope.as_bytes());
    assert_eq!(upstream.sent()[0].body(), "not json");
}

#[tokio::test]
async fn a_reply_comes_back_byte_for_byte() {
    let chunks = [TEXT, ": x\r\n\r\n", "data: {\"brand\":\"new\"}\r\n\r\n", FINISH];
    let tails = ["", "data: [DONE]\n\n", "data: [DONE]\n", "data: [DONE]", "data: [DONE]\n\n: after\n\n"];
    let streams = tails.map(|tail| (STREAMED, chunks.concat() + tail));
    // Several answers, and a reply in sound, which no other API has.
    let several = [
        TEXT,
        FINISH,
        "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"ho\"},\"finish_reason\":\"stop\"}]}\n\n",
        "data: [DONE]\n\n",
    ];
    let sound = r#"{"choices":[{"message":{"content":null,"audio":{"id":"a","data":"AA=="}},"finish_reason":"stop"}]}"#;
    let newer = r#"{"choices":[{"message":{"content":"hi"},"finish_reason":{"kind":"stop"}}]}"#;
    let rest = [(STREAMED, several.concat())];
    let wholes = [COMPLETION, sound, newer].map(|whole| (WHOLE, format!("\n {whole}\n")));
    for (question, said) in streams.into_iter().chain(rest).chain(wholes) {
        for size in [1, 5, said.len()] {
            let pieces: Vec<_> =
                said.as_bytes().chunks(size).map(|piece| Piece::Bytes(piece.to_vec().into())).collect();
            let headers = [("content-type", "text/plain"), ("x-request-id", "r"), ("set-cookie", "a=b")];
            let Answer { value, meta } = passed(reply_with(203, &headers, pieces), question).await.unwrap();
            assert!(meta.is_passed);
            assert_eq!((meta.head.status.as_u16(), meta.head.request_id()), (203, Some("r")));
            assert!(!meta.head.headers.contains_key("set-cookie"));
            assert_eq!(bytes(value).await, said);
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_ends_in_an_error_and_before_any_output_is_one() {
    let endings: [fn() -> Vec<Piece>; 3] =
        [|| vec![], || vec![Piece::Break], || vec![text("data: {\"choices\":[{\"del"), Piece::Break]];
    for ending in endings {
        let pieces: Vec<_> = [text(TEXT)].into_iter().chain(ending()).collect();
        let out = bytes(passed(streaming(pieces), STREAMED).await.unwrap().value).await;
        let error = out.strip_prefix(TEXT).unwrap();
        assert!(error.starts_with("data: {\"error\":{") && error.ends_with("}}\n\n"), "{error}");
        assert!(error.contains("stream_incomplete"), "{error}");
        let error = passed(streaming(ending()), STREAMED).await.unwrap_err();
        assert_eq!((error.status().as_u16(), error.phase()), (502, Phase::FirstEvent), "{error}");
    }
}

#[tokio::test]
async fn a_responses_stream_that_is_cut_ends_as_failed_under_its_own_id_and_the_next_number() {
    let upstream = Scripted::new([streaming([created(), item_added(), delta("Hel")])]);
    let body = r#"{"model":"gpt-5.4","stream":true,"input":"hi"}"#;
    let out = bytes(pass(&upstream.executor(config(Api::Responses)), body).await.unwrap().value).await;
    let last = out.trim_end().rsplit("\n\n").next().unwrap();
    let data: serde_json::Value = serde_json::from_str(last.split_once("data: ").unwrap().1).unwrap();
    assert_eq!((data["type"].as_str(), &data["sequence_number"]), (Some("response.failed"), &3.into()), "{data}");
    assert_eq!(data["response"]["id"], "resp_1");
    assert_eq!(data["response"]["status"], "failed");
    assert!(data["response"]["error"]["message"].as_str().unwrap().contains("ended early"), "{data}");
}

#[tokio::test]
async fn what_is_no_reply_is_an_error() {
    for (body, status, says) in [
        ("", 502, "ended early"),
        ("<html>Log in</html>", 502, "web page"),
        ("no healthy upstream", 502, "no healthy upstream"),
        ("data: {\"error\":{\"message\":\"slow down\",\"code\":\"rate_limit_exceeded\"}}\n\n", 429, "slow down"),
        ("{\"error\":{\"message\":\"slow down\",\"code\":\"rate_limit_exceeded\"}}", 429, "slow down"),
        ("{\"detail\":\"slow down\"}", 502, "slow down"),
        ("data: {\"brand\":\"new\"}\n\n", 502, "ended early"),
        ("data: {\"choices\":\n\n", 502, "EOF"),
    ] {
        let error = passed(reply(200, "text/event-stream", body), STREAMED).await.unwrap_err();
        assert_eq!(error.status(), status, "{body}: {error}");
        assert!(error.to_string().contains(says), "{body}: {error}");
    }
    for (body, status, says) in [
        ("", 502, "empty"),
        (" \n", 502, "empty"),
        ("{\"choices\":[{\"message\"", 502, "EOF"),
        ("<html>Log in</html>", 502, "web page"),
        ("no healthy upstream", 502, "no healthy upstream"),
        ("{\"error\":{\"message\":\"slow down\",\"code\":\"rate_limit_exceeded\"}}", 429, "slow down"),
        ("{}", 502, ""),
        ("{\"detail\":\"slow down\"}", 502, "slow down"),
    ] {
        let error = passed(reply(200, "application/json", body), WHOLE).await.unwrap_err();
        assert_eq!(error.status(), status, "{body}: {error}");
        assert!(error.to_string().contains(says), "{body}: {error}");
    }
}

#[tokio::test]
async fn garbage_in_a_stream_ends_it_with_an_error_and_what_was_before_it_stays() {
    let garbage = [TEXT, "data: {\"choices\": oops\n\n", TEXT].concat();
    let out = bytes(passed(reply(200, "text/event-stream", garbage), STREAMED).await.unwrap().value).await;
    let error = out.strip_prefix(TEXT).unwrap();
    assert!(error.contains("upstream_malformed") && !error.contains("oops"), "{error}");
}

#[tokio::test]
async fn an_error_of_the_upstreams_stays_where_it_is_an_envelope_and_becomes_one_where_not() {
    let envelope = "{ \"error\": {\"message\":\"busy\", \"own\":[1]} }\n";
    let error = passed(reply(429, "application/json", envelope), WHOLE).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.said().unwrap().as_ref()), (429, envelope.as_bytes()));
    for (body, says) in [
        ("{\"error\":\"busy\"}", "busy"),
        ("{\"detail\":\"busy\"}", "busy"),
        ("<html>busy</html>", "web page"),
        ("", "nothing more"),
    ] {
        let error = passed(reply(429, "application/json", body), WHOLE).await.unwrap_err();
        assert_eq!((error.status().as_u16(), error.said()), (429, None), "{body}");
        assert!(error.to_string().contains(says), "{body}: {error}");
    }
}

#[tokio::test]
async fn the_body_of_an_error_that_stalls_is_told_with_what_came_of_it() {
    tokio::time::pause();
    for ending in [Piece::Stall, Piece::Break] {
        let begun = Instant::now();
        let pieces = [text("data: {\"error\":{\"message\":\"busy\"}}\n\n"), ending];
        let script = reply_with(503, &[("content-type", "text/event-stream")], pieces);
        let error = passed(script, STREAMED).await.unwrap_err();
        assert_eq!(error.failure().message, "busy");
        assert!(begun.elapsed().as_secs() <= 10);
    }
}

#[tokio::test]
async fn what_is_no_answer_at_all_is_a_502_with_the_reason() {
    for (status, headers, says) in [
        (302, &[("location", "https://elsewhere.test")][..], "redirects are not followed"),
        (304, &[], "304"),
        (101, &[("upgrade", "h2c")], "101 Switching Protocols"),
        (200, &[("content-encoding", "gzip")], "gzip"),
        (204, &[], "empty"),
    ] {
        for question in [WHOLE, STREAMED] {
            let body = if status == 204 { "" } else { "\u{1f}\u{8b}" };
            let error = passed(reply_with(status, headers, [text(body)]), question).await.unwrap_err();
            assert_eq!(error.status(), 502, "{status}: {error}");
            let is_told =
                error.to_string().contains(says) || (status == 204 && error.to_string().contains("ended early"));
            assert!(is_told, "{status}: {error}");
        }
    }
    let error = passed(reply_with(503, &[("content-encoding", "br")], [text("\u{1f}")]), WHOLE).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.failure().message.contains("br")), (503, true), "{error}");
}

#[tokio::test]
async fn the_other_form_than_was_asked_for_is_turned_into_it() {
    let out = bytes(passed(reply(200, "text/event-stream", COMPLETION), STREAMED).await.unwrap().value).await;
    assert!(
        out.starts_with("data: {") && out.contains("\"content\":\"hi\"") && out.ends_with("data: [DONE]\n\n"),
        "{out}"
    );
    let events = [TEXT, FINISH, "data: [DONE]\n\n"].concat();
    let out = bytes(passed(reply(200, "application/json", events), WHOLE).await.unwrap().value).await;
    let whole: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(whole["choices"][0]["message"]["content"], "hi");
}

#[tokio::test]
async fn only_what_keeps_a_reply_from_coming_is_an_error_of_the_connection() {
    let upstream = Scripted::new([Script::Failure(TransportError::connect("refused"))]);
    let call = pass(&upstream.executor(config(Api::Chat)), WHOLE).await;
    assert_eq!(call.unwrap_err().phase(), Phase::Connect);
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_limited_here_too() {
    let upstream = Scripted::new([streaming([text(TEXT), Piece::Stall])]);
    let Answer { value, meta: _ } = pass(&upstream.executor(config(Api::Chat)), STREAMED).await.unwrap();
    let start = Instant::now();
    let out = bytes(value).await;
    assert_eq!(start.elapsed().as_secs(), 300);
    assert!(out.starts_with(TEXT) && out.contains("upstream_timeout"), "{out}");
    assert_eq!(upstream.open_bodies(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_output_is_handed_out_after_a_while_and_then_as_it_comes() {
    let head = "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n";
    let pieces = [text(": wait\n\n"), text(head), Piece::Wait(Duration::from_secs(20)), text(TEXT), text(FINISH)];
    let start = Instant::now();
    let upstream = Scripted::new([streaming(pieces)]);
    let Answer { value, meta: _ } = pass(&upstream.executor(config(Api::Chat)), STREAMED).await.unwrap();
    assert_eq!(start.elapsed(), Timeouts::default().hold);
    let Reply::Stream(mut stream) = value else { panic!("a stream was asked for") };
    assert_eq!(stream.next().await.unwrap(), [": wait\n\n", head].concat());
    assert_eq!(start.elapsed(), Timeouts::default().hold, "what there is goes out at once");
    let rest = stream.collect::<Vec<Bytes>>().await.concat();
    assert_eq!(rest, [TEXT, FINISH].concat().as_bytes());
}

#[tokio::test(start_paused = true)]
async fn after_a_finish_reason_the_end_is_not_waited_for_long() {
    for (question, waits) in [(STREAMED.to_owned(), 2), (STREAMED.replace("\"stream\"", "\"n\":2,\"stream\""), 300)] {
        let start = Instant::now();
        let pieces =
            [text(TEXT), text(FINISH), Piece::Wait(Duration::from_secs(1)), text(": still here\n\n"), Piece::Stall];
        let upstream = Scripted::new([streaming(pieces)]);
        let out = bytes(pass(&upstream.executor(config(Api::Chat)), &question).await.unwrap().value).await;
        assert!(out.starts_with(&[TEXT, FINISH, ": still here\n\n"].concat()), "{out}");
        let since = if waits == 300 { 301 } else { waits };
        assert_eq!(start.elapsed().as_secs(), since, "of several answers, the others may still go on");
        assert_eq!(upstream.open_bodies(), 0);
    }
    let start = Instant::now();
    let pieces = hello().into_iter().chain([Piece::Stall]);
    let upstream = Scripted::new([streaming(pieces)]);
    let body = r#"{"model":"gpt-5.4","stream":true,"input":"hi"}"#;
    let out = bytes(pass(&upstream.executor(config(Api::Responses)), body).await.unwrap().value).await;
    assert!(out.contains("response.completed") && !out.contains("response.failed"), "{out}");
    assert_eq!(start.elapsed().as_secs(), 2);
    let _ = completed("");
}

#[tokio::test(start_paused = true)]
async fn a_stream_can_be_stopped_with_a_word() {
    let upstream = Scripted::new([streaming([text(TEXT), Piece::Stall])]);
    let Answer { value, meta: _ } = pass(&upstream.executor(config(Api::Chat)), STREAMED).await.unwrap();
    let Reply::Stream(mut stream) = value else { panic!("a stream was asked for") };
    assert_eq!(stream.next().await.unwrap(), TEXT);
    let reason = interlingua_model::Failure { message: "closing time".to_owned(), ..Default::default() };
    stream.stop(reason);
    assert_eq!(upstream.open_bodies(), 0, "let go at once");
    let last = stream.next().await.unwrap();
    assert!(String::from_utf8_lossy(&last).contains("closing time"), "{last:?}");
    assert!(stream.next().await.is_none());
    assert_eq!(stream.report().unwrap().phase, Phase::MidStream);
}

#[tokio::test(start_paused = true)]
async fn a_status_is_passed_on_and_not_asked_for_again() {
    let busy = r#"{"error":{"message":"busy"}}"#;
    for api in [Api::Chat, Api::Responses] {
        let patient = || Config { retry: RetryPolicy::default(), ..config(api) };
        let upstream = Scripted::new([reply(503, "application/json", busy)]);
        assert_eq!(pass(&upstream.executor(patient()), WHOLE).await.unwrap_err().status(), 503);
        assert_eq!(upstream.sent().len(), 1);
        let refused = || Script::Failure(TransportError::connect("refused"));
        let upstream = Scripted::new([refused(), reply(503, "application/json", busy)]);
        assert_eq!(pass(&upstream.executor(patient()), WHOLE).await.unwrap_err().status(), 503);
        assert_eq!(upstream.sent().len(), 2);
    }
}
