//! Refuses what the real APIs would refuse, in their words, so that a request which passes here has a chance there.
//!
//! It checks shape and order: fields, types, ranges, calls and their results, schemas that are declared strict. It does not
//! know what a model can or cannot do.

mod chat;
mod codex;
mod messages;
mod responses;
mod strict;

use http::StatusCode;
use interlingua_wire::{Extra, chat as chat_wire, messages as messages_wire, responses as responses_wire};
use serde_json::{Value, json};

use interlingua_model::Api;

/// A request that was read and found good.
#[derive(Debug)]
pub(crate) enum Request {
    Chat(Box<chat_wire::Request>),
    Responses(Box<responses_wire::Request>),
    Messages(Box<messages_wire::Request>),
}

/// Why a request is refused: status and body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Refusal {
    /// An error in OpenAI's shape.
    pub(crate) fn new(
        status: StatusCode,
        kind: &str,
        code: Option<&str>,
        param: Option<&str>,
        message: impl Into<String>,
    ) -> Self {
        let message: String = message.into();
        Self { status, body: json!({"error": {"message": message, "type": kind, "param": param, "code": code}}) }
    }

    fn invalid(code: impl Into<Option<&'static str>>, param: impl AsRef<str>, message: impl Into<String>) -> Self {
        let param = Some(param.as_ref()).filter(|param| !param.is_empty());
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", code.into(), param, message)
    }

    fn missing(param: &str) -> Self {
        Self::invalid("missing_required_parameter", param, format!("Missing required parameter: '{param}'."))
    }

    fn unknown(param: &str) -> Self {
        Self::invalid("unknown_parameter", param, format!("Unknown parameter: '{param}'."))
    }

    fn value(param: &str, found: &str, supported: &str) -> Self {
        let message = format!("Invalid value: '{found}'. Supported values are: {supported}.");
        Self::invalid("invalid_value", param, message)
    }
}

/// Reads a request and refuses what the API would refuse.
pub(crate) fn judge(api: Api, body: &[u8], is_codex: bool) -> Result<Request, Refusal> {
    let text = std::str::from_utf8(body).map_err(|error| unreadable(&error.to_string()))?;
    let value: Value = serde_json::from_str(text).map_err(|error| unreadable(&error.to_string()))?;
    if is_codex && api == Api::Responses {
        codex::check(&value)?;
    }
    match api {
        Api::Chat => {
            let request = chat_wire::Request::from_json(text).map_err(|error| mistyped(&error))?;
            chat::check(&request)?;
            Ok(Request::Chat(Box::new(request)))
        }
        Api::Responses => {
            let request = responses_wire::Request::from_json(text).map_err(|error| mistyped(&error))?;
            responses::check(&request)?;
            Ok(Request::Responses(Box::new(request)))
        }
        Api::Messages => {
            let request = messages_wire::Request::from_json(text).map_err(|error| mistyped(&error))?;
            messages::check(&request)?;
            Ok(Request::Messages(Box::new(request)))
        }
    }
}

fn unreadable(error: &str) -> Refusal {
    let message = format!(
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library \
         correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON: {error}.)"
    );
    Refusal::invalid(None, "", message)
}

fn mistyped(error: &serde_json::Error) -> Refusal {
    Refusal::invalid("invalid_type", "", format!("Invalid type: {error}."))
}

/// Refuses fields that the API does not have; `at` is the path of the object, with a dot after it, or nothing.
fn no_extra(extra: &Extra, at: &str) -> Result<(), Refusal> {
    extra.keys().next().map_or(Ok(()), |key| Err(Refusal::unknown(&format!("{at}{key}"))))
}

/// Refuses a number outside its range.
fn range(value: Option<f64>, param: &str, least: f64, most: f64) -> Result<(), Refusal> {
    let Some(value) = value else { return Ok(()) };
    if value < least {
        let message = format!(
            "Invalid '{param}': decimal below minimum value. Expected a value >= {least}, but got {value} instead."
        );
        return Err(Refusal::invalid("decimal_below_min_value", param, message));
    }
    if value > most {
        let message = format!(
            "Invalid '{param}': decimal above maximum value. Expected a value <= {most}, but got {value} instead."
        );
        return Err(Refusal::invalid("decimal_above_max_value", param, message));
    }
    Ok(())
}

/// Refuses a string that is missing, empty or too long.
fn sized<'a>(value: Option<&'a str>, param: &str, most: usize) -> Result<&'a str, Refusal> {
    let value = value.ok_or_else(|| Refusal::missing(param))?;
    if value.is_empty() {
        let message = format!(
            "Invalid '{param}': empty string. Expected a string with minimum length 1, but got an empty string instead."
        );
        return Err(Refusal::invalid("empty_string", param, message));
    }
    let length = value.chars().count();
    if length > most {
        let message = format!(
            "Invalid '{param}': string too long. Expected a string with maximum length {most}, but got a string with \
             length {length} instead."
        );
        return Err(Refusal::invalid("string_above_max_length", param, message));
    }
    Ok(value)
}

/// Refuses a name that is not one: letters, digits, underscores and dashes.
fn named<'a>(name: Option<&'a str>, param: &str, most: usize) -> Result<&'a str, Refusal> {
    let name = sized(name, param, most)?;
    if name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
        return Ok(name);
    }
    let message = format!(
        "Invalid '{param}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
    );
    Err(Refusal::invalid("invalid_value", param, message))
}

/// Refuses a choice of a tool that is not there.
fn chosen(name: Option<&str>, tools: &[&str], kind: &str) -> Result<(), Refusal> {
    if name.is_some_and(|name| tools.contains(&name)) {
        return Ok(());
    }
    let message = match name {
        Some(name) => format!("Tool choice '{name}' not found in 'tools' parameter."),
        None => format!("Missing required parameter: 'tool_choice.{kind}name'."),
    };
    Err(Refusal::invalid(None, "tool_choice", message))
}

/// Refuses JSON of any kind where nobody has said the word.
fn says_json(has_said: bool, param: &str, format: &str) -> Result<(), Refusal> {
    if has_said {
        return Ok(());
    }
    let message =
        format!("'{param}' must contain the word 'json' in some form, to use '{format}' of type 'json_object'.");
    Err(Refusal::invalid(None, param, message))
}
