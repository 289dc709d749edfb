//! `interlingua translate`: what it prints, where, and how it ends.

use serde_json::Value;

use crate::support::{Scratch, error};

const REQUEST: &str = r#"{"model":"gpt-5.5","messages":[{"role":"user","content":"hi"}],"logit_bias":{"50256":-100}}"#;
const TO_RESPONSES: [&str; 6] = ["translate", "request", "--from", "chat", "--to", "responses"];
const TO_CHAT: [&str; 4] = ["--from", "responses", "--to", "chat"];

fn with<'a>(args: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [args, more].concat()
}

fn event(data: &str) -> String {
    format!("data: {data}\n\n")
}

const CREATED: &str =
    r#"{"type":"response.created","response":{"id":"resp_1","model":"m","created_at":1,"output":[]}}"#;
const ADDED: &str = r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"msg_1","role":"assistant","content":[]}}"#;
const DELTA: &str =
    r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"item_id":"msg_1","delta":"Hi"}"#;
const COMPLETED: &str = r#"{"type":"response.completed","response":{"id":"resp_1","model":"m","created_at":1,"status":"completed","output":[{"type":"message","id":"msg_1","role":"assistant","content":[{"type":"output_text","text":"Hi"}]}]}}"#;
const FAILED: &str = r#"{"type":"response.failed","response":{"id":"resp_1","status":"failed","error":{"code":"rate_limit_exceeded","message":"slow"}}}"#;

#[test]
fn a_request_from_stdin_or_a_file_is_one_line_of_json() {
    let scratch = Scratch::new();
    let file = scratch.file("request.json", REQUEST);
    let expected = r#"{"model":"gpt-5.5","input":[{"type":"message","role":"user","content":"hi"}],"store":false}"#;
    for run in [
        scratch.run_with(&TO_RESPONSES, REQUEST),
        scratch.run_with(&with(&TO_RESPONSES, &["-"]), REQUEST),
        scratch.run(&with(&TO_RESPONSES, &[&file])),
    ] {
        assert_eq!((run.code, run.out.trim_end()), (Some(0), expected), "{run:?}");
        assert!(run.err.starts_with("note: logit_bias: "), "a person is told what was lost: {run:?}");
    }
}

#[test]
fn the_same_reply_has_the_same_bytes_where_the_time_is_given() {
    let scratch = Scratch::new();
    let message =
        r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn"}"#;
    let file = scratch.file("message.json", message);
    let mut command = scratch.command(&["translate", "response", "--from", "messages", "--to", "chat", &file]);
    let output = command.env("SOURCE_DATE_EPOCH", "1700000000").output().unwrap();
    let reply: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(reply["created"], 1_700_000_000);
    assert_eq!(reply["id"], format!("chatcmpl-{:032x}", 1_700_000_000));
}

#[test]
fn losses_go_where_they_are_asked_for() {
    let scratch = Scratch::new();
    let path = scratch.path("losses.json");
    let run = scratch.run_with(&with(&TO_RESPONSES, &["--losses", path.to_str().unwrap()]), REQUEST);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    let losses: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(losses[0]["path"], "logit_bias");
    assert_eq!(losses[0]["code"], "dropped_parameter");
    assert!(losses[0]["detail"].is_string());

    let run = scratch.run_with(&with(&TO_RESPONSES, &["--losses", "-", "--json"]), REQUEST);
    assert_eq!(serde_json::from_str::<Value>(&run.err).unwrap(), losses);
}

#[test]
fn strict_refuses_what_changes_meaning() {
    let run = Scratch::new().run_with(&with(&TO_RESPONSES, &["--strict", "--json"]), REQUEST);
    let error = error(&run);
    assert_eq!(error["status"], 400);
    assert_eq!(error["error"]["param"], "logit_bias");
    assert_eq!(error["error"]["code"], "unsupported_parameter");
}

#[test]
fn bad_input_is_told_by_place_and_never_crashes() {
    let deep = format!(r#"{{"model":"m","messages":{}1{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
    let cases: [(&[u8], &str, Option<&str>); 7] = [
        (b"", "it is empty", None),
        (b"{\"model\":\"m\",\n\"messages\":[{", "line 2 column 13", None),
        (b"{\"model\":\"\xff\"}", "invalid UTF-8 at line 1 column 11", None),
        (b"<!DOCTYPE html>", "line 1 column 1", None),
        (deep.as_bytes(), "", None),
        (br#"{"model":"m","messages":[{"role":"user","content":7}]}"#, "", Some("messages[0].content")),
        (br#"{"model":"m","messages":[]}"#, "", Some("messages")),
    ];
    for (input, part, param) in cases {
        let run = Scratch::new().run_with(&with(&TO_RESPONSES, &["--json"]), input);
        let error = error(&run);
        assert_eq!((&error["status"], &error["error"]["type"]), (&400.into(), &"invalid_request_error".into()));
        assert!(error["error"]["message"].as_str().unwrap().contains(part), "{error}");
        if param.is_some() {
            assert_eq!(error["error"]["param"].as_str(), param);
        }
    }
}

#[test]
fn without_json_an_error_is_for_a_person() {
    let run = Scratch::new().run_with(&TO_RESPONSES, r#"{"model":"m","messages":[]}"#);
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    assert!(run.err.starts_with("error: messages: "), "{run:?}");
    let run = Scratch::new().run(&with(&TO_RESPONSES, &["nowhere.json"]));
    assert!(run.err.starts_with("error: nowhere.json cannot be read: "), "{run:?}");
}

#[test]
fn a_broken_profile_says_where() {
    let scratch = Scratch::new();
    let profile = scratch.file("mine.toml", "# mine\n[responses]\nnever_stor = true\n");
    let run = scratch.run_with(&with(&TO_RESPONSES, &["--profile", &profile]), REQUEST);
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("line 3") && run.err.contains("never_stor"), "{run:?}");

    let run = scratch.run_with(&with(&TO_RESPONSES, &["--profile", "codec"]), REQUEST);
    assert!(run.err.contains("none of openai, codex, anthropic, compatible"), "{run:?}");

    let profile = scratch.file("good.toml", "[responses]\nalways_instructions = true\n");
    let run = scratch.run_with(&with(&TO_RESPONSES, &["--profile", &profile]), REQUEST);
    assert!(run.out.contains(r#""instructions":"""#), "{run:?}");
}

#[test]
fn a_reply_is_translated_for_the_request_it_answers() {
    let scratch = Scratch::new();
    let request = scratch.file(
        "request.json",
        REQUEST.replace("\"logit_bias\"", "\"stream_options\":{\"include_usage\":true},\"stream\":true,\"logit_bias\""),
    );
    let usage = COMPLETED.replacen(
        "\"output\":",
        r#""usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3},"output":"#,
        1,
    );
    let stream = [CREATED, ADDED, DELTA, &usage].map(event).concat();
    let args = with(&["translate", "stream"], &TO_CHAT);
    let alone = scratch.run_with(&args, &stream);
    assert_eq!(alone.code, Some(0), "{alone:?}");
    assert!(alone.out.ends_with("data: [DONE]\n\n") && !alone.out.contains("total_tokens"), "{alone:?}");
    let asked = scratch.run_with(&with(&args, &["--request", &request]), &stream);
    assert!(asked.out.contains("\"total_tokens\":3"), "{asked:?}");

    let bad = scratch.file("bad.json", "{");
    let run = scratch.run_with(&with(&args, &["--request", &bad]), &stream);
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    assert!(run.err.contains("in the request") && run.err.contains("bad.json"), "{run:?}");
}

#[test]
fn a_stream_that_fails_first_prints_nothing_and_one_that_fails_later_says_so_in_it() {
    let args = with(&["translate", "stream", "--json"], &TO_CHAT);
    let first = Scratch::new().run_with(&args, [CREATED, FAILED].map(event).concat());
    assert_eq!(error(&first)["status"], 429);

    let later = Scratch::new().run_with(&args, [CREATED, ADDED, DELTA, FAILED].map(event).concat());
    assert_eq!(later.code, Some(1));
    let last = later.out.trim_end().rsplit("\n\n").next().unwrap().strip_prefix("data: ").unwrap();
    let last: Value = serde_json::from_str(last).unwrap();
    assert_eq!(last["error"]["message"], "slow");
    assert_eq!(serde_json::from_str::<Value>(&later.err).unwrap()["error"], last["error"]);
}

#[test]
fn a_stream_that_just_stops_is_never_a_success() {
    let whole = [CREATED, ADDED, DELTA, COMPLETED].map(event).concat();
    let args = with(&["translate", "stream", "--json"], &TO_CHAT);
    assert_eq!(Scratch::new().run_with(&args, &whole).code, Some(0));
    let last_event = whole.len() - event(COMPLETED).len();
    for length in [0, 10, CREATED.len(), last_event, last_event + 30, whole.len() - 3] {
        let run = Scratch::new().run_with(&args, &whole.as_bytes()[..length]);
        assert_eq!(run.code, Some(1), "{length}: {run:?}");
        assert!(run.err.contains("stream_incomplete") && !run.out.contains("[DONE]"), "{length}: {run:?}");
    }
}

#[test]
fn a_reply_that_is_no_json_is_the_upstreams_fault() {
    let args = with(&["translate", "response", "--json"], &TO_CHAT);
    let error = error(&Scratch::new().run_with(&args, "<html>"));
    assert_eq!((&error["status"], &error["error"]["code"]), (&502.into(), &"upstream_malformed".into()));
}

#[test]
fn the_same_api_is_checked_and_left_as_it_is() {
    let same = ["translate", "request", "--from", "chat", "--to", "chat"];
    let spaced = REQUEST.replace(':', " : ");
    let run = Scratch::new().run_with(&same, &spaced);
    assert_eq!((run.code, run.out.as_str()), (Some(0), spaced.as_str()));
    assert_eq!(Scratch::new().run_with(&same, r#"{"model":"m","messages":[]}"#).code, Some(1));

    let stream = [CREATED, ADDED, DELTA, COMPLETED].map(event).concat();
    let same = ["translate", "stream", "--from", "responses", "--to", "responses"];
    let run = Scratch::new().run_with(&same, &stream);
    assert_eq!((run.code, run.out.as_str()), (Some(0), stream.as_str()));
    let run = Scratch::new().run_with(&same, [CREATED, FAILED].map(event).concat());
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
}

#[test]
fn an_event_over_the_limit_ends_the_stream_as_failed() {
    let huge = DELTA.replace("Hi", &"x".repeat(17 * 1024 * 1024));
    let args = with(&["translate", "stream", "--json"], &TO_CHAT);
    let run = Scratch::new().run_with(&args, [CREATED, ADDED, DELTA, &huge].map(event).concat());
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("upstream_malformed"), "{}", run.err);
}

#[test]
fn both_directions_meet() {
    let scratch = Scratch::new();
    let there = scratch.run_with(&TO_RESPONSES, REQUEST.replace(r#","logit_bias":{"50256":-100}"#, ""));
    let back = scratch.run_with(&with(&["translate", "request"], &TO_CHAT), there.out);
    let back: Value = serde_json::from_str(&back.out).unwrap();
    assert_eq!(back["messages"][0]["content"], "hi");
}
