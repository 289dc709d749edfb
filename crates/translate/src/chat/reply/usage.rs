//! What a reply cost, both ways.

use interlingua_model::{self as model, Origin};
use interlingua_wire::{Integer, chat as wire};

use crate::convert::{count, extra as carried, integer, wire_extra};

/// Where a reply says what it cost.
pub(in crate::chat) const USAGE: Origin = Origin::of("usage");

/// Usage, `None` for an object that says nothing.
///
/// Where the upstream does not count thoughts among the tokens of the answer, they are added, unless its sum says that they
/// are in them. Some servers give it in the other API's names, and the tokens read from a cache by names of their own beside them.
pub(in crate::chat) fn decode_usage(usage: wire::Usage, adds_reasoning: bool) -> Option<model::Usage> {
    let wire::Usage {
        prompt_tokens,
        completion_tokens,
        total_tokens,
        prompt_tokens_details,
        completion_tokens_details,
        extra,
    } = usage;
    let other = |name: &str| extra.get(name).and_then(|value| value.parse::<Integer>().ok());
    let (input, output) = (prompt_tokens.or_else(|| other(INPUT)), completion_tokens.or_else(|| other(OUTPUT)));
    if input.is_none() && output.is_none() && total_tokens.is_none() {
        return None;
    }
    let (input, mut output) = (count(input).unwrap_or(0), count(output).unwrap_or(0));
    let prompt_tokens_details =
        prompt_tokens_details.or_else(|| extra.get(INPUT_DETAILS).and_then(|details| details.parse().ok()));
    let completion_tokens_details =
        completion_tokens_details.or_else(|| extra.get(OUTPUT_DETAILS).and_then(|details| details.parse().ok()));
    if adds_reasoning {
        let thoughts =
            completion_tokens_details.as_ref().and_then(|details| count(details.reasoning_tokens)).unwrap_or(0);
        let is_counted = count(total_tokens).is_some_and(|total| total == input.saturating_add(output));
        output = output.saturating_add(if is_counted { 0 } else { thoughts });
    }
    let mut input_details = prompt_tokens_details.map(|details| {
        let wire::PromptTokensDetails { cached_tokens, cache_write_tokens, audio_tokens, extra } = details;
        model::InputDetails {
            cached: count(cached_tokens),
            cache_write: count(cache_write_tokens),
            audio: count(audio_tokens),
            extra: carried(&extra),
        }
    });
    if input_details.as_ref().is_none_or(|details| details.cached.is_none())
        && let Some(cached) = CACHED.iter().find_map(|name| other(name))
    {
        input_details.get_or_insert_default().cached = count(Some(cached));
    }
    let mut rest = carried(&extra);
    rest.retain(|(name, _)| ![INPUT, OUTPUT, INPUT_DETAILS, OUTPUT_DETAILS].contains(&name.as_str()));
    Some(model::Usage {
        input,
        output,
        total: count(total_tokens).unwrap_or(input.saturating_add(output)),
        input_details,
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
        extra: rest,
    })
}

const INPUT: &str = "input_tokens";
const OUTPUT: &str = "output_tokens";
const INPUT_DETAILS: &str = "input_tokens_details";
const OUTPUT_DETAILS: &str = "output_tokens_details";

/// Where else servers count the tokens read from a cache: Moonshot, DeepSeek, Mistral.
const CACHED: &[&str] = &["cached_tokens", "prompt_cache_hit_tokens", "num_cached_tokens"];

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
        extra: wire_extra(extra.into_iter().filter(|(name, _)| !TOLD.contains(&name.as_str())).collect()),
    }
}

/// Names that are taken: servers of another API may write these beside its own.
const TOLD: [&str; 5] =
    ["prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "completion_tokens_details"];
