//! The items of a stream, as they go out and end.

use interlingua_model::{
    self as model, Annotation, Api, ImageGeneration, ItemIndex, ItemKind, ItemStatus, Opaque, Origin,
};
use interlingua_wire::{Unknown, responses as wire};

use super::encoder::{Encoder, State};
use super::events::Events;
use super::open_item::OpenItem;
use super::written::{Item, WrittenItem};
use crate::LossCode;
use crate::beside::leave_out_fields_once;
use crate::convert::wire_json;
use crate::hosted::Hosted;
use crate::opaque::{cut_short, hosted, leave_out_of_reply, lost_image};
use crate::responses::hosted::write;
use crate::responses::images;
use crate::responses::reply::annotations::encode_annotation;
use crate::responses::reply::ids::{ItemFamily, item_id};
use crate::seals::kept_seal;

impl Encoder {
    /// Begins an item that comes and goes as it is.
    pub(super) fn carry(
        &mut self,
        index: ItemIndex,
        origin: Origin,
        item: wire::Item,
        out: &mut impl FnMut(wire::Event<'_>),
    ) {
        self.begin(out);
        let output_index = self.output_index;
        self.output_index += 1;
        self.events.item_added(output_index, item.clone(), out);
        self.items.push(Item { index, origin, written: WrittenItem::Carried { output_index, item } });
    }

    /// Begins what a server of another API does, where this one has a word for it.
    pub(super) fn begin_hosted(
        &mut self,
        index: ItemIndex,
        origin: Origin,
        hosted: Hosted,
        out: &mut impl FnMut(wire::Event<'_>),
    ) {
        self.begin(out);
        let State::Open(response) = &self.state else { return };
        let made_up = item_id(ItemFamily::Hosted, response.id.as_deref().unwrap_or_default(), self.output_index);
        self.carry(index, origin, write(hosted, made_up, false), out);
    }

    /// Begins a picture: at once where this API told of it, else when it is there.
    pub(super) fn begin_image(
        &mut self,
        index: ItemIndex,
        origin: Origin,
        made: ImageGeneration,
        out: &mut impl FnMut(wire::Event<'_>),
    ) {
        let is_own = made.own.as_ref().is_some_and(|own| own.api == Api::Responses);
        match is_own.then(|| images::encode(made.clone(), String::new())).flatten() {
            Some(item) => self.carry(index, origin, item, out),
            None => self.items.push(Item { index, origin, written: WrittenItem::Image(Box::new(made)) }),
        }
    }

    /// Tells a picture that is there.
    fn tell_image(
        &mut self,
        made: ImageGeneration,
        origin: Origin,
        out: &mut impl FnMut(wire::Event<'_>),
    ) -> Option<wire::Item> {
        self.begin(out);
        let State::Open(response) = &self.state else { return None };
        let made_up = item_id(ItemFamily::Image, response.id.as_deref().unwrap_or_default(), self.output_index);
        let lost = lost_image(&made.begun(), origin, Api::Responses);
        let Some(item) = images::encode(made, made_up) else {
            self.losses.push(lost);
            return None;
        };
        let output_index = self.output_index;
        self.output_index += 1;
        self.events.item_added(output_index, images::begun(&item), out);
        self.events.item_done(output_index, item.clone(), out);
        Some(item)
    }

    /// Passes on what a hosted tool tells of an item that comes as it is.
    pub(super) fn progress(&mut self, index: ItemIndex, step: &str, raw: &str, out: &mut impl FnMut(wire::Event<'_>)) {
        if let Some(Item { index: _, origin: _, written: WrittenItem::Carried { output_index, item: _ } }) =
            self.items.iter().rev().find(|item| item.index == index)
        {
            self.events.carried(step, raw, Some(*output_index), out);
        }
    }

    pub(super) fn annotate(
        &mut self,
        index: ItemIndex,
        part: u32,
        annotation: Annotation,
        out: &mut impl FnMut(wire::Event<'_>),
    ) {
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

    pub(super) fn finish_item(
        &mut self,
        index: ItemIndex,
        whole: Option<Box<model::Item>>,
        out: &mut impl FnMut(wire::Event<'_>),
    ) {
        let Some(known) = self.item(index) else { return };
        let origin = known.origin;
        let done = match (std::mem::replace(&mut known.written, WrittenItem::Dropped), whole) {
            (WrittenItem::Open(mut item), whole) => {
                let (kind, beside) = whole.map(|whole| (whole.kind, whole.beside)).unzip();
                let left = item.hang(beside.unwrap_or_default());
                leave_out_fields_once(&left, origin, Api::Responses, &mut self.losses);
                self.finish_open(item, kind, out)
            }
            (WrittenItem::Carried { output_index, item }, whole) => {
                let item = match whole.map(|whole| whole.kind) {
                    Some(ItemKind::Opaque(Opaque { api: Api::Responses, kind, class: _, raw })) => {
                        wire::Item::Unknown(Unknown { kind, raw: wire_json(raw) })
                    }
                    Some(ItemKind::ImageGeneration(made)) => images::encode(made, String::new()).unwrap_or(item),
                    Some(ItemKind::Opaque(opaque)) => match hosted(&opaque) {
                        Some(hosted) => write(hosted, id_of(&item), true),
                        None => item,
                    },
                    _ => item,
                };
                self.events.item_done(output_index, item.clone(), out);
                item
            }
            (WrittenItem::Foreign(begun), whole) => {
                let whole = whole.map(|whole| whole.kind);
                let opaque = if let Some(ItemKind::Opaque(opaque)) = whole { opaque } else { *begun };
                if let Err(error) = leave_out_of_reply(&opaque, origin, Api::Responses, &mut self.losses) {
                    self.fail(Box::new(error.into_failure()), out);
                }
                return;
            }
            (WrittenItem::Image(begun), whole) => {
                let whole = whole.map(|whole| whole.kind);
                let made = if let Some(ItemKind::ImageGeneration(made)) = whole { made } else { *begun };
                match self.tell_image(made, origin, out) {
                    Some(item) => item,
                    None => return,
                }
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
            Some(ItemKind::ToolResult(_) | ItemKind::ImageGeneration(_) | ItemKind::Opaque(_)) | None => None,
        };
        let how_far = how_far.unwrap_or(ItemStatus::Completed);
        let tells = how_far == ItemStatus::Completed || self.context.close_cut_items || !item.is_call();
        if tells {
            item.finish(how_far, &mut self.events, out)
        } else {
            item.finish(how_far, &mut Events::default(), &mut |_| {})
        }
    }

    /// Ends every item that is still open, in the order they began, and gives all of them. An item that is not
    /// told of stays open for the client until the last event.
    pub(super) fn close(
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
                WrittenItem::Image(made) => self.losses.push(lost_image(&made, origin, Api::Responses)),
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
    pub(super) fn open(&mut self, index: ItemIndex) -> Option<(&mut OpenItem, &mut Events)> {
        let item = self.items.iter_mut().rev().find(|item| item.index == index)?;
        match &mut item.written {
            WrittenItem::Open(item) => Some((item, &mut self.events)),
            WrittenItem::Carried { output_index: _, item: _ }
            | WrittenItem::Foreign(_)
            | WrittenItem::Image(_)
            | WrittenItem::Done(_)
            | WrittenItem::Dropped => None,
        }
    }
}

/// The id that an item of a server began with.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other item tells what a server of another API did")]
fn id_of(item: &wire::Item) -> String {
    let id = match item {
        wire::Item::WebSearchCall(call) => call.id.clone(),
        wire::Item::McpCall(call) => call.id.clone(),
        _ => None,
    };
    id.unwrap_or_default()
}
