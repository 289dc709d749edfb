//! Why a translation was refused, in the caller's terms, and what HTTP makes of it.

use interlingua_model::Failure;
use interlingua_wire as wire;
use thiserror::Error as ThisError;

use crate::codes::{STREAM_INCOMPLETE, UPSTREAM_MALFORMED, failure_kind, failure_status};
use crate::convert::brief;
use crate::{Loss, LossCode};

/// A translation that cannot be done, by whose fault it is.
#[derive(Debug, Clone, PartialEq, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// The caller's document cannot be expressed on the other side, or contradicts itself.
    #[error("{}{message}", prefix(path))]
    Request {
        /// The path in the caller's document; empty for the document as a whole.
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
    /// The document is no JSON.
    InvalidJson,
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
            Self::InvalidJson => "invalid_json",
        }
    }
}

impl Error {
    /// A request that cannot be expressed or contradicts itself.
    pub(crate) fn request(path: impl Into<String>, code: RequestCode, message: impl Into<String>) -> Self {
        Self::Request { path: path.into(), code, message: brief(message.into()) }
    }

    /// A reply that the caller's API cannot carry.
    pub(crate) fn reply(path: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Reply { path: path.into(), code, message: brief(message.into()) }
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
            Self::Malformed { .. } => Some(UPSTREAM_MALFORMED),
            Self::Reply { code, .. } => Some(code),
            Self::Upstream(failure) => failure.code.as_deref(),
        }
    }

    /// The path at fault, in the document of whoever wrote it (`error.param`).
    #[must_use]
    pub fn param(&self) -> Option<&str> {
        match self {
            Self::Request { path, .. } => Some(path.as_str()).filter(|path| !path.is_empty()),
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

/// The refusal of a request that lacks something; `message` says what to add.
pub(crate) fn missing(path: impl Into<String>, message: &str) -> Error {
    Error::request(path, RequestCode::MissingParameter, message)
}

/// A failure of our own making.
fn own(code: &str, message: String) -> Failure {
    Failure { code: Some(code.to_owned()), message, kind: Some("server_error".to_owned()), param: None, raw: None }
}

/// The failure of a stream that stopped before its terminal event.
pub(crate) fn stream_incomplete() -> Failure {
    own(STREAM_INCOMPLETE, "upstream stream ended early".to_owned())
}

/// The largest whole reply, and the most text that a streamed one may have, in bytes.
pub(crate) const MAX_REPLY: usize = 64 * 1024 * 1024;

/// The failure of a reply that is larger than that.
pub(crate) fn too_large() -> Failure {
    upstream_malformed(format!("the upstream's reply is larger than {} MiB", MAX_REPLY >> 20))
}

/// The failure of a reply that cannot be read.
pub(crate) fn upstream_malformed(message: String) -> Failure {
    own(UPSTREAM_MALFORMED, message)
}

/// Whether a failure says that we could not read or carry what the upstream sent: no word of the upstream's.
pub(crate) fn is_word_of_ours(failure: &Failure) -> bool {
    matches!(
        failure.code.as_deref(),
        Some(UPSTREAM_MALFORMED | UNSUPPORTED_ITEM | UNSUPPORTED_MODALITY | UNSUPPORTED_CALL)
    )
}

/// The codes of replies that cannot be carried over.
pub(crate) const UNSUPPORTED_ITEM: &str = "unsupported_item";
pub(crate) const UNSUPPORTED_MODALITY: &str = "unsupported_modality";
pub(crate) const UNSUPPORTED_CALL: &str = "unsupported_call";

fn prefix(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

/// What a failure says, or that it says nothing.
pub(crate) fn describe(failure: &Failure) -> &str {
    match (failure.message.as_str(), failure.code.as_deref()) {
        ("", Some(code)) => code,
        ("", None) => "the upstream failed without saying why",
        (message, _) => message,
    }
}

/// What a failure says that the model was found to be doing: an object that both APIs have beside its code.
pub(crate) fn misalignment(failure: &Failure) -> Option<wire::Json> {
    let raw: wire::Extra = serde_json::from_str(failure.raw.as_ref()?.text()).ok()?;
    raw.get("misalignment").filter(|value| !value.is_null()).cloned()
}
