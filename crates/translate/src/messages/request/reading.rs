//! A request while it is being read.

use std::collections::HashSet;

use interlingua_model::{Breakpoint, Carried, Json, Origin, Part, PartKind, TextPart, Weight};
use interlingua_wire::messages as wire;
use serde::Serialize;

use crate::convert::to_json;
use crate::path::Path;
use crate::{Api, Error, RequestCode, reading};

/// A request while it is being read.
pub(super) type Reading = reading::Reading<Memory>;

/// What is remembered of what was read.
#[derive(Default)]
pub(super) struct Memory {
    /// The calls made so far, which results answer.
    pub(super) calls: HashSet<String>,
    /// The tools that the conversation has named, in order of the first time.
    pub(super) named: Vec<String>,
    /// Tools that came and went in the conversation.
    pub(super) changes: Vec<ToolChange>,
    /// The newest effort that a message of the system asks for.
    pub(super) effort: Option<(String, Origin)>,
}

impl reading::Memory for Memory {
    const API: Api = Api::Messages;
}

/// A tool that came or went in the middle of a conversation.
pub(super) enum ToolChange {
    Added(Box<wire::Tool>),
    Removed(String),
}

impl Reading {
    /// Carries a field that only this API has a word for.
    pub(super) fn carry(&mut self, name: &'static str, weight: Weight, value: Option<&impl Serialize>) {
        if let Some(value) = value.and_then(|value| to_json(value)) {
            self.carry_json(name, weight, value);
        }
    }

    fn carry_json(&mut self, name: &'static str, weight: Weight, value: Json) {
        let carried = Carried { origin: Origin::of(name), api: Api::Messages, name, weight, value };
        self.request.carried.push(carried);
    }

    /// A cache boundary behind what stands at `origin`.
    pub(super) fn breakpoint(&mut self, control: Option<wire::CacheControl>, origin: Origin) -> Option<Breakpoint> {
        let wire::CacheControl { kind: _, ttl, extra } = control?;
        self.unknown(Path::at(origin), &extra);
        Some(Breakpoint { origin, ttl, raw: None })
    }

    /// Remembers that the conversation names a tool.
    pub(super) fn name_tool(&mut self, name: &str) {
        if !self.memory.named.iter().any(|known| known == name) {
            self.memory.named.push(name.to_owned());
        }
    }
}

/// The refusal of something that another provider keeps.
pub(super) fn elsewhere(path: impl Into<String>) -> Error {
    let message = "what was uploaded to another provider cannot be read from here; send it as data or by its address";
    Error::request(path, RequestCode::UnsupportedValue, message)
}

/// A part that is text.
pub(super) fn text_part(text: String, origin: Origin) -> Part {
    Part { origin, kind: PartKind::Text(TextPart { text, ..TextPart::default() }), cache_breakpoint: None }
}
