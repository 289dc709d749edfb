//! The key that callers present, and where they put it.

use std::fmt;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::StartError;

/// What callers have to present, as `Authorization: Bearer ..` or as `x-api-key`. Shown nowhere.
#[derive(Clone)]
pub struct InboundKey(SecretString);

impl InboundKey {
    /// A key.
    ///
    /// # Errors
    /// It is shorter than 8 characters or holds what a header cannot carry.
    pub fn new(key: &str) -> Result<Self, StartError> {
        const SHORTEST: usize = 8;
        if key.len() < SHORTEST || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(StartError::InboundKey);
        }
        Ok(Self(SecretString::from(key)))
    }

    /// The key, for whatever must not repeat it.
    pub(crate) fn secret(&self) -> &str {
        self.0.expose_secret()
    }

    /// Compares in a time that tells nothing but the length.
    pub(crate) fn admits(&self, presented: &str) -> bool {
        self.0.expose_secret().as_bytes().ct_eq(presented.as_bytes()).into()
    }
}

impl fmt::Debug for InboundKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InboundKey(***)")
    }
}

/// Where clients of Messages put an API key.
pub(crate) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The caller's key, as clients of Messages send one.
pub(crate) fn api_key(headers: &HeaderMap) -> Option<&str> {
    let key = headers.get(API_KEY)?.to_str().ok()?.trim();
    (!key.is_empty()).then_some(key)
}

/// The caller's bearer token.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_very_key_is_admitted() {
        let key = InboundKey::new("abcdefgh").unwrap();
        assert!(key.admits("abcdefgh"));
        for wrong in ["", "abcdefg", "abcdefgi", "abcdefghi", "ABCDEFGH"] {
            assert!(!key.admits(wrong), "{wrong}");
        }
        assert_eq!(format!("{key:?}"), "InboundKey(***)");
    }

    #[test]
    fn a_key_that_no_header_carries_or_anybody_guesses_is_refused() {
        for bad in ["", "short", "with space", "with\nbreak", "schlüssel"] {
            assert!(InboundKey::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_bearer_is_read_as_clients_write_it() {
        let read = |value: &'static str| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))]);
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(read("Bearer x").as_deref(), Some("x"));
        assert_eq!(read("bearer  x ").as_deref(), Some("x"));
        assert_eq!(read("Bearer "), None);
        assert_eq!(read("Basic x"), None);
    }
}
