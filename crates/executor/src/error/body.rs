//! The body of an error, in whatever shape, read as one failure.
//!
//! Seen on the wire: OpenAI's `{"error":{..}}`, the same unwrapped (`{"object":"error",..}`), `{"error":"text"}` with or
//! without `code` beside it, `{"errors":[..]}`, `{"detail":"text"}` and `{"detail":[{"loc":..,"msg":..}]}`, an error on the
//! choice that has it, other names for the message, codes that are numbers, an array around it all, a JSON text, HTML pages,
//! plain text, nothing; a byte order mark before any of them.

use std::fmt::Write as _;

use http::StatusCode;
use interlingua_model::{Failure, Json};
use interlingua_sse::{Eof, Parser};
use interlingua_translate::status_kind;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::words::{describe_unreadable, is_too_long, shortened, spelled};
use crate::http::head::ReplyHead;

/// Reads the body of a reply that reports an error. `whole` is false where the body was cut at our limit.
pub(crate) fn read(head: &ReplyHead, body: &[u8], whole: bool) -> Failure {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    let failure = from_json(text)
        .or_else(|| from_words(text))
        .or_else(|| from_events(text))
        .unwrap_or_else(|| Failure { message: describe_unreadable(head, text, whole), ..Failure::default() });
    complete(failure, head.status)
}

/// Whether a body is an error as clients of OpenAI's APIs know it, so that it can go to them as it is.
pub(crate) fn is_envelope(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Envelope {
        error: Detail,
    }
    #[derive(Deserialize)]
    struct Detail {
        message: String,
    }
    serde_json::from_slice::<Envelope>(body).is_ok_and(|Envelope { error }| !error.message.is_empty())
}

/// The error in a JSON body, if there is one. Says nothing about objects that merely are not errors.
pub(crate) fn from_json(text: &str) -> Option<Failure> {
    let value: Value = serde_json::from_str(text).ok()?;
    from_value(&value)
}

fn from_value(value: &Value) -> Option<Failure> {
    match value {
        Value::Object(object) => from_object(object),
        Value::Array(values) => values.first().and_then(from_value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn from_object(object: &Map<String, Value>) -> Option<Failure> {
    match object.get("error") {
        Some(Value::Object(error)) => return Some(from_detail(error)),
        Some(Value::Array(errors)) => return from_list(errors),
        Some(Value::String(message)) => {
            // `{"error":"invalid_grant","error_description":"words"}` is OAuth's order of the two.
            let described = text_of(object, &["error_description", "message"]);
            let code = word(object.get("code")).or_else(|| described.is_some().then(|| message.clone()));
            return Some(Failure {
                message: described.unwrap_or_else(|| message.clone()),
                code,
                kind: text_of(object, &["type"]),
                param: text_of(object, &["param"]),
                raw: raw(object),
            });
        }
        _ => {}
    }
    match object.get("detail") {
        Some(Value::String(message)) => {
            return Some(Failure { message: message.clone(), code: word(object.get("code")), ..Failure::default() });
        }
        Some(Value::Object(detail)) => return from_object(detail).or_else(|| Some(from_detail(detail))),
        Some(Value::Array(problems)) => return Some(from_problems(problems)),
        _ => {}
    }
    if let Some(Value::Array(errors)) = object.get("errors") {
        return from_list(errors);
    }
    // A provider behind a router fails on the choice that it would have answered.
    let choice = object.get("choices").and_then(Value::as_array).and_then(|choices| choices.first()?.get("error"));
    if let Some(Value::Object(error)) = choice {
        return Some(from_detail(error));
    }
    let is_error = object.get("object").and_then(Value::as_str) == Some("error")
        || MESSAGES.iter().any(|name| object.get(*name).is_some_and(Value::is_string))
        || object.get("message").is_some_and(Value::is_object);
    is_error.then(|| from_detail(object))
}

/// What servers call the message of an error.
const MESSAGES: [&str; 11] = [
    "message",
    "detail",
    "error_description",
    "msg",
    "error_message",
    "error_msg",
    "Message",
    "errorMessage",
    "err",
    "reason",
    "title",
];

/// Several errors, of which each has a word: objects or texts.
fn from_list(errors: &[Value]) -> Option<Failure> {
    let read = |error: &Value| match error.as_str() {
        Some(message) => Some(Failure { message: message.to_owned(), ..Failure::default() }),
        None => from_value(error),
    };
    let mut failures = errors.iter().filter_map(read);
    let mut all = failures.next()?;
    for Failure { message, .. } in failures.filter(|failure| !failure.message.is_empty()) {
        all.message = format!("{}; {message}", all.message);
    }
    Some(all)
}

/// A text as JSON writes it.
fn from_words(text: &str) -> Option<Failure> {
    let message = serde_json::from_str::<String>(text).ok()?;
    Some(Failure { message: shortened(&message), ..Failure::default() })
}

/// An error object: OpenAI's four keys, and what servers put beside them.
fn from_detail(error: &Map<String, Value>) -> Failure {
    let mut message = text_of(error, &MESSAGES).unwrap_or_default();
    // Some put the envelope into the message.
    if message.is_empty()
        && let Some(Value::Object(inner)) = error.get("message")
    {
        return from_detail(inner);
    }
    // OpenRouter says "Provider returned error" and puts what the provider said here.
    let nested = error.get("metadata").and_then(|metadata| metadata.get("raw")).and_then(Value::as_str);
    if let Some(nested) = nested.filter(|nested| !nested.trim_start().starts_with('<')) {
        message = format!("{message}: {}", shortened(nested));
    }
    Failure {
        message,
        code: word(error.get("code")),
        kind: text_of(error, &["type"]),
        param: text_of(error, &["param"]),
        raw: raw(error),
    }
}

/// FastAPI's validation errors: `[{"loc":["body","messages",0],"msg":"..","type":".."}]`.
fn from_problems(problems: &[Value]) -> Failure {
    let messages = problems.iter().filter_map(|problem| problem.get("msg").and_then(Value::as_str));
    let place = problems.first().and_then(|problem| problem.get("loc")).and_then(Value::as_array);
    Failure {
        message: messages.collect::<Vec<_>>().join("; "),
        param: place.map(|steps| path(steps)).filter(|path| !path.is_empty()),
        ..Failure::default()
    }
}

fn path(steps: &[Value]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Value::String(key) if path.is_empty() && key == "body" => {}
            Value::String(key) if path.is_empty() => path.push_str(key),
            Value::String(key) => {
                path.push('.');
                path.push_str(key);
            }
            Value::Number(index) => {
                let _ = write!(path, "[{index}]");
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
        }
    }
    path
}

/// An error that comes as an event stream although its status says that it failed.
fn from_events(text: &str) -> Option<Failure> {
    if !text.starts_with("data:") && !text.starts_with("event:") {
        return None;
    }
    let mut parser = Parser::new();
    parser.feed(text.as_bytes());
    parser.end(Eof::Flush);
    let event = parser.next_event().ok().flatten()?;
    from_json(event.data)
}

/// Fills in what the body left out.
fn complete(mut failure: Failure, status: StatusCode) -> Failure {
    // llama.cpp and OpenRouter repeat the status as the code.
    failure.code = failure.code.filter(|code| code != status.as_str() && !code.is_empty());
    failure.kind = failure.kind.filter(|kind| !kind.is_empty());
    if failure.message.is_empty() {
        failure.message = match (&failure.code, &failure.kind) {
            (Some(word), _) | (None, Some(word)) => word.clone(),
            (None, None) => format!("the upstream answered {} and said nothing more", spelled(status)),
        };
    }
    if failure.code.is_none() && status.is_client_error() && is_too_long(&failure) {
        failure.code = Some("context_length_exceeded".to_owned());
    }
    // The Codex backend has only a type where the public API has a code as well (`usage_limit_reached`).
    let speaks = failure.kind.as_ref().filter(|kind| !kind.ends_with("_error"));
    failure.code = failure.code.or_else(|| speaks.cloned());
    failure.kind = failure.kind.or_else(|| {
        let insufficient = failure.code.as_deref() == Some("insufficient_quota");
        Some(if insufficient { "insufficient_quota" } else { status_kind(status.as_u16()) }.to_owned())
    });
    failure
}

fn text_of(object: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| object.get(*name)?.as_str()).map(str::to_owned)
}

fn word(code: Option<&Value>) -> Option<String> {
    match code? {
        Value::String(word) => Some(word.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn raw(object: &Map<String, Value>) -> Option<Json> {
    serde_json::to_string(object).ok().and_then(|text| Json::from_text(&text).ok())
}

#[cfg(test)]
mod tests;
