//! Refuses what the real APIs would refuse, in their words, so that a request which passes here has a chance there.
//!
//! It checks shape and order: fields, types, ranges, calls and their results, schemas that are declared strict. It does not
//! know what a model can or cannot do.

mod chat;
mod codex;
mod messages;
mod refusal;
mod responses;
mod shape;
mod strict;

use interlingua_wire::{chat as chat_wire, messages as messages_wire, responses as responses_wire};
use serde_json::Value;

use interlingua_model::Api;

pub(crate) use self::refusal::Refusal;

/// A request that was read and found good.
#[derive(Debug)]
pub(crate) enum Request {
    Chat(Box<chat_wire::Request>),
    Responses(Box<responses_wire::Request>),
    Messages(Box<messages_wire::Request>),
}

/// Reads a request and refuses what the API would refuse.
pub(crate) fn judge(api: Api, body: &[u8], is_codex: bool) -> Result<Request, Refusal> {
    let text = std::str::from_utf8(body).map_err(|error| unreadable(&error.to_string()))?;
    let value: Value = serde_json::from_str(text).map_err(|error| unreadable(&error.to_string()))?;
    if is_codex && api == Api::Responses {
        codex::check(&value)?;
    }
    match api {
        Api::Chat => {
            let request = chat_wire::Request::from_json(text).map_err(|error| mistyped(&error))?;
            chat::check(&request)?;
            Ok(Request::Chat(Box::new(request)))
        }
        Api::Responses => {
            let request = responses_wire::Request::from_json(text).map_err(|error| mistyped(&error))?;
            responses::check(&request)?;
            Ok(Request::Responses(Box::new(request)))
        }
        Api::Messages => {
            let request = messages_wire::Request::from_json(text).map_err(|error| mistyped(&error))?;
            messages::check(&request)?;
            Ok(Request::Messages(Box::new(request)))
        }
    }
}

fn unreadable(error: &str) -> Refusal {
    let message = format!(
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library \
         correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON: {error}.)"
    );
    Refusal::invalid(None, "", message)
}

fn mistyped(error: &serde_json::Error) -> Refusal {
    Refusal::invalid("invalid_type", "", format!("Invalid type: {error}."))
}
