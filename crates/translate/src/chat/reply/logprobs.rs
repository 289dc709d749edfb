//! Token probabilities, both ways.

use interlingua_model as model;
use interlingua_wire::{Extra, chat as wire};

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
