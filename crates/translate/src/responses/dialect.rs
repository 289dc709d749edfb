//! Responses as one row of the table of APIs.

use interlingua_model::{Api, Event, Failure, Request, Response, Sink};
use interlingua_wire::responses as wire;

use super::reply::{decode_response, encode_response};
use super::request::{decode_request, heavy_texts, sent, write_request};
use super::{Context, Decoder, Encoder, Upstream};
use crate::dialect::halves;
use crate::frames::write_json;
use crate::json_body::{read_reply, read_request};
use crate::outcome::Outcome;
use crate::room::room;
use crate::{Decode, Dialect, Encode, Error, Frames, Kept, Loss, Sent, Stamp, Style, Translated, Written, heavy};

/// OpenAI's Responses API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Responses {}

impl Dialect for Responses {
    const API: Api = Api::Responses;
    const PATH: &'static str = "/responses";
    const TEXTS: &'static str = "output";
    const LAST_WORDS: &'static [&'static str] =
        &["response.completed", "response.incomplete", "response.failed", "response.done"];

    halves!(Dialect);

    fn encode_request(request: Request, upstream: &Upstream, sent: &Sent) -> Result<Written, Error> {
        let room = room(&request);
        let (Translated { mut value, losses }, places) = write_request(request, upstream, sent)?;
        let body = heavy::write_request(&mut value, heavy_texts, room);
        let session = value.prompt_cache_key.filter(|_| upstream.sessions);
        Ok(Written { body, is_streamed: value.stream == Some(true), session, features: Vec::new(), losses, places })
    }

    fn decode_response(body: &[u8], sent: &Sent) -> Result<Translated<Response>, Error> {
        read_reply(body, |reply| decode_response(reply, sent))
    }

    fn keep(context: &mut Context, kept: &Kept) {
        context.keep(kept);
    }
}

/// Nobody is known to write this API in the words of another.
fn is_own(_: &wire::Request) -> bool {
    true
}

impl Decode for Decoder {
    halves!(Decode);
}

impl Encode for Encoder {
    fn push(&mut self, event: Event<'_>, out: &mut impl Frames) {
        self.push(event, &mut |event| out.frame(Some(event.tag()), |out| write_json(out, &event)));
    }

    fn resume(&mut self, frames: u64) {
        self.events.resume(frames);
    }

    halves!(Encode);
}
