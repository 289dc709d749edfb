//! The pieces that a whole Responses reply and a streamed one share.

use interlingua_model::{
    Annotation, Arguments, Failure, Finish, IncompleteReason, InputDetails, ItemStatus, OutputDetails, TokenLogprob,
    TopLogprob, UrlCitation, Usage,
};
use interlingua_wire::{Extra, Unknown, responses as wire};

use crate::convert::{integer, wire_json};
use crate::{Error, Loss, LossCode, failure_status};

/// The prefix of every Responses reply's id.
const ID_PREFIX: &str = "resp_";
/// What the other protocol puts before ids, its own and those it was given.
const CHAT_PREFIX: &str = "chatcmpl-";

/// The upstream's id in the form Responses has; an id that went out as a Chat id comes back as it was.
pub(in crate::responses) fn reply_id(upstream: Option<&str>, stamp: &str) -> String {
    let id = upstream.filter(|id| !id.is_empty()).unwrap_or(stamp);
    let id = id.strip_prefix(CHAT_PREFIX).unwrap_or(id);
    if id.starts_with(ID_PREFIX) { id.to_owned() } else { format!("{ID_PREFIX}{id}") }
}

/// The kinds of items a reply is made of, which their ids begin with.
#[derive(Debug, Clone, Copy)]
pub(in crate::responses) enum ItemFamily {
    Message,
    Reasoning,
    Function,
    Custom,
}

/// The id of the item at a place of a reply: the same whenever asked, and of no other item.
pub(in crate::responses) fn item_id(family: ItemFamily, reply_id: &str, place: u32) -> String {
    let prefix = match family {
        ItemFamily::Message => "msg",
        ItemFamily::Reasoning => "rs",
        ItemFamily::Function => "fc",
        ItemFamily::Custom => "ctc",
    };
    format!("{prefix}_{}_{place}", reply_id.strip_prefix(ID_PREFIX).unwrap_or(reply_id))
}

pub(in crate::responses) fn family(arguments: &Arguments) -> ItemFamily {
    match arguments {
        Arguments::Function(_) => ItemFamily::Function,
        Arguments::Custom(_) => ItemFamily::Custom,
    }
}

pub(in crate::responses) fn status(status: ItemStatus) -> wire::Status {
    match status {
        ItemStatus::InProgress => wire::Status::InProgress,
        ItemStatus::Completed => wire::Status::Completed,
        ItemStatus::Incomplete => wire::Status::Incomplete,
    }
}

/// A call as an item.
pub(in crate::responses) fn call_item(
    id: String,
    call_id: String,
    (namespace, name): (Option<String>, String),
    arguments: Arguments,
    how_far: ItemStatus,
) -> wire::Item {
    let (id, call_id, name, status) = (Some(id), Some(call_id), Some(name), Some(status(how_far)));
    match arguments {
        Arguments::Function(arguments) => wire::Item::FunctionCall(wire::FunctionCall {
            id,
            call_id,
            caller: None,
            namespace,
            name,
            arguments: Some(arguments),
            status,
            extra: Extra::new(),
        }),
        Arguments::Custom(input) => wire::Item::CustomToolCall(wire::CustomToolCall {
            id,
            call_id,
            caller: None,
            namespace,
            name,
            input: Some(input),
            status,
            extra: Extra::new(),
        }),
    }
}

pub(in crate::responses) fn summary_part(text: String) -> wire::ContentPart {
    wire::ContentPart::SummaryText(wire::SummaryText { text: Some(text), extra: Extra::new() })
}

pub(in crate::responses) fn thought_part(text: String) -> wire::ContentPart {
    wire::ContentPart::ReasoningText(wire::ReasoningText { text: Some(text), extra: Extra::new() })
}

pub(in crate::responses) fn refusal_part(text: String) -> wire::ContentPart {
    wire::ContentPart::Refusal(wire::Refusal { refusal: Some(text), extra: Extra::new() })
}

pub(in crate::responses) fn text_part(
    text: String,
    annotations: Vec<wire::Annotation>,
    logprobs: Vec<wire::Logprob>,
) -> wire::ContentPart {
    wire::ContentPart::OutputText(wire::OutputText {
        text: Some(text),
        annotations: Some(annotations),
        logprobs: Some(logprobs),
        extra: Extra::new(),
    })
}

pub(in crate::responses) fn encode_annotation(annotation: Annotation) -> wire::Annotation {
    match annotation {
        Annotation::UrlCitation(UrlCitation { url, title, start_index, end_index }) => {
            wire::Annotation::UrlCitation(wire::UrlCitation {
                url: Some(url),
                title: Some(title),
                start_index: Some(integer(start_index)),
                end_index: Some(integer(end_index)),
                extra: Extra::new(),
            })
        }
        Annotation::Opaque(opaque) => {
            wire::Annotation::Unknown(Unknown { kind: opaque.kind, raw: wire_json(opaque.raw) })
        }
    }
}

/// Token probabilities as finished parts have them.
pub(in crate::responses) fn encode_logprobs(tokens: Vec<TokenLogprob>) -> Vec<wire::Logprob> {
    let top = |TopLogprob { token, logprob, bytes }| wire::TopLogprob {
        token: Some(token),
        logprob: Some(logprob),
        bytes: Some(bytes.unwrap_or_default()),
        extra: Extra::new(),
    };
    let encoded = tokens.into_iter().map(|token| {
        let TokenLogprob { token, logprob, bytes, top: others } = token;
        wire::Logprob {
            token: Some(token),
            logprob: Some(logprob),
            bytes: Some(bytes.unwrap_or_default()),
            top_logprobs: Some(others.into_iter().map(top).collect()),
            extra: Extra::new(),
        }
    });
    encoded.collect()
}

/// The same as events have them: without bytes.
pub(in crate::responses) fn without_bytes(tokens: &[wire::Logprob]) -> Vec<wire::Logprob> {
    let mut tokens = tokens.to_vec();
    for token in &mut tokens {
        token.bytes = None;
        for top in token.top_logprobs.iter_mut().flatten() {
            top.bytes = None;
        }
    }
    tokens
}

/// Usage; the details that Responses requires are 0 where the upstream gave none.
pub(in crate::responses) fn encode_usage(usage: Usage, losses: &mut Vec<Loss>) -> wire::Usage {
    let Usage { input, output, total, input_details, output_details, extra } = usage;
    let InputDetails { cached, cache_write, audio: heard, extra: input_extra } = input_details.unwrap_or_default();
    let OutputDetails { reasoning, audio: spoken, accepted_prediction, rejected_prediction, extra: output_extra } =
        output_details.unwrap_or_default();
    let other = [heard, spoken, accepted_prediction, rejected_prediction];
    if other.iter().flatten().any(|count| *count > 0) {
        let detail = "the Responses API does not count tokens of sound and of predictions";
        losses.push(Loss::new("usage", LossCode::DroppedDetail, detail));
    }
    wire::Usage {
        input_tokens: Some(integer(input)),
        input_tokens_details: Some(wire::InputTokensDetails {
            cached_tokens: Some(integer(cached.unwrap_or(0))),
            cache_write_tokens: Some(integer(cache_write.unwrap_or(0))),
            extra: encode_extra(input_extra),
        }),
        output_tokens: Some(integer(output)),
        output_tokens_details: Some(wire::OutputTokensDetails {
            reasoning_tokens: Some(integer(reasoning.unwrap_or(0))),
            extra: encode_extra(output_extra),
        }),
        total_tokens: Some(integer(total)),
        extra: encode_extra(extra),
    }
}

fn encode_extra(fields: Vec<(String, interlingua_model::Json)>) -> Extra {
    let mut extra = Extra::new();
    for (name, value) in fields {
        extra.push(name, wire_json(value));
    }
    extra
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

/// A failure as a response has it. The code is one that clients know: the upstream's own, or the one of the
/// reference that says the same about trying again.
pub(in crate::responses) fn encode_failure(failure: &Failure) -> wire::ResponseError {
    let code = failure.code.as_deref().filter(|code| is_known_code(code)).unwrap_or(match failure_status(failure) {
        429 => "rate_limit_exceeded",
        400..500 => "invalid_prompt",
        _ => "server_error",
    });
    wire::ResponseError {
        code: Some(wire::ErrorCode::Word(code.to_owned())),
        message: Some(Error::Upstream(Box::new(failure.clone())).message()),
        extra: Extra::new(),
    }
}

/// Codes of the reference (`ResponseError.code`), and those beside it that the Codex CLI acts on.
fn is_known_code(code: &str) -> bool {
    matches!(
        code,
        "server_error"
            | "rate_limit_exceeded"
            | "invalid_prompt"
            | "bio_policy"
            | "data_residency_mismatch"
            | "vector_store_timeout"
            | "invalid_image"
            | "invalid_image_format"
            | "invalid_base64_image"
            | "invalid_image_url"
            | "image_too_large"
            | "image_too_small"
            | "image_parse_error"
            | "image_content_policy_violation"
            | "invalid_image_mode"
            | "image_file_too_large"
            | "unsupported_image_media_type"
            | "empty_image_file"
            | "failed_to_download_image"
            | "image_file_not_found"
            | "context_length_exceeded"
            | "insufficient_quota"
            | "usage_limit_reached"
            | "usage_not_included"
            | "cyber_policy"
            | "server_is_overloaded"
            | "slow_down"
    )
}
