//! Messages as one row of the table of APIs.

use interlingua_model::{Api, Event, Failure, Request, Response, Sink};
use interlingua_wire::messages as wire;

use super::reply::{decode_response, encode_response};
use super::request::{decode_request, sent, write_request};
use super::{Context, Decoder, Encoder, Upstream};
use crate::frames::write_json;
use crate::json_body::{read_reply, read_request};
use crate::outcome::Outcome;
use crate::{Decode, Dialect, Encode, Error, Frames, Kept, Loss, Sent, Stamp, Style, Translated, Written};

/// Anthropic's Messages API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Messages {}

impl Dialect for Messages {
    const API: Api = Api::Messages;
    const PATH: &'static str = "/messages";
    const TEXTS: &'static str = "content";

    type Upstream = Upstream;
    type Context = Context;
    type Decoder = Decoder;
    type Encoder = Encoder;

    fn decode_request(body: &[u8]) -> Result<Translated<Request>, Error> {
        read_request(body, decode_request)
    }

    fn check_request(body: &[u8]) -> Result<(), Error> {
        read_request(body, |_: wire::Request| Ok(Translated { value: (), losses: Vec::new() })).map(drop)
    }

    fn encode_request(request: Request, upstream: &Upstream, sent: &Sent) -> Result<Written, Error> {
        let (Translated { value, losses }, places) = write_request(request, upstream, sent)?;
        let mut body = Vec::new();
        write_json(&mut body, &value);
        Ok(Written { body, is_streamed: value.stream == Some(true), session: None, losses, places })
    }

    fn decode_response(body: &[u8], sent: &Sent) -> Result<Translated<Response>, Error> {
        read_reply(body, |reply| decode_response(reply, sent))
    }

    fn encode_response(response: Response, context: &Context, out: &mut Vec<u8>) -> Result<Vec<Loss>, Error> {
        let Translated { value, losses } = encode_response(response, context)?;
        write_json(out, &value);
        Ok(losses)
    }

    fn decoder(sent: &Sent) -> Decoder {
        Decoder::new(sent)
    }

    fn encoder(context: Context) -> Encoder {
        Encoder::new(context)
    }

    fn context(request: &Request, style: &Style, stamp: Stamp) -> Context {
        Context::new(request, style, stamp)
    }

    fn keep(_context: &mut Context, _kept: &Kept) {
        // No reply of this API says where it goes on.
    }

    fn sent(request: &Request, upstream: &Upstream, stamp: &Stamp) -> Sent {
        sent(request, upstream, stamp)
    }
}

impl Decode for Decoder {
    fn read(&mut self, data: &str, name: Option<&str>, out: &mut impl Sink) {
        self.read(data, name, out);
    }

    fn read_cut(&mut self, data: &str, name: Option<&str>, out: &mut impl Sink) {
        self.read_cut(data, name, out);
    }

    fn has_ended(&self) -> bool {
        self.has_ended()
    }

    fn is_complete(&self) -> bool {
        self.is_complete()
    }

    fn finish(self, reason: Option<Failure>, out: &mut impl Sink) -> Outcome {
        self.finish_for(reason, out)
    }
}

impl Encode for Encoder {
    fn push(&mut self, event: Event<'_>, out: &mut impl Frames) {
        self.push(event, &mut |event| out.frame(Some(event.tag()), |out| write_json(out, &event)));
    }

    fn failure(&self) -> Option<&Failure> {
        self.failure()
    }

    fn finish(self) -> Vec<Loss> {
        self.finish()
    }
}
