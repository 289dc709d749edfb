//! Refusals of the issuer: their codes, the shapes they come in, and what a person can do about them.

use serde_json::Value;

/// The login is over; only the person can renew it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}", reason.advice(), request_note(request_id.as_deref()))]
#[non_exhaustive]
pub struct ReauthRequired {
    /// Why.
    pub reason: Reason,
    /// The request id the issuer gave, for a report to it.
    pub request_id: Option<String>,
}

impl ReauthRequired {
    pub(crate) fn new(reason: Reason) -> Self {
        Self { reason, request_id: None }
    }
}

/// Why a login cannot be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The refresh token was used before, by another program that shares the login or before a crash.
    Reused,
    /// The refresh token or the session it belongs to is too old.
    Expired,
    /// The login was ended: logged out, password changed, or taken back.
    Invalidated,
    /// The account was deactivated.
    Deactivated,
    /// The account was suspended.
    Suspended,
    /// The account was deleted.
    Deleted,
    /// The issuer answered 401 with a code that is not known here.
    Refused,
    /// The file holds no refresh token.
    NoRefreshToken,
    /// The server refuses a token that has only just been issued.
    FreshTokenRefused,
}

impl Reason {
    /// The table of permanent refusals. A code that is not in it is no proof that the login is over.
    ///
    /// ```
    /// use interlingua_auth::Reason;
    ///
    /// assert_eq!(Reason::from_code("refresh_token_reused"), Some(Reason::Reused));
    /// assert_eq!(Reason::from_code("server_error"), None);
    /// ```
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Some(match code {
            "refresh_token_reused" => Self::Reused,
            "refresh_token_expired" | "token_expired" | "app_session_terminated" | "account_session_expired" => {
                Self::Expired
            }
            "refresh_token_invalidated" | "invalid_grant" | "token_invalidated" | "account_auth_invalidated" => {
                Self::Invalidated
            }
            "account_deactivated" => Self::Deactivated,
            "account_suspended" => Self::Suspended,
            "account_deleted" => Self::Deleted,
            _ => return None,
        })
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Reused => {
                "the ChatGPT login was renewed by another program that did not save it here; run `interlingua login`"
            }
            Self::Expired => "the ChatGPT login has expired; run `interlingua login`",
            Self::Invalidated => "the ChatGPT login was ended elsewhere; run `interlingua login`",
            Self::Deactivated => {
                "the ChatGPT account is deactivated; once it is restored, or for another account, run `interlingua login`"
            }
            Self::Suspended => {
                "the ChatGPT account is suspended; once it is restored, or for another account, run `interlingua login`"
            }
            Self::Deleted => "the ChatGPT account was deleted; run `interlingua login` with another account",
            Self::Refused => "the issuer no longer accepts the ChatGPT login; run `interlingua login`",
            Self::NoRefreshToken => {
                "the ChatGPT login cannot be renewed, since the file holds no refresh token; run `interlingua login`"
            }
            Self::FreshTokenRefused => {
                "the server refuses a ChatGPT token that was issued a moment ago; if this goes on, run `interlingua login`"
            }
        }
    }
}

/// The code of an error body: `{"error":{"code"}}`, `{"error":{"type"}}`, `{"error":".."}`, `{"error_code"}`, `{"code"}`,
/// and each of these inside `{"detail":{..}}`. Where several stand, a known refusal wins, then the most specific place.
pub(crate) fn code_of(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let mut codes = Vec::new();
    for object in [Some(&body), body.get("detail")].into_iter().flatten() {
        let error = object.get("error");
        let places = [
            error.and_then(|error| error.get("code")),
            object.get("error_code"),
            object.get("code"),
            error.filter(|error| error.is_string()),
            error.and_then(|error| error.get("type")),
        ];
        codes.extend(places.into_iter().flatten().filter_map(Value::as_str));
    }
    let known = codes.iter().find(|code| Reason::from_code(code).is_some());
    known.or_else(|| codes.first()).map(|code| (*code).to_owned())
}

pub(crate) fn request_note(request_id: Option<&str>) -> String {
    request_id.map(|id| format!(" (request {id})")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_found_in_every_shape() {
        for body in [
            r#"{"error":{"code":"refresh_token_reused","message":"m","type":"invalid_request_error"}}"#,
            r#"{"error":{"type":"refresh_token_reused"}}"#,
            r#"{"error":"refresh_token_reused","error_description":"d"}"#,
            r#"{"error_code":"refresh_token_reused"}"#,
            r#"{"code":"refresh_token_reused","message":"m"}"#,
            r#"{"error":"invalid_request","code":"refresh_token_reused"}"#,
            r#"{"detail":{"error":{"code":"refresh_token_reused"}}}"#,
            r#"{"detail":{"code":"refresh_token_reused"}}"#,
        ] {
            assert_eq!(code_of(body.as_bytes()).as_deref(), Some("refresh_token_reused"), "{body}");
        }
    }

    #[test]
    fn no_code_is_made_up() {
        for body in ["", "<html>refresh_token_reused</html>", r#"{"detail":"text"}"#, r#"{"error":7}"#, "[]"] {
            assert_eq!(code_of(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn the_more_specific_of_two_refusals_wins() {
        let body = br#"{"error":"invalid_grant","error_code":"refresh_token_reused"}"#;
        assert_eq!(code_of(body).as_deref(), Some("refresh_token_reused"));
    }
}
