//! How a response and its items ended, both ways.

use interlingua_model::{Ending, Failure, Finish, IncompleteReason, ItemStatus};
use interlingua_wire::{Extra, responses as wire};

use super::failure::{decode_error, ended};
use super::ids::envelope;
use super::usage::decode_usage;
use crate::convert::json;
use crate::{Loss, LossCode};

/// Takes a reply apart: its items, and how it ended. `said` is the status a terminal event's name gives, for replies
/// that have none of their own.
pub(in crate::responses) fn judge(
    wire: wire::Response,
    said: Option<wire::Status>,
    losses: &mut Vec<Loss>,
) -> (Vec<wire::Item>, Result<Ending, Box<Failure>>) {
    let envelope = envelope(&wire);
    let wire::Response { status, error, incomplete_details, output, usage, moderation, metadata, .. } = wire;
    let output = output.unwrap_or_default();
    let status = match (status, said) {
        // The event's name outranks a status that its sender forgot to bring up to date.
        (None | Some(wire::Status::InProgress | wire::Status::Queued), Some(said)) => said,
        (Some(status), _) => status,
        (None, None) if error.is_some() && output.is_empty() => wire::Status::Failed,
        (None, None) if incomplete_details.as_ref().is_some_and(|details| details.reason.is_some()) => {
            wire::Status::Incomplete
        }
        (None, None) => wire::Status::Completed,
    };
    let finish = match status {
        wire::Status::Completed => Finish::Completed,
        wire::Status::Other(word) => {
            let detail = format!("`{word}` is no status of the Responses API; read as completed");
            losses.push(Loss::new("status", LossCode::UnknownValue, detail));
            Finish::Completed
        }
        wire::Status::Incomplete => Finish::Incomplete(incomplete_reason(incomplete_details)),
        wire::Status::Failed => return (output, Err(Box::new(error.map(decode_error).unwrap_or_default()))),
        wire::Status::Cancelled => {
            return (output, Err(Box::new(ended("response_cancelled", "the response was cancelled"))));
        }
        wire::Status::InProgress | wire::Status::Queued => {
            let message = "the upstream answered with a response that is still being made in the background";
            return (output, Err(Box::new(ended("unexpected_background_response", message))));
        }
    };
    if finish == Finish::Completed
        && let Some(error) = error
    {
        let detail = error.message.unwrap_or_else(|| "without a message".to_owned());
        losses.push(Loss::new("error", LossCode::ErrorBesideAnswer, detail));
    }
    let usage = usage.and_then(decode_usage);
    let (metadata, moderation) = (metadata.map(json), moderation.map(json));
    (output, Ok(Ending { envelope, finish, usage, metadata, moderation }))
}

/// How a response ended: its status, and why if it was cut short.
pub(in crate::responses) fn encode_finish(finish: &Finish) -> (wire::Status, Option<wire::IncompleteDetails>) {
    let reason = match finish {
        Finish::Completed => return (wire::Status::Completed, None),
        Finish::Incomplete(IncompleteReason::MaxOutputTokens) => "max_output_tokens",
        Finish::Incomplete(IncompleteReason::ContentFilter) => "content_filter",
        Finish::Incomplete(IncompleteReason::Other(reason)) if reason.is_empty() => "max_output_tokens",
        Finish::Incomplete(IncompleteReason::Other(reason)) => reason,
    };
    let details = wire::IncompleteDetails { reason: Some(reason.to_owned()), extra: Extra::new() };
    (wire::Status::Incomplete, Some(details))
}

/// How far an item got.
pub(in crate::responses) fn decode_status(status: Option<&wire::Status>) -> Option<ItemStatus> {
    match status? {
        wire::Status::Completed => Some(ItemStatus::Completed),
        wire::Status::InProgress | wire::Status::Queued => Some(ItemStatus::InProgress),
        wire::Status::Incomplete | wire::Status::Failed | wire::Status::Cancelled => Some(ItemStatus::Incomplete),
        wire::Status::Other(_) => None,
    }
}

pub(in crate::responses) fn encode_status(status: ItemStatus) -> wire::Status {
    match status {
        ItemStatus::InProgress => wire::Status::InProgress,
        ItemStatus::Completed => wire::Status::Completed,
        ItemStatus::Incomplete => wire::Status::Incomplete,
    }
}

fn incomplete_reason(details: Option<wire::IncompleteDetails>) -> IncompleteReason {
    let reason = details.and_then(|details| details.reason).unwrap_or_default();
    match reason.as_str() {
        "max_output_tokens" | "max_tokens" => IncompleteReason::MaxOutputTokens,
        "content_filter" => IncompleteReason::ContentFilter,
        _ => IncompleteReason::Other(reason),
    }
}
