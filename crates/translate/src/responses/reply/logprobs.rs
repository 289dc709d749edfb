//! Token probabilities, both ways.

use interlingua_model::{TokenLogprob, TopLogprob};
use interlingua_wire::{Extra, responses as wire};

pub(in crate::responses) fn decode_logprobs(tokens: Option<Vec<wire::Logprob>>) -> Vec<TokenLogprob> {
    let tokens = tokens.unwrap_or_default().into_iter();
    let decoded = tokens.map(|wire::Logprob { token, logprob, bytes, top_logprobs, extra: _ }| TokenLogprob {
        token: token.unwrap_or_default(),
        logprob: logprob.unwrap_or_else(|| 0.into()),
        bytes,
        top: top_logprobs
            .unwrap_or_default()
            .into_iter()
            .map(|wire::TopLogprob { token, logprob, bytes, extra: _ }| TopLogprob {
                token: token.unwrap_or_default(),
                logprob: logprob.unwrap_or_else(|| 0.into()),
                bytes,
            })
            .collect(),
    });
    decoded.collect()
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
