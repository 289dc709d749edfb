//! A canonical reply as a whole Chat completion.
// Long because: all that one choice is put together from, each kind of item in turn.

use interlingua_model::{
    Annotation, Api, Arguments, CallStyle, Content, Finish, ImageGeneration, IncompleteReason, Item, ItemKind, Json,
    Message, Opaque, Origin, Part, PartKind, ReasoningItem, Response, TextPart, ToolCall,
};
use interlingua_wire::{Extra, Integer, Unknown, chat as wire};

use super::annotations::{characters, encode_citation};
use super::content::{beside_answer, cited_beside_answer, lost_part};
use super::failure::second_legacy_call;
use super::finish::{CallsMade, finish_reason, is_empty_completion};
use super::ids::{created_at, reply_id};
use super::logprobs::encode_logprobs;
use super::moderation::encode_moderation;
use super::order::{answer_among, following};
use super::usage::encode_usage;
use crate::beside::leave_out_fields_once;
use crate::chat::Context;
use crate::chat::images::encode_image;
use crate::chat::reasoning_content::{REASONING_JOINER, reasoning_text};
use crate::chat::reasoning_details::encode_details;
use crate::chat::sealed::{CALLS, OfCall, REASONING_DETAILS, give_to_calls, is_own, take_list, unsealed};
use crate::convert::wire_json;
use crate::names::flat_name;
use crate::opaque::{leave_out_of_reply, lost_annotation, lost_image};
use crate::outcome::{coarser_reason, untold_sequence};
use crate::{Error, Loss, LossCode, Translated};

/// Writes a reply as a Chat completion with one choice.
///
/// Several messages are joined, with their citations moved along; thoughts go into `reasoning_content` and, for the
/// next choice, `reasoning_details`.
///
/// # Errors
/// [`Error::Reply`] for an item on which the client would have to act and cannot, and for a second call to a caller
/// of the deprecated functions.
///
/// ```
/// use interlingua_model::{Finish, ReplyOrigins, Response};
/// use interlingua_translate::{Stamp, chat};
///
/// let context = chat::Context::unknown(Stamp { id: "1".into(), created: 0 });
/// let reply = Response {
///     id: Some("resp_abc".into()), created: Some(1), model: Some("m".into()), service_tier: None, metadata: None,
///     items: vec![], usage: None, moderation: None, finish: Finish::Completed, stop_sequence: None,
///     beside: vec![],
///     origins: ReplyOrigins::default(),
/// };
/// let chat = chat::encode_response(reply, &context)?.value;
/// assert_eq!(chat.id.as_deref(), Some("chatcmpl-resp_abc"));
/// # Ok::<(), interlingua_translate::Error>(())
/// ```
pub fn encode_response(response: Response, context: &Context) -> Result<Translated<wire::Response>, Error> {
    let Response {
        id,
        created,
        model,
        service_tier,
        metadata,
        items,
        usage,
        moderation,
        finish,
        stop_sequence,
        beside,
        origins,
    } = response;
    let mut choice = Choice::default();
    leave_out_fields_once(&beside, Origin::default(), Api::Chat, &mut choice.losses);
    choice.losses.extend(coarser_reason(&finish, Api::Chat, origins.finish));
    choice.losses.extend(untold_sequence(stop_sequence.as_ref(), Api::Chat));
    if let Finish::Incomplete(IncompleteReason::Other(reason)) = &finish {
        let detail = format!("cut short for a reason Chat does not know (`{reason}`); reported as `length`");
        choice.lose(origins.finish.path(), LossCode::UnknownValue, detail);
    }
    let follow = following(&items);
    let answer = if context.is_structured { answer_among(&items) } else { None };
    for (index, (item, follow)) in items.into_iter().zip(follow).enumerate() {
        match item {
            Item { origin, kind: ItemKind::Message(message), beside: _ }
                if answer.is_some_and(|answer| answer != index) =>
            {
                choice.aside(message, origin, context);
            }
            item => choice.add(item, follow.as_deref(), context)?,
        }
    }
    if is_empty_completion(&finish, choice.is_silent()) {
        choice.lose(origins.items.path(), LossCode::EmptyCompletion, "the upstream completed without saying anything");
    }
    let reason = finish_reason(&finish, choice.calls());
    let (choice, losses) = choice.into_choice(reason, context);
    let value = wire::Response {
        id: Some(reply_id(id, context)),
        object: Some("chat.completion".to_owned()),
        created: Some(created_at(created, context)),
        model: Some(model.unwrap_or_else(|| context.model.clone())),
        choices: Some(vec![choice]),
        usage: usage.map(encode_usage),
        service_tier,
        system_fingerprint: None,
        metadata: encode_metadata(metadata),
        moderation: moderation.as_ref().and_then(encode_moderation),
        error: None,
        extra: Extra::new(),
    };
    Ok(Translated { value, losses })
}

/// The one choice while it is put together.
#[derive(Default)]
struct Choice {
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
    losses: Vec<Loss>,
}

impl Choice {
    fn add(&mut self, item: Item, follow: Option<&str>, context: &Context) -> Result<(), Error> {
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
    fn aside(&mut self, message: Message, origin: Origin, context: &Context) {
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
    fn is_silent(&self) -> bool {
        let is_empty = |text: &Option<String>| text.as_ref().is_none_or(String::is_empty);
        is_empty(&self.content)
            && is_empty(&self.refusal)
            && self.reasoning.is_empty()
            && self.details.is_empty()
            && self.images.is_empty()
            && self.calls() == CallsMade::None
    }

    fn calls(&self) -> CallsMade {
        match (&self.function_call, self.tool_calls.is_empty()) {
            (Some(_), _) => CallsMade::LegacyFunction,
            (None, false) => CallsMade::Tools,
            (None, true) => CallsMade::None,
        }
    }

    fn into_choice(self, reason: wire::FinishReason, context: &Context) -> (wire::Choice, Vec<Loss>) {
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

    fn lose(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        self.losses.push(Loss::new(path, code, detail));
    }
}

/// Metadata worth showing: neither null nor empty.
fn encode_metadata(metadata: Option<Json>) -> Option<interlingua_wire::Json> {
    let is_empty = |text: &str| text == "null" || text.chars().filter(|c| !c.is_whitespace()).eq("{}".chars());
    metadata.filter(|json| !is_empty(json.text())).map(wire_json)
}

fn append(text: &mut String, more: &str, joiner: &str) {
    if !text.is_empty() && (!more.is_empty() || !joiner.is_empty()) {
        text.push_str(joiner);
    }
    text.push_str(more);
}
