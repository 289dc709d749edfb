//! How a message ended, both ways.

use interlingua_model::{Finish, IncompleteReason, Origin, Sourced};
use interlingua_wire::{Extra, Maybe, messages as wire};

use super::unread::Unread;
use crate::{Loss, LossCode};

/// Where a reply says why it ended.
pub(in crate::messages) const FINISH: Origin = Origin::of("stop_reason");

/// Where it says which sequence stopped it.
pub(in crate::messages) const STOP_SEQUENCE: &str = "stop_sequence";

/// How a reply ended, by the reason it gives.
pub(in crate::messages) fn decode_finish(reason: Option<&wire::StopReason>, losses: &mut Vec<Loss>) -> Finish {
    let mut unknown = |detail: String| losses.push(Loss::new(FINISH.path(), LossCode::UnknownValue, detail));
    match reason {
        Some(wire::StopReason::EndTurn | wire::StopReason::StopSequence | wire::StopReason::ToolUse) => {
            Finish::Completed
        }
        Some(wire::StopReason::MaxTokens) => Finish::Incomplete(IncompleteReason::MaxOutputTokens),
        Some(wire::StopReason::Refusal) => Finish::Incomplete(IncompleteReason::ContentFilter),
        Some(wire::StopReason::PauseTurn) => Finish::Incomplete(IncompleteReason::Paused),
        Some(wire::StopReason::ModelContextWindowExceeded) => Finish::Incomplete(IncompleteReason::ContextWindow),
        Some(reason @ (wire::StopReason::Compaction | wire::StopReason::Other(_))) => {
            unknown(format!("`{reason}` is no stop reason that is known here; read as completed"));
            Finish::Completed
        }
        None => {
            unknown("the upstream gives no reason for its end; read as completed".to_owned());
            Finish::Completed
        }
    }
}

/// What a refusal says in words.
pub(in crate::messages) fn explanation(details: Maybe<wire::StopDetails>, unread: &mut Unread) -> Option<String> {
    let wire::StopDetails { kind: _, category, explanation, extra } = details.into_value()?;
    unread.fields(Origin::of("stop_details"), &extra);
    if category.is_some() {
        let path = "stop_details.category".to_owned();
        unread.once(path, LossCode::DroppedDetail, "of what kind the matter is, the words of the refusal tell");
    }
    explanation.filter(|text| !text.is_empty())
}

/// Why a reply ended, in this API's words.
pub(in crate::messages) struct Ended {
    pub(in crate::messages) reason: wire::StopReason,
    pub(in crate::messages) sequence: Option<String>,
    pub(in crate::messages) details: Maybe<wire::StopDetails>,
}

/// Whether the answer, or the rest of it, was kept back.
pub(in crate::messages) fn is_withheld(finish: &Finish) -> bool {
    *finish == Finish::Incomplete(IncompleteReason::ContentFilter)
}

/// The details of an end, with why the answer was kept back.
pub(in crate::messages) fn explained(
    details: Maybe<wire::StopDetails>,
    explanation: Option<String>,
) -> Maybe<wire::StopDetails> {
    match details {
        Maybe::Value(details) => Maybe::Value(wire::StopDetails { explanation, ..details }),
        Maybe::Absent | Maybe::Null => details,
    }
}

/// Why a reply ended, and what of it this API has no word for.
pub(in crate::messages) fn encode_finish(
    finish: &Finish,
    sequence: Option<Sourced<String>>,
    has_calls: bool,
    origin: Origin,
    losses: &mut Vec<Loss>,
) -> Ended {
    let plain = |reason| Ended { reason, sequence: None, details: Maybe::Absent };
    match finish {
        Finish::Completed => match sequence {
            Some(sequence) => Ended { sequence: Some(sequence.value), ..plain(wire::StopReason::StopSequence) },
            None if has_calls => plain(wire::StopReason::ToolUse),
            None => plain(wire::StopReason::EndTurn),
        },
        Finish::Incomplete(IncompleteReason::MaxOutputTokens) => plain(wire::StopReason::MaxTokens),
        Finish::Incomplete(IncompleteReason::Paused) => plain(wire::StopReason::PauseTurn),
        Finish::Incomplete(IncompleteReason::ContextWindow) => plain(wire::StopReason::ModelContextWindowExceeded),
        Finish::Incomplete(IncompleteReason::ContentFilter) => {
            let details = wire::StopDetails {
                kind: Some("refusal".to_owned()),
                category: None,
                explanation: None,
                extra: Extra::new(),
            };
            Ended { details: Maybe::Value(details), ..plain(wire::StopReason::Refusal) }
        }
        Finish::Incomplete(IncompleteReason::Other(reason)) => {
            let detail =
                format!("cut short for a reason this API does not know (`{reason}`); reported as `max_tokens`");
            losses.push(Loss::new(origin.path(), LossCode::UnknownValue, detail));
            plain(wire::StopReason::MaxTokens)
        }
    }
}
