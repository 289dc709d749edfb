//! The pieces that a whole Chat reply and a streamed one share, as canonical values.

use interlingua_model as model;
use interlingua_wire::{Extra, Integer, chat as wire};
use serde::Deserialize;

use crate::convert::{count, json, to_json};
use crate::{Error, Loss, LossCode};

/// Usage, `None` for an object that says nothing.
pub(in crate::chat) fn decode_usage(usage: wire::Usage) -> Option<model::Usage> {
    let wire::Usage {
        prompt_tokens,
        completion_tokens,
        total_tokens,
        prompt_tokens_details,
        completion_tokens_details,
        extra,
    } = usage;
    if prompt_tokens.is_none() && completion_tokens.is_none() && total_tokens.is_none() {
        return None;
    }
    let (input, output) = (count(prompt_tokens).unwrap_or(0), count(completion_tokens).unwrap_or(0));
    Some(model::Usage {
        input,
        output,
        total: count(total_tokens).unwrap_or(input.saturating_add(output)),
        input_details: prompt_tokens_details.map(|details| {
            let wire::PromptTokensDetails { cached_tokens, cache_write_tokens, audio_tokens, extra } = details;
            model::InputDetails {
                cached: count(cached_tokens),
                cache_write: count(cache_write_tokens),
                audio: count(audio_tokens),
                extra: decode_extra(&extra),
            }
        }),
        output_details: completion_tokens_details.map(|details| {
            let wire::CompletionTokensDetails {
                reasoning_tokens,
                audio_tokens,
                accepted_prediction_tokens,
                rejected_prediction_tokens,
                extra,
            } = details;
            model::OutputDetails {
                reasoning: count(reasoning_tokens),
                audio: count(audio_tokens),
                accepted_prediction: count(accepted_prediction_tokens),
                rejected_prediction: count(rejected_prediction_tokens),
                extra: decode_extra(&extra),
            }
        }),
        extra: decode_extra(&extra),
    })
}

fn decode_extra(extra: &Extra) -> Vec<(String, model::Json)> {
    extra.iter().map(|(name, value)| (name.to_owned(), json(value.clone()))).collect()
}

pub(in crate::chat) fn decode_logprobs(tokens: Vec<wire::TokenLogprob>) -> Vec<model::TokenLogprob> {
    let tokens = tokens.into_iter().map(|wire::TokenLogprob { token, logprob, bytes, top_logprobs, extra: _ }| {
        let top = top_logprobs.unwrap_or_default().into_iter();
        model::TokenLogprob {
            token: token.unwrap_or_default(),
            logprob: logprob.unwrap_or_else(|| 0.into()),
            bytes,
            top: top
                .map(|wire::TopLogprob { token, logprob, bytes, extra: _ }| model::TopLogprob {
                    token: token.unwrap_or_default(),
                    logprob: logprob.unwrap_or_else(|| 0.into()),
                    bytes,
                })
                .collect(),
        }
    });
    tokens.collect()
}

/// Citations, their indexes moved back by the characters of earlier messages.
pub(in crate::chat) fn decode_annotation(annotation: wire::Annotation, shift: u64) -> model::Annotation {
    match annotation {
        wire::Annotation::UrlCitation(wire::UrlCitationAnnotation { url_citation, extra: _ }) => {
            let wire::UrlCitation { url, title, start_index, end_index, extra: _ } = url_citation.unwrap_or_default();
            let index = |at: Option<Integer>| count(at).unwrap_or(0).saturating_sub(shift);
            model::Annotation::UrlCitation(model::UrlCitation {
                url: url.unwrap_or_default(),
                title: title.unwrap_or_default(),
                start_index: index(start_index),
                end_index: index(end_index),
            })
        }
        wire::Annotation::Unknown(unknown) => model::Annotation::Opaque(model::Opaque {
            protocol: model::Protocol::Chat,
            kind: unknown.kind,
            needs_client: false,
            raw: json(unknown.raw),
        }),
    }
}

/// A failure in place of an answer, in all the shapes it comes in.
pub(in crate::chat) fn decode_failure(error: wire::ErrorValue) -> model::Failure {
    match error {
        wire::ErrorValue::Text(message) => model::Failure { message, ..model::Failure::default() },
        wire::ErrorValue::Detail(detail) => {
            let raw = to_json(&*detail);
            let wire::ErrorDetail { message, kind, param, code, extra: _ } = *detail;
            model::Failure {
                code: code.map(error_code).filter(|code| !code.is_empty()),
                message: message.unwrap_or_default(),
                kind,
                param,
                raw,
            }
        }
    }
}

fn error_code(code: wire::ErrorCode) -> String {
    match code {
        wire::ErrorCode::Word(word) => word,
        wire::ErrorCode::Number(number) => number.0.to_string(),
    }
}

/// What a part of a reply's content says; only Mistral's models answer in parts.
pub(in crate::chat) enum Said {
    Text(String),
    Refusal(String),
    Thought(String),
    /// A part of this kind, which a reply in Responses has no place for.
    Other(String),
}

pub(in crate::chat) fn decode_part(part: wire::Part) -> Said {
    match part {
        wire::Part::Text(part) => Said::Text(part.text.unwrap_or_default()),
        wire::Part::Refusal(part) => Said::Refusal(part.refusal.unwrap_or_default()),
        wire::Part::Thinking(part) => Said::Thought(part.thinking.map(thoughts).unwrap_or_default()),
        wire::Part::ImageUrl(_) | wire::Part::InputAudio(_) | wire::Part::File(_) | wire::Part::Unknown(_) => {
            Said::Other(part.tag().to_owned())
        }
    }
}

fn thoughts(thinking: wire::Thinking) -> String {
    match thinking {
        wire::Thinking::Text(text) => text,
        wire::Thinking::Parts(parts) => {
            let texts = parts.into_iter().filter_map(|part| match part {
                wire::Thought::Text(part) => part.text,
                wire::Thought::Unknown(_) => None,
            });
            texts.collect()
        }
    }
}

/// What entries of `reasoning_details` say in the open, and whether any of them is sealed.
pub(in crate::chat) fn decode_details(details: Vec<wire::ReasoningDetail>) -> (String, bool) {
    let (mut text, mut is_sealed) = (String::new(), false);
    for detail in details {
        match detail {
            wire::ReasoningDetail::Summary(detail) => text.push_str(&detail.summary.unwrap_or_default()),
            wire::ReasoningDetail::Text(detail) => text.push_str(&detail.text.unwrap_or_default()),
            wire::ReasoningDetail::Encrypted(_) => is_sealed = true,
            wire::ReasoningDetail::Unknown(_) => {}
        }
    }
    (text, is_sealed)
}

/// How a reply ended, by the reason it gives. Calls count as completion, by whatever word.
pub(in crate::chat) fn decode_finish(
    reason: Option<wire::FinishReason>,
    losses: &mut Vec<Loss>,
) -> Result<model::Finish, Error> {
    use model::{Finish, IncompleteReason};
    let unknown = |detail: String| Loss::new("choices[0].finish_reason", LossCode::UnknownValue, detail);
    Ok(match reason {
        Some(wire::FinishReason::Stop | wire::FinishReason::ToolCalls | wire::FinishReason::FunctionCall) => {
            Finish::Completed
        }
        Some(wire::FinishReason::Length) => Finish::Incomplete(IncompleteReason::MaxOutputTokens),
        Some(wire::FinishReason::ContentFilter) => Finish::Incomplete(IncompleteReason::ContentFilter),
        // OpenRouter's word for a provider that broke off.
        Some(wire::FinishReason::Other(word)) if word == "error" => {
            return Err(Error::Upstream(Box::new(model::Failure {
                message: "the upstream broke off with the finish reason `error`".to_owned(),
                kind: Some("server_error".to_owned()),
                ..model::Failure::default()
            })));
        }
        Some(wire::FinishReason::Other(word)) if !word.is_empty() => {
            losses.push(unknown(format!("`{word}` is no finish reason of the API; read as completed")));
            Finish::Completed
        }
        Some(wire::FinishReason::Other(_)) | None => {
            losses.push(unknown("the upstream gives no reason for its end; read as completed".to_owned()));
            Finish::Completed
        }
    })
}

/// The refusal of sound, which no Responses reply carries.
pub(in crate::chat) fn spoken(path: &str) -> Error {
    Error::reply(path, "unsupported_modality", "the model answered in sound, which the Responses API cannot carry")
}

/// A failure that only the event's name calls one.
pub(in crate::chat) fn bare_failure(data: &str) -> model::Failure {
    #[derive(Deserialize)]
    struct Bare {
        message: Option<String>,
        code: Option<wire::ErrorCode>,
    }
    let bare: Option<Bare> = serde_json::from_str(data).ok();
    let message = bare.as_ref().and_then(|bare| bare.message.clone()).unwrap_or_default();
    let code = bare.and_then(|bare| bare.code).map(|code| match code {
        wire::ErrorCode::Word(word) => word,
        wire::ErrorCode::Number(number) => number.0.to_string(),
    });
    model::Failure { code, message, ..model::Failure::default() }
}
