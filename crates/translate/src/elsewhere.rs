//! Requests that come to the door of one API in the shape of another.

use interlingua_model::{Api, Display, Origin, Request, Sourced};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::api::decode_request;
use crate::{Error, Loss, LossCode, Translated};

/// What tells one shape from the other, and what each of them has that the other has not.
#[derive(Deserialize)]
struct Shape {
    messages: Option<Vec<IgnoredAny>>,
    input: Option<IgnoredAny>,
    store: Option<bool>,
    stream_options: Option<StreamOptions>,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

/// Reads a body that is no request of its client's API as what it is. `None` for one that is not known to be of another.
///
/// Some clients ask a Chat server with the body of a Responses request, for models that they know by that API, and read the
/// answer as one of Chat Completions.
pub(crate) fn read_elsewhere(client: Api, body: &[u8]) -> Option<Result<Translated<Request>, Error>> {
    if client != Api::Chat {
        return None;
    }
    let Shape { messages, input, store, stream_options } = serde_json::from_slice(body).ok()?;
    if !messages.unwrap_or_default().is_empty() || input.is_none() {
        return None;
    }
    let read = decode_request(Api::Responses, body);
    Some(read.map(|Translated { value: mut request, mut losses }| {
        let detail = "a request in the words of the Responses API; read as what it is";
        losses.insert(0, Loss::new("input", LossCode::ExtensionAccepted, detail));
        // What the client leaves out is as its own API has it.
        request.store = Some(Sourced::at("store", store.unwrap_or(false)));
        request.stream.include_usage = stream_options.and_then(|options| options.include_usage).unwrap_or(false);
        request.reasoning.display = Some(Sourced { value: Display::Text, origin: Origin::default() });
        Translated { value: request, losses }
    }))
}
