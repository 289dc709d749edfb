//! A reply that failed, both ways, and the refusals of replies that cannot be carried over.

use interlingua_model as model;
use interlingua_wire::{Extra, Integer, Json, chat as wire};
use serde::Deserialize;

use crate::convert::{json, to_json};
use crate::error::misalignment;
use crate::{Error, failure_kind, status_kind};

/// A failure in place of an answer, in all the shapes it comes in; `None` for one that says nothing.
pub(in crate::chat) fn decode_failure(error: wire::ErrorValue) -> Option<model::Failure> {
    match error {
        wire::ErrorValue::Text(message) => {
            (!message.is_empty()).then(|| model::Failure { message, ..model::Failure::default() })
        }
        wire::ErrorValue::Detail(detail) => {
            let raw = to_json(&*detail);
            let wire::ErrorDetail { message, kind, param, code, misalignment: _, extra } = *detail;
            // Google's servers say in a word what the number of the HTTP status says.
            let word = extra.get("status").and_then(|word| word.parse::<String>().ok());
            let (code, kind) = match (code, word) {
                (Some(wire::ErrorCode::Number(status)), Some(word)) => {
                    let class = u16::try_from(status.0).ok().map(|status| status_kind(status).to_owned());
                    (Some(wire::ErrorCode::Word(word)), kind.or(class))
                }
                (code, _) => (code, kind),
            };
            if message.is_none() && kind.is_none() && code.is_none() && extra.is_empty() {
                return None;
            }
            Some(model::Failure {
                code: code.map(error_code).filter(|code| !code.is_empty()),
                message: message.unwrap_or_default(),
                kind,
                param,
                raw,
            })
        }
    }
}

/// A failure beside an answer that is there in part: MiniMax's, and one on the choice itself.
pub(in crate::chat) fn failure_beside(extra: &Extra) -> Option<model::Failure> {
    #[derive(Deserialize)]
    struct BaseResp {
        status_code: Option<Integer>,
        status_msg: Option<String>,
    }
    if let Some(error) = extra.get("error").and_then(|error| error.parse().ok()) {
        return decode_failure(error);
    }
    let raw = extra.get("base_resp")?;
    let BaseResp { status_code, status_msg } = raw.parse().ok()?;
    let code = status_code.filter(|code| *code != Integer(0))?.0;
    Some(model::Failure {
        code: Some(code.to_string()),
        message: status_msg.unwrap_or_default(),
        kind: BASE_RESP_KINDS.iter().find(|(known, _)| *known == code).map(|(_, kind)| (*kind).to_owned()),
        param: None,
        raw: Some(json(raw.clone())),
    })
}

/// Classes of MiniMax's `status_code`, which is no HTTP status.
const BASE_RESP_KINDS: &[(i64, &str)] = &[
    (1002, "rate_limit_error"),
    (1004, "authentication_error"),
    (1008, "insufficient_quota"),
    (1026, "invalid_request_error"),
    (1039, "rate_limit_error"),
    (2013, "invalid_request_error"),
    (2049, "authentication_error"),
];

/// A failure without an envelope: `object` is `error`, or there is no answer but words.
pub(in crate::chat) fn bare_failure(extra: &Extra) -> Option<model::Failure> {
    let text = |name: &str| extra.get(name).and_then(|value| value.parse::<String>().ok());
    let message = text("message").or_else(|| spoken_detail(extra.get("detail")?)).or_else(|| text("msg"))?;
    let code = extra.get("code").and_then(|code| code.parse().ok()).map(error_code);
    let raw = to_json(extra);
    Some(model::Failure { code, message, kind: text("type").filter(|kind| kind != "error"), param: text("param"), raw })
}

/// The data of an event that only its name calls an error.
pub(in crate::chat) fn event_failure(data: &str) -> model::Failure {
    if let Ok(extra) = serde_json::from_str::<Extra>(data) {
        return bare_failure(&extra).unwrap_or_default();
    }
    let message = serde_json::from_str(data).unwrap_or_else(|_| data.trim().to_owned());
    model::Failure { message, ..model::Failure::default() }
}

/// What a `detail` says: FastAPI's word for an error, which is a sentence, a list of problems or an object.
fn spoken_detail(detail: &Json) -> Option<String> {
    #[derive(Deserialize)]
    struct Problem {
        msg: Option<String>,
        message: Option<String>,
    }
    let said = |problem: Problem| problem.msg.or(problem.message);
    if let Ok(problems) = detail.parse::<Vec<Problem>>() {
        let messages: Vec<String> = problems.into_iter().filter_map(said).collect();
        return Some(messages.join("; "));
    }
    detail.parse().ok().or_else(|| said(detail.parse().ok()?))
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
            misalignment: misalignment(failure),
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
