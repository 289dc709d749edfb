//! The binary with a ChatGPT login, over a backend on loopback.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail as tests do")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Run, Scratch};

/// A token that says nothing but that it lasts until 2100 and whose it is.
const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJleHAiOjQxMDI0NDQ4MDAsImh0dHBzOi8vYXBpLm9wZW5haS5jb20vYXV0aCI6eyJjaGF0Z3B0X2FjY291bnRfaWQiOiJhY2N0LTEiLCJjaGF0Z3B0X3BsYW5fdHlwZSI6InBsdXMifX0.c2ln";

/// Starts a backend that answers every request for an answer with this stream, and gives its base URL.
fn backend(stream: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/backend-api/codex", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            serve(socket.unwrap(), &stream);
        }
    });
    base_url
}

fn serve(mut socket: TcpStream, stream: &[u8]) {
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    while reader.read_line(&mut head).unwrap() > 2 {
        let line = head.lines().last().unwrap().to_ascii_lowercase();
        length = line.strip_prefix("content-length: ").map_or(length, |length| length.parse().unwrap());
    }
    reader.take(length).read_to_end(&mut Vec::new()).unwrap();
    let usage = json!({"plan_type": "plus", "rate_limit": {
        "primary_window": {"used_percent": 50, "limit_window_seconds": 18_000, "reset_after_seconds": 7300},
        "secondary_window": {"used_percent": 5, "limit_window_seconds": 604_800, "reset_after_seconds": 360_000},
    }});
    let path = head.split(' ').nth(1).unwrap();
    let (status, kind, body) = match path {
        _ if !head.contains(TOKEN) => (401, "application/json", b"{}".to_vec()),
        "/backend-api/wham/usage" => (200, "application/json", usage.to_string().into_bytes()),
        "/backend-api/codex/responses" => (200, "text/event-stream", stream.to_vec()),
        _ => (404, "application/json", b"{}".to_vec()),
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    socket.write_all(&[head.into_bytes(), body].concat()).unwrap();
}

fn logged_in() -> Scratch {
    let scratch = Scratch::new();
    std::fs::create_dir(scratch.path("home")).unwrap();
    let tokens = json!({"id_token": TOKEN, "access_token": TOKEN, "refresh_token": "hush", "account_id": "acct-1"});
    scratch.file("home/auth.json", json!({"auth_mode": "chatgpt", "tokens": tokens}).to_string());
    scratch
}

fn shows_no_secret(run: &Run) {
    assert!(!run.out.contains(TOKEN) && !run.err.contains(TOKEN) && !run.out.contains("hush"), "{run:?}");
}

#[test]
fn status_draws_the_windows_of_the_plan() {
    let run = logged_in().run(&["status", "--base-url", &backend(Vec::new())]);
    assert_eq!(run.code, Some(0), "{run:?}");
    for line in [
        "limit      5 h      ██████████░░░░░░░░░░  50 % used, resets in 2 h\n",
        "limit      7 days   █░░░░░░░░░░░░░░░░░░░  5 % used, resets in 4 days\n",
    ] {
        assert!(run.out.contains(line), "{}", run.out);
    }
    assert!(run.out.contains("plan plus") && run.out.contains("acct-1"), "{}", run.out);
    assert!(run.out.contains("renewal    due in ") && !run.out.contains("NOT SAVED"), "{}", run.out);
    shows_no_secret(&run);
}

#[test]
fn status_shows_the_login_where_the_backend_cannot_be_asked() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let run = logged_in().run(&["status", "--base-url", &format!("http://{free}/codex")]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.out.contains("plan plus") && run.out.contains("limits     not known: "), "{}", run.out);
    shows_no_secret(&run);
}

/// What is recorded of the real backend is not part of the project.
#[test]
fn every_recorded_text_is_the_answer_on_stdout() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let Ok(index) = std::fs::read_to_string(folder.join("index.tsv")) else {
        println!("no recordings beside the project: nothing was checked");
        return;
    };
    let scratch = logged_in();
    let mut checked = 0;
    for row in index.lines().map(|line| line.split('\t').collect::<Vec<_>>()) {
        if row[1] != "responses_stream" || row[2] != "chatgpt.com" {
            continue;
        }
        let sse = std::fs::read(folder.join("responses_stream").join(format!("{}.sse", row[0]))).unwrap();
        let (text, beside) = (text_of(&sse), beside_the_text(&sse));
        let run = scratch.run(&["chat", "--upstream", "codex", "--base-url", &backend(sse), "hi"]);
        assert_eq!((run.code, run.out.trim_end()), (Some(0), text.trim_end()), "{}: {run:?}", row[0]);
        for part in beside {
            assert!(run.err.contains(&part), "{}: stderr lacks {part:?}: {run:?}", row[0]);
        }
        shows_no_secret(&run);
        checked += 1;
    }
    assert!(checked > 0, "the index names some");
}

fn events(sse: &[u8]) -> Vec<Value> {
    let lines = std::str::from_utf8(sse).unwrap().lines();
    lines.filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?.trim()).ok()).collect()
}

fn items(sse: &[u8], kind: &str) -> Vec<Value> {
    let done = events(sse).into_iter().filter(|event| event["type"] == "response.output_item.done");
    done.map(|event| event["item"].clone()).filter(|item| item["type"] == kind).collect()
}

fn text_of(sse: &[u8]) -> String {
    let messages = items(sse, "message");
    let parts = messages.iter().flat_map(|item| item["content"].as_array().unwrap());
    parts.filter_map(|part| part["text"].as_str()).collect()
}

/// What else the answer holds: thoughts, calls with their arguments, and what it cost.
fn beside_the_text(sse: &[u8]) -> Vec<String> {
    let mut beside = Vec::new();
    for item in items(sse, "reasoning") {
        let summary = item["summary"].as_array().cloned().unwrap_or_default();
        let texts = summary.iter().filter_map(|part| part["text"].as_str());
        beside.extend(texts.flat_map(str::lines).map(|line| line.trim().to_owned()));
    }
    for call in items(sse, "function_call") {
        beside.extend(["name", "arguments"].map(|key| call[key].as_str().unwrap().to_owned()));
    }
    for event in events(sse).iter().filter(|event| event["type"] == "response.completed") {
        let usage = &event["response"]["usage"];
        beside.extend(["input_tokens", "output_tokens"].map(|key| usage[key].to_string()));
    }
    beside
}
