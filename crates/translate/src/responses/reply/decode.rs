//! A Responses reply as the canonical reply.

use interlingua_model::{
    Ending, Envelope, Failure, Finish, IncompleteReason, InputDetails, Item, Origin, OutputDetails, Response, Usage,
};
use interlingua_wire::{Extra, responses as wire};

use super::decode_items::Reader;
use crate::convert::{count, json, to_json};
use crate::{Context, Error, Loss, LossCode, Translated};

/// Reads a Responses reply.
///
/// Missing and null fields say nothing; a reply without a status is a completed one. Names and ids that the request
/// translation replaced are the caller's own again.
///
/// # Errors
/// [`Error::Upstream`] when the reply says that it failed, was cancelled or is still being made, although HTTP said
/// 200; [`Error::Malformed`] for a call that nobody could answer.
///
/// ```
/// use interlingua_translate::{Context, Stamp, responses};
///
/// let context = Context::detached(Stamp { id: "1".into(), created: 0 });
/// let body = r#"{"id":"resp_1","status":"failed","error":{"code":"rate_limit_exceeded","message":"slow"}}"#;
/// let error = responses::decode_response(serde_json::from_str(body)?, &context).unwrap_err();
/// assert_eq!((error.status(), error.code()), (429, Some("rate_limit_exceeded")));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn decode_response(wire: wire::Response, context: &Context) -> Result<Translated<Response>, Error> {
    let mut reader = Reader::new(context);
    reader.see_tools(wire.tools.as_ref());
    let mut losses = Vec::new();
    let (output, verdict) = judge(wire, None, &mut losses);
    let Ending { envelope, finish, usage, metadata, moderation } = verdict.map_err(Error::Upstream)?;
    let mut items = Vec::with_capacity(output.len());
    for (index, item) in output.into_iter().enumerate() {
        let kind = reader.item(item, &format!("output[{index}]"))?;
        items.push(Item { origin: Origin::default(), kind });
    }
    let Envelope { id, created, model, service_tier } = envelope;
    let value = Response { id, created, model, service_tier, metadata, items, usage, moderation, finish };
    Ok(Translated { value, losses })
}

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

/// Who answers, and when.
pub(in crate::responses) fn envelope(wire: &wire::Response) -> Envelope {
    Envelope {
        id: wire.id.clone().filter(|id| !id.is_empty()),
        created: count(wire.created_at),
        model: wire.model.clone().filter(|model| !model.is_empty()),
        service_tier: wire.service_tier.clone(),
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

fn ended(code: &str, message: &str) -> Failure {
    Failure {
        code: Some(code.to_owned()),
        message: message.to_owned(),
        kind: Some("server_error".to_owned()),
        param: None,
        raw: None,
    }
}

fn decode_error(error: wire::ResponseError) -> Failure {
    let raw = to_json(&error);
    let wire::ResponseError { code, message, extra } = error;
    Failure {
        code: code.map(error_code).filter(|code| !code.is_empty()),
        message: message.unwrap_or_default(),
        kind: extra_text(&extra, "type"),
        param: extra_text(&extra, "param"),
        raw,
    }
}

/// A code, which some backends write as a number.
pub(in crate::responses) fn error_code(code: wire::ErrorCode) -> String {
    match code {
        wire::ErrorCode::Word(word) => word,
        wire::ErrorCode::Number(number) => number.0.to_string(),
    }
}

fn extra_text(extra: &Extra, key: &str) -> Option<String> {
    extra.get(key).and_then(|value| value.parse::<String>().ok())
}

/// `None` for a usage object that says nothing.
fn decode_usage(usage: wire::Usage) -> Option<Usage> {
    let wire::Usage { input_tokens, input_tokens_details, output_tokens, output_tokens_details, total_tokens, extra } =
        usage;
    if input_tokens.is_none() && output_tokens.is_none() && total_tokens.is_none() {
        return None;
    }
    let (input, output) = (count(input_tokens).unwrap_or(0), count(output_tokens).unwrap_or(0));
    Some(Usage {
        input,
        output,
        total: count(total_tokens).unwrap_or(input.saturating_add(output)),
        input_details: input_tokens_details.map(|details| {
            let wire::InputTokensDetails { cached_tokens, cache_write_tokens, extra } = details;
            InputDetails {
                cached: count(cached_tokens),
                cache_write: count(cache_write_tokens),
                audio: None,
                extra: decode_extra(&extra),
            }
        }),
        output_details: output_tokens_details.map(|details| {
            let wire::OutputTokensDetails { reasoning_tokens, extra } = details;
            OutputDetails {
                reasoning: count(reasoning_tokens),
                extra: decode_extra(&extra),
                ..OutputDetails::default()
            }
        }),
        extra: decode_extra(&extra),
    })
}

fn decode_extra(extra: &Extra) -> Vec<(String, interlingua_model::Json)> {
    extra.iter().map(|(name, value)| (name.to_owned(), json(value.clone()))).collect()
}
