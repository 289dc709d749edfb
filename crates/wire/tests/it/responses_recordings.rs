//! Every recorded body of the Responses API is read, and comes out as it went in.

use std::collections::BTreeMap;

use interlingua_wire::responses::{Annotation, Content, ContentPart, Event, Input, Item, Request, Response, Tool};
use serde_json::Value;

use crate::support::{events, recordings, round_trip};

/// Kinds that were carried unread, and how often.
type Unread = BTreeMap<String, usize>;

fn count(unread: &mut Unread, kind: &str) {
    *unread.entry(kind.to_owned()).or_default() += 1;
}

fn count_items<'a>(unread: &mut Unread, items: impl IntoIterator<Item = &'a Item>) {
    for item in items {
        if let Item::Unknown(unknown) = item {
            count(unread, &unknown.kind);
        }
        if let Item::Message(message) = item
            && let Some(Content::Parts(parts)) = &message.content
        {
            for part in parts {
                count_part(unread, part);
            }
        }
        if let Item::Reasoning(reasoning) = item {
            for part in reasoning.summary.iter().chain(&reasoning.content).flatten() {
                count_part(unread, part);
            }
        }
    }
}

fn count_part(unread: &mut Unread, part: &ContentPart) {
    if let ContentPart::Unknown(unknown) = part {
        count(unread, &unknown.kind);
    }
    if let ContentPart::OutputText(text) = part {
        for annotation in text.annotations.iter().flatten() {
            if let Annotation::Unknown(unknown) = annotation {
                count(unread, &unknown.kind);
            }
        }
    }
}

fn count_request(unread: &mut Unread, request: &Request) {
    for tool in request.tools.iter().flatten() {
        if let Tool::Unknown(unknown) = tool {
            count(unread, &unknown.kind);
        }
    }
    if let Some(Input::Items(items)) = &request.input {
        count_items(unread, items);
    }
}

#[test]
fn requests() {
    let mut unread = Unread::new();
    let mut unnamed = Unread::new();
    for (name, text) in recordings("responses_requests") {
        let request: Request = round_trip(&name, &text);
        count_request(&mut unread, &request);
        request.extra.keys().for_each(|key| count(&mut unnamed, key));
    }
    assert_eq!(unread, Unread::new(), "every item, part and tool is known");
    unnamed.remove("provider");
    assert_eq!(unnamed, Unread::new(), "every field is known, but for one of OpenRouter's");
}

#[test]
fn requests_of_the_codex_cli() {
    for (name, text) in recordings("codex_cli_requests") {
        let recording: Value = serde_json::from_str(&text).unwrap();
        let request: Request = round_trip(&name, &recording["body"].to_string());
        let mut unread = Unread::new();
        count_request(&mut unread, &request);
        // A WebSocket frame is a request with a type, and with `generate`.
        request.extra.keys().filter(|key| !["type", "generate"].contains(key)).for_each(|key| count(&mut unread, key));
        assert_eq!(unread, Unread::new(), "{name}");
    }
}

#[test]
fn whole_responses() {
    let mut unread = Unread::new();
    for (name, text) in recordings("responses_json") {
        let response: Response = round_trip(&name, &text);
        count_items(&mut unread, response.output.iter().flatten());
    }
    unread.remove("x_search_call");
    assert_eq!(unread, Unread::new(), "every item and part is known, but for one of xAI's");
}

#[test]
fn streams() {
    let mut unread = Unread::new();
    for (name, text) in recordings("responses_stream") {
        for data in events(&text) {
            let event = round_trip(&name, data);
            if let Event::Unknown(unknown) = &event {
                count(&mut unread, &unknown.kind);
            }
            if let Event::OutputItemAdded(event) | Event::OutputItemDone(event) = &event {
                count_items(&mut unread, [&*event.item]);
            }
            if let Event::Completed(event) | Event::Incomplete(event) | Event::Failed(event) = &event {
                count_items(&mut unread, event.response.output.iter().flatten());
            }
        }
    }
    for outside_the_reference in [
        "keepalive",
        "response.apply_patch_call_operation_diff.delta",
        "response.apply_patch_call_operation_diff.done",
        "x_search_call",
    ] {
        unread.remove(outside_the_reference);
    }
    assert_eq!(unread, Unread::new(), "every event, item and part of the published reference is known");
}
