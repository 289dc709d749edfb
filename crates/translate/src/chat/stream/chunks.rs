//! The chunks of one stream: one envelope, one role, one place that stamps both.

use interlingua_model::{Envelope, TokenLogprob, ToolKind};
use interlingua_wire::chat::{self as wire, ChunkChoice, Delta, DeltaContent};
use interlingua_wire::{Extra, Integer, Maybe, Text};

use super::frame::{Frame, Out};
use super::template::{Head, More, Templates, TextOf, custom_delta, function_delta};
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
    /// The chunks written so far that have nothing but more of a text.
    templates: Templates,
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
            templates: Templates::default(),
        }
    }

    /// Takes the envelope of the reply; ignored once a chunk has gone out, since it must not change.
    pub(super) fn begin(&mut self, envelope: Envelope) {
        if self.has_begun {
            return;
        }
        let Envelope { id, created, model, service_tier, beside: _ } = envelope;
        let head = &mut self.head;
        self.templates = Templates::default();
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
            self.templates = Templates::default();
        }
        if self.head.id.is_none() {
            self.begin(envelope);
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    pub(super) fn text(&mut self, text: &str, tokens: Vec<TokenLogprob>, out: &mut impl Out) {
        self.role(First::Text, out);
        if tokens.is_empty() {
            return self.more(TextOf::Content, text, out);
        }
        let logprobs =
            wire::ChoiceLogprobs { content: Some(encode_logprobs(tokens)), refusal: None, extra: Extra::new() };
        self.emit(TextOf::Content.delta(text), Some(logprobs), None, out);
    }

    pub(super) fn refusal(&mut self, text: &str, out: &mut impl Out) {
        if !text.is_empty() {
            self.role(First::Refusal, out);
            self.more(TextOf::Refusal, text, out);
        }
    }

    pub(super) fn thought(&mut self, text: &str, out: &mut impl Out) {
        self.role(First::Nothing, out);
        self.more(TextOf::Thought, text, out);
    }

    pub(super) fn details(&mut self, entries: Vec<wire::ReasoningDetail>, out: &mut impl Out) {
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
        extra: Extra,
        out: &mut impl Out,
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
            extra,
        };
        let delta = Delta { tool_calls: Some(vec![call]), ..Delta::default() };
        self.announce(delta, out);
    }

    /// Writes a picture.
    pub(super) fn image(&mut self, image: wire::MadeImage, out: &mut impl Out) {
        self.role(First::Nothing, out);
        self.delta(Delta { images: Some(vec![image]), ..Delta::default() }, out);
    }

    /// Writes fields of a message that no type names.
    pub(super) fn own(&mut self, extra: Extra, out: &mut impl Out) {
        self.role(First::Nothing, out);
        self.delta(Delta { extra, ..Delta::default() }, out);
    }

    /// Writes fields of a call that no type names, behind its beginning.
    pub(super) fn own_of_call(&mut self, index: u32, extra: Extra, out: &mut impl Out) {
        let index = Some(Integer::from(index));
        let call = wire::ToolCallDelta { index, extra, ..wire::ToolCallDelta::default() };
        self.delta(Delta { tool_calls: Some(vec![call]), ..Delta::default() }, out);
    }

    pub(super) fn legacy_call(&mut self, name: &str, out: &mut impl Out) {
        let function_call = Some(Box::new(function_delta(Some(name), "")));
        self.announce(Delta { function_call, ..Delta::default() }, out);
    }

    pub(super) fn arguments(&mut self, index: u32, kind: ToolKind, text: &str, out: &mut impl Out) {
        self.more(TextOf::Arguments { index, kind }, text, out);
    }

    pub(super) fn legacy_arguments(&mut self, text: &str, out: &mut impl Out) {
        self.more(TextOf::LegacyArguments, text, out);
    }

    pub(super) fn annotations(&mut self, annotations: Vec<wire::Annotation>, out: &mut impl Out) {
        self.delta(Delta { annotations: Some(annotations), ..Delta::default() }, out);
    }

    pub(super) fn finish(&mut self, reason: wire::FinishReason, out: &mut impl Out) {
        self.role(First::Nothing, out);
        self.emit(Delta::default(), None, Some(reason), out);
    }

    pub(super) fn usage(&mut self, usage: wire::Usage, out: &mut impl Out) {
        let usage = Maybe::Value(Box::new(usage));
        out.frame(Frame::Chunk(wire::Chunk { usage, ..self.chunk(Vec::new()) }));
    }

    pub(super) fn moderation(&mut self, moderation: wire::Moderation, out: &mut impl Out) {
        let moderation = Some(Box::new(moderation));
        out.frame(Frame::Chunk(wire::Chunk { moderation, ..self.chunk(Vec::new()) }));
    }

    fn role(&mut self, first: First, out: &mut impl Out) {
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
    fn announce(&mut self, delta: Delta<'_>, out: &mut impl Out) {
        if self.has_begun {
            return self.delta(delta, out);
        }
        let role = Some(wire::Role::Assistant);
        self.delta(Delta { role, content: Maybe::Null, refusal: Maybe::Null, ..delta }, out);
    }

    fn more(&mut self, of: TextOf, text: &str, out: &mut impl Out) {
        self.has_begun = true;
        let Self { head, has_begun: _, wants_logprobs: _, wants_usage, templates } = self;
        out.more(More { head, wants_usage: *wants_usage, of, text, templates });
    }

    fn delta(&mut self, delta: Delta<'_>, out: &mut impl Out) {
        self.emit(delta, None, None, out);
    }

    fn emit(
        &mut self,
        delta: Delta<'_>,
        logprobs: Option<wire::ChoiceLogprobs>,
        finish_reason: Option<wire::FinishReason>,
        out: &mut impl Out,
    ) {
        self.has_begun = true;
        out.frame(Frame::Chunk(self.head.chunk_of(delta, logprobs, finish_reason, self.wants_usage)));
    }

    fn chunk<'a>(&'a self, choices: Vec<ChunkChoice<'a>>) -> wire::Chunk<'a> {
        self.head.chunk(choices)
    }
}

/// A tier that has been used: `auto` is only ever asked for, and repeated until it is known what came of it.
fn used_tier(tier: Option<String>) -> Option<String> {
    tier.filter(|tier| tier != "auto")
}

#[cfg(test)]
mod tests {
    use super::super::frame::Bytes;
    use super::*;
    use crate::{Frames, Stamp};

    /// What a run of texts is written as, by the types or around templates.
    fn written(envelope: &Envelope, is_typed: bool) -> Vec<Vec<u8>> {
        #[derive(Default)]
        struct Kept(Vec<Vec<u8>>);
        impl Frames for Kept {
            fn frame(&mut self, _name: Option<&str>, write: impl FnOnce(&mut Vec<u8>)) {
                let mut frame = Vec::new();
                write(&mut frame);
                self.0.push(frame);
            }
        }
        let mut kept = Kept::default();
        for wants_usage in [false, true] {
            let mut context = Context::unknown(Stamp { id: "1".to_owned(), created: 7 });
            context.include_usage = wants_usage;
            let mut chunks = Chunks::new(&context);
            chunks.begin(envelope.clone());
            for text in ["", "a", "\u{1a}", "\"\\\n\u{0}é", "\\u001a"] {
                for index in 0..20 {
                    if is_typed {
                        let mut typed = |frame: Frame<'_>| {
                            let Frame::Chunk(chunk) = frame else { panic!("a chunk") };
                            kept.0.push(serde_json::to_vec(&chunk).unwrap());
                        };
                        say(&mut chunks, index, text, &mut typed);
                    } else {
                        say(&mut chunks, index, text, &mut Bytes(&mut kept));
                    }
                }
                chunks.complete(Envelope { service_tier: Some(format!("tier {text}")), ..Envelope::default() });
            }
        }
        kept.0
    }

    /// A text of each kind.
    fn say(chunks: &mut Chunks, index: u32, text: &str, out: &mut impl Out) {
        chunks.text(text, Vec::new(), out);
        chunks.refusal(text, out);
        chunks.thought(text, out);
        chunks.arguments(index, ToolKind::Function, text, out);
        chunks.arguments(index, ToolKind::Custom, text, out);
        chunks.legacy_arguments(text, out);
    }

    #[test]
    fn a_chunk_around_a_template_is_the_chunk_of_its_type() {
        let envelopes = [
            Envelope::default(),
            Envelope {
                id: Some("resp_\u{1a}".to_owned()),
                created: Some(3),
                model: Some("m\"\u{1a}\"content\":\"".to_owned()),
                service_tier: Some("flex\u{1a}".to_owned()),
                beside: Vec::new(),
            },
        ];
        for envelope in envelopes {
            let (quick, typed) = (written(&envelope, false), written(&envelope, true));
            assert!(typed.len() > 500, "{} chunks", typed.len());
            for (quick, typed) in quick.iter().zip(&typed) {
                assert_eq!(String::from_utf8_lossy(quick), String::from_utf8_lossy(typed));
            }
            assert_eq!(quick.len(), typed.len());
        }
    }
}
