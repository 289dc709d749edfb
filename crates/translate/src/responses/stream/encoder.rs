//! Canonical events as the events of a Responses stream.

use interlingua_model::{
    Annotation, Api, Ending, Envelope, Event, Failure, Finish, ItemIndex, ItemKind, ItemStart, ItemStatus, Opaque,
    Origin, Sink,
};
use interlingua_wire::{Unknown, responses as wire};

use super::events::Events;
use super::open_item::OpenItem;
use super::written::{Item, WrittenItem};
use crate::convert::{integer, wire_json};
use crate::opaque::{cut_short, leave_out_of_reply};
use crate::responses::Context;
use crate::responses::reply::annotations::encode_annotation;
use crate::responses::reply::failure::encode_failure;
use crate::responses::reply::finish::{completed_at, encode_finish, used_tier};
use crate::responses::reply::ids::reply_id;
use crate::responses::reply::usage::encode_usage;
use crate::seals::kept_seal;
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
/// encoder.push(Event::ItemStarted { index, origin, item }, &mut |event| types.push(event.tag().to_owned()));
/// assert_eq!(types, ["response.created", "response.in_progress", "response.output_item.added"]);
/// ```
#[derive(Debug)]
pub struct Encoder {
    context: Context,
    state: State,
    events: Events,
    items: Vec<Item>,
    /// What the upstream said beside its reply before that began.
    early: Vec<Opaque>,
    /// The `output_index` of the next item to begin.
    output_index: u32,
    /// The service tier that is used, where the upstream has said so.
    tier: Option<String>,
    losses: Vec<Loss>,
}

/// How many events may come before the reply begins; any more, such as signs of life, nobody misses.
const MOST_EARLY: usize = 16;

#[derive(Debug)]
enum State {
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
            Event::ItemStarted { index, origin, item } => self.start(index, origin, item, out),
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
            Event::ItemFinished { index, item } => self.finish_item(index, item.map(|item| item.kind), out),
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
            let Envelope { id, created, model, service_tier } = more;
            envelope.id = envelope.id.take().or(id);
            envelope.created = envelope.created.or(created);
            envelope.model = envelope.model.take().or(model);
            envelope.service_tier = envelope.service_tier.take().or(service_tier);
        }
    }

    /// Begins the stream if it has not begun.
    fn begin(&mut self, out: &mut impl FnMut(wire::Event<'_>)) {
        let State::Waiting(envelope) = &mut self.state else { return };
        let Envelope { id, created, model, service_tier } = std::mem::take(envelope);
        let response = wire::Response {
            id: Some(reply_id(id.as_deref(), &self.context.stamp.id)),
            created_at: Some(integer(created.unwrap_or(self.context.stamp.created))),
            status: Some(wire::Status::InProgress),
            model: Some(model.unwrap_or_else(|| self.context.model.clone())),
            output: Some(Vec::new()),
            ..self.context.echo()
        };
        self.tier = service_tier;
        let response = wire::Response { service_tier: self.tier.clone().or(response.service_tier), ..response };
        self.events.begin(&response, out);
        self.state = State::Open(Box::new(response));
        for aside in std::mem::take(&mut self.early) {
            self.aside(aside, out);
        }
    }

    fn start(&mut self, index: ItemIndex, origin: Origin, item: ItemStart<'_>, out: &mut impl FnMut(wire::Event<'_>)) {
        let item = match item {
            ItemStart::Opaque(Opaque { api: Api::Responses, kind, class: _, raw }) => {
                return self.carry(index, origin, Unknown { kind, raw: wire_json(raw) }, out);
            }
            ItemStart::Opaque(opaque) => {
                let written = WrittenItem::Foreign(Box::new(opaque));
                return self.items.push(Item { index, origin, written });
            }
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
        if let Some(item) = OpenItem::start(item, id, self.output_index, &mut self.events, out) {
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

    /// Begins an item that comes and goes as it is.
    fn carry(&mut self, index: ItemIndex, origin: Origin, item: Unknown, out: &mut impl FnMut(wire::Event<'_>)) {
        self.begin(out);
        let (output_index, item) = (self.output_index, wire::Item::Unknown(item));
        self.output_index += 1;
        self.events.item_added(output_index, item.clone(), out);
        self.items.push(Item { index, origin, written: WrittenItem::Carried { output_index, item } });
    }

    /// Passes on what a hosted tool tells of an item that comes as it is.
    fn progress(&mut self, index: ItemIndex, step: &str, raw: &str, out: &mut impl FnMut(wire::Event<'_>)) {
        if let Some(Item { index: _, origin: _, written: WrittenItem::Carried { output_index, item: _ } }) =
            self.items.iter().rev().find(|item| item.index == index)
        {
            self.events.carried(step, raw, Some(*output_index), out);
        }
    }

    fn annotate(&mut self, index: ItemIndex, part: u32, annotation: Annotation, out: &mut impl FnMut(wire::Event<'_>)) {
        let annotation = match encode_annotation(annotation) {
            Ok(annotation) => annotation,
            Err(loss) => return self.losses.push(loss),
        };
        if let Some(place) = self.item(index).and_then(|item| item.written.late_annotations(part)) {
            // The item has gone out; the whole reply at the end still gets it.
            return place.push(annotation);
        }
        let was_placed = self.open(index).is_some_and(|(item, events)| item.annotate(annotation, events, out));
        if !was_placed && let Some(item) = self.item(index) {
            let path = item.origin.path();
            self.lose(path, LossCode::DroppedAnnotation, "an annotation of a text that has already ended");
        }
    }

    fn finish_item(&mut self, index: ItemIndex, whole: Option<ItemKind>, out: &mut impl FnMut(wire::Event<'_>)) {
        let Some(known) = self.item(index) else { return };
        let origin = known.origin;
        let done = match (std::mem::replace(&mut known.written, WrittenItem::Dropped), whole) {
            (WrittenItem::Open(item), whole) => self.finish_open(item, whole, out),
            (WrittenItem::Carried { output_index, item }, whole) => {
                let item = match whole {
                    Some(ItemKind::Opaque(Opaque { api: Api::Responses, kind, class: _, raw })) => {
                        wire::Item::Unknown(Unknown { kind, raw: wire_json(raw) })
                    }
                    _ => item,
                };
                self.events.item_done(output_index, item.clone(), out);
                item
            }
            (WrittenItem::Foreign(begun), whole) => {
                let opaque = if let Some(ItemKind::Opaque(opaque)) = whole { opaque } else { *begun };
                if let Err(error) = leave_out_of_reply(&opaque, origin, Api::Responses, &mut self.losses) {
                    self.fail(Box::new(error.into_failure()), out);
                }
                return;
            }
            (was @ (WrittenItem::Done(_) | WrittenItem::Dropped), _) => {
                known.written = was;
                return;
            }
        };
        if let Some(known) = self.item(index) {
            known.written = WrittenItem::Done(done);
        }
    }

    fn finish_open(
        &mut self,
        mut item: OpenItem,
        whole: Option<ItemKind>,
        out: &mut impl FnMut(wire::Event<'_>),
    ) -> wire::Item {
        let how_far = match whole {
            Some(ItemKind::Reasoning(reasoning)) => {
                item.seal(kept_seal(&reasoning, Api::Responses));
                reasoning.status
            }
            Some(ItemKind::Message(message)) => {
                let status = message.status;
                item.complete(message, &mut self.losses);
                status
            }
            Some(ItemKind::ToolCall(call)) => call.status,
            Some(ItemKind::ToolResult(_) | ItemKind::Opaque(_)) | None => None,
        };
        let how_far = how_far.unwrap_or(ItemStatus::Completed);
        let tells = how_far == ItemStatus::Completed || self.context.close_cut_items || !item.is_call();
        if tells {
            item.finish(how_far, &mut self.events, out)
        } else {
            item.finish(how_far, &mut Events::default(), &mut |_| {})
        }
    }

    fn end(&mut self, ending: Ending, out: &mut impl FnMut(wire::Event<'_>)) {
        let Ending { envelope, finish, stop_sequence: _, usage, metadata: _, moderation, origins } = ending;
        // What the beginning could not say yet, the end can.
        let Envelope { id: _, created, model, service_tier: tier } = envelope.clone();
        self.head(envelope);
        self.begin(out);
        let rest = if finish == Finish::Completed { ItemStatus::Completed } else { ItemStatus::Incomplete };
        let tells = rest == ItemStatus::Completed || self.context.close_cut_items;
        let output = self.close(rest, |item| tells || !item.is_call(), out);
        let usage = usage.map(|usage| encode_usage(usage, origins.usage, &mut self.losses));
        let State::Open(response) = std::mem::replace(&mut self.state, State::Done) else { return };
        let (status, incomplete_details) = encode_finish(&finish);
        let created_at = created.map(integer).or(response.created_at);
        let response = wire::Response {
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
        self.events.end(response, out);
    }

    fn fail(&mut self, failure: Box<Failure>, out: &mut impl FnMut(wire::Event<'_>)) {
        self.begin(out);
        let tells = self.context.close_cut_items;
        let output = self.close(ItemStatus::Incomplete, |_| tells, out);
        let error = encode_failure(&failure);
        let State::Open(response) = std::mem::replace(&mut self.state, State::Failed(failure)) else { return };
        let status = Some(wire::Status::Failed);
        self.events.end(wire::Response { status, error: Some(error), output: Some(output), ..*response }, out);
    }

    /// Ends every item that is still open, in the order they began, and gives all of them. An item that is not
    /// told of stays open for the client until the last event.
    fn close(
        &mut self,
        how_far: ItemStatus,
        tells: impl Fn(&OpenItem) -> bool,
        out: &mut impl FnMut(wire::Event<'_>),
    ) -> Vec<wire::Item> {
        let mut output = Vec::with_capacity(self.items.len());
        for Item { index: _, origin, written } in std::mem::take(&mut self.items) {
            match written {
                WrittenItem::Open(item) if tells(&item) => output.push(item.finish(how_far, &mut self.events, out)),
                WrittenItem::Open(item) => output.push(item.finish(how_far, &mut Events::default(), &mut |_| {})),
                WrittenItem::Carried { output_index, item } => {
                    self.events.item_done(output_index, item.clone(), out);
                    output.push(item);
                }
                WrittenItem::Foreign(opaque) => self.losses.push(cut_short(&opaque, origin, Api::Responses)),
                WrittenItem::Done(item) => output.push(item),
                WrittenItem::Dropped => {}
            }
        }
        output
    }

    /// Streams touch their newest items most.
    fn item(&mut self, index: ItemIndex) -> Option<&mut Item> {
        self.items.iter_mut().rev().find(|item| item.index == index)
    }

    /// An item that has begun and not ended.
    fn open(&mut self, index: ItemIndex) -> Option<(&mut OpenItem, &mut Events)> {
        let item = self.items.iter_mut().rev().find(|item| item.index == index)?;
        match &mut item.written {
            WrittenItem::Open(item) => Some((item, &mut self.events)),
            WrittenItem::Carried { output_index: _, item: _ }
            | WrittenItem::Foreign(_)
            | WrittenItem::Done(_)
            | WrittenItem::Dropped => None,
        }
    }

    fn lose(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        self.losses.push(Loss::new(path, code, detail));
    }
}
