//! The items of a stream while they are being made, and what has been passed on of each.

use std::borrow::Cow;

use interlingua_model::{Annotation, Event, Item, ItemIndex, ItemStart, Origin, PartKind, Sink, TokenLogprob};
use interlingua_wire::{Integer, responses as wire};

use super::item::{Channel, Slot, SlotKind, event};
use crate::responses::reply::content::decode_part;
use crate::responses::reply::decode_items::Reader;
use crate::{Error, Loss, LossCode};

/// The items of one stream, by output index.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    pub(super) losses: Vec<Loss>,
}

/// Where an event says it belongs.
pub(super) struct Place<'a> {
    output_index: Option<Integer>,
    item_id: Option<&'a str>,
    part: u32,
}

impl<'a> Place<'a> {
    pub(super) fn new(output_index: Option<Integer>, item_id: Option<&'a str>, part: Option<Integer>) -> Self {
        let part = part.and_then(|Integer(part)| u32::try_from(part).ok()).unwrap_or(0);
        Self { output_index, item_id, part }
    }
}

impl Slots {
    /// Passes a delta on.
    pub(super) fn say(
        &mut self,
        place: &Place<'_>,
        channel: Channel,
        delta: Cow<'_, str>,
        logprobs: Vec<TokenLogprob>,
        out: &mut impl Sink,
    ) {
        let slot = self.open(place, channel, out);
        if !slot.takes(channel) {
            return self.mismatch(place, channel);
        }
        let index = slot.index;
        let is_announced = slot.kind != SlotKind::Unannounced;
        slot.said(channel, place.part).text.push_str(&delta);
        if is_announced {
            out.event(event(index, channel, place.part, delta, logprobs));
        }
    }

    /// Compares a fuller view with what has been passed on, and passes on what is missing.
    pub(super) fn reconcile(&mut self, place: &Place<'_>, channel: Channel, full: &str, out: &mut impl Sink) {
        let slot = self.open(place, channel, out);
        if slot.kind == SlotKind::Finished {
            return;
        }
        if !slot.takes(channel) {
            return self.mismatch(place, channel);
        }
        let index = slot.index;
        let is_announced = slot.kind != SlotKind::Unannounced;
        let said = &mut slot.said(channel, place.part).text;
        if let Some(missing) = full.strip_prefix(said.as_str()) {
            if !missing.is_empty() {
                said.push_str(missing);
                if is_announced {
                    out.event(event(index, channel, place.part, Cow::Borrowed(missing), Vec::new()));
                }
            }
        } else if !full.is_empty() {
            self.mismatch(place, channel);
        }
    }

    /// Takes a part, just begun or finished.
    pub(super) fn part(&mut self, place: &Place<'_>, part: Option<wire::ContentPart>, out: &mut impl Sink) {
        let Some(part) = part else { return };
        let channel = match &part {
            wire::ContentPart::SummaryText(_) => Channel::Summary,
            wire::ContentPart::ReasoningText(_) => Channel::Thought,
            wire::ContentPart::Refusal(_) => Channel::Refusal,
            wire::ContentPart::OutputText(_) => Channel::Text,
            wire::ContentPart::InputText(_)
            | wire::ContentPart::InputImage(_)
            | wire::ContentPart::InputFile(_)
            | wire::ContentPart::InputAudio(_)
            | wire::ContentPart::Unknown(_) => return,
        };
        match decode_part(part) {
            PartKind::Text(text) => {
                self.open_part(place, channel, out);
                self.reconcile(place, channel, &text.text, out);
                self.annotate_rest(place, text.annotations, out);
            }
            PartKind::Refusal(text) => {
                self.open_part(place, channel, out);
                self.reconcile(place, channel, &text, out);
            }
            PartKind::Image(_) | PartKind::File(_) | PartKind::Audio(_) | PartKind::Opaque(_) => {}
        }
    }

    pub(super) fn annotate(&mut self, place: &Place<'_>, annotation: Annotation, out: &mut impl Sink) {
        let slot = self.open(place, Channel::Text, out);
        if slot.takes(Channel::Text) {
            slot.said(Channel::Text, place.part).annotations += 1;
            out.event(Event::Annotation { index: slot.index, part: place.part, annotation });
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
        let Some(slot) = self.slots.get_mut(at) else { return };
        if slot.kind == SlotKind::Unannounced {
            slot.announce(item, reader, out);
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
        let Some(slot) = self.slots.get_mut(at) else { return Ok(()) };
        if slot.kind == SlotKind::Finished {
            return Ok(());
        }
        let kind = reader.item(item, &format!("output[{}]", slot.index.0))?;
        if !slot.kind.holds(&kind) {
            let path = format!("output[{}]", slot.index.0);
            let detail = "the finished item is of another kind than the one that began";
            self.losses.push(Loss::new(path, LossCode::StreamMismatch, detail));
            return Ok(());
        }
        slot.kind = SlotKind::Finished;
        let item = Some(Box::new(Item { origin: Origin::default(), kind }));
        out.event(Event::ItemFinished { index: slot.index, item });
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
        let is_known = |slot: &Slot| slot.kind == SlotKind::Finished && id.is_some() && slot.id.as_deref() == id;
        if self.slots.iter().any(is_known) {
            return Ok(());
        }
        self.finish(Some(Integer(i64::try_from(position).unwrap_or(i64::MAX))), item, reader, out)
    }

    /// Ends the items that nothing ended.
    pub(super) fn close(&mut self, is_complete: bool, out: &mut impl Sink) -> Result<(), Error> {
        for slot in &mut self.slots {
            match slot.kind {
                SlotKind::Unannounced if slot.said.iter().any(|said| !said.text.is_empty()) => {
                    return Err(Error::Malformed {
                        path: Some(format!("output[{}]", slot.index.0)),
                        message: "arguments came for a call that was never named".to_owned(),
                    });
                }
                SlotKind::Message | SlotKind::Call | SlotKind::Reasoning | SlotKind::Opaque if is_complete => {
                    slot.kind = SlotKind::Finished;
                    out.event(Event::ItemFinished { index: slot.index, item: None });
                }
                SlotKind::Unannounced
                | SlotKind::Message
                | SlotKind::Call
                | SlotKind::Reasoning
                | SlotKind::Opaque
                | SlotKind::Finished => {}
            }
        }
        Ok(())
    }

    /// The item that a place names, if it has begun.
    pub(super) fn known(&self, output_index: Option<Integer>) -> Option<ItemIndex> {
        let index = index(output_index?)?;
        self.slots.iter().find(|slot| slot.index == index && slot.kind == SlotKind::Opaque).map(|slot| slot.index)
    }

    /// The content that an item brings along.
    #[expect(clippy::wildcard_enum_match_arm, reason = "items of every other kind are not told in parts")]
    fn item_content(&mut self, output_index: Option<Integer>, item: &wire::Item, out: &mut impl Sink) {
        let place =
            |part: usize| Place { output_index, item_id: item.id(), part: u32::try_from(part).unwrap_or(u32::MAX) };
        match item {
            wire::Item::Message(message) => match &message.content {
                Some(wire::Content::Parts(parts)) => {
                    for (number, part) in parts.iter().enumerate() {
                        self.part(&place(number), Some(part.clone()), out);
                    }
                }
                Some(wire::Content::Text(text)) => self.reconcile(&place(0), Channel::Text, text, out),
                None => {}
            },
            wire::Item::Reasoning(reasoning) => {
                for parts in [&reasoning.summary, &reasoning.content].into_iter().flatten() {
                    for (number, part) in parts.iter().enumerate() {
                        self.part(&place(number), Some(part.clone()), out);
                    }
                }
            }
            wire::Item::FunctionCall(call) => self.call_content(&place(0), call.arguments.as_deref(), out),
            wire::Item::CustomToolCall(call) => self.call_content(&place(0), call.input.as_deref(), out),
            _ => {}
        }
    }

    fn call_content(&mut self, place: &Place<'_>, arguments: Option<&str>, out: &mut impl Sink) {
        let at = self.find_or_insert(place.output_index, place.item_id);
        // A call the upstream made and answered itself has begun as something opaque.
        if self.slots.get(at).is_some_and(|slot| slot.takes(Channel::Arguments)) {
            self.reconcile(place, Channel::Arguments, arguments.unwrap_or_default(), out);
        }
    }

    fn annotate_rest(&mut self, place: &Place<'_>, annotations: Vec<Annotation>, out: &mut impl Sink) {
        if annotations.is_empty() {
            return;
        }
        let slot = self.open(place, Channel::Text, out);
        if !slot.takes(Channel::Text) {
            return;
        }
        let known = slot.said(Channel::Text, place.part).annotations;
        for annotation in annotations.into_iter().skip(known) {
            self.annotate(place, annotation, out);
        }
    }

    /// Says that a part is there, before its first text.
    fn open_part(&mut self, place: &Place<'_>, channel: Channel, out: &mut impl Sink) {
        let slot = self.open(place, channel, out);
        if slot.takes(channel) && !slot.has_said(channel, place.part) {
            slot.said(channel, place.part);
            out.event(event(slot.index, channel, place.part, Cow::Borrowed(""), Vec::new()));
        }
    }

    /// The slot of a place. Text for an item that nobody began begins it.
    fn open(&mut self, place: &Place<'_>, channel: Channel, out: &mut impl Sink) -> &mut Slot {
        let at = self.find_or_insert(place.output_index, place.item_id);
        #[expect(clippy::indexing_slicing, reason = "find_or_insert returns the index of a slot")]
        let slot = &mut self.slots[at];
        if slot.kind == SlotKind::Unannounced && slot.said.is_empty() {
            let (kind, item) = match channel {
                Channel::Text | Channel::Refusal => (SlotKind::Message, ItemStart::Message { id: None, phase: None }),
                Channel::Summary | Channel::Thought => (SlotKind::Reasoning, ItemStart::Reasoning { id: None }),
                Channel::Arguments => return slot,
            };
            slot.kind = kind;
            out.event(Event::ItemStarted { index: slot.index, item });
        }
        slot
    }

    fn find_or_insert(&mut self, output_index: Option<Integer>, id: Option<&str>) -> usize {
        let wanted = output_index.and_then(index);
        let found = match wanted {
            Some(index) => self.slots.iter().rposition(|slot| slot.index == index),
            // Without a position, an id is the next best; without either, the newest item.
            None => self
                .slots
                .iter()
                .rposition(|slot| id.is_some() && slot.id.as_deref() == id)
                .or_else(|| id.is_none().then(|| self.slots.len().checked_sub(1)).flatten()),
        };
        found.unwrap_or_else(|| {
            let next = || self.slots.iter().map(|slot| slot.index.0.saturating_add(1)).max().unwrap_or(0);
            let index = wanted.unwrap_or_else(|| ItemIndex(next()));
            let id = id.map(str::to_owned);
            self.slots.push(Slot { index, id, kind: SlotKind::Unannounced, said: Vec::new() });
            self.slots.len() - 1
        })
    }

    /// Reports text that cannot be passed on. What an upstream tells of an item it keeps to itself is no loss.
    fn mismatch(&mut self, place: &Place<'_>, channel: Channel) {
        let at = self.find_or_insert(place.output_index, place.item_id);
        if self.slots.get(at).is_some_and(|slot| slot.kind == SlotKind::Opaque) {
            return;
        }
        let number = place.output_index.map_or(-1, |index| index.0);
        let detail = format!("a later view of its {channel:?} contradicts what was already passed on").to_lowercase();
        self.losses.push(Loss::new(format!("output[{number}]"), LossCode::StreamMismatch, detail));
    }
}

fn index(Integer(index): Integer) -> Option<ItemIndex> {
    u32::try_from(index).ok().map(ItemIndex)
}
