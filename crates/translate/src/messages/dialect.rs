//! Messages as one row of the table of APIs.

use std::ops::Range;

use interlingua_model::{Api, Event, Failure, Request, Response, Sink};
use interlingua_wire::messages as wire;

use super::renamed::renamed;
use super::reply::{decode_response, encode_response, failure};
use super::request::{decode_request, heavy_texts, sent, without_refused, write_request};
use super::{Context, Decoder, Encoder, Upstream};
use crate::dialect::halves;
use crate::frames::write_json;
use crate::json_body::{read_reply, read_request};
use crate::outcome::Outcome;
use crate::room::room;
use crate::{Decode, Dialect, Encode, Error, Frames, Loss, Sent, Stamp, Style, Translated, Written, heavy};

/// The feature of requests that name MCP servers.
const MCP_CLIENT: &str = "mcp-client-2025-11-20";

/// Anthropic's Messages API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Messages {}

impl Dialect for Messages {
    const API: Api = Api::Messages;
    const PATH: &'static str = "/messages";
    const TEXTS: &'static str = "content";

    halves!(Dialect);

    fn encode_request(request: Request, upstream: &Upstream, sent: &Sent) -> Result<Written, Error> {
        let room = room(&request);
        let (Translated { mut value, losses }, places) = write_request(request, upstream, sent)?;
        let body = heavy::write_request(&mut value, heavy_texts, room);
        let features = value.mcp_servers.iter().map(|_| MCP_CLIENT).collect();
        Ok(Written { body, is_streamed: value.stream == Some(true), session: None, features, losses, places })
    }

    fn decode_response(body: &[u8], sent: &Sent) -> Result<Translated<Response>, Error> {
        read_reply(body, |reply| decode_response(reply, sent))
    }

    fn understood(failure: Failure) -> Failure {
        failure::understood(failure)
    }

    fn without_refused(body: &[u8], failure: &Failure) -> Option<Vec<u8>> {
        without_refused(body, failure)
    }

    fn name(context: &mut Context, model: &str) {
        context.name(model);
    }

    fn renamed(context: &Context, document: &str) -> Option<(Range<usize>, String)> {
        renamed(context, document)
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

    halves!(Encode);
}
