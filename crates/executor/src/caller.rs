//! The caller's side of a translation: two of its four halves, one implementation for each API.

use interlingua_model::{Request, Response};
use interlingua_translate::{Context, Error, Translated, chat, responses};
use interlingua_wire::{chat as wire_chat, responses as wire_responses};

use crate::frames::Encoder;

/// An API that callers speak.
pub(crate) trait Caller {
    /// What a caller asks.
    type Request;
    /// A whole answer to it.
    type Response;

    /// Reads what a caller asks.
    fn decode(request: Self::Request) -> Result<Translated<Request>, Error>;
    /// Writes a whole answer.
    fn encode(response: Response, context: &Context) -> Result<Translated<Self::Response>, Error>;
    /// Writes an answer as a stream.
    fn encoder(context: Context) -> Encoder;
}

/// Callers that speak Chat Completions.
pub(crate) enum ChatCaller {}

/// Callers that speak Responses.
pub(crate) enum ResponsesCaller {}

impl Caller for ChatCaller {
    type Request = wire_chat::Request;
    type Response = wire_chat::Response;

    fn decode(request: Self::Request) -> Result<Translated<Request>, Error> {
        chat::decode_request(request)
    }

    fn encode(response: Response, context: &Context) -> Result<Translated<Self::Response>, Error> {
        chat::encode_response(response, context)
    }

    fn encoder(context: Context) -> Encoder {
        Encoder::Chat(Box::new(chat::Encoder::new(context)))
    }
}

impl Caller for ResponsesCaller {
    type Request = wire_responses::Request;
    type Response = wire_responses::Response;

    fn decode(request: Self::Request) -> Result<Translated<Request>, Error> {
        responses::decode_request(request)
    }

    fn encode(response: Response, context: &Context) -> Result<Translated<Self::Response>, Error> {
        responses::encode_response(response, context)
    }

    fn encoder(context: Context) -> Encoder {
        Encoder::Responses(Box::new(responses::Encoder::new(context)))
    }
}
