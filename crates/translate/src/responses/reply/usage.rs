//! What a response cost, both ways.

use interlingua_model::{InputDetails, Json, Origin, OutputDetails, Usage};
use interlingua_wire::responses as wire;
use serde::de::DeserializeOwned;

use crate::convert::{count, extra as carried, integer, to_json, wire_extra};
use crate::{Loss, LossCode};

/// What the model carries as a field that it has no word for.
const CACHE_WRITE_DETAILS: &str = "cache_write_tokens_details";

/// `None` for a usage object that says nothing. Some servers count by the names of the other API.
pub(in crate::responses) fn decode_usage(usage: wire::Usage) -> Option<Usage> {
    let wire::Usage { input_tokens, input_tokens_details, output_tokens, output_tokens_details, total_tokens, extra } =
        usage;
    let mut extra = carried(&extra);
    let (read, written) = (take(&mut extra, "prompt_tokens"), take(&mut extra, "completion_tokens"));
    let (input_tokens, output_tokens) = (input_tokens.or(read), output_tokens.or(written));
    let (read, written) = (take(&mut extra, "prompt_tokens_details"), take(&mut extra, "completion_tokens_details"));
    if input_tokens.is_none() && output_tokens.is_none() && total_tokens.is_none() {
        return None;
    }
    let (input, output) = (count(input_tokens).unwrap_or(0), count(output_tokens).unwrap_or(0));
    Some(Usage {
        input,
        output,
        total: count(total_tokens).unwrap_or(input.saturating_add(output)),
        input_details: input_tokens_details.or(read).map(|details| {
            let wire::InputTokensDetails { cached_tokens, cache_write_tokens, cache_write_tokens_details, extra } =
                details;
            let mut extra = carried(&extra);
            let written = cache_write_tokens_details.as_ref().and_then(to_json);
            extra.extend(written.map(|details| (CACHE_WRITE_DETAILS.to_owned(), details)));
            let audio = take(&mut extra, "audio_tokens");
            InputDetails {
                cached: count(cached_tokens),
                cache_write: count(cache_write_tokens),
                audio: count(audio),
                extra,
            }
        }),
        output_details: output_tokens_details.or(written).map(|details| {
            let wire::OutputTokensDetails { reasoning_tokens, extra } = details;
            let mut extra = carried(&extra);
            let audio = take(&mut extra, "audio_tokens");
            let accepted_prediction = take(&mut extra, "accepted_prediction_tokens");
            let rejected_prediction = take(&mut extra, "rejected_prediction_tokens");
            OutputDetails {
                reasoning: count(reasoning_tokens),
                audio: count(audio),
                accepted_prediction: count(accepted_prediction),
                rejected_prediction: count(rejected_prediction),
                extra,
            }
        }),
        extra,
    })
}

/// Takes a field that the model has a word for out of those that are carried.
fn take<T: DeserializeOwned>(extra: &mut Vec<(String, Json)>, name: &str) -> Option<T> {
    let at = extra.iter().position(|(known, _)| known == name)?;
    let (_, value) = extra.remove(at);
    serde_json::from_str(value.text()).ok()
}

/// Usage; the details that Responses requires are 0 where the upstream gave none.
pub(in crate::responses) fn encode_usage(usage: Usage, origin: Origin, losses: &mut Vec<Loss>) -> wire::Usage {
    let Usage { input, output, total, input_details, output_details, extra } = usage;
    let InputDetails { cached, cache_write, audio: heard, extra: input_extra } = input_details.unwrap_or_default();
    let OutputDetails { reasoning, audio: spoken, accepted_prediction, rejected_prediction, extra: output_extra } =
        output_details.unwrap_or_default();
    let other = [heard, spoken, accepted_prediction, rejected_prediction];
    if other.iter().flatten().any(|count| *count > 0) {
        let detail = "the Responses API does not count tokens of sound and of predictions";
        losses.push(Loss::new(origin.path(), LossCode::DroppedDetail, detail));
    }
    let mut input_extra = input_extra;
    let cache_write_tokens_details = take(&mut input_extra, CACHE_WRITE_DETAILS);
    wire::Usage {
        input_tokens: Some(integer(input)),
        input_tokens_details: Some(wire::InputTokensDetails {
            cached_tokens: Some(integer(cached.unwrap_or(0))),
            cache_write_tokens: Some(integer(cache_write.unwrap_or(0))),
            cache_write_tokens_details,
            extra: wire_extra(input_extra),
        }),
        output_tokens: Some(integer(output)),
        output_tokens_details: Some(wire::OutputTokensDetails {
            reasoning_tokens: Some(integer(reasoning.unwrap_or(0))),
            extra: wire_extra(output_extra),
        }),
        total_tokens: Some(integer(total)),
        extra: wire_extra(extra),
    }
}
