//! Texts that were cut in the middle of a character, or hold half of one.

use interlingua_translate::{Api, End, LossCode, Outcome, Translator, Upstream};
use serde_json::Value;

use crate::support::{Received, stamp};

const CHAT: &str = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}"#;
const RESPONSES: &str = r#"{"model":"m","stream":true,"store":false,"input":"x"}"#;

/// What a client of the other API reads of an upstream's events.
fn read(upstream: Api, events: &[&str]) -> (String, Outcome) {
    let (client, request) = match upstream {
        Api::Chat => (Api::Responses, RESPONSES),
        Api::Responses | Api::Messages => (Api::Chat, CHAT),
    };
    let upstream = Upstream::usual(upstream);
    let mut answer = Translator::new(client).request(request.as_bytes(), &upstream, stamp()).unwrap().reply.answer();
    let mut frames = Received::default();
    for event in events {
        answer.event(None, event, &mut frames);
    }
    let outcome = answer.finish(&mut frames);
    let text = frames.0.iter().filter(|frame| frame.data != "[DONE]").filter_map(|frame| {
        let event: Value = serde_json::from_str(&frame.data).unwrap();
        let delta = if event["delta"].is_string() { &event["delta"] } else { &event["choices"][0]["delta"]["content"] };
        delta.as_str().map(str::to_owned)
    });
    (text.collect(), outcome)
}

fn chat(deltas: &[&str]) -> (String, Outcome) {
    let mut events: Vec<_> = deltas
        .iter()
        .map(|delta| format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{delta}"}}}}]}}"#))
        .collect();
    events.push(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#.to_owned());
    events.push("[DONE]".to_owned());
    read(Api::Chat, &events.iter().map(String::as_str).collect::<Vec<_>>())
}

fn responses(deltas: &[&str]) -> (String, Outcome) {
    let mut events: Vec<_> = deltas
        .iter()
        .map(|delta| {
            format!(r#"{{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"{delta}"}}"#)
        })
        .collect();
    events.push(r#"{"type":"response.completed","response":{"id":"resp_1","status":"completed"}}"#.to_owned());
    read(Api::Responses, &events.iter().map(String::as_str).collect::<Vec<_>>())
}

fn messages(deltas: &[&str]) -> (String, Outcome) {
    let start = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
    let mut events = vec![start.to_owned()];
    events.extend(deltas.iter().map(|delta| {
        format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{delta}"}}}}"#)
    }));
    events.push(r#"{"type":"content_block_stop","index":0}"#.to_owned());
    events
        .push(r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"#.to_owned());
    events.push(r#"{"type":"message_stop"}"#.to_owned());
    read(Api::Messages, &events.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn the_halves_of_a_character_in_two_deltas_are_one() {
    for read in [chat, responses, messages] {
        for deltas in
            [&["a \\ud83d", "\\ude00 b"][..], &["a \\uD83D", "\\uDE00", " b"], &["a ", "\\ud83d", "\\ude00 b"]]
        {
            let (text, outcome) = read(deltas);
            assert_eq!((text.as_str(), outcome.end, outcome.losses), ("a 😀 b", End::Completed, Vec::new()));
        }
        let (text, outcome) = read(&["\\ud83d", "\\ude00\\ud83d", "\\ude01"]);
        assert_eq!((text.as_str(), outcome.losses.len()), ("😀😁", 0));
    }
}

#[test]
fn a_half_alone_is_one_loss_and_no_failure() {
    for (read, path) in [(chat as fn(&[&str]) -> _, "choices[0].delta"), (responses, "output")] {
        for deltas in [&["a \\ud83d"][..], &["a \\ud83d", ""], &["a ", "\\ude00"], &["a \\ud83d"]] {
            let (text, outcome): (String, Outcome) = read(deltas);
            assert_eq!((text.as_str(), &outcome.end), ("a \u{fffd}", &End::Completed));
            assert_eq!(outcome.losses.iter().map(|loss| loss.code).collect::<Vec<_>>(), [LossCode::LoneSurrogate]);
            assert_eq!(outcome.losses[0].path, path);
        }
    }
}

#[test]
fn a_request_goes_on_with_half_a_character_in_its_history() {
    for (client, body, path) in [
        (
            Api::Chat,
            r#"{"model":"m","max_tokens":99,"messages":[{"role":"user","content":"cut \ud83d"}]}"#,
            "messages[0].content",
        ),
        (
            Api::Messages,
            r#"{"model":"m","max_tokens":99,"messages":[{"role":"user","content":"cut \ud83d"}]}"#,
            "messages[0].content",
        ),
        (Api::Responses, r#"{"model":"m","max_output_tokens":99,"store":false,"input":"cut \ud83d"}"#, "input"),
    ] {
        for upstream in Api::ALL.iter().copied() {
            let outgoing =
                Translator::new(client).request(body.as_bytes(), &Upstream::usual(upstream), stamp()).unwrap();
            assert!(String::from_utf8(outgoing.body).unwrap().contains("cut \u{fffd}"), "{client} to {upstream}");
            let losses: Vec<_> = outgoing.losses.iter().map(|loss| (loss.code, loss.path.as_str())).collect();
            assert_eq!(losses, [(LossCode::LoneSurrogate, path)]);
        }
    }
}
