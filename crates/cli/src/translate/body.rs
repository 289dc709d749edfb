//! Requests and whole replies.

use interlingua_gateway::{ApiError, StatusCode, json};
use interlingua_translate::{Context, Loss, Policy, Profile, Translated, chat, responses};
use serde::{Deserialize, Serialize};

use crate::dialect::Dialect;

/// Translates a request; in the dialect it already speaks, it is checked and left as it is.
pub(super) fn request(
    input: &[u8],
    from: Dialect,
    to: Dialect,
    profile: &Profile,
    policy: Policy,
    losses: &mut Vec<Loss>,
) -> Result<Vec<u8>, ApiError> {
    let mut accept = Accept { policy, losses };
    let request = match from {
        Dialect::Chat => accept.value(chat::decode_request(json::read(input)?)?)?,
        Dialect::Responses => accept.value(responses::decode_request(json::read(input)?)?)?,
    };
    match to {
        _ if from == to => Ok(input.to_vec()),
        Dialect::Responses => line(&accept.value(responses::encode_request(request, profile)?)?),
        Dialect::Chat => line(&accept.value(chat::encode_request(request, profile)?)?),
    }
}

/// Translates a whole reply; in the dialect it already speaks, it is checked and left as it is.
pub(super) fn response(
    input: &[u8],
    from: Dialect,
    to: Dialect,
    context: &Context,
    losses: &mut Vec<Loss>,
) -> Result<Vec<u8>, ApiError> {
    let mut accept = Accept { policy: Policy::Lenient, losses };
    let response = match from {
        Dialect::Responses => accept.value(responses::decode_response(read_reply(input)?, context)?)?,
        Dialect::Chat => accept.value(chat::decode_response(read_reply(input)?, context)?)?,
    };
    match to {
        _ if from == to => Ok(input.to_vec()),
        Dialect::Chat => line(&accept.value(chat::encode_response(response, context)?)?),
        Dialect::Responses => line(&accept.value(responses::encode_response(response, context)?)?),
    }
}

/// Keeps the losses of each half, or refuses them.
struct Accept<'a> {
    policy: Policy,
    losses: &'a mut Vec<Loss>,
}

impl Accept<'_> {
    fn value<T>(&mut self, translated: Translated<T>) -> Result<T, ApiError> {
        self.losses.extend_from_slice(&translated.losses);
        Ok(translated.under(self.policy)?.value)
    }
}

/// A reply that cannot be read is the upstream's fault, not the caller's.
fn read_reply<'a, T: Deserialize<'a>>(input: &'a [u8]) -> Result<T, ApiError> {
    json::read(input).map_err(|error| {
        let mut fault = ApiError::new(StatusCode::BAD_GATEWAY, "server_error", error.error.message.unwrap_or_default());
        fault.error.param = error.error.param;
        fault.with_code("upstream_malformed")
    })
}

fn line<T: Serialize>(value: &T) -> Result<Vec<u8>, ApiError> {
    let mut body = serde_json::to_vec(value).map_err(|error| ApiError::bad_request(error.to_string()))?;
    body.push(b'\n');
    Ok(body)
}
