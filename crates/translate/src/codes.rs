//! The codes and classes of errors, and the HTTP statuses they stand for: the one table of its kind.
//!
//! Sources: `ResponseError.code` of the Responses reference, the error guide of both APIs, and codes seen on the wire beside
//! them.

use interlingua_model::Failure;

/// The code of a stream that stopped before its terminal event.
pub const STREAM_INCOMPLETE: &str = "stream_incomplete";
/// The code of a reply that cannot be read.
pub const UPSTREAM_MALFORMED: &str = "upstream_malformed";

/// What a code means.
struct Code {
    name: &'static str,
    status: u16,
    /// Whether clients know it: it is one of the reference, or one that the Codex CLI acts on.
    is_known: bool,
}

const fn known(name: &'static str, status: u16) -> Code {
    Code { name, status, is_known: true }
}

const fn other(name: &'static str, status: u16) -> Code {
    Code { name, status, is_known: false }
}

const CODES: &[Code] = &[
    known("invalid_prompt", 400),
    known("bio_policy", 400),
    known("cyber_policy", 400),
    known("misalignment_policy_violation", 400),
    known("data_residency_mismatch", 400),
    known("context_length_exceeded", 400),
    known("invalid_image", 400),
    known("invalid_image_format", 400),
    known("invalid_base64_image", 400),
    known("invalid_image_url", 400),
    known("image_too_large", 400),
    known("image_too_small", 400),
    known("image_parse_error", 400),
    known("image_content_policy_violation", 400),
    known("invalid_image_mode", 400),
    known("image_file_too_large", 400),
    known("unsupported_image_media_type", 400),
    known("empty_image_file", 400),
    known("failed_to_download_image", 400),
    known("image_file_not_found", 400),
    other("content_policy_violation", 400),
    other("policy_violation", 400),
    other("invalid_value", 400),
    other("invalid_type", 400),
    other("invalid_json", 400),
    other("unsupported_parameter", 400),
    other("unsupported_value", 400),
    other("unknown_parameter", 400),
    other("missing_required_parameter", 400),
    other("invalid_json_schema", 400),
    other("previous_response_not_found", 400),
    other("invalid_encrypted_content", 400),
    other("invalid_api_key", 401),
    other("token_expired", 401),
    other("token_invalidated", 401),
    other("billing_error", 402),
    other("model_not_found", 404),
    other("not_found", 404),
    other("conflict", 409),
    other("request_too_large", 413),
    known("rate_limit_exceeded", 429),
    known("insufficient_quota", 429),
    known("usage_limit_reached", 429),
    known("usage_not_included", 429),
    other("quota_exceeded", 429),
    known("server_error", 500),
    other("response_cancelled", 500),
    other(STREAM_INCOMPLETE, 502),
    other(UPSTREAM_MALFORMED, 502),
    other("unexpected_background_response", 502),
    known("server_is_overloaded", 503),
    known("slow_down", 503),
    other("overloaded", 503),
    other("server_shutting_down", 503),
    known("vector_store_timeout", 504),
    other("timeout", 504),
    other("upstream_timeout", 504),
];

/// Classes (`error.type`), where a status is all that follows from them.
const KINDS: &[(&str, u16)] = &[
    ("invalid_request_error", 400),
    ("authentication_error", 401),
    ("permission_error", 403),
    ("not_found_error", 404),
    ("rate_limit_error", 429),
    ("tokens", 429),
    ("requests", 429),
    ("insufficient_quota", 429),
    ("usage_limit_reached", 429),
    ("billing_error", 402),
    ("conflict_error", 409),
    ("request_too_large", 413),
    ("api_error", 500),
    ("timeout_error", 504),
    ("overloaded_error", 503),
];

/// The HTTP status of a failure that arrived inside a 200: by its code, else by its class, else 502.
///
/// ```
/// use interlingua_translate::{failure_status, model::Failure};
///
/// let failure = Failure { code: Some("rate_limit_exceeded".into()), ..Failure::default() };
/// assert_eq!(failure_status(&failure), 429);
/// ```
#[must_use]
pub fn failure_status(failure: &Failure) -> u16 {
    let by_code = failure.code.as_deref().and_then(|code| status_in(code).or_else(|| Some(find(code)?.status)));
    let by_kind = || {
        let kind = failure.kind.as_deref()?;
        KINDS.iter().find(|(name, _)| *name == kind).map(|(_, status)| *status)
    };
    by_code.or_else(by_kind).unwrap_or(502)
}

/// The class (`error.type`) of a failure: its own, else the one its status has.
#[must_use]
pub fn failure_kind(failure: &Failure) -> &str {
    if failure.code.as_deref() == Some(INSUFFICIENT_QUOTA) {
        return INSUFFICIENT_QUOTA;
    }
    match failure.kind.as_deref().filter(|kind| !kind.is_empty()) {
        Some(kind) => kind,
        None => status_kind(failure_status(failure)),
    }
}

/// The class (`error.type`) that an HTTP status stands for.
#[must_use]
pub fn status_kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    }
}

/// Whether clients know a code.
pub(crate) fn is_known_code(code: &str) -> bool {
    find(code).is_some_and(|code| code.is_known)
}

/// A class of its own, whatever the status.
const INSUFFICIENT_QUOTA: &str = "insufficient_quota";

fn find(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|known| known.name == code)
}

/// Some backends write the status where the word belongs.
fn status_in(code: &str) -> Option<u16> {
    code.parse().ok().filter(|status| (400..=599).contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_stands_twice() {
        for (place, code) in CODES.iter().enumerate() {
            assert!(!CODES.iter().skip(place + 1).any(|other| other.name == code.name), "{}", code.name);
        }
    }

    #[test]
    fn a_status_without_a_code_has_the_class_of_the_official_api() {
        let kinds = [400, 401, 403, 404, 429, 500, 503].map(status_kind);
        let expected = ["invalid_request_error", "authentication_error", "permission_error", "invalid_request_error"];
        assert_eq!(kinds.get(..4), Some(&expected[..]));
        assert_eq!(kinds.get(4..), Some(&["rate_limit_error", "server_error", "server_error"][..]));
    }
}
