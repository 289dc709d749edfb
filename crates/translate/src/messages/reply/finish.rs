//! How a message ended, both ways.

use interlingua_model::{Finish, IncompleteReason, Origin};
use interlingua_wire::{Extra, Maybe, messages as wire};

use crate::{Loss, LossCode};

/// Where a reply says why it ended.
pub(in crate::messages) const FINISH: Origin = Origin::of("stop_reason");

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
pub(in crate::messages) fn explanation(details: Maybe<wire::StopDetails>) -> Option<String> {
    let wire::StopDetails { kind: _, category: _, explanation, extra: _ } = details.into_value()?;
    explanation.filter(|text| !text.is_empty())
}

/// Why a reply ended, in this API's words.
pub(in crate::messages) struct Ended {
    pub(in crate::messages) reason: wire::StopReason,
    pub(in crate::messages) sequence: Option<String>,
    pub(in crate::messages) details: Maybe<wire::StopDetails>,
}

/// Why a reply ended, and what of it this API has no word for.
pub(in crate::messages) fn encode_finish(
    finish: &Finish,
    sequence: Option<String>,
    has_calls: bool,
    origin: Origin,
    losses: &mut Vec<Loss>,
) -> Ended {
    let plain = |reason| Ended { reason, sequence: None, details: Maybe::Absent };
    match finish {
        Finish::Completed => match sequence {
            Some(sequence) => Ended { sequence: Some(sequence), ..plain(wire::StopReason::StopSequence) },
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
