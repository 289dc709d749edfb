//! Canonical events as the events of a Messages stream.

use std::collections::VecDeque;

use interlingua_model::{
    Annotation, Api, Ending, Envelope, Event, Failure, Finish, ItemIndex, ItemKind, ItemStart, Opaque, Origin, Sink,
    ToolKind,
};
use interlingua_wire::{Extra, Maybe, messages as wire};

use super::item::{Item, ItemState, Refusal};
use super::open_block::{Blocks, Kind};
use super::waiting::Piece;
use crate::beside::leave_out_fields_once;
use crate::messages::Context;
use crate::messages::hosted::Cited;
use crate::messages::reply::failure::stream_error;
use crate::messages::reply::finish::{Ended, encode_finish, explained, is_withheld};
use crate::messages::reply::ids::reply_id;
use crate::messages::reply::usage::encode_usage;
use crate::names::flat_name;
use crate::opaque::{cut_short, lost_image};
use crate::{Error, Loss, LossCode};

/// The most that may wait for a block to end, in bytes.
const MOST_WAITING: usize = 16 * 1024 * 1024;

/// Writes canonical events as the events of a Messages stream.
///
/// The order it keeps: `message_start`, the blocks one after the other, `message_delta`, `message_stop`. One block is open at
/// a time: what other items say meanwhile waits. A thought and a text end when their item does, a call as soon as its
/// arguments are all there and others wait. After a failure nothing but an `error` event follows, so that no call passes for
/// one that was made whole.
///
/// Nothing is written before there is something to show, so that a failure until then can still be an HTTP status.
///
/// ```
/// use interlingua_model::{Event, ItemIndex, ItemStart, Origin};
/// use interlingua_translate::{Stamp, messages};
///
/// let mut encoder = messages::Encoder::new(messages::Context::unknown(Stamp { id: "1".into(), created: 0 }));
/// let mut types = Vec::new();
/// let (index, origin) = (ItemIndex(0), Origin::nth("output[*]", 0));
/// let item = ItemStart::Message { id: None, phase: None };
/// encoder.push(Event::ItemStarted { index, origin, item, beside: vec![] }, &mut |event| types.push(event.tag().to_owned()));
/// assert!(types.is_empty(), "nothing to show yet");
/// encoder.push(Event::TextDelta { index, part: 0, text: "Hi".into(), logprobs: vec![] }, &mut |event| types.push(event.tag().to_owned()));
/// assert_eq!(types, ["message_start", "content_block_start", "content_block_delta"]);
/// ```
#[derive(Debug)]
pub struct Encoder {
    pub(super) context: Context,
    pub(super) state: State,
    pub(super) blocks: Blocks,
    items: Vec<Item>,
    /// The item that the open block is of.
    active: Option<ItemIndex>,
    waiting: usize,
    has_calls: bool,
    pub(super) cited: Cited,
    pub(super) losses: Vec<Loss>,
}

#[derive(Debug)]
pub(super) enum State {
    /// Nothing is written yet.
    Waiting(Envelope),
    Open,
    Done,
    Failed(Box<Failure>),
}

impl Encoder {
    /// An encoder for the reply of one request.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self {
            context,
            state: State::Waiting(Envelope::default()),
            blocks: Blocks::default(),
            items: Vec::new(),
            active: None,
            waiting: 0,
            has_calls: false,
            cited: Cited::default(),
            losses: Vec::new(),
        }
    }

    /// Takes one event and writes the events it causes. After the end of the stream, events are ignored.
    pub fn push(&mut self, event: Event<'_>, out: &mut impl FnMut(wire::Event<'_>)) {
        if matches!(self.state, State::Done | State::Failed(_)) {
            return;
        }
        match event {
            Event::Started(envelope) => self.head(envelope),
            Event::ItemStarted { index, origin, item, beside } => {
                leave_out_fields_once(&beside, origin, Api::Messages, &mut self.losses);
                self.start(index, origin, item, out);
            }
            Event::TextDelta { index, part: _, text, logprobs: _ } => {
                if !text.is_empty() {
                    self.piece(index, Piece::Text(text.into_owned()), out);
                }
            }
            Event::RefusalDelta { index, part: _, text } => {
                if !text.is_empty() {
                    self.piece(index, Piece::Refusal(text.into_owned()), out);
                }
            }
            Event::ReasoningDelta { index, part, kind, text } => {
                if !text.is_empty() {
                    self.piece(index, Piece::Thought { part, kind, text: text.into_owned() }, out);
                }
            }
            Event::ArgumentsDelta { index, text } => {
                if !text.is_empty() {
                    self.piece(index, Piece::Arguments(text.into_owned()), out);
                }
            }
            Event::Annotation { index, part: _, annotation } => self.annotate(index, annotation, out),
            Event::ItemFinished { index, item } => match item {
                Some(item) if matches!(item.kind, ItemKind::ImageGeneration(_)) => self.lose_image(index, item.kind),
                item => self.piece(index, Piece::Finished(item), out),
            },
            Event::Progress { index: _, api: _, step: _, raw: _ } | Event::Opaque(_) => {}
            Event::Finished(ending) => self.end(*ending, out),
            Event::Failed(failure) => self.fail(*failure, out),
        }
    }

    /// The encoder as a sink of events, for a decoder to write into.
    pub fn sink<'e, F: FnMut(wire::Event<'_>) + 'e>(&'e mut self, out: F) -> impl Sink + 'e {
        struct Chained<'e, F> {
            encoder: &'e mut Encoder,
            out: F,
        }
        impl<F: FnMut(wire::Event<'_>)> Sink for Chained<'_, F> {
            fn event(&mut self, event: Event<'_>) {
                self.encoder.push(event, &mut self.out);
            }
        }
        Chained { encoder: self, out }
    }

    /// Why the stream failed, once it has: the upstream's failure, a cut, or a reply that cannot be carried over.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match &self.state {
            State::Failed(failure) => Some(failure),
            State::Waiting(_) | State::Open | State::Done => None,
        }
    }

    /// What the stream lost.
    #[must_use]
    pub fn finish(self) -> Vec<Loss> {
        self.losses
    }

    /// Takes the envelope; once it has gone out, what it says stands.
    fn head(&mut self, more: Envelope) {
        if let State::Waiting(envelope) = &mut self.state {
            let Envelope { id, created, model, service_tier, beside } = more;
            envelope.beside.extend(beside);
            envelope.id = envelope.id.take().or(id);
            envelope.created = envelope.created.or(created);
            envelope.model = envelope.model.take().or(model);
            envelope.service_tier = envelope.service_tier.take().or(service_tier);
        }
    }

    /// Begins the stream if it has not begun.
    pub(super) fn begin(&mut self, out: &mut impl FnMut(wire::Event<'_>)) {
        let State::Waiting(envelope) = &mut self.state else { return };
        let Envelope { id, created: _, model, service_tier, beside } = std::mem::take(envelope);
        leave_out_fields_once(&beside, Origin::default(), Api::Messages, &mut self.losses);
        let message = wire::Response {
            id: Some(reply_id(id, &self.context)),
            kind: Some("message".to_owned()),
            role: Some("assistant".to_owned()),
            model: Some(self.context.model(model)),
            content: Some(Vec::new()),
            usage: Some(encode_usage(None, service_tier)),
            ..wire::Response::default()
        };
        self.state = State::Open;
        out(wire::Event::MessageStart(wire::MessageStart { message: Box::new(message), extra: Extra::new() }));
    }

    fn start(&mut self, index: ItemIndex, origin: Origin, item: ItemStart<'_>, out: &mut impl FnMut(wire::Event<'_>)) {
        let mut shows_at_once = false;
        let state = match item {
            ItemStart::Message { id: _, phase } => {
                if let Some(phase) = phase {
                    let detail = format!("the Messages API has no place for the phase `{phase}`");
                    self.losses.push(Loss::new(format!("{}.phase", origin.path()), LossCode::DroppedPhase, detail));
                }
                ItemState::message()
            }
            ItemStart::ToolCall { id: _, call_id, name, namespace, kind } => {
                shows_at_once = true;
                self.has_calls = true;
                let name = flat_name(namespace.as_deref(), name).into_owned();
                ItemState::call(call_id.into_owned(), name, kind == ToolKind::Custom)
            }
            ItemStart::Reasoning { id: _ } => ItemState::thought(),
            ItemStart::ToolResult { call_id: _ } => {
                let detail = "a result echoed in the reply";
                self.losses.push(Loss::new(origin.path(), LossCode::DroppedItem, detail));
                return;
            }
            ItemStart::ImageGeneration(made) => ItemState::Image(Box::new(made)),
            ItemStart::Opaque(opaque) => ItemState::Opaque(Box::new(opaque)),
        };
        self.items.push(Item { index, origin, state, waiting: VecDeque::new() });
        if shows_at_once {
            self.piece(index, Piece::Begin, out);
        }
    }

    /// Reports a picture at once: it must not wait, large as it is, for a turn in which nothing comes of it.
    fn lose_image(&mut self, index: ItemIndex, kind: ItemKind) {
        if let Some(item) = self.item(index)
            && let ItemKind::ImageGeneration(made) = kind
        {
            item.state = ItemState::Ended;
            let origin = item.origin;
            self.losses.push(lost_image(&made, origin, Api::Messages));
        }
    }

    /// Takes a piece of an item: writes it if the item has its turn, keeps it otherwise.
    fn piece(&mut self, index: ItemIndex, piece: Piece, out: &mut impl FnMut(wire::Event<'_>)) {
        if self.active.is_some_and(|active| active != index) {
            self.waiting += piece.size();
            if self.waiting > MOST_WAITING {
                let message = format!("more than {MOST_WAITING} bytes of other items wait for one that does not end");
                return self.refuse(Error::Malformed { path: None, message }, out);
            }
            if let Some(item) = self.item(index) {
                item.waiting.push_back(piece);
            }
            self.let_go(out);
            return;
        }
        self.write(index, piece, out);
        self.let_go(out);
    }

    /// Lets a call end whose arguments are all there, where others wait.
    fn let_go(&mut self, out: &mut impl FnMut(wire::Event<'_>)) {
        let Some(active) = self.active else { return };
        let others_wait = self.items.iter().any(|item| item.index != active && !item.waiting.is_empty());
        let is_whole = |item: &Item| item.index == active && item.state.is_whole_call();
        if others_wait && self.items.iter().any(is_whole) {
            self.active = None;
            self.blocks.close(out);
            self.next(out);
        }
    }

    /// Gives the turn to the items that wait, in the order in which they began.
    fn next(&mut self, out: &mut impl FnMut(wire::Event<'_>)) {
        while self.active.is_none() {
            let Some(item) = self.items.iter_mut().find(|item| !item.waiting.is_empty()) else { return };
            let index = item.index;
            let pieces = std::mem::take(&mut item.waiting);
            for piece in pieces {
                self.waiting = self.waiting.saturating_sub(piece.size());
                self.write_alone(index, piece, out);
            }
            if !matches!(self.state, State::Waiting(_) | State::Open) {
                return;
            }
        }
    }

    /// Writes a piece, and lets the next item have its turn where this one ends with it.
    fn write(&mut self, index: ItemIndex, piece: Piece, out: &mut impl FnMut(wire::Event<'_>)) {
        self.write_alone(index, piece, out);
        if self.active.is_none() {
            self.next(out);
        }
    }

    fn write_alone(&mut self, index: ItemIndex, piece: Piece, out: &mut impl FnMut(wire::Event<'_>)) {
        let Some(at) = self.items.iter().position(|item| item.index == index) else { return };
        let Some(item) = self.items.get_mut(at) else { return };
        let is_end = matches!(piece, Piece::Finished(_));
        let mut state = std::mem::replace(&mut item.state, ItemState::Ended);
        let origin = item.origin;
        let shows = self.write_piece(&mut state, origin, piece, out);
        if let Some(item) = self.items.get_mut(at) {
            item.state = state;
        }
        if is_end {
            self.blocks.close(out);
            self.active = None;
        } else if shows {
            self.active = Some(index);
        }
    }

    fn annotate(&mut self, index: ItemIndex, annotation: Annotation, out: &mut impl FnMut(wire::Event<'_>)) {
        let has_ended = self.item(index).is_none_or(|item| matches!(item.state, ItemState::Ended));
        if has_ended {
            let path = self.item(index).map(|item| item.origin.path()).unwrap_or_default();
            let detail = "an annotation of a text that has already ended";
            return self.losses.push(Loss::new(path, LossCode::DroppedAnnotation, detail));
        }
        self.piece(index, Piece::Annotation(annotation), out);
    }

    fn item(&mut self, index: ItemIndex) -> Option<&mut Item> {
        self.items.iter_mut().find(|item| item.index == index)
    }

    fn end(&mut self, ending: Ending, out: &mut impl FnMut(wire::Event<'_>)) {
        let Ending { envelope, finish, stop_sequence, usage, metadata: _, moderation: _, origins } = ending;
        let tier = envelope.service_tier.clone();
        self.head(envelope);
        self.begin(out);
        // Whatever is still open ends here, and what has waited for it has its turn.
        self.blocks.close(out);
        self.active = None;
        self.next(out);
        while self.active.take().is_some() {
            self.blocks.close(out);
            self.next(out);
        }
        if matches!(self.state, State::Failed(_)) {
            return;
        }
        let mut explanation = None;
        for Item { index: _, origin, state, waiting: _ } in std::mem::take(&mut self.items) {
            match state {
                ItemState::Image(made) => self.losses.push(lost_image(&made, origin, Api::Messages)),
                ItemState::Opaque(opaque) => self.losses.push(cut_short(&opaque, origin, Api::Messages)),
                ItemState::Message { text: _, refusal: Refusal::Held(words) } if is_withheld(&finish) => {
                    explanation = Some(words);
                }
                ItemState::Message { text: _, refusal } => self.refuse_in_words(refusal, origin, out),
                ItemState::Thought { shown: _ }
                | ItemState::Call { id: _, name: _, is_custom: _, arguments: _ }
                | ItemState::Ended => {}
            }
        }
        self.blocks.close(out);
        if let Some(found) = self.cited.take() {
            self.blocks.open(Kind::Whole, found, out);
            self.blocks.close(out);
        }
        if finish == Finish::Completed && !self.blocks.has_any() {
            let detail = "the upstream completed without saying anything";
            self.losses.push(Loss::new(origins.items.path(), LossCode::EmptyCompletion, detail));
        }
        let Ended { reason, sequence, details } =
            encode_finish(&finish, stop_sequence, self.has_calls, origins.finish, &mut self.losses);
        let details = explained(details, explanation);
        let delta = wire::EndDelta {
            stop_reason: Some(reason),
            stop_sequence: sequence,
            stop_details: details,
            container: Maybe::Absent,
            extra: Extra::new(),
        };
        let usage = wire::Usage { service_tier: None, ..encode_usage(usage, tier) };
        let end = wire::MessageDelta { delta: Some(delta), usage: Some(usage), ..wire::MessageDelta::default() };
        out(wire::Event::MessageDelta(Box::new(end)));
        out(wire::Event::MessageStop(wire::MessageStop::default()));
        self.state = State::Done;
    }

    pub(super) fn refuse(&mut self, error: Error, out: &mut impl FnMut(wire::Event<'_>)) {
        self.fail(error.into_failure(), out);
    }

    fn fail(&mut self, failure: Failure, out: &mut impl FnMut(wire::Event<'_>)) {
        out(wire::Event::Error(stream_error(&failure)));
        self.state = State::Failed(Box::new(failure));
    }

    /// Leaves out what only another API has a word for.
    pub(super) fn leave_out(&mut self, opaque: &Opaque, origin: Origin, out: &mut impl FnMut(wire::Event<'_>)) {
        if let Err(error) = crate::opaque::leave_out_of_reply(opaque, origin, Api::Messages, &mut self.losses) {
            self.refuse(error, out);
        }
    }
}
