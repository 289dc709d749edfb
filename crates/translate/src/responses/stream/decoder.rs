//! Stream events of Responses as canonical events.
//!
//! The same text may come as deltas, in a `done` event, in the finished part, in the finished item and in the
//! terminal response, in any subset. Each view is compared with what has been passed on, and only what is missing
//! follows; see [`StreamedItems`].

use std::borrow::Cow;
use std::collections::HashSet;

use interlingua_model::{Api, Envelope, Event, Failure, Opaque, OpaqueClass, Sink};
use interlingua_wire::{Integer, Unknown, responses as wire};

use super::items::{StreamedItems, Told};
use super::part_ref::{PartRef, Shown};
use super::passed_on::Channel;
use super::repeat::{Delta, FIELDS};
use super::sequence::Sequence;
use super::steps::{Step, as_it_came, aside, step};
use super::undocumented::{is_housekeeping, is_untyped};
use crate::convert::json;
use crate::error::stream_incomplete;
use crate::shape::{Filled, Repeat};

use crate::responses::beside::of_agent;
use crate::responses::reply::decode_items::Reader;
use crate::responses::reply::failure::{bare_failure, decode_error_event, untyped_failure};
use crate::responses::reply::ids::envelope;
use crate::{End, Error, Loss, LossCode, Outcome, Sent};

/// Reads the events of a Responses stream.
///
/// Items are told apart by `output_index`: some backends change `item_id` from event to event. Events repeated under
/// one `sequence_number` count once. Events and items of unknown kinds pass as [`Event::Opaque`] with a loss.
///
/// ```
/// use interlingua_model::Fold;
/// use interlingua_translate::{End, Sent, Stamp, responses};
///
/// let sent = Sent::unknown(&Stamp { id: "1".into(), created: 0 });
/// let mut decoder = responses::Decoder::new(&sent);
/// let mut fold = Fold::default();
/// decoder.read(r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi"}"#, None, &mut fold);
/// assert_eq!(decoder.finish(&mut fold).end, End::Truncated, "no terminal event came");
/// ```
#[derive(Debug, Clone)]
pub struct Decoder {
    pub(super) reader: Reader,
    pub(super) items: StreamedItems,
    sequence: Sequence,
    has_started: bool,
    pub(super) state: State,
    pub(super) losses: Vec<Loss>,
    seen_unknown: HashSet<String>,
    repeat: Repeat<Delta>,
}

#[derive(Debug, Clone)]
pub(super) enum State {
    Open,
    /// The upstream failed without saying why; the reason may be in the next event.
    Failing(Box<Failure>),
    Ended(End),
}

impl Decoder {
    /// A decoder for the reply of one request.
    #[must_use]
    pub fn new(sent: &Sent) -> Self {
        Self {
            reader: Reader::new(sent),
            items: StreamedItems::default(),
            sequence: Sequence::default(),
            has_started: false,
            state: State::Open,
            losses: Vec::new(),
            seen_unknown: HashSet::new(),
            repeat: Repeat::default(),
        }
    }

    /// Takes the data of one server-sent event, and the event's name for data that does not say its type.
    ///
    /// A known event with a broken payload, or data that is no JSON object, ends the stream as failed with the code
    /// `upstream_malformed`. `[DONE]` ends a stream that has not ended as truncated.
    pub fn read(&mut self, data: &str, event_name: Option<&str>, out: &mut impl Sink) {
        if self.has_ended() {
            return;
        }
        if data.trim() == "[DONE]" {
            return self.stop(None, out);
        }
        if self.read_again(data, out) {
            return;
        }
        match wire::Event::parse(data, event_name) {
            Ok(event) => {
                self.repeat.learn(data, Delta::of(&event, data).map(|delta| (delta, FIELDS)));
                self.push_said(event, Some(data), out);
            }
            Err(_) if event_name.is_none() && is_untyped(data) => match untyped_failure(data) {
                Some(failure) => self.fail(Box::new(failure), out),
                None => self.lose_once("untyped", "an event that does not say its type"),
            },
            Err(_) if event_name == Some("error") && !data.trim_start().starts_with('{') => {
                self.fail(Box::new(bare_failure(data)), out);
            }
            Err(error) => self.refuse(Error::Malformed { path: None, message: error.to_string() }, out),
        }
    }

    /// Takes a delta that is the last event with another text. Whether it was one.
    fn read_again(&mut self, data: &str, out: &mut impl Sink) -> bool {
        let State::Open = self.state else { return false };
        let Some((delta, Filled { text, number })) = self.repeat.again(data) else { return false };
        if !self.sequence.is_repeated(number.map(Integer)) {
            self.items.say(delta.piece(text), delta.channel, out);
        }
        true
    }

    /// Takes the data of an event that the stream was cut in. It counts if it is whole; otherwise the stream just
    /// stopped, which [`Decoder::finish`] reports.
    pub fn read_cut(&mut self, data: &str, event_name: Option<&str>, out: &mut impl Sink) {
        if let Ok(event) = wire::Event::parse(data, event_name) {
            self.push_said(event, Some(data), out);
        }
    }

    /// Takes one event. After the end of the stream, events are ignored.
    pub fn push(&mut self, event: wire::Event<'_>, out: &mut impl Sink) {
        self.push_said(event, None, out);
    }

    /// Takes one event, and the text it was read from where there is one.
    fn push_said(&mut self, event: wire::Event<'_>, data: Option<&str>, out: &mut impl Sink) {
        if let State::Failing(_) = self.state {
            return self.second_chance(event, out);
        }
        if self.has_ended() || self.is_repeated(&event) {
            return;
        }
        if let Err(error) = self.take(event, data, out) {
            self.refuse(error, out);
        }
    }

    /// Whether the stream has come to its end; nothing after it counts.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended(_))
    }

    /// Whether all that an end needs has come: what may still follow is the reason of a failure that gave none.
    pub(in crate::responses) fn is_complete(&self) -> bool {
        !matches!(self.state, State::Open)
    }

    /// Says that no more bytes come. A stream without a terminal event ends in a failure with the code
    /// `stream_incomplete`, never as a success.
    pub fn finish(self, out: &mut impl Sink) -> Outcome {
        self.finish_for(None, out)
    }

    /// The same, with the reason why no more bytes come, where there is one to tell.
    pub(in crate::responses) fn finish_for(mut self, reason: Option<Failure>, out: &mut impl Sink) -> Outcome {
        self.stop(reason, out);
        let end = match self.state {
            State::Ended(end) => end,
            State::Open | State::Failing(_) => End::Truncated,
        };
        Outcome::new(end, self.losses)
    }

    /// Whether the event came before. An end counts whatever its number.
    fn is_repeated(&mut self, event: &wire::Event<'_>) -> bool {
        use wire::Event as E;
        let is_end = matches!(event, E::Completed(_) | E::Incomplete(_) | E::Failed(_) | E::Error(_));
        self.sequence.is_repeated(event.sequence_number()) && !is_end
    }

    fn stop(&mut self, reason: Option<Failure>, out: &mut impl Sink) {
        match (std::mem::replace(&mut self.state, State::Ended(End::Truncated)), reason) {
            (State::Open, Some(reason)) => self.fail(Box::new(reason), out),
            (State::Open, None) => {
                self.items.settle(false, out);
                self.losses.append(&mut self.items.losses);
                self.losses.append(&mut self.items.unread.losses);
                out.event(Event::Failed(Box::new(stream_incomplete())));
            }
            (State::Failing(failure), _) => self.fail(failure, out),
            (State::Ended(end), _) => self.state = State::Ended(end),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "`step` names every other kind")]
    fn take(&mut self, event: wire::Event<'_>, data: Option<&str>, out: &mut impl Sink) -> Result<(), Error> {
        use wire::Event as E;
        self.items.unread.event(&event);
        match event {
            E::OutputTextDelta(delta) => self.items.say(delta.into(), Channel::Text, out),
            E::RefusalDelta(delta) => self.items.say(delta.into(), Channel::Refusal, out),
            E::ReasoningTextDelta(delta) => self.items.say(delta.into(), Channel::Reasoning, out),
            E::ReasoningSummaryTextDelta(delta) => self.items.say(delta.into(), Channel::Summary, out),
            E::FunctionCallArgumentsDelta(delta) | E::CustomToolCallInputDelta(delta) => {
                self.items.say(delta.into(), Channel::Arguments, out);
            }
            E::OutputTextDone(done) => self.items.reconcile(&done.into(), Channel::Text, out),
            E::RefusalDone(done) => self.items.reconcile(&done.into(), Channel::Refusal, out),
            E::ReasoningTextDone(done) => self.items.reconcile(&done.into(), Channel::Reasoning, out),
            E::ReasoningSummaryTextDone(done) => self.items.reconcile(&done.into(), Channel::Summary, out),
            E::FunctionCallArgumentsDone(done) => self.items.reconcile(&done.into(), Channel::Arguments, out),
            E::CustomToolCallInputDone(done) => self.items.reconcile(&done.into(), Channel::Arguments, out),
            E::ReasoningSummaryPartAdded(event) => self.part(event.into(), Told::AtFirst, out),
            E::ReasoningSummaryPartDone(event) => self.part(event.into(), Told::InFull, out),
            E::ContentPartAdded(event) => self.part(event.into(), Told::AtFirst, out),
            E::ContentPartDone(event) => self.part(event.into(), Told::InFull, out),
            E::OutputTextAnnotationAdded(added) => {
                let wire::AnnotationAdded {
                    item_id,
                    output_index,
                    content_index,
                    annotation_index,
                    annotation,
                    sequence_number: _,
                    agent: _,
                    extra: _,
                } = added;
                if let Some(annotation) = annotation {
                    let part_ref = PartRef::new(output_index, item_id, content_index);
                    self.items.annotation(&part_ref, annotation_index, *annotation, out);
                }
            }
            E::OutputItemAdded(wire::OutputItem { output_index, mut item, sequence_number: _, agent, extra: _ }) => {
                of_agent(&mut item, agent.as_ref());
                self.items.start(output_index, &item, &self.reader, out);
            }
            E::OutputItemDone(wire::OutputItem { output_index, mut item, sequence_number: _, agent, extra: _ }) => {
                of_agent(&mut item, agent.as_ref());
                self.items.finish(output_index, *item, &self.reader, false, out)?;
            }
            E::Created(progress) | E::Queued(progress) | E::InProgress(progress) => {
                if let Some(response) = progress.response {
                    self.reader.see_tools(response.tools.as_ref());
                    // The class of service it has here is the one asked for; which one it got, the end tells.
                    self.start(Envelope { service_tier: None, ..envelope(&response, progress.agent.as_ref()) }, out);
                }
            }
            E::Completed(end) => self.end(end, Some(wire::Status::Completed), out)?,
            E::Incomplete(end) => self.end(end, Some(wire::Status::Incomplete), out)?,
            E::Failed(end) => self.end(end, Some(wire::Status::Failed), out)?,
            E::Error(error) => self.upstream_failed(Box::new(decode_error_event(error)), out),
            E::AudioDelta(_) | E::AudioTranscriptDelta(_) => {
                self.lose_once("response.audio", "Chat Completions streams carry no sound here");
            }
            E::AudioDone(_) | E::AudioTranscriptDone(_) => {}
            E::Unknown(unknown) => self.unknown(unknown, out)?,
            event => match step(&event) {
                Step::OfTool(at) => self.progress(at, &event, data, out),
                Step::Aside => aside(&event, data, out),
            },
        }
        Ok(())
    }

    fn part(&mut self, shown: Shown<'_>, told: Told, out: &mut impl Sink) {
        let Shown { part, content } = shown;
        self.items.part(&part, content.map(|content| *content), told, out);
    }

    pub(super) fn start(&mut self, begun: Envelope, out: &mut impl Sink) {
        if !self.has_started {
            self.has_started = true;
            out.event(Event::Started(begun));
        }
    }

    fn unknown(&mut self, unknown: Unknown, out: &mut impl Sink) -> Result<(), Error> {
        let Unknown { kind, raw } = unknown;
        if kind == "response.done" {
            // What a WebSocket calls the terminal event.
            let end: wire::ResponseEnd =
                raw.parse().map_err(|error| Error::Malformed { path: None, message: error.to_string() })?;
            return self.end(end, None, out);
        }
        let class = if is_housekeeping(&kind) {
            OpaqueClass::Settled
        } else {
            self.lose_once(&kind, "an event that the Responses API does not document");
            OpaqueClass::Unknown
        };
        out.event(Event::Opaque(Opaque { api: Api::Responses, kind, class, raw: json(raw) }));
        Ok(())
    }

    /// A hosted tool is at work.
    fn progress(
        &mut self,
        output_index: Option<Integer>,
        event: &wire::Event<'_>,
        data: Option<&str>,
        out: &mut impl Sink,
    ) {
        let Some(index) = self.items.known(output_index) else {
            // A conversation is made shorter before there is anything to show for it.
            if let wire::Event::CompactionCompacting(_) = event {
                aside(event, data, out);
            }
            return;
        };
        let raw = as_it_came(event, data);
        out.event(Event::Progress { index, api: Api::Responses, step: Cow::Borrowed(event.tag()), raw });
    }

    fn lose_once(&mut self, kind: &str, detail: &str) {
        if self.seen_unknown.insert(kind.to_owned()) {
            self.losses.push(Loss::new(kind, LossCode::UnknownEvent, detail));
        }
    }
}
