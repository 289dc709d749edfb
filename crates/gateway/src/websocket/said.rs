//! What a client says over a WebSocket.

use bytes::Bytes;

use crate::ApiError;
use crate::members::{Members, raw};

/// A frame of the client's.
#[derive(Debug)]
pub(super) enum Said {
    /// A turn is to begin.
    Create(Create),
    /// The turn is to end with what is finished of it.
    Interrupt {
        /// The reply it is about.
        response_id: Option<String>,
    },
    /// Nothing that can be answered but with an error.
    Wrong(Box<ApiError>),
}

/// A request for a reply.
#[derive(Debug)]
pub(super) struct Create {
    /// The request as it would be sent over HTTP, for a streamed reply.
    pub(super) body: Bytes,
    /// The reply that it goes on from.
    pub(super) previous_response_id: Option<String>,
    /// Whether the model is to answer, or only to be prepared for what comes.
    pub(super) generates: bool,
}

impl Said {
    /// Reads a frame.
    pub(super) fn read(text: &[u8]) -> Self {
        let Some(mut members) = Members::read(text) else {
            return Self::wrong("the frame is no JSON object".to_owned(), "type", "invalid_json");
        };
        match members.parsed::<String>("type").as_deref() {
            Some("response.create") => {
                let previous_response_id = members.parsed("previous_response_id");
                let generates = members.parsed("generate") != Some(false);
                // A frame is always answered by frames; the Codex CLI says so nevertheless.
                for name in ["type", "generate", "stream_options", "stream_id"] {
                    members.remove(name);
                }
                members.set("stream", raw(&true));
                Self::Create(Create { body: members.to_vec().into(), previous_response_id, generates })
            }
            Some("response.interrupt") => Self::Interrupt { response_id: members.parsed("response_id") },
            Some(kind) => {
                const MOST_QUOTED: usize = 100;
                let kind: String = kind.chars().take(MOST_QUOTED).collect();
                let message = format!("`{kind}` is none of response.create and response.interrupt");
                Self::wrong(message, "type", "unsupported_value")
            }
            None => {
                Self::wrong("say what the frame is: `response.create`".to_owned(), "type", "missing_required_parameter")
            }
        }
    }

    fn wrong(message: String, param: &str, code: &str) -> Self {
        Self::Wrong(Box::new(ApiError::bad_request(message).with_param(param).with_code(code)))
    }
}

#[cfg(test)]
mod tests {
    use interlingua_wire::chat::ErrorCode;

    use super::*;

    #[test]
    fn a_request_is_what_it_would_be_over_http() {
        let frame = br#"{"type":"response.create","generate":false,"stream":"","previous_response_id":"resp_a","model":"m","input": [ ]}"#;
        let Said::Create(Create { body, previous_response_id, generates }) = Said::read(frame) else { panic!() };
        assert_eq!(body, &br#"{"stream":true,"previous_response_id":"resp_a","model":"m","input":[ ]}"#[..]);
        assert_eq!((previous_response_id.as_deref(), generates), (Some("resp_a"), false));
        let Said::Create(Create { previous_response_id: None, generates: true, body: _ }) =
            Said::read(br#"{"type":"response.create","previous_response_id":null}"#)
        else {
            panic!()
        };
    }

    #[test]
    fn what_is_no_request_says_why() {
        for (frame, code) in [
            ("{", "invalid_json"),
            ("[]", "invalid_json"),
            (r#"{"type":"response.dance"}"#, "unsupported_value"),
            ("{}", "missing_required_parameter"),
            (r#"{"type":7}"#, "missing_required_parameter"),
        ] {
            let Said::Wrong(error) = Said::read(frame.as_bytes()) else { panic!("{frame}") };
            assert_eq!(error.error.code, Some(ErrorCode::Word(code.to_owned())), "{frame}");
        }
    }
}
