//! A message that failed, both ways.

use interlingua_model::Failure;
use interlingua_wire::{Extra, Json, Maybe, messages as wire};
use serde::Serialize;

use crate::convert::{to_json, verbatim, wire_json};
use crate::error::describe;
use crate::failure_status;

/// The code of a conversation that the model cannot read to its end.
const TOO_LONG: &str = "context_length_exceeded";
/// What this API's errors say of one, in lower case.
const TOO_LONG_WORDS: [&str; 2] = ["prompt is too long", "exceed context limit"];

/// What a class of this API says in words of the model: its code, and its class where that has another name.
const CLASSES: [(&str, Option<&str>, &str); 9] = [
    ("billing_error", Some("billing_error"), "insufficient_quota"),
    ("permission_error", None, "permission_error"),
    ("conflict_error", Some("conflict"), "invalid_request_error"),
    ("request_too_large", Some("request_too_large"), "invalid_request_error"),
    ("rate_limit_error", Some("rate_limit_exceeded"), "rate_limit_error"),
    ("api_error", Some("server_error"), "server_error"),
    ("timeout_error", Some("timeout"), "server_error"),
    ("overloaded_error", Some("server_is_overloaded"), "server_error"),
    ("not_found_error", Some("not_found"), "not_found_error"),
];

/// The failure that an error object tells.
pub(in crate::messages) fn decode_failure(error: wire::ErrorDetail) -> Failure {
    let raw = to_json(&error);
    let wire::ErrorDetail { kind, message, details: _, extra } = error;
    // Servers that have this API beside another put that one's code here.
    let code = extra.get("code").and_then(|code| code.parse().ok());
    understood(Failure { code, message: message.unwrap_or_default(), kind, param: None, raw })
}

/// A failure whose class is one of this API's, in words of the model. A code that says more than the class stays.
pub(in crate::messages) fn understood(failure: Failure) -> Failure {
    let Failure { code, message, kind, param, raw } = failure;
    let own = code.filter(|code| kind.as_deref() != Some(code));
    let known = CLASSES.iter().find(|(class, ..)| kind.as_deref() == Some(*class));
    let (code, kind) = match known {
        Some((_, code, kind)) => (*code, Some((*kind).to_owned())),
        None => (None, kind),
    };
    let lower = message.to_lowercase();
    let is_too_long = TOO_LONG_WORDS.iter().any(|words| lower.contains(words));
    let code = if is_too_long { Some(TOO_LONG) } else { code };
    Failure { code: code.map(str::to_owned).or(own), message, kind, param, raw }
}

/// The HTTP status under which this API tells a failure that another API told under `status`.
///
/// ```
/// use interlingua_translate::{messages, model::Failure};
///
/// let failure = Failure { code: Some("server_is_overloaded".into()), ..Failure::default() };
/// assert_eq!(messages::error_status(&failure, 503), 529);
/// ```
#[must_use]
pub fn error_status(failure: &Failure, status: u16) -> u16 {
    match failure.code.as_deref() {
        Some(TOO_LONG) => 400,
        Some("insufficient_quota" | "usage_limit_reached") => 429,
        Some("server_is_overloaded" | "overloaded") => 529,
        Some("timeout" | "upstream_timeout") => 504,
        _ if status == 503 => 529,
        _ => status,
    }
}

/// A failure in the body that clients of this API expect, under the status that [`error_status`] gives.
///
/// ```
/// use interlingua_translate::{messages, model::Failure};
///
/// let failure = Failure { code: Some("context_length_exceeded".into()), message: "W".into(), ..Failure::default() };
/// let body = messages::error_body(&failure, 400);
/// assert_eq!(body.error.message.as_deref(), Some("prompt is too long: W"));
/// ```
#[must_use]
pub fn error_body(failure: &Failure, status: u16) -> wire::ErrorBody {
    wire::ErrorBody {
        kind: Some("error".to_owned()),
        error: error_detail(failure, status),
        request_id: Maybe::Absent,
        extra: Extra::new(),
    }
}

/// A failure as an error object.
pub(in crate::messages) fn error_detail(failure: &Failure, status: u16) -> wire::ErrorDetail {
    let said = describe(failure);
    let said = match &failure.param {
        Some(param) if !said.starts_with(param.as_str()) => format!("{param}: {said}"),
        Some(_) | None => said.to_owned(),
    };
    let is_too_long = failure.code.as_deref() == Some(TOO_LONG);
    let is_said = TOO_LONG_WORDS.iter().any(|words| said.to_lowercase().contains(words));
    let message = if is_too_long && !is_said { format!("prompt is too long: {said}") } else { said };
    let kind = class(error_status(failure, status)).to_owned();
    wire::ErrorDetail { kind: Some(kind), message: Some(message), details: details(failure), extra: Extra::new() }
}

/// What the official clients read beside the words: where no thread can be had, their tool runners, which ask for one
/// unasked, go on without.
fn details(failure: &Failure) -> Maybe<Json> {
    #[derive(Serialize)]
    struct Details {
        error_code: &'static str,
        unsupported: [&'static str; 1],
    }
    let refuses_threads =
        failure.code.as_deref() == Some("unsupported_parameter") && failure.param.as_deref() == Some("thread");
    let details = Details { error_code: "thread_unsupported_request", unsupported: ["thread"] };
    let details = refuses_threads.then(|| wire_json(verbatim(&details)));
    details.map_or(Maybe::Absent, Maybe::Value)
}

/// A failure inside a stream, whose status is the one it would have had.
pub(in crate::messages) fn stream_error(failure: &Failure) -> wire::StreamError {
    let error = error_detail(failure, failure_status(failure));
    wire::StreamError { error, request_id: Maybe::Absent, extra: Extra::new() }
}

/// The class that a status stands for.
fn class(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_thread_is_told_as_the_official_clients_understand_it() {
        let refused = |param: &str| Failure {
            code: Some("unsupported_parameter".to_owned()),
            message: "leave it out".to_owned(),
            param: Some(param.to_owned()),
            ..Failure::default()
        };
        let told = |param: &str| serde_json::to_string(&error_body(&refused(param), 400)).unwrap_or_default();
        assert_eq!(
            told("thread"),
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"thread: leave it out","details":{"error_code":"thread_unsupported_request","unsupported":["thread"]}}}"#
        );
        assert!(!told("compaction").contains("details"));
    }
}
