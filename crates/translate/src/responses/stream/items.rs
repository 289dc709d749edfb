//! The items of a stream while they are being made, and what has been passed on of each.

use std::borrow::Cow;

use interlingua_model::{Annotation, Event, ItemIndex, ItemStart, PartKind, Sink};
use interlingua_wire::{Integer, responses as wire};

use super::item::{Channel, StreamedItem, StreamedKind, event};
use super::part_ref::{PartRef, Piece, View};
use crate::responses::reply::annotations::decode_annotation;
use crate::responses::reply::content::{ANNOTATION, decode_part};
use crate::responses::reply::decode_items::Reader;
use crate::{Error, Loss, LossCode};

/// The items of one stream, by output index.
#[derive(Debug, Clone, Default)]
pub(super) struct StreamedItems {
    items: Vec<StreamedItem>,
    pub(super) losses: Vec<Loss>,
}

impl StreamedItems {
    /// Passes a delta on.
    pub(super) fn say(&mut self, piece: Piece<'_>, channel: Channel, out: &mut impl Sink) {
        let Piece { part: part_ref, text: delta, logprobs } = piece;
        let item = self.open(&part_ref, channel, out);
        if !item.takes(channel) {
            return self.mismatch(&part_ref, channel);
        }
        let index = item.index;
        let is_announced = item.kind != StreamedKind::Unannounced;
        item.said(channel, part_ref.part).text.push_str(&delta);
        if is_announced {
            out.event(event(index, channel, part_ref.part, delta, logprobs));
        }
    }

    /// Compares a fuller view with what has been passed on, and passes on what is missing.
    pub(super) fn reconcile(&mut self, view: &View<'_>, channel: Channel, out: &mut impl Sink) {
        let View { part, text } = view;
        self.compare(part, channel, text, out);
    }

    fn compare(&mut self, part_ref: &PartRef<'_>, channel: Channel, full: &str, out: &mut impl Sink) {
        let item = self.open(part_ref, channel, out);
        if item.kind == StreamedKind::Finished {
            return;
        }
        if !item.takes(channel) {
            return self.mismatch(part_ref, channel);
        }
        let index = item.index;
        let is_announced = item.kind != StreamedKind::Unannounced;
        let said = &mut item.said(channel, part_ref.part).text;
        if let Some(missing) = full.strip_prefix(said.as_str()) {
            if !missing.is_empty() {
                said.push_str(missing);
                if is_announced {
                    out.event(event(index, channel, part_ref.part, Cow::Borrowed(missing), Vec::new()));
                }
            }
        } else if !full.is_empty() {
            self.mismatch(part_ref, channel);
        }
    }

    /// Takes a part, just begun or finished.
    pub(super) fn part(&mut self, part_ref: &PartRef<'_>, part: Option<wire::ContentPart>, out: &mut impl Sink) {
        let Some(part) = part else { return };
        let channel = match &part {
            wire::ContentPart::SummaryText(_) => Channel::Summary,
            wire::ContentPart::ReasoningText(_) => Channel::Reasoning,
            wire::ContentPart::Refusal(_) => Channel::Refusal,
            wire::ContentPart::OutputText(_) => Channel::Text,
            wire::ContentPart::InputText(_)
            | wire::ContentPart::InputImage(_)
            | wire::ContentPart::InputFile(_)
            | wire::ContentPart::InputAudio(_)
            | wire::ContentPart::Unknown(_) => return,
        };
        let origin = self.item(part_ref).part_origin(part_ref.part);
        match decode_part(part, origin) {
            PartKind::Text(text) => {
                self.open_part(part_ref, channel, out);
                self.compare(part_ref, channel, &text.text, out);
                self.annotate_rest(part_ref, text.annotations, out);
            }
            PartKind::Refusal(text) => {
                self.open_part(part_ref, channel, out);
                self.compare(part_ref, channel, &text, out);
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
        self.annotate(part_ref, decode_annotation(annotation, origin), out);
    }

    fn annotate(&mut self, part_ref: &PartRef<'_>, annotation: Annotation, out: &mut impl Sink) {
        let item = self.open(part_ref, Channel::Text, out);
        if item.takes(Channel::Text) {
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
        let at = self.find_or_insert(output_index, item.id());
        let Some(streamed) = self.items.get_mut(at) else { return };
        if streamed.kind == StreamedKind::Unannounced {
            streamed.announce(item, reader, out);
        }
        self.item_content(output_index, item, out);
    }

    /// Ends an item with all it has become.
    pub(super) fn finish(
        &mut self,
        output_index: Option<Integer>,
        item: wire::Item,
        reader: &Reader,
        out: &mut impl Sink,
    ) -> Result<(), Error> {
        self.start(output_index, &item, reader, out);
        let at = self.find_or_insert(output_index, item.id());
        let Some(streamed) = self.items.get_mut(at) else { return Ok(()) };
        if streamed.kind == StreamedKind::Finished {
            return Ok(());
        }
        let item = reader.item(item, streamed.origin())?;
        if !streamed.kind.holds(&item.kind) {
            let path = item.origin.path();
            let detail = "the finished item is of another kind than the one that began";
            self.losses.push(Loss::new(path, LossCode::StreamMismatch, detail));
            return Ok(());
        }
        streamed.kind = StreamedKind::Finished;
        out.event(Event::ItemFinished { index: streamed.index, item: Some(Box::new(item)) });
        Ok(())
    }

    /// Takes an item of the terminal response, for streams that told less of it, or nothing.
    pub(super) fn finish_at_end(
        &mut self,
        position: usize,
        item: wire::Item,
        reader: &Reader,
        out: &mut impl Sink,
    ) -> Result<(), Error> {
        let id = item.id();
        let is_known =
            |item: &StreamedItem| item.kind == StreamedKind::Finished && id.is_some() && item.id.as_deref() == id;
        if self.items.iter().any(is_known) {
            return Ok(());
        }
        self.finish(Some(Integer(i64::try_from(position).unwrap_or(i64::MAX))), item, reader, out)
    }

    /// Ends the items that nothing ended.
    pub(super) fn close(&mut self, is_complete: bool, out: &mut impl Sink) -> Result<(), Error> {
        for item in &mut self.items {
            match item.kind {
                StreamedKind::Unannounced if item.said.iter().any(|said| !said.text.is_empty()) => {
                    return Err(Error::Malformed {
                        path: Some(item.origin().path()),
                        message: "arguments came for a call that was never named".to_owned(),
                    });
                }
                StreamedKind::Message | StreamedKind::Call | StreamedKind::Reasoning | StreamedKind::Opaque
                    if is_complete =>
                {
                    item.kind = StreamedKind::Finished;
                    out.event(Event::ItemFinished { index: item.index, item: None });
                }
                StreamedKind::Unannounced
                | StreamedKind::Message
                | StreamedKind::Call
                | StreamedKind::Reasoning
                | StreamedKind::Opaque
                | StreamedKind::Finished => {}
            }
        }
        Ok(())
    }

    /// The hosted item at an output index, if it has begun.
    pub(super) fn known(&self, output_index: Option<Integer>) -> Option<ItemIndex> {
        let index = index(output_index?)?;
        self.items.iter().find(|item| item.index == index && item.kind == StreamedKind::Opaque).map(|item| item.index)
    }

    /// The content that an item brings along.
    #[expect(clippy::wildcard_enum_match_arm, reason = "items of every other kind are not told in parts")]
    fn item_content(&mut self, output_index: Option<Integer>, item: &wire::Item, out: &mut impl Sink) {
        let part_ref = |part: usize| PartRef {
            output_index,
            item_id: item.id().map(Cow::Borrowed),
            part: u32::try_from(part).unwrap_or(u32::MAX),
        };
        match item {
            wire::Item::Message(message) => match &message.content {
                Some(wire::Content::Parts(parts)) => {
                    for (number, part) in parts.iter().enumerate() {
                        self.part(&part_ref(number), Some(part.clone()), out);
                    }
                }
                Some(wire::Content::Text(text)) => self.compare(&part_ref(0), Channel::Text, text, out),
                None => {}
            },
            wire::Item::Reasoning(reasoning) => {
                for parts in [&reasoning.summary, &reasoning.content].into_iter().flatten() {
                    for (number, part) in parts.iter().enumerate() {
                        self.part(&part_ref(number), Some(part.clone()), out);
                    }
                }
            }
            wire::Item::FunctionCall(call) => self.call_content(&part_ref(0), call.arguments.as_deref(), out),
            wire::Item::CustomToolCall(call) => self.call_content(&part_ref(0), call.input.as_deref(), out),
            _ => {}
        }
    }

    fn call_content(&mut self, part_ref: &PartRef<'_>, arguments: Option<&str>, out: &mut impl Sink) {
        // A call the upstream made and answered itself has begun as something opaque.
        if self.item(part_ref).takes(Channel::Arguments) {
            self.compare(part_ref, Channel::Arguments, arguments.unwrap_or_default(), out);
        }
    }

    fn annotate_rest(&mut self, part_ref: &PartRef<'_>, annotations: Vec<Annotation>, out: &mut impl Sink) {
        if annotations.is_empty() {
            return;
        }
        let item = self.open(part_ref, Channel::Text, out);
        if !item.takes(Channel::Text) {
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
            out.event(Event::ItemStarted { index: item.index, origin: item.origin(), item: start });
        }
        item
    }

    fn item(&mut self, part_ref: &PartRef<'_>) -> &mut StreamedItem {
        let at = self.find_or_insert(part_ref.output_index, part_ref.item_id.as_deref());
        #[expect(clippy::indexing_slicing, reason = "find_or_insert returns the index of an item")]
        &mut self.items[at]
    }

    fn find_or_insert(&mut self, output_index: Option<Integer>, id: Option<&str>) -> usize {
        let wanted = output_index.and_then(index);
        let found = match wanted {
            Some(index) => self.items.iter().rposition(|item| item.index == index),
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
            let id = id.map(str::to_owned);
            self.items.push(StreamedItem { index, id, kind: StreamedKind::Unannounced, said: Vec::new() });
            self.items.len() - 1
        })
    }

    /// Reports text that cannot be passed on. What an upstream tells of an item it keeps to itself is no loss.
    fn mismatch(&mut self, part_ref: &PartRef<'_>, channel: Channel) {
        let item = self.item(part_ref);
        if item.kind == StreamedKind::Opaque {
            return;
        }
        let path = item.origin().path();
        let detail = format!("a later view of its {} contradicts what was already passed on", channel.word());
        self.losses.push(Loss::new(path, LossCode::StreamMismatch, detail));
    }
}

fn index(Integer(index): Integer) -> Option<ItemIndex> {
    u32::try_from(index).ok().map(ItemIndex)
}
