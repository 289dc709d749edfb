//! The one answer in a Chat stream: what each chunk adds to it.

use std::borrow::Cow;

use interlingua_model::{Origin, Sink, TokenLogprob};
use interlingua_wire::{Extra, Maybe, Text, chat as wire};
use serde_json::{Map, Value};

use super::calls::Calls;
use super::repeat::TextOf;
use super::turns::{Turns, tell_sealed};
use crate::chat::losses::Losses;
use crate::chat::reply::annotations::{characters, lost_fields};
use crate::chat::reply::content::{REASONING_TEXT, Said, decode_details, decode_part, made_image, take_own_fields};
use crate::chat::reply::failure::{failure_beside, spoken};
use crate::chat::reply::logprobs::{decode_logprobs, lost_logprobs};
use crate::chat::sealed::{REASONING_DETAILS, add_field, kept_details, sealed};
use crate::chat::think_tags::ThinkTags;
use crate::convert::is_blank;
use crate::{Error, LossCode, Sent};

const REASONING_CONTENT: &str = "choices[0].delta.reasoning_content";
const REASONING: &str = "choices[0].delta.reasoning";
/// Where entries of thoughts stand.
const DETAILS: Origin = Origin::of("choices[0].delta.reasoning_details");

/// A list that begins anew in each chunk, so that no position in it says anything.
const IMAGES: Origin = Origin::of("choices[0].delta.images");

/// The answer so far.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) turns: Turns,
    pub(super) calls: Calls,
    pub(super) reason: Reason,
    /// Whether there are other answers beside this one.
    pub(super) has_others: bool,
    reads: Sent,
    /// Thoughts at the beginning of the text, where the upstream writes any there, and the tokens of what waits.
    tags: Option<Box<(ThinkTags, Vec<TokenLogprob>)>>,
    /// What its maker may want back, until it is told.
    own: Own,
}

/// Fields of the message that its maker may want back.
#[derive(Debug, Clone, Default)]
struct Own {
    details: Vec<Map<String, Value>>,
    fields: Extra,
}

/// Why the model stopped, as far as the chunks have said.
#[derive(Debug, Clone)]
pub(super) enum Reason {
    Missing,
    /// The empty string.
    Blank,
    Given(wire::FinishReason),
}

impl Choice {
    pub(super) fn new(sent: &Sent) -> Self {
        Self {
            turns: Turns::default(),
            calls: Calls::new(sent),
            reason: Reason::Missing,
            has_others: false,
            reads: sent.clone(),
            tags: ThinkTags::new(&sent.reads().think_tags).map(|tags| Box::new((tags, Vec::new()))),
            own: Own::default(),
        }
    }

    /// Thoughts and messages, and calls.
    pub(super) fn both(&mut self) -> (&mut Turns, &mut Calls) {
        (&mut self.turns, &mut self.calls)
    }

    /// Whether the tokens of thoughts have to be added to those of the answer.
    pub(super) fn adds_reasoning(&self) -> bool {
        self.reads.reads().adds_reasoning
    }

    /// Whether there is an answer, thoughts alone being none.
    pub(super) fn has_answered(&self) -> bool {
        self.turns.has_message || self.turns.said.has_image || !self.calls.is_empty()
    }

    /// Takes what a chunk adds.
    pub(super) fn take(
        &mut self,
        choice: wire::ChunkChoice<'_>,
        reply_id: Option<&str>,
        losses: &mut Losses,
        out: &mut impl Sink,
    ) -> Result<(), Error> {
        let wire::ChunkChoice { index, delta, message, logprobs, finish_reason, extra } = choice;
        let number = index.map_or(0, |index| index.0);
        if number > 0 && !self.reads.reads().merges_choices {
            self.has_others = true;
            let detail = "the Responses API gives one answer";
            losses.once(format!("choices[{number}]"), LossCode::DroppedDetail, detail);
            return Ok(());
        }
        if let Some(failure) = failure_beside(&extra) {
            return Err(Error::Upstream(Box::new(failure)));
        }
        losses.unread(Origin::of("choices[0]"), &extra);
        let logprobs = logprobs.unwrap_or_default();
        lost_logprobs(&logprobs, Origin::of("choices[0].logprobs"), losses);
        let wire::ChoiceLogprobs { content: tokens, refusal: _, extra: _ } = logprobs;
        let tokens = decode_logprobs(tokens.unwrap_or_default());
        // Perplexity repeats the message so far beside each delta; only the last one could say more.
        let message = message.filter(|_| delta.is_none() || finish_reason.is_some());
        match (delta, message) {
            (delta, None) => {
                self.delta(delta.unwrap_or_default(), Origin::of("choices[0].delta"), tokens, reply_id, losses, out)?;
            }
            (delta, Some(message)) => {
                self.delta(
                    delta.unwrap_or_default(),
                    Origin::of("choices[0].delta"),
                    Vec::new(),
                    reply_id,
                    losses,
                    out,
                )?;
                let message = self.unsaid(*message, losses);
                self.delta(message, Origin::of("choices[0].message"), tokens, reply_id, losses, out)?;
            }
        }
        match (&self.reason, finish_reason) {
            // Some servers say it twice; the first time counts.
            (Reason::Given(_), _) | (_, None) => {}
            (Reason::Missing | Reason::Blank, Some(reason)) if reason.as_str().is_empty() => {
                self.reason = Reason::Blank;
            }
            (Reason::Missing | Reason::Blank, Some(reason)) => self.reason = Reason::Given(reason),
        }
        Ok(())
    }

    /// Takes more of one text, as [`Choice::take`] takes a delta that has nothing else.
    pub(super) fn more(&mut self, of: TextOf, text: &str, losses: &mut Losses, out: &mut impl Sink) {
        match of {
            TextOf::Content => self.say(Cow::Borrowed(text), Vec::new(), out),
            TextOf::ReasoningContent => self.think_aloud(REASONING_CONTENT, text, out),
            TextOf::Reasoning => self.think_aloud(REASONING, text, out),
            TextOf::Arguments(_) if text.is_empty() => {}
            TextOf::Arguments(index) => {
                self.turns.close(out);
                let arguments = Some(text.into());
                let function = Some(wire::FunctionCallDelta { arguments, ..Default::default() });
                let call = wire::ToolCallDelta { index, function, ..Default::default() };
                self.calls.push(call, losses, &mut self.turns.count, out);
            }
        }
    }

    fn think_aloud(&mut self, place: &'static str, text: &str, out: &mut impl Sink) {
        if !text.is_empty() {
            self.turns.think_aloud(text, Origin::of(place), out);
        }
    }

    /// What a whole message says that no delta has said yet.
    fn unsaid<'a>(&self, message: wire::Delta<'a>, losses: &mut Losses) -> wire::Delta<'a> {
        let wire::Delta {
            role,
            content,
            refusal,
            tool_calls,
            function_call,
            reasoning_content,
            reasoning,
            reasoning_details,
            annotations,
            images,
            audio,
            extra,
        } = message;
        let said = &self.turns.said;
        if let Maybe::Value(wire::DeltaContent::Text(text)) = &content
            && said.text > 0
            && said.text != characters(text)
        {
            let detail = "the whole message is not what the chunks have said";
            losses.once("choices[0].message.content", LossCode::StreamMismatch, detail);
        }
        let (has_text, has_thought, has_calls) = (said.text > 0, said.has_thought, !self.calls.is_empty());
        wire::Delta {
            role,
            content: if has_text { Maybe::Absent } else { content },
            refusal: if said.has_refusal { Maybe::Absent } else { refusal },
            tool_calls: tool_calls.filter(|_| !has_calls),
            function_call: function_call.filter(|_| !has_calls),
            reasoning_content: reasoning_content.filter(|_| !has_thought),
            reasoning: reasoning.filter(|_| !has_thought),
            reasoning_details: reasoning_details.filter(|_| !has_thought),
            annotations: annotations.filter(|_| !said.has_citation),
            images: images.filter(|_| !said.has_image),
            audio,
            extra,
        }
    }

    fn delta(
        &mut self,
        delta: wire::Delta<'_>,
        place: Origin,
        tokens: Vec<TokenLogprob>,
        reply_id: Option<&str>,
        losses: &mut Losses,
        out: &mut impl Sink,
    ) -> Result<(), Error> {
        let wire::Delta {
            role: _,
            content,
            refusal,
            tool_calls,
            function_call,
            reasoning_content,
            reasoning,
            reasoning_details,
            annotations,
            images,
            audio,
            mut extra,
        } = delta;
        if audio.is_some_and(|audio| !is_blank(&audio)) {
            return Err(spoken(&format!("{}.audio", place.path())));
        }
        let reasoning_text = if extra.is_empty() { None } else { self.own_fields(&mut extra) };
        losses.unread(place, &extra);
        let thoughts = [
            (REASONING_CONTENT, reasoning_content),
            (REASONING, reasoning),
            ("choices[0].delta.reasoning_text", reasoning_text),
        ];
        let thought = thoughts.into_iter().find_map(|(path, text)| Some((path, text.filter(|text| !text.is_empty())?)));
        // The two fields say the same where both are there, and so do the entries, at once or in a later chunk.
        if let Some((path, thought)) = thought {
            self.turns.think_aloud(&thought, Origin::of(path), out);
        }
        self.details(reasoning_details.unwrap_or_default(), out);
        match content.into_value() {
            None => {}
            Some(wire::DeltaContent::Text(text)) => self.say(text.0, tokens, out),
            Some(wire::DeltaContent::Parts(parts)) => self.parts(parts, tokens, losses, out),
        }
        if let Some(text) = refusal.into_value() {
            self.flush(out);
            self.turns.refuse_to(text.0, out);
        }
        for annotation in annotations.unwrap_or_default() {
            lost_fields(&annotation, Origin::of("choices[0].delta.annotations"), losses);
            self.turns.annotate(annotation, out);
        }
        for image in images.unwrap_or_default() {
            if let Some(made) = made_image(image, IMAGES, losses) {
                self.seal(out);
                self.turns.show(made, IMAGES, out);
            }
        }
        let mut calls = tool_calls.unwrap_or_default();
        calls.retain(says_something);
        let function_call = function_call.filter(|call| has_words([call.name.as_ref(), call.arguments.as_ref()]));
        if !calls.is_empty() || function_call.is_some() {
            self.flush(out);
            self.turns.close(out);
            self.seal(out);
        }
        for call in calls {
            self.calls.push(call, losses, &mut self.turns.count, out);
        }
        if let Some(call) = function_call {
            self.calls.push_legacy(*call, reply_id, losses, &mut self.turns.count, out);
        }
        Ok(())
    }

    fn parts(
        &mut self,
        parts: Vec<wire::Part>,
        mut tokens: Vec<TokenLogprob>,
        losses: &mut Losses,
        out: &mut impl Sink,
    ) {
        for part in parts {
            match decode_part(part, Origin::of("choices[0].delta.content"), losses) {
                Said::Text(text) => self.say(Cow::Owned(text), std::mem::take(&mut tokens), out),
                Said::Refusal(text) => self.turns.refuse_to(Cow::Owned(text), out),
                Said::Thought(text) => self.turns.think(&text, Origin::of("choices[0].delta.content"), out),
                Said::Nothing => {}
            }
        }
    }

    fn details(&mut self, details: Vec<wire::ReasoningDetail>, out: &mut impl Sink) {
        if details.is_empty() {
            return;
        }
        let (text, entries) = decode_details(details);
        self.own.details.extend(entries);
        self.turns.think_in_entries(&text, DETAILS, out);
    }

    /// Takes the fields that no type names and somebody may want back. What is left is read by nobody.
    fn own_fields<'t>(&mut self, extra: &mut Extra) -> Option<Text<'t>> {
        for (name, value) in take_own_fields(extra).iter() {
            add_field(&mut self.own.fields, name, value);
        }
        let text = extra.take(REASONING_TEXT)?.parse::<String>().ok()?;
        Some(Text::from(text))
    }

    /// Takes more text, thoughts between tags being none.
    fn say(&mut self, text: Cow<'_, str>, tokens: Vec<TokenLogprob>, out: &mut impl Sink) {
        if text.is_empty() && tokens.is_empty() {
            return;
        }
        let Some(tagged) = self.tags.as_deref_mut().filter(|(tags, _)| !tags.is_past()) else {
            // A message that is open is not cut in two by it.
            if !self.turns.is_speaking() {
                self.seal(out);
            }
            return self.turns.say(text, tokens, out);
        };
        let (tags, held) = tagged;
        let mut tokens = [std::mem::take(held), tokens].concat();
        tags.push(&text, &mut |piece| self.turns.tagged(piece, &mut tokens, out));
        if tags.may_be_text() {
            *held = tokens;
        }
    }

    /// Gives what has waited for the rest of a tag.
    pub(super) fn flush(&mut self, out: &mut impl Sink) {
        if let Some((tags, held)) = self.tags.as_deref_mut().filter(|(tags, _)| !tags.is_past()) {
            let mut tokens = std::mem::take(held);
            tags.finish(&mut |piece| self.turns.tagged(piece, &mut tokens, out));
        }
    }

    /// Tells what makers may want back, behind the thoughts that it belongs to.
    pub(super) fn seal(&mut self, out: &mut impl Sink) {
        let Own { details, fields } = &mut self.own;
        if details.is_empty() && fields.is_empty() {
            return;
        }
        let mut own = std::mem::take(fields);
        if let Some(entries) = kept_details(std::mem::take(details)) {
            own.push(REASONING_DETAILS, entries);
        }
        if let Some(reasoning) = sealed(&own) {
            self.turns.close(out);
            tell_sealed(reasoning, DETAILS, &mut self.turns.count, out);
        }
    }
}

/// Whether a piece of a call has anything in it; some servers write every field they have.
fn says_something(call: &wire::ToolCallDelta<'_>) -> bool {
    let wire::ToolCallDelta { index: _, id, kind, function, custom, extra } = call;
    has_words([id.as_ref(), None])
        || *kind == Some(wire::ToolKind::Custom)
        || function.as_ref().is_some_and(|call| has_words([call.name.as_ref(), call.arguments.as_ref()]))
        || custom.as_ref().is_some_and(|call| has_words([call.name.as_ref(), call.input.as_ref()]))
        || !extra.is_empty()
}

fn has_words(texts: [Option<&Text<'_>>; 2]) -> bool {
    texts.into_iter().flatten().any(|text| !text.is_empty())
}
