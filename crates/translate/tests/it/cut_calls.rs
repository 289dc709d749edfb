//! A call that has all of its arguments is not run where the reply breaks off before it says that the model is done.

use interlingua_translate::{Api, End, Style, Translator, Upstream};
use serde_json::{Value, json};

use crate::support::{Received, stamp};

/// What a client gets of a reply of Chat that is cut behind these calls: the events, and how it ended.
fn cut_behind(client: Api, calls: &[(&str, &str)], close_cut_items: Option<bool>) -> (Vec<Value>, End) {
    let body = r#"{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}],"input":"hi"}"#;
    let style = Style { close_cut_items, ..Style::default() };
    let asked = Translator { style, ..Translator::new(client) }.read(body.as_bytes()).unwrap();
    let mut answer = asked.to(&Upstream::usual(Api::Chat), stamp()).unwrap().reply.answer();
    let mut frames = Received::default();
    for (index, (id, arguments)) in calls.iter().enumerate() {
        let call =
            json!({"index": index, "id": id, "type": "function", "function": {"name": "f", "arguments": arguments}});
        let chunk =
            json!({"id": "1", "choices": [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": null}]});
        answer.event(None, &chunk.to_string(), &mut frames);
    }
    let end = answer.finish(&mut frames).end;
    (frames.0.iter().map(|frame| serde_json::from_str(&frame.data).unwrap()).collect(), end)
}

/// The ids of the calls that a client takes for made.
fn made(client: Api, events: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match client {
        // By the finish reason, for all at once.
        Api::Chat => {
            let ends = events.iter().any(|event| !event["choices"][0]["finish_reason"].is_null());
            let ids = events.iter().map(|event| text(&event["choices"][0]["delta"]["tool_calls"][0]["id"]));
            ids.filter(|id| ends && !id.is_empty()).collect()
        }
        Api::Responses => {
            let done = events.iter().filter(|event| event["type"] == "response.output_item.done");
            let done = done.filter(|event| event["item"]["status"] == "completed");
            done.map(|event| text(&event["item"]["call_id"])).collect()
        }
        Api::Messages => {
            let stopped = events.iter().filter(|event| event["type"] == "content_block_stop");
            let block = |index: &Value| {
                let is_start = |event: &&Value| event["type"] == "content_block_start" && event["index"] == *index;
                text(&events.iter().find(is_start).unwrap()["content_block"]["id"])
            };
            stopped.map(|event| block(&event["index"])).collect()
        }
    }
}

#[test]
fn a_call_with_all_of_its_arguments_is_not_made_where_the_reply_is_cut_behind_it() {
    for client in Api::ALL.iter().copied() {
        for arguments in ["{\"a\":1}", "{}", "{\"a\":", ""] {
            for close_cut_items in [None, Some(true), Some(false)] {
                let (events, end) = cut_behind(client, &[("call_a", arguments)], close_cut_items);
                assert_eq!(end, End::Truncated, "{client}: {arguments}");
                assert_eq!(made(client, &events), [""; 0], "{client}: {arguments}: {events:?}");
                let last = events.last().unwrap().to_string();
                assert!(last.contains("\"error\":{"), "{client} is told: {last}");
            }
        }
    }
}

/// Blocks of Messages come one behind the other, so a call ends there when all of it has come and the next one begins; of those that
/// have begun to come at the same time elsewhere, none is made.
#[test]
fn of_two_calls_the_last_is_not_made_where_the_reply_is_cut_behind_it() {
    for client in Api::ALL.iter().copied() {
        let calls = [("call_a", "{\"a\":1}"), ("call_b", "{\"b\":2}")];
        let (events, end) = cut_behind(client, &calls, None);
        assert_eq!(end, End::Truncated);
        let first: &[&str] = if client == Api::Messages { &["call_a"] } else { &[] };
        assert_eq!(made(client, &events), first, "{client}: {events:?}");
        let (events, _) = cut_behind(client, &[("call_a", "{\"a\":"), ("call_b", "{\"b\":2}")], None);
        assert_eq!(made(client, &events), [""; 0], "{client}: what breaks off is not made: {events:?}");
    }
}
