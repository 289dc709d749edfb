//! The pieces that a whole Chat reply and a streamed one share.

use std::borrow::Cow;

use interlingua_model as model;
use interlingua_wire::{Extra, chat as wire};

use crate::convert::{integer, wire_json};
use crate::{Context, failure_kind};

/// The prefix of every Chat reply's id.
const ID_PREFIX: &str = "chatcmpl-";

/// The upstream's id in Chat's form; an upstream id is kept whole, so that it can be read back.
pub(in crate::chat) fn reply_id(upstream: Option<String>, context: &Context) -> String {
    match upstream.filter(|id| !id.is_empty()) {
        Some(id) if id.starts_with(ID_PREFIX) => id,
        Some(id) => format!("{ID_PREFIX}{id}"),
        None => format!("{ID_PREFIX}{}", context.stamp.id),
    }
}

pub(in crate::chat) fn created(upstream: Option<u64>, context: &Context) -> interlingua_wire::Integer {
    integer(upstream.unwrap_or(context.stamp.created))
}

/// Usage in Chat's words. Details that Chat always lists are 0 where the upstream lists details at all.
pub(in crate::chat) fn encode_usage(usage: model::Usage) -> wire::Usage {
    let model::Usage { input, output, total, input_details, output_details, extra } = usage;
    wire::Usage {
        prompt_tokens: Some(integer(input)),
        completion_tokens: Some(integer(output)),
        total_tokens: Some(integer(total)),
        prompt_tokens_details: input_details.map(|details| {
            let model::InputDetails { cached, cache_write, audio, extra } = details;
            wire::PromptTokensDetails {
                cached_tokens: cached.map(integer),
                cache_write_tokens: cache_write.map(integer),
                audio_tokens: Some(integer(audio.unwrap_or(0))),
                extra: encode_extra(extra),
            }
        }),
        completion_tokens_details: output_details.map(|details| {
            let model::OutputDetails { reasoning, audio, accepted_prediction, rejected_prediction, extra } = details;
            wire::CompletionTokensDetails {
                reasoning_tokens: reasoning.map(integer),
                audio_tokens: Some(integer(audio.unwrap_or(0))),
                accepted_prediction_tokens: Some(integer(accepted_prediction.unwrap_or(0))),
                rejected_prediction_tokens: Some(integer(rejected_prediction.unwrap_or(0))),
                extra: encode_extra(extra),
            }
        }),
        extra: encode_extra(extra),
    }
}

fn encode_extra(fields: Vec<(String, model::Json)>) -> Extra {
    let mut extra = Extra::new();
    for (name, value) in fields {
        extra.push(name, wire_json(value));
    }
    extra
}

pub(in crate::chat) fn encode_logprobs(tokens: Vec<model::TokenLogprob>) -> Vec<wire::TokenLogprob> {
    tokens.into_iter().map(encode_token).collect()
}

fn encode_token(token: model::TokenLogprob) -> wire::TokenLogprob {
    let model::TokenLogprob { token, logprob, bytes, top } = token;
    let top = top.into_iter().map(|model::TopLogprob { token, logprob, bytes }| wire::TopLogprob {
        token: Some(token),
        logprob: Some(logprob),
        bytes,
        extra: Extra::new(),
    });
    wire::TokenLogprob {
        token: Some(token),
        logprob: Some(logprob),
        bytes,
        top_logprobs: Some(top.collect()),
        extra: Extra::new(),
    }
}

/// A citation, its indexes moved by the characters that stand before its part in the joined text.
pub(in crate::chat) fn encode_citation(citation: model::UrlCitation, shift: u64) -> wire::Annotation {
    let model::UrlCitation { url, title, start_index, end_index } = citation;
    wire::Annotation::UrlCitation(wire::UrlCitationAnnotation {
        url_citation: Some(wire::UrlCitation {
            url: Some(url),
            title: Some(title),
            start_index: Some(integer(start_index.saturating_add(shift))),
            end_index: Some(integer(end_index.saturating_add(shift))),
            extra: Extra::new(),
        }),
        extra: Extra::new(),
    })
}

/// Characters as citations count them: Unicode scalar values.
pub(in crate::chat) fn characters(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX)
}

/// The text of a thought for `reasoning_content`: its summaries, else the thought itself.
pub(in crate::chat) fn reasoning_text(item: &model::ReasoningItem) -> String {
    let parts = if item.summary.iter().any(|text| !text.is_empty()) { &item.summary } else { &item.content };
    parts.iter().filter(|text| !text.is_empty()).map(String::as_str).collect::<Vec<_>>().join(REASONING_JOINER)
}

/// What stands between the parts of `reasoning_content`.
pub(in crate::chat) const REASONING_JOINER: &str = "\n\n";

/// A tool's name for a client that knows no groups.
pub(in crate::chat) fn flat_name<'a>(namespace: Option<&str>, name: Cow<'a, str>) -> Cow<'a, str> {
    match namespace {
        Some(namespace) => Cow::Owned(format!("{namespace}__{name}")),
        None => name,
    }
}

/// Whether a completed reply said, did and cost nothing: some upstreams refuse that way.
pub(in crate::chat) fn is_empty_completion(
    finish: &model::Finish,
    is_silent: bool,
    usage: Option<&model::Usage>,
) -> bool {
    *finish == model::Finish::Completed && is_silent && usage.is_none_or(|usage| usage.output == 0)
}

/// A failure as Chat's error object.
pub(in crate::chat) fn encode_failure(failure: &model::Failure) -> wire::ErrorBody {
    wire::ErrorBody {
        error: wire::ErrorDetail {
            message: Some(message(failure)),
            kind: Some(failure_kind(failure).to_owned()),
            param: failure.param.clone(),
            code: failure.code.clone().map(wire::ErrorCode::Word),
            extra: Extra::new(),
        },
        extra: Extra::new(),
    }
}

fn message(failure: &model::Failure) -> String {
    crate::Error::Upstream(Box::new(failure.clone())).message()
}

/// Metadata worth showing: neither null nor empty.
pub(in crate::chat) fn encode_metadata(metadata: Option<model::Json>) -> Option<interlingua_wire::Json> {
    let is_empty = |text: &str| text == "null" || text.chars().filter(|c| !c.is_whitespace()).eq("{}".chars());
    metadata.filter(|json| !is_empty(json.text())).map(wire_json)
}

pub(in crate::chat) fn finish_reason(finish: &model::Finish, calls: Calls) -> wire::FinishReason {
    use model::{Finish, IncompleteReason};
    match (finish, calls) {
        (Finish::Incomplete(IncompleteReason::ContentFilter), _) => wire::FinishReason::ContentFilter,
        (Finish::Incomplete(IncompleteReason::MaxOutputTokens | IncompleteReason::Other(_)), _) => {
            wire::FinishReason::Length
        }
        (Finish::Completed, Calls::Tools) => wire::FinishReason::ToolCalls,
        (Finish::Completed, Calls::LegacyFunction) => wire::FinishReason::FunctionCall,
        (Finish::Completed, Calls::None) => wire::FinishReason::Stop,
    }
}

/// The calls a reply has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) enum Calls {
    None,
    Tools,
    LegacyFunction,
}

/// The one refusal for a caller of the deprecated form whose model called twice.
pub(in crate::chat) fn second_legacy_call(index: impl std::fmt::Display) -> crate::Error {
    crate::Error::reply(
        format!("output[{index}]"),
        "unsupported_call",
        "the model made several calls, but the deprecated `functions` has room for one; use `tools`",
    )
}

/// The refusal of an item on which only a client of the other API could act.
pub(in crate::chat) fn needs_client(kind: &str, index: impl std::fmt::Display) -> crate::Error {
    crate::Error::reply(
        format!("output[{index}]"),
        "unsupported_item",
        format!("the model asks the client for `{kind}`, which Chat Completions cannot express"),
    )
}
