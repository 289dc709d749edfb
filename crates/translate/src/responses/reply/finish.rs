//! How a response and its items ended, both ways.

use interlingua_model::{
    Arguments, Ending, Failure, Finish, IncompleteReason, Item, ItemKind, ItemStatus, Origin, ReplyOrigins, ToolCall,
};
use interlingua_wire::{Extra, Integer, Json, responses as wire};

use super::failure::{decode_error, ended, no_reply};
use super::ids::envelope;
use super::unread::Unread;
use super::usage::decode_usage;
use crate::convert::json;
use crate::error::describe;
use crate::{Loss, LossCode};

/// Takes a reply apart: its items, and how it ended. `said` is the status a terminal event's name gives, for replies
/// that have none of their own, `agent` the one that event names.
pub(in crate::responses) fn judge(
    wire: wire::Response,
    agent: Option<&Json>,
    said: Option<wire::Status>,
    losses: &mut Vec<Loss>,
    unread: &mut Unread,
) -> (Vec<wire::Item>, Result<Ending, Box<Failure>>) {
    let envelope = envelope(&wire, agent);
    let wire::Response {
        id: _,
        object,
        created_at: _,
        status,
        completed_at: _,
        error,
        incomplete_details,
        model: _,
        output,
        usage,
        service_tier: _,
        moderation,
        // What a reply repeats of its request is known from the request; its tools are looked at before.
        instructions: _,
        tools: _,
        tool_choice: _,
        parallel_tool_calls: _,
        max_tool_calls: _,
        reasoning: _,
        text: _,
        max_output_tokens: _,
        temperature: _,
        top_p: _,
        top_logprobs: _,
        frequency_penalty: _,
        presence_penalty: _,
        metadata,
        store: _,
        background: _,
        previous_response_id: _,
        conversation: _,
        prompt: _,
        truncation: _,
        context_management: _,
        prompt_cache_key: _,
        prompt_cache_retention: _,
        prompt_cache_options: _,
        safety_identifier: _,
        user: _,
        access_programs: _,
        image: _,
        // Told beside the envelope.
        input_transformations: _,
        prompt_cache_diagnostics: _,
        billing,
        tool_usage,
        // The output once more.
        output_text: _,
        extra,
    } = wire;
    let says_nothing = output.is_none() && object.as_deref() != Some("response");
    let output = output.unwrap_or_default();
    unread.reply(&extra);
    unread.known("billing", billing.as_ref());
    unread.known("tool_usage", tool_usage.as_ref());
    let error = error.map(decode_error).filter(is_told);
    let status = match (status, said) {
        // The event's name outranks a status that its sender forgot to bring up to date.
        (None | Some(wire::Status::InProgress | wire::Status::Queued), Some(said)) => said,
        (Some(status), _) => status,
        (None, None) if error.is_some() && output.is_empty() => wire::Status::Failed,
        (None, None) if incomplete_details.as_ref().is_some_and(|details| details.reason.is_some()) => {
            wire::Status::Incomplete
        }
        (None, None) if says_nothing => return (output, Err(Box::new(no_reply(object.as_deref(), &extra)))),
        (None, None) => wire::Status::Completed,
    };
    let mut origins =
        ReplyOrigins { items: Origin::of("output"), finish: Origin::of("status"), usage: Origin::of("usage") };
    let finish = match status {
        // Whatever came before it: who takes half an answer for the whole acts on it.
        wire::Status::Completed | wire::Status::Other(_) if error.is_some() => {
            return (output, Err(Box::new(error.unwrap_or_default())));
        }
        wire::Status::Completed => Finish::Completed,
        wire::Status::Other(word) => {
            let detail = format!("`{word}` is no status of the Responses API; read as completed");
            losses.push(Loss::new(origins.finish.path(), LossCode::UnknownValue, detail));
            Finish::Completed
        }
        wire::Status::Incomplete => {
            let reason = incomplete_details.and_then(|details| details.reason);
            if reason.is_some() {
                origins.finish = Origin::of("incomplete_details.reason");
            }
            Finish::Incomplete(incomplete_reason(reason.unwrap_or_default()))
        }
        wire::Status::Failed => return (output, Err(Box::new(error.unwrap_or_default()))),
        wire::Status::Cancelled => {
            return (output, Err(Box::new(ended("response_cancelled", "the response was cancelled"))));
        }
        wire::Status::InProgress | wire::Status::Queued => {
            let message = "the upstream answered with a response that is still being made in the background";
            return (output, Err(Box::new(ended("unexpected_background_response", message))));
        }
    };
    if let Some(error) = error {
        losses.push(Loss::new("error", LossCode::ErrorBesideAnswer, describe(&error)));
    }
    let usage = usage.and_then(decode_usage);
    let (metadata, moderation) = (metadata.map(json), moderation.map(json));
    (output, Ok(Ending { envelope, finish, stop_sequence: None, usage, metadata, moderation, origins }))
}

/// Whether an item is a custom call of which the input is not all there.
pub(in crate::responses) fn has_cut_input(item: &Item) -> bool {
    let ItemKind::ToolCall(ToolCall { id: _, call_id: _, name: _, namespace: _, arguments, status }) = &item.kind
    else {
        return false;
    };
    matches!(arguments, Arguments::Custom(_)) && *status == Some(ItemStatus::Incomplete)
}

/// Reads a reply that says it is complete as one cut short, since the input of a custom call in it was cut: a tool that
/// takes text of any form would run half of it.
pub(in crate::responses) fn distrust(ending: &mut Ending, losses: &mut Vec<Loss>) {
    if ending.finish == Finish::Completed {
        ending.finish = Finish::Incomplete(IncompleteReason::MaxOutputTokens);
        let detail = "the input of a custom call was cut, so the reply is not complete";
        losses.push(Loss::new(ending.origins.finish.path(), LossCode::ChangedValue, detail));
    }
}

/// Whether an error says anything at all.
fn is_told(error: &Failure) -> bool {
    error.code.is_some() || !error.message.is_empty() || error.kind.is_some()
}

/// How a response ended: its status, and why if it was cut short.
pub(in crate::responses) fn encode_finish(finish: &Finish) -> (wire::Status, Option<wire::IncompleteDetails>) {
    let reason = match finish {
        Finish::Completed => return (wire::Status::Completed, None),
        Finish::Incomplete(
            IncompleteReason::MaxOutputTokens | IncompleteReason::Paused | IncompleteReason::ContextWindow,
        ) => "max_output_tokens",
        Finish::Incomplete(IncompleteReason::ContentFilter) => "content_filter",
        Finish::Incomplete(IncompleteReason::Other(reason)) if reason.is_empty() => "max_output_tokens",
        Finish::Incomplete(IncompleteReason::Other(reason)) => reason,
    };
    let details = wire::IncompleteDetails { reason: Some(reason.to_owned()), extra: Extra::new() };
    (wire::Status::Incomplete, Some(details))
}

/// When a response was finished: for clients that want to know, the second it was begun in, which is the only one that a
/// translator without a clock has seen. One that was cut short was never finished.
pub(in crate::responses) fn completed_at(finish: &Finish, created: Option<Integer>) -> Option<Integer> {
    created.filter(|_| *finish == Finish::Completed)
}

/// The service tier of a reply that is all there: the one the upstream says, else the one there is without asking.
pub(in crate::responses) fn used_tier(said: Option<String>) -> String {
    said.unwrap_or_else(|| "default".to_owned())
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

fn incomplete_reason(reason: String) -> IncompleteReason {
    match reason.as_str() {
        "max_output_tokens" | "max_tokens" => IncompleteReason::MaxOutputTokens,
        "content_filter" => IncompleteReason::ContentFilter,
        _ => IncompleteReason::Other(reason),
    }
}
