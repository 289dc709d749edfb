//! Why a translation was refused, in the caller's terms, and what HTTP makes of it.

use interlingua_model::Failure;
use thiserror::Error as ThisError;

use crate::{Loss, LossCode};

/// A translation that cannot be done, by whose fault it is.
#[derive(Debug, Clone, PartialEq, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The caller's document cannot be expressed on the other side, or contradicts itself.
    #[error("{path}: {message}")]
    Request {
        /// The path in the caller's document.
        path: String,
        /// What kind of problem.
        code: RequestCode,
        /// What was wrong and what to do.
        message: String,
    },
    /// The upstream's reply cannot be read.
    #[error("the upstream's reply cannot be read: {message}")]
    Malformed {
        /// The path in the upstream's document, where known.
        path: Option<String>,
        /// What was wrong.
        message: String,
    },
    /// The upstream's reply is sound, but the caller's API cannot carry it.
    #[error("{path}: {message}")]
    Reply {
        /// The path in the upstream's document.
        path: String,
        /// The stable word for it.
        code: &'static str,
        /// What it was.
        message: String,
    },
    /// The upstream says that it failed.
    #[error("the upstream failed: {}", describe(.0))]
    Upstream(Box<Failure>),
}

/// The codes a refused request carries, as the API spells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestCode {
    /// The parameter has no counterpart.
    UnsupportedParameter,
    /// The parameter has a counterpart, this value has none.
    UnsupportedValue,
    /// The value contradicts the rest of the document.
    InvalidValue,
    /// The parameter is not part of the API.
    UnknownParameter,
    /// The parameter is needed.
    MissingParameter,
}

impl RequestCode {
    /// The API's spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnsupportedParameter => "unsupported_parameter",
            Self::UnsupportedValue => "unsupported_value",
            Self::InvalidValue => "invalid_value",
            Self::UnknownParameter => "unknown_parameter",
            Self::MissingParameter => "missing_required_parameter",
        }
    }
}

impl Error {
    /// A request that cannot be expressed or contradicts itself.
    pub(crate) fn request(path: impl Into<String>, code: RequestCode, message: impl Into<String>) -> Self {
        Self::Request { path: path.into(), code, message: message.into() }
    }

    /// A reply that the caller's API cannot carry.
    pub(crate) fn reply(path: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Reply { path: path.into(), code, message: message.into() }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "a new kind of loss is about a value until it says otherwise")]
    pub(crate) fn refused_loss(loss: &Loss) -> Self {
        let code = match loss.code {
            LossCode::UnknownField => RequestCode::UnknownParameter,
            LossCode::DroppedParameter | LossCode::RefusedByUpstream => RequestCode::UnsupportedParameter,
            _ => RequestCode::UnsupportedValue,
        };
        Self::request(&loss.path, code, &loss.detail)
    }

    /// The HTTP status that says it: 400 for the caller's faults, 5xx for the upstream's, and the status of the
    /// upstream's own error code where it gave one.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Request { .. } => 400,
            Self::Malformed { .. } | Self::Reply { .. } => 502,
            Self::Upstream(failure) => failure_status(failure),
        }
    }

    /// The error's class (`error.type`).
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Request { .. } => "invalid_request_error",
            Self::Malformed { .. } | Self::Reply { .. } => "server_error",
            Self::Upstream(failure) => failure_kind(failure),
        }
    }

    /// The stable word for what happened (`error.code`).
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Request { code, .. } => Some(code.as_str()),
            Self::Malformed { .. } => Some("upstream_malformed"),
            Self::Reply { code, .. } => Some(code),
            Self::Upstream(failure) => failure.code.as_deref(),
        }
    }

    /// The path at fault, in the document of whoever wrote it (`error.param`).
    #[must_use]
    pub fn param(&self) -> Option<&str> {
        match self {
            Self::Request { path, .. } => Some(path),
            Self::Malformed { .. } | Self::Reply { .. } => None,
            Self::Upstream(failure) => failure.param.as_deref(),
        }
    }

    /// What happened, for a person, without the path.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Request { message, .. } => message.clone(),
            Self::Malformed { path: Some(path), message } => {
                format!("the upstream's reply cannot be read: {path}: {message}")
            }
            Self::Malformed { path: None, message } => format!("the upstream's reply cannot be read: {message}"),
            Self::Reply { path, message, .. } => format!("{message} ({path} of the upstream's reply)"),
            Self::Upstream(failure) => describe(failure).to_owned(),
        }
    }

    /// The error as the failure a stream reports in-band.
    #[must_use]
    pub fn into_failure(self) -> Failure {
        match self {
            Self::Upstream(failure) => *failure,
            Self::Request { .. } | Self::Malformed { .. } | Self::Reply { .. } => Failure {
                code: self.code().map(Into::into),
                message: self.message(),
                kind: Some(self.kind().to_owned()),
                param: self.param().map(Into::into),
                raw: None,
            },
        }
    }
}

/// The code of a stream that stopped before its terminal event.
pub const STREAM_INCOMPLETE: &str = "stream_incomplete";

/// The failure of a stream that stopped before its terminal event.
pub(crate) fn stream_incomplete() -> Failure {
    Failure {
        code: Some(STREAM_INCOMPLETE.to_owned()),
        message: "upstream stream ended early".to_owned(),
        kind: Some("server_error".to_owned()),
        param: None,
        raw: None,
    }
}

/// The HTTP status of a failure that arrived inside a 200: by its code, else by its class, else 502.
///
/// Source: `ResponseError.code` of the Responses reference, and codes seen on the wire beside it.
#[must_use]
pub fn failure_status(failure: &Failure) -> u16 {
    let by_code = failure.code.as_deref().and_then(status_of_code);
    by_code.or_else(|| failure.kind.as_deref().and_then(status_of_kind)).unwrap_or(502)
}

/// The class (`error.type`) of a failure: its own, else the one its status has.
#[must_use]
pub fn failure_kind(failure: &Failure) -> &str {
    if failure.code.as_deref() == Some("insufficient_quota") {
        return "insufficient_quota";
    }
    if let Some(kind) = failure.kind.as_deref().filter(|kind| !kind.is_empty()) {
        return kind;
    }
    match failure_status(failure) {
        429 => "rate_limit_error",
        401 => "authentication_error",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    }
}

fn status_of_code(code: &str) -> Option<u16> {
    // Some backends write the status where the word belongs.
    if let Some(status) = code.parse().ok().filter(|status| (400..=599).contains(status)) {
        return Some(status);
    }
    Some(match code {
        "server_error" | "response_cancelled" => 500,
        "stream_incomplete" | "upstream_malformed" | "unexpected_background_response" => 502,
        "server_is_overloaded" | "overloaded" | "slow_down" => 503,
        "vector_store_timeout" | "timeout" => 504,
        "rate_limit_exceeded"
        | "insufficient_quota"
        | "usage_limit_reached"
        | "usage_not_included"
        | "quota_exceeded" => 429,
        "invalid_api_key" | "token_expired" | "token_invalidated" => 401,
        "model_not_found" => 404,
        "invalid_prompt"
        | "bio_policy"
        | "cyber_policy"
        | "content_policy_violation"
        | "policy_violation"
        | "data_residency_mismatch"
        | "context_length_exceeded"
        | "invalid_image"
        | "invalid_image_format"
        | "invalid_base64_image"
        | "invalid_image_url"
        | "image_too_large"
        | "image_too_small"
        | "image_parse_error"
        | "image_content_policy_violation"
        | "invalid_image_mode"
        | "image_file_too_large"
        | "unsupported_image_media_type"
        | "empty_image_file"
        | "failed_to_download_image"
        | "image_file_not_found"
        | "invalid_value"
        | "invalid_type"
        | "unsupported_parameter"
        | "unsupported_value"
        | "unknown_parameter"
        | "missing_required_parameter"
        | "invalid_json_schema"
        | "previous_response_not_found"
        | "invalid_encrypted_content" => 400,
        _ => return None,
    })
}

fn status_of_kind(kind: &str) -> Option<u16> {
    Some(match kind {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "permission_error" => 403,
        "not_found_error" => 404,
        "rate_limit_error" | "tokens" | "requests" | "insufficient_quota" | "usage_limit_reached" => 429,
        "overloaded_error" => 503,
        _ => return None,
    })
}

fn describe(failure: &Failure) -> &str {
    match (failure.message.as_str(), failure.code.as_deref()) {
        ("", Some(code)) => code,
        ("", None) => "the upstream failed without saying why",
        (message, _) => message,
    }
}
