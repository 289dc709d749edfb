//! JSON bodies, read fast, with errors that say where.

use interlingua_wire::{Unread, read_json};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::surrogates::mend;
use crate::{Error, RequestCode, Translated};

/// Reads the body of a request, and what it says.
///
/// # Errors
/// [`Error::Request`]: with the line and column of what is no JSON, or the path of what has the wrong shape; and those of
/// `decode`.
pub(crate) fn read_request<T: DeserializeOwned, U>(
    body: &[u8],
    decode: impl FnOnce(T) -> Result<Translated<U>, Error>,
) -> Result<Translated<U>, Error> {
    read(body, decode, |body, unread| {
        let Fault { path, code, message } = Fault::of(body, unread);
        Error::request(path, code, message)
    })
}

/// Reads the body of a whole reply, and what it says.
///
/// # Errors
/// [`Error::Malformed`]: what it is instead; and those of `decode`.
pub(crate) fn read_reply<T: DeserializeOwned, U>(
    body: &[u8],
    decode: impl FnOnce(T) -> Result<Translated<U>, Error>,
) -> Result<Translated<U>, Error> {
    read(body, decode, |body, unread| {
        let malformed = |path: Option<String>, message: String| Error::Malformed { path, message };
        match body.trim_ascii_start().first() {
            Some(b'<') => malformed(None, "it is a web page; check the base URL".to_owned()),
            None => malformed(None, "it is empty".to_owned()),
            Some(_) => {
                let Fault { path, code: _, message } = Fault::of(body, unread);
                malformed(Some(path).filter(|path| !path.is_empty()), message)
            }
        }
    })
}

fn read<T: DeserializeOwned, U>(
    body: &[u8],
    decode: impl FnOnce(T) -> Result<Translated<U>, Error>,
    fault: impl Fn(&[u8], Option<&Unread>) -> Error,
) -> Result<Translated<U>, Error> {
    let body = body.strip_prefix(BOM).unwrap_or(body);
    let Ok(text) = std::str::from_utf8(body) else { return Err(fault(body, None)) };
    // Looking for halves of characters costs time, and only bodies that fail may hold any.
    let unread = match read_json(text) {
        Ok(value) => return decode(value),
        Err(unread) => unread,
    };
    let Some((mended, mut losses)) = mend(body) else { return Err(fault(body, Some(&unread))) };
    let value = read_json(&mended).map_err(|unread| fault(mended.as_bytes(), Some(&unread)))?;
    let Translated { value, losses: more } = decode(value)?;
    losses.extend(more);
    Ok(Translated { value, losses })
}

/// The byte order mark that some servers and editors put before their JSON.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// What is wrong with a body.
struct Fault {
    /// Where, if it is JSON.
    path: String,
    code: RequestCode,
    message: String,
}

impl Fault {
    /// What is wrong with a body that is no text, or that was read as one in vain.
    fn of(body: &[u8], unread: Option<&Unread>) -> Self {
        let text = match std::str::from_utf8(body) {
            Ok(text) => text,
            Err(error) => {
                let (line, column) = position(body, error.valid_up_to());
                return Self::syntax(format_args!("invalid UTF-8 at line {line} column {column}"));
            }
        };
        if text.trim_ascii().is_empty() {
            return Self::syntax(format_args!("it is empty"));
        }
        if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
            return Self::syntax(format_args!("{error}"));
        }
        let Some(Unread { error, path }) = unread else { return Self::syntax(format_args!("it cannot be read")) };
        let message = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = message.strip_suffix(&place).unwrap_or(&message);
        let path = match missing_field(message) {
            None => path.clone(),
            Some(field) if path.is_empty() => field.to_owned(),
            Some(field) => format!("{path}.{field}"),
        };
        let code = if error.is_data() { RequestCode::InvalidValue } else { RequestCode::InvalidJson };
        Self { path, code, message: shortened(message) }
    }

    fn syntax(problem: std::fmt::Arguments<'_>) -> Self {
        let message = format!("the body is not valid JSON: {problem}");
        Self { path: String::new(), code: RequestCode::InvalidJson, message }
    }
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

/// A message that may quote the body: 200 characters of it at most.
fn shortened(message: &str) -> String {
    crate::convert::cut(message, 200).into_owned()
}

#[cfg(test)]
mod tests {
    use interlingua_wire::chat::Request;

    use super::*;

    fn refusal(body: &[u8]) -> (String, String) {
        let error = read_request(body, |_: Request| Ok(Translated { value: (), losses: Vec::new() }))
            .expect_err("the body is wrong");
        let Error::Request { path, code: _, message } = error else { panic!("{error}") };
        (message, path)
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
            assert_eq!(refusal(body), (format!("the body is not valid JSON: {problem}"), String::new()));
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
            assert_eq!(refusal(body.as_bytes()).1, path, "{body}");
        }
    }

    #[test]
    fn a_message_quotes_little_of_the_body() {
        let body = format!(r#"{{"messages":"{}"}}"#, "x".repeat(5000));
        assert!(refusal(body.as_bytes()).0.chars().count() <= 201);
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_crash() {
        let deep = format!(r#"{{"messages":[{}"#, "[".repeat(100_000));
        assert!(refusal(deep.as_bytes()).0.contains("not valid JSON"));
        let closed = format!(r#"{{"model":"m","messages":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        refusal(closed.as_bytes());
    }
}
