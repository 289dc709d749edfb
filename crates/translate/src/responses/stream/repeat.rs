//! Deltas, which is what streams consist of, and what there is to know of one beside its text.

use std::borrow::Cow;

use interlingua_wire::{Extra, Integer, Text, responses as wire};

use super::part_ref::{PartRef, Piece};
use super::passed_on::Channel;
use crate::shape::Hole;

/// A delta but for its text.
#[derive(Debug, Clone)]
pub(super) struct Delta {
    pub(super) channel: Channel,
    output_index: Option<Integer>,
    item_id: Option<String>,
    part: u32,
}

/// What may change from delta to delta of a text.
pub(super) const FIELDS: &[(&str, Hole)] =
    &[("delta", Hole::Text), ("sequence_number", Hole::Number), ("obfuscation", Hole::Padding)];

impl Delta {
    /// What there is to know of a delta that says nothing but more of its text.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the other events are not what streams consist of")]
    pub(super) fn of(event: &wire::Event<'_>, data: &str) -> Option<Self> {
        use wire::Event as E;
        let (channel, output_index, item_id, part, extra) = match event {
            E::OutputTextDelta(delta) if delta.logprobs.as_ref().is_none_or(Vec::is_empty) => {
                (Channel::Text, &delta.output_index, &delta.item_id, delta.content_index, &delta.extra)
            }
            E::RefusalDelta(delta) => {
                (Channel::Refusal, &delta.output_index, &delta.item_id, delta.content_index, &delta.extra)
            }
            E::ReasoningTextDelta(delta) => {
                (Channel::Reasoning, &delta.output_index, &delta.item_id, delta.content_index, &delta.extra)
            }
            E::ReasoningSummaryTextDelta(delta) => {
                (Channel::Summary, &delta.output_index, &delta.item_id, delta.summary_index, &delta.extra)
            }
            E::FunctionCallArgumentsDelta(delta) | E::CustomToolCallInputDelta(delta) => {
                (Channel::Arguments, &delta.output_index, &delta.item_id, None, &delta.extra)
            }
            _ => return None,
        };
        // An event may say what it is by its name alone, which is not part of its data.
        let says_type = data.contains("\"type\":");
        (says_type && extra == &Extra::new()).then(|| {
            let PartRef { output_index, item_id, part } =
                PartRef::new(*output_index, item_id.as_deref().map(Text::from), part);
            Self { channel, output_index, item_id: item_id.map(Cow::into_owned), part }
        })
    }

    /// The same with another text.
    pub(super) fn piece<'d>(&'d self, text: &'d str) -> Piece<'d> {
        let Self { channel: _, output_index, item_id, part } = self;
        let part = PartRef { output_index: *output_index, item_id: item_id.as_deref().map(Cow::Borrowed), part: *part };
        Piece { part, text: Cow::Borrowed(text), logprobs: Vec::new() }
    }
}
