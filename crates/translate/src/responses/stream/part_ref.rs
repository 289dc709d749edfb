//! Which part of which item an event is about, and what it says of it.
//!
//! An event's number and the padding that hides its length say nothing of the reply.

use std::borrow::Cow;

use interlingua_model::{ItemIndex, TokenLogprob};
use interlingua_wire::{Integer, Text, responses as wire};

use crate::responses::reply::logprobs::decode_logprobs;

/// Which part of which item an event says it is about.
pub(super) struct PartRef<'a> {
    pub(super) output_index: Option<Integer>,
    pub(super) item_id: Option<Cow<'a, str>>,
    pub(super) part: u32,
}

/// What to append to a text.
pub(super) struct Piece<'a> {
    pub(super) part: PartRef<'a>,
    pub(super) text: Cow<'a, str>,
    pub(super) logprobs: Vec<TokenLogprob>,
}

/// A text as far as it has come.
pub(super) struct View<'a> {
    pub(super) part: PartRef<'a>,
    pub(super) text: Cow<'a, str>,
}

impl<'a> PartRef<'a> {
    pub(super) fn new(output_index: Option<Integer>, item_id: Option<Text<'a>>, part: Option<Integer>) -> Self {
        let part = part.and_then(|Integer(part)| u32::try_from(part).ok()).unwrap_or(0);
        Self { output_index, item_id: item_id.map(|id| id.0), part }
    }
}

impl<'a> Piece<'a> {
    fn plain(part: PartRef<'a>, delta: Text<'a>) -> Self {
        Self { part, text: delta.0, logprobs: Vec::new() }
    }
}

impl<'a> View<'a> {
    fn new(part: PartRef<'a>, text: Option<Text<'a>>) -> Self {
        Self { part, text: text.map(|text| text.0).unwrap_or_default() }
    }
}

impl<'a> From<wire::OutputTextDelta<'a>> for Piece<'a> {
    fn from(event: wire::OutputTextDelta<'a>) -> Self {
        let wire::OutputTextDelta {
            item_id,
            output_index,
            content_index,
            delta,
            logprobs,
            obfuscation: _,
            sequence_number: _,
            agent: _,
            extra: _,
        } = event;
        let part = PartRef::new(output_index, item_id, content_index);
        Self { part, text: delta.0, logprobs: decode_logprobs(logprobs) }
    }
}

impl<'a> From<wire::PartDelta<'a>> for Piece<'a> {
    fn from(event: wire::PartDelta<'a>) -> Self {
        let wire::PartDelta {
            item_id,
            output_index,
            content_index,
            delta,
            obfuscation: _,
            sequence_number: _,
            agent: _,
            extra: _,
        } = event;
        Self::plain(PartRef::new(output_index, item_id, content_index), delta)
    }
}

impl<'a> From<wire::SummaryTextDelta<'a>> for Piece<'a> {
    fn from(event: wire::SummaryTextDelta<'a>) -> Self {
        let wire::SummaryTextDelta {
            item_id,
            output_index,
            summary_index,
            delta,
            obfuscation: _,
            sequence_number: _,
            agent: _,
            extra: _,
        } = event;
        Self::plain(PartRef::new(output_index, item_id, summary_index), delta)
    }
}

impl<'a> From<wire::CallDelta<'a>> for Piece<'a> {
    fn from(event: wire::CallDelta<'a>) -> Self {
        let wire::CallDelta { item_id, output_index, delta, obfuscation: _, sequence_number: _, agent: _, extra: _ } =
            event;
        Self::plain(PartRef::new(output_index, item_id, None), delta)
    }
}

impl<'a> From<wire::OutputTextDone<'a>> for View<'a> {
    fn from(event: wire::OutputTextDone<'a>) -> Self {
        // The tokens came with the deltas, and come with the finished item in full.
        let wire::OutputTextDone {
            item_id,
            output_index,
            content_index,
            text,
            logprobs: _,
            sequence_number: _,
            agent: _,
            extra: _,
        } = event;
        Self::new(PartRef::new(output_index, item_id, content_index), text)
    }
}

impl<'a> From<wire::RefusalDone<'a>> for View<'a> {
    fn from(event: wire::RefusalDone<'a>) -> Self {
        let wire::RefusalDone { item_id, output_index, content_index, refusal, sequence_number: _, agent: _, extra: _ } =
            event;
        Self::new(PartRef::new(output_index, item_id, content_index), refusal)
    }
}

impl<'a> From<wire::ReasoningTextDone<'a>> for View<'a> {
    fn from(event: wire::ReasoningTextDone<'a>) -> Self {
        let wire::ReasoningTextDone {
            item_id,
            output_index,
            content_index,
            text,
            sequence_number: _,
            agent: _,
            extra: _,
        } = event;
        Self::new(PartRef::new(output_index, item_id, content_index), text)
    }
}

impl<'a> From<wire::SummaryTextDone<'a>> for View<'a> {
    fn from(event: wire::SummaryTextDone<'a>) -> Self {
        let wire::SummaryTextDone {
            item_id,
            output_index,
            summary_index,
            text,
            sequence_number: _,
            agent: _,
            extra: _,
        } = event;
        Self::new(PartRef::new(output_index, item_id, summary_index), text)
    }
}

impl<'a> From<wire::ArgumentsDone<'a>> for View<'a> {
    fn from(event: wire::ArgumentsDone<'a>) -> Self {
        // The item has the name already.
        let wire::ArgumentsDone { item_id, output_index, name: _, arguments, sequence_number: _, agent: _, extra: _ } =
            event;
        Self::new(PartRef::new(output_index, item_id, None), arguments.map(Text::from))
    }
}

impl<'a> From<wire::InputDone<'a>> for View<'a> {
    fn from(event: wire::InputDone<'a>) -> Self {
        let wire::InputDone { item_id, output_index, input, sequence_number: _, agent: _, extra: _ } = event;
        Self::new(PartRef::new(output_index, item_id, None), input)
    }
}

/// The index of an item.
pub(super) fn index(Integer(index): Integer) -> Option<ItemIndex> {
    u32::try_from(index).ok().map(ItemIndex)
}
