//! The body of an error, in whatever shape, read as one failure.
//!
//! Seen on the wire: OpenAI's `{"error":{..}}`, the same unwrapped (`{"object":"error",..}`), `{"error":"text"}` with or
//! without `code` beside it, `{"errors":[..]}`, `{"detail":"text"}` and `{"detail":[{"loc":..,"msg":..}]}`, an error on the
//! choice that has it, other names for the message, codes that are numbers, an array around it all, a JSON text, HTML pages,
//! plain text, nothing; a byte order mark before any of them.

// Long because: every shape that was seen stands in the table of its test.

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
mod tests {
    use http::HeaderMap;
    use http::header::{CONTENT_TYPE, HeaderValue};

    use super::*;

    fn read_as(status: u16, content_type: &'static str, body: &str) -> Failure {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        read(&ReplyHead::new(StatusCode::from_u16(status).unwrap(), &headers), body.as_bytes(), true)
    }

    /// Message, type, code and param of an error.
    fn parts(failure: &Failure) -> (&str, Option<&str>, Option<&str>, Option<&str>) {
        let Failure { code, message, kind, param, raw: _ } = failure;
        (message, kind.as_deref(), code.as_deref(), param.as_deref())
    }

    #[test]
    fn every_json_shape_becomes_message_type_code_and_param() {
        const INVALID: Option<&str> = Some("invalid_request_error");
        for (status, body, expected) in [
            (
                400,
                r#"{"error":{"message":"m","type":"invalid_request_error","param":"input[0]","code":"invalid_value"}}"#,
                ("m", INVALID, Some("invalid_value"), Some("input[0]")),
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"m","type":"exceed_context_size_error"}}"#,
                ("m", Some("exceed_context_size_error"), Some("context_length_exceeded"), None),
            ),
            (
                400,
                r#"{"object":"error","message":"This model's maximum context length is 9 tokens.","type":"BadRequestError","code":400}"#,
                (
                    "This model's maximum context length is 9 tokens.",
                    Some("BadRequestError"),
                    Some("context_length_exceeded"),
                    None,
                ),
            ),
            (
                429,
                r#"{"error":{"code":429,"message":"m","metadata":{"raw":"busy"}},"user_id":"u"}"#,
                ("m: busy", Some("rate_limit_error"), None, None),
            ),
            (400, r#"{"code":"invalid-argument","error":"m"}"#, ("m", INVALID, Some("invalid-argument"), None)),
            (404, r#"{"error":"m"}"#, ("m", INVALID, None, None)),
            (
                401,
                r#"{"error":"invalid_grant","error_description":"m"}"#,
                ("m", Some("authentication_error"), Some("invalid_grant"), None),
            ),
            (401, r#"{"detail":"m"}"#, ("m", Some("authentication_error"), None, None)),
            (
                422,
                r#"{"detail":[{"type":"missing","loc":["body","messages",0,"role"],"msg":"m"}]}"#,
                ("m", INVALID, None, Some("messages[0].role")),
            ),
            (
                400,
                r#"{"detail":{"code":"unsupported_model","message":"m"}}"#,
                ("m", INVALID, Some("unsupported_model"), None),
            ),
            (
                400,
                r#"{"object":"error","message":"m","type":"invalid_request_invalid_args","param":null,"code":"3051","raw_status_code":400}"#,
                ("m", Some("invalid_request_invalid_args"), Some("3051"), None),
            ),
            (
                503,
                r#"[{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}]"#,
                ("m", Some("server_error"), None, None),
            ),
            (
                429,
                r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"m"}}"#,
                ("m", Some("insufficient_quota"), Some("insufficient_quota"), None),
            ),
            (
                429,
                r#"{"error":{"type":"usage_limit_reached","message":"m","plan_type":"plus","resets_in_seconds":9}}"#,
                ("m", Some("usage_limit_reached"), Some("usage_limit_reached"), None),
            ),
            (
                403,
                r#"{"error":{"message":"","type":"","param":null,"code":"country"}}"#,
                ("country", Some("permission_error"), Some("country"), None),
            ),
            (500, r#"{"message":"m"}"#, ("m", Some("server_error"), None, None)),
            (500, r#"{"message":{"message":"m","code":"c"}}"#, ("m", Some("server_error"), Some("c"), None)),
            (400, r#"{"errors":[{"message":"m","code":"c"},"n"]}"#, ("m; n", INVALID, Some("c"), None)),
            (400, r#"{"error":["m"]}"#, ("m", INVALID, None, None)),
            (
                502,
                r#"{"choices":[{"error":{"code":502,"message":"m"},"finish_reason":"error"}]}"#,
                ("m", Some("server_error"), None, None),
            ),
            (
                403,
                r#"{"type":"about:blank","title":"m","status":403}"#,
                ("m", Some("about:blank"), Some("about:blank"), None),
            ),
            (403, r#"{"Message":"m"}"#, ("m", Some("permission_error"), None, None)),
            (500, r#""m""#, ("m", Some("server_error"), None, None)),
            (500, "\u{feff}\"m\"", ("m", Some("server_error"), None, None)),
            (400, "data: {\"error\":{\"message\":\"m\"}}\n\n", ("m", INVALID, None, None)),
            (400, "\u{feff}{\"error\":{\"message\":\"m\"}}", ("m", INVALID, None, None)),
        ] {
            assert_eq!(parts(&read_as(status, "application/json", body)), expected, "{body}");
        }
    }

    #[test]
    fn what_is_no_json_is_told_in_words_and_a_page_is_never_shown() {
        let page = "<!DOCTYPE html><html><script>challenge-platform</script>Just a moment...</html>";
        for (status, content_type, body, expected) in [
            (
                403,
                "text/html; charset=UTF-8",
                page,
                "the upstream answered 403 Forbidden with a web page instead of an API reply (a bot check, by its looks)",
            ),
            (
                502,
                "",
                "<html>bad</html>",
                "the upstream answered 502 Bad Gateway with a web page instead of an API reply",
            ),
            (502, "application/json", "", "the upstream answered 502 Bad Gateway and said nothing more"),
            (
                503,
                "text/plain",
                "no healthy\r\n upstream\n",
                "the upstream answered 503 Service Unavailable: no healthy upstream",
            ),
            (
                500,
                "application/json",
                r#"{"error": {"mess"#,
                "the upstream answered 500 Internal Server Error with a body that cannot be read",
            ),
            (
                500,
                "application/json",
                "{}",
                "the upstream answered 500 Internal Server Error with a body that cannot be read",
            ),
            (302, "", "", "the upstream answered 302 Found; redirects are not followed, so check the base URL"),
        ] {
            assert_eq!(read_as(status, content_type, body).message, expected);
        }
    }

    #[test]
    fn long_text_is_shortened_at_a_character() {
        let failure = read_as(500, "text/plain", &"ä ".repeat(2000));
        assert_eq!(failure.message.chars().count(), "the upstream answered 500 Internal Server Error: ".len() + 501);
        assert!(failure.message.ends_with('…'));
    }

    #[test]
    fn what_is_no_error_is_not_taken_for_one() {
        for text in [r#"{"id":"resp_1","output":[],"error":null}"#, "{}", "7", "[]", "\"error\""] {
            assert_eq!(from_json(text), None, "{text}");
        }
    }
}
