//! Thoughts in a stream that is being written, and what goes where thoughts go.

use interlingua_model::{ItemIndex, Origin, ReasoningItem, ReasoningKind};
use interlingua_wire::Extra;

use super::encoder::{Aside, Encoder, ItemState};
use super::frame::Out;
use crate::LossCode;
use crate::chat::reasoning_content::REASONING_JOINER;
use crate::chat::reasoning_details::encode_details;
use crate::chat::reply::content::{beside_answer, cited_beside_answer};
use crate::chat::sealed::{CALLS, EXTRA_CONTENT, OfCall, REASONING_DETAILS, take_list, unsealed};

impl Encoder {
    /// Writes what was said beside the answer where thoughts go.
    pub(super) fn put_aside(&mut self, out: &mut impl Out) {
        let Some(Aside { index, origin, pieces, annotations }) = self.aside.take() else { return };
        let text: String = pieces.iter().map(|(_, text, _)| text.as_str()).collect();
        if !annotations.is_empty() {
            self.losses.push(cited_beside_answer(origin));
        }
        if text.is_empty() {
            return;
        }
        if !self.context.reasoning_content {
            return self.losses.push(beside_answer(origin));
        }
        if self.thought.is_some() {
            self.chunks.thought(REASONING_JOINER, out);
        }
        self.thought = Some((index, 0));
        self.chunks.thought(&text, out);
    }

    pub(super) fn write_thought(
        &mut self,
        index: ItemIndex,
        part: u32,
        kind: ReasoningKind,
        text: &str,
        out: &mut impl Out,
    ) {
        if text.is_empty() || !self.context.reasoning_content {
            return;
        }
        // Summaries and the thought itself say the same, the thought in full.
        let Some(ItemState::Reasoning { shown }) = self.state_of(index) else { return };
        let was = *shown.get_or_insert(kind);
        if (was, kind) == (ReasoningKind::Text, ReasoningKind::Summary) {
            return;
        }
        *shown = Some(kind);
        if was != kind || self.thought.is_some_and(|last| last != (index, part)) {
            self.chunks.thought(REASONING_JOINER, out);
        }
        self.thought = Some((index, part));
        self.chunks.thought(text, out);
    }

    /// Says what thoughts may stand before, and writes those that have waited for it.
    pub(super) fn anchor(&mut self, index: ItemIndex, before: Option<&str>, out: &mut impl Out) {
        self.anchors.push((index, before.map(str::to_owned)));
        self.release(before, out);
    }

    pub(super) fn release(&mut self, before: Option<&str>, out: &mut impl Out) {
        for (origin, reasoning) in std::mem::take(&mut self.waiting) {
            self.write_details(origin, &reasoning, before, out);
        }
    }

    /// Writes sealed thoughts for the next turn, or reports that they cannot be replayed.
    pub(super) fn write_details(
        &mut self,
        origin: Origin,
        reasoning: &ReasoningItem,
        before: Option<&str>,
        out: &mut impl Out,
    ) {
        let mut details = self.details;
        let entries = encode_details(reasoning, before, &mut details);
        if entries.is_empty() {
            return;
        }
        if before.is_some() {
            self.details = details;
            self.chunks.details(entries, out);
        } else {
            let detail = "the thoughts precede something Chat cannot carry, so they could not be replayed";
            self.lose(origin.path(), LossCode::DroppedReasoning, detail);
        }
    }

    /// Writes the fields that a thought keeps where they stood.
    pub(super) fn give_back(&mut self, reasoning: &ReasoningItem, out: &mut impl Out) {
        let mut fields = unsealed(reasoning).unwrap_or_default();
        let details: Vec<_> = take_list(&mut fields, REASONING_DETAILS);
        if !details.is_empty() {
            self.chunks.details(details, out);
        }
        for call in take_list::<OfCall>(&mut fields, CALLS) {
            let number = self.own.call_ids.iter().position(|id| *id == call.id);
            match number.and_then(|number| u32::try_from(number).ok()) {
                None => self.own.waiting.push(call),
                Some(number) => {
                    let mut extra = Extra::new();
                    extra.push(EXTRA_CONTENT, call.extra_content);
                    self.chunks.own_of_call(number, extra, out);
                }
            }
        }
        if !fields.is_empty() {
            self.chunks.own(fields, out);
        }
    }
}
