//! Why a request is refused, in the words of the APIs.

use http::StatusCode;
use serde_json::{Value, json};

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

    pub(super) fn invalid(
        code: impl Into<Option<&'static str>>,
        param: impl AsRef<str>,
        message: impl Into<String>,
    ) -> Self {
        let param = Some(param.as_ref()).filter(|param| !param.is_empty());
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", code.into(), param, message)
    }

    pub(super) fn missing(param: &str) -> Self {
        Self::invalid("missing_required_parameter", param, format!("Missing required parameter: '{param}'."))
    }

    pub(super) fn unknown(param: &str) -> Self {
        Self::invalid("unknown_parameter", param, format!("Unknown parameter: '{param}'."))
    }

    pub(super) fn value(param: &str, found: &str, supported: &str) -> Self {
        let message = format!("Invalid value: '{found}'. Supported values are: {supported}.");
        Self::invalid("invalid_value", param, message)
    }
}
