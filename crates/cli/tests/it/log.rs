//! The log of `interlingua serve`: a line of text, or an object that programs read.
#![expect(clippy::unwrap_used, reason = "a setup that fails is a failed test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;

use serde_json::Value;

use crate::support::Scratch;

/// A gateway that is ended when this is dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The line that a request leaves, as it is asked for with these flags.
fn line_of(flags: &[&str], body: &str) -> String {
    let scratch = Scratch::new();
    let args = [&["serve", "--listen", "127.0.0.1:0", "--upstream", "replay"], flags].concat();
    let mut serving = Serving(scratch.command(&args).spawn().unwrap());
    let mut lines = BufReader::new(serving.0.stderr.take().unwrap()).lines().map(Result::unwrap);
    let greeting = lines.find(|line| line.contains("serves http://")).unwrap();
    let address = greeting.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let mut socket = TcpStream::connect(&address).unwrap();
    let length = body.len();
    let head = "POST /v1/chat/completions HTTP/1.1\r\ncontent-type: application/json\r\nconnection: close";
    write!(socket, "{head}\r\nhost: {address}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    let mut reply = String::new();
    socket.read_to_string(&mut reply).unwrap();
    lines.find(|line| line.contains("answered")).unwrap()
}

const ASKED: &str = r#"{"model":"gpt-5.4","messages":[{"role":"user","content":"words nobody logs"}]}"#;

#[test]
fn a_line_of_the_log_is_an_object_where_that_is_wanted() {
    let line = line_of(&["--log-format", "json"], ASKED);
    let told: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!((&told["level"], &told["message"]), (&Value::from("INFO"), &Value::from("answered")), "{line}");
    assert!(told["id"].as_str().unwrap().starts_with("req_") && told["upstream_id"].is_string(), "{line}");
    for (key, value) in
        [("status", 200.into()), ("end", "whole".into()), ("client", "chat".into()), ("model", Value::from("gpt-5.4"))]
    {
        assert_eq!(told[key], value, "{key}: {line}");
    }
    assert!(told["output_tokens"].as_u64().unwrap() > 0 && !line.contains("words nobody logs"), "{line}");
}

#[test]
fn a_line_of_the_log_is_text_for_people_otherwise_and_tells_the_phase_of_a_failure() {
    let line = line_of(&[], ASKED);
    assert!(
        serde_json::from_str::<Value>(&line).is_err() && line.contains("upstream_id=") && !line.contains("phase="),
        "{line}"
    );
    let failed = line_of(&[], &ASKED.replace("gpt-5.4", "gpt-5.4\",\"temperature\":\"warm"));
    assert!(failed.contains("status=400") && failed.contains("end=\"failed\""), "{failed}");
}
