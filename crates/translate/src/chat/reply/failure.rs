//! A reply that failed, both ways, and the refusals of replies that cannot be carried over.

use interlingua_model as model;
use interlingua_wire::{Extra, chat as wire};
use serde::Deserialize;

use crate::convert::to_json;
use crate::{Error, failure_kind};

/// A failure in place of an answer, in all the shapes it comes in.
pub(in crate::chat) fn decode_failure(error: wire::ErrorValue) -> model::Failure {
    match error {
        wire::ErrorValue::Text(message) => model::Failure { message, ..model::Failure::default() },
        wire::ErrorValue::Detail(detail) => {
            let raw = to_json(&*detail);
            let wire::ErrorDetail { message, kind, param, code, extra: _ } = *detail;
            model::Failure {
                code: code.map(error_code).filter(|code| !code.is_empty()),
                message: message.unwrap_or_default(),
                kind,
                param,
                raw,
            }
        }
    }
}

/// A failure that only the event's name calls one.
pub(in crate::chat) fn bare_failure(data: &str) -> model::Failure {
    #[derive(Deserialize)]
    struct Bare {
        message: Option<String>,
        code: Option<wire::ErrorCode>,
    }
    let bare: Option<Bare> = serde_json::from_str(data).ok();
    let message = bare.as_ref().and_then(|bare| bare.message.clone()).unwrap_or_default();
    let code = bare.and_then(|bare| bare.code).map(error_code);
    model::Failure { code, message, ..model::Failure::default() }
}

/// A failure as OpenAI's error object, which clients of both its APIs expect in the body of an error.
///
/// ```
/// use interlingua_translate::{chat, model::Failure};
///
/// let body = chat::error_body(&Failure { code: Some("rate_limit_exceeded".into()), ..Failure::default() });
/// assert_eq!(body.error.kind.as_deref(), Some("rate_limit_error"));
/// ```
#[must_use]
pub fn error_body(failure: &model::Failure) -> wire::ErrorBody {
    wire::ErrorBody {
        error: wire::ErrorDetail {
            message: Some(message(failure)),
            kind: Some(failure_kind(failure).to_owned()),
            param: failure.param.clone(),
            code: failure.code.clone().map(wire::ErrorCode::Word),
            extra: Extra::new(),
        },
        extra: Extra::new(),
    }
}

/// The refusal of sound, which no Responses reply carries.
pub(in crate::chat) fn spoken(path: &str) -> Error {
    Error::reply(path, "unsupported_modality", "the model answered in sound, which the Responses API cannot carry")
}

/// The one refusal for a caller of the deprecated form whose model called twice.
pub(in crate::chat) fn second_legacy_call(origin: model::Origin) -> Error {
    Error::reply(
        origin.path(),
        "unsupported_call",
        "the model made several calls, but the deprecated `functions` has room for one; use `tools`",
    )
}

fn error_code(code: wire::ErrorCode) -> String {
    match code {
        wire::ErrorCode::Word(word) => word,
        wire::ErrorCode::Number(number) => number.0.to_string(),
    }
}

fn message(failure: &model::Failure) -> String {
    Error::Upstream(Box::new(failure.clone())).message()
}
