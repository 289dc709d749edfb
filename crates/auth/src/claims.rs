//! The claims of a JSON Web Token (RFC 7519), read without checking its signature: the token came from the issuer over
//! TLS or from the person's own file, and what is read here only decides what to send back to the same server.

use std::time::{Duration, SystemTime};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// What the two tokens of a login say. All of it may be missing: a token need not be a JWT.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) expires: Option<SystemTime>,
    pub(crate) issued: Option<SystemTime>,
    pub(crate) account_id: Option<String>,
    pub(crate) plan: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) fedramp: bool,
}

impl Claims {
    /// Identity from the id token, then from the access token; times from the access token, as it is the one that is sent.
    pub(crate) fn read(id_token: Option<&str>, access_token: &str) -> Self {
        let access = payload(access_token).unwrap_or_default();
        let id = id_token.and_then(payload).unwrap_or_default();
        let text = |name: &str| {
            [&id, &access].into_iter().find_map(|claims| {
                let value = claims.get(OPENAI).and_then(|openai| openai.get(name)).or_else(|| claims.get(name));
                value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
            })
        };
        let fedramp = [&id, &access].into_iter().any(|claims| {
            claims.get(OPENAI).and_then(|openai| openai.get("chatgpt_account_is_fedramp")) == Some(&Value::Bool(true))
        });
        Self {
            expires: time(&access, "exp"),
            issued: time(&access, "iat"),
            account_id: text("chatgpt_account_id"),
            plan: text("chatgpt_plan_type"),
            email: text("email").or_else(|| profile_email(&access)),
            fedramp,
        }
    }
}

const OPENAI: &str = "https://api.openai.com/auth";
const PROFILE: &str = "https://api.openai.com/profile";

fn payload(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&json).ok()
}

fn profile_email(claims: &Value) -> Option<String> {
    claims.get(PROFILE)?.get("email")?.as_str().map(str::to_owned)
}

/// `NumericDate` (RFC 7519, section 2): seconds, possibly with a fraction.
fn time(claims: &Value, name: &str) -> Option<SystemTime> {
    let seconds = Duration::try_from_secs_f64(claims.get(name)?.as_f64()?).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(payload: &str) -> String {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn identity_comes_from_the_id_token_first_and_times_from_the_access_token() {
        let id = jwt(
            r#"{"exp":1,"email":"a@example.org","https://api.openai.com/auth":{"chatgpt_account_id":"acct-id","chatgpt_account_is_fedramp":true}}"#,
        );
        let access = jwt(
            r#"{"exp":1700000000,"iat":1699996400,"https://api.openai.com/auth":{"chatgpt_account_id":"acct-access","chatgpt_plan_type":"pro"}}"#,
        );
        let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(
            Claims::read(Some(&id), &access),
            Claims {
                expires: at(1_700_000_000),
                issued: at(1_699_996_400),
                account_id: Some("acct-id".to_owned()),
                plan: Some("pro".to_owned()),
                email: Some("a@example.org".to_owned()),
                fedramp: true,
            }
        );
    }

    #[test]
    fn a_token_that_is_no_jwt_says_nothing() {
        for token in ["", "opaque", "a.b", "a.!!.c", "e30.bm8ganNvbg.x", "a.b.c.d"] {
            assert_eq!(Claims::read(Some(token), token), Claims::default(), "{token}");
        }
    }

    #[test]
    fn an_impossible_time_is_no_time() {
        for exp in ["-1", "1e300", "\"soon\"", "null"] {
            assert_eq!(Claims::read(None, &jwt(&format!(r#"{{"exp":{exp}}}"#))).expires, None, "{exp}");
        }
    }
}
