//! Chat chunks as canonical events.

use std::borrow::Cow;

use interlingua_model::{
    Ending, Envelope, Event, Failure, Finish, IncompleteReason, ItemIndex, Origin, ReplyOrigins, Sink, TokenLogprob,
    Usage,
};
use interlingua_wire::chat as wire;

use super::calls::Calls;
use super::losses::Losses;
use super::turns::Turns;
use crate::chat::reply::content::{Said, decode_details, decode_part};
use crate::chat::reply::failure::{bare_failure, decode_failure, spoken};
use crate::chat::reply::finish::{FINISH, decode_finish};
use crate::chat::reply::logprobs::decode_logprobs;
use crate::chat::reply::moderation::decode_moderation;
use crate::chat::reply::usage::{USAGE, decode_usage};
use crate::convert::count;
use crate::error::stream_incomplete;
use crate::{End, Error, LossCode, Outcome, Sent};

/// Reads the chunks of a Chat stream.
///
/// Thoughts, text and calls become items in the order they begin. A thought ends when something else begins, a
/// message when a call or a thought does; calls stay open until the end, since Chat does not say where one ends. The
/// end is `[DONE]` or the end of the bytes, once a finish reason has come: only then is the usage complete.
///
/// ```
/// use interlingua_model::Fold;
/// use interlingua_translate::{End, Sent, Stamp, chat};
///
/// let sent = Sent::unknown(&Stamp { id: "1".into(), created: 0 });
/// let mut decoder = chat::Decoder::new(&sent);
/// let mut fold = Fold::default();
/// decoder.read(r#"{"id":"chatcmpl-1","choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}"#, None, &mut fold);
/// assert_eq!(decoder.finish(&mut fold).end, End::Completed);
/// ```
#[derive(Debug, Clone)]
pub struct Decoder {
    state: State,
    envelope: Envelope,
    has_started: bool,
    turns: Turns,
    calls: Calls,
    reason: Reason,
    usage: Option<Usage>,
    moderation: Option<interlingua_model::Json>,
    losses: Losses,
}

#[derive(Debug, Clone)]
enum State {
    Open,
    Ended(End),
}

impl Decoder {
    /// A decoder for the reply of one request.
    #[must_use]
    pub fn new(sent: &Sent) -> Self {
        Self {
            state: State::Open,
            envelope: Envelope::default(),
            has_started: false,
            turns: Turns::default(),
            calls: Calls::new(sent),
            reason: Reason::Missing,
            usage: None,
            moderation: None,
            losses: Losses::default(),
        }
    }

    /// Takes the data of one server-sent event, and the event's name for failures that have it only there.
    ///
    /// Data that is no chunk ends the stream as failed with the code `upstream_malformed`.
    pub fn read(&mut self, data: &str, event_name: Option<&str>, out: &mut impl Sink) {
        if self.has_ended() {
            return;
        }
        if data.trim() == "[DONE]" {
            return self.end(Terminal::Said, None, out);
        }
        match serde_json::from_str::<wire::Chunk<'_>>(data) {
            Ok(chunk) if chunk.error.is_none() && event_name == Some("error") => {
                self.fail(Box::new(bare_failure(data)), out);
            }
            Ok(chunk) => self.push(chunk, out),
            Err(error) => self.refuse(Error::Malformed { path: None, message: error.to_string() }, out),
        }
    }

    /// Takes the data of an event that the stream was cut in. It counts if it is whole; otherwise the stream just
    /// stopped, which [`Decoder::finish`] reports.
    pub fn read_cut(&mut self, data: &str, event_name: Option<&str>, out: &mut impl Sink) {
        if data.trim() == "[DONE]" || serde_json::from_str::<wire::Chunk<'_>>(data).is_ok() {
            self.read(data, event_name, out);
        }
    }

    /// Takes one chunk. After the end of the stream, chunks are ignored.
    pub fn push(&mut self, chunk: wire::Chunk<'_>, out: &mut impl Sink) {
        if self.has_ended() {
            return;
        }
        if let Err(error) = self.take(chunk, out) {
            self.refuse(error, out);
        }
    }

    /// Whether the stream has come to its end; nothing after it counts.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended(_))
    }

    /// Says that no more bytes come. A stream that has given no finish reason ends in a failure with the code
    /// `stream_incomplete`, never as a success; so it does at `[DONE]`, which proxies write behind whatever came.
    pub fn finish(self, out: &mut impl Sink) -> Outcome {
        self.finish_for(None, out)
    }

    /// The same, with the reason why no more bytes come, where there is one to tell.
    pub(in crate::chat) fn finish_for(mut self, reason: Option<Failure>, out: &mut impl Sink) -> Outcome {
        if !self.has_ended() {
            self.end(Terminal::Silent, reason, out);
        }
        let end = match self.state {
            State::Ended(end) => end,
            State::Open => End::Truncated,
        };
        Outcome { end, losses: self.losses.list }
    }

    fn take(&mut self, chunk: wire::Chunk<'_>, out: &mut impl Sink) -> Result<(), Error> {
        let wire::Chunk {
            id,
            object: _,
            created,
            model,
            service_tier,
            system_fingerprint: _,
            choices,
            usage,
            moderation,
            obfuscation: _,
            error,
            x_groq,
            extra: _,
        } = chunk;
        let mut groq_usage = None;
        let mut failure = error;
        if let Some(groq) = x_groq {
            let wire::GroqMeta { id: _, usage, error, extra: _ } = *groq;
            groq_usage = usage;
            failure = failure.or(error);
        }
        if let Some(error) = failure {
            return Err(Error::Upstream(Box::new(decode_failure(error))));
        }
        let choices = choices.unwrap_or_default();
        let name = |text: interlingua_wire::Text<'_>| (!text.is_empty()).then(|| text.into_string());
        // An opening chunk without choices may name nobody yet; the first one that does counts.
        let head = &mut self.envelope;
        if head.id.is_none() {
            head.id = id.and_then(name);
        }
        if head.model.is_none() {
            head.model = model.and_then(name);
        }
        if head.created.is_none() {
            head.created = count(created).filter(|created| *created > 0);
        }
        if head.service_tier.is_none() {
            head.service_tier = service_tier.and_then(name);
        }
        if !self.has_started && (!choices.is_empty() || self.envelope.id.is_some()) {
            self.has_started = true;
            out.event(Event::Started(self.envelope.clone()));
        }
        for choice in choices {
            self.choice(choice, out)?;
        }
        let said = usage.into_value().map(|usage| *usage).or(groq_usage).and_then(decode_usage);
        self.usage = said.or(self.usage.take());
        self.moderation = moderation.and_then(|moderation| decode_moderation(*moderation)).or(self.moderation.take());
        Ok(())
    }

    fn choice(&mut self, choice: wire::ChunkChoice<'_>, out: &mut impl Sink) -> Result<(), Error> {
        let wire::ChunkChoice { index, delta, logprobs, finish_reason, extra: _ } = choice;
        let number = index.map_or(0, |index| index.0);
        if number > 0 {
            self.losses.once(
                format!("choices[{number}]"),
                LossCode::DroppedDetail,
                "the Responses API gives one answer",
            );
            return Ok(());
        }
        let tokens = logprobs.map(|logprobs| self.logprobs(logprobs)).unwrap_or_default();
        self.delta(delta.unwrap_or_default(), tokens, out)?;
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

    fn logprobs(&mut self, logprobs: wire::ChoiceLogprobs) -> Vec<TokenLogprob> {
        let wire::ChoiceLogprobs { content, refusal, extra: _ } = logprobs;
        if refusal.is_some_and(|refusal| !refusal.is_empty()) {
            let detail = "the Responses API has no token probabilities of a refusal";
            self.losses.once("choices[0].logprobs.refusal", LossCode::DroppedLogprobs, detail);
        }
        decode_logprobs(content.unwrap_or_default())
    }

    fn delta(&mut self, delta: wire::Delta<'_>, tokens: Vec<TokenLogprob>, out: &mut impl Sink) -> Result<(), Error> {
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
            audio,
            extra: _,
        } = delta;
        if audio.is_some() {
            return Err(spoken("choices[0].delta.audio"));
        }
        let thoughts =
            [("choices[0].delta.reasoning_content", reasoning_content), ("choices[0].delta.reasoning", reasoning)];
        let thought = thoughts.into_iter().find_map(|(path, text)| Some((path, text.filter(|text| !text.is_empty())?)));
        // The two fields say the same where both are there, and so do the entries, at once or in a later chunk.
        if let Some((path, thought)) = thought {
            self.turns.think_aloud(&thought, Origin::of(path), out);
        }
        self.details(reasoning_details.unwrap_or_default(), out);
        match content.into_value() {
            None => {}
            Some(wire::DeltaContent::Text(text)) => self.turns.say(text.0, tokens, out),
            Some(wire::DeltaContent::Parts(parts)) => self.parts(parts, tokens, out),
        }
        if let Some(text) = refusal.into_value() {
            self.turns.refuse_to(text.0, out);
        }
        for annotation in annotations.unwrap_or_default() {
            self.turns.annotate(annotation, out);
        }
        let calls = tool_calls.unwrap_or_default();
        if !calls.is_empty() || function_call.is_some() {
            self.turns.close(out);
        }
        for call in calls {
            self.calls.push(call, &mut self.turns.count, out);
        }
        if let Some(call) = function_call {
            self.calls.push_legacy(*call, self.envelope.id.as_deref(), &mut self.turns.count, out);
        }
        Ok(())
    }

    fn parts(&mut self, parts: Vec<wire::Part>, tokens: Vec<TokenLogprob>, out: &mut impl Sink) {
        let mut tokens = tokens;
        for part in parts {
            match decode_part(part) {
                Said::Text(text) => self.turns.say(Cow::Owned(text), std::mem::take(&mut tokens), out),
                Said::Refusal(text) => self.turns.refuse_to(Cow::Owned(text), out),
                Said::Thought(text) => self.turns.think(&text, Origin::of("choices[0].delta.content"), out),
                Said::Other(kind) => {
                    let detail = format!("the Responses API has no place for a `{kind}` in a reply");
                    self.losses.once("choices[0].delta.content", LossCode::DroppedPart, detail);
                }
            }
        }
    }

    fn details(&mut self, details: Vec<wire::ReasoningDetail>, out: &mut impl Sink) {
        if details.is_empty() {
            return;
        }
        let (text, is_sealed) = decode_details(details);
        if is_sealed {
            let detail = "sealed thoughts of a Chat upstream have no way back to it";
            self.losses.once("choices[0].delta.reasoning_details", LossCode::DroppedReasoning, detail);
        }
        self.turns.think_in_entries(&text, Origin::of("choices[0].delta.reasoning_details"), out);
    }

    fn end(&mut self, terminal: Terminal, cut: Option<Failure>, out: &mut impl Sink) {
        let reason = match (std::mem::replace(&mut self.reason, Reason::Missing), terminal) {
            (Reason::Given(reason), _) => Some(reason),
            // Some servers never have a word for it; then `[DONE]` has to do.
            (Reason::Blank, Terminal::Said) => None,
            (Reason::Blank, Terminal::Silent) | (Reason::Missing, _) => {
                if let Some(cut) = cut {
                    return self.fail(Box::new(cut), out);
                }
                self.calls.flush(out);
                self.state = State::Ended(End::Truncated);
                return out.event(Event::Failed(Box::new(stream_incomplete())));
            }
        };
        if let Err(error) = self.conclude(reason, out) {
            self.refuse(error, out);
        }
    }

    fn conclude(&mut self, reason: Option<wire::FinishReason>, out: &mut impl Sink) -> Result<(), Error> {
        let finish = decode_finish(reason, &mut self.losses.list)?;
        let is_cut = finish != Finish::Completed;
        if !self.has_started {
            self.has_started = true;
            out.event(Event::Started(self.envelope.clone()));
        }
        self.calls.announce_rest(self.envelope.id.as_deref(), &mut self.turns.count, out)?;
        if !is_cut && !self.turns.has_message && self.calls.is_empty() {
            if self.turns.count == 0 && self.usage.is_none() {
                let detail = "the upstream completed without saying or costing anything";
                self.losses.once("choices[0]", LossCode::EmptyCompletion, detail);
            }
            // Clients look for a message, even one that says nothing.
            self.turns.say_nothing(out);
        }
        // The item that the cut went through stays open, which tells it from those that are whole.
        let last = self.turns.count.checked_sub(1).map(ItemIndex).filter(|_| is_cut);
        self.calls.close(last, out);
        if self.turns.conclude(last, out) {
            let detail = "a citation of no text";
            self.losses.once("choices[0].delta.annotations", LossCode::DroppedAnnotation, detail);
        }
        self.state = State::Ended(match &finish {
            Finish::Completed => End::Completed,
            Finish::Incomplete(reason) => End::Incomplete(IncompleteReason::clone(reason)),
        });
        out.event(Event::Finished(Box::new(Ending {
            envelope: std::mem::take(&mut self.envelope),
            finish,
            usage: self.usage.take(),
            metadata: None,
            moderation: self.moderation.take(),
            origins: ReplyOrigins { items: Origin::of("choices[0].delta"), finish: FINISH, usage: USAGE },
        })));
        Ok(())
    }

    fn refuse(&mut self, error: Error, out: &mut impl Sink) {
        self.fail(Box::new(error.into_failure()), out);
    }

    fn fail(&mut self, failure: Box<Failure>, out: &mut impl Sink) {
        self.calls.flush(out);
        out.event(Event::Failed(failure.clone()));
        self.state = State::Ended(End::Failed(failure));
    }
}

/// Why the model stopped, as far as the chunks have said.
#[derive(Debug, Clone)]
enum Reason {
    Missing,
    /// The empty string.
    Blank,
    Given(wire::FinishReason),
}

/// How the end made itself known.
#[derive(Debug, Clone, Copy)]
enum Terminal {
    /// By `[DONE]`.
    Said,
    /// By the end of the bytes.
    Silent,
}
