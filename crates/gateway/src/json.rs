//! JSON bodies, read fast, with errors that say where.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::ApiError;

/// Reads a JSON body.
///
/// ```
/// use interlingua_gateway::json;
/// use interlingua_wire::chat::Request;
///
/// let error = json::read::<Request>(br#"{"model":"m","messages":[{"role":"user","content":7}]}"#).unwrap_err();
/// assert_eq!(error.error.param.as_deref(), Some("messages[0].content"));
///
/// let error = json::read::<Request>(b"{\"model\":\n}").unwrap_err();
/// assert_eq!(error.to_string(), "the body is not valid JSON: expected value at line 2 column 1");
/// ```
///
/// # Errors
/// A 400 that names the line and column of what is no JSON, or, as `param`, the path of what has the wrong shape.
pub fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, ApiError> {
    // Keeping track of paths costs time and is only needed for bodies that fail.
    serde_json::from_slice(body).map_err(|error| explain::<T>(body, &error))
}

/// Why a body could not be read.
fn explain<'a, T: Deserialize<'a>>(body: &'a [u8], error: &serde_json::Error) -> ApiError {
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        Err(error) => {
            let (line, column) = position(body, error.valid_up_to());
            return syntax(format_args!("invalid UTF-8 at line {line} column {column}"));
        }
    };
    if text.trim_ascii().is_empty() {
        return syntax(format_args!("it is empty"));
    }
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return syntax(format_args!("{error}"));
    }
    let deserializer = &mut serde_json::Deserializer::from_str(text);
    let Err(located) = serde_path_to_error::deserialize::<_, T>(deserializer) else {
        return syntax(format_args!("{error}"));
    };
    let path = located.path().to_string();
    let inner = located.into_inner();
    let message = inner.to_string();
    let position = format!(" at line {} column {}", inner.line(), inner.column());
    let message = message.strip_suffix(&position).unwrap_or(&message);
    let error = ApiError::bad_request(message).with_code(if inner.is_data() { "invalid_value" } else { INVALID_JSON });
    match (path.as_str(), missing_field(message)) {
        (".", None) => error,
        (".", Some(field)) => error.with_param(field),
        (path, None) => error.with_param(path),
        (path, Some(field)) => error.with_param(format!("{path}.{field}")),
    }
}

const INVALID_JSON: &str = "invalid_json";

fn syntax(problem: std::fmt::Arguments<'_>) -> ApiError {
    ApiError::bad_request(format!("the body is not valid JSON: {problem}")).with_code(INVALID_JSON)
}

/// The field that serde says is missing, so that the path can name it.
fn missing_field(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.split('`').next()
}

/// The line and column, counted from 1, of a byte.
fn position(body: &[u8], at: usize) -> (usize, usize) {
    let mut lines = body.get(..at).unwrap_or(body).split(|&byte| byte == b'\n');
    let column = lines.next_back().unwrap_or_default().len() + 1;
    let line = lines.count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use interlingua_wire::chat::Request;

    use super::*;

    fn refusal(body: &[u8]) -> (String, Option<String>) {
        let error = read::<Request>(body).expect_err("the body is wrong");
        assert_eq!(error.status, 400);
        (error.error.message.unwrap(), error.error.param)
    }

    #[test]
    fn what_is_no_json_is_told_by_position() {
        let cases: [(&[u8], &str); 5] = [
            (b"", "it is empty"),
            (b" \n ", "it is empty"),
            (b"{\"model\":\"m\",\n\"messages\":[", "EOF while parsing a list at line 2 column 12"),
            (b"{\"model\":\"m\",\n \"messages\":[}]}", "expected value at line 2 column 14"),
            (b"{\"model\":\n\"\xff\"}", "invalid UTF-8 at line 2 column 2"),
        ];
        for (body, problem) in cases {
            let (message, param) = refusal(body);
            assert_eq!(message, format!("the body is not valid JSON: {problem}"));
            assert_eq!(param, None);
        }
    }

    #[test]
    fn what_has_the_wrong_shape_is_told_by_path() {
        let cases: [(&str, &str); 4] = [
            (r#"{"messages":{}}"#, "messages"),
            (r#"{"messages":[{"role":"user","content":[{"type":"text","text":5}]}]}"#, "messages[0].content[0].text"),
            (r#"{"messages":[],"stream":"yes"}"#, "stream"),
            (r#"{"messages":[],"tools":[{"type":"function","function":[]}]}"#, "tools[0].function"),
        ];
        for (body, path) in cases {
            assert_eq!(refusal(body.as_bytes()).1.as_deref(), Some(path), "{body}");
        }
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_crash() {
        let deep = format!(r#"{{"messages":[{}"#, "[".repeat(100_000));
        assert!(refusal(deep.as_bytes()).0.contains("not valid JSON"));
        let closed = format!(r#"{{"model":"m","messages":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        refusal(closed.as_bytes());
    }
}
