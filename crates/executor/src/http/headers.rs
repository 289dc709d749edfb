//! The headers of a request: those that a profile has, and those of a client's session.

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

use crate::Error;

/// Puts a list of settings into headers.
pub(crate) fn carry(headers: &mut HeaderMap, list: &[(String, String)]) -> Result<(), Error> {
    for (name, value) in list {
        let value = HeaderValue::try_from(value).map_err(|_| bad_header(name))?;
        headers.insert(header_name(name)?, value);
    }
    Ok(())
}

/// The name of a header that a profile has.
pub(crate) fn header_name(name: &str) -> Result<HeaderName, Error> {
    HeaderName::try_from(name).map_err(|_| bad_header(name))
}

/// A header of a profile that no request can carry.
pub(crate) fn bad_header(name: &str) -> Error {
    Error::configuration(format!("the profile's header {name:?} cannot be sent"))
}

/// The name of a session, as a header carries it: as it is, or a name made from it, always the same, where it is too long for
/// one or has characters that no header may carry.
pub(crate) fn session_header(name: &str) -> HeaderValue {
    /// As long as the API lets a cache key be.
    const LONGEST: usize = 64;
    let is_plain = !name.is_empty() && name.len() <= LONGEST && name.bytes().all(|byte| byte.is_ascii_graphic());
    let named = || Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string();
    let text = if is_plain { name.to_owned() } else { named() };
    // Neither of them has a character that a header may not carry.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("session"))
}

/// The headers of a client that go along to an upstream that speaks its API.
pub(crate) fn of_session(headers: &HeaderMap) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let of_session = headers.iter().filter(|(name, _)| is_of_session(name));
    of_session.map(|(name, value)| (name.clone(), value.clone()))
}

/// Whether a header of a client belongs to its session, its trace or a feature it asks for, and neither to its identity
/// nor to its connection.
fn is_of_session(name: &HeaderName) -> bool {
    const NAMES: [&str; 10] = [
        "session-id",
        "session_id",
        "thread-id",
        "conversation_id",
        "x-client-request-id",
        "openai-beta",
        "anthropic-version",
        "anthropic-beta",
        "idempotency-key",
        "x-oai-attestation",
    ];
    const FAMILIES: [&str; 4] = ["x-codex-", "x-openai-", "x-responsesapi-", "x-claude-code-"];
    NAMES.contains(&name.as_str()) || FAMILIES.iter().any(|family| name.as_str().starts_with(family))
}
