//! Errors of upstreams, in the words of the client's API: each as a status, and inside a reply whose status was fine.

use interlingua_executor::Profile;
use interlingua_gateway::{Config, UpstreamConfig};
use interlingua_translate::Api;
use serde_json::{Value, json};

use super::{Double, Told, over, refused, request};
use crate::support::refusal;

const INVALID: &str = "invalid_request_error";

/// What an upstream says, its status first, and what comes of it: the status, the class, and a word more.
type Row<W> = (u16, &'static str, &'static str, (u16, &'static str, W));

/// What an upstream of OpenAI's APIs says, and what a client of Messages gets: the status, the class, how the message begins.
const TO_MESSAGES: &[Row<&str>] = &[
    (400, INVALID, "invalid_value", (400, INVALID, "W")),
    (400, INVALID, "context_length_exceeded", (400, INVALID, "prompt is too long: W")),
    (413, INVALID, "context_length_exceeded", (400, INVALID, "prompt is too long: W")),
    (500, "server_error", "context_length_exceeded", (400, INVALID, "prompt is too long: W")),
    (401, INVALID, "invalid_api_key", (401, "authentication_error", "W")),
    (402, "billing", "", (402, "billing_error", "W")),
    (403, "permission_error", "unsupported_country", (403, "permission_error", "W")),
    (404, INVALID, "model_not_found", (404, "not_found_error", "W")),
    (409, INVALID, "conflict", (409, "conflict_error", "W")),
    (413, INVALID, "", (413, "request_too_large", "W")),
    (422, INVALID, "", (422, INVALID, "W")),
    (429, "requests", "rate_limit_exceeded", (429, "rate_limit_error", "W")),
    (429, "insufficient_quota", "insufficient_quota", (429, "rate_limit_error", "W")),
    (402, "insufficient_quota", "insufficient_quota", (429, "rate_limit_error", "W")),
    (429, "usage_limit_reached", "", (429, "rate_limit_error", "W")),
    (500, "server_error", "", (500, "api_error", "W")),
    (502, "server_error", "", (502, "api_error", "W")),
    (503, "server_error", "server_is_overloaded", (529, "overloaded_error", "W")),
    (503, "server_error", "", (529, "overloaded_error", "W")),
    (504, "server_error", "", (504, "timeout_error", "W")),
    (529, "server_error", "", (529, "overloaded_error", "W")),
];

fn error(kind: &str, code: &str) -> Value {
    let code = Some(code).filter(|code| !code.is_empty());
    json!({"error": {"message": "W", "type": kind, "code": code, "param": null, "resets_in_seconds": 3600}})
}

/// The row of the table that a request asks for is the upstream's model.
fn row(asked: &str) -> usize {
    let asked: Value = serde_json::from_str(asked).unwrap();
    asked["model"].as_str().unwrap().parse().unwrap()
}

fn asking(setup: &crate::support::Setup, client: Api, row: usize, stream: bool) -> reqwest::RequestBuilder {
    let (path, mut body) = match client {
        Api::Messages => ("/v1/messages", super::hello(stream)),
        Api::Chat => ("/v1/chat/completions", crate::support::hello(stream)),
        Api::Responses => ("/v1/responses", json!({"input": "Hello", "stream": stream})),
    };
    body["model"] = json!(row.to_string());
    setup.post(path, body.to_string())
}

#[tokio::test]
async fn what_openais_apis_say_is_told_in_the_words_of_messages() {
    for api in [Api::Chat, Api::Responses] {
        let double = Double::start(|seen| {
            let (status, kind, code, _) = TO_MESSAGES[row(&seen.body)];
            let mut told = Told::json(status, &error(kind, code));
            told.headers.push(("x-ratelimit-remaining-tokens", "7"));
            told
        })
        .await;
        let setup = over(double.config(api), Config::default()).await;
        for (row, (said, kind, code, (status, class, begins))) in TO_MESSAGES.iter().enumerate() {
            for stream in [false, true] {
                let response = asking(&setup, Api::Messages, row, stream).send().await.unwrap();
                let (got, told, message, headers) = refused(response).await;
                let case = format!("{api:?} {said} {kind} {code} {stream}: {message}");
                assert_eq!((got, told.as_str()), (*status, *class), "{case}");
                assert!(message.starts_with(begins), "{case}");
                assert_eq!(headers["x-ratelimit-remaining-tokens"], "7", "{case}");
                let should_retry = headers.get("x-should-retry").map(|value| value.to_str().unwrap());
                assert_eq!(should_retry, (*code == "insufficient_quota").then_some("false"), "{case}");
                assert_eq!(headers["retry-after"], "3600", "{case}");
            }
        }
        setup.stop().await;
    }
}

#[tokio::test]
async fn a_failure_inside_a_reply_that_has_said_nothing_is_a_status_too() {
    let double = Double::start(|seen| {
        let (_, _, code, _) = TO_MESSAGES[row(&seen.body)];
        let failed = json!({"type": "response.failed", "response": {"id": "resp_1", "status": "failed", "output": [],
            "error": {"code": code, "message": "W"}}});
        Told { status: 200, headers: vec![("content-type", "text/event-stream")], body: format!("data: {failed}\n\n") }
    })
    .await;
    let setup = over(double.config(Api::Responses), Config::default()).await;
    // Inside a reply there is no status but the one that the code stands for.
    let with_code = TO_MESSAGES.iter().enumerate().filter(|(_, (.., code, _))| {
        ["context_length_exceeded", "rate_limit_exceeded", "insufficient_quota", "server_is_overloaded"].contains(code)
    });
    for (row, (.., code, (status, class, begins))) in with_code {
        for stream in [false, true] {
            let (got, told, message, _) =
                refused(asking(&setup, Api::Messages, row, stream).send().await.unwrap()).await;
            assert_eq!((got, told.as_str()), (*status, *class), "{code}");
            assert!(message.starts_with(begins), "{message}");
        }
    }
    setup.stop().await;
}

/// What an upstream of Messages says, and what clients of OpenAI's APIs get: the status, the class, the code.
const FROM_MESSAGES: &[Row<Option<&str>>] = &[
    (400, INVALID, "messages.0.content: Field required", (400, INVALID, None)),
    (400, INVALID, "prompt is too long: 9 tokens > 8 maximum", (400, INVALID, Some("context_length_exceeded"))),
    (
        400,
        INVALID,
        "input length and `max_tokens` exceed context limit: 7 + 2 > 8",
        (400, INVALID, Some("context_length_exceeded")),
    ),
    (401, "authentication_error", "invalid x-api-key", (401, "authentication_error", None)),
    (402, "billing_error", "pay", (402, "insufficient_quota", Some("billing_error"))),
    (403, "permission_error", "no", (403, "permission_error", None)),
    (404, "not_found_error", "model: m", (404, "not_found_error", Some("not_found"))),
    (409, "conflict_error", "c", (409, INVALID, Some("conflict"))),
    (413, "request_too_large", "big", (413, INVALID, Some("request_too_large"))),
    (429, "rate_limit_error", "slow", (429, "rate_limit_error", Some("rate_limit_exceeded"))),
    (500, "api_error", "oops", (500, "server_error", Some("server_error"))),
    (504, "timeout_error", "late", (504, "server_error", Some("timeout"))),
    (529, "overloaded_error", "Overloaded", (503, "server_error", Some("server_is_overloaded"))),
];

fn said(row: usize) -> Value {
    let (_, class, message, _) = FROM_MESSAGES[row];
    json!({"type": "error", "error": {"type": class, "message": message}, "request_id": "req_up"})
}

#[tokio::test]
async fn what_messages_says_is_told_in_openais_words() {
    for in_stream in [false, true] {
        let double = Double::start(move |seen| {
            let row = row(&seen.body);
            let mut told = Told::json(FROM_MESSAGES[row].0, &said(row));
            told.headers.extend([("request-id", "req_up"), ("anthropic-ratelimit-tokens-remaining", "7")]);
            told.headers.extend([("retry-after", "30"), ("x-should-retry", "true")]);
            if in_stream {
                told.status = 200;
                told.headers[0] = ("content-type", "text/event-stream");
                told.body = format!("event: error\ndata: {}\n\n", told.body);
            }
            told
        })
        .await;
        let setup = over(double.config(Api::Messages), Config::default()).await;
        for (row, (_, class, words, (status, kind, code))) in FROM_MESSAGES.iter().enumerate() {
            // Inside a stream a refusal has no status but what its class stands for.
            for (client, stream) in
                [(Api::Chat, false), (Api::Chat, true), (Api::Responses, false), (Api::Responses, true)]
            {
                let response = asking(&setup, client, row, stream).send().await.unwrap();
                let headers = response.headers().clone();
                let (got, error) = refusal(response).await;
                let case = format!("{client:?} {class} {in_stream} {stream}: {error}");
                assert_eq!(
                    (got, error["type"].as_str(), error["code"].as_str()),
                    (*status, Some(*kind), *code),
                    "{case}"
                );
                assert_eq!(error["message"], *words, "{case}");
                for (name, value) in [
                    ("anthropic-ratelimit-tokens-remaining", "7"),
                    ("retry-after", "30"),
                    ("x-should-retry", "true"),
                    ("x-upstream-request-id", "req_up"),
                ] {
                    assert_eq!(headers[name], value, "{case}");
                }
                assert!(!headers.contains_key("request-id"), "{case}");
            }
        }
        setup.stop().await;
    }
}

#[tokio::test]
async fn an_error_of_messages_goes_to_its_clients_as_it_came_or_put_together_anew() {
    let double = Double::start(|seen| Told::json(FROM_MESSAGES[row(&seen.body)].0, &said(row(&seen.body)))).await;
    for repair in [false, true] {
        let upstream = UpstreamConfig { repair, ..double.config(Api::Messages) };
        let setup = over(upstream, Config::default()).await;
        for (row, (status, class, words, _)) in FROM_MESSAGES.iter().enumerate() {
            for stream in [false, true] {
                let response = asking(&setup, Api::Messages, row, stream).send().await.unwrap();
                assert!(response.headers()["request-id"].to_str().unwrap().starts_with("req_"));
                if repair {
                    let (got, told, message, _) = refused(response).await;
                    assert_eq!((got, told.as_str(), message.as_str()), (*status, *class, *words));
                } else {
                    assert_eq!(response.status().as_u16(), *status);
                    assert_eq!(response.text().await.unwrap(), said(row).to_string());
                }
            }
        }
        setup.stop().await;
    }
}

/// A server that speaks Messages and errs in other words.
#[tokio::test]
async fn what_is_no_error_of_messages_does_not_go_to_its_clients_as_it_is() {
    for (status, body, expected) in [
        (400, json!({"error": {"message": "bad", "code": 400}}), (400, INVALID, "bad")),
        (503, json!({"detail": "Loading model"}), (529, "overloaded_error", "Loading model")),
        (
            400,
            json!({"error": {"code": 400, "message": "the request exceeds the available context size", "type": "exceed_context_size_error"}}),
            (400, INVALID, "prompt is too long: the request exceeds the available context size"),
        ),
    ] {
        let double = Double::start(move |_| Told::json(status, &body)).await;
        let upstream = UpstreamConfig { profile: Some(Profile::anthropic()), ..double.config(Api::Messages) };
        let setup = over(upstream, Config::default()).await;
        for stream in [false, true] {
            let (got, class, message, _) = refused(request(&setup, Api::Messages, stream).send().await.unwrap()).await;
            assert_eq!((got, class.as_str(), message.as_str()), expected);
        }
        setup.stop().await;
    }
}
