//! Who may use the gateway.

use std::fmt;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::app::Shared;
use crate::{ApiError, StartError, host};

/// What callers have to present as `Authorization: Bearer ..`. Shown nowhere.
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
    fn admits(&self, presented: &str) -> bool {
        self.0.expose_secret().as_bytes().ct_eq(presented.as_bytes()).into()
    }
}

impl fmt::Debug for InboundKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InboundKey(***)")
    }
}

/// Lets in whoever presents the key; where none is set, everybody who asks for this machine by a name of its own.
pub(crate) async fn admit(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    let Some(key) = &app.inbound_key else {
        return match host::check(&request, &app) {
            Ok(()) => next.run(request).await,
            Err(refusal) => refusal.into_response(),
        };
    };
    if bearer(request.headers()).is_some_and(|presented| key.admits(presented)) {
        // It has done its work; what is left would be passed on as the caller's own key.
        request.headers_mut().remove(AUTHORIZATION);
        return next.run(request).await;
    }
    let message = "this gateway wants its inbound key as `Authorization: Bearer ..` (the API key of an SDK)";
    let refusal = ApiError::new(StatusCode::UNAUTHORIZED, "authentication_error", message).with_code("invalid_api_key");
    let mut response = refusal.into_response();
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
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
