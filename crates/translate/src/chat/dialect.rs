//! Chat Completions as one row of the table of APIs.

use interlingua_model::{Api, Event, Failure, Request, Response, Sink};
use interlingua_wire::chat as wire;

use super::reply::{decode_response, encode_response};
use super::request::{decode_request, heavy_texts, sent, write_request};
use super::stream::Bytes;
use super::{Context, Decoder, Encoder, Upstream};
use crate::dialect::halves;
use crate::frames::write_json;
use crate::json_body::{read_reply, read_request};
use crate::outcome::Outcome;
use crate::room::room;
use crate::{Decode, Dialect, Encode, Error, Frames, Loss, Sent, Stamp, Style, Translated, Written, heavy};

/// OpenAI's Chat Completions API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chat {}

impl Dialect for Chat {
    const API: Api = Api::Chat;
    const PATH: &'static str = "/chat/completions";
    const TEXTS: &'static str = "choices[0].delta";
    const LAST_WORDS: &'static [&'static str] = &["\"finish_reason\":\"", "\"finish_reason\": \""];

    halves!(Dialect);

    fn encode_request(request: Request, upstream: &Upstream, sent: &Sent) -> Result<Written, Error> {
        let room = room(&request);
        let (Translated { mut value, losses }, places) = write_request(request, upstream, sent)?;
        let body = heavy::write_request(&mut value, heavy_texts, room);
        Ok(Written {
            body,
            is_streamed: value.stream == Some(true),
            session: None,
            features: Vec::new(),
            losses,
            places,
        })
    }

    fn decode_response(body: &[u8], sent: &Sent) -> Result<Translated<Response>, Error> {
        read_reply(unwrapped(body), |reply| decode_response(reply, sent))
    }
}

/// The reply without the array that Google's servers put around an error.
fn unwrapped(body: &[u8]) -> &[u8] {
    let inner = body.trim_ascii().strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
    inner.unwrap_or(body)
}

/// Whether neither the conversation, nor a tool, nor what was called or answered stands where other APIs have it.
fn is_own(request: &wire::Request) -> bool {
    let is_flat = |tool: &wire::Tool| matches!(tool, wire::Tool::Function(tool) if tool.function.is_none());
    let has_blocks = |content: Option<&wire::Content>| match content {
        Some(wire::Content::Parts(parts)) => parts.iter().any(|part| matches!(part.tag(), "tool_use" | "tool_result")),
        Some(wire::Content::Text(_)) | None => false,
    };
    let messages = request.messages.as_deref().unwrap_or_default();
    let is_elsewhere = messages.is_empty() && request.extra.get("input").is_some();
    let is_own = |message: &wire::Message| match message {
        wire::Message::User(message) => !has_blocks(message.content.as_ref()),
        wire::Message::Assistant(message) => !has_blocks(message.content.as_ref()),
        wire::Message::System(_)
        | wire::Message::Developer(_)
        | wire::Message::Tool(_)
        | wire::Message::Function(_)
        | wire::Message::Unknown(_) => true,
    };
    !is_elsewhere && messages.iter().all(is_own) && !request.tools.iter().flatten().any(is_flat)
}

impl Decode for Decoder {
    halves!(Decode);
}

impl Encode for Encoder {
    fn push(&mut self, event: Event<'_>, out: &mut impl Frames) {
        self.write(event, &mut Bytes(out));
    }

    halves!(Encode);
}
