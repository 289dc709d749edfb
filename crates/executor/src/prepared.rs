//! A request as the upstream wants it.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use interlingua_model::{Request, Response};
use interlingua_translate::{Context, Loss, Profile, ResponsesProfile, Stamp, Translated, chat, responses};
use interlingua_wire::{chat as wire_chat, responses as wire_responses};
use serde::Serialize;
use uuid::Uuid;

use crate::base_url::{CHAT_COMPLETIONS, RESPONSES};
use crate::config::{Config, Dialect};
use crate::decoding::Decoder;
use crate::error::{Error, Phase};
use crate::head::ReplyHead;
use crate::params::{Before, Params};
use crate::session::conversation_id;

/// How a reply is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Whole,
    Stream,
}

/// A request for the upstream, and what is needed of it to read the reply.
pub(crate) struct Prepared {
    dialect: Dialect,
    /// Headers of this request alone.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// How the upstream is asked to answer.
    pub(crate) form: Form,
    pub(crate) context: Context,
    pub(crate) params: Arc<Params>,
    /// What the request lost.
    pub(crate) losses: Vec<Loss>,
}

impl Prepared {
    /// Writes `request` for the upstream of `config`, whose ways with the model are `profile`.
    pub(crate) fn new(mut request: Request, form: Form, config: &Config, profile: &Profile) -> Result<Self, Error> {
        let Config { dialect, policy, .. } = config;
        let mut headers = HeaderMap::new();
        let form = match dialect {
            Dialect::Responses if profile.responses.always_stream => Form::Stream,
            Dialect::Responses | Dialect::Chat => form,
        };
        request.stream.enabled = form == Form::Stream;
        let (context, body, params, losses) = match dialect {
            Dialect::Responses => {
                let context = Context::new(&request, profile, stamp());
                let matched = Before(&request).responses();
                let session = (!profile.responses.session_headers.is_empty()).then(|| conversation_id(&request));
                let encoded = responses::encode_request(request, profile).and_then(|it| it.under(*policy));
                let Translated { value: mut wire, losses } = encoded.map_err(Error::translation)?;
                wire.stream = (form == Form::Stream).then_some(true);
                if let Some(session) = session {
                    let session = wire.prompt_cache_key.get_or_insert(session);
                    carry_session(&mut headers, session, &profile.responses)?;
                }
                if profile.responses.lite {
                    carry(&mut headers, &profile.responses.lite_headers)?;
                }
                (context, to_json(&wire)?, matched(&wire), losses)
            }
            Dialect::Chat => {
                let context = Context::for_chat_upstream(&request, profile, stamp());
                let matched = Before(&request).chat();
                let encoded = chat::encode_request(request, profile).and_then(|it| it.under(*policy));
                let Translated { value: wire, losses } = encoded.map_err(Error::translation)?;
                (context, to_json(&wire)?, matched(&wire), losses)
            }
        };
        Ok(Self { dialect: *dialect, headers, body, form, context, params: Arc::new(params), losses })
    }

    /// Where it goes.
    pub(crate) fn endpoint(&self) -> &'static str {
        match self.dialect {
            Dialect::Responses => RESPONSES,
            Dialect::Chat => CHAT_COMPLETIONS,
        }
    }

    /// What reads a stream that answers it.
    pub(crate) fn decoder(&self) -> Decoder {
        match self.dialect {
            Dialect::Responses => Decoder::Responses(Box::new(responses::Decoder::new(&self.context))),
            Dialect::Chat => Decoder::Chat(Box::new(chat::Decoder::new(&self.context))),
        }
    }

    /// Reads a whole reply to it.
    pub(crate) fn decode(&self, head: &ReplyHead, bytes: &[u8]) -> Result<Translated<Response>, Error> {
        let decoded = match self.dialect {
            Dialect::Responses => {
                responses::decode_response(read_json::<wire_responses::Response>(head, bytes)?, &self.context)
            }
            Dialect::Chat => chat::decode_response(read_json::<wire_chat::Response>(head, bytes)?, &self.context),
        };
        match decoded {
            Err(interlingua_translate::Error::Upstream(failure)) => Err(Error::in_reply(Phase::MidStream, *failure)),
            decoded => decoded.map_err(Error::translation),
        }
    }
}

/// Puts the id of the conversation where the upstream looks for it.
fn carry_session(headers: &mut HeaderMap, session: &str, profile: &ResponsesProfile) -> Result<(), Error> {
    // A key of the caller's that no header can carry is not worth failing for.
    let Ok(value) = HeaderValue::try_from(session) else { return Ok(()) };
    for name in &profile.session_headers {
        headers.insert(header_name(name)?, value.clone());
    }
    Ok(())
}

fn carry(headers: &mut HeaderMap, list: &[(String, String)]) -> Result<(), Error> {
    for (name, value) in list {
        let value = HeaderValue::try_from(value).map_err(|_| bad_header(name))?;
        headers.insert(header_name(name)?, value);
    }
    Ok(())
}

fn header_name(name: &str) -> Result<HeaderName, Error> {
    HeaderName::try_from(name).map_err(|_| bad_header(name))
}

fn bad_header(name: &str) -> Error {
    Error::configuration(format!("the profile's header {name:?} cannot be sent"))
}

fn stamp() -> Stamp {
    let created = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Stamp { id: Uuid::new_v4().simple().to_string(), created }
}

/// Writes a request.
pub(crate) fn to_json(value: &impl Serialize) -> Result<Bytes, Error> {
    let bytes = serde_json::to_vec(value);
    bytes.map(Into::into).map_err(|error| Error::configuration(format!("the request cannot be written: {error}")))
}

/// Reads a whole reply, or says what it is instead.
pub(crate) fn read_json<'a, T: serde::Deserialize<'a>>(head: &ReplyHead, bytes: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        let message = match bytes.trim_ascii_start().first() {
            Some(b'<') => {
                "the upstream answered with a web page instead of an API reply; check the base URL".to_owned()
            }
            None => "the upstream's reply is empty".to_owned(),
            Some(_) => format!("the upstream's reply cannot be read: {error}"),
        };
        Error::malformed(Phase::MidStream, message).with_head(head)
    })
}
