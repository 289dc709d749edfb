//! A request while it is being read.

use std::collections::HashSet;

use interlingua_model::{Breakpoint, Carried, Json, Origin, Part, PartKind, Request, TextPart, Weight};
use interlingua_wire::{Extra, messages as wire};
use serde::Serialize;

use crate::convert::to_json;
use crate::{Api, Error, Loss, LossCode, RequestCode};

/// A request while it is being read.
pub(super) struct Reading {
    pub(super) request: Request,
    pub(super) losses: Vec<Loss>,
    /// The calls made so far, which results answer.
    pub(super) calls: HashSet<String>,
    /// The tools that the conversation has named, in order of the first time.
    pub(super) named: Vec<String>,
    /// Tools that came and went in the conversation.
    pub(super) changes: Vec<ToolChange>,
    /// The newest effort that a message of the system asks for.
    pub(super) effort: Option<(String, Origin)>,
}

/// A tool that came or went in the middle of a conversation.
pub(super) enum ToolChange {
    Added(Box<wire::Tool>),
    Removed(String),
}

impl Reading {
    pub(super) fn new(model: String) -> Self {
        Self {
            request: Request::new(model),
            losses: Vec::new(),
            calls: HashSet::new(),
            named: Vec::new(),
            changes: Vec::new(),
            effort: None,
        }
    }

    pub(super) fn lose(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        self.losses.push(Loss::new(path, code, detail));
    }

    /// Reports the fields of an object that its type does not know.
    pub(super) fn unknown(&mut self, object: &str, extra: &Extra) {
        for (key, _) in extra.iter().filter(|(_, value)| !value.is_null()) {
            let path = if object.is_empty() { key.to_owned() } else { format!("{object}.{key}") };
            self.lose(path, LossCode::UnknownField, format!("`{key}` is not part of the Messages API"));
        }
    }

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
        self.unknown(&origin.path(), &extra);
        Some(Breakpoint { origin, ttl, raw: None })
    }

    /// Remembers that the conversation names a tool.
    pub(super) fn name_tool(&mut self, name: &str) {
        if !self.named.iter().any(|known| known == name) {
            self.named.push(name.to_owned());
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
