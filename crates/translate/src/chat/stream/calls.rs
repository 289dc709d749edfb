//! Calls in a Chat stream: pieces put in their places, names restored.

use std::borrow::Cow;

use interlingua_model::{Event, ItemIndex, ItemStart, Sink, ToolKind};
use interlingua_wire::chat as wire;

use super::turns::next;
use crate::chat::custom_input::Unwrapper;
use crate::chat::reply::ids::made_up_call_id;
use crate::names::Names;
use crate::{Context, Error};

/// The calls of a reply, in the order they began.
///
/// A call is announced once its id and its name are known; what it says until then waits. Servers differ in which
/// piece names what: an index may be missing or used twice, an id may be missing, empty in later pieces, or repeated
/// in all of them.
#[derive(Debug, Clone)]
pub(super) struct Calls {
    names: Names,
    stamp_id: String,
    slots: Vec<Slot>,
    /// Which slot an index of the stream means; the latest counts.
    places: Vec<(i64, usize)>,
    legacy: Option<usize>,
}

#[derive(Debug, Clone)]
struct Slot {
    id: String,
    name: String,
    kind: ToolKind,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    /// Not announced yet; holds what it has said.
    Waiting(String),
    Announced(ItemIndex, Input),
}

/// How the input of a call reaches the client.
#[derive(Debug, Clone)]
enum Input {
    AsIs,
    /// Out of the function that stands for a custom tool.
    Unwrapped(Box<Unwrapper>),
}

/// What one piece says of its call.
struct Piece<'a> {
    id: Option<&'a str>,
    name: Option<&'a str>,
    kind: ToolKind,
    text: Option<Cow<'a, str>>,
}

impl Calls {
    pub(super) fn new(context: &Context) -> Self {
        Self {
            names: context.names.clone(),
            stamp_id: context.stamp.id.clone(),
            slots: Vec::new(),
            places: Vec::new(),
            legacy: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Takes a piece.
    pub(super) fn push(&mut self, call: wire::ToolCallDelta<'_>, items: &mut u32, out: &mut impl Sink) {
        let wire::ToolCallDelta { index, id, kind, function, custom, extra: _ } = call;
        let (is_custom, name, text) = match (function, custom) {
            (None, Some(wire::CustomCallDelta { name, input, extra: _ })) => (true, name, input),
            (Some(wire::FunctionCallDelta { name, arguments, extra: _ }), _) => (false, name, arguments),
            (None, None) => (kind == Some(wire::ToolKind::Custom), None, None),
        };
        let id = id.filter(|id| !id.is_empty());
        let name = name.filter(|name| !name.is_empty());
        let slot = self.slot(index.map(|index| index.0), id.as_deref(), name.as_deref());
        let kind = if is_custom { ToolKind::Custom } else { ToolKind::Function };
        let piece = Piece { id: id.as_deref(), name: name.as_deref(), kind, text: text.map(|text| text.0) };
        self.take(slot, piece, items, out);
    }

    /// Takes a piece of the deprecated single call, which has no id.
    pub(super) fn push_legacy(
        &mut self,
        call: wire::FunctionCallDelta<'_>,
        reply_id: Option<&str>,
        items: &mut u32,
        out: &mut impl Sink,
    ) {
        let wire::FunctionCallDelta { name, arguments, extra: _ } = call;
        let name = name.filter(|name| !name.is_empty());
        let slot = match self.legacy {
            Some(slot) => slot,
            None => self.open(None),
        };
        self.legacy = Some(slot);
        let id = made_up_call_id(reply_id, &self.stamp_id, slot);
        let piece = Piece {
            id: Some(&id),
            name: name.as_deref(),
            kind: ToolKind::Function,
            text: arguments.map(|text| text.0),
        };
        self.take(slot, piece, items, out);
    }

    /// Announces the calls that are still waiting for an id.
    pub(super) fn announce_rest(
        &mut self,
        reply_id: Option<&str>,
        items: &mut u32,
        out: &mut impl Sink,
    ) -> Result<(), Error> {
        for (number, slot) in self.slots.iter_mut().enumerate() {
            let State::Waiting(_) = slot.state else { continue };
            if slot.name.is_empty() {
                let message = "a call without a name could not be made".to_owned();
                return Err(Error::Malformed { path: Some(format!("choices[0].delta.tool_calls[{number}]")), message });
            }
            if slot.id.is_empty() {
                slot.id = made_up_call_id(reply_id, &self.stamp_id, number);
            }
            slot.announce(&self.names, items, out);
        }
        Ok(())
    }

    /// Ends all calls but the one that was cut off.
    pub(super) fn close(&mut self, cut: Option<ItemIndex>, out: &mut impl Sink) {
        self.flush(out);
        let mut indexes: Vec<_> = self.slots.iter().filter_map(Slot::index).collect();
        indexes.sort_unstable();
        for index in indexes.into_iter().filter(|index| Some(*index) != cut) {
            out.event(Event::ItemFinished { index, item: None });
        }
    }

    /// Passes on what unwrapping has kept back.
    pub(super) fn flush(&mut self, out: &mut impl Sink) {
        for slot in &mut self.slots {
            if let State::Announced(index, input) = &mut slot.state
                && let Input::Unwrapped(unwrapper) = std::mem::replace(input, Input::AsIs)
            {
                let mut text = String::new();
                unwrapper.finish(&mut text);
                say(*index, Cow::Owned(text), out);
            }
        }
    }

    fn slot(&mut self, index: Option<i64>, id: Option<&str>, name: Option<&str>) -> usize {
        match index {
            Some(index) => {
                let known = self.places.iter().rev().find(|(at, _)| *at == index).map(|(_, slot)| *slot);
                match known {
                    Some(slot) if !self.is_another(slot, id, name) => slot,
                    Some(_) | None => self.open(Some(index)),
                }
            }
            None => match (id, name) {
                (Some(id), _) => match self.slots.iter().position(|slot| slot.id == id) {
                    Some(slot) => slot,
                    None => self.open(None),
                },
                (None, Some(_)) => self.open(None),
                (None, None) => match self.slots.len().checked_sub(1) {
                    Some(last) => last,
                    None => self.open(None),
                },
            },
        }
    }

    /// Some servers give all calls one index; a new id together with a name is a new call.
    fn is_another(&self, slot: usize, id: Option<&str>, name: Option<&str>) -> bool {
        let known = self.slots.get(slot).map_or("", |slot| slot.id.as_str());
        name.is_some() && !known.is_empty() && id.is_some_and(|id| id != known)
    }

    fn open(&mut self, index: Option<i64>) -> usize {
        let slot = self.slots.len();
        self.slots.push(Slot {
            id: String::new(),
            name: String::new(),
            kind: ToolKind::Function,
            state: State::Waiting(String::new()),
        });
        if let Some(index) = index {
            self.places.push((index, slot));
        }
        slot
    }

    fn take(&mut self, slot: usize, piece: Piece<'_>, items: &mut u32, out: &mut impl Sink) {
        let Some(slot) = self.slots.get_mut(slot) else { return };
        let Piece { id, name, kind, text } = piece;
        if slot.id.is_empty() {
            slot.id.push_str(id.unwrap_or_default());
        }
        if slot.name.is_empty() {
            slot.name.push_str(name.unwrap_or_default());
        }
        match &mut slot.state {
            State::Waiting(kept) => {
                kept.push_str(&text.unwrap_or_default());
                if kind == ToolKind::Custom {
                    slot.kind = kind;
                }
                if !slot.id.is_empty() && !slot.name.is_empty() {
                    slot.announce(&self.names, items, out);
                }
            }
            State::Announced(index, input) => input.say(*index, text.unwrap_or_default(), out),
        }
    }
}

impl Slot {
    fn index(&self) -> Option<ItemIndex> {
        match self.state {
            State::Announced(index, _) => Some(index),
            State::Waiting(_) => None,
        }
    }

    fn announce(&mut self, names: &Names, items: &mut u32, out: &mut impl Sink) {
        let index = next(items);
        let is_wrapped = self.kind == ToolKind::Function && names.kind(&self.name) == Some(ToolKind::Custom);
        let (namespace, name) = match names.original(&self.name) {
            Some(original) => (original.namespace.as_deref(), original.name.as_str()),
            None => (None, self.name.as_str()),
        };
        out.event(Event::ItemStarted {
            index,
            item: ItemStart::ToolCall {
                id: None,
                call_id: Cow::Borrowed(&self.id),
                name: Cow::Borrowed(name),
                namespace: namespace.map(Cow::Borrowed),
                kind: if is_wrapped { ToolKind::Custom } else { self.kind },
            },
        });
        let mut input = if is_wrapped { Input::Unwrapped(Box::default()) } else { Input::AsIs };
        if let State::Waiting(kept) = std::mem::replace(&mut self.state, State::Waiting(String::new())) {
            input.say(index, Cow::Owned(kept), out);
        }
        self.state = State::Announced(index, input);
    }
}

impl Input {
    fn say(&mut self, index: ItemIndex, text: Cow<'_, str>, out: &mut impl Sink) {
        match self {
            Self::AsIs => say(index, text, out),
            Self::Unwrapped(unwrapper) => {
                let mut input = String::new();
                unwrapper.push(&text, &mut input);
                say(index, Cow::Owned(input), out);
            }
        }
    }
}

fn say(index: ItemIndex, text: Cow<'_, str>, out: &mut impl Sink) {
    if !text.is_empty() {
        out.event(Event::ArgumentsDelta { index, text });
    }
}
