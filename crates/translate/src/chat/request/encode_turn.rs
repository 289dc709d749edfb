//! One turn of the model: an assistant message, and the results of its calls.

use interlingua_model::{Arguments, Content, Message, Origin, Part, PartKind, ReasoningItem, ToolCall};
use interlingua_wire::{Extra, Json, Unknown, chat as wire};
use serde_json::{Map, Value};

use super::encode_content::{encode_part, gather, text_part};
use super::encode_thoughts::put_thoughts;
use super::writing::Writing;
use crate::arguments::mended;
use crate::chat::Needs;
use crate::chat::reasoning_content::{REASONING_JOINER, reasoning_text};
use crate::chat::sealed::{
    CALLS, EXTRA_CONTENT, OF_MESSAGES, OfCall, REASONING_DETAILS, add_field, give_to_calls, joined, take_list, unsealed,
};
use crate::custom_input::wrap;
use crate::places::What;
use crate::{Error, LossCode, RequestCode};

/// A message, and where it and its calls came from.
pub(super) struct Placed {
    pub(super) message: wire::Message,
    /// `None` for one that was made of several things, or of none.
    pub(super) origin: Option<Origin>,
    pub(super) calls: Vec<(What, Origin)>,
    /// Whether it is nothing but what the operator reminds the model of.
    pub(super) is_reminder: bool,
}

impl Placed {
    pub(super) fn new(message: wire::Message, origin: Option<Origin>) -> Self {
        Self { message, origin, calls: Vec::new(), is_reminder: false }
    }

    /// Says in one user's message what two say.
    pub(super) fn join(&mut self, other: Self) {
        let (wire::Message::User(message), wire::Message::User(more)) = (&mut self.message, other.message) else {
            return;
        };
        message.content = Some(match (message.content.take(), more.content) {
            (Some(wire::Content::Text(text)), Some(wire::Content::Text(more))) => {
                wire::Content::Text(text + crate::MESSAGE_JOINER + &more)
            }
            (before, after) => wire::Content::Parts(before.into_iter().chain(after).flat_map(parts).collect()),
        });
        message.name = message.name.take().or(more.name);
        self.origin = None;
        self.is_reminder &= other.is_reminder;
    }
}

fn parts(content: wire::Content) -> Vec<wire::Part> {
    match content {
        wire::Content::Text(text) => vec![text_part(text)],
        wire::Content::Parts(parts) => parts,
    }
}

#[derive(Default)]
pub(super) struct AssistantTurn {
    /// Where the messages stood that it is made of.
    said: Vec<Origin>,

    content: Option<wire::Content>,
    refusal: Option<Refusal>,
    reasoning: String,
    /// Entries that the upstream wants back as they were.
    details: Vec<Map<String, Value>>,
    /// Other fields that it does.
    carried: Extra,
    /// What it wants back on calls.
    of_calls: Vec<OfCall>,
    /// Where the thoughts stood.
    thoughts: Vec<Origin>,
    calls: Vec<wire::ToolCall>,
    /// What the calls are, and where they stood.
    call_origins: Vec<(What, Origin)>,
    call_ids: Vec<String>,
    results: Vec<(wire::ToolMessage, Origin)>,
    media: Vec<wire::Part>,
}

struct Refusal {
    text: String,
    origin: Origin,
}

impl AssistantTurn {
    pub(super) fn is_answered(&self) -> bool {
        !self.results.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.has_spoken() && self.calls.is_empty() && self.thoughts.is_empty()
    }

    pub(super) fn has_call(&self, call_id: &str) -> bool {
        self.call_ids.iter().any(|id| id == call_id)
    }

    pub(super) fn say(&mut self, out: &mut Writing<'_>, message: Message, origin: Origin) -> Result<(), Error> {
        let Message { id: _, role: _, content, name: _, phase, status: _ } = message;
        if let Some(phase) = phase {
            let path = format!("{}.phase", origin.path());
            out.lose(path, LossCode::DroppedPhase, format!("Chat has no place for the phase `{phase}`"));
        }
        if !self.calls.is_empty() {
            let detail = "the text moved before the calls of its turn, where Chat has its place";
            out.lose(origin.path(), LossCode::MovedItem, detail);
        } else if self.has_spoken() {
            out.lose(origin.path(), LossCode::JoinedItems, "joined with the message before it");
        }
        self.said.push(origin);
        match content {
            Content::Text(text) => self.add_text(text),
            Content::Parts(parts) => self.add_parts(out, parts)?,
        }
        Ok(())
    }

    pub(super) fn call(&mut self, out: &mut Writing<'_>, call: ToolCall, origin: Origin) {
        let ToolCall { id: _, call_id, name, namespace, arguments, status: _ } = call;
        let name = Some(out.sent.names().wire(namespace.as_deref(), name));
        self.call_origins.push((What::of_call(&arguments), origin));
        self.call_ids.push(call_id.clone());
        let id = Some(out.sent.call_ids().wire(call_id));
        self.calls.push(match arguments {
            Arguments::Custom(input) if !out.upstream.custom_as_function => {
                let custom = Some(wire::CustomCall { name, input: Some(input), extra: Extra::new() });
                wire::ToolCall::Custom(wire::CustomToolCall { id, custom, extra: Extra::new() })
            }
            Arguments::Custom(input) => function_call(id, name, wrap(&input)),
            Arguments::Function(text) if out.upstream.json_arguments && !is_object(&text) => {
                let detail = "the arguments are no JSON object, which this upstream reads; they were made one";
                out.lose(origin.path(), LossCode::ChangedValue, detail);
                function_call(id, name, mended(&text).unwrap_or_else(|| wrap(&text)))
            }
            Arguments::Function(arguments) => function_call(id, name, arguments),
        });
    }

    pub(super) fn think(&mut self, out: &mut Writing<'_>, reasoning: &ReasoningItem, origin: Origin) {
        let text = replayed(reasoning).filter(|_| out.upstream.replay_reasoning);
        let is_kept = match unsealed(reasoning) {
            Some(fields) => self.carry(out, fields),
            None => reasoning.seal.is_none(),
        };
        if !is_kept {
            let detail = "only the server that sealed these thoughts can read them";
            out.lose(origin.path(), LossCode::DroppedReasoning, detail);
        } else if text.is_none() && reasoning.seal.is_none() {
            out.lose(origin.path(), LossCode::DroppedReasoning, "this upstream takes no thoughts back");
        }
        if text.is_some() || is_kept && reasoning.seal.is_some() {
            self.thoughts.push(origin);
        }
        if let Some(text) = text {
            if !self.reasoning.is_empty() {
                self.reasoning.push_str(REASONING_JOINER);
            }
            self.reasoning.push_str(&text);
        }
    }

    /// Takes what this upstream wants back; whether it is all there was.
    fn carry(&mut self, out: &Writing<'_>, mut fields: Extra) -> bool {
        let wants = |name: &str| out.upstream.carried.iter().any(|field| field.as_str() == name);
        if wants(EXTRA_CONTENT) {
            self.of_calls.extend(take_list(&mut fields, CALLS));
        }
        if wants(REASONING_DETAILS) {
            self.details.extend(take_list(&mut fields, REASONING_DETAILS));
        }
        let mut is_all = true;
        for (name, value) in fields.iter() {
            match name {
                name if OF_MESSAGES.contains(&name) && wants(name) => add_field(&mut self.carried, name, value),
                _ => is_all = false,
            }
        }
        is_all
    }

    pub(super) fn answer(&mut self, result: wire::ToolMessage, origin: Origin, media: Vec<wire::Part>) {
        self.results.push((result, origin));
        self.media.extend(media);
    }

    /// Writes the assistant message, the results of its calls, and the media those came with.
    pub(super) fn write(mut self, out: &mut Writing<'_>, messages: &mut Vec<Placed>) {
        if !self.has_spoken() && self.calls.is_empty() {
            for origin in self.thoughts {
                let detail = "thoughts that led to nothing cannot be replayed";
                out.lose(origin.path(), LossCode::DroppedReasoning, detail);
            }
            return;
        }
        self.place_refusal(out);
        let of_calls = std::mem::take(&mut self.of_calls).into_iter();
        let of_calls = of_calls.map(|call| OfCall { id: out.sent.call_ids().wire(call.id), ..call });
        give_to_calls(of_calls.collect(), &mut self.calls);
        let needs = match out.upstream.needs_reasoning {
            Needs::Never => false,
            Needs::Calls => !self.calls.is_empty(),
            Needs::Always => true,
        };
        if needs && out.memory.plan.thinks && self.reasoning.is_empty() && self.details.is_empty() {
            self.reasoning.push(' ');
        }
        out.memory.has_thoughts |= !self.reasoning.is_empty() || !self.details.is_empty() || !self.carried.is_empty();
        let Self {
            said,
            content,
            refusal,
            reasoning,
            details,
            carried,
            of_calls: _,
            thoughts: _,
            calls,
            call_origins,
            call_ids: _,
            results,
            media,
        } = self;
        let is_silent = |content: &wire::Content| matches!(content, wire::Content::Text(text) if text.is_empty());
        if out.upstream.omit_null_content
            && calls.is_empty()
            && refusal.is_none()
            && content.as_ref().is_some_and(is_silent)
        {
            for origin in said {
                out.lose(
                    origin.path(),
                    LossCode::DroppedItem,
                    "a message that says nothing, which this upstream refuses",
                );
            }
            return;
        }
        // Of a message that is made of several no place inside leads back.
        let origin = <[Origin; 1]>::try_from(said).ok().map(|[origin]| origin);
        let mut assistant = wire::AssistantMessage {
            content: content.filter(|content| calls.is_empty() || !is_silent(content)),
            refusal: refusal.map(|refusal| refusal.text),
            tool_calls: (!calls.is_empty()).then_some(calls),
            extra: carried,
            ..wire::AssistantMessage::default()
        };
        if !details.is_empty() {
            let entries = joined(details).into_iter().filter_map(|entry| Json::from_value(&entry).ok()?.parse().ok());
            assistant.reasoning_details = Some(entries.collect());
        } else if !reasoning.is_empty() {
            put_thoughts(out.upstream, &reasoning, &mut assistant);
        }
        let message = assistant_message(out, assistant);
        messages.push(Placed { message, origin, calls: call_origins, is_reminder: false });
        messages
            .extend(results.into_iter().map(|(result, origin)| Placed::new(wire::Message::Tool(result), Some(origin))));
        if !media.is_empty() {
            let content = Some(wire::Content::Parts(media));
            let message = wire::PlainMessage { content, name: None, extra: Extra::new() };
            messages.push(Placed::new(wire::Message::User(message), None));
        }
    }

    fn has_spoken(&self) -> bool {
        self.content.is_some() || self.refusal.is_some()
    }

    fn add_text(&mut self, more: String) {
        match &mut self.content {
            None => self.content = Some(wire::Content::Text(more)),
            Some(wire::Content::Text(text)) if text.is_empty() => *text = more,
            Some(wire::Content::Text(_)) if more.is_empty() => {}
            Some(wire::Content::Text(text)) => {
                text.push_str(crate::MESSAGE_JOINER);
                text.push_str(&more);
            }
            Some(wire::Content::Parts(parts)) => parts.push(text_part(more)),
        }
    }

    fn add_parts(&mut self, out: &mut Writing<'_>, parts: Vec<Part>) -> Result<(), Error> {
        let mut texts = Vec::with_capacity(parts.len());
        for part in parts {
            let origin = part.origin;
            match part.kind {
                PartKind::Text(_) => texts.push(encode_part(out, part)?),
                PartKind::Refusal(text) => match &mut self.refusal {
                    None => self.refusal = Some(Refusal { text, origin }),
                    Some(refusal) => refusal.text.push_str(&text),
                },
                PartKind::Image(_) | PartKind::File(_) | PartKind::Audio(_) | PartKind::Opaque(_) => {
                    let message = "an assistant message holds text and refusals only";
                    return Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message));
                }
            }
        }
        if texts.is_empty() {
            return Ok(());
        }
        match gather(out, texts, "") {
            wire::Content::Text(text) => self.add_text(text),
            wire::Content::Parts(more) => match self.content.take() {
                Some(wire::Content::Parts(mut parts)) => {
                    parts.extend(more);
                    self.content = Some(wire::Content::Parts(parts));
                }
                Some(wire::Content::Text(text)) if !text.is_empty() => {
                    let parts = std::iter::once(text_part(text)).chain(more).collect();
                    self.content = Some(wire::Content::Parts(parts));
                }
                Some(wire::Content::Text(_)) | None => self.content = Some(wire::Content::Parts(more)),
            },
        }
        Ok(())
    }

    /// A refusal alone is the content; beside a text it has a field of its own.
    fn place_refusal(&mut self, out: &mut Writing<'_>) {
        if !out.upstream.plain_text {
            if self.content.is_none()
                && let Some(Refusal { text, origin: _ }) = self.refusal.take()
            {
                let part = wire::RefusalPart { refusal: Some(text), extra: Extra::new() };
                self.content = Some(wire::Content::Parts(vec![wire::Part::Refusal(part)]));
            }
        } else if let Some(Refusal { text, origin }) = self.refusal.take() {
            let detail = "this upstream knows no refusals; the model's words stand as its text";
            out.lose(origin.path(), LossCode::DroppedDetail, detail);
            self.add_text(text);
        }
    }
}

fn is_object(text: &str) -> bool {
    serde_json::from_str::<Extra>(text).is_ok()
}

/// The message, without a field that would be null where the upstream refuses that.
fn assistant_message(out: &Writing<'_>, message: wire::AssistantMessage) -> wire::Message {
    let is_silent = message.content.is_none() && out.upstream.omit_null_content;
    let message = wire::Message::Assistant(Box::new(message));
    if !is_silent {
        return message;
    }
    let spare = serde_json::to_string(&message).and_then(|text| {
        let mut fields: Extra = serde_json::from_str(&text)?;
        fields.take("content");
        Json::from_value(&fields)
    });
    match spare {
        Ok(raw) => wire::Message::Unknown(Unknown { kind: "assistant".to_owned(), raw }),
        Err(_) => message,
    }
}

/// The thought as the server that had it wants it back: itself, else its summaries.
fn replayed(item: &ReasoningItem) -> Option<String> {
    let text = reasoning_text(item);
    (!text.is_empty()).then_some(text)
}

fn function_call(id: Option<String>, name: Option<String>, arguments: String) -> wire::ToolCall {
    let function = Some(wire::FunctionCall { name, arguments: Some(arguments), extra: Extra::new() });
    wire::ToolCall::Function(wire::FunctionToolCall { id, function, extra: Extra::new() })
}
