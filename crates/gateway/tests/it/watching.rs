//! What is kept of what happens: numbers, exchanges as cases, and what the inspector shows.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail as tests do")]

use std::fs;
use std::path::{Path, PathBuf};

use interlingua_gateway::Watching;
use interlingua_replay::Replay;
use interlingua_translate::{Api, Upstream as Ways};
use serde_json::{Value, json};

use crate::support::socket::{Socket, create, following};
use crate::support::{Plan, Setup, hello};

async fn metrics(setup: &Setup) -> String {
    let response = setup.client.get(format!("{}/metrics", setup.url)).send().await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    response.text().await.unwrap()
}

/// The value of the only line that has all of these.
fn number(page: &str, parts: &[&str]) -> u64 {
    let lines: Vec<_> =
        page.lines().filter(|line| !line.starts_with('#') && parts.iter().all(|part| line.contains(part))).collect();
    assert_eq!(lines.len(), 1, "{parts:?}\n{page}");
    lines[0].rsplit_once(' ').unwrap().1.parse().unwrap()
}

#[tokio::test]
async fn requests_add_up() {
    let setup = Plan::default().start().await;
    for stream in [true, true, false] {
        setup.ask(&hello(stream)).await.bytes().await.unwrap();
    }
    let refused = setup.post("/v1/chat/completions", "{\"model\":\"odd\",\"messages\":7}").send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let page = metrics(&setup).await;
    let done =
        ["interlingua_requests_total", "client=\"chat\"", "model=\"gpt-5.4\"", "status=\"200\"", "end=\"whole\""];
    assert_eq!(number(&page, &done), 3);
    let failed = ["interlingua_requests_total", "model=\"other\"", "status=\"400\"", "end=\"failed\""];
    assert_eq!(number(&page, &failed), 1, "a model that no upstream answered for is no label of its own");
    assert_eq!(number(&page, &["interlingua_first_byte_seconds_count", "upstream=\"127"]), 4);
    assert_eq!(number(&page, &["interlingua_request_seconds_count", "upstream=\"127"]), 4);
    // Three replies of as many tokens each, streamed and whole.
    for kind in ["input", "output"] {
        let tokens = number(&page, &["interlingua_tokens_total", &format!("kind=\"{kind}\"")]);
        assert!(tokens > 0 && tokens.is_multiple_of(3), "{kind}: {tokens}");
    }
    // The page itself is under way.
    assert_eq!(number(&page, &["interlingua_open_requests "]), 1);
    setup.stop().await;
}

/// A reply of a known length is not asked for more than that, and a stream that failed has an end all the same.
#[tokio::test]
async fn how_a_reply_ended_is_told_as_it_was() {
    for (api, faults, stream, end) in [
        (Api::Chat, "", false, "whole"),
        (Api::Chat, "", true, "whole"),
        (Api::Responses, "", true, "whole"),
        (Api::Responses, "cut=4", true, "failed"),
    ] {
        let case = if api == Api::Chat { "chat/text" } else { "responses/text" };
        let setup = Plan { api, case: Some(case), faults, ..Plan::default() }.start().await;
        setup.ask(&hello(stream)).await.bytes().await.unwrap();
        let page = metrics(&setup).await;
        let label = format!("end=\"{end}\"");
        assert_eq!(number(&page, &["interlingua_requests_total", &label]), 1, "{api} {faults} {stream}\n{page}");
        setup.stop().await;
    }
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_counted() {
    let setup = Plan { case: Some("responses/error-500"), ..Plan::default() }.start().await;
    assert_eq!(setup.ask(&hello(false)).await.status(), 500);
    let page = metrics(&setup).await;
    assert_eq!(number(&page, &["interlingua_retries_total"]), 2, "{page}");
    setup.stop().await;
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

#[tokio::test]
async fn an_exchange_is_captured_as_a_case_that_a_replay_answers_with() {
    for (client, api, case) in [
        (Api::Chat, Api::Responses, "responses/text"),
        (Api::Chat, Api::Chat, "chat/text"),
        (Api::Chat, Api::Messages, "messages/text"),
        (Api::Messages, Api::Responses, "responses/text"),
        (Api::Messages, Api::Messages, "messages/text"),
    ] {
        let (path, end) = match client {
            Api::Messages => ("/v1/messages", "data: {\"type\":\"message_stop\"}\n\n"),
            Api::Chat | Api::Responses => ("/v1/chat/completions", "data: [DONE]\n\n"),
        };
        let folder = tempfile::tempdir().unwrap();
        let watching = Watching { capture: Some(folder.path().join("captured")), inspect: false };
        let setup = Plan {
            api,
            case: Some(case),
            api_key: Some("sk-planted-upstream-key"),
            inbound_key: Some("planted-inbound-key"),
            watching,
            ..Plan::default()
        };
        let setup = setup.start().await;
        let mut asked = hello(true);
        if client == Api::Messages {
            asked["max_tokens"] = json!(99);
        }
        // Whoever asks may well repeat a key.
        asked["messages"][0]["content"] = json!("is sk-planted-upstream-key or planted-inbound-key my key?");
        let ask = |asked: &Value| match client {
            Api::Messages => setup.post(path, asked.to_string()).header("x-api-key", "planted-inbound-key"),
            Api::Chat | Api::Responses => setup.post(path, asked.to_string()).bearer_auth("planted-inbound-key"),
        };
        let streamed = ask(&asked).send().await.unwrap().text().await.unwrap();
        assert!(streamed.ends_with(end), "{streamed}");
        asked["stream"] = json!(false);
        asked["temperature"] = json!(0.5);
        let whole = ask(&asked).send().await.unwrap().text().await.unwrap();
        setup.stop().await;

        let files = files(folder.path());
        assert_eq!(files.len(), 2 * 6, "{files:?}");
        for file in &files {
            let bytes = fs::read(file).unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains("planted"), "{}", file.display());
        }
        let read = |name: &str| -> Vec<String> {
            let named = files.iter().filter(|file| file.ends_with(name));
            named.map(|file| fs::read_to_string(file).unwrap()).collect()
        };
        assert!(read("client-reply.sse").contains(&streamed) && read("client-reply.json").contains(&whole));
        let told: Value = serde_json::from_str(&read("exchange.json")[0]).unwrap();
        assert_eq!(
            (&told["client"], &told["end"], &told["status"]),
            (&json!(client.name()), &json!("whole"), &json!(200))
        );

        // The same upstream again, from the folder.
        let replay = Replay::from_dir(folder.path().join("captured")).unwrap().spawn().await.unwrap();
        for (request, recorded) in read("request.json").iter().zip(read("case.toml")) {
            let path = Ways::usual(api).path();
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let answer =
                client.post(format!("{}{path}", replay.base_url())).body(request.clone()).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{recorded}");
            let body = answer.text().await.unwrap();
            let kept = if body.starts_with('{') { read("response.json") } else { read("stream.sse") };
            assert!(kept.contains(&body), "{recorded}\n{body}");
        }
    }
}

#[tokio::test]
async fn what_the_upstream_was_not_asked_is_no_case() {
    let folder = tempfile::tempdir().unwrap();
    let watching = Watching { capture: Some(folder.path().to_owned()), inspect: false };
    let setup = Plan { watching, ..Plan::default() }.start().await;
    assert_eq!(setup.post("/v1/chat/completions", "{}").send().await.unwrap().status(), 400);
    setup.client.get(format!("{}/v1/models", setup.url)).send().await.unwrap();
    setup.stop().await;
    assert!(files(folder.path()).is_empty());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told_at_the_start() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let config = interlingua_gateway::Config {
        listen: "127.0.0.1:0".to_owned(),
        watching: Watching { capture: Some(file.path().join("x")), inspect: false },
        ..interlingua_gateway::Config::default()
    };
    let target = Some(interlingua_gateway::Target::Replay);
    let upstream = interlingua_gateway::UpstreamConfig { target, ..interlingua_gateway::UpstreamConfig::default() };
    let upstream = interlingua_gateway::Upstream::open(upstream).await.unwrap();
    let refused = interlingua_gateway::Gateway::bind(config, upstream).await.unwrap_err();
    assert!(refused.to_string().starts_with("exchanges cannot be captured in "), "{refused}");
}

fn inspected() -> Plan {
    Plan { watching: Watching { capture: None, inspect: true }, ..Plan::default() }
}

async fn get(setup: &Setup, path: &str) -> (u16, Value) {
    let response = setup.client.get(format!("{}{path}", setup.url)).send().await.unwrap();
    (response.status().as_u16(), serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
}

#[tokio::test]
async fn the_inspector_shows_both_requests_the_losses_and_the_time_line() {
    let setup = Plan { api_key: Some("sk-planted-upstream-key"), ..inspected() }.start().await;
    let mut asked = hello(true);
    asked["logit_bias"] = json!({"1": 2});
    asked["messages"][0]["content"] = json!("my key is sk-planted-upstream-key");
    let answer = setup.ask(&asked).await.text().await.unwrap();
    let (_, list) = get(&setup, "/inspect/exchanges").await;
    let short = &list["exchanges"][0];
    assert_eq!(
        (&short["model"], &short["client"], &short["end"]),
        (&json!("gpt-5.4"), &json!("chat"), &json!("whole"))
    );
    let (_, whole) = get(&setup, &format!("/inspect/exchanges/{}", short["id"].as_str().unwrap())).await;
    assert!(!whole.to_string().contains("planted"), "{whole}");
    assert!(whole["request"].as_str().unwrap().contains("logit_bias"));
    assert!(whole["sent"][0].as_str().unwrap().contains("\"input\""));
    let paths: Vec<_> = whole["losses"].as_array().unwrap().iter().map(|loss| loss["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&"logit_bias"), "{paths:?}");
    let pieces = whole["pieces"].as_array().unwrap();
    let side = |wanted: &str| -> String {
        let there = pieces.iter().filter(|piece| piece["side"] == wanted);
        there.map(|piece| piece["text"].as_str().unwrap()).collect()
    };
    assert_eq!(side("client"), answer);
    assert!(side("upstream").contains("response.completed"));
    let times: Vec<f64> = pieces.iter().map(|piece| piece["at"].as_f64().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    setup.stop().await;
}

#[tokio::test]
async fn a_page_that_waits_hears_of_what_is_new() {
    let setup = inspected().start().await;
    let (_, list) = get(&setup, "/inspect/exchanges").await;
    let news = format!("/inspect/exchanges?after={}", list["version"]);
    let asked = hello(false);
    let (news, _) = tokio::join!(get(&setup, &news), setup.ask(&asked));
    assert_eq!(news.1["exchanges"].as_array().unwrap().len(), 1, "{news:?}");
    setup.stop().await;
}

#[tokio::test]
async fn the_box_translates_every_pair() {
    let setup = inspected().start().await;
    let asked = [
        ("chat", "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"seed\":1}"),
        ("responses", "{\"model\":\"m\",\"input\":\"hi\",\"truncation\":\"auto\"}"),
    ];
    for (from, body) in asked {
        for api in Api::ALL {
            let wanted = json!({"kind": "request", "from": from, "to": api.name(), "body": body});
            let response = setup.post("/inspect/translate", wanted.to_string()).send().await.unwrap();
            let done: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
            assert!(done["error"].is_null() && done["output"].as_str().unwrap().contains("hi"), "{from} {api} {done}");
        }
    }
    let stream =
        "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hi\"}\n\n";
    let wanted = json!({"kind": "stream", "from": "responses", "to": "chat", "body": stream});
    let response = setup.post("/inspect/translate", wanted.to_string()).send().await.unwrap();
    let done: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert!(done["output"].as_str().unwrap().contains("\"content\":\"Hi\""), "{done}");
    assert_eq!(done["error"]["error"]["code"], "stream_incomplete", "{done}");
    setup.stop().await;
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere_and_its_data_is_for_callers_alone() {
    let setup = Plan { inbound_key: Some("let-me-in"), ..inspected() }.start().await;
    let page = setup.client.get(format!("{}/", setup.url)).send().await.unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    let text = page.text().await.unwrap();
    assert!(!text.contains("http://") && !text.contains("https://"), "{text}");
    for path in ["/inspect/page.css", "/inspect/page.js", "/inspect/json.js"] {
        assert!(text.contains(path) || path.ends_with("json.js"));
        assert_eq!(setup.client.get(format!("{}{path}", setup.url)).send().await.unwrap().status(), 200, "{path}");
    }
    for path in ["/inspect/exchanges", "/inspect/exchanges/req_1", "/metrics"] {
        assert_eq!(get(&setup, path).await.0, 401, "{path}");
    }
    setup.stop().await;

    let off = Plan::default().start().await;
    for path in ["/", "/inspect/exchanges"] {
        let (status, body) = get(&off, path).await;
        assert_eq!((status, &body["error"]["code"]), (404, &json!("inspector_off")), "{path}");
    }
    off.stop().await;
}

#[tokio::test]
async fn a_turn_over_a_websocket_is_watched_as_a_request_over_http_is() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Plan {
        api: Api::Chat,
        case: Some("chat/text-with-usage"),
        api_key: Some("sk-planted-upstream-key"),
        inbound_key: Some("planted-inbound-key"),
        watching: Watching { capture: Some(folder.path().join("captured")), inspect: true },
        ..Plan::default()
    };
    let setup = setup.start().await;
    let mut socket = Socket::with(&setup, "planted-inbound-key", "/v1/responses").await;
    let first = socket.ask(&create(&json!("is planted-inbound-key my key?"))).await;
    assert_eq!(first["status"], "completed", "{first}");
    socket.ask(&following(&first["id"], "and sk-planted-upstream-key?")).await;
    let refused = socket.ask(&following(&json!("resp_unknown"), "Two?")).await;
    assert_eq!(refused["type"], "error", "{refused}");

    let authorized = |path: &str| setup.client.get(format!("{}{path}", setup.url)).bearer_auth("planted-inbound-key");
    let page = authorized("/metrics").send().await.unwrap().text().await.unwrap();
    let requests = ["interlingua_requests_total", "client=\"responses\"", "model=\"gpt-5.4\"", "end=\"whole\""];
    assert_eq!(number(&page, &requests), 2);
    assert_eq!(number(&page, &["interlingua_requests_total", "status=\"400\"", "end=\"failed\""]), 1, "{page}");
    assert!(number(&page, &["interlingua_tokens_total", "kind=\"output\""]) > 0);
    assert_eq!(number(&page, &["interlingua_store_lookups_total", "result=\"hit\""]), 1);
    assert_eq!(number(&page, &["interlingua_store_lookups_total", "result=\"miss\""]), 1);
    assert_eq!(number(&page, &["interlingua_open_streams "]), 0);
    let list: Value =
        serde_json::from_slice(&authorized("/inspect/exchanges").send().await.unwrap().bytes().await.unwrap()).unwrap();
    let ends: Vec<_> = list["exchanges"].as_array().unwrap().iter().map(|exchange| exchange["end"].clone()).collect();
    assert_eq!(ends, [json!("failed"), json!("whole"), json!("whole")], "the newest first: {list}");
    drop(socket);
    setup.stop().await;

    let files = files(folder.path());
    assert_eq!(files.len(), 2 * 6, "{files:?}");
    for file in &files {
        assert!(!String::from_utf8_lossy(&fs::read(file).unwrap()).contains("planted"), "{}", file.display());
    }
    let read = |name: &str| -> Vec<String> {
        files.iter().filter(|file| file.ends_with(name)).map(|file| fs::read_to_string(file).unwrap()).collect()
    };
    for reply in read("client-reply.sse") {
        assert!(
            reply.starts_with("event: response.created\ndata: {") && reply.contains("response.completed"),
            "{reply}"
        );
    }
    assert!(read("client-request.json").iter().all(|request| request.contains("\"stream\":true")));
}

#[tokio::test]
async fn streams_are_counted_while_they_are_open() {
    let setup = Plan { faults: "delay=100ms", ..Plan::default() }.start().await;
    let streamed = setup.ask(&hello(true)).await;
    assert_eq!(number(&metrics(&setup).await, &["interlingua_open_streams "]), 1);
    streamed.bytes().await.unwrap();
    assert_eq!(number(&metrics(&setup).await, &["interlingua_open_streams "]), 0);
    setup.stop().await;
}
