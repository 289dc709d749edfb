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

/// A part as it is shown.
pub(super) struct Shown<'a> {
    pub(super) part: PartRef<'a>,
    pub(super) content: Option<Box<wire::ContentPart>>,
}

impl<'a> PartRef<'a> {
    pub(super) fn new(output_index: Option<Integer>, item_id: Option<Text<'a>>, part: Option<Integer>) -> Self {
        let part = part.and_then(|Integer(part)| u32::try_from(part).ok()).unwrap_or(0);
        Self { output_index, item_id: item_id.map(|id| id.0), part }
    }
}

impl<'a> Shown<'a> {
    fn new(part: PartRef<'a>, content: Option<Box<wire::ContentPart>>) -> Self {
        Self { part, content }
    }
}

impl<'a> Piece<'a> {
    fn new(part: PartRef<'a>, delta: Text<'a>) -> Self {
        Self { part, text: delta.0, logprobs: Vec::new() }
    }
}

impl<'a> View<'a> {
    fn new(part: PartRef<'a>, text: Option<impl Into<Text<'a>>>) -> Self {
        Self { part, text: text.map(|text| text.into().0).unwrap_or_default() }
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

/// Reads events: of each kind the field that counts its parts, where it has any, what it says, and what else of it nobody asks
/// for.
macro_rules! read {
    ($to:ident from $($event:ident [$($part:ident)?] $said:ident $(without $other:ident)?;)+) => {$(
        impl<'a> From<wire::$event<'a>> for $to<'a> {
            fn from(event: wire::$event<'a>) -> Self {
                let wire::$event {
                    item_id, output_index, $($part,)? $said, $($other: _,)? sequence_number: _, agent: _, extra: _
                } = event;
                Self::new(PartRef::new(output_index, item_id, None$(.or($part))?), $said)
            }
        }
    )+};
}

read! { Piece from
    PartDelta [content_index] delta without obfuscation;
    SummaryTextDelta [summary_index] delta without obfuscation;
    CallDelta [] delta without obfuscation;
}

read! { Shown from
    ContentPartEvent [content_index] part;
    SummaryPartEvent [summary_index] part without status;
}

// The tokens of a text came with its deltas and come with the finished item in full, and the item of a call has its name.
read! { View from
    OutputTextDone [content_index] text without logprobs;
    RefusalDone [content_index] refusal;
    ReasoningTextDone [content_index] text;
    SummaryTextDone [summary_index] text;
    ArgumentsDone [] arguments without name;
    InputDone [] input;
}

/// The index of an item.
pub(super) fn index(Integer(index): Integer) -> Option<ItemIndex> {
    u32::try_from(index).ok().map(ItemIndex)
}
