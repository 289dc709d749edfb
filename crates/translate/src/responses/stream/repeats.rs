//! Which item of a stream an event is about, where upstreams tell of one item under several positions.

use std::borrow::Cow;

use interlingua_model::{ItemIndex, Sink};
use interlingua_wire::{Integer, responses as wire};

use super::item::{StreamedItem, StreamedKind, event, texts};
use super::items::StreamedItems;
use super::part_ref::index;
use super::passed_on::Channel;
use crate::responses::reply::decode_items::Reader;
use crate::responses::reply::ids::another_call_id;

impl StreamedItems {
    /// The place of an item that begins or, with `is_done`, has ended: that of the same item wherever it was told of before,
    /// else the one it says.
    pub(super) fn place(
        &mut self,
        output_index: Option<Integer>,
        item: &wire::Item,
        is_done: bool,
        out: &mut impl Sink,
    ) -> usize {
        let wanted = output_index.and_then(index);
        let there = wanted.and_then(|wanted| self.position(wanted));
        let is_free = there.and_then(|at| self.items.get(at)).is_none_or(|it| it.kind == StreamedKind::Unannounced);
        if is_free && let Some(at) = self.same_call(item, is_done) {
            return self.merge(wanted, there, at, out);
        }
        let is_blank = there.and_then(|at| self.items.get(at)).is_none_or(|it| it.said.is_empty());
        if is_done
            && is_free
            && is_blank
            && let Some(at) = self.items.iter().position(|it| it.is_finished && it.is_told_by(item))
        {
            return at;
        }
        let is_newest_of_its_kind = |it: &StreamedItem| !it.is_finished && it.kind == StreamedKind::of(item);
        if wanted.is_none()
            && is_done
            && !self.items.iter().any(|it| it.id.as_deref() == item.id())
            && let Some(at) = self.items.iter().rposition(is_newest_of_its_kind)
        {
            return at;
        }
        self.find_or_insert(output_index, item.id())
    }

    /// Where an index stands, by whatever index its item began.
    pub(super) fn position(&self, wanted: ItemIndex) -> Option<usize> {
        let wanted = self.aliases.iter().find(|(alias, _)| *alias == wanted).map_or(wanted, |(_, known)| *known);
        self.items.iter().rposition(|item| item.index == wanted)
    }

    /// The call that this is again. Two that have ended and differ are two.
    fn same_call(&self, item: &wire::Item, is_done: bool) -> Option<usize> {
        let (call_id, name, arguments) = called(item)?;
        self.items.iter().position(|it| {
            let is_it = it.call.as_ref().is_some_and(|(id, known)| id == call_id && known == name);
            let known = it.said.iter().find(|said| said.channel == Channel::Arguments).map(|said| said.text.as_str());
            let is_all_of = |known: &str| if is_done { known == arguments } else { known.starts_with(arguments) };
            let differs = it.is_finished && !arguments.is_empty() && known.is_some_and(|known| !is_all_of(known));
            is_it && !differs
        })
    }

    /// The id of its own that the call at `at` needs, since another call has the one it comes with.
    pub(super) fn own_call_id(&self, at: usize, item: &wire::Item, reader: &Reader) -> Option<String> {
        let (call_id, _, _) = called(item)?;
        let is_taken = |id: &str| {
            let others = self.items.iter().enumerate().filter(|(other, it)| *other != at && it.call.is_some());
            others.map(|(_, it)| it).any(|it| match (&it.own_call_id, &it.call) {
                (Some(own), _) => own == id,
                (None, Some((theirs, _))) => reader.call_id(theirs) == id,
                (None, None) => false,
            })
        };
        let call_id = reader.call_id(call_id);
        is_taken(&call_id)
            .then(|| another_call_id(&call_id, self.items.get(at).map_or(at, StreamedItem::position), is_taken))
    }

    /// Takes what was told under another index to the item at `at`.
    fn merge(&mut self, wanted: Option<ItemIndex>, there: Option<usize>, at: usize, out: &mut impl Sink) -> usize {
        let Some(known) = self.items.get(at).map(|item| item.index) else { return at };
        if let Some(wanted) = wanted.filter(|wanted| *wanted != known) {
            self.aliases.push((wanted, known));
        }
        let Some(there) = there.filter(|there| *there != at) else { return at };
        let early = self.items.remove(there).said;
        let at = if there < at { at - 1 } else { at };
        let Some(item) = self.items.get_mut(at).filter(|item| !item.is_finished) else { return at };
        if item.said.iter().all(|said| said.text.is_empty()) {
            item.source = wanted;
            for told in early {
                if item.said(told.channel, told.part).say(&told.text) && !told.text.is_empty() {
                    out.event(event(known, told.channel, told.part, Cow::Owned(told.text), Vec::new()));
                }
            }
        }
        at
    }
}

impl StreamedItem {
    /// Whether this item, told once more, is the one that has ended here.
    fn is_told_by(&self, item: &wire::Item) -> bool {
        if item.id().is_none() || self.id.as_deref() != item.id() {
            return false;
        }
        if self.kind != StreamedKind::of(item) {
            // A call that the upstream has made and answered itself.
            return self.kind == StreamedKind::Opaque;
        }
        let told = texts(item);
        let told = || told.iter().filter(|(_, _, text)| !text.is_empty());
        let known = || self.said.iter().filter(|said| !said.text.is_empty());
        told().count() == known().count()
            && told().all(|(channel, part, text)| {
                known().any(|said| (said.channel, said.part, said.text.as_str()) == (*channel, *part, text.as_str()))
            })
    }
}

/// A call's id, name and arguments.
#[expect(clippy::wildcard_enum_match_arm, reason = "items of every other kind are no calls of the client's tools")]
fn called(item: &wire::Item) -> Option<(&str, &str, &str)> {
    let (call_id, name, arguments) = match item {
        wire::Item::FunctionCall(call) => (&call.call_id, &call.name, call.arguments.as_deref()),
        wire::Item::CustomToolCall(call) => (&call.call_id, &call.name, call.input.as_deref()),
        _ => return None,
    };
    let given = |text: &'_ Option<String>| -> bool { text.as_ref().is_some_and(|text| !text.is_empty()) };
    (given(call_id) && given(name)).then_some(())?;
    Some((call_id.as_deref()?, name.as_deref()?, arguments.unwrap_or_default()))
}
