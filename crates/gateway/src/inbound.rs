//! Who may use the gateway.

use std::fmt;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use interlingua_executor::Scrubber;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::app::{App, Shared};
use crate::caller::CALLER;
use crate::{ApiError, StartError, exchange, host};

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
    fn admits(&self, presented: &str) -> bool {
        self.0.expose_secret().as_bytes().ct_eq(presented.as_bytes()).into()
    }
}

impl fmt::Debug for InboundKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InboundKey(***)")
    }
}

/// Lets in whoever presents a key; where none is set, everybody who asks for this machine by a name of its own.
pub(crate) async fn admit(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    // Only we say whose request it is.
    request.headers_mut().remove(CALLER);
    if app.is_open() {
        return match host::check(&request, &app) {
            Ok(()) => next.run(request).await,
            Err(refusal) => refusal.into_response(),
        };
    }
    match known(&app, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Finds out whose key it is, and takes it off: it has done its work, and would be passed on as the caller's own.
async fn known(app: &App, request: &mut Request) -> Result<(), ApiError> {
    // Some clients send a key of each kind, of which one is ours.
    let presented = [bearer(request.headers()), api_key(request.headers())];
    let presented = || presented.iter().copied().flatten();
    let is_everybodys = app.inbound_key.as_ref().is_some_and(|key| presented().any(|presented| key.admits(presented)));
    if !is_everybodys {
        let Some(caller) = presented().find_map(|presented| app.callers.find(presented)).cloned() else {
            let message =
                "this gateway wants a key as `Authorization: Bearer ..` or `x-api-key` (the API key of an SDK)";
            let refusal = ApiError::new(StatusCode::UNAUTHORIZED, message);
            let refusal = refusal.with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return Err(refusal.with_code("invalid_api_key"));
        };
        let keys = Scrubber::new(presented());
        exchange::note(|exchange| exchange.presents(&keys));
        let place = caller.admit(Instant::now()).await?;
        if let Ok(name) = HeaderValue::try_from(caller.name()) {
            request.headers_mut().insert(CALLER, name);
        }
        exchange::note(|exchange| exchange.comes_from(caller, place));
    }
    request.headers_mut().remove(AUTHORIZATION);
    request.headers_mut().remove(API_KEY);
    Ok(())
}

/// Where clients of Messages put an API key.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

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
