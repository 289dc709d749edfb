//! Canonical events as Chat chunks.

use interlingua_model::{
    Annotation, Api, CallStyle, Ending, Event, Failure, Finish, ImageGeneration, IncompleteReason, ItemIndex, ItemKind,
    ItemStart, Opaque, Origin, ReasoningItem, ReasoningKind, Sink, TokenLogprob, ToolKind,
};

use super::chunks::Chunks;
use super::frame::{Frame, Out};
use super::own_fields::OwnFields;
use super::text_join::{TextJoin, TextPiece};
use crate::beside::leave_out_fields_once;
use crate::chat::Context;
use crate::chat::context::FINAL_ANSWER;
use crate::chat::reasoning_details::BEFORE_CONTENT;
use crate::chat::reply::failure::{error_body, second_legacy_call};
use crate::chat::reply::finish::{CallsMade, finish_reason, is_empty_completion};
use crate::chat::reply::moderation::encode_moderation;
use crate::chat::reply::usage::encode_usage;
use crate::chat::sealed::is_own;
use crate::names::flat_name;
use crate::opaque::{cut_short, lost_image};
use crate::outcome::{coarser_reason, untold_sequence};
use crate::{Error, Loss, LossCode};

/// Writes canonical events as the frames of a Chat stream.
///
/// The order it keeps: the role, then content, refusals, thoughts and calls, where the text of one message is whole
/// before the next begins; then citations, one finish chunk, usage if asked for, moderation, and `[DONE]`. Nothing is
/// written before the first event that a Chat client can see, so that a failure until then can still be an HTTP
/// status.
///
/// ```
/// use interlingua_model::{Event, ItemIndex, ItemStart, Origin};
/// use interlingua_translate::{Stamp, chat};
///
/// let mut encoder = chat::Encoder::new(chat::Context::unknown(Stamp { id: "1".into(), created: 0 }));
/// let mut frames = 0;
/// let (index, origin) = (ItemIndex(0), Origin::nth("output[*]", 0));
/// let item = ItemStart::Message { id: None, phase: None };
/// encoder.push(Event::ItemStarted { index, origin, item, beside: vec![] }, &mut |_| frames += 1);
/// assert_eq!(frames, 0, "nothing to see yet");
/// encoder.push(Event::TextDelta { index, part: 0, text: "Hi".into(), logprobs: vec![] }, &mut |_| frames += 1);
/// assert_eq!(frames, 2, "the role and the text");
/// ```
#[derive(Debug)]
pub struct Encoder {
    pub(super) context: Context,
    pub(super) chunks: Chunks,
    state: State,
    items: Vec<Item>,
    text: TextJoin,
    /// Whether any text of thoughts has been written, and of which item and part the last was.
    pub(super) thought: Option<(ItemIndex, u32)>,
    /// What each item that is no thought lets thoughts stand before; `None` for one that Chat cannot carry.
    pub(super) anchors: Vec<(ItemIndex, Option<String>)>,
    /// Sealed thoughts that wait to learn what they precede.
    pub(super) waiting: Vec<(Origin, Box<ReasoningItem>)>,
    pub(super) details: i64,
    calls: u32,
    pub(super) own: OwnFields,
    /// How many pictures have been written.
    pub(super) images: usize,
    /// A message that says it is not the answer, where only the answer may be the content: kept until another message begins.
    pub(super) aside: Option<Aside>,
    has_answer: bool,
    pub(super) losses: Vec<Loss>,
}

/// A message beside the answer, as far as it has come.
#[derive(Debug)]
pub(super) struct Aside {
    pub(super) index: ItemIndex,
    pub(super) origin: Origin,
    pub(super) pieces: Vec<(u32, String, Vec<TokenLogprob>)>,
    pub(super) annotations: Vec<(u32, Annotation)>,
}

#[derive(Debug)]
enum State {
    Open,
    Done,
    Failed(Box<Failure>),
}

/// An item, and where it came from.
#[derive(Debug)]
struct Item {
    index: ItemIndex,
    origin: Origin,
    state: ItemState,
}

#[derive(Debug)]
pub(super) enum ItemState {
    Message,
    Call { index: u32, kind: ToolKind },
    Reasoning { shown: Option<ReasoningKind> },
    Image(Box<ImageGeneration>),
    Opaque(Box<Opaque>),
    Result,
    Finished,
}

impl Encoder {
    /// An encoder for the reply of one request.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self {
            chunks: Chunks::new(&context),
            text: TextJoin::new(context.joiner.clone()),
            context,
            state: State::Open,
            items: Vec::new(),
            thought: None,
            anchors: Vec::new(),
            waiting: Vec::new(),
            details: 0,
            calls: 0,
            own: OwnFields::default(),
            images: 0,
            aside: None,
            has_answer: false,
            losses: Vec::new(),
        }
    }

    /// Takes one event and writes the frames it causes. After the end of the stream, events are ignored.
    pub fn push(&mut self, event: Event<'_>, out: &mut impl FnMut(Frame<'_>)) {
        self.write(event, out);
    }

    /// The same, for whoever wants the frames as bytes.
    pub(in crate::chat) fn write(&mut self, event: Event<'_>, out: &mut impl Out) {
        if !matches!(self.state, State::Open) {
            return;
        }
        match event {
            Event::Started(envelope) => self.chunks.begin(envelope),
            Event::ItemStarted { index, origin, item, beside } => {
                leave_out_fields_once(&beside, origin, Api::Chat, &mut self.losses);
                self.start(index, origin, item, out);
            }
            Event::TextDelta { index, part, text, logprobs } => self.write_text(index, part, &text, logprobs, out),
            Event::RefusalDelta { index: _, part: _, text } => self.chunks.refusal(&text, out),
            Event::ReasoningDelta { index, part, kind, text } => self.write_thought(index, part, kind, &text, out),
            Event::ArgumentsDelta { index, text } => self.arguments(index, &text, out),
            Event::Annotation { index, part, annotation } => match &mut self.aside {
                Some(aside) if aside.index == index => aside.annotations.push((part, annotation)),
                _ => self.text.annotate(index, part, annotation),
            },
            Event::ItemFinished { index, item } => {
                if let Some(item) = &item {
                    leave_out_fields_once(&item.beside, item.origin, Api::Chat, &mut self.losses);
                }
                self.finish_item(index, item.map(|item| item.kind), out);
            }
            Event::Progress { index: _, api: _, step: _, raw: _ } | Event::Opaque(_) => {}
            Event::Finished(ending) => self.end(*ending, out),
            Event::Failed(failure) => self.fail(*failure, out),
        }
    }

    /// The encoder as a sink of events, for a decoder to write into.
    pub fn sink<'e, F: FnMut(Frame<'_>) + 'e>(&'e mut self, out: F) -> impl Sink + 'e {
        struct Chained<'e, F> {
            encoder: &'e mut Encoder,
            out: F,
        }
        impl<F: FnMut(Frame<'_>)> Sink for Chained<'_, F> {
            fn event(&mut self, event: Event<'_>) {
                self.encoder.push(event, &mut self.out);
            }
        }
        Chained { encoder: self, out }
    }

    /// Why the stream failed, once it has: the upstream's failure, a cut, or a reply that Chat cannot carry.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match &self.state {
            State::Failed(failure) => Some(failure),
            State::Open | State::Done => None,
        }
    }

    /// What the stream lost.
    #[must_use]
    pub fn finish(self) -> Vec<Loss> {
        self.losses
    }

    fn start(&mut self, index: ItemIndex, origin: Origin, item: ItemStart<'_>, out: &mut impl Out) {
        let state = match item {
            ItemStart::Message { id: _, phase } => {
                let is_aside = phase.as_ref().is_some_and(|phase| phase != FINAL_ANSWER);
                if let Some(phase) = phase {
                    let detail = format!("Chat has no place for the phase `{phase}`");
                    self.lose(format!("{}.phase", origin.path()), LossCode::DroppedPhase, detail);
                }
                self.anchor(index, Some(BEFORE_CONTENT), out);
                self.put_aside(out);
                if self.context.is_structured && is_aside {
                    self.aside = Some(Aside { index, origin, pieces: Vec::new(), annotations: Vec::new() });
                } else {
                    self.has_answer = true;
                    self.text.open(index);
                }
                ItemState::Message
            }
            ItemStart::ToolCall { id: _, call_id, name, namespace, kind } => {
                let name = flat_name(namespace.as_deref(), name);
                self.anchor(index, Some(&call_id), out);
                let number = self.calls;
                self.calls += 1;
                self.own.call_ids.push(call_id.clone().into_owned());
                match self.context.call_style {
                    CallStyle::Tools => {
                        let own = self.own.take(&call_id);
                        self.chunks.call(number, &call_id, &name, kind, own, out);
                    }
                    CallStyle::LegacyFunctions if number == 0 => self.chunks.legacy_call(&name, out),
                    CallStyle::LegacyFunctions => return self.refuse(second_legacy_call(origin), out),
                }
                ItemState::Call { index: number, kind }
            }
            ItemStart::Reasoning { id: _ } => ItemState::Reasoning { shown: None },
            ItemStart::ToolResult { call_id: _ } => {
                self.anchor(index, None, out);
                self.lose(origin.path(), LossCode::DroppedItem, "a result echoed in the reply");
                ItemState::Result
            }
            ItemStart::ImageGeneration(made) => ItemState::Image(Box::new(made)),
            ItemStart::Opaque(opaque) => {
                self.anchor(index, None, out);
                ItemState::Opaque(Box::new(opaque))
            }
        };
        self.items.push(Item { index, origin, state });
    }

    fn write_text(&mut self, index: ItemIndex, part: u32, text: &str, tokens: Vec<TokenLogprob>, out: &mut impl Out) {
        if let Some(aside) = self.aside.as_mut().filter(|aside| aside.index == index) {
            return aside.pieces.push((part, text.to_owned(), tokens));
        }
        let tokens = if self.context.logprobs { tokens } else { Vec::new() };
        if text.is_empty() && tokens.is_empty() {
            return;
        }
        let chunks = &mut self.chunks;
        self.text.write(index, part, text, tokens, &mut |piece| write_piece(chunks, piece, out));
    }

    fn arguments(&mut self, index: ItemIndex, text: &str, out: &mut impl Out) {
        if text.is_empty() {
            return;
        }
        let Some(&mut ItemState::Call { index: number, kind }) = self.state_of(index) else { return };
        match self.context.call_style {
            CallStyle::Tools => self.chunks.arguments(number, kind, text, out),
            CallStyle::LegacyFunctions => self.chunks.legacy_arguments(text, out),
        }
    }

    fn finish_item(&mut self, index: ItemIndex, item: Option<ItemKind>, out: &mut impl Out) {
        let Some(known) = self.item(index) else { return };
        let origin = known.origin;
        let was = std::mem::replace(&mut known.state, ItemState::Finished);
        match (was, item) {
            (ItemState::Message, whole) => {
                if let Some(ItemKind::Message(message)) = whole {
                    self.lose_parts(message.content);
                }
                let chunks = &mut self.chunks;
                self.text.close(index, &mut |piece| write_piece(chunks, piece, out));
            }
            (ItemState::Reasoning { shown: _ }, Some(ItemKind::Reasoning(reasoning))) if is_own(&reasoning) => {
                self.give_back(&reasoning, out);
            }
            (ItemState::Reasoning { shown: _ }, Some(ItemKind::Reasoning(reasoning))) => {
                let next = self.anchors.iter().filter(|(at, _)| *at > index).min_by_key(|(at, _)| *at);
                match next.cloned() {
                    Some((_, before)) => self.write_details(origin, &reasoning, before.as_deref(), out),
                    None => self.waiting.push((origin, Box::new(reasoning))),
                }
            }
            (ItemState::Image(_), Some(ItemKind::ImageGeneration(made))) => self.image(made, origin, out),
            (ItemState::Image(begun), _) => self.image(*begun, origin, out),
            (ItemState::Opaque(_), Some(ItemKind::Opaque(opaque))) => self.finish_opaque(origin, &opaque, out),
            (ItemState::Opaque(begun), _) => self.finish_opaque(origin, &begun, out),
            (
                ItemState::Call { index: _, kind: _ }
                | ItemState::Reasoning { shown: _ }
                | ItemState::Result
                | ItemState::Finished,
                _,
            ) => {}
        }
    }

    fn end(&mut self, ending: Ending, out: &mut impl Out) {
        let Ending { envelope, finish, stop_sequence, usage, metadata: _, moderation, origins } = ending;
        self.release(None, out);
        leave_out_fields_once(&envelope.beside, Origin::default(), Api::Chat, &mut self.losses);
        self.chunks.complete(envelope);
        if let Some(Aside { index, origin: _, pieces, annotations }) = self.aside.take_if(|_| !self.has_answer) {
            // There was no other message, so this is the answer.
            self.text.open(index);
            for (part, text, tokens) in pieces {
                self.write_text(index, part, &text, tokens, out);
            }
            for (part, annotation) in annotations {
                self.text.annotate(index, part, annotation);
            }
        }
        self.put_aside(out);
        let chunks = &mut self.chunks;
        self.text.drain(&mut |piece| write_piece(chunks, piece, out));
        for Item { index: _, origin, state } in std::mem::take(&mut self.items) {
            match state {
                ItemState::Opaque(opaque) => self.losses.push(cut_short(&opaque, origin, Api::Chat)),
                ItemState::Image(made) => self.losses.push(lost_image(&made, origin, Api::Chat)),
                ItemState::Message
                | ItemState::Call { index: _, kind: _ }
                | ItemState::Reasoning { shown: _ }
                | ItemState::Result
                | ItemState::Finished => {}
            }
        }
        let (citations, mut lost) = self.text.take_citations();
        self.losses.append(&mut lost);
        if !citations.is_empty() {
            self.chunks.annotations(citations, out);
        }
        self.losses.extend(coarser_reason(&finish, Api::Chat, origins.finish));
        self.losses.extend(untold_sequence(stop_sequence.as_ref(), Api::Chat));
        if let Finish::Incomplete(IncompleteReason::Other(reason)) = &finish {
            let detail = format!("cut short for a reason Chat does not know (`{reason}`); reported as `length`");
            self.lose(origins.finish.path(), LossCode::UnknownValue, detail);
        }
        if is_empty_completion(&finish, !self.chunks.has_begun()) {
            self.lose(
                origins.items.path(),
                LossCode::EmptyCompletion,
                "the upstream completed without saying anything",
            );
        }
        let calls = match (self.calls, self.context.call_style) {
            (0, _) => CallsMade::None,
            (_, CallStyle::Tools) => CallsMade::Tools,
            (_, CallStyle::LegacyFunctions) => CallsMade::LegacyFunction,
        };
        self.chunks.finish(finish_reason(&finish, calls), out);
        if let Some(usage) = usage.filter(|_| self.context.include_usage) {
            self.chunks.usage(encode_usage(usage), out);
        }
        if let Some(moderation) = moderation.as_ref().and_then(encode_moderation) {
            self.chunks.moderation(moderation, out);
        }
        out.frame(Frame::Done);
        self.state = State::Done;
    }

    pub(super) fn refuse(&mut self, error: Error, out: &mut impl Out) {
        self.fail(error.into_failure(), out);
    }

    fn fail(&mut self, failure: Failure, out: &mut impl Out) {
        out.frame(Frame::Failed(error_body(&failure)));
        self.state = State::Failed(Box::new(failure));
    }

    /// Streams touch their newest items most.
    fn item(&mut self, index: ItemIndex) -> Option<&mut Item> {
        self.items.iter_mut().rev().find(|item| item.index == index)
    }

    pub(super) fn state_of(&mut self, index: ItemIndex) -> Option<&mut ItemState> {
        self.item(index).map(|item| &mut item.state)
    }

    pub(super) fn lose(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        self.losses.push(Loss::new(path, code, detail));
    }
}

fn write_piece(chunks: &mut Chunks, piece: TextPiece<'_>, out: &mut impl Out) {
    let TextPiece { text, logprobs } = piece;
    chunks.text(text, logprobs, out);
}
