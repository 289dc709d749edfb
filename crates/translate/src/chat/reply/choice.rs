//! The one choice of a whole reply, put together from its items.

use interlingua_model::{
    Annotation, Api, Arguments, CallStyle, Content, ImageGeneration, Item, ItemKind, Message, Opaque, Origin, Part,
    PartKind, ReasoningItem, TextPart, ToolCall,
};
use interlingua_wire::{Extra, Integer, Unknown, chat as wire};

use super::annotations::{characters, encode_citation};
use super::content::{beside_answer, cited_beside_answer, lost_part};
use super::failure::second_legacy_call;
use super::finish::CallsMade;
use super::logprobs::encode_logprobs;
use crate::beside::leave_out_fields_once;
use crate::chat::Context;
use crate::chat::images::encode_image;
use crate::chat::reasoning_content::{REASONING_JOINER, reasoning_text};
use crate::chat::reasoning_details::encode_details;
use crate::chat::sealed::{CALLS, OfCall, REASONING_DETAILS, give_to_calls, is_own, take_list, unsealed};
use crate::convert::wire_json;
use crate::names::flat_name;
use crate::opaque::{leave_out_of_reply, lost_annotation, lost_image};
use crate::{Error, Loss, LossCode};

/// The one choice while it is put together.
#[derive(Default)]
pub(super) struct Choice {
    content: Option<String>,
    refusal: Option<String>,
    annotations: Vec<wire::Annotation>,
    logprobs: Vec<wire::TokenLogprob>,
    /// The message that was written last: its text, and how many characters stand before it.
    last: (String, u64),
    reasoning: String,
    details: Vec<wire::ReasoningDetail>,
    /// Other fields that the upstream wants back.
    own: Extra,
    of_calls: Vec<OfCall>,
    images: Vec<wire::MadeImage>,
    tool_calls: Vec<wire::ToolCall>,
    function_call: Option<wire::FunctionCall>,
    pub(super) losses: Vec<Loss>,
}

impl Choice {
    pub(super) fn add(&mut self, item: Item, follow: Option<&str>, context: &Context) -> Result<(), Error> {
        let Item { origin, kind, beside } = item;
        leave_out_fields_once(&beside, origin, Api::Chat, &mut self.losses);
        match kind {
            ItemKind::Message(message) => self.message(message, origin, context),
            ItemKind::ToolCall(call) => self.call(call, origin, context)?,
            ItemKind::Reasoning(reasoning) if is_own(&reasoning) => self.give_back(&reasoning),
            ItemKind::Reasoning(reasoning) => {
                if context.reasoning_content {
                    append(&mut self.reasoning, &reasoning_text(&reasoning), REASONING_JOINER);
                }
                let mut count = i64::try_from(self.details.len()).unwrap_or(i64::MAX);
                let details = encode_details(&reasoning, follow, &mut count);
                if follow.is_some() {
                    self.details.extend(details);
                } else if !details.is_empty() {
                    let detail = "the thoughts precede something Chat cannot carry, so they could not be replayed";
                    self.lose(origin.path(), LossCode::DroppedReasoning, detail);
                }
            }
            ItemKind::ToolResult(_) => {
                self.lose(origin.path(), LossCode::DroppedItem, "a result echoed in the reply");
            }
            ItemKind::ImageGeneration(made) => self.image(made, origin),
            // No item of Chat's own is opaque: its messages and calls all have words.
            ItemKind::Opaque(opaque) => leave_out_of_reply(&opaque, origin, Api::Chat, &mut self.losses)?,
        }
        Ok(())
    }

    fn image(&mut self, made: ImageGeneration, origin: Origin) {
        let lost = lost_image(&made.begun(), origin, Api::Chat);
        match made.image.and_then(|image| encode_image(image, self.images.len())) {
            Some(image) => self.images.push(image),
            None => self.losses.push(lost),
        }
    }

    fn message(&mut self, message: Message, origin: Origin, context: &Context) {
        let Message { id: _, role: _, content, name: _, phase, status: _ } = message;
        if let Some(phase) = phase {
            let detail = format!("Chat has no place for the phase `{phase}`");
            self.lose(format!("{}.phase", origin.path()), LossCode::DroppedPhase, detail);
        }
        let list = match content {
            Content::Text(text) => vec![(origin, PartKind::Text(TextPart { text, ..TextPart::default() }))],
            Content::Parts(list) => {
                list.into_iter().map(|Part { origin, kind, cache_breakpoint: _ }| (origin, kind)).collect()
            }
        };
        let said: String = list.iter().filter_map(|(_, part)| part.text()).collect();
        if !said.is_empty() && said == self.last.0 {
            return self.repeat(list);
        }
        if !said.is_empty() {
            let joiner =
                if self.content.as_ref().is_some_and(|content| !content.is_empty()) { &*context.joiner } else { "" };
            let before = self.content.as_deref().map_or(0, characters) + characters(joiner);
            self.last = (said, before);
        }
        let mut is_first = true;
        for (origin, part) in list {
            match part {
                PartKind::Text(text) => {
                    let joiner = if is_first { &*context.joiner } else { "" };
                    is_first &= text.text.is_empty();
                    self.text(text, joiner, context);
                }
                PartKind::Refusal(text) => self.refusal.get_or_insert_default().push_str(&text),
                PartKind::Image(_) | PartKind::File(_) | PartKind::Audio(_) | PartKind::Opaque(_) => {
                    self.losses.push(lost_part(origin));
                }
            }
        }
    }

    fn text(&mut self, part: TextPart, joiner: &str, context: &Context) {
        let TextPart { text, annotations, logprobs } = part;
        if !text.is_empty() {
            append(self.content.get_or_insert_default(), "", joiner);
        }
        let shift = match &self.content {
            Some(before) if !annotations.is_empty() => characters(before),
            Some(_) | None => 0,
        };
        self.annotate(annotations, shift);
        if !text.is_empty() {
            self.content.get_or_insert_default().push_str(&text);
        }
        if context.logprobs {
            self.logprobs.extend(encode_logprobs(logprobs));
        }
    }

    /// Takes a message that says what the one before it said: only its citations may be new.
    fn repeat(&mut self, list: Vec<(Origin, PartKind)>) {
        let mut before = self.last.1;
        for (origin, part) in list {
            match part {
                PartKind::Text(TextPart { text, annotations, logprobs: _ }) => {
                    let known = self.annotations.len();
                    self.annotate(annotations, before);
                    let told = self.annotations.split_off(known);
                    let told: Vec<_> = told.into_iter().filter(|it| !self.annotations.contains(it)).collect();
                    self.annotations.extend(told);
                    before += characters(&text);
                }
                PartKind::Refusal(_) => {}
                PartKind::Image(_) | PartKind::File(_) | PartKind::Audio(_) | PartKind::Opaque(_) => {
                    self.losses.push(lost_part(origin));
                }
            }
        }
    }

    /// Takes a message beside the answer: it goes where thoughts go.
    pub(super) fn aside(&mut self, message: Message, origin: Origin, context: &Context) {
        let mut said = Self::default();
        said.message(message, origin, context);
        self.losses.append(&mut said.losses);
        let text = said.content.unwrap_or_default();
        if let Some(refusal) = said.refusal {
            self.refusal.get_or_insert_default().push_str(&refusal);
        }
        if !said.annotations.is_empty() {
            self.losses.push(cited_beside_answer(origin));
        }
        if text.is_empty() {
            return;
        }
        if context.reasoning_content {
            append(&mut self.reasoning, &text, REASONING_JOINER);
        } else {
            self.losses.push(beside_answer(origin));
        }
    }

    fn annotate(&mut self, annotations: Vec<Annotation>, shift: u64) {
        for annotation in annotations {
            match annotation {
                Annotation::UrlCitation(citation) => self.annotations.push(encode_citation(citation, shift)),
                Annotation::Opaque { origin: _, annotation: Opaque { api: Api::Chat, kind, class: _, raw } } => {
                    self.annotations.push(wire::Annotation::Unknown(Unknown { kind, raw: wire_json(raw) }));
                }
                Annotation::Opaque { origin, annotation } => {
                    self.losses.push(lost_annotation(&annotation, origin, Api::Chat));
                }
            }
        }
    }

    fn call(&mut self, call: ToolCall, origin: Origin, context: &Context) -> Result<(), Error> {
        let ToolCall { id: _, call_id, name, namespace, arguments, status: _ } = call;
        let name = flat_name(namespace.as_deref(), name.into()).into_owned();
        if context.call_style == CallStyle::LegacyFunctions {
            if self.function_call.is_some() {
                return Err(second_legacy_call(origin));
            }
            let arguments = Some(arguments.into_text());
            self.function_call = Some(wire::FunctionCall { name: Some(name), arguments, extra: Extra::new() });
            return Ok(());
        }
        let id = Some(call_id);
        self.tool_calls.push(match arguments {
            Arguments::Function(arguments) => wire::ToolCall::Function(wire::FunctionToolCall {
                id,
                function: Some(wire::FunctionCall {
                    name: Some(name),
                    arguments: Some(arguments),
                    extra: Extra::new(),
                }),
                extra: Extra::new(),
            }),
            Arguments::Custom(input) => wire::ToolCall::Custom(wire::CustomToolCall {
                id,
                custom: Some(wire::CustomCall { name: Some(name), input: Some(input), extra: Extra::new() }),
                extra: Extra::new(),
            }),
        });
        Ok(())
    }

    /// Takes what the upstream wants back as it was.
    fn give_back(&mut self, reasoning: &ReasoningItem) {
        let mut fields = unsealed(reasoning).unwrap_or_default();
        self.details.extend(take_list(&mut fields, REASONING_DETAILS));
        self.of_calls.extend(take_list(&mut fields, CALLS));
        for (name, value) in fields.iter() {
            self.own.push(name, value.clone());
        }
    }

    /// Whether it says and does nothing.
    pub(super) fn is_silent(&self) -> bool {
        let is_empty = |text: &Option<String>| text.as_ref().is_none_or(String::is_empty);
        is_empty(&self.content)
            && is_empty(&self.refusal)
            && self.reasoning.is_empty()
            && self.details.is_empty()
            && self.images.is_empty()
            && self.calls() == CallsMade::None
    }

    pub(super) fn calls(&self) -> CallsMade {
        match (&self.function_call, self.tool_calls.is_empty()) {
            (Some(_), _) => CallsMade::LegacyFunction,
            (None, false) => CallsMade::Tools,
            (None, true) => CallsMade::None,
        }
    }

    pub(super) fn into_choice(self, reason: wire::FinishReason, context: &Context) -> (wire::Choice, Vec<Loss>) {
        let Self {
            content,
            refusal,
            annotations,
            logprobs,
            last: _,
            reasoning,
            details,
            own,
            of_calls,
            images,
            mut tool_calls,
            function_call,
            losses,
        } = self;
        give_to_calls(of_calls, &mut tool_calls);
        let message = wire::ResponseMessage {
            role: Some(wire::Role::Assistant),
            content: content.map(wire::Content::Text),
            refusal,
            tool_calls: (!tool_calls.is_empty()).then_some(tool_calls),
            function_call,
            annotations: Some(annotations),
            audio: None,
            reasoning_content: (!reasoning.is_empty()).then_some(reasoning),
            reasoning: None,
            reasoning_details: (!details.is_empty()).then_some(details),
            images: (!images.is_empty()).then_some(images),
            extra: own,
        };
        let logprobs = context.logprobs.then(|| wire::ChoiceLogprobs {
            content: Some(logprobs),
            refusal: None,
            extra: Extra::new(),
        });
        let choice = wire::Choice {
            index: Some(Integer(0)),
            message: Some(message),
            delta: None,
            logprobs,
            finish_reason: Some(reason),
            extra: Extra::new(),
        };
        (choice, losses)
    }

    pub(super) fn lose(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        self.losses.push(Loss::new(path, code, detail));
    }
}

fn append(text: &mut String, more: &str, joiner: &str) {
    if !text.is_empty() && (!more.is_empty() || !joiner.is_empty()) {
        text.push_str(joiner);
    }
    text.push_str(more);
}
