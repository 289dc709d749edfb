//! The items of a stream while they are being made, and what has been passed on of each.
// Long because: whatever tells a text again has to find the one place that knows what was said of it.

use std::borrow::Cow;

use interlingua_model as model;
use interlingua_model::{Annotation, Event, ItemIndex, ItemStart, PartKind, Sink, ToolKind};
use interlingua_wire::{Integer, responses as wire};

use super::item::{StreamedItem, StreamedKind, event, is_empty_message, texts};
use super::part_ref::{PartRef, Piece, View, index};
use super::passed_on::{Channel, Rest};
use crate::arguments::mended;
use crate::responses::reply::annotations::decode_annotation;
use crate::responses::reply::content::{ANNOTATION, decode_part};
use crate::responses::reply::decode_items::Reader;
use crate::responses::reply::finish::has_cut_input;
use crate::responses::reply::unread::Unread;
use crate::{Error, Loss, LossCode};

/// The items of one stream, by output index.
#[derive(Debug, Clone, Default)]
pub(super) struct StreamedItems {
    pub(super) items: Vec<StreamedItem>,
    /// Indexes of items that were told of under another before.
    pub(super) aliases: Vec<(ItemIndex, ItemIndex)>,
    /// Whether the input of a custom call was cut.
    pub(super) has_cut_input: bool,
    pub(super) losses: Vec<Loss>,
    pub(super) unread: Unread,
}

/// How much of a text a view has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// What there was when it began.
    AtFirst,
    InFull,
}

impl StreamedItems {
    /// Passes a delta on.
    pub(super) fn say(&mut self, piece: Piece<'_>, channel: Channel, out: &mut impl Sink) {
        let Piece { part: part_ref, text: delta, logprobs } = piece;
        let wanted = part_ref.output_index.and_then(index);
        let item = self.open(&part_ref, channel, out);
        let is_repeat = wanted.is_some_and(|wanted| match item.source {
            Some(source) => source != wanted,
            None => item.is_finished && item.index != wanted,
        });
        if is_repeat {
            return;
        }
        if !item.takes(channel) {
            return self.mismatch(&part_ref, channel);
        }
        let index = item.index;
        let is_announced = item.kind != StreamedKind::Unannounced;
        item.source = item.source.or(wanted);
        let is_function = channel == Channel::Arguments && item.kind != StreamedKind::Call(ToolKind::Custom);
        let said = item.said(channel, part_ref.part);
        let more = if is_function { said.say_arguments(delta) } else { said.say(&delta).then_some(delta) };
        if let Some(more) = more.filter(|_| is_announced) {
            out.event(event(index, channel, part_ref.part, more, logprobs));
        }
    }

    /// Compares a fuller view with what has been passed on, and passes on what is missing.
    pub(super) fn reconcile(&mut self, view: &View<'_>, channel: Channel, out: &mut impl Sink) {
        let View { part, text } = view;
        self.compare(part, channel, text, Told::InFull, out);
    }

    fn compare(&mut self, part_ref: &PartRef<'_>, channel: Channel, view: &str, told: Told, out: &mut impl Sink) {
        let item = self.open(part_ref, channel, out);
        if item.is_finished {
            return;
        }
        if !item.takes(channel) {
            return self.mismatch(part_ref, channel);
        }
        let (index, part) = (item.index, part_ref.part);
        let is_announced = item.kind != StreamedKind::Unannounced;
        let is_function = channel == Channel::Arguments && item.kind != StreamedKind::Call(ToolKind::Custom);
        let object = if is_function { mended(view) } else { None };
        let view = object.as_deref().unwrap_or(view);
        let said = item.said(channel, part);
        if told == Told::AtFirst && said.begin(view) {
            return;
        }
        let rest = said.compare(view);
        let missing = match rest {
            Rest::From(from) => view.get(from..).unwrap_or_default(),
            Rest::Deltas => &said.text,
            Rest::Nothing | Rest::Contradiction => "",
        };
        if is_announced && !missing.is_empty() {
            out.event(event(index, channel, part, Cow::Borrowed(missing), Vec::new()));
        }
        if matches!(rest, Rest::Deltas | Rest::Contradiction) {
            self.mismatch(part_ref, channel);
        }
    }

    /// Takes a part, just begun or finished.
    pub(super) fn part(
        &mut self,
        part_ref: &PartRef<'_>,
        part: Option<wire::ContentPart>,
        told: Told,
        out: &mut impl Sink,
    ) {
        let Some(part) = part else { return };
        let Some(channel) = Channel::of(&part) else { return };
        let origin = self.item(part_ref).part_origin(part_ref.part);
        match decode_part(part, origin, &mut self.unread) {
            PartKind::Text(text) => {
                self.open_part(part_ref, channel, out);
                self.compare(part_ref, channel, &text.text, told, out);
                if told == Told::InFull {
                    self.annotate_rest(part_ref, text.annotations, out);
                }
            }
            PartKind::Refusal(text) => {
                self.open_part(part_ref, channel, out);
                self.compare(part_ref, channel, &text, told, out);
            }
            PartKind::Image(_) | PartKind::File(_) | PartKind::Audio(_) | PartKind::Opaque(_) => {}
        }
    }

    /// Takes an annotation that an event of its own tells.
    pub(super) fn annotation(
        &mut self,
        part_ref: &PartRef<'_>,
        number: Option<Integer>,
        annotation: wire::Annotation,
        out: &mut impl Sink,
    ) {
        let item = self.item(part_ref);
        let number = number.and_then(|Integer(number)| usize::try_from(number).ok()).unwrap_or(0);
        let origin = item.part_origin(part_ref.part).then_nth(ANNOTATION, number);
        if !item.is_finished {
            let annotation = decode_annotation(annotation, origin, &mut self.unread);
            self.annotate(part_ref, annotation, out);
        }
    }

    fn annotate(&mut self, part_ref: &PartRef<'_>, annotation: Annotation, out: &mut impl Sink) {
        let item = self.open(part_ref, Channel::Text, out);
        if item.kind == StreamedKind::Message {
            item.said(Channel::Text, part_ref.part).annotations += 1;
            out.event(Event::Annotation { index: item.index, part: part_ref.part, annotation });
        }
    }

    /// Begins an item; one that has begun already only gains what it lacked.
    pub(super) fn start(
        &mut self,
        output_index: Option<Integer>,
        item: &wire::Item,
        reader: &Reader,
        out: &mut impl Sink,
    ) {
        let at = self.place(output_index, item, false, out);
        self.tell(at, item, Told::AtFirst, reader, out);
    }

    fn tell(&mut self, at: usize, item: &wire::Item, told: Told, reader: &Reader, out: &mut impl Sink) {
        let own_call_id = self.own_call_id(at, item, reader);
        let Some(streamed) = self.items.get_mut(at) else { return };
        if streamed.kind == StreamedKind::Unannounced {
            streamed.own_call_id = own_call_id;
            streamed.announce(item, reader, out);
        }
        let index = Some(Integer::from(streamed.index.0));
        self.item_content(index, item, told, out);
    }

    /// Ends an item with all it has become. `is_cut` says that the whole reply was cut short.
    pub(super) fn finish(
        &mut self,
        output_index: Option<Integer>,
        item: wire::Item,
        reader: &Reader,
        is_cut: bool,
        out: &mut impl Sink,
    ) -> Result<(), Error> {
        let at = self.place(output_index, &item, true, out);
        self.tell(at, &item, Told::InFull, reader, out);
        let Some(streamed) = self.items.get_mut(at) else { return Ok(()) };
        if streamed.is_finished {
            let is_another = streamed.kind != StreamedKind::of(&item) && streamed.kind != StreamedKind::Opaque;
            if is_another && texts(&item).iter().any(|(_, _, text)| !text.is_empty()) {
                let path = streamed.origin().path();
                let detail = "the reply repeats another item in place of the one that was streamed";
                self.losses.push(Loss::new(path, LossCode::StreamMismatch, detail));
            }
            return Ok(());
        }
        streamed.id = item.id().map(str::to_owned).or(streamed.id.take());
        let mut item = reader.item(item, streamed.origin(), is_cut, &mut self.unread)?;
        if !streamed.kind.holds(&item.kind) {
            let path = item.origin.path();
            let detail = "the finished item is of another kind than the one that began";
            self.losses.push(Loss::new(path, LossCode::StreamMismatch, detail));
            return Ok(());
        }
        if let model::ItemKind::ToolCall(call) = &mut item.kind {
            if let Some(own) = &streamed.own_call_id {
                call.call_id.clone_from(own);
            }
            streamed.complete(call, out);
        }
        self.has_cut_input |= has_cut_input(&item);
        streamed.is_finished = true;
        // A message that its own end repeats without its text is the one that was streamed.
        let is_hollow = streamed.said.iter().any(|said| !said.text.is_empty()) && is_empty_message(&item);
        out.event(Event::ItemFinished { index: streamed.index, item: (!is_hollow).then(|| Box::new(item)) });
        Ok(())
    }

    /// Takes an item of the terminal response, for streams that told less of it, or nothing.
    pub(super) fn finish_at_end(
        &mut self,
        position: usize,
        item: wire::Item,
        reader: &Reader,
        is_cut: bool,
        out: &mut impl Sink,
    ) -> Result<(), Error> {
        let id = item.id();
        let is_known = |item: &&StreamedItem| item.is_finished && id.is_some() && item.id.as_deref() == id;
        let position = match self.items.iter().find(is_known) {
            Some(known) => i64::from(known.index.0),
            None => i64::try_from(position).unwrap_or(i64::MAX),
        };
        self.finish(Some(Integer(position)), item, reader, is_cut, out)
    }

    /// Passes on what has been kept back of texts that no later view will tell of.
    pub(super) fn settle(&mut self, is_complete: bool, out: &mut impl Sink) {
        for item in self.items.iter_mut().filter(|item| !item.is_finished) {
            item.settle(is_complete, out);
        }
    }

    /// Ends the items that nothing ended.
    pub(super) fn close(&mut self, is_complete: bool, out: &mut impl Sink) -> Result<(), Error> {
        self.settle(is_complete, out);
        for item in self.items.iter_mut().filter(|item| !item.is_finished) {
            match item.kind {
                StreamedKind::Unannounced if item.said.iter().any(|said| !said.text.is_empty()) => {
                    return Err(Error::Malformed {
                        path: Some(item.origin().path()),
                        message: "arguments came for a call that was never named".to_owned(),
                    });
                }
                // Half a patch must not run.
                StreamedKind::Call(ToolKind::Custom) if is_complete && !item.said.iter().any(|said| said.is_whole) => {
                    self.has_cut_input = true;
                }
                StreamedKind::Message
                | StreamedKind::Call(_)
                | StreamedKind::Reasoning
                | StreamedKind::Image
                | StreamedKind::Opaque
                    if is_complete =>
                {
                    item.is_finished = true;
                    item.complete_arguments(out);
                    out.event(Event::ItemFinished { index: item.index, item: None });
                }
                StreamedKind::Unannounced
                | StreamedKind::Message
                | StreamedKind::Call(_)
                | StreamedKind::Reasoning
                | StreamedKind::Image
                | StreamedKind::Opaque => {}
            }
        }
        Ok(())
    }

    /// The hosted item at an output index, if it has begun.
    pub(super) fn known(&self, output_index: Option<Integer>) -> Option<ItemIndex> {
        let item = self.items.get(self.position(index(output_index?)?)?)?;
        (matches!(item.kind, StreamedKind::Image | StreamedKind::Opaque) && !item.is_finished).then_some(item.index)
    }

    /// The content that an item brings along.
    #[expect(clippy::wildcard_enum_match_arm, reason = "items of every other kind are not told in parts")]
    fn item_content(&mut self, output_index: Option<Integer>, item: &wire::Item, told: Told, out: &mut impl Sink) {
        let part_ref = |part: usize| PartRef {
            output_index,
            item_id: item.id().map(Cow::Borrowed),
            part: u32::try_from(part).unwrap_or(u32::MAX),
        };
        match item {
            wire::Item::Message(message) => match &message.content {
                Some(wire::Content::Parts(parts)) => {
                    for (number, part) in parts.iter().enumerate() {
                        self.part(&part_ref(number), Some(part.clone()), told, out);
                    }
                }
                Some(wire::Content::Text(text)) => self.compare(&part_ref(0), Channel::Text, text, told, out),
                None => {}
            },
            wire::Item::Reasoning(reasoning) => {
                // The thought itself before its summary: who can show only one shows the first.
                for parts in [&reasoning.content, &reasoning.summary].into_iter().flatten() {
                    for (number, part) in parts.iter().enumerate() {
                        self.part(&part_ref(number), Some(part.clone()), told, out);
                    }
                }
            }
            wire::Item::FunctionCall(call) => self.call_content(&part_ref(0), call.arguments.as_deref(), told, out),
            wire::Item::CustomToolCall(call) => self.call_content(&part_ref(0), call.input.as_deref(), told, out),
            _ => {}
        }
    }

    fn call_content(&mut self, part_ref: &PartRef<'_>, arguments: Option<&str>, told: Told, out: &mut impl Sink) {
        // A call the upstream made and answered itself has begun as something opaque.
        if self.item(part_ref).takes(Channel::Arguments) {
            self.compare(part_ref, Channel::Arguments, arguments.unwrap_or_default(), told, out);
        }
    }

    fn annotate_rest(&mut self, part_ref: &PartRef<'_>, annotations: Vec<Annotation>, out: &mut impl Sink) {
        if annotations.is_empty() {
            return;
        }
        let item = self.open(part_ref, Channel::Text, out);
        if item.kind != StreamedKind::Message {
            return;
        }
        let known = item.said(Channel::Text, part_ref.part).annotations;
        for annotation in annotations.into_iter().skip(known) {
            self.annotate(part_ref, annotation, out);
        }
    }

    /// Says that a part is there, before its first text.
    fn open_part(&mut self, part_ref: &PartRef<'_>, channel: Channel, out: &mut impl Sink) {
        let item = self.open(part_ref, channel, out);
        if item.takes(channel) && !item.has_said(channel, part_ref.part) {
            item.said(channel, part_ref.part);
            out.event(event(item.index, channel, part_ref.part, Cow::Borrowed(""), Vec::new()));
        }
    }

    /// The item that a part belongs to. Text for an item that nobody began begins it.
    fn open(&mut self, part_ref: &PartRef<'_>, channel: Channel, out: &mut impl Sink) -> &mut StreamedItem {
        let item = self.item(part_ref);
        if item.kind == StreamedKind::Unannounced && item.said.is_empty() {
            let (kind, start) = match channel {
                Channel::Text | Channel::Refusal => {
                    (StreamedKind::Message, ItemStart::Message { id: None, phase: None })
                }
                Channel::Summary | Channel::Reasoning => (StreamedKind::Reasoning, ItemStart::Reasoning { id: None }),
                Channel::Arguments => return item,
            };
            item.kind = kind;
            let beside = Vec::new();
            out.event(Event::ItemStarted { index: item.index, origin: item.origin(), item: start, beside });
        }
        item
    }

    fn item(&mut self, part_ref: &PartRef<'_>) -> &mut StreamedItem {
        let at = self.find_or_insert(part_ref.output_index, part_ref.item_id.as_deref());
        #[expect(clippy::indexing_slicing, reason = "find_or_insert returns the index of an item")]
        &mut self.items[at]
    }

    pub(super) fn find_or_insert(&mut self, output_index: Option<Integer>, id: Option<&str>) -> usize {
        let wanted = output_index.and_then(index);
        let found = match wanted {
            Some(index) => self.position(index),
            // Without a position, an id is the next best; without either, the newest item.
            None => self
                .items
                .iter()
                .rposition(|item| id.is_some() && item.id.as_deref() == id)
                .or_else(|| id.is_none().then(|| self.items.len().checked_sub(1)).flatten()),
        };
        found.unwrap_or_else(|| {
            let next = || self.items.iter().map(|item| item.index.0.saturating_add(1)).max().unwrap_or(0);
            let index = wanted.unwrap_or_else(|| ItemIndex(next()));
            self.items.push(StreamedItem::new(index, id));
            self.items.len() - 1
        })
    }

    /// Reports text that cannot be passed on. What an upstream tells of an item it keeps to itself is no loss.
    fn mismatch(&mut self, part_ref: &PartRef<'_>, channel: Channel) {
        let item = self.item(part_ref);
        if matches!(item.kind, StreamedKind::Image | StreamedKind::Opaque) {
            return;
        }
        let path = item.origin().path();
        let detail = format!("a later view of its {} contradicts what was already passed on", channel.word());
        self.losses.push(Loss::new(path, LossCode::StreamMismatch, detail));
    }
}
