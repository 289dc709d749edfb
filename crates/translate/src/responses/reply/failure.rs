//! A response that failed, both ways.

use interlingua_model::Failure;
use interlingua_wire::{Extra, responses as wire};

use crate::codes::is_known_code;
use crate::convert::to_json;
use crate::error::misalignment;
use crate::{Error, failure_status};

/// The failure that a response holds.
pub(in crate::responses) fn decode_error(error: wire::ReplyError) -> Failure {
    let raw = to_json(&error);
    let wire::ResponseError { code, message, misalignment: _, extra } = match error {
        wire::ReplyError::Text(message) => return Failure { message, raw, ..Failure::default() },
        wire::ReplyError::Detail(error) => *error,
    };
    Failure {
        code: code.map(error_code).filter(|code| !code.is_empty()),
        message: message.unwrap_or_default(),
        kind: extra_text(&extra, "type"),
        param: extra_text(&extra, "param"),
        raw,
    }
}

/// The failure of a document that is no reply, in the words it has. `object` is what it says it is, `extra` all that a
/// reply has no place for.
pub(in crate::responses) fn no_reply(object: Option<&str>, extra: &Extra) -> Failure {
    let words = ["detail", "message"].iter().find_map(|key| extra.get(key).filter(|value| value.get() != "null"));
    let Some(words) = words else {
        let message = match object {
            Some(object) => format!("it is a `{object}`, no `response`"),
            None => "it is no response".to_owned(),
        };
        return Error::Malformed { path: None, message }.into_failure();
    };
    let code = extra.get("code").and_then(|code| code.parse::<wire::ErrorCode>().ok());
    Failure {
        code: code.map(error_code).filter(|code| !code.is_empty()),
        // A list of what is wrong with the request, from servers that check it for themselves.
        message: words.parse::<String>().unwrap_or_else(|_| words.get().to_owned()),
        kind: extra_text(extra, "type"),
        param: extra_text(extra, "param"),
        raw: to_json(extra),
    }
}

/// The failure in a document without a type that came as an event, if it is one.
pub(in crate::responses) fn untyped_failure(data: &str) -> Option<Failure> {
    let fields: Extra = serde_json::from_str(data).ok()?;
    let object = extra_text(&fields, "object");
    let is_failure = object.as_deref() == Some("error") || fields.get("detail").is_some_and(|it| it.get() != "null");
    is_failure.then(|| no_reply(object.as_deref(), &fields))
}

/// The failure in the data of an event that only its name calls an error: a text, as JSON or as it is.
pub(in crate::responses) fn bare_failure(data: &str) -> Failure {
    let message = serde_json::from_str(data).unwrap_or_else(|_| data.trim().to_owned());
    Failure { message, ..Failure::default() }
}

/// The failure that an event of its own tells.
pub(in crate::responses) fn decode_error_event(event: wire::ErrorEvent) -> Failure {
    let raw = to_json(&event);
    let wire::ErrorEvent { code, message, param, error, status: _, sequence_number: _, agent: _, extra: _ } = event;
    let flat =
        Failure { code: code.map(error_code), message: message.unwrap_or_default(), kind: None, param, raw: None };
    let failure = match error {
        None => flat,
        Some(wire::ErrorValue::Text(message)) => Failure { message, ..flat },
        Some(wire::ErrorValue::Detail(detail)) => {
            let raw = to_json(&*detail);
            let wire::ErrorDetail { message, kind, param, code, misalignment: _, extra: _ } = *detail;
            return Failure {
                code: code.map(error_code).or(flat.code).filter(|code| !code.is_empty()),
                message: message.unwrap_or(flat.message),
                kind,
                param: param.or(flat.param),
                raw,
            };
        }
    };
    Failure { raw, ..failure }
}

/// The failure of a response that gives none itself: only its status tells.
pub(in crate::responses) fn ended(code: &str, message: &str) -> Failure {
    Failure {
        code: Some(code.to_owned()),
        message: message.to_owned(),
        kind: Some("server_error".to_owned()),
        param: None,
        raw: None,
    }
}

/// A failure as a response has it. The code is one that clients know: the upstream's own, or the one of the
/// reference that says the same about trying again.
pub(in crate::responses) fn encode_failure(failure: &Failure) -> wire::ReplyError {
    let code = failure.code.as_deref().filter(|code| is_known_code(code)).unwrap_or(match failure_status(failure) {
        429 => "rate_limit_exceeded",
        400..500 => "invalid_prompt",
        _ => "server_error",
    });
    wire::ReplyError::Detail(Box::new(wire::ResponseError {
        code: Some(wire::ErrorCode::Word(code.to_owned())),
        message: Some(Error::Upstream(Box::new(failure.clone())).message()),
        misalignment: misalignment(failure),
        extra: Extra::new(),
    }))
}

/// A code, which some backends write as a number.
fn error_code(code: wire::ErrorCode) -> String {
    match code {
        wire::ErrorCode::Word(word) => word,
        wire::ErrorCode::Number(number) => number.0.to_string(),
    }
}

fn extra_text(extra: &Extra, key: &str) -> Option<String> {
    extra.get(key).and_then(|value| value.parse::<String>().ok())
}
