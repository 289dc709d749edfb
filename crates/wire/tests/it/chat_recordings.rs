//! Every recorded body of Chat Completions is read, and comes out as it went in.
//!
//! The recordings are not part of the project: `INTERLINGUA_RECORDINGS` says where they are, and without them these tests pass
//! with a word on stderr.

use std::collections::BTreeMap;

use interlingua_wire::Unknown;
use interlingua_wire::chat::{
    Annotation, Chunk, Content, ErrorBody, Message, Part, ReasoningDetail, Request, Response,
};
use serde_json::Value;

use crate::support::{recordings, round_trip};

/// Kinds that were carried unread, and how often.
#[derive(Default)]
struct Unread(BTreeMap<String, usize>);

impl Unread {
    fn count(&mut self, unknown: &Unknown) {
        *self.0.entry(unknown.kind.clone()).or_default() += 1;
    }

    fn content(&mut self, content: Option<&Content>) {
        if let Some(Content::Parts(parts)) = content {
            for part in parts {
                if let Part::Unknown(unknown) = part {
                    self.count(unknown);
                }
            }
        }
    }

    fn details(&mut self, details: Option<&Vec<ReasoningDetail>>) {
        for detail in details.into_iter().flatten() {
            if let ReasoningDetail::Unknown(unknown) = detail {
                self.count(unknown);
            }
        }
    }

    fn annotations(&mut self, annotations: Option<&Vec<Annotation>>) {
        for annotation in annotations.into_iter().flatten() {
            if let Annotation::Unknown(unknown) = annotation {
                self.count(unknown);
            }
        }
    }
}

#[test]
fn requests() {
    let mut unread = Unread::default();
    for (name, text) in recordings("chat_requests") {
        let request: Request = round_trip(&name, &text);
        for message in request.messages.iter().flatten() {
            match message {
                Message::System(message) | Message::Developer(message) | Message::User(message) => {
                    unread.content(message.content.as_ref());
                }
                Message::Assistant(message) => unread.content(message.content.as_ref()),
                Message::Tool(message) => unread.content(message.content.as_ref()),
                Message::Function(message) => unread.content(message.content.as_ref()),
                Message::Unknown(unknown) => unread.count(unknown),
            }
        }
    }
    unread.0.retain(|kind, _| kind != "video_url" && kind != "document_url");
    assert_eq!(unread.0, BTreeMap::new(), "but for two extensions of other servers, every part is known");
}

#[test]
fn whole_replies() {
    let mut unread = Unread::default();
    for (name, text) in recordings("chat_json") {
        let reply: Response = round_trip(&name, &text);
        for message in reply.choices.iter().flatten().filter_map(|choice| choice.message.as_ref()) {
            unread.content(message.content.as_ref());
            unread.details(message.reasoning_details.as_ref());
            unread.annotations(message.annotations.as_ref());
        }
    }
    assert_eq!(unread.0, BTreeMap::new());
}

#[test]
fn chunks() {
    let mut unread = Unread::default();
    for (name, text) in recordings("chat_stream") {
        let events = text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
        for event in events.filter(|event| *event != "[DONE]") {
            let chunk: Chunk<'_> = round_trip(&name, event);
            for delta in chunk.choices.iter().flatten().filter_map(|choice| choice.delta.as_ref()) {
                unread.details(delta.reasoning_details.as_ref());
                unread.annotations(delta.annotations.as_ref());
            }
        }
    }
    assert_eq!(unread.0, BTreeMap::new());
}

#[test]
fn errors() {
    for (name, text) in recordings("errors") {
        let recording: Value = serde_json::from_str(&text).unwrap();
        let body = &recording["body"];
        if body["error"].is_object() {
            round_trip::<ErrorBody>(&name, &body.to_string());
        }
    }
}
