//! One item of a reply while it is being written.
//!
//! At most one part of an item is open, and it is the last: another one closes it. What a `done` event says is what
//! the deltas have said, since both come from here.

use interlingua_model::{
    self as model, Arguments, ItemStart, ItemStatus, Message, Opaque, Part, PartKind, ReasoningKind, TextPart,
    TokenLogprob,
};
use interlingua_wire::{Json, responses as wire};

use super::events::{Events, ItemRef};
use super::open_reasoning::{OpenReasoning, Reasoning, reasoning_part};
use crate::Loss;
use crate::responses::Context;
use crate::responses::beside::{agent, of_item, onto_item};
use crate::responses::reply::content::{call_item, carried_part, refusal_part, search_item, text_part};
use crate::responses::reply::finish::encode_status;
use crate::responses::reply::ids::{ItemFamily, family, item_id};
use crate::responses::reply::logprobs::{encode_logprobs, without_bytes};
use crate::responses::retell::is_search;

/// An item: who it is, and what it has said so far.
#[derive(Debug)]
pub(super) struct OpenItem {
    id: String,
    output_index: u32,
    content: Content,
    /// The fields that hang on it.
    beside: Vec<Opaque>,
    agent: Option<Json>,
}

impl OpenItem {
    /// Whether a client would run it.
    pub(super) fn is_call(&self) -> bool {
        matches!(self.content, Content::Call(_))
    }
}

#[derive(Debug)]
enum Content {
    Message {
        phase: Option<String>,
        done: Vec<wire::ContentPart>,
        open: Option<OpenPart>,
        /// Parts that come as they are, once nothing else is open.
        carried: Vec<wire::ContentPart>,
    },
    Reasoning(Box<Reasoning>),
    Call(OpenCall),
}

#[derive(Debug)]
struct OpenCall {
    call_id: String,
    namespace: Option<String>,
    name: String,
    arguments: Arguments,
    /// Whether it stands for the client's search for tools, of which no event but its end tells.
    is_search: bool,
}

#[derive(Debug)]
struct OpenPart {
    /// The part's number in the events that are read.
    number: u32,
    content: PartContent,
}

#[derive(Debug, Default)]
struct OpenText {
    text: String,
    annotations: Vec<wire::Annotation>,
    logprobs: Vec<wire::Logprob>,
}

#[derive(Debug)]
enum PartContent {
    Text(OpenText),
    Refusal(String),
}

impl OpenItem {
    /// Begins an item of the reply. `None` for one that no reply holds.
    pub(super) fn start(
        (item, beside): (ItemStart<'_>, Vec<Opaque>),
        (asked, reply_id): (&Context, &str),
        output_index: u32,
        events: &mut Events,
        out: &mut impl FnMut(wire::Event<'_>),
    ) -> Option<Self> {
        let (given, family, content) = match item {
            ItemStart::Message { id, phase } => {
                let phase = phase.map(Into::into);
                (id, ItemFamily::Message, Content::Message { phase, done: Vec::new(), open: None, carried: Vec::new() })
            }
            ItemStart::Reasoning { id } => (id, ItemFamily::Reasoning, Content::Reasoning(Box::default())),
            ItemStart::ToolCall { id, call_id, name, namespace, kind } => {
                let arguments = Arguments::empty(kind);
                let is_search = asked.has_search && is_search(namespace.as_deref(), &name);
                let family = if is_search { ItemFamily::Search } else { family(&arguments) };
                let namespace = namespace.map(Into::into);
                let call = OpenCall { call_id: call_id.into(), namespace, name: name.into(), arguments, is_search };
                (id, family, Content::Call(call))
            }
            ItemStart::ToolResult { call_id: _ } | ItemStart::ImageGeneration(_) | ItemStart::Opaque(_) => return None,
        };
        let given = given.filter(|id| !id.is_empty()).map(Into::into);
        let id = given.unwrap_or_else(|| item_id(family, reply_id, output_index));
        let agent = agent(&beside);
        let item = Self { id, output_index, content, beside, agent };
        events.item_added(output_index, item.as_begun(), out);
        Some(item)
    }

    pub(super) fn write_text(
        &mut self,
        number: u32,
        more: &str,
        tokens: Vec<TokenLogprob>,
        events: &mut Events,
        out: &mut impl FnMut(wire::Event<'_>),
    ) {
        let this = ItemRef { item_id: &self.id, output_index: self.output_index, agent: self.agent.as_ref() };
        let Content::Message { phase: _, done, open, carried: _ } = &mut self.content else { return };
        if !matches!(open, Some(OpenPart { number: open, content: PartContent::Text(_) }) if *open == number) {
            close_part(this, done, open, events, out);
            events.part_added(this, done.len(), text_part(String::new(), Vec::new(), Vec::new()), out);
            *open = Some(OpenPart { number, content: PartContent::Text(OpenText::default()) });
        }
        let Some(OpenPart { number: _, content: PartContent::Text(open) }) = open else { return };
        let OpenText { text, annotations: _, logprobs } = open;
        let tokens = encode_logprobs(tokens);
        if !more.is_empty() || !tokens.is_empty() {
            events.text_delta(this, done.len(), more, without_bytes(&tokens), out);
        }
        text.push_str(more);
        logprobs.extend(tokens);
    }

    pub(super) fn write_refusal(
        &mut self,
        number: u32,
        more: &str,
        events: &mut Events,
        out: &mut impl FnMut(wire::Event<'_>),
    ) {
        let this = ItemRef { item_id: &self.id, output_index: self.output_index, agent: self.agent.as_ref() };
        let Content::Message { phase: _, done, open, carried: _ } = &mut self.content else { return };
        if !matches!(open, Some(OpenPart { number: open, content: PartContent::Refusal(_) }) if *open == number) {
            close_part(this, done, open, events, out);
            events.part_added(this, done.len(), refusal_part(String::new()), out);
            *open = Some(OpenPart { number, content: PartContent::Refusal(String::new()) });
        }
        let Some(OpenPart { number: _, content: PartContent::Refusal(text) }) = open else { return };
        if !more.is_empty() {
            events.refusal_delta(this, done.len(), more, out);
        }
        text.push_str(more);
    }

    /// Whether there was a text to hang the annotation on.
    pub(super) fn annotate(
        &mut self,
        annotation: wire::Annotation,
        events: &mut Events,
        out: &mut impl FnMut(wire::Event<'_>),
    ) -> bool {
        let this = ItemRef { item_id: &self.id, output_index: self.output_index, agent: self.agent.as_ref() };
        let Content::Message { phase: _, done, open, carried: _ } = &mut self.content else { return false };
        let Some(OpenPart { number: _, content: PartContent::Text(text) }) = open else { return false };
        let OpenText { text: _, annotations, logprobs: _ } = text;
        events.annotation(this, done.len(), annotations.len(), annotation.clone(), out);
        annotations.push(annotation);
        true
    }

    pub(super) fn write_reasoning(
        &mut self,
        number: u32,
        kind: ReasoningKind,
        more: &str,
        events: &mut Events,
        out: &mut impl FnMut(wire::Event<'_>),
    ) {
        let this = ItemRef { item_id: &self.id, output_index: self.output_index, agent: self.agent.as_ref() };
        let Content::Reasoning(reasoning) = &mut self.content else { return };
        let is_open = |open: &OpenReasoning| (open.number, open.kind) == (number, kind);
        if !reasoning.open.as_ref().is_some_and(is_open) {
            reasoning.close(this, events, out);
            events.reasoning_added(this, kind, reasoning.count(kind), reasoning_part(kind, String::new()), out);
            reasoning.open = Some(OpenReasoning { number, kind, text: String::new() });
        }
        let index = reasoning.count(kind);
        let Some(open) = &mut reasoning.open else { return };
        if !more.is_empty() {
            events.reasoning_delta(this, kind, index, more, out);
        }
        open.text.push_str(more);
    }

    pub(super) fn write_arguments(&mut self, more: &str, events: &mut Events, out: &mut impl FnMut(wire::Event<'_>)) {
        let this = ItemRef { item_id: &self.id, output_index: self.output_index, agent: self.agent.as_ref() };
        let Content::Call(OpenCall { call_id: _, namespace: _, name: _, arguments, is_search }) = &mut self.content
        else {
            return;
        };
        if more.is_empty() {
            return;
        }
        match arguments {
            Arguments::Function(_) if *is_search => {}
            Arguments::Function(_) => events.arguments_delta(this, more, out),
            Arguments::Custom(_) => events.input_delta(this, more, out),
        }
        arguments.text_mut().push_str(more);
    }

    /// Takes the fields that hang on the item as its end tells them. What has no place on it is told apart.
    #[must_use]
    pub(super) fn hang(&mut self, fields: Vec<Opaque>) -> Vec<Opaque> {
        if fields.is_empty() {
            return fields;
        }
        let mut item = self.as_begun();
        let mut all = fields;
        let begun = std::mem::take(&mut self.beside);
        all.extend(
            begun.into_iter().filter(|begun| !all.iter().any(|field| field.kind == begun.kind)).collect::<Vec<_>>(),
        );
        let left = onto_item(&mut item, all);
        self.beside = of_item(&item);
        self.agent = agent(&self.beside);
        left
    }

    /// Takes what no event but the end of an item carries.
    pub(super) fn seal(&mut self, sealed: Option<String>) {
        if let Content::Reasoning(reasoning) = &mut self.content {
            reasoning.encrypted = sealed.or(reasoning.encrypted.take());
        }
    }

    /// Takes what only the end of a message tells: what it is for, its tokens in full, and the parts that no delta tells.
    pub(super) fn complete(&mut self, whole: Message, losses: &mut Vec<Loss>) {
        let Content::Message { phase, done, open, carried } = &mut self.content else { return };
        let Message { id: _, role: _, content, name: _, phase: told, status: _ } = whole;
        *phase = told.or(phase.take());
        let mut written: Vec<(&str, &mut Vec<wire::Logprob>)> = done.iter_mut().filter_map(tokens).collect();
        if let Some(OpenPart { number: _, content: PartContent::Text(open) }) = open {
            let OpenText { text, annotations: _, logprobs } = open;
            written.push((text, logprobs));
        }
        let model::Content::Parts(parts) = content else { return };
        for Part { origin, kind, cache_breakpoint: _ } in parts {
            match kind {
                PartKind::Text(TextPart { text, annotations: _, logprobs }) => {
                    if let Some((_, known)) = written.iter_mut().find(|(known, _)| *known == text)
                        && !logprobs.is_empty()
                    {
                        **known = encode_logprobs(logprobs);
                    }
                }
                PartKind::Refusal(_) => {}
                PartKind::Image(_) | PartKind::File(_) | PartKind::Audio(_) | PartKind::Opaque(_) => {
                    carried.extend(carried_part(kind, origin, losses));
                }
            }
        }
    }

    /// Ends the item and everything open in it; it is then what it is in the finished response.
    pub(super) fn finish(
        self,
        how_far: ItemStatus,
        events: &mut Events,
        out: &mut impl FnMut(wire::Event<'_>),
    ) -> wire::Item {
        let Self { id, output_index, content, beside, agent } = self;
        let this = ItemRef { item_id: &id, output_index, agent: agent.as_ref() };
        let mut item = match content {
            Content::Message { phase, mut done, mut open, carried } => {
                close_part(this, &mut done, &mut open, events, out);
                for part in carried {
                    events.part_added(this, done.len(), part.clone(), out);
                    events.part_done(this, done.len(), part.clone(), out);
                    done.push(part);
                }
                message(id, phase, done, how_far)
            }
            Content::Reasoning(mut reasoning) => {
                reasoning.close(this, events, out);
                let Reasoning { summary, content, open: _, encrypted } = *reasoning;
                wire::Item::Reasoning(wire::Reasoning {
                    id: Some(id),
                    summary: Some(summary),
                    content: (!content.is_empty()).then_some(content),
                    encrypted_content: encrypted,
                    status: Some(encode_status(how_far)),
                    ..wire::Reasoning::default()
                })
            }
            Content::Call(OpenCall { call_id, namespace: _, name: _, arguments, is_search: true }) => {
                search_item(id, call_id, &arguments, how_far)
            }
            Content::Call(OpenCall { call_id, namespace, name, arguments, is_search: false }) => {
                match &arguments {
                    Arguments::Function(text) => events.arguments_done(this, &name, text, out),
                    Arguments::Custom(text) => events.input_done(this, text, out),
                }
                call_item(id, call_id, (namespace, name), arguments, how_far)
            }
        };
        let _ = onto_item(&mut item, beside);
        events.item_done(output_index, item.clone(), out);
        item
    }

    fn as_begun(&self) -> wire::Item {
        let id = self.id.clone();
        let mut item = match &self.content {
            Content::Message { phase, done: _, open: _, carried: _ } => {
                message(id, phase.clone(), Vec::new(), ItemStatus::InProgress)
            }
            Content::Reasoning(_) => wire::Item::Reasoning(wire::Reasoning {
                id: Some(id),
                summary: Some(Vec::new()),
                status: Some(wire::Status::InProgress),
                ..wire::Reasoning::default()
            }),
            Content::Call(OpenCall { call_id, namespace: _, name: _, arguments: _, is_search: true }) => {
                let nothing = Arguments::Function("{}".to_owned());
                search_item(id, call_id.clone(), &nothing, ItemStatus::InProgress)
            }
            Content::Call(OpenCall { call_id, namespace, name, arguments, is_search: false }) => {
                let name = (namespace.clone(), name.clone());
                call_item(id, call_id.clone(), name, arguments.clone(), ItemStatus::InProgress)
            }
        };
        let _ = onto_item(&mut item, self.beside.clone());
        item
    }
}

/// The text of a part, and its tokens.
fn tokens(part: &mut wire::ContentPart) -> Option<(&str, &mut Vec<wire::Logprob>)> {
    if let wire::ContentPart::OutputText(wire::OutputText { text, annotations: _, logprobs, extra: _ }) = part {
        Some((text.as_deref()?, logprobs.as_mut()?))
    } else {
        None
    }
}

fn close_part(
    this: ItemRef<'_>,
    done: &mut Vec<wire::ContentPart>,
    open: &mut Option<OpenPart>,
    events: &mut Events,
    out: &mut impl FnMut(wire::Event<'_>),
) {
    let Some(OpenPart { number: _, content }) = open.take() else { return };
    let index = done.len();
    let part = match content {
        PartContent::Text(OpenText { text, annotations, logprobs }) => {
            events.text_done(this, index, &text, without_bytes(&logprobs), out);
            text_part(text, annotations, logprobs)
        }
        PartContent::Refusal(text) => {
            events.refusal_done(this, index, &text, out);
            refusal_part(text)
        }
    };
    events.part_done(this, index, part.clone(), out);
    done.push(part);
}

fn message(id: String, phase: Option<String>, parts: Vec<wire::ContentPart>, how_far: ItemStatus) -> wire::Item {
    wire::Item::Message(wire::Message {
        id: Some(id),
        role: Some(wire::Role::Assistant),
        content: Some(wire::Content::Parts(parts)),
        phase,
        status: Some(encode_status(how_far)),
        ..wire::Message::default()
    })
}
