//! The chunks of one stream: one envelope, one role, one place that stamps both.

use interlingua_model::{Envelope, TokenLogprob, ToolKind};
use interlingua_wire::chat::{self as wire, ChunkChoice, Delta, DeltaContent};
use interlingua_wire::{Extra, Integer, Maybe, Text};

use super::frame::Frame;
use crate::chat::Context;
use crate::chat::reply::ids::{created_at, prefixed, reply_id};
use crate::chat::reply::logprobs::encode_logprobs;

/// Writes chunks. The first one carries the role, in the form its content has on OpenAI's wire.
#[derive(Debug)]
pub(super) struct Chunks {
    head: Head,
    has_begun: bool,
    wants_logprobs: bool,
    wants_usage: bool,
}

/// What every chunk of a stream repeats.
#[derive(Debug)]
struct Head {
    id: Option<String>,
    created: Integer,
    model: String,
    service_tier: Option<String>,
    fallback_id: String,
}

/// What the chunk with the role says beside it.
#[derive(Clone, Copy)]
enum First {
    Text,
    Refusal,
    Nothing,
}

impl Chunks {
    pub(super) fn new(context: &Context) -> Self {
        Self {
            head: Head {
                id: None,
                created: created_at(None, context),
                model: context.model.clone(),
                service_tier: None,
                fallback_id: reply_id(None, context),
            },
            has_begun: false,
            wants_logprobs: context.logprobs,
            wants_usage: context.include_usage,
        }
    }

    /// Takes the envelope of the reply; ignored once a chunk has gone out, since it must not change.
    pub(super) fn begin(&mut self, envelope: Envelope) {
        if self.has_begun {
            return;
        }
        let Envelope { id, created, model, service_tier, beside: _ } = envelope;
        let head = &mut self.head;
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            head.id = Some(prefixed(id));
        }
        if let Some(created) = created {
            head.created = crate::convert::integer(created);
        }
        head.model = model.unwrap_or_else(|| std::mem::take(&mut head.model));
        head.service_tier = used_tier(service_tier).or(head.service_tier.take());
    }

    /// Takes the envelope as the end has it, for replies that began without one. Which class of service answered, some
    /// servers say only then.
    pub(super) fn complete(&mut self, envelope: Envelope) {
        if let Some(tier) = used_tier(envelope.service_tier.clone()) {
            self.head.service_tier = Some(tier);
        }
        if self.head.id.is_none() {
            self.begin(envelope);
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    pub(super) fn text(&mut self, text: &str, tokens: Vec<TokenLogprob>, out: &mut impl FnMut(Frame<'_>)) {
        self.role(First::Text, out);
        let content = Maybe::Value(DeltaContent::Text(Text::from(text)));
        let logprobs = (!tokens.is_empty()).then(|| wire::ChoiceLogprobs {
            content: Some(encode_logprobs(tokens)),
            refusal: None,
            extra: Extra::new(),
        });
        self.emit(Delta { content, ..Delta::default() }, logprobs, None, out);
    }

    pub(super) fn refusal(&mut self, text: &str, out: &mut impl FnMut(Frame<'_>)) {
        if !text.is_empty() {
            self.role(First::Refusal, out);
            self.delta(Delta { refusal: Maybe::Value(Text::from(text)), ..Delta::default() }, out);
        }
    }

    pub(super) fn thought(&mut self, text: &str, out: &mut impl FnMut(Frame<'_>)) {
        self.role(First::Nothing, out);
        self.delta(Delta { reasoning_content: Some(Text::from(text)), ..Delta::default() }, out);
    }

    pub(super) fn details(&mut self, entries: Vec<wire::ReasoningDetail>, out: &mut impl FnMut(Frame<'_>)) {
        self.role(First::Nothing, out);
        self.delta(Delta { reasoning_details: Some(entries), ..Delta::default() }, out);
    }

    /// Announces a call; the first chunk of a stream may be an announcement with the role in it.
    pub(super) fn call(
        &mut self,
        index: u32,
        call_id: &str,
        name: &str,
        kind: ToolKind,
        out: &mut impl FnMut(Frame<'_>),
    ) {
        let (function, custom) = match kind {
            ToolKind::Function => (Some(function_delta(Some(name), "")), None),
            ToolKind::Custom => (None, Some(custom_delta(Some(name), ""))),
        };
        let call = wire::ToolCallDelta {
            index: Some(Integer::from(index)),
            id: Some(Text::from(call_id)),
            kind: Some(match kind {
                ToolKind::Function => wire::ToolKind::Function,
                ToolKind::Custom => wire::ToolKind::Custom,
            }),
            function,
            custom,
            extra: Extra::new(),
        };
        let delta = Delta { tool_calls: Some(vec![call]), ..Delta::default() };
        self.announce(delta, out);
    }

    pub(super) fn legacy_call(&mut self, name: &str, out: &mut impl FnMut(Frame<'_>)) {
        let function_call = Some(Box::new(function_delta(Some(name), "")));
        self.announce(Delta { function_call, ..Delta::default() }, out);
    }

    pub(super) fn arguments(&mut self, index: u32, kind: ToolKind, text: &str, out: &mut impl FnMut(Frame<'_>)) {
        let (function, custom) = match kind {
            ToolKind::Function => (Some(function_delta(None, text)), None),
            ToolKind::Custom => (None, Some(custom_delta(None, text))),
        };
        let call = wire::ToolCallDelta {
            index: Some(Integer::from(index)),
            id: None,
            kind: None,
            function,
            custom,
            extra: Extra::new(),
        };
        self.delta(Delta { tool_calls: Some(vec![call]), ..Delta::default() }, out);
    }

    pub(super) fn legacy_arguments(&mut self, text: &str, out: &mut impl FnMut(Frame<'_>)) {
        let function_call = Some(Box::new(function_delta(None, text)));
        self.delta(Delta { function_call, ..Delta::default() }, out);
    }

    pub(super) fn annotations(&mut self, annotations: Vec<wire::Annotation>, out: &mut impl FnMut(Frame<'_>)) {
        self.delta(Delta { annotations: Some(annotations), ..Delta::default() }, out);
    }

    pub(super) fn finish(&mut self, reason: wire::FinishReason, out: &mut impl FnMut(Frame<'_>)) {
        self.role(First::Nothing, out);
        self.emit(Delta::default(), None, Some(reason), out);
    }

    pub(super) fn usage(&mut self, usage: wire::Usage, out: &mut impl FnMut(Frame<'_>)) {
        let usage = Maybe::Value(Box::new(usage));
        out(Frame::Chunk(wire::Chunk { usage, ..self.chunk(Vec::new()) }));
    }

    pub(super) fn moderation(&mut self, moderation: wire::Moderation, out: &mut impl FnMut(Frame<'_>)) {
        let moderation = Some(Box::new(moderation));
        out(Frame::Chunk(wire::Chunk { moderation, ..self.chunk(Vec::new()) }));
    }

    fn role(&mut self, first: First, out: &mut impl FnMut(Frame<'_>)) {
        if self.has_begun {
            return;
        }
        let empty = || Maybe::Value(DeltaContent::Text(Text::from("")));
        let (content, refusal) = match first {
            First::Text => (empty(), Maybe::Null),
            First::Refusal => (Maybe::Null, Maybe::Value(Text::from(""))),
            First::Nothing => (Maybe::Null, Maybe::Null),
        };
        let logprobs = self.wants_logprobs.then(|| match first {
            First::Text | First::Nothing => wire::ChoiceLogprobs { content: Some(Vec::new()), ..Default::default() },
            First::Refusal => wire::ChoiceLogprobs { refusal: Some(Vec::new()), ..Default::default() },
        });
        let delta = Delta { role: Some(wire::Role::Assistant), content, refusal, ..Delta::default() };
        self.emit(delta, logprobs, None, out);
    }

    /// A delta that takes the role along when it is the first.
    fn announce(&mut self, delta: Delta<'_>, out: &mut impl FnMut(Frame<'_>)) {
        if self.has_begun {
            return self.delta(delta, out);
        }
        let role = Some(wire::Role::Assistant);
        self.delta(Delta { role, content: Maybe::Null, refusal: Maybe::Null, ..delta }, out);
    }

    fn delta(&mut self, delta: Delta<'_>, out: &mut impl FnMut(Frame<'_>)) {
        self.emit(delta, None, None, out);
    }

    fn emit(
        &mut self,
        delta: Delta<'_>,
        logprobs: Option<wire::ChoiceLogprobs>,
        finish_reason: Option<wire::FinishReason>,
        out: &mut impl FnMut(Frame<'_>),
    ) {
        self.has_begun = true;
        let choice =
            ChunkChoice { index: Some(Integer(0)), delta: Some(delta), logprobs, finish_reason, ..Default::default() };
        let usage = if self.wants_usage { Maybe::Null } else { Maybe::Absent };
        out(Frame::Chunk(wire::Chunk { usage, ..self.chunk(vec![choice]) }));
    }

    fn chunk<'a>(&'a self, choices: Vec<ChunkChoice<'a>>) -> wire::Chunk<'a> {
        let Head { id, created, model, service_tier, fallback_id } = &self.head;
        wire::Chunk {
            id: Some(Text::from(id.as_deref().unwrap_or(fallback_id))),
            object: Some(Text::from("chat.completion.chunk")),
            created: Some(*created),
            model: Some(Text::from(model.as_str())),
            service_tier: service_tier.as_deref().map(Text::from),
            choices: Some(choices),
            ..wire::Chunk::default()
        }
    }
}

/// A tier that has been used: `auto` is only ever asked for, and repeated until it is known what came of it.
fn used_tier(tier: Option<String>) -> Option<String> {
    tier.filter(|tier| tier != "auto")
}

fn function_delta<'a>(name: Option<&'a str>, arguments: &'a str) -> wire::FunctionCallDelta<'a> {
    wire::FunctionCallDelta { name: name.map(Text::from), arguments: Some(Text::from(arguments)), extra: Extra::new() }
}

fn custom_delta<'a>(name: Option<&'a str>, input: &'a str) -> wire::CustomCallDelta<'a> {
    wire::CustomCallDelta { name: name.map(Text::from), input: Some(Text::from(input)), extra: Extra::new() }
}
