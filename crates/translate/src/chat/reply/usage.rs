//! What a reply cost, both ways.

use interlingua_model::{self as model, Origin};
use interlingua_wire::chat as wire;

use crate::convert::{count, extra as carried, integer, wire_extra};

/// Where a reply says what it cost.
pub(in crate::chat) const USAGE: Origin = Origin::of("usage");

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
                extra: carried(&extra),
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
                extra: carried(&extra),
            }
        }),
        extra: carried(&extra),
    })
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
                extra: wire_extra(extra),
            }
        }),
        completion_tokens_details: output_details.map(|details| {
            let model::OutputDetails { reasoning, audio, accepted_prediction, rejected_prediction, extra } = details;
            wire::CompletionTokensDetails {
                reasoning_tokens: reasoning.map(integer),
                audio_tokens: Some(integer(audio.unwrap_or(0))),
                accepted_prediction_tokens: Some(integer(accepted_prediction.unwrap_or(0))),
                rejected_prediction_tokens: Some(integer(rejected_prediction.unwrap_or(0))),
                extra: wire_extra(extra),
            }
        }),
        extra: wire_extra(extra),
    }
}
