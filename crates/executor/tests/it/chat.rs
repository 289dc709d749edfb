//! A Chat client answered by a Responses upstream.

use crate::support::{
    Piece, Scripted, chat, codex, completed, config, created, delta, drain, event, failed, hello, in_progress,
    item_added, item_done, message, reply, reply_with, request, response, streamed, streaming, text_and_last, whole,
};
use interlingua_executor::{Phase, Reply};
use interlingua_model::Api;
use serde_json::{Value, json};

fn json_reply(body: &Value) -> crate::support::Script {
    reply(200, "application/json", body.to_string())
}

#[tokio::test]
async fn a_whole_reply_comes_back_in_the_callers_terms() {
    let upstream = Scripted::new([json_reply(&response("completed", &[message("Hello")]))]);
    let answer = upstream.executor(config(Api::Responses)).ask(request(false)).await.unwrap();
    let completion = whole(answer.value);
    assert_eq!(completion["id"], "chatcmpl-resp_1");
    assert_eq!(completion["choices"][0]["message"]["content"], "Hello");
    assert_eq!(completion["usage"]["total_tokens"], 5);
    assert_eq!(upstream.open_bodies(), 0, "the reply was read to its end");
}

#[tokio::test]
async fn the_request_is_what_the_upstream_expects_and_nothing_of_the_callers_transport() {
    let upstream = Scripted::new([json_reply(&response("completed", &[message("Hello")]))]);
    upstream.executor(config(Api::Responses)).ask(request(false)).await.unwrap();
    let sent = &upstream.sent()[0];
    assert_eq!(sent.method(), "POST");
    assert_eq!(sent.uri(), "https://upstream.test/v1/responses");
    let headers = sent.headers();
    assert_eq!(headers["authorization"], "Bearer sk-secret-token");
    assert!(headers["authorization"].is_sensitive());
    assert_eq!(headers["accept"], "application/json");
    assert_eq!(headers["accept-encoding"], "identity");
    assert_eq!(headers["content-type"], "application/json");
    assert!(headers["user-agent"].to_str().unwrap().starts_with("interlingua/"));
    assert_eq!(headers.len(), 5);
    let body: Value = serde_json::from_slice(sent.body()).unwrap();
    assert_eq!(
        body,
        json!({"model": "gpt-5.4", "input": [{"type": "message", "role": "user", "content": "hi"}], "store": false})
    );
}

#[tokio::test]
async fn a_stream_comes_back_as_chunks_and_done() {
    let upstream = Scripted::new([streaming(hello())]);
    let answer = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap();
    assert_eq!(answer.meta.upstream_request_id(), Some("req_1"));
    let (text, last) = text_and_last(streamed(answer.value)).await;
    assert_eq!((text.as_str(), last.as_str()), ("Hello", "[DONE]"));
    let sent = &upstream.sent()[0];
    assert_eq!(sent.headers()["accept"], "text/event-stream");
    assert_eq!(serde_json::from_slice::<Value>(sent.body()).unwrap()["stream"], true);
    assert_eq!(upstream.open_bodies(), 0);
}

#[tokio::test]
async fn a_profile_brings_its_headers_and_forces_its_stream() {
    let upstream = Scripted::new([streaming(hello())]);
    let config = codex();
    let answer = upstream.executor(config).ask(request(false)).await.unwrap();
    assert_eq!(whole(answer.value)["choices"][0]["message"]["content"], "Hello");
    let sent = &upstream.sent()[0];
    assert_eq!(sent.headers()["accept"], "text/event-stream");
    assert_eq!(sent.headers()["originator"], "codex_cli_rs");
    assert!(sent.headers()["user-agent"].to_str().unwrap().starts_with("codex"));
    assert_eq!(serde_json::from_slice::<Value>(sent.body()).unwrap()["stream"], true);
}

#[tokio::test]
async fn a_failure_before_any_output_is_an_error_with_its_real_status() {
    for (code, status) in [("rate_limit_exceeded", 429), ("context_length_exceeded", 400), ("something_new", 502)] {
        let upstream = Scripted::new([streaming([created(), in_progress(), item_added(), failed(code, "no")])]);
        let error = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap_err();
        assert_eq!(error.status(), status, "{code}");
        assert_eq!(error.upstream_status().unwrap(), 200);
        assert_eq!((error.phase(), error.request_id()), (Phase::FirstEvent, Some("req_1")));
        assert_eq!(error.failure().code.as_deref(), Some(code));
        assert_eq!(error.to_string(), "no (upstream request req_1)");
        assert!(error.is_upstream() && !error.is_timeout());
        assert_eq!(upstream.open_bodies(), 0, "the connection is closed");
    }
}

#[tokio::test]
async fn a_failure_after_output_is_the_last_event_and_nothing_follows() {
    let upstream = Scripted::new([streaming([created(), item_added(), delta("Hel"), failed("server_error", "boom")])]);
    let answer = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap();
    let (events, stream) = drain(streamed(answer.value)).await;
    let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
    assert_eq!(last["error"]["message"], "boom");
    assert_eq!(last["error"]["code"], "server_error");
    assert!(events.iter().all(|event| event != "[DONE]"));
    assert_eq!(stream.report().unwrap().failure.as_ref().unwrap().message, "boom");
}

#[tokio::test]
async fn a_failure_in_the_stream_blames_the_callers_parameter() {
    let error = json!({"type": "error", "sequence_number": 9, "error": {
        "type": "invalid_request_error", "code": "invalid_value", "message": "no", "param": "input[0].content",
    }});
    let upstream = Scripted::new([streaming([created(), item_added(), delta("Hel"), event(&error)])]);
    let answer = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap();
    let (_, last) = text_and_last(streamed(answer.value)).await;
    assert_eq!(serde_json::from_str::<Value>(&last).unwrap()["error"]["param"], "messages[0].content");

    let upstream = Scripted::new([streaming([created(), event(&error)])]);
    let refused = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap_err();
    assert_eq!((refused.status().as_u16(), refused.failure().param.as_deref()), (400, Some("messages[0].content")));
}

#[tokio::test]
async fn a_stream_that_just_stops_is_never_a_success() {
    let whole = hello();
    for length in 0..whole.len() - 1 {
        let upstream = Scripted::new([streaming(hello().into_iter().take(length))]);
        let answer = upstream.executor(config(Api::Responses)).ask(request(true)).await;
        let code = match answer {
            Err(error) => {
                assert!(length <= 3, "{length}: nothing had gone out");
                assert_eq!(error.status(), 502);
                error.failure().code.clone().unwrap()
            }
            Ok(answer) => {
                let (_, last) = text_and_last(streamed(answer.value)).await;
                serde_json::from_str::<Value>(&last).unwrap()["error"]["code"].as_str().unwrap().to_owned()
            }
        };
        assert_eq!(code, "stream_incomplete", "{length}");
    }
}

#[tokio::test]
async fn half_an_event_at_the_end_is_a_cut_and_a_whole_one_without_its_blank_line_is_not() {
    let cut = Piece::Bytes("data: {\"type\":\"response.completed\",\"resp".into());
    let upstream = Scripted::new([streaming([created(), item_added(), delta("Hello"), cut])]);
    let answer = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap();
    let (_, last) = text_and_last(streamed(answer.value)).await;
    assert!(last.contains("stream_incomplete"), "{last}");

    let Piece::Bytes(end) = completed("Hello") else { unreachable!("an event is bytes") };
    let unfinished = Piece::Bytes(end.slice(..end.len() - 2));
    let upstream = Scripted::new([streaming([created(), item_added(), delta("Hello"), unfinished])]);
    let answer = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap();
    assert_eq!(text_and_last(streamed(answer.value)).await, ("Hello".to_owned(), "[DONE]".to_owned()));
}

#[tokio::test]
async fn a_broken_connection_says_so_early_and_late() {
    let upstream = Scripted::new([streaming([created(), Piece::Break])]);
    let error = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.phase()), (502, Phase::FirstEvent));
    assert!(error.to_string().contains("connection reset"), "{error}");

    let upstream = Scripted::new([streaming([created(), item_added(), delta("Hel"), Piece::Break])]);
    let answer = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap();
    let (text, last) = text_and_last(streamed(answer.value)).await;
    assert_eq!(text, "Hel");
    assert!(last.contains("connection reset") && last.contains("stream_incomplete"), "{last}");
}

#[tokio::test]
async fn an_event_over_the_limit_ends_the_stream() {
    let flood = || {
        let line = Piece::Bytes(vec![b'x'; 1 << 20].into());
        let start = Piece::Bytes("data: ".into());
        let mut pieces = vec![created(), item_added(), start];
        pieces.extend((0..17).map(|_| Piece::Bytes(vec![b'x'; 1 << 20].into())));
        pieces.push(line);
        pieces
    };
    let upstream = Scripted::new([streaming(flood())]);
    let error = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.failure().code.as_deref()), (502, Some("upstream_malformed")));
    assert!(error.to_string().contains("larger than the limit of 1677"), "{error}");

    let mut pieces = flood();
    pieces.insert(2, delta("Hel"));
    let upstream = Scripted::new([streaming(pieces)]);
    let answer = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap();
    let (text, last) = text_and_last(streamed(answer.value)).await;
    assert_eq!(text, "Hel");
    assert!(last.contains("upstream_malformed"), "{last}");
    assert_eq!(upstream.open_bodies(), 0, "the rest is not waited for");
}

#[tokio::test]
async fn what_comes_after_the_end_is_ignored() {
    let mut pieces = hello();
    pieces.push(Piece::Bytes("data: [DONE]\n\n".into()));
    pieces.push(delta("more"));
    let upstream = Scripted::new([streaming(pieces)]);
    let answer = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap();
    assert_eq!(text_and_last(streamed(answer.value)).await, ("Hello".to_owned(), "[DONE]".to_owned()));
}

#[tokio::test]
async fn a_stream_is_folded_and_json_is_read_whatever_was_expected() {
    let upstream = Scripted::new([streaming(hello())]);
    let answer = upstream.executor(config(Api::Responses)).ask(request(false)).await.unwrap();
    assert!(matches!(answer.value, Reply::Whole(_)), "an upstream that streams anyway");

    let error = json!({"error": {"message": "busy", "type": "rate_limit_error", "code": "rate_limit_exceeded"}});
    let upstream = Scripted::new([json_reply(&error)]);
    let error = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.failure().message.as_str()), (429, "busy"));

    let upstream = Scripted::new([reply(200, "text/html", "<html>log in</html>")]);
    let error = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap_err();
    assert_eq!(error.status(), 502);
    assert!(error.to_string().contains("web page") && !error.to_string().contains("log in"), "{error}");
}

#[tokio::test]
async fn a_whole_reply_that_failed_has_its_real_status() {
    let mut body = response("failed", &[]);
    body["error"] = json!({"code": "rate_limit_exceeded", "message": "slow down"});
    let upstream = Scripted::new([json_reply(&body)]);
    let error = upstream.executor(config(Api::Responses)).ask(request(false)).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.failure().message.as_str()), (429, "slow down"));

    let upstream = Scripted::new([streaming([created(), delta("x"), item_done("x"), failed("server_error", "no")])]);
    let config = codex();
    let error = upstream.executor(config).ask(request(false)).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.phase()), (500, Phase::MidStream));
}

#[tokio::test]
async fn what_is_no_reply_is_told_as_such() {
    for (content_type, body, expected) in [
        ("text/html", "<html>secret page</html>", "web page"),
        ("application/json", "", "empty"),
        ("application/json", "{\"id\": ", "EOF"),
    ] {
        let upstream = Scripted::new([reply(200, content_type, body)]);
        let error = upstream.executor(config(Api::Responses)).ask(request(false)).await.unwrap_err();
        assert_eq!((error.status().as_u16(), error.failure().code.as_deref()), (502, Some("upstream_malformed")));
        assert!(error.to_string().contains(expected) && !error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_translated_is_refused_before_anything_is_sent() {
    let upstream = Scripted::new([]);
    let request = chat(&json!({"model": "m", "n": 2, "messages": [{"role": "user", "content": "hi"}]}));
    let error = upstream.executor(config(Api::Responses)).ask(request).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.phase()), (400, Phase::Translate));
    assert_eq!(error.failure().param.as_deref(), Some("n"));
    assert_eq!(upstream.sent().len(), 0);
}

#[tokio::test]
async fn losses_of_request_and_reply_are_told() {
    let mut body = response("completed", &[message("Hello")]);
    body["output"][0]["content"][0]["annotations"] =
        json!([{"type": "file_citation", "file_id": "f", "index": 0, "filename": "n"}]);
    let upstream = Scripted::new([json_reply(&body)]);
    let request = chat(&json!({"model": "m", "stop": "END", "messages": [{"role": "user", "content": "hi"}]}));
    let answer = upstream.executor(config(Api::Responses)).ask(request).await.unwrap();
    let paths: Vec<_> = answer.meta.losses.iter().map(|loss| loss.path.as_str()).collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
    assert_eq!(paths[0], "stop");
    assert!(paths[1].starts_with("output[0]"), "{paths:?}");
}

#[tokio::test]
async fn unknown_events_and_comments_release_nothing() {
    let noise = [
        Piece::Bytes(": keepalive\n\n".into()),
        created(),
        event(&json!({"type": "codex.rate_limits", "plan_type": "plus"})),
        event(&json!({"type": "keepalive", "sequence_number": 3})),
        failed("usage_limit_reached", "later"),
    ];
    let upstream = Scripted::new([streaming(noise)]);
    let error = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap_err();
    assert_eq!(error.status(), 429);
}

#[tokio::test]
async fn dropping_the_stream_lets_go_of_the_upstream() {
    let upstream = Scripted::new([streaming([created(), item_added(), delta("Hel"), Piece::Stall])]);
    let answer = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap();
    assert_eq!(upstream.open_bodies(), 1);
    drop(answer);
    assert_eq!(upstream.open_bodies(), 0);
}

#[tokio::test]
async fn a_compressed_reply_is_refused_in_words() {
    let headers = [("content-type", "text/event-stream"), ("content-encoding", "gzip")];
    let upstream = Scripted::new([reply_with(200, &headers, [Piece::Bytes(vec![0x1f, 0x8b].into())])]);
    let error = upstream.executor(config(Api::Responses)).ask(request(true)).await.unwrap_err();
    assert_eq!(error.status(), 502);
    assert!(error.to_string().contains("gzip"), "{error}");
}
