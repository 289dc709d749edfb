//! Stream events of Messages as canonical events.

use std::collections::HashSet;

use interlingua_model::{
    Ending, Envelope, Event, Failure, Finish, Item, ItemIndex, ItemKind, ItemStatus, Opaque, OpaqueClass, Origin,
    ReplyOrigins, Sink, Sourced,
};
use interlingua_wire::{Integer, Maybe, messages as wire};

use super::blocks::{Ended, OpenBlock, place};
use super::told_calls::ToldCalls;
use crate::convert::json;
use crate::error::stream_incomplete;
use crate::messages::reply::failure::decode_failure;
use crate::messages::reply::finish::{FINISH, STOP_SEQUENCE, decode_finish, explanation};
use crate::messages::reply::ids::envelope;
use crate::messages::reply::unread::Unread;
use crate::messages::reply::usage::{decode_usage, overlay};
use crate::{Api, End, Error, Loss, LossCode, Outcome, Sent};

/// Reads the events of a Messages stream.
///
/// Neighbouring blocks of text are one text. What a later event says of the usage counts. Events of unknown kinds pass as
/// [`Event::Opaque`] with a loss.
///
/// ```
/// use interlingua_model::Fold;
/// use interlingua_translate::{End, Sent, Stamp, messages};
///
/// let sent = Sent::unknown(&Stamp { id: "1".into(), created: 0 });
/// let mut decoder = messages::Decoder::new(&sent);
/// let mut fold = Fold::default();
/// decoder.read(r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Hi"}}"#, None, &mut fold);
/// assert_eq!(decoder.finish(&mut fold).end, End::Truncated, "no stop reason came");
/// ```
#[derive(Debug, Clone)]
pub struct Decoder {
    pub(super) sent: Sent,
    state: State,
    envelope: Envelope,
    has_started: bool,
    /// How many items have begun.
    pub(super) items: u32,
    pub(super) open: Vec<OpenBlock>,
    /// The message that the next text goes on in, and its characters.
    pub(super) message: Option<(ItemIndex, u64)>,
    pub(super) ended: Option<Ended>,
    pub(super) calls: ToldCalls,
    reason: Option<wire::StopReason>,
    sequence: Option<String>,
    explanation: Option<String>,
    usage: wire::Usage,
    /// A custom tool's input that breaks off.
    pub(super) cut: Option<Origin>,
    pub(super) unread: Unread,
    losses: Vec<Loss>,
    seen_unknown: HashSet<String>,
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
            sent: sent.clone(),
            state: State::Open,
            envelope: Envelope::default(),
            has_started: false,
            items: 0,
            open: Vec::new(),
            message: None,
            ended: None,
            calls: ToldCalls::default(),
            reason: None,
            sequence: None,
            explanation: None,
            usage: wire::Usage::default(),
            cut: None,
            unread: Unread::default(),
            losses: Vec::new(),
            seen_unknown: HashSet::new(),
        }
    }

    /// Takes the data of one server-sent event, and the event's name for data that does not say its type.
    ///
    /// A known event with a broken payload, or data that is no JSON object, ends the stream as failed with the code
    /// `upstream_malformed`. `[DONE]`, which other servers send, ends it as the end of its bytes does.
    pub fn read(&mut self, data: &str, event_name: Option<&str>, out: &mut impl Sink) {
        if self.has_ended() {
            return;
        }
        if data.trim() == "[DONE]" {
            return self.stop(None, out);
        }
        match wire::Event::parse(data, event_name) {
            Ok(event) => self.push(event, out),
            Err(error) => self.refuse(Error::Malformed { path: None, message: error.to_string() }, out),
        }
    }

    /// Takes the data of an event that the stream was cut in. It counts if it is whole; otherwise the stream just
    /// stopped, which [`Decoder::finish`] reports.
    pub fn read_cut(&mut self, data: &str, event_name: Option<&str>, out: &mut impl Sink) {
        if let Ok(event) = wire::Event::parse(data, event_name) {
            self.push(event, out);
        }
    }

    /// Takes one event. After the end of the stream, events are ignored.
    pub fn push(&mut self, event: wire::Event<'_>, out: &mut impl Sink) {
        if self.has_ended() {
            return;
        }
        if let Err(error) = self.take(event, out) {
            self.refuse(error, out);
        }
    }

    /// Whether the stream has come to its end; nothing after it counts.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended(_))
    }

    /// Whether all that a good end needs has come: the reason for it, which brings the usage with it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.has_ended() || (self.reason.is_some() && self.open.is_empty())
    }

    /// Says that no more comes. A stream that has given a reason for its end has ended well, any other is truncated.
    pub fn finish(self, out: &mut impl Sink) -> Outcome {
        self.finish_for(None, out)
    }

    /// As [`finish`](Self::finish), with a better reason for a stream that is cut.
    pub(in crate::messages) fn finish_for(mut self, reason: Option<Failure>, out: &mut impl Sink) -> Outcome {
        self.stop(reason, out);
        let end = match self.state {
            State::Ended(end) => end,
            State::Open => End::Truncated,
        };
        let mut losses = self.unread.losses;
        losses.append(&mut self.losses);
        Outcome::new(end, losses)
    }

    fn take(&mut self, event: wire::Event<'_>, out: &mut impl Sink) -> Result<(), Error> {
        match event {
            wire::Event::MessageStart(event) => self.begin(*event.message, out)?,
            wire::Event::ContentBlockStart(event) => {
                let wire::BlockStart { index, content_block, extra } = event;
                let Integer(number) = index.unwrap_or_else(|| Integer(i64::from(self.items)));
                self.unread.fields(place(number), &extra);
                self.start(content_block, number, out)?;
            }
            wire::Event::ContentBlockDelta(event) => {
                let wire::BlockDelta { index, delta, extra: _ } = event;
                self.delta(index, delta, out);
            }
            wire::Event::ContentBlockStop(event) => {
                let wire::BlockStop { index, extra: _ } = event;
                if let Some(at) = self.find(index) {
                    let block = self.open.remove(at);
                    self.end_block(block, out);
                }
            }
            wire::Event::MessageDelta(event) => {
                let wire::MessageDelta { delta, usage, context_management, extra } = *event;
                self.unread.fields(Origin::default(), &extra);
                self.unread.known("context_management", &context_management);
                self.ending(delta.unwrap_or_default());
                if let Some(usage) = usage {
                    self.usage = overlay(std::mem::take(&mut self.usage), usage);
                }
            }
            wire::Event::MessageStop(event) => {
                self.unread.fields(Origin::default(), &event.extra);
                self.conclude(out)?;
            }
            wire::Event::Ping(_) => {}
            wire::Event::Error(event) => self.fail(Box::new(decode_failure(event.error)), out),
            wire::Event::Unknown(unknown) => {
                if self.seen_unknown.len() < 64 && self.seen_unknown.insert(unknown.kind.clone()) {
                    let detail = format!("`{}` is no event of the Messages API", unknown.kind);
                    self.losses.push(Loss::new(unknown.kind.clone(), LossCode::UnknownEvent, detail));
                }
                let (kind, raw) = (unknown.kind, json(unknown.raw));
                out.event(Event::Opaque(Opaque { api: Api::Messages, kind, class: OpaqueClass::Unknown, raw }));
            }
        }
        Ok(())
    }

    fn begin(&mut self, message: wire::Response, out: &mut impl Sink) -> Result<(), Error> {
        self.envelope = envelope(&message);
        let wire::Response {
            id: _,
            kind: _,
            role: _,
            model: _,
            content,
            stop_reason,
            stop_sequence,
            stop_details,
            usage,
            container,
            diagnostics,
            context_management,
            input_transformations,
            extra,
        } = message;
        self.unread.fields(Origin::default(), &extra);
        self.unread.known("diagnostics", &diagnostics);
        self.unread.known("context_management", &context_management);
        self.unread.known("input_transformations", &input_transformations);
        if let Some(usage) = usage {
            self.usage = overlay(std::mem::take(&mut self.usage), usage);
        }
        self.ending(wire::EndDelta {
            stop_reason,
            stop_sequence,
            stop_details,
            container,
            ..wire::EndDelta::default()
        });
        self.started(out);
        // A reply that goes on from code of the server begins with what there is.
        for (number, block) in (0..).zip(content.unwrap_or_default()) {
            self.start(block, number, out)?;
            if let Some(block) = self.open.pop() {
                self.end_block(block, out);
            }
        }
        Ok(())
    }

    pub(super) fn started(&mut self, out: &mut impl Sink) {
        if !self.has_started {
            self.has_started = true;
            out.event(Event::Started(self.envelope.clone()));
        }
    }

    fn ending(&mut self, delta: wire::EndDelta) {
        let wire::EndDelta { stop_reason, stop_sequence, stop_details, container, extra } = delta;
        self.unread.fields(Origin::of("delta"), &extra);
        if matches!(container, Maybe::Value(_)) {
            self.unread.once("container".to_owned(), LossCode::DroppedDetail, "`container` is not carried over");
        }
        self.reason = stop_reason.or(self.reason.take());
        self.sequence = stop_sequence.or(self.sequence.take());
        self.explanation = explanation(stop_details, &mut self.unread).or(self.explanation.take());
    }

    fn stop(&mut self, cut: Option<Failure>, out: &mut impl Sink) {
        if self.has_ended() {
            return;
        }
        if self.reason.is_some() && self.open.is_empty() {
            if let Err(error) = self.conclude(out) {
                self.refuse(error, out);
            }
            return;
        }
        if let Some(failure) = cut {
            return self.fail(Box::new(failure), out);
        }
        self.state = State::Ended(End::Truncated);
        out.event(Event::Failed(Box::new(stream_incomplete())));
    }

    fn conclude(&mut self, out: &mut impl Sink) -> Result<(), Error> {
        let finish = decode_finish(self.reason.as_ref(), &mut self.losses);
        let is_completed = finish == Finish::Completed;
        if is_completed && let Some(call) = self.cut {
            let message = "the input of a custom tool breaks off, and half of it must not be run";
            return Err(Error::reply(call.path(), "unsupported_call", message));
        }
        self.started(out);
        for block in std::mem::take(&mut self.open) {
            self.end_block(block, out);
        }
        if let Some(refusal) = self.explanation.take() {
            self.refusal(refusal, out);
        }
        let usage = decode_usage(std::mem::take(&mut self.usage));
        if is_completed {
            self.end_message(out);
            self.tell_ended(out);
            if self.items == 0 && usage.is_none() {
                let detail = "the upstream completed without saying or costing anything";
                self.losses.push(Loss::new("content", LossCode::EmptyCompletion, detail));
            }
        } else if let Some(Ended { index, origin, whole: Some(mut kind) }) = self.ended.take() {
            // A text and a call that the reply was cut in stay open, which tells them from those that are whole.
            if let ItemKind::Reasoning(thought) = &mut kind {
                thought.status = Some(ItemStatus::Incomplete);
            }
            out.event(Event::ItemFinished { index, item: Some(Box::new(Item::new(origin, kind))) });
        }
        self.state = State::Ended(End::of(&finish));
        out.event(Event::Finished(Box::new(Ending {
            envelope: std::mem::take(&mut self.envelope),
            finish,
            stop_sequence: self.sequence.take().map(|sequence| Sourced::at(STOP_SEQUENCE, sequence)),
            usage,
            metadata: None,
            moderation: None,
            origins: ReplyOrigins { items: Origin::of("content"), finish: FINISH, usage: Origin::of("usage") },
        })));
        Ok(())
    }

    fn refuse(&mut self, error: Error, out: &mut impl Sink) {
        self.fail(Box::new(error.into_failure()), out);
    }

    fn fail(&mut self, failure: Box<Failure>, out: &mut impl Sink) {
        out.event(Event::Failed(failure.clone()));
        self.state = State::Ended(End::Failed(failure));
    }
}
