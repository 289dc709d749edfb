//! A request while it is being written, and what it may lose.

use interlingua_model::{Breakpoint, Origin, Sourced};
use interlingua_wire::Json;
use serde_json::{Map, Value};

use super::plan::Plan;
use crate::chat::{Field, Upstream};
use crate::convert::wire_json;
use crate::places::{At, Places, What};
use crate::{Loss, LossCode, Sent};

/// A request while it is being written.
pub(super) struct Writing<'p> {
    pub(super) upstream: &'p Upstream,
    pub(super) plan: Plan,
    pub(super) sent: &'p Sent,
    pub(super) losses: Vec<Loss>,
    /// Where each thing that is written came from.
    pub(super) places: Places,
    /// Whether it has been told that a cache boundary has no place.
    pub(super) has_lost_breakpoint: bool,
    /// Whether thoughts go back.
    pub(super) has_thoughts: bool,
    /// Fields of the body in the upstream's own spelling.
    pub(super) body: Map<String, Value>,
}

impl<'p> Writing<'p> {
    pub(super) fn new(upstream: &'p Upstream, plan: Plan, sent: &'p Sent) -> Self {
        Self {
            upstream,
            plan,
            sent,
            losses: Vec::new(),
            places: Places::default(),
            has_lost_breakpoint: false,
            has_thoughts: false,
            body: Map::new(),
        }
    }

    pub(super) fn lose(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        self.losses.push(Loss::new(path, code, detail));
    }

    /// A field this upstream may refuse; `code` says how bad that is.
    pub(super) fn keep<T>(&mut self, field: Field, value: Option<Sourced<T>>, code: LossCode) -> Option<T> {
        let Sourced { value, origin } = value?;
        if !self.upstream.refuses(field) {
            self.places.add(At::Field(field.as_str()), What::Setting, origin);
            return Some(value);
        }
        self.lose(origin.path(), code, format!("this upstream refuses `{}`", field.as_str()));
        None
    }

    /// A field that Chat does not have.
    pub(super) fn drop<T>(&mut self, value: Option<&Sourced<T>>, code: LossCode) {
        if let Some(Sourced { value: _, origin }) = value {
            self.lose(origin.path(), code, "the Chat Completions API has no such field");
        }
    }

    /// A cache boundary, where the upstream takes any; one that no API of this kind wrote is spelled in its words.
    pub(super) fn breakpoint(&mut self, given: Option<Breakpoint>) -> Option<Json> {
        let Breakpoint { origin, ttl: _, raw } = given?;
        if self.upstream.refuses(Field::PromptCacheBreakpoint) {
            self.lose_breakpoint(origin, raw.is_some(), "this upstream refuses cache boundaries inside content");
            return None;
        }
        raw.map_or_else(|| BREAKPOINT.parse().ok(), |raw| Some(wire_json(raw)))
    }

    /// A cache boundary that has no place. Of those that come by the dozen without a word, one is told of.
    pub(super) fn lose_breakpoint(&mut self, origin: Origin, is_spoken: bool, detail: &str) {
        if is_spoken || !self.has_lost_breakpoint {
            self.has_lost_breakpoint |= !is_spoken;
            self.lose(origin.path(), LossCode::DroppedHint, detail);
        }
    }
}

/// A cache boundary in the words of this API.
const BREAKPOINT: &str = r#"{"mode":"explicit"}"#;
