//! Chat chunks as canonical events.

use interlingua_model::{
    Ending, Envelope, Event, Failure, Finish, IncompleteReason, ItemIndex, Origin, ReplyOrigins, Sink, Usage,
};
use interlingua_wire::chat as wire;

use super::choice::{Choice, Reason};
use super::repeat::{TextOf, only_text};
use crate::chat::losses::Losses;
use crate::chat::reply::failure::{bare_failure, decode_failure, event_failure, failure_beside};
use crate::chat::reply::finish::{FINISH, decode_finish};
use crate::chat::reply::moderation::decode_moderation;
use crate::chat::reply::usage::{USAGE, decode_usage};
use crate::convert::count;
use crate::error::stream_incomplete;
use crate::shape::Repeat;
use crate::{End, Error, LossCode, Outcome, Sent};

/// Reads the chunks of a Chat stream.
///
/// Thoughts, text and calls become items in the order they begin. A thought ends when something else begins, a
/// message when a call or a thought does; calls stay open until the end, since Chat does not say where one ends. The
/// end is `[DONE]` or the end of the bytes, once a finish reason has come: only then is the usage complete. Without a
/// reason, `[DONE]` is an end behind an answer that may be whole, with a loss.
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
    choice: Choice,
    usage: Option<Usage>,
    moderation: Option<interlingua_model::Json>,
    losses: Losses,
    repeat: Repeat<TextOf>,
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
            choice: Choice::new(sent),
            usage: None,
            moderation: None,
            losses: Losses::default(),
            repeat: Repeat::default(),
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
        if event_name != Some("error") && self.read_again(data, out) {
            return;
        }
        match serde_json::from_str::<wire::Chunk<'_>>(data) {
            Ok(chunk) if chunk.error.is_none() && event_name == Some("error") => {
                self.fail(Box::new(event_failure(data)), out);
            }
            Ok(chunk) => {
                self.repeat.learn(data, only_text(&chunk).map(|of| (of, of.fields())));
                self.push(chunk, out);
            }
            Err(_) if event_name == Some("error") => self.fail(Box::new(event_failure(data)), out),
            // Google's servers put an array around an error.
            Err(error) => match serde_json::from_str::<Vec<wire::Chunk<'_>>>(data) {
                Ok(chunks) => chunks.into_iter().for_each(|chunk| self.push(chunk, out)),
                Err(_) => self.refuse(Error::Malformed { path: None, message: error.to_string() }, out),
            },
        }
    }

    /// Takes a chunk that has nothing of its own but more of the text that the one before had. Whether it was one.
    fn read_again(&mut self, data: &str, out: &mut impl Sink) -> bool {
        let Some((of, filled)) = self.repeat.again(data) else { return false };
        self.choice.more(*of, filled.text, &mut self.losses, out);
        true
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

    /// Whether all that a good end needs has come: what may still follow are the usage and `[DONE]`. Of several answers, the
    /// others may go on.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.has_ended() || (matches!(self.choice.reason, Reason::Given(_)) && !self.choice.has_others)
    }

    /// Says that no more bytes come. A stream that has given neither a finish reason nor `[DONE]` ends in a failure with
    /// the code `stream_incomplete`, never as a success.
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
        Outcome::new(end, self.losses.list)
    }

    fn take(&mut self, chunk: wire::Chunk<'_>, out: &mut impl Sink) -> Result<(), Error> {
        let wire::Chunk {
            id,
            object,
            created,
            model,
            service_tier,
            system_fingerprint,
            choices,
            usage,
            moderation,
            obfuscation: _,
            error,
            x_groq,
            extra,
        } = chunk;
        let choices = choices.unwrap_or_default();
        let mut groq_usage = None;
        let mut failure = error.and_then(decode_failure).or_else(|| failure_beside(&extra));
        if let Some(groq) = x_groq {
            let wire::GroqMeta { id, usage, error, extra } = *groq;
            groq_usage = usage;
            failure = failure.or(error.and_then(decode_failure));
            self.losses.unread(Origin::of("x_groq"), &extra);
            if id.is_some() {
                self.losses.telemetry("x_groq.id");
            }
        }
        if choices.is_empty() || object.is_some_and(|object| object == "error") {
            failure = failure.or_else(|| bare_failure(&extra));
        }
        if let Some(failure) = failure {
            return Err(Error::Upstream(Box::new(failure)));
        }
        self.losses.unread(Origin::default(), &extra);
        if system_fingerprint.is_some_and(|fingerprint| !fingerprint.is_empty()) {
            self.losses.telemetry("system_fingerprint");
        }
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
        // What was asked for comes first, what was given last.
        if let Some(tier) = service_tier
            && !tier.is_empty()
            && head.service_tier.as_deref() != Some(&*tier)
        {
            head.service_tier = Some(tier.into_string());
        }
        if !self.has_started && (!choices.is_empty() || self.envelope.id.is_some()) {
            self.has_started = true;
            out.event(Event::Started(self.envelope.clone()));
        }
        let mut beside_choice = None;
        for mut choice in choices {
            if !choice.extra.is_empty() {
                beside_choice = choice.extra.take("usage").and_then(|usage| usage.parse().ok()).or(beside_choice);
            }
            self.choice.take(choice, self.envelope.id.as_deref(), &mut self.losses, out)?;
        }
        let said = usage.into_value().map(|usage| *usage).or(groq_usage).or(beside_choice);
        let said = said.and_then(|usage| decode_usage(usage, self.choice.adds_reasoning()));
        self.usage = said.or(self.usage.take());
        self.moderation = moderation.and_then(|moderation| decode_moderation(*moderation)).or(self.moderation.take());
        Ok(())
    }

    fn end(&mut self, terminal: Terminal, cut: Option<Failure>, out: &mut impl Sink) {
        let reason = match (std::mem::replace(&mut self.choice.reason, Reason::Missing), terminal) {
            (Reason::Given(reason), _) => Some(reason),
            // Some servers never have a word for it; then `[DONE]` has to do, unless it came in the middle of a call.
            (Reason::Blank, Terminal::Said) if !self.choice.calls.is_cut() => None,
            (Reason::Missing, Terminal::Said) if self.choice.has_answered() && !self.choice.calls.is_cut() => None,
            (Reason::Blank | Reason::Missing, _) => {
                if let Some(cut) = cut {
                    return self.fail(Box::new(cut), out);
                }
                self.choice.flush(out);
                self.choice.calls.flush(&mut self.losses, out);
                self.state = State::Ended(End::Truncated);
                return out.event(Event::Failed(Box::new(stream_incomplete())));
            }
        };
        if let Err(error) = self.conclude(reason.as_ref(), out) {
            self.refuse(error, out);
        }
    }

    fn conclude(&mut self, reason: Option<&wire::FinishReason>, out: &mut impl Sink) -> Result<(), Error> {
        let finish = decode_finish(reason, &mut self.losses.list)?;
        let is_completed = finish == Finish::Completed;
        if !self.has_started {
            self.has_started = true;
            out.event(Event::Started(self.envelope.clone()));
        }
        self.choice.flush(out);
        if is_completed {
            self.choice.seal(out);
        }
        let (turns, calls) = self.choice.both();
        calls.announce_rest(self.envelope.id.as_deref(), &mut turns.count, out)?;
        if is_completed && !turns.has_message && !turns.said.has_image && calls.is_empty() {
            if turns.count == 0 && self.usage.is_none() {
                let detail = "the upstream completed without saying or costing anything";
                self.losses.once("choices[0]", LossCode::EmptyCompletion, detail);
            }
            // Clients look for a message, even one that says nothing.
            turns.say_nothing(out);
        }
        if is_completed {
            calls.tell_own(&mut turns.count, out);
        }
        // The item that the cut went through stays open, which tells it from those that are whole.
        let last = turns.count.checked_sub(1).map(ItemIndex).filter(|_| !is_completed);
        calls.close(is_completed, last, &mut self.losses, out)?;
        if turns.conclude(last, out) {
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
            stop_sequence: None,
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
        self.choice.flush(out);
        self.choice.calls.flush(&mut self.losses, out);
        out.event(Event::Failed(failure.clone()));
        self.state = State::Ended(End::Failed(failure));
    }
}

/// How the end made itself known.
#[derive(Debug, Clone, Copy)]
enum Terminal {
    /// By `[DONE]`.
    Said,
    /// By the end of the bytes.
    Silent,
}
