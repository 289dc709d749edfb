//! A key that an upstream repeats gets no further: neither to the client nor into the log, whatever both sides speak.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a setup that fails is a failed test")]

use std::io;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::HeaderValue;
use interlingua_executor::{HttpSettings, Proxy};
use interlingua_gateway::{CallerKey, Config, Gateway, InboundKey, Target, Upstream, UpstreamConfig};
use interlingua_translate::{Api, Upstream as Speaks};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::log::TestLog;

/// The key of the upstream: one that no word can be, and one like those that local servers are given.
const KEYS: [&str; 2] = ["sk-canary-0123456789-abcdefghij", "canary-key"];
const INBOUND: &str = "inbound-canary-0123456789";
/// The key of one of several callers.
const CALLERS: &str = "caller-canary-0123456789";

/// A reply that repeats what it should not, `KEY` standing for that.
struct Echo {
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
}

const JSON: (&str, &str) = ("content-type", "application/json");
const SSE: (&str, &str) = ("content-type", "text/event-stream");

const fn json_of(status: u16, body: &'static str) -> Echo {
    Echo { status, headers: &[JSON], body }
}

const fn events(body: &'static str) -> Echo {
    Echo { status: 200, headers: &[SSE], body }
}

/// Every place a failure has been seen to stand in, on both APIs.
const ECHOES: &[Echo] = &[
    json_of(
        401,
        r#"{"error":{"message":"Incorrect API key provided: KEY.","type":"KEY","param":"KEY","code":"KEY","plan":["KEY"]}}"#,
    ),
    json_of(401, r#"{"error":"no key KEY","code":"KEY"}"#),
    json_of(403, r#"{"detail":"KEY is no good"}"#),
    json_of(422, r#"{"detail":[{"loc":["body","KEY"],"msg":"KEY","type":"KEY"}]}"#),
    json_of(400, r#"{"object":"error","message":"KEY","type":"KEY","code":"KEY"}"#),
    json_of(400, r#"{"error":{"message":"Provider returned error","metadata":{"raw":"{\"error\":\"KEY\"}"}}}"#),
    json_of(500, r#"{"error":{"message":"cut in the middle KEY"#),
    json_of(502, "Bearer KEY\nINFO all is well \u{1b}[2J"),
    Echo { status: 503, headers: &[("content-type", "text/html")], body: "<html>KEY</html>" },
    Echo { status: 400, headers: &[SSE], body: "data: {\"error\":{\"message\":\"KEY\"}}\n\n" },
    Echo {
        status: 429,
        headers: &[
            JSON,
            ("x-request-id", "KEY"),
            ("x-ratelimit-reset-tokens", "Bearer KEY"),
            ("openai-organization", "KEY"),
            ("x-codex-plan-type", "KEY"),
        ],
        body: r#"{"error":{"message":"busy"}}"#,
    },
    Echo { status: 302, headers: &[("location", "http://127.0.0.1/?key=KEY")], body: "see KEY" },
    json_of(200, r#"{"error":{"message":"KEY","code":"KEY","type":"KEY"}}"#),
    json_of(200, r#"{"error":"KEY"}"#),
    json_of(
        200,
        r#"{"id":"resp_1","object":"response","status":"failed","error":{"code":"server_error","message":"KEY"},"output":[]}"#,
    ),
    json_of(
        200,
        r#"{"choices":[{"index":0,"error":{"message":"KEY"},"finish_reason":"error","message":{"content":""}}]}"#,
    ),
    Echo { status: 200, headers: &[("content-type", "text/html")], body: "<html>KEY</html>" },
    Echo {
        status: 200,
        headers: &[SSE, ("x-request-id", "KEY"), ("openai-model", "KEY")],
        body: "data: {\"error\":{\"message\":\"KEY\"}}\n\n",
    },
    events("event: error\ndata: {\"type\":\"error\",\"code\":\"KEY\",\"message\":\"KEY\",\"param\":\"KEY\"}\n\n"),
    events(
        "data: {\"type\":\"response.failed\",\"response\":{\"id\":\"resp_1\",\"status\":\"failed\",\"error\":{\"code\":\"KEY\",\"message\":\"KEY\"}}}\n\n",
    ),
    events(": KEY\n\ndata: KEY\n\n"),
    events(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: {\"error\":{\"message\":\"then KEY\",\"code\":\"KEY\"}}\n\n",
    ),
    events(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"error\":{\"message\":\"KEY\"},\"delta\":{},\"finish_reason\":\"KEY\"}]}\n\n",
    ),
    events(
        "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"item_id\":\"a\",\"delta\":\"Hi\"}\n\ndata: {\"type\":\"error\",\"error\":{\"message\":\"KEY\",\"type\":\"KEY\"}}\n\n",
    ),
    events(
        "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"item_id\":\"a\",\"delta\":\"Hi\"}\n\ndata: {\"type\":\"response.failed\",\"response\":{\"error\":{\"message\":\"KEY\"}}}\n\n",
    ),
];

/// What stands in the place of an answer and is none. Passed on, it is what it is; translated, it is an error that quotes it.
const MALFORMED: &[Echo] = &[
    json_of(200, r#"{"choices":"KEY","output":"KEY"}"#),
    json_of(401, r#"{"error":"no answer"}"#),
    events("data: {\"type\":\"response.output_text.delta\",\"output_index\":\"KEY\",\"delta\":3}\n\n"),
    events("data: {\"choices\":\"KEY\"}\n\n"),
];

/// An upstream that says what stands at the place that the request names as its model, in pieces of seven bytes.
async fn upstream(echoes: &'static [Echo], planted: &'static str) -> String {
    let answer = move |body: String| async move {
        let asked: Value = serde_json::from_str(&body).unwrap();
        let Echo { status, headers, body } = &echoes[asked["model"].as_str().unwrap().parse::<usize>().unwrap()];
        let body = body.replace("KEY", planted);
        let pieces = body.as_bytes().chunks(7).map(|piece| Ok::<_, io::Error>(Bytes::copy_from_slice(piece)));
        let mut response = Response::builder().status(*status);
        for (name, value) in *headers {
            // What no header can carry is not said in one.
            let value = HeaderValue::try_from(value.replace("KEY", planted));
            response = response.header(*name, value.unwrap_or(HeaderValue::from_static("-")));
        }
        response.body(Body::from_stream(stream::iter(pieces.collect::<Vec<_>>()))).unwrap()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    url
}

fn ask(api: Api, place: usize, stream: bool) -> String {
    let messages = json!([{"role": "user", "content": "Hello"}]);
    let input = match api {
        Api::Chat | Api::Messages => "messages",
        Api::Responses => "input",
    };
    let mut body = json!({"model": place.to_string(), "stream": stream, input: messages});
    if api == Api::Messages {
        body["max_tokens"] = json!(9);
    }
    body.to_string()
}

/// Everything a client and the log get of each echo, in every pair, streamed and whole.
async fn everything(echoes: &'static [Echo], planted: &'static str, key: &str) -> Vec<(String, String)> {
    everything_as(INBOUND, echoes, planted, key).await
}

/// The same for somebody with this key.
async fn everything_as(who: &str, echoes: &'static [Echo], planted: &'static str, key: &str) -> Vec<(String, String)> {
    let log = TestLog::read(tracing::Level::DEBUG);
    let url = upstream(echoes, planted).await;
    let client = HttpSettings { proxy: Proxy::Direct, ..HttpSettings::default() }.client().unwrap().http().clone();
    let mut asked = Vec::new();
    for speaks in Api::ALL.iter().copied() {
        let upstream = Upstream::open(UpstreamConfig {
            target: Some(Target::Url(url.parse().unwrap())),
            api: Some(speaks),
            api_key: Some(key.into()),
            ..UpstreamConfig::default()
        });
        let config = Config {
            listen: "127.0.0.1:0".to_owned(),
            inbound_key: Some(InboundKey::new(INBOUND).unwrap()),
            callers: vec![CallerKey::new("one", &CallerKey::hash_of(CALLERS)).unwrap()],
            ..Config::default()
        };
        let gateway = Gateway::bind(config, upstream.await.unwrap()).await.unwrap();
        let addr = gateway.addr();
        tokio::spawn(gateway.serve(std::future::pending()));
        for api in Api::ALL.iter().copied() {
            for (place, stream) in (0..echoes.len()).flat_map(|place| [(place, false), (place, true)]) {
                let path = format!("http://{addr}/v1{}", Speaks::usual(api).path());
                let request = client.post(path).bearer_auth(who).header("content-type", "application/json");
                let request = request.body(ask(api, place, stream));
                let what = format!("{api:?} over {speaks:?}, echo {place}, stream {stream}");
                asked.push(async move {
                    let response = request.send().await.unwrap();
                    let head = format!("{} {:?}", response.status(), response.headers());
                    // A body that breaks off has said something before.
                    let body = response.bytes().await.map(|body| String::from_utf8_lossy(&body).into_owned());
                    [(what.clone(), head), (what, body.unwrap_or_default())]
                });
            }
        }
    }
    let mut all = futures_util::future::join_all(asked).await.concat();
    let log = log.text();
    assert!(log.contains("answered") && log.contains("no answer"), "the log is being read");
    all.push(("the log".to_owned(), log));
    all
}

#[tokio::test]
async fn a_key_that_an_upstream_repeats_gets_no_further_in_any_pair() {
    for key in KEYS {
        for (what, text) in everything(ECHOES, key, key).await {
            assert!(!text.contains(key), "{what}: {text}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_not_quoted_with_a_key_in_it() {
    for key in KEYS {
        // What goes by as it came is an answer to whoever passes it on, readable or not.
        let passed = |what: &str| Api::ALL.iter().any(|api| what.starts_with(&format!("{api:?} over {api:?}")));
        for (what, text) in everything(MALFORMED, key, key).await.into_iter().filter(|(what, _)| !passed(what)) {
            assert!(!text.contains(key), "{what}: {text}");
        }
    }
}

#[tokio::test]
async fn the_inbound_key_is_not_repeated_either() {
    for (what, text) in everything(ECHOES, INBOUND, "sk-another-key-0123456789").await {
        assert!(!text.contains(INBOUND), "{what}: {text}");
    }
}

#[tokio::test]
async fn nor_is_the_key_of_a_caller_that_is_known_by_its_hash_alone() {
    for (what, text) in everything_as(CALLERS, ECHOES, CALLERS, "sk-another-key-0123456789").await {
        assert!(!text.contains(CALLERS), "{what}: {text}");
    }
}

#[tokio::test]
async fn what_is_no_secret_comes_through() {
    let all = everything(ECHOES, "a-plain-word", KEYS[0]).await;
    let told = all.iter().filter(|(_, text)| text.contains("a-plain-word")).count();
    assert!(told > ECHOES.len() * 4, "the words of most echoes are told: {told} of {}", all.len());
}

#[tokio::test]
async fn a_word_that_happens_to_be_a_key_stays_a_word() {
    const LIMIT: &[Echo] = &[json_of(400, r#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#)];
    for key in ["x", "context", "context_", "context_length"] {
        for (what, text) in everything(LIMIT, "nothing", key).await {
            let is_body = text.starts_with('{');
            // Clients of Messages have words for it, and no code.
            let word =
                if text.contains("request_id") { "prompt is too long: too long" } else { "context_length_exceeded" };
            assert!(!is_body || text.contains(word), "{key}: {what}: {text}");
        }
    }
}

#[tokio::test]
async fn what_a_model_says_stays_as_it_is() {
    const CHAT: &str = r#"{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"KEY"},"finish_reason":"stop"}]}"#;
    const RESPONSES: &str = r#"{"id":"resp_1","object":"response","created_at":1,"model":"m","status":"completed","error":null,"output":[{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"KEY","annotations":[]}]}]}"#;
    const ANSWERS: &[Echo] = &[json_of(200, CHAT), json_of(200, RESPONSES), json_of(401, r#"{"error":"no answer"}"#)];
    let all = everything(ANSWERS, KEYS[0], KEYS[0]).await;
    for (speaks, place) in [("Chat", 0), ("Responses", 1)] {
        let told = all
            .iter()
            .filter(|(what, text)| what.contains(&format!("over {speaks}, echo {place}")) && text.contains(KEYS[0]));
        assert_eq!(told.count(), 2 * Api::ALL.len(), "every client, streamed and whole, over {speaks}");
    }
}

#[tokio::test]
async fn no_upstream_writes_a_line_of_the_log() {
    let all = everything(ECHOES, "\r\n2026-01-01T00:00:00Z INFO forged\u{1b}[31m", KEYS[0]).await;
    let (_, log) = all.last().unwrap();
    assert!(log.contains("forged"), "it was told, in a line of ours");
    for line in log.lines() {
        assert!(!line.starts_with("2026-01-01") && !line.contains('\u{1b}'), "{line:?}");
    }
}
