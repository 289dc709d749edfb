//! Canonical events as the events of a Responses stream.

use interlingua_model::{
    Api, Ending, Envelope, Event, Failure, Finish, ItemIndex, ItemStart, ItemStatus, Opaque, Origin, Sink,
};
use interlingua_wire::{Unknown, responses as wire};

use super::events::Events;
use super::open_item::OpenItem;
use super::written::{Item, WrittenItem};
use crate::beside::leave_out_fields_once;
use crate::convert::{integer, wire_json};
use crate::opaque::hosted;
use crate::outcome::{coarser_reason, untold_sequence};
use crate::responses::Context;
use crate::responses::beside::{agent, onto_reply};
use crate::responses::reply::failure::encode_failure;
use crate::responses::reply::finish::{completed_at, encode_finish, used_tier};
use crate::responses::reply::usage::encode_usage;
use crate::{Loss, LossCode};

/// Writes canonical events as the events of a Responses stream.
///
/// The order it keeps: `response.created`, `response.in_progress`, the items, one terminal event. Of an item, its
/// parts and their deltas stand between its `added` and its `done`; whatever is still open when the reply ends, by
/// whichever way, is closed first. The items of the terminal event are those of the `done` events.
///
/// Nothing is written before the first item begins or the reply ends. When the very push that writes the first
/// events also sets [`Encoder::failure`], none of them has to go out: the failure can still be an HTTP status.
///
/// ```
/// use interlingua_model::{Event, ItemIndex, ItemStart, Origin};
/// use interlingua_translate::{Stamp, responses};
///
/// let mut encoder = responses::Encoder::new(responses::Context::unknown(Stamp { id: "1".into(), created: 0 }));
/// let mut types = Vec::new();
/// let item = ItemStart::Message { id: None, phase: None };
/// let (index, origin) = (ItemIndex(0), Origin::of("choices[0].delta"));
/// let started = Event::ItemStarted { index, origin, item, beside: vec![] };
/// encoder.push(started, &mut |event| types.push(event.tag().to_owned()));
/// assert_eq!(types, ["response.created", "response.in_progress", "response.output_item.added"]);
/// ```
#[derive(Debug)]
pub struct Encoder {
    pub(super) context: Context,
    pub(super) state: State,
    pub(in crate::responses) events: Events,
    pub(super) items: Vec<Item>,
    /// What the upstream said beside its reply before that began.
    early: Vec<Opaque>,
    /// The `output_index` of the next item to begin.
    pub(super) output_index: u32,
    /// The service tier that is used, where the upstream has said so.
    tier: Option<String>,
    pub(super) losses: Vec<Loss>,
}

/// How many events may come before the reply begins; any more, such as signs of life, nobody misses.
const MOST_EARLY: usize = 16;

#[derive(Debug)]
pub(super) enum State {
    /// Nothing is written yet.
    Waiting(Envelope),
    /// The response as its events repeat it, without output.
    Open(Box<wire::Response>),
    Done,
    Failed(Box<Failure>),
}

impl Encoder {
    /// An encoder for the reply of one request.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self {
            context,
            state: State::Waiting(Envelope::default()),
            events: Events::default(),
            items: Vec::new(),
            early: Vec::new(),
            output_index: 0,
            tier: None,
            losses: Vec::new(),
        }
    }

    /// Takes one event and writes the events it causes. After the end of the stream, events are ignored.
    pub fn push(&mut self, event: Event<'_>, out: &mut impl FnMut(wire::Event<'_>)) {
        if matches!(self.state, State::Done | State::Failed(_)) {
            return;
        }
        match event {
            Event::Started(envelope) => self.head(envelope),
            Event::ItemStarted { index, origin, item, beside } => self.start(index, origin, (item, beside), out),
            Event::TextDelta { index, part, text, logprobs } => {
                if let Some((item, events)) = self.open(index) {
                    item.write_text(part, &text, logprobs, events, out);
                }
            }
            Event::RefusalDelta { index, part, text } => {
                if let Some((item, events)) = self.open(index) {
                    item.write_refusal(part, &text, events, out);
                }
            }
            Event::ReasoningDelta { index, part, kind, text } => {
                if let Some((item, events)) = self.open(index) {
                    item.write_reasoning(part, kind, &text, events, out);
                }
            }
            Event::ArgumentsDelta { index, text } => {
                if let Some((item, events)) = self.open(index) {
                    item.write_arguments(&text, events, out);
                }
            }
            Event::Annotation { index, part, annotation } => self.annotate(index, part, annotation, out),
            Event::ItemFinished { index, item } => self.finish_item(index, item, out),
            Event::Progress { index, api: Api::Responses, step, raw } => self.progress(index, &step, &raw, out),
            Event::Opaque(opaque) if opaque.api == Api::Responses => self.aside(opaque, out),
            Event::Progress { index: _, api: _, step: _, raw: _ } | Event::Opaque(_) => {}
            Event::Finished(ending) => self.end(*ending, out),
            Event::Failed(failure) => self.fail(failure, out),
        }
    }

    /// The encoder as a sink of events, for a decoder to write into.
    pub fn sink<'e, F: FnMut(wire::Event<'_>) + 'e>(&'e mut self, out: F) -> impl Sink + 'e {
        struct Chained<'e, F> {
            encoder: &'e mut Encoder,
            out: F,
        }
        impl<F: FnMut(wire::Event<'_>)> Sink for Chained<'_, F> {
            fn event(&mut self, event: Event<'_>) {
                self.encoder.push(event, &mut self.out);
            }
        }
        Chained { encoder: self, out }
    }

    /// Why the stream failed, once it has: the upstream's failure, a cut, or a reply that cannot be carried over.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match &self.state {
            State::Failed(failure) => Some(failure),
            State::Waiting(_) | State::Open(_) | State::Done => None,
        }
    }

    /// What the stream lost.
    #[must_use]
    pub fn finish(self) -> Vec<Loss> {
        self.losses
    }

    /// Takes the envelope; once it has gone out, what it says stands.
    fn head(&mut self, more: Envelope) {
        if let State::Waiting(envelope) = &mut self.state {
            let Envelope { id, created, model, service_tier, beside } = more;
            envelope.id = envelope.id.take().or(id);
            envelope.created = envelope.created.or(created);
            envelope.model = envelope.model.take().or(model);
            envelope.service_tier = envelope.service_tier.take().or(service_tier);
            if envelope.beside.is_empty() {
                envelope.beside = beside;
            }
        }
    }

    /// Begins the stream if it has not begun.
    pub(super) fn begin(&mut self, out: &mut impl FnMut(wire::Event<'_>)) {
        let State::Waiting(envelope) = &mut self.state else { return };
        let Envelope { id, created, model, service_tier, beside } = std::mem::take(envelope);
        let agent = agent(&beside);
        let mut response = wire::Response {
            id: Some(self.context.reply_id(id.as_deref())),
            created_at: Some(integer(self.context.created(created))),
            status: Some(wire::Status::InProgress),
            model: Some(model.unwrap_or_else(|| self.context.model.clone())),
            output: Some(Vec::new()),
            ..self.context.echo()
        };
        // What else it tells, its end tells again.
        let _ = onto_reply(&mut response, beside);
        self.tier = service_tier;
        let response = wire::Response { service_tier: self.tier.clone().or(response.service_tier), ..response };
        self.events.begin(&response, agent.as_ref(), out);
        self.state = State::Open(Box::new(response));
        for aside in std::mem::take(&mut self.early) {
            self.aside(aside, out);
        }
    }

    fn start(
        &mut self,
        index: ItemIndex,
        origin: Origin,
        (item, beside): (ItemStart<'_>, Vec<Opaque>),
        out: &mut impl FnMut(wire::Event<'_>),
    ) {
        let item = match item {
            ItemStart::Opaque(Opaque { api: Api::Responses, kind, class: _, raw }) => {
                return self.carry(index, origin, wire::Item::Unknown(Unknown { kind, raw: wire_json(raw) }), out);
            }
            ItemStart::Opaque(opaque) => {
                if let Some(hosted) = hosted(&opaque) {
                    return self.begin_hosted(index, origin, hosted, out);
                }
                let written = WrittenItem::Foreign(Box::new(opaque));
                return self.items.push(Item { index, origin, written });
            }
            ItemStart::ImageGeneration(made) => return self.begin_image(index, origin, made, out),
            ItemStart::ToolResult { call_id: _ } => {
                return self.lose(origin.path(), LossCode::DroppedItem, "a result echoed in the reply");
            }
            item @ (ItemStart::Message { id: _, phase: _ }
            | ItemStart::ToolCall { id: _, call_id: _, name: _, namespace: _, kind: _ }
            | ItemStart::Reasoning { id: _ }) => item,
        };
        self.begin(out);
        let State::Open(response) = &self.state else { return };
        let id = response.id.as_deref().unwrap_or_default();
        if let Some(item) =
            OpenItem::start((item, beside), (&self.context, id), self.output_index, &mut self.events, out)
        {
            self.output_index += 1;
            self.items.push(Item { index, origin, written: WrittenItem::Open(item) });
        }
    }

    /// Passes on an event that no reference knows; clients look for the beginning of the reply first.
    fn aside(&mut self, opaque: Opaque, out: &mut impl FnMut(wire::Event<'_>)) {
        match self.state {
            State::Waiting(_) if self.early.len() < MOST_EARLY => self.early.push(opaque),
            State::Waiting(_) => {}
            State::Open(_) | State::Done | State::Failed(_) => {
                self.events.carried(&opaque.kind, opaque.raw.text(), None, out);
            }
        }
    }

    fn end(&mut self, ending: Ending, out: &mut impl FnMut(wire::Event<'_>)) {
        let Ending { envelope, finish, stop_sequence, usage, metadata: _, moderation, origins } = ending;
        // What the beginning could not say yet, the end can.
        let Envelope { id: _, created, model, service_tier: tier, beside } = envelope.clone();
        self.head(envelope);
        self.begin(out);
        let rest = if finish == Finish::Completed { ItemStatus::Completed } else { ItemStatus::Incomplete };
        let tells = rest == ItemStatus::Completed || self.context.close_cut_items;
        let output = self.close(rest, |item| tells || !item.is_call(), out);
        let usage = usage.map(|usage| encode_usage(usage, origins.usage, &mut self.losses));
        let State::Open(response) = std::mem::replace(&mut self.state, State::Done) else { return };
        self.losses.extend(coarser_reason(&finish, Api::Responses, origins.finish));
        self.losses.extend(untold_sequence(stop_sequence.as_ref(), Api::Responses));
        let (status, incomplete_details) = encode_finish(&finish);
        let created_at = created.map(|created| integer(self.context.created(Some(created)))).or(response.created_at);
        let mut response = wire::Response {
            created_at,
            completed_at: completed_at(&finish, created_at),
            status: Some(status),
            incomplete_details,
            output: Some(output),
            usage,
            model: model.or_else(|| response.model.clone()),
            service_tier: Some(used_tier(tier.or_else(|| self.tier.take()))),
            moderation: moderation.map(wire_json),
            ..*response
        };
        let agent = agent(&beside);
        let left = onto_reply(&mut response, beside);
        let left: Vec<_> = left.into_iter().filter(|field| field.api != Api::Responses).collect();
        leave_out_fields_once(&left, Origin::default(), Api::Responses, &mut self.losses);
        self.events.end(response, agent, out);
    }

    pub(super) fn fail(&mut self, failure: Box<Failure>, out: &mut impl FnMut(wire::Event<'_>)) {
        self.begin(out);
        let tells = self.context.close_cut_items;
        let output = self.close(ItemStatus::Incomplete, |_| tells, out);
        let error = encode_failure(&failure);
        let State::Open(response) = std::mem::replace(&mut self.state, State::Failed(failure)) else { return };
        let status = Some(wire::Status::Failed);
        let response = wire::Response { status, error: Some(error), output: Some(output), ..*response };
        self.events.end(response, None, out);
    }

    pub(super) fn lose(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        self.losses.push(Loss::new(path, code, detail));
    }
}
