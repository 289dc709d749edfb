//! Thoughts and messages in a Chat stream: where one ends and the next begins.

use std::borrow::Cow;

use interlingua_model::{
    Event, ImageGeneration, Item, ItemIndex, ItemKind, ItemStart, ItemStatus, Origin, ReasoningItem, ReasoningKind,
    Sink, TokenLogprob,
};
use interlingua_wire::chat as wire;

use crate::chat::reply::annotations::{characters, decode_annotation};
use crate::chat::think_tags::Piece;

/// The items of a reply but its calls, one after the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns {
    open: Open,
    /// How many items have begun, calls among them.
    pub(super) count: u32,
    pub(super) has_message: bool,
    pub(super) said: Said,
    thinks_aloud: bool,
    /// Characters of the messages that have ended, which citations count too.
    ended_text: u64,
    /// Citations that came before any text.
    citations: Vec<wire::Annotation>,
}

/// What has been said, for servers that say all of it again.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    /// Characters of text.
    pub(super) text: u64,
    pub(super) has_refusal: bool,
    pub(super) has_thought: bool,
    pub(super) has_citation: bool,
    pub(super) has_image: bool,
}

/// What all of a message is in; its text and its refusal are beside each other there.
const DELTA: Origin = Origin::of("choices[0].delta");
/// A list that begins anew in each chunk, so that no position in it says anything.
const ANNOTATIONS: Origin = Origin::of("choices[0].delta.annotations");

/// The item that what comes next belongs to; calls are kept apart.
#[derive(Debug, Clone, Default)]
enum Open {
    #[default]
    Nothing,
    Thought(ItemIndex),
    Message(OpenMessage),
}

#[derive(Debug, Clone)]
struct OpenMessage {
    index: ItemIndex,
    part: u32,
    kind: PartKind,
    characters: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PartKind {
    Text,
    Refusal,
}

impl Turns {
    /// An empty message, for clients that look for one.
    pub(super) fn say_nothing(&mut self, out: &mut impl Sink) {
        let (index, part) = self.message(PartKind::Text, 0, out);
        out.event(Event::TextDelta { index, part, text: Cow::Borrowed(""), logprobs: Vec::new() });
    }

    /// Ends what is open, unless it is the item that was cut off. Whether a citation found no text.
    pub(super) fn conclude(&mut self, cut: Option<ItemIndex>, out: &mut impl Sink) -> bool {
        if cut.is_none() || self.open.index() != cut {
            self.close(out);
        }
        !self.citations.is_empty()
    }

    /// Takes more of a thought that is told as text.
    pub(super) fn think_aloud(&mut self, text: &str, origin: Origin, out: &mut impl Sink) {
        self.thinks_aloud = true;
        self.think(text, origin, out);
    }

    /// Takes more of a thought that is told in entries, unless it was told as text: then they say the same again.
    pub(super) fn think_in_entries(&mut self, text: &str, origin: Origin, out: &mut impl Sink) {
        if !self.thinks_aloud {
            self.think(text, origin, out);
        }
    }

    /// Takes more of a thought.
    pub(super) fn think(&mut self, text: &str, origin: Origin, out: &mut impl Sink) {
        if text.is_empty() {
            return;
        }
        self.said.has_thought = true;
        let index = if let Open::Thought(index) = self.open {
            index
        } else {
            self.close(out);
            let index = next(&mut self.count);
            out.event(Event::ItemStarted {
                index,
                origin,
                item: ItemStart::Reasoning { id: None },
                beside: Vec::new(),
            });
            self.open = Open::Thought(index);
            index
        };
        // Open thoughts are shown to people, which is what a summary is for.
        let kind = ReasoningKind::Summary;
        out.event(Event::ReasoningDelta { index, part: 0, kind, text: Cow::Borrowed(text) });
    }

    /// Whether a message is open.
    pub(super) fn is_speaking(&self) -> bool {
        matches!(self.open, Open::Message(_))
    }

    /// Takes what a text with tags in it turns out to be.
    pub(super) fn tagged(&mut self, piece: Piece<'_>, tokens: &mut Vec<TokenLogprob>, out: &mut impl Sink) {
        match piece {
            Piece::Thought(thought) => self.think(thought, DELTA, out),
            Piece::Text(text) => self.say(Cow::Borrowed(text), std::mem::take(tokens), out),
        }
    }

    /// Takes more text of a message.
    pub(super) fn say(&mut self, text: Cow<'_, str>, logprobs: Vec<TokenLogprob>, out: &mut impl Sink) {
        if text.is_empty() && logprobs.is_empty() {
            return;
        }
        let length = characters(&text);
        self.said.text += length;
        let (index, part) = self.message(PartKind::Text, length, out);
        out.event(Event::TextDelta { index, part, text, logprobs });
        for annotation in std::mem::take(&mut self.citations) {
            self.annotate(annotation, out);
        }
    }

    /// Takes more of a refusal.
    pub(super) fn refuse_to(&mut self, text: Cow<'_, str>, out: &mut impl Sink) {
        if text.is_empty() {
            return;
        }
        self.said.has_refusal = true;
        let (index, part) = self.message(PartKind::Refusal, 0, out);
        out.event(Event::RefusalDelta { index, part, text });
    }

    /// Takes a citation of the text so far; one that comes before any text waits for it.
    pub(super) fn annotate(&mut self, annotation: wire::Annotation, out: &mut impl Sink) {
        self.said.has_citation = true;
        match &self.open {
            Open::Message(OpenMessage { index, part, kind: PartKind::Text, characters: _ }) => {
                let annotation = decode_annotation(annotation, self.ended_text, ANNOTATIONS);
                out.event(Event::Annotation { index: *index, part: *part, annotation });
            }
            Open::Message(_) | Open::Nothing | Open::Thought(_) => self.citations.push(annotation),
        }
    }

    /// Takes a picture. What is open goes on behind it.
    pub(super) fn show(&mut self, made: ImageGeneration, origin: Origin, out: &mut impl Sink) {
        self.said.has_image = true;
        let index = next(&mut self.count);
        let item = ItemStart::ImageGeneration(made.begun());
        out.event(Event::ItemStarted { index, origin, item, beside: Vec::new() });
        let item = Item::new(origin, ItemKind::ImageGeneration(made));
        out.event(Event::ItemFinished { index, item: Some(Box::new(item)) });
    }

    /// Where so many characters of this kind go: the open message, begun if need be, and its part.
    fn message(&mut self, kind: PartKind, characters: u64, out: &mut impl Sink) -> (ItemIndex, u32) {
        let mut open = match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Message(open) => {
                let part = if open.kind == kind { open.part } else { open.part + 1 };
                OpenMessage { part, kind, ..open }
            }
            other @ (Open::Nothing | Open::Thought(_)) => {
                self.open = other;
                self.close(out);
                self.has_message = true;
                let index = next(&mut self.count);
                out.event(Event::ItemStarted {
                    index,
                    origin: DELTA,
                    item: ItemStart::Message { id: None, phase: None },
                    beside: Vec::new(),
                });
                OpenMessage { index, part: 0, kind, characters: 0 }
            }
        };
        open.characters += characters;
        let place = (open.index, open.part);
        self.open = Open::Message(open);
        place
    }

    /// Ends the thought or message that is open.
    pub(super) fn close(&mut self, out: &mut impl Sink) {
        let index = match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => return,
            Open::Thought(index) => index,
            Open::Message(message) => {
                self.ended_text += message.characters;
                message.index
            }
        };
        out.event(Event::ItemFinished { index, item: None });
    }
}

impl Open {
    fn index(&self) -> Option<ItemIndex> {
        match self {
            Self::Nothing => None,
            Self::Thought(index) => Some(*index),
            Self::Message(message) => Some(message.index),
        }
    }
}

/// Tells a thought that holds nothing but what its maker may want back.
pub(super) fn tell_sealed(reasoning: ReasoningItem, origin: Origin, items: &mut u32, out: &mut impl Sink) {
    let index = next(items);
    let item = ItemStart::Reasoning { id: None };
    out.event(Event::ItemStarted { index, origin, item, beside: Vec::new() });
    let reasoning = ReasoningItem { status: Some(ItemStatus::Completed), ..reasoning };
    out.event(Event::ItemFinished { index, item: Some(Box::new(Item::new(origin, ItemKind::Reasoning(reasoning)))) });
}

/// The index of an item that begins now.
pub(super) fn next(items: &mut u32) -> ItemIndex {
    let index = ItemIndex(*items);
    *items += 1;
    index
}
