//! Canonical events as the events of a Responses stream.

use interlingua_model::{
    Ending, Envelope, Event, Failure, Finish, Item, ItemIndex, ItemKind, ItemStart, ItemStatus, ReasoningItem, Sink,
};
use interlingua_wire::responses as wire;

use super::events::Events;
use super::open_item::OpenItem;
use crate::convert::{integer, wire_json};
use crate::responses::reply::failure::encode_failure;
use crate::responses::reply::finish::encode_finish;
use crate::responses::reply::ids::reply_id;
use crate::responses::reply::usage::encode_usage;
use crate::{Context, Loss, LossCode};

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
/// use interlingua_model::{Event, ItemIndex, ItemStart};
/// use interlingua_translate::{Context, Stamp, responses};
///
/// let mut encoder = responses::Encoder::new(Context::detached(Stamp { id: "1".into(), created: 0 }));
/// let mut types = Vec::new();
/// let item = ItemStart::Message { id: None, phase: None };
/// encoder.push(Event::ItemStarted { index: ItemIndex(0), item }, &mut |event| types.push(event.tag().to_owned()));
/// assert_eq!(types, ["response.created", "response.in_progress", "response.output_item.added"]);
/// ```
#[derive(Debug)]
pub struct Encoder {
    context: Context,
    state: State,
    events: Events,
    items: Vec<(ItemIndex, WrittenItem)>,
    /// The `output_index` of the next item to begin.
    output_index: u32,
    losses: Vec<Loss>,
}

#[derive(Debug)]
enum State {
    /// Nothing is written yet.
    Waiting(Envelope),
    /// The response as its events repeat it, without output.
    Open(Box<wire::Response>),
    Done,
    Failed(Box<Failure>),
}

#[derive(Debug)]
enum WrittenItem {
    Open(OpenItem),
    Done(wire::Item),
    /// Nothing that a reply holds.
    Dropped,
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
            output_index: 0,
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
            Event::ItemStarted { index, item } => self.start(index, item, out),
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
            Event::Annotation { index, part, annotation } => {
                let was_placed = self.open(index).is_some_and(|(item, events)| item.annotate(annotation, events, out));
                if !was_placed {
                    let path = format!("items[{}].content[{part}].annotations", index.0);
                    self.lose(path, LossCode::DroppedAnnotation, "an annotation of a text that has already ended");
                }
            }
            Event::ItemFinished { index, item } => self.finish_item(index, item.map(|item| *item), out),
            Event::Progress { .. } | Event::Opaque(_) => {}
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
            service_tier,
            ..self.context.echo()
        };
        self.events.begin(&response, out);
        self.state = State::Open(Box::new(response));
    }

    fn start(&mut self, index: ItemIndex, item: ItemStart<'_>, out: &mut impl FnMut(wire::Event<'_>)) {
        if let ItemStart::Opaque { kind } = &item {
            let detail = format!("the reply has no place for a `{kind}`");
            self.lose(format!("items[{}]", index.0), LossCode::DroppedItem, detail);
        } else {
            self.begin(out);
        }
        let State::Open(response) = &self.state else { return };
        let id = response.id.as_deref().unwrap_or_default();
        let written = match OpenItem::start(item, id, self.output_index, &mut self.events, out) {
            Some(item) => {
                self.output_index += 1;
                WrittenItem::Open(item)
            }
            None => WrittenItem::Dropped,
        };
        self.items.push((index, written));
    }

    fn finish_item(&mut self, index: ItemIndex, whole: Option<Item>, out: &mut impl FnMut(wire::Event<'_>)) {
        let Some((_, written)) = self.items.iter_mut().rev().find(|(at, _)| *at == index) else { return };
        let WrittenItem::Open(mut item) = std::mem::replace(written, WrittenItem::Dropped) else { return };
        let mut how_far = None;
        match whole.map(|item| item.kind) {
            Some(ItemKind::Reasoning(ReasoningItem { encrypted, status, .. })) => {
                item.seal(encrypted);
                how_far = status;
            }
            Some(ItemKind::Message(message)) => how_far = message.status,
            Some(ItemKind::ToolCall(call)) => how_far = call.status,
            Some(ItemKind::ToolResult(_) | ItemKind::Opaque(_)) | None => {}
        }
        let how_far = how_far.unwrap_or(ItemStatus::Completed);
        let tells = how_far == ItemStatus::Completed || self.context.close_cut_items || !item.is_call();
        *written = WrittenItem::Done(if tells {
            item.finish(how_far, &mut self.events, out)
        } else {
            item.finish(how_far, &mut Events::default(), &mut |_| {})
        });
    }

    fn end(&mut self, ending: Ending, out: &mut impl FnMut(wire::Event<'_>)) {
        let Ending { envelope, finish, usage, metadata: _, moderation } = ending;
        let service_tier = envelope.service_tier.clone();
        self.head(envelope);
        self.begin(out);
        let rest = if finish == Finish::Completed { ItemStatus::Completed } else { ItemStatus::Incomplete };
        let tells = rest == ItemStatus::Completed || self.context.close_cut_items;
        let output = self.close(rest, |item| tells || !item.is_call(), out);
        let usage = usage.map(|usage| encode_usage(usage, &mut self.losses));
        let State::Open(response) = std::mem::replace(&mut self.state, State::Done) else { return };
        let (status, incomplete_details) = encode_finish(&finish);
        let response = wire::Response {
            status: Some(status),
            incomplete_details,
            output: Some(output),
            usage,
            service_tier: service_tier.or_else(|| response.service_tier.clone()),
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
        for (_, written) in std::mem::take(&mut self.items) {
            match written {
                WrittenItem::Open(item) if tells(&item) => output.push(item.finish(how_far, &mut self.events, out)),
                WrittenItem::Open(item) => output.push(item.finish(how_far, &mut Events::default(), &mut |_| {})),
                WrittenItem::Done(item) => output.push(item),
                WrittenItem::Dropped => {}
            }
        }
        output
    }

    /// An item that has begun and not ended; streams touch their newest items most.
    fn open(&mut self, index: ItemIndex) -> Option<(&mut OpenItem, &mut Events)> {
        let (_, written) = self.items.iter_mut().rev().find(|(at, _)| *at == index)?;
        match written {
            WrittenItem::Open(item) => Some((item, &mut self.events)),
            WrittenItem::Done(_) | WrittenItem::Dropped => None,
        }
    }

    fn lose(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        self.losses.push(Loss::new(path, code, detail));
    }
}
