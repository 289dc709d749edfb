//! There and back: a request that goes through the other API comes back as it was, up to what it reports as lost.
#![cfg(test)]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test names the kinds it is about")]

mod support;

use std::collections::BTreeMap;

use interlingua_model::{
    CallStyle, Content, ImagePart, Item, ItemKind, Message, Opaque, Part, PartKind, Request, Role, Sources, Tool,
};
use interlingua_translate::{Error, Loss, LossCode, Profile, chat, responses};
use support::{fixtures, recordings};

/// Losses by code, for the table.
#[derive(Default)]
struct Count(BTreeMap<&'static str, usize>);

impl Count {
    fn take(&mut self, losses: Vec<Loss>) {
        for loss in losses {
            *self.0.entry(loss.code.as_str()).or_default() += 1;
        }
    }

    fn print(&self, title: &str, requests: usize, refused: usize) {
        println!("{title}: {requests} requests, {refused} refused");
        for (code, count) in &self.0 {
            println!("{count:6} {code}");
        }
    }
}

fn bodies(protocol: &str, kind: &str) -> Vec<(String, String)> {
    let fixtures = fixtures(protocol).into_iter();
    let mut bodies: Vec<_> =
        fixtures.filter_map(|case| Some((case.name.clone(), case.text("request.json")?))).collect();
    assert!(bodies.len() > 20, "the fixtures have requests");
    for (name, bytes) in recordings(kind) {
        bodies.push((name, String::from_utf8(bytes).unwrap()));
    }
    bodies
}

/// An upstream whose model may be one that searches, as the requests' own upstream was.
fn upstream() -> Profile {
    let mut profile = Profile::openai();
    profile.chat.web_search = true;
    profile
}

#[test]
fn a_chat_request_comes_back_as_it_was() {
    let (mut count, mut requests, mut refused) = (Count::default(), 0, 0);
    for (name, body) in bodies("chat", "chat_requests") {
        let Ok(wire) = serde_json::from_str(&body) else { continue };
        let Ok(first) = chat::decode_request(wire) else { continue };
        requests += 1;
        let has_extension = first.losses.iter().any(|loss| loss.code == LossCode::ExtensionAccepted);
        count.take(first.losses);
        let there = match responses::encode_request(first.value.clone(), &Profile::openai()) {
            Ok(there) => there,
            Err(error) => {
                refused += 1;
                assert!(matches!(error, Error::Request { .. }), "{name}: {error}");
                continue;
            }
        };
        let is_lossless = there.losses.is_empty();
        count.take(there.losses);
        let there = serde_json::to_string(&there.value).unwrap();
        let second = responses::decode_request(serde_json::from_str(&there).unwrap()).unwrap();
        assert_eq!(second.losses, [], "{name}: what was just written is known");
        let back = match chat::encode_request(second.value, &upstream()) {
            Ok(back) => back,
            // What one server of this API understands and the API itself has no word for.
            Err(_) if has_extension => {
                refused += 1;
                continue;
            }
            Err(error) => panic!("{name}: {error}"),
        };
        count.take(back.losses);
        let back = serde_json::to_string(&back.value).unwrap();
        let back = chat::decode_request(serde_json::from_str(&back).unwrap()).unwrap().value;
        assert_eq!(said(&back), said(&first.value), "{name}: what was said, called and answered");
        if is_lossless {
            let (back, first) = (neutral(back), neutral(first.value));
            let differing = back.lines().zip(first.lines()).find(|(back, first)| back != first);
            assert!(back == first, "{name}: everything; the first difference: {differing:?}");
        }
    }
    count.print("chat, responses, chat", requests, refused);
    assert!(requests > refused, "some come back");
}

#[test]
fn a_responses_request_says_the_same_when_it_comes_back() {
    let (mut count, mut requests, mut refused) = (Count::default(), 0, 0);
    for (name, body) in bodies("responses", "responses_requests") {
        let Ok(wire) = serde_json::from_str(&body) else { continue };
        let Ok(first) = responses::decode_request(wire) else { continue };
        requests += 1;
        count.take(first.losses);
        let there = match chat::encode_request(first.value.clone(), &Profile::openai()) {
            Ok(there) => there,
            Err(error) => {
                refused += 1;
                assert!(error.param().is_some(), "{name}: {error}");
                continue;
            }
        };
        let moved = there.losses.iter().any(|loss| loss.code == LossCode::MovedMedia);
        count.take(there.losses);
        let there = serde_json::to_string(&there.value).unwrap();
        let second = chat::decode_request(serde_json::from_str(&there).unwrap()).unwrap();
        assert_eq!(second.losses, [], "{name}: what was just written is known");
        let back = responses::encode_request(second.value, &Profile::openai()).unwrap();
        count.take(back.losses);
        let back = serde_json::to_string(&back.value).unwrap();
        let back = responses::decode_request(serde_json::from_str(&back).unwrap()).unwrap().value;
        assert_eq!(calls(&back), calls(&first.value), "{name}: calls");
        assert_eq!(spoken(&back, true), spoken(&first.value, true), "{name}: what the model has said");
        // Media in a tool's result moves into a message of the user's, and a line says so.
        if !moved {
            assert_eq!(results(&back), results(&first.value), "{name}: results");
            assert_eq!(spoken(&back, false), spoken(&first.value, false), "{name}: what everybody else has said");
        }
    }
    count.print("responses, chat, responses", requests, refused);
    assert!(requests > refused, "some come back");
}

/// Calls with their payload, in order of their ids: a turn's calls may change places with its text.
fn calls(request: &Request) -> Vec<String> {
    let mut calls: Vec<_> = request
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::ToolCall(call) => Some(format!("{} {:?}", call.call_id, call.arguments)),
            _ => None,
        })
        .collect();
    calls.sort();
    calls
}

/// Results with their texts, in order of their ids: Chat wants them right behind their calls.
fn results(request: &Request) -> Vec<String> {
    let mut results: Vec<_> = request
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::ToolResult(result) => Some(format!("{} {:?}", result.call_id, texts(&result.output))),
            _ => None,
        })
        .collect();
    results.sort();
    results
}

/// All text of the model, or of everybody else, in order and without the spaces that joining may add.
fn spoken(request: &Request, by_model: bool) -> String {
    let instructions = request.instructions.iter().filter(|_| !by_model).map(|text| text.value.as_str());
    let messages = request.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Message(message) if (message.role == Role::Assistant) == by_model => Some(texts(&message.content)),
        _ => None,
    });
    instructions.chain(messages.flatten()).flat_map(|text| text.split_whitespace()).collect()
}

/// What a conversation consists of, in order.
fn said(request: &Request) -> Vec<String> {
    let mut said = Vec::new();
    for item in &request.items {
        match &item.kind {
            ItemKind::Message(message) => {
                let texts = texts(&message.content);
                said.push(format!("{:?} {texts:?}", message.role));
            }
            ItemKind::ToolCall(call) => said.push(format!("{} {} {:?}", call.call_id, call.name, call.arguments)),
            ItemKind::ToolResult(result) => said.push(format!("{} {:?}", result.call_id, texts(&result.output))),
            ItemKind::Reasoning(_) | ItemKind::Opaque(_) => {}
        }
    }
    said
}

fn texts(content: &Content) -> Vec<&str> {
    match content {
        Content::Text(text) => vec![text],
        Content::Parts(parts) => parts
            .iter()
            .filter_map(|part| match &part.kind {
                PartKind::Text(text) => Some(text.text.as_str()),
                PartKind::Refusal(text) => Some(text.as_str()),
                _ => None,
            })
            .collect(),
    }
}

/// A request without places, and with every default that the way spells out.
fn neutral(mut request: Request) -> String {
    request.sources = Sources::default();
    request.stream.include_usage = true;
    // How calls are spelled for the caller is known from the caller's own request.
    request.call_style = CallStyle::Tools;
    request.items.retain(|item| !matches!(item.kind, ItemKind::Reasoning(_)));
    for Item { kind, .. } in &mut request.items {
        match kind {
            ItemKind::Message(Message { content, .. }) => spell_out(content),
            ItemKind::ToolResult(result) => spell_out(&mut result.output),
            ItemKind::ToolCall(_) | ItemKind::Reasoning(_) | ItemKind::Opaque(Opaque { .. }) => {}
        }
    }
    for tool in &mut request.tools {
        if let Tool::Function(tool) = tool
            && tool.parameters.as_ref().is_some_and(|schema| schema.text() == r#"{"type":"object","properties":{}}"#)
        {
            tool.parameters = None;
        }
    }
    without_places(&format!("{request:#?}"))
}

fn spell_out(content: &mut Content) {
    if let Content::Parts(parts) = content {
        for Part { kind, .. } in parts {
            if let PartKind::Image(ImagePart { detail, .. }) = kind {
                detail.get_or_insert_with(|| "auto".to_owned());
            }
        }
    }
}

fn without_places(text: &str) -> String {
    let mut lines = text.lines();
    let mut kept = Vec::new();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("origin: Origin(") {
            // The number, and the closing parenthesis.
            lines.nth(1);
        } else {
            kept.push(line);
        }
    }
    kept.join("\n")
}

#[test]
fn places_are_told_apart_from_values() {
    let mut request = Request::new("m");
    request.tools.clear();
    let user = Message::new(Role::User, Content::Text("Origin(7)".into()));
    let origin = request.sources.root(interlingua_model::Step::Key("messages"));
    request.items.push(Item { origin, kind: ItemKind::Message(user) });
    let text = neutral(request);
    assert!(text.contains("Origin(7)") && !text.contains("origin:"), "{text}");
}
