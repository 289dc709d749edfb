//! Every recorded body of Chat Completions is read, and comes out as it went in.
//!
//! The recordings are not part of the project: `INTERLINGUA_RECORDINGS` says where they are, and without them these tests pass
//! with a word on stderr.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "what fails in a helper fails the test, a skip is told, and files are what these tests are about"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use interlingua_wire::Unknown;
use interlingua_wire::chat::{
    Annotation, Chunk, Content, ErrorBody, Message, Part, ReasoningDetail, Request, Response,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Name and text of every recording of a kind.
fn recordings(kind: &str) -> Vec<(String, String)> {
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/recordings"));
    let folder = std::env::var_os("INTERLINGUA_RECORDINGS").map_or(beside, PathBuf::from).join(kind);
    let Ok(entries) = fs::read_dir(&folder) else {
        eprintln!("no recordings at {}: nothing is compared", folder.display());
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()))
        .collect()
}

/// Reads a body, writes it, and compares the two.
fn round_trip<'a, T: Deserialize<'a> + Serialize>(name: &str, text: &'a str) -> T {
    let typed: T = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
    let before: Value = serde_json::from_str(text).unwrap();
    let after: Value = serde_json::from_str(&serde_json::to_string(&typed).unwrap()).unwrap();
    if let Err(difference) = same(&before, &after, "") {
        panic!("{name}: {difference}");
    }
    typed
}

/// Equal but for nulls, the form of numbers, and the type of a tool or call that only its contents told.
fn same(before: &Value, after: &Value, path: &str) -> Result<(), String> {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for name in old.keys().chain(new.keys()) {
                let path = format!("{path}.{name}");
                match (old.get(name), new.get(name)) {
                    (Some(old), Some(new)) => same(old, new, &path)?,
                    (Some(Value::Null), None) | (None, Some(Value::Null)) => {}
                    (None, Some(Value::String(kind))) if name == "type" && old.contains_key(kind) => {}
                    (old, new) => return Err(format!("{path}: {old:?} became {new:?}")),
                }
            }
            Ok(())
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => old
            .iter()
            .zip(new)
            .enumerate()
            .try_for_each(|(index, (old, new))| same(old, new, &format!("{path}[{index}]"))),
        (Value::Number(old), Value::Number(new)) if old.as_f64() == new.as_f64() => Ok(()),
        (old, new) if old == new => Ok(()),
        (old, new) => Err(format!("{path}: {old} became {new}")),
    }
}

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
