//! Stream events of Responses as canonical events.
//!
//! The same text may come as deltas, in a `done` event, in the finished part, in the finished item and in the
//! terminal response, in any subset. Each view is compared with what has been passed on, and only what is missing
//! follows; see [`StreamedItems`].

use std::borrow::Cow;
use std::collections::HashSet;

use interlingua_model::{Ending, Event, Failure, Finish, Opaque, Protocol, Sink};
use interlingua_wire::{Integer, Unknown, responses as wire};

use super::item::Channel;
use super::items::{PartRef, StreamedItems};
use super::sequence::Sequence;
use super::undocumented::{is_housekeeping, is_untyped};
use crate::convert::json;
use crate::error::stream_incomplete;

use crate::responses::reply::annotations::decode_annotation;
use crate::responses::reply::decode_items::Reader;
use crate::responses::reply::failure::decode_error_event;
use crate::responses::reply::finish::judge;
use crate::responses::reply::ids::envelope;
use crate::responses::reply::logprobs::decode_logprobs;
use crate::{Context, End, Error, Loss, LossCode, Outcome};

/// Reads the events of a Responses stream.
///
/// Items are told apart by `output_index`: some backends change `item_id` from event to event. Events repeated under
/// one `sequence_number` count once. Events and items of unknown kinds pass as [`Event::Opaque`] with a loss.
///
/// ```
/// use interlingua_model::Fold;
/// use interlingua_translate::{Context, End, Stamp, responses};
///
/// let context = Context::detached(Stamp { id: "1".into(), created: 0 });
/// let mut decoder = responses::Decoder::new(&context);
/// let mut fold = Fold::default();
/// decoder.read(r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi"}"#, None, &mut fold);
/// assert_eq!(decoder.finish(&mut fold).end, End::Truncated, "no terminal event came");
/// ```
#[derive(Debug, Clone)]
pub struct Decoder {
    reader: Reader,
    items: StreamedItems,
    sequence: Sequence,
    has_started: bool,
    state: State,
    losses: Vec<Loss>,
    seen_unknown: HashSet<String>,
}

#[derive(Debug, Clone)]
enum State {
    Open,
    /// The upstream failed without saying why; the reason may be in the next event.
    Failing(Box<Failure>),
    Ended(End),
}

impl Decoder {
    /// A decoder for the reply of one request.
    #[must_use]
    pub fn new(context: &Context) -> Self {
        Self {
            reader: Reader::new(context),
            items: StreamedItems::default(),
            sequence: Sequence::default(),
            has_started: false,
            state: State::Open,
            losses: Vec::new(),
            seen_unknown: HashSet::new(),
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
            return self.stop(out);
        }
        match wire::Event::parse(data, event_name) {
            Ok(event) => self.push(event, out),
            Err(_) if event_name.is_none() && is_untyped(data) => {
                self.lose_once("untyped", "an event that does not say its type");
            }
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
        if let State::Failing(_) = self.state {
            return self.second_chance(event, out);
        }
        if self.has_ended() || self.is_repeated(&event) {
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

    /// Says that no more bytes come. A stream without a terminal event ends in a failure with the code
    /// `stream_incomplete`, never as a success.
    pub fn finish(mut self, out: &mut impl Sink) -> Outcome {
        self.stop(out);
        let end = match self.state {
            State::Ended(end) => end,
            State::Open | State::Failing(_) => End::Truncated,
        };
        Outcome { end, losses: self.losses }
    }

    /// Whether the event came before. An end counts whatever its number.
    fn is_repeated(&mut self, event: &wire::Event<'_>) -> bool {
        use wire::Event as E;
        let is_end = matches!(event, E::Completed(_) | E::Incomplete(_) | E::Failed(_) | E::Error(_));
        self.sequence.is_repeated(event.sequence_number()) && !is_end
    }

    fn stop(&mut self, out: &mut impl Sink) {
        match std::mem::replace(&mut self.state, State::Ended(End::Truncated)) {
            State::Open => out.event(Event::Failed(Box::new(stream_incomplete()))),
            State::Failing(failure) => self.fail(failure, out),
            State::Ended(end) => self.state = State::Ended(end),
        }
    }

    fn take(&mut self, event: wire::Event<'_>, out: &mut impl Sink) -> Result<(), Error> {
        use wire::Event as E;
        match event {
            E::OutputTextDelta(wire::OutputTextDelta {
                item_id, output_index, content_index, delta, logprobs, ..
            }) => {
                let part_ref = PartRef::new(output_index, item_id.as_deref(), content_index);
                self.items.say(&part_ref, Channel::Text, delta.0, decode_logprobs(logprobs), out);
            }
            E::RefusalDelta(wire::PartDelta { item_id, output_index, content_index, delta, .. }) => {
                let part_ref = PartRef::new(output_index, item_id.as_deref(), content_index);
                self.items.say(&part_ref, Channel::Refusal, delta.0, Vec::new(), out);
            }
            E::ReasoningTextDelta(wire::PartDelta { item_id, output_index, content_index, delta, .. }) => {
                let part_ref = PartRef::new(output_index, item_id.as_deref(), content_index);
                self.items.say(&part_ref, Channel::Reasoning, delta.0, Vec::new(), out);
            }
            E::ReasoningSummaryTextDelta(wire::SummaryTextDelta {
                item_id,
                output_index,
                summary_index,
                delta,
                ..
            }) => {
                let part_ref = PartRef::new(output_index, item_id.as_deref(), summary_index);
                self.items.say(&part_ref, Channel::Summary, delta.0, Vec::new(), out);
            }
            E::FunctionCallArgumentsDelta(wire::CallDelta { item_id, output_index, delta, .. })
            | E::CustomToolCallInputDelta(wire::CallDelta { item_id, output_index, delta, .. }) => {
                let part_ref = PartRef::new(output_index, item_id.as_deref(), None);
                self.items.say(&part_ref, Channel::Arguments, delta.0, Vec::new(), out);
            }
            E::OutputTextDone(wire::OutputTextDone { item_id, output_index, content_index, text, .. }) => {
                let part_ref = PartRef::new(output_index, item_id.as_deref(), content_index);
                self.items.reconcile(&part_ref, Channel::Text, text.as_deref().unwrap_or_default(), out);
            }
            E::RefusalDone(wire::RefusalDone { item_id, output_index, content_index, refusal, .. }) => {
                let part_ref = PartRef::new(output_index, item_id.as_deref(), content_index);
                self.items.reconcile(&part_ref, Channel::Refusal, refusal.as_deref().unwrap_or_default(), out);
            }
            E::ReasoningTextDone(wire::ReasoningTextDone { item_id, output_index, content_index, text, .. }) => {
                let part_ref = PartRef::new(output_index, item_id.as_deref(), content_index);
                self.items.reconcile(&part_ref, Channel::Reasoning, text.as_deref().unwrap_or_default(), out);
            }
            E::ReasoningSummaryTextDone(wire::SummaryTextDone {
                item_id, output_index, summary_index, text, ..
            }) => {
                let part_ref = PartRef::new(output_index, item_id.as_deref(), summary_index);
                self.items.reconcile(&part_ref, Channel::Summary, text.as_deref().unwrap_or_default(), out);
            }
            E::FunctionCallArgumentsDone(wire::ArgumentsDone { item_id, output_index, arguments, .. }) => {
                let part_ref = PartRef::new(output_index, item_id.as_deref(), None);
                self.items.reconcile(&part_ref, Channel::Arguments, arguments.as_deref().unwrap_or_default(), out);
            }
            E::CustomToolCallInputDone(wire::InputDone { item_id, output_index, input, .. }) => {
                let part_ref = PartRef::new(output_index, item_id.as_deref(), None);
                self.items.reconcile(&part_ref, Channel::Arguments, input.as_deref().unwrap_or_default(), out);
            }
            E::ReasoningSummaryPartAdded(part) | E::ReasoningSummaryPartDone(part) => {
                let part_ref = PartRef::new(part.output_index, part.item_id.as_deref(), part.summary_index);
                self.items.part(&part_ref, part.part.map(|part| *part), out);
            }
            E::ContentPartAdded(part) | E::ContentPartDone(part) => {
                let part_ref = PartRef::new(part.output_index, part.item_id.as_deref(), part.content_index);
                self.items.part(&part_ref, part.part.map(|part| *part), out);
            }
            E::OutputTextAnnotationAdded(added) => {
                let part_ref = PartRef::new(added.output_index, added.item_id.as_deref(), added.content_index);
                if let Some(annotation) = added.annotation {
                    self.items.annotate(&part_ref, decode_annotation(*annotation), out);
                }
            }
            E::OutputItemAdded(wire::OutputItem { output_index, item, .. }) => {
                self.items.start(output_index, &item, &self.reader, out);
            }
            E::OutputItemDone(wire::OutputItem { output_index, item, .. }) => {
                self.items.finish(output_index, *item, &self.reader, out)?;
            }
            E::Created(progress) | E::Queued(progress) | E::InProgress(progress) => {
                if let Some(response) = progress.response {
                    self.start(&response, out);
                }
            }
            E::Completed(end) => self.end(*end.response, Some(wire::Status::Completed), out)?,
            E::Incomplete(end) => self.end(*end.response, Some(wire::Status::Incomplete), out)?,
            E::Failed(end) => self.end(*end.response, Some(wire::Status::Failed), out)?,
            E::Error(error) => self.upstream_failed(Box::new(decode_error_event(error)), out),
            E::AudioDelta(_) | E::AudioTranscriptDelta(_) => {
                self.lose_once("response.audio", "Chat Completions streams carry no sound here");
            }
            E::AudioDone(_) | E::AudioTranscriptDone(_) => {}
            E::Unknown(unknown) => self.unknown(unknown, out)?,
            E::CodeInterpreterCallCompleted(ref at)
            | E::CodeInterpreterCallInProgress(ref at)
            | E::CodeInterpreterCallInterpreting(ref at)
            | E::FileSearchCallCompleted(ref at)
            | E::FileSearchCallInProgress(ref at)
            | E::FileSearchCallSearching(ref at)
            | E::WebSearchCallCompleted(ref at)
            | E::WebSearchCallInProgress(ref at)
            | E::WebSearchCallSearching(ref at)
            | E::ImageGenerationCallCompleted(ref at)
            | E::ImageGenerationCallGenerating(ref at)
            | E::ImageGenerationCallInProgress(ref at)
            | E::McpCallCompleted(ref at)
            | E::McpCallFailed(ref at)
            | E::McpCallInProgress(ref at)
            | E::McpListToolsCompleted(ref at)
            | E::McpListToolsFailed(ref at)
            | E::McpListToolsInProgress(ref at) => self.progress(at.output_index, event.tag(), out),
            E::ImageGenerationCallPartialImage(ref at) => self.progress(at.output_index, event.tag(), out),
            E::CodeInterpreterCallCodeDelta(ref at) | E::McpCallArgumentsDelta(ref at) => {
                self.progress(at.output_index, event.tag(), out);
            }
            E::CodeInterpreterCallCodeDone(ref at) => self.progress(at.output_index, event.tag(), out),
            E::McpCallArgumentsDone(ref at) => self.progress(at.output_index, event.tag(), out),
            E::ShellCallCommandAdded(ref at) | E::ShellCallCommandDone(ref at) => {
                self.progress(at.output_index, event.tag(), out);
            }
            E::ShellCallCommandDelta(ref at) => self.progress(at.output_index, event.tag(), out),
            E::ShellCallOutputContentDelta(ref at) => self.progress(at.output_index, event.tag(), out),
            E::ShellCallOutputContentDone(ref at) => self.progress(at.output_index, event.tag(), out),
        }
        Ok(())
    }

    fn start(&mut self, response: &wire::Response, out: &mut impl Sink) {
        self.reader.see_tools(response.tools.as_ref());
        if !self.has_started {
            self.has_started = true;
            out.event(Event::Started(envelope(response)));
        }
    }

    fn end(
        &mut self,
        mut response: wire::Response,
        said: Option<wire::Status>,
        out: &mut impl Sink,
    ) -> Result<(), Error> {
        self.start(&response, out);
        response.tools = None;
        let (output, verdict) = judge(response, said, &mut self.losses);
        let ending = match verdict {
            Ok(ending) => ending,
            Err(failure) => {
                self.upstream_failed(failure, out);
                return Ok(());
            }
        };
        for (index, item) in output.into_iter().enumerate() {
            self.items.finish_at_end(index, item, &self.reader, out)?;
        }
        self.items.close(ending.finish == Finish::Completed, out)?;
        self.losses.append(&mut self.items.losses);
        self.state = State::Ended(match &ending {
            Ending { finish: Finish::Completed, .. } => End::Completed,
            Ending { finish: Finish::Incomplete(reason), .. } => End::Incomplete(reason.clone()),
        });
        out.event(Event::Finished(Box::new(ending)));
        Ok(())
    }

    /// A failure that says nothing is held back: the reason may be in the next event.
    fn upstream_failed(&mut self, failure: Box<Failure>, out: &mut impl Sink) {
        if failure.code.is_none() && failure.message.is_empty() {
            self.state = State::Failing(failure);
        } else {
            self.fail(failure, out);
        }
    }

    /// After a failure without a reason, only an event that has one counts.
    fn second_chance(&mut self, event: wire::Event<'_>, out: &mut impl Sink) {
        let failure = if let wire::Event::Error(error) = event {
            decode_error_event(error)
        } else if let wire::Event::Failed(end) = event
            && let Err(failure) = judge(*end.response, Some(wire::Status::Failed), &mut self.losses).1
        {
            *failure
        } else {
            return;
        };
        if failure.code.is_some() || !failure.message.is_empty() {
            self.fail(Box::new(failure), out);
        }
    }

    fn refuse(&mut self, error: Error, out: &mut impl Sink) {
        self.fail(Box::new(error.into_failure()), out);
    }

    fn fail(&mut self, failure: Box<Failure>, out: &mut impl Sink) {
        self.losses.append(&mut self.items.losses);
        out.event(Event::Failed(failure.clone()));
        self.state = State::Ended(End::Failed(failure));
    }

    fn unknown(&mut self, unknown: Unknown, out: &mut impl Sink) -> Result<(), Error> {
        let Unknown { kind, raw } = unknown;
        if kind == "response.done" {
            // What a WebSocket calls the terminal event.
            let end: wire::ResponseEnd =
                raw.parse().map_err(|error| Error::Malformed { path: None, message: error.to_string() })?;
            return self.end(*end.response, None, out);
        }
        if !is_housekeeping(&kind) {
            self.lose_once(&kind, "an event that the Responses API does not document");
        }
        let raw = json(raw);
        out.event(Event::Opaque(Opaque { protocol: Protocol::Responses, kind, needs_client: false, raw }));
        Ok(())
    }

    /// A hosted tool is at work.
    fn progress(&mut self, output_index: Option<Integer>, step: &str, out: &mut impl Sink) {
        if let Some(index) = self.items.known(output_index) {
            out.event(Event::Progress { index, step: Cow::Borrowed(step) });
        }
    }

    fn lose_once(&mut self, kind: &str, detail: &str) {
        if self.seen_unknown.insert(kind.to_owned()) {
            self.losses.push(Loss::new(kind, LossCode::UnknownEvent, detail));
        }
    }
}
