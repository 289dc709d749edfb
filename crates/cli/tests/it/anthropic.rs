//! Anthropic as the upstream: which key goes to it, and in which header.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::Scratch;

/// How long a request may take to be told.
const LIMIT: Duration = Duration::from_secs(10);

const ANSWER: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-5","stop_reason":"end_turn","stop_sequence":null,"content":[{"type":"text","text":"Hello from there."}],"usage":{"input_tokens":1,"output_tokens":1}}"#;
const MODELS: &str = r#"{"data":[{"type":"model","id":"claude-opus-5","display_name":"Claude Opus 5","created_at":"2026-01-01T00:00:00Z"}],"has_more":false}"#;

/// A server that answers as Anthropic's does, and the heads of the requests that it gets.
fn upstream() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let (told, heads) = channel();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut reader = BufReader::new(connection.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            reader.read_exact(&mut vec![0; length]).unwrap();
            let body = if head.starts_with("GET /v1/models?limit=1000 ") { MODELS } else { ANSWER };
            let reply = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            reader.get_mut().write_all(reply.as_bytes()).unwrap();
            if told.send(head).is_err() {
                return;
            }
        }
    });
    (url, heads)
}

#[test]
fn the_key_of_the_environment_goes_to_it_as_what_it_is() {
    for (variables, expected) in [
        (&[("ANTHROPIC_API_KEY", "key-of-anthropic")][..], "x-api-key: key-of-anthropic"),
        (&[("ANTHROPIC_AUTH_TOKEN", "token-of-anthropic")], "authorization: Bearer token-of-anthropic"),
        (
            &[("ANTHROPIC_AUTH_TOKEN", "token-of-anthropic"), ("ANTHROPIC_API_KEY", "key-of-anthropic")],
            "x-api-key: key-of-anthropic",
        ),
    ] {
        let scratch = Scratch::new();
        let (url, heads) = upstream();
        let ask = |args: &[&str]| {
            let mut command = scratch.command(args);
            // A key for somebody else stays here.
            command.env("OPENAI_API_KEY", "key-of-openai").envs(variables.iter().copied());
            command.output().unwrap()
        };
        let of_upstream = ["--upstream", "anthropic", "--base-url", &url];
        let run = ask(&[&["chat", "Hi", "--model", "claude-opus-5"][..], &of_upstream].concat());
        assert_eq!(String::from_utf8_lossy(&run.stdout).trim(), "Hello from there.", "{run:?}");
        // What models there are is asked first: requests are written by that.
        assert!(heads.recv_timeout(LIMIT).unwrap().contains(expected));
        let head = heads.recv_timeout(LIMIT).unwrap();
        assert!(head.starts_with("POST /v1/messages "), "{head}");
        assert!(head.contains("anthropic-version: 2023-06-01"), "{head}");
        assert!(head.contains(expected), "{head}");
        assert!(!head.contains("key-of-openai"), "{head}");
        assert_eq!(head.contains("x-api-key"), !head.contains("authorization"), "one of them: {head}");

        let run = ask(&[&["models"][..], &of_upstream].concat());
        assert_eq!(String::from_utf8_lossy(&run.stdout), "claude-opus-5\n", "{run:?}");
        assert!(heads.recv_timeout(LIMIT).unwrap().contains(expected));

        let run = ask(&[&["doctor"][..], &of_upstream].concat());
        let told = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(
            run.status.success() && told.contains("Messages at 127.0.0.1:") && told.contains(", 1 models"),
            "{told}"
        );
    }
}

#[test]
fn a_file_names_it_as_a_kind() {
    let scratch = Scratch::new();
    let (url, heads) = upstream();
    let file = |keys: &str| format!("[[upstream]]\nname = \"claude\"\nkind = \"anthropic\"\nurl = \"{url}\"\n{keys}\n");
    for (keys, expected) in [
        ("", "x-api-key: key-of-anthropic"),
        ("key_env = \"OTHER_KEY\"", "x-api-key: other-key-of-anthropic"),
        ("key_env = \"ANTHROPIC_AUTH_TOKEN\"", "authorization: Bearer token-of-anthropic"),
    ] {
        let path = scratch.file("a.toml", file(keys));
        let mut command = scratch.command(&["doctor", "--config", &path]);
        command.env("ANTHROPIC_API_KEY", "key-of-anthropic").env("OTHER_KEY", "other-key-of-anthropic");
        let run = command.env("ANTHROPIC_AUTH_TOKEN", "token-of-anthropic").output().unwrap();
        let told = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(run.status.success() && told.contains("claude: Messages at "), "{run:?}");
        let head = heads.recv_timeout(LIMIT).unwrap();
        assert!(head.contains(expected), "{keys}: {head}");
    }
    let run = scratch.run(&["config", "check", &scratch.file("b.toml", "[[upstream]]\nname = \"anthropic\"\n")]);
    assert_eq!(run.out, "anthropic: Messages at api.anthropic.com\n", "{run:?}");
}
