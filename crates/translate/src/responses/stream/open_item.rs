//! One item of a reply while it is being written.
//!
//! At most one part of an item is open, and it is the last: another one closes it. What a `done` event says is what
//! the deltas have said, since both come from here.

use interlingua_model::{Annotation, Arguments, ItemStart, ItemStatus, ReasoningKind, TokenLogprob};
use interlingua_wire::{Extra, responses as wire};

use super::events::{At, Lifecycle, Thought};
use crate::responses::reply::annotations::encode_annotation;
use crate::responses::reply::content::{call_item, refusal_part, summary_part, text_part, thought_part};
use crate::responses::reply::finish::encode_status;
use crate::responses::reply::ids::{ItemFamily, family, item_id};
use crate::responses::reply::logprobs::{encode_logprobs, without_bytes};

/// An item: who it is, and what it has said so far.
#[derive(Debug)]
pub(super) struct OpenItem {
    id: String,
    place: u32,
    content: Content,
}

impl OpenItem {
    /// Whether a client would run it.
    pub(super) fn is_call(&self) -> bool {
        matches!(self.content, Content::Call { .. })
    }
}

#[derive(Debug)]
enum Content {
    Message { phase: Option<String>, done: Vec<wire::ContentPart>, open: Option<OpenPart> },
    Reasoning(Box<Reasoning>),
    Call { call_id: String, namespace: Option<String>, name: String, arguments: Arguments },
}

#[derive(Debug)]
struct OpenPart {
    /// The part's number in the events that are read.
    number: u32,
    said: Said,
}

#[derive(Debug)]
enum Said {
    Text { text: String, annotations: Vec<wire::Annotation>, logprobs: Vec<wire::Logprob> },
    Refusal(String),
}

#[derive(Debug, Default)]
struct Reasoning {
    summary: Vec<wire::ContentPart>,
    content: Vec<wire::ContentPart>,
    open: Option<OpenThought>,
    encrypted: Option<String>,
}

#[derive(Debug)]
struct OpenThought {
    number: u32,
    thought: Thought,
    text: String,
}

impl OpenItem {
    /// Begins an item at a place of the reply. `None` for one that no reply holds.
    pub(super) fn start(
        item: ItemStart<'_>,
        reply_id: &str,
        place: u32,
        events: &mut Lifecycle,
        out: &mut impl FnMut(wire::Event<'_>),
    ) -> Option<Self> {
        let (given, family, content) = match item {
            ItemStart::Message { id, phase } => {
                let phase = phase.map(Into::into);
                (id, ItemFamily::Message, Content::Message { phase, done: Vec::new(), open: None })
            }
            ItemStart::Reasoning { id } => (id, ItemFamily::Reasoning, Content::Reasoning(Box::default())),
            ItemStart::ToolCall { id, call_id, name, namespace, kind } => {
                let arguments = Arguments::empty(kind);
                let family = family(&arguments);
                let namespace = namespace.map(Into::into);
                (id, family, Content::Call { call_id: call_id.into(), namespace, name: name.into(), arguments })
            }
            ItemStart::Opaque { .. } => return None,
        };
        let given = given.filter(|id| !id.is_empty()).map(Into::into);
        let id = given.unwrap_or_else(|| item_id(family, reply_id, place));
        let item = Self { id, place, content };
        events.item_added(place, item.as_begun(), out);
        Some(item)
    }

    pub(super) fn write_text(
        &mut self,
        number: u32,
        more: &str,
        tokens: Vec<TokenLogprob>,
        events: &mut Lifecycle,
        out: &mut impl FnMut(wire::Event<'_>),
    ) {
        let at = At { id: &self.id, place: self.place };
        let Content::Message { phase: _, done, open } = &mut self.content else { return };
        if !matches!(open, Some(OpenPart { number: at, said: Said::Text { .. } }) if *at == number) {
            close_part(at, done, open, events, out);
            events.part_added(at, done.len(), text_part(String::new(), Vec::new(), Vec::new()), out);
            let said = Said::Text { text: String::new(), annotations: Vec::new(), logprobs: Vec::new() };
            *open = Some(OpenPart { number, said });
        }
        let Some(OpenPart { said: Said::Text { text, logprobs, .. }, .. }) = open else { return };
        let tokens = encode_logprobs(tokens);
        if !more.is_empty() || !tokens.is_empty() {
            events.text_delta(at, done.len(), more, without_bytes(&tokens), out);
        }
        text.push_str(more);
        logprobs.extend(tokens);
    }

    pub(super) fn write_refusal(
        &mut self,
        number: u32,
        more: &str,
        events: &mut Lifecycle,
        out: &mut impl FnMut(wire::Event<'_>),
    ) {
        let at = At { id: &self.id, place: self.place };
        let Content::Message { phase: _, done, open } = &mut self.content else { return };
        if !matches!(open, Some(OpenPart { number: at, said: Said::Refusal(_) }) if *at == number) {
            close_part(at, done, open, events, out);
            events.part_added(at, done.len(), refusal_part(String::new()), out);
            *open = Some(OpenPart { number, said: Said::Refusal(String::new()) });
        }
        let Some(OpenPart { said: Said::Refusal(text), .. }) = open else { return };
        if !more.is_empty() {
            events.refusal_delta(at, done.len(), more, out);
        }
        text.push_str(more);
    }

    /// Whether there was a text to hang the annotation on.
    pub(super) fn annotate(
        &mut self,
        annotation: Annotation,
        events: &mut Lifecycle,
        out: &mut impl FnMut(wire::Event<'_>),
    ) -> bool {
        let at = At { id: &self.id, place: self.place };
        let Content::Message { phase: _, done, open } = &mut self.content else { return false };
        let Some(OpenPart { said: Said::Text { annotations, .. }, .. }) = open else { return false };
        let annotation = encode_annotation(annotation);
        events.annotation(at, done.len(), annotations.len(), annotation.clone(), out);
        annotations.push(annotation);
        true
    }

    pub(super) fn write_thought(
        &mut self,
        number: u32,
        kind: ReasoningKind,
        more: &str,
        events: &mut Lifecycle,
        out: &mut impl FnMut(wire::Event<'_>),
    ) {
        let at = At { id: &self.id, place: self.place };
        let Content::Reasoning(reasoning) = &mut self.content else { return };
        let thought = match kind {
            ReasoningKind::Summary => Thought::Summary,
            ReasoningKind::Text => Thought::Text,
        };
        let is_open = |open: &OpenThought| (open.number, open.thought) == (number, thought);
        if !reasoning.open.as_ref().is_some_and(is_open) {
            reasoning.close(at, events, out);
            events.thought_added(at, thought, reasoning.count(thought), thought_of(thought, String::new()), out);
            reasoning.open = Some(OpenThought { number, thought, text: String::new() });
        }
        let index = reasoning.count(thought);
        let Some(open) = &mut reasoning.open else { return };
        if !more.is_empty() {
            events.thought_delta(at, thought, index, more, out);
        }
        open.text.push_str(more);
    }

    pub(super) fn write_arguments(
        &mut self,
        more: &str,
        events: &mut Lifecycle,
        out: &mut impl FnMut(wire::Event<'_>),
    ) {
        let at = At { id: &self.id, place: self.place };
        let Content::Call { arguments, .. } = &mut self.content else { return };
        if more.is_empty() {
            return;
        }
        match arguments {
            Arguments::Function(_) => events.arguments_delta(at, more, out),
            Arguments::Custom(_) => events.input_delta(at, more, out),
        }
        arguments.text_mut().push_str(more);
    }

    /// Takes what no event but the end of an item carries.
    pub(super) fn seal(&mut self, sealed: Option<String>) {
        if let Content::Reasoning(reasoning) = &mut self.content {
            reasoning.encrypted = sealed.or(reasoning.encrypted.take());
        }
    }

    /// Ends the item and everything open in it; it is then what it is in the finished response.
    pub(super) fn finish(
        self,
        how_far: ItemStatus,
        events: &mut Lifecycle,
        out: &mut impl FnMut(wire::Event<'_>),
    ) -> wire::Item {
        let Self { id, place, content } = self;
        let at = At { id: &id, place };
        let item = match content {
            Content::Message { phase, mut done, mut open } => {
                close_part(at, &mut done, &mut open, events, out);
                message(id, phase, done, how_far)
            }
            Content::Reasoning(mut reasoning) => {
                reasoning.close(at, events, out);
                let Reasoning { summary, content, open: _, encrypted } = *reasoning;
                wire::Item::Reasoning(wire::Reasoning {
                    id: Some(id),
                    summary: Some(summary),
                    content: (!content.is_empty()).then_some(content),
                    encrypted_content: encrypted,
                    status: Some(encode_status(how_far)),
                    extra: Extra::new(),
                })
            }
            Content::Call { call_id, namespace, name, arguments } => {
                match &arguments {
                    Arguments::Function(text) => events.arguments_done(at, &name, text, out),
                    Arguments::Custom(text) => events.input_done(at, text, out),
                }
                call_item(id, call_id, (namespace, name), arguments, how_far)
            }
        };
        events.item_done(place, item.clone(), out);
        item
    }

    fn as_begun(&self) -> wire::Item {
        let id = self.id.clone();
        match &self.content {
            Content::Message { phase, .. } => message(id, phase.clone(), Vec::new(), ItemStatus::InProgress),
            Content::Reasoning(_) => wire::Item::Reasoning(wire::Reasoning {
                id: Some(id),
                summary: Some(Vec::new()),
                status: Some(wire::Status::InProgress),
                ..wire::Reasoning::default()
            }),
            Content::Call { call_id, namespace, name, arguments } => {
                let name = (namespace.clone(), name.clone());
                call_item(id, call_id.clone(), name, arguments.clone(), ItemStatus::InProgress)
            }
        }
    }
}

impl Reasoning {
    fn count(&self, thought: Thought) -> usize {
        match thought {
            Thought::Summary => self.summary.len(),
            Thought::Text => self.content.len(),
        }
    }

    fn close(&mut self, at: At<'_>, events: &mut Lifecycle, out: &mut impl FnMut(wire::Event<'_>)) {
        let Some(OpenThought { number: _, thought, text }) = self.open.take() else { return };
        let part = thought_of(thought, text.clone());
        events.thought_done(at, thought, self.count(thought), (&text, part.clone()), out);
        match thought {
            Thought::Summary => self.summary.push(part),
            Thought::Text => self.content.push(part),
        }
    }
}

fn close_part(
    at: At<'_>,
    done: &mut Vec<wire::ContentPart>,
    open: &mut Option<OpenPart>,
    events: &mut Lifecycle,
    out: &mut impl FnMut(wire::Event<'_>),
) {
    let Some(OpenPart { number: _, said }) = open.take() else { return };
    let index = done.len();
    let part = match said {
        Said::Text { text, annotations, logprobs } => {
            events.text_done(at, index, &text, without_bytes(&logprobs), out);
            text_part(text, annotations, logprobs)
        }
        Said::Refusal(text) => {
            events.refusal_done(at, index, &text, out);
            refusal_part(text)
        }
    };
    events.part_done(at, index, part.clone(), out);
    done.push(part);
}

fn message(id: String, phase: Option<String>, parts: Vec<wire::ContentPart>, how_far: ItemStatus) -> wire::Item {
    wire::Item::Message(wire::Message {
        id: Some(id),
        role: Some(wire::Role::Assistant),
        content: Some(wire::Content::Parts(parts)),
        phase,
        status: Some(encode_status(how_far)),
        extra: Extra::new(),
    })
}

fn thought_of(thought: Thought, text: String) -> wire::ContentPart {
    match thought {
        Thought::Summary => summary_part(text),
        Thought::Text => thought_part(text),
    }
}
