//! Chat Completions as one row of the table of APIs.

use interlingua_model::{Api, Event, Failure, Request, Response, Sink};
use interlingua_wire::chat as wire;

use super::reply::{decode_response, encode_response};
use super::request::{decode_request, sent, write_request};
use super::{Context, Decoder, Encoder, Frame, Upstream};
use crate::frames::write_json;
use crate::json_body::{read_reply, read_request};
use crate::outcome::Outcome;
use crate::{Decode, Dialect, Encode, Error, Frames, Kept, Loss, Sent, Stamp, Style, Translated, Written};

/// OpenAI's Chat Completions API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chat {}

impl Dialect for Chat {
    const API: Api = Api::Chat;
    const PATH: &'static str = "/chat/completions";
    const TEXTS: &'static str = "choices[0].delta";
    const LAST_WORDS: &'static [&'static str] = &["\"finish_reason\":\"", "\"finish_reason\": \""];

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
        read_reply(unwrapped(body), |reply| decode_response(reply, sent))
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

/// The reply without the array that Google's servers put around an error.
fn unwrapped(body: &[u8]) -> &[u8] {
    let inner = body.trim_ascii().strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
    inner.unwrap_or(body)
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
        self.push(event, &mut |frame| match frame {
            Frame::Chunk(chunk) => out.frame(None, |out| write_json(out, &chunk)),
            Frame::Failed(body) => out.frame(None, |out| write_json(out, &body)),
            Frame::Done => out.frame(None, |out| out.extend_from_slice(b"[DONE]")),
        });
    }

    fn failure(&self) -> Option<&Failure> {
        self.failure()
    }

    fn finish(self) -> Vec<Loss> {
        self.finish()
    }
}
