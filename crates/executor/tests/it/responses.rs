//! A Responses client over a Chat upstream, and the model's own calls over one.

use futures_util::StreamExt;
use interlingua_executor::{Config, Phase, Profile, Reply, Timeouts};
use interlingua_model::Api;
use interlingua_model::{Fold, Request};
use interlingua_translate::{Asked, Policy, Translator};
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::{Piece, Script, Scripted, config, of, reply, reply_with, streaming, whole};

fn question(body: &Value) -> Asked {
    Translator::new(Api::Responses).read(body.to_string().as_bytes()).unwrap()
}

fn asked(stream: bool) -> Asked {
    question(&json!({"model": "m", "instructions": "Be brief.", "input": "hi", "stream": stream, "store": false}))
}

fn chunk(data: &Value) -> Piece {
    Piece::Bytes(format!("data: {data}\n\n").into())
}

fn delta(delta: &Value) -> Piece {
    chunk(&json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 7, "model": "m-1",
                  "choices": [{"index": 0, "delta": delta, "finish_reason": null}]}))
}

fn finished(reason: &str) -> Vec<Piece> {
    let usage = json!({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5});
    vec![
        chunk(&json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})),
        chunk(&json!({"id": "chatcmpl-1", "choices": [], "usage": usage})),
        Piece::Bytes("data: [DONE]\n\n".into()),
    ]
}

fn text() -> Vec<Piece> {
    let mut pieces = vec![
        delta(&json!({"role": "assistant", "content": ""})),
        delta(&json!({"content": "Hel"})),
        delta(&json!({"content": "lo"})),
    ];
    pieces.extend(finished("stop"));
    pieces
}

/// The events of a streamed answer; their numbers and the names of their frames are checked on the way.
async fn events(reply: Reply) -> Vec<Value> {
    let Reply::Stream(mut stream) = reply else { panic!("asked for a stream") };
    let mut bytes = Vec::new();
    while let Some(more) = stream.next().await {
        bytes.extend_from_slice(&more);
    }
    let mut events = Vec::new();
    for frame in std::str::from_utf8(&bytes).unwrap().split_terminator("\n\n") {
        let (name, data) = frame.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
        let event: Value = serde_json::from_str(data).unwrap();
        assert_eq!(event["type"], name);
        assert_eq!(event["sequence_number"], events.len());
        events.push(event);
    }
    events
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_stream_has_the_whole_lifecycle_and_the_upstream_is_asked_for_usage() {
    let upstream = Scripted::new([streaming(text())]);
    let answer = upstream.executor(config(Api::Chat)).ask(asked(true)).await.unwrap();
    let events = events(answer.value).await;
    assert_eq!(
        types(&events),
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let response = &events.last().unwrap()["response"];
    assert_eq!(response["id"], "resp_1");
    assert_eq!(response["output"][0]["content"][0]["text"], "Hello");
    assert_eq!(response["usage"]["total_tokens"], 5);
    let sent = &upstream.sent()[0];
    assert_eq!(sent.uri(), "https://upstream.test/v1/chat/completions");
    assert_eq!(sent.headers()["accept"], "text/event-stream");
    let body: Value = serde_json::from_slice(sent.body()).unwrap();
    assert_eq!(body["stream_options"], json!({"include_usage": true}));
    assert_eq!(body["messages"][0], json!({"role": "developer", "content": "Be brief."}));
}

#[tokio::test]
async fn a_whole_answer_is_a_whole_response() {
    let completion = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 7, "model": "m-1",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    });
    // A server that streams anyway is understood as well.
    for script in [reply(200, "application/json", completion.to_string()), streaming(text())] {
        let upstream = Scripted::new([script]);
        let answer = upstream.executor(config(Api::Chat)).ask(asked(false)).await.unwrap();
        let response = whole(answer.value);
        assert_eq!(response["object"], "response");
        assert_eq!(response["status"], "completed");
        assert_eq!(response["output"][0]["content"][0]["text"], "Hello");
        let body: Value = serde_json::from_slice(upstream.sent()[0].body()).unwrap();
        assert!(body.get("stream").is_none() && body.get("stream_options").is_none(), "{body}");
    }
}

#[tokio::test]
async fn a_failure_before_any_output_is_an_error_with_its_real_status() {
    let limit = json!({"error": {"type": "usage_limit_reached", "message": "Enough for today", "plan_type": "plus",
                                 "resets_in_seconds": 60}});
    let role = || delta(&json!({"role": "assistant", "content": ""}));
    for (script, status, code) in [
        (reply(429, "application/json", limit.to_string()), 429, None),
        (streaming([chunk(&limit)]), 429, None),
        (streaming([role(), chunk(&json!({"error": {"code": "context_length_exceeded", "message": "x"}}))]), 400, {
            Some("context_length_exceeded")
        }),
        (streaming([role()]), 502, Some("stream_incomplete")),
        (streaming([role(), Piece::Bytes("data: [DONE]\n\n".into())]), 502, Some("stream_incomplete")),
        (streaming([role(), Piece::Break]), 502, Some("stream_incomplete")),
        (reply(200, "application/json", r#"{"error":{"code":"model_not_found","message":"x"}}"#), 404, {
            Some("model_not_found")
        }),
    ] {
        let upstream = Scripted::new([script]);
        let config = of(Profile::compatible());
        let error = upstream.executor(config).ask(asked(true)).await.unwrap_err();
        assert_eq!(error.status(), status, "{error:?}");
        if let Some(code) = code {
            assert_eq!(error.failure().code.as_deref(), Some(code), "{error:?}");
        } else {
            let body = serde_json::to_value(error.body()).unwrap();
            assert_eq!(body["error"]["type"], "usage_limit_reached", "{error:?}");
            assert_eq!(body["error"]["plan_type"], "plus", "what a client shows of a limit stays");
        }
    }
}

#[tokio::test]
async fn a_stream_that_breaks_later_ends_as_failed_with_every_item_closed() {
    for last in [Some(Piece::Break), None, Some(Piece::Bytes("data: {\"choices\":[{\"del".into()))] {
        let pieces = [delta(&json!({"role": "assistant", "content": "Hel"}))].into_iter().chain(last);
        let upstream = Scripted::new([streaming(pieces)]);
        let answer = upstream.executor(config(Api::Chat)).ask(asked(true)).await.unwrap();
        let events = events(answer.value).await;
        let done = &events[events.len() - 2];
        assert_eq!(
            (&done["type"], &done["item"]["status"]),
            (&json!("response.output_item.done"), &json!("incomplete"))
        );
        let response = &events.last().unwrap()["response"];
        assert_eq!(events.last().unwrap()["type"], "response.failed");
        assert_eq!(response["error"]["code"], "server_error", "one of the codes that clients know");
        assert!(response["error"]["message"].as_str().unwrap().contains("ended early"), "{response}");
        assert_eq!(response["output"][0]["content"][0]["text"], "Hel");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_upstream_is_let_go_after_a_while_and_may_fail_in_the_stream() {
    let upstream = Scripted::new([streaming([Piece::Wait(Duration::from_secs(20)), Piece::Break])]);
    let answer = upstream.executor(config(Api::Chat)).ask(asked(true)).await.unwrap();
    let events = events(answer.value).await;
    assert_eq!(types(&events), ["response.created", "response.in_progress", "response.failed"]);
}

#[tokio::test(start_paused = true)]
async fn behind_a_finish_reason_the_usage_is_waited_for_two_seconds() {
    let usage =
        || chunk(&json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}));
    for (tail, tokens) in [
        (vec![Piece::Wait(Duration::from_secs(1)), usage(), Piece::Stall], json!(5)),
        (vec![Piece::Wait(Duration::from_secs(3)), usage(), Piece::Stall], Value::Null),
        (vec![Piece::Bytes(": still here\n\n".into()), Piece::Stall], Value::Null),
    ] {
        let begun = tokio::time::Instant::now();
        let end = chunk(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}));
        let pieces = [delta(&json!({"content": "Hi"})), end].into_iter().chain(tail);
        let upstream = Scripted::new([streaming(pieces)]);
        let answer = upstream.executor(config(Api::Chat)).ask(asked(true)).await.unwrap();
        let events = events(answer.value).await;
        let last = events.last().unwrap();
        assert_eq!(last["type"], "response.completed", "it has all it needs");
        assert_eq!(last["response"]["usage"]["total_tokens"], tokens, "{last}");
        assert_eq!(begun.elapsed().as_secs(), 2);
        assert_eq!(upstream.open_bodies(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn the_head_of_a_reply_has_a_limit() {
    let timeouts = Timeouts { headers: Duration::from_secs(3), ..Timeouts::default() };
    let config = Config { timeouts, ..config(Api::Chat) };
    let error = Scripted::new([Script::Silence]).executor(config).ask(asked(true)).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.phase(), Phase::Headers);
}

#[tokio::test]
async fn what_needs_a_server_that_remembers_is_refused_before_anything_is_sent() {
    for (field, value) in [
        ("previous_response_id", json!("resp_0")),
        ("conversation", json!("conv_1")),
        ("background", json!(true)),
        ("prompt", json!({"id": "pmpt_1"})),
    ] {
        let mut body = json!({"model": "m", "input": "hi"});
        body[field] = value;
        let upstream = Scripted::new([]);
        let error = upstream.executor(config(Api::Chat)).ask(question(&body)).await.unwrap_err();
        assert_eq!(error.status(), 400);
        assert_eq!(error.failure().param.as_deref(), Some(field));
        assert!(upstream.sent().is_empty());
    }
}

#[tokio::test]
async fn the_parameter_an_upstream_blames_is_one_of_the_callers() {
    let refusal = r#"{"error":{"message":"no","type":"invalid_request_error","param":"max_completion_tokens"}}"#;
    let upstream = Scripted::new([reply(400, "application/json", refusal)]);
    let body = json!({"model": "m", "input": "hi", "max_output_tokens": 16});
    let error = upstream.executor(config(Api::Chat)).ask(question(&body)).await.unwrap_err();
    assert_eq!(error.failure().param.as_deref(), Some("max_output_tokens"));
}

#[tokio::test]
async fn losses_are_told_and_a_strict_translator_refuses_them() {
    let body = json!({"model": "m", "input": "hi", "truncation": "auto", "reasoning": {"summary": "auto"}});
    let completion = r#"{"id":"c","choices":[{"index":0,"finish_reason":"stop","message":{"content":"Hi"}}]}"#;
    let upstream = Scripted::new([reply(200, "application/json", completion)]);
    let answer = upstream.executor(config(Api::Chat)).ask(question(&body)).await.unwrap();
    let paths: Vec<&str> = answer.meta.losses.iter().map(|loss| loss.path.as_str()).collect();
    assert!(paths.contains(&"truncation") && paths.contains(&"reasoning.summary"), "{paths:?}");
    let strict = Translator { policy: Policy::Strict, ..Translator::new(Api::Responses) };
    let asked = strict.read(body.to_string().as_bytes()).unwrap();
    let error = Scripted::new([]).executor(config(Api::Chat)).ask(asked).await.unwrap_err();
    assert_eq!(error.status(), 400);
}

#[tokio::test]
async fn the_model_is_answered_by_a_chat_upstream_too() {
    let upstream = Scripted::new([streaming(text()), streaming(text())]);
    let executor = upstream.executor(config(Api::Chat));
    let asked = || {
        let body = json!({"model": "m", "input": "hi"});
        question(&body).request().clone()
    };
    let request: Request = asked();
    let mut stream = executor.stream(request).await.unwrap().value;
    let mut fold = Fold::default();
    while let Some(event) = stream.next().await {
        interlingua_model::Sink::event(&mut fold, event);
    }
    let streamed = fold.finish().unwrap();
    let whole = executor.complete(asked()).await.unwrap().value;
    assert_eq!(streamed, whole, "streamed and folded are the same");
    let bodies: Vec<Value> = upstream.sent().iter().map(|sent| serde_json::from_slice(sent.body()).unwrap()).collect();
    assert_eq!(bodies[0]["stream"], true);
    assert!(bodies[1].get("stream").is_none());
}

#[tokio::test]
async fn a_body_is_passed_through_with_the_headers_of_its_session() {
    let body = "{ \"model\":\"m\",\"input\" : [],\n \"stream\":true, \"unknown\":{}}\n";
    let answer = reply_with(
        429,
        &[("content-type", "application/json"), ("retry-after", "9")],
        [Piece::Bytes("{\"error\": {\"message\":\"slow\"}}".into())],
    );
    let upstream = Scripted::new([answer]);
    let headers = [
        ("session-id", "s"),
        ("x-codex-turn-metadata", "{}"),
        ("user-agent", "spy"),
        ("originator", "spy"),
        ("authorization", "Bearer spy"),
        ("cookie", "spy"),
        ("content-encoding", "zstd"),
    ];
    let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let executor = upstream.executor(config(Api::Responses));
    let translator = Translator::new(Api::Responses);
    let error = executor.pass(&translator, bytes::Bytes::from_static(body.as_bytes()), &headers).await.unwrap_err();
    assert_eq!(error.status(), 429);
    assert_eq!(error.retry_after().unwrap().as_secs(), 9);
    let sent = &upstream.sent()[0];
    assert_eq!(sent.uri(), "https://upstream.test/v1/responses");
    assert_eq!(sent.body(), body.as_bytes());
    assert_eq!(sent.headers()["session-id"], "s");
    assert_eq!(sent.headers()["accept"], "text/event-stream");
    assert_eq!(sent.headers()["authorization"], "Bearer sk-secret-token");
    assert!(!format!("{:?}", sent.headers()).contains("spy"), "{:?}", sent.headers());
    assert!(!sent.headers().contains_key("content-encoding"));
}

/// What the Codex CLI sends beside a request, and reads beside its reply.
#[tokio::test]
async fn the_headers_of_a_codex_session_go_on_and_its_answers_come_back() {
    const SENT: [&str; 15] = [
        "x-codex-turn-state",
        "x-codex-routing-hint",
        "x-codex-installation-id",
        "x-codex-window-id",
        "x-codex-parent-thread-id",
        "x-codex-root-turn-id",
        "x-codex-inference-call-id",
        "x-codex-cyber-access-program",
        "x-openai-subagent",
        "x-openai-memgen-request",
        "x-openai-product-sku",
        "x-openai-account-routing-override",
        "x-openai-agent-assertion",
        "x-oai-attestation",
        "x-responsesapi-include-timing-metrics",
    ];
    const READ: [&str; 7] = [
        "x-reasoning-included",
        "openai-model",
        "x-models-etag",
        "x-codex-rate-limit-reached-type",
        "x-codex-promo-message",
        "x-codex-safety-buffering-state",
        "x-openai-authorization-error",
    ];
    let told: Vec<_> = READ.iter().map(|name| (*name, "told")).collect();
    let said = r#"{"id":"resp_1","object":"response","status":"completed","output":[]}"#;
    let upstream = Scripted::new([reply_with(200, &told, [Piece::Bytes(said.into())])]);
    let headers = SENT.iter().map(|name| (name.parse().unwrap(), "v".parse().unwrap())).collect();
    let executor = upstream.executor(config(Api::Responses));
    let translator = Translator::new(Api::Responses);
    let answer = executor.pass(&translator, bytes::Bytes::from_static(b"{}"), &headers).await.unwrap();
    let sent = &upstream.sent()[0];
    for name in SENT {
        assert!(sent.headers().contains_key(name), "{name}");
    }
    for name in READ {
        assert!(answer.meta.head.headers.contains_key(name), "{name}");
    }
}
