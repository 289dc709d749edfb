//! Token probabilities, both ways.

use interlingua_model::{self as model, Origin};
use interlingua_wire::{Extra, chat as wire};

use crate::LossCode;
use crate::chat::losses::Losses;

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

/// Reports what probabilities say that no other API has a place for.
pub(in crate::chat) fn lost_logprobs(logprobs: &wire::ChoiceLogprobs, place: Origin, losses: &mut Losses) {
    let wire::ChoiceLogprobs { content, refusal, extra } = logprobs;
    if refusal.as_ref().is_some_and(|refusal| !refusal.is_empty()) {
        let detail = "the Responses API has no token probabilities of a refusal";
        losses.once(format!("{}.refusal", place.path()), LossCode::DroppedLogprobs, detail);
    }
    losses.unread(place, extra);
    let has_more = |token: &wire::TokenLogprob| {
        let mut top = token.top_logprobs.iter().flatten();
        !token.extra.is_empty() || top.any(|token| !token.extra.is_empty())
    };
    if content.iter().flatten().any(has_more) {
        let detail = "of a token there is no more than its text, its bytes and its probability";
        losses.once(format!("{}.content", place.path()), LossCode::DroppedLogprobs, detail);
    }
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
