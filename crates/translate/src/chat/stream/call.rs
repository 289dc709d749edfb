//! One call in a Chat stream: announced once it has a name and an id, and ended.

use std::borrow::Cow;

use interlingua_model::{Event, ItemIndex, ItemStart, Origin, Sink, ToolKind};
use interlingua_wire::Json;

use super::turns::{next, tell_sealed};
use crate::Loss;
use crate::arguments::{Pieces, Unquoted, mended_arguments};
use crate::chat::sealed::sealed_call;
use crate::custom_input::{Rest, Unwrapper};
use crate::names::Names;

#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) origin: Origin,
    /// As the upstream gives it.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: ToolKind,
    /// Whether a call before it has the same id; until the end nobody knows whether the two are one.
    pub(super) has_twin: bool,
    /// What its maker may want back on it, until it is told.
    pub(super) own: Option<Json>,
    /// All that it has said.
    said: String,
    pieces: Pieces,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    /// Not announced yet.
    Waiting,
    Announced(ItemIndex, Input),
    /// Another call said the same.
    Repeated,
}

/// How the input of a call reaches the client.
#[derive(Debug, Clone)]
enum Input {
    AsIs,
    /// Out of the function that stands for a custom tool.
    Unwrapped(Box<Unwrapper>),
}

/// What one piece says of its call.
pub(super) struct CallPiece<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) name: Option<&'a str>,
    pub(super) kind: ToolKind,
    pub(super) text: Cow<'a, str>,
}

impl Call {
    pub(super) fn new(origin: Origin) -> Self {
        Self {
            origin,
            id: String::new(),
            name: String::new(),
            kind: ToolKind::Function,
            has_twin: false,
            own: None,
            said: String::new(),
            pieces: Pieces::default(),
            state: State::Waiting,
        }
    }

    pub(super) fn index(&self) -> Option<ItemIndex> {
        match self.state {
            State::Announced(index, _) => Some(index),
            State::Waiting | State::Repeated => None,
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting)
    }

    /// Whether nothing it has said may be all that it says: of an empty object that came first, nobody knows.
    pub(super) fn may_be_placeholder(&self) -> bool {
        self.pieces.is_placeholder()
    }

    /// Whether its arguments are at the end of their JSON; of free text nobody knows.
    pub(super) fn is_whole(&self) -> bool {
        self.kind == ToolKind::Function && self.pieces.is_whole()
    }

    /// Takes a piece; what it says waits until the call is announced.
    pub(super) fn take(&mut self, piece: CallPiece<'_>, out: &mut impl Sink) {
        let CallPiece { id, name, kind, text } = piece;
        if self.id.is_empty() {
            self.id.push_str(id.unwrap_or_default());
        }
        if self.name.is_empty() {
            self.name.push_str(name.unwrap_or_default());
        }
        if kind == ToolKind::Custom && self.is_waiting() {
            self.kind = kind;
        }
        let text = match self.kind {
            ToolKind::Function => self.pieces.take(&mut self.said, text),
            ToolKind::Custom => {
                self.said.push_str(&text);
                text
            }
        };
        match &mut self.state {
            State::Announced(index, input) => input.say(*index, text, out),
            State::Waiting | State::Repeated => {}
        }
    }

    /// Whether it is another call of its id told again, which then has all that either says.
    pub(super) fn repeats(&mut self, other: &mut Self, out: &mut impl Sink) -> bool {
        let is_one = self.has_twin && self.name == other.name && self.kind == other.kind;
        if is_one && let Some(more) = self.said.strip_prefix(&*other.said) {
            let piece = CallPiece { id: None, name: None, kind: self.kind, text: Cow::Borrowed(more) };
            other.take(piece, out);
            self.state = State::Repeated;
        } else if is_one && other.said.starts_with(&self.said) {
            self.state = State::Repeated;
        }
        matches!(self.state, State::Repeated)
    }

    /// Tells what its maker may want back, as a thought of its own.
    pub(super) fn tell_own(&mut self, id: &str, items: &mut u32, out: &mut impl Sink) {
        if let Some(reasoning) = self.own.take().and_then(|own| sealed_call(id, own)) {
            tell_sealed(reasoning, self.origin.then("choices[0].delta.tool_calls[*].extra_content"), items, out);
        }
    }

    pub(super) fn announce(&mut self, id: &str, names: &Names, items: &mut u32, out: &mut impl Sink) {
        self.tell_own(id, items, out);
        let index = next(items);
        let is_wrapped = self.kind == ToolKind::Function && names.is_custom(&self.name);
        let (namespace, name) = match names.original(&self.name) {
            Some(original) => (original.namespace.as_deref(), original.name.as_str()),
            None => (None, self.name.as_str()),
        };
        out.event(Event::ItemStarted {
            index,
            origin: self.origin,
            item: ItemStart::ToolCall {
                id: None,
                call_id: Cow::Borrowed(id),
                name: Cow::Borrowed(name),
                namespace: namespace.map(Cow::Borrowed),
                kind: if is_wrapped { ToolKind::Custom } else { self.kind },
            },
            beside: Vec::new(),
        });
        let mut input = if is_wrapped { Input::Unwrapped(Box::default()) } else { Input::AsIs };
        if !self.pieces.is_holding() {
            input.say(index, Cow::Borrowed(&self.said), out);
        }
        self.state = State::Announced(index, input);
    }

    /// Passes on what has been kept back, and tells what there was beside it.
    pub(super) fn flush(&mut self, losses: &mut Vec<Loss>, out: &mut impl Sink) -> Rest {
        if let Some(Unquoted(is_changed)) = self.pieces.release(&mut self.said)
            && let State::Announced(index, input) = &mut self.state
        {
            input.say(*index, Cow::Borrowed(&self.said), out);
            losses.extend(is_changed.then(|| mended_arguments(self.origin)));
        }
        if let State::Announced(index, input) = &mut self.state
            && let Input::Unwrapped(mut unwrapper) = std::mem::replace(input, Input::AsIs)
        {
            let mut text = String::new();
            if self.pieces.is_placeholder() {
                unwrapper.push(&self.said, &mut text);
            }
            let rest = unwrapper.finish(&mut text);
            say(*index, Cow::Owned(text), out);
            return rest;
        }
        Rest::Nothing
    }

    /// Ends a call that is whole: a function without arguments was called with an empty object.
    pub(super) fn fill(&mut self, out: &mut impl Sink) {
        if let State::Announced(index, Input::AsIs) = &self.state
            && self.kind == ToolKind::Function
            && self.pieces.is_blank()
        {
            say(*index, Cow::Borrowed("{}"), out);
        }
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
