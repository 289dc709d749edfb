//! Calls in a Chat stream: pieces put in their places, names restored.

use std::borrow::Cow;

use interlingua_model::{Event, ItemIndex, ItemStart, Origin, Sink, ToolKind};
use interlingua_wire::chat as wire;

use super::turns::next;
use crate::chat::custom_input::Unwrapper;
use crate::chat::reply::ids::made_up_call_id;
use crate::{Error, Sent};

/// The calls of a reply, in the order they began.
///
/// A call is announced once its id and its name are known; what it says until then waits. Servers differ in which
/// piece names what: an index may be missing or used twice, an id may be missing, empty in later pieces, or repeated
/// in all of them.
#[derive(Debug, Clone)]
pub(super) struct Calls {
    sent: Sent,
    list: Vec<Call>,
    /// Which call an index of the stream means; the latest counts.
    by_index: Vec<(i64, usize)>,
    legacy: Option<usize>,
}

#[derive(Debug, Clone)]
struct Call {
    origin: Origin,
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
struct CallPiece<'a> {
    id: Option<&'a str>,
    name: Option<&'a str>,
    kind: ToolKind,
    text: Option<Cow<'a, str>>,
}

impl Calls {
    pub(super) fn new(sent: &Sent) -> Self {
        Self { sent: sent.clone(), list: Vec::new(), by_index: Vec::new(), legacy: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
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
        let at = self.find_or_open(index.map(|index| index.0), id.as_deref(), name.as_deref());
        let kind = if is_custom { ToolKind::Custom } else { ToolKind::Function };
        let piece = CallPiece { id: id.as_deref(), name: name.as_deref(), kind, text: text.map(|text| text.0) };
        self.take(at, piece, items, out);
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
        let at = match self.legacy {
            Some(at) => at,
            None => self.open(None, Origin::of("choices[0].delta.function_call")),
        };
        self.legacy = Some(at);
        let id = made_up_call_id(reply_id, self.sent.stamp_id(), at);
        let piece = CallPiece {
            id: Some(&id),
            name: name.as_deref(),
            kind: ToolKind::Function,
            text: arguments.map(|text| text.0),
        };
        self.take(at, piece, items, out);
    }

    /// Announces the calls that are still waiting for an id.
    pub(super) fn announce_rest(
        &mut self,
        reply_id: Option<&str>,
        items: &mut u32,
        out: &mut impl Sink,
    ) -> Result<(), Error> {
        for (number, call) in self.list.iter_mut().enumerate() {
            let State::Waiting(_) = call.state else { continue };
            if call.name.is_empty() {
                let message = "a call without a name could not be made".to_owned();
                return Err(Error::Malformed { path: Some(call.origin.path()), message });
            }
            if call.id.is_empty() {
                call.id = made_up_call_id(reply_id, self.sent.stamp_id(), number);
            }
            call.announce(self.sent.names(), items, out);
        }
        Ok(())
    }

    /// Ends all calls but the one that was cut off.
    pub(super) fn close(&mut self, cut: Option<ItemIndex>, out: &mut impl Sink) {
        self.flush(out);
        let mut indexes: Vec<_> = self.list.iter().filter_map(Call::index).collect();
        indexes.sort_unstable();
        for index in indexes.into_iter().filter(|index| Some(*index) != cut) {
            out.event(Event::ItemFinished { index, item: None });
        }
    }

    /// Passes on what unwrapping has kept back.
    pub(super) fn flush(&mut self, out: &mut impl Sink) {
        for call in &mut self.list {
            if let State::Announced(index, input) = &mut call.state
                && let Input::Unwrapped(unwrapper) = std::mem::replace(input, Input::AsIs)
            {
                let mut text = String::new();
                unwrapper.finish(&mut text);
                say(*index, Cow::Owned(text), out);
            }
        }
    }

    fn find_or_open(&mut self, index: Option<i64>, id: Option<&str>, name: Option<&str>) -> usize {
        match index {
            Some(index) => {
                let known = self.by_index.iter().rev().find(|(known, _)| *known == index).map(|(_, at)| *at);
                match known {
                    Some(at) if !self.is_another(at, id, name) => at,
                    Some(_) | None => self.open_next(Some(index)),
                }
            }
            None => match (id, name) {
                (Some(id), _) => match self.list.iter().position(|call| call.id == id) {
                    Some(at) => at,
                    None => self.open_next(None),
                },
                (None, Some(_)) => self.open_next(None),
                (None, None) => match self.list.len().checked_sub(1) {
                    Some(last) => last,
                    None => self.open_next(None),
                },
            },
        }
    }

    /// Some servers give all calls one index; a new id together with a name is a new call.
    fn is_another(&self, at: usize, id: Option<&str>, name: Option<&str>) -> bool {
        let known = self.list.get(at).map_or("", |call| call.id.as_str());
        name.is_some() && !known.is_empty() && id.is_some_and(|id| id != known)
    }

    fn open_next(&mut self, index: Option<i64>) -> usize {
        self.open(index, Origin::nth("choices[0].delta.tool_calls[*]", self.list.len()))
    }

    fn open(&mut self, index: Option<i64>, origin: Origin) -> usize {
        let at = self.list.len();
        self.list.push(Call {
            origin,
            id: String::new(),
            name: String::new(),
            kind: ToolKind::Function,
            state: State::Waiting(String::new()),
        });
        if let Some(index) = index {
            self.by_index.push((index, at));
        }
        at
    }

    fn take(&mut self, at: usize, piece: CallPiece<'_>, items: &mut u32, out: &mut impl Sink) {
        let Some(call) = self.list.get_mut(at) else { return };
        let CallPiece { id, name, kind, text } = piece;
        if call.id.is_empty() {
            call.id.push_str(id.unwrap_or_default());
        }
        if call.name.is_empty() {
            call.name.push_str(name.unwrap_or_default());
        }
        match &mut call.state {
            State::Waiting(kept) => {
                kept.push_str(&text.unwrap_or_default());
                if kind == ToolKind::Custom {
                    call.kind = kind;
                }
                if !call.id.is_empty() && !call.name.is_empty() {
                    call.announce(self.sent.names(), items, out);
                }
            }
            State::Announced(index, input) => input.say(*index, text.unwrap_or_default(), out),
        }
    }
}

impl Call {
    fn index(&self) -> Option<ItemIndex> {
        match self.state {
            State::Announced(index, _) => Some(index),
            State::Waiting(_) => None,
        }
    }

    fn announce(&mut self, names: &crate::names::Names, items: &mut u32, out: &mut impl Sink) {
        let index = next(items);
        let is_wrapped = self.kind == ToolKind::Function && names.kind(&self.name) == Some(ToolKind::Custom);
        let (namespace, name) = match names.original(&self.name) {
            Some(original) => (original.namespace.as_deref(), original.name.as_str()),
            None => (None, self.name.as_str()),
        };
        out.event(Event::ItemStarted {
            index,
            origin: self.origin,
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
