//! The tokens of a ChatGPT login, and their place in the file.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};

use crate::{claims::Claims, document::Document};

/// What a login consists of.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) id_token: Option<SecretString>,
    pub(crate) access_token: SecretString,
    pub(crate) refresh_token: Option<SecretString>,
    pub(crate) account_id: Option<String>,
}

impl Tokens {
    /// Reads `tokens` of the file. `Ok(None)` where there is no login, `Err` names what is wrong, without any value.
    pub(crate) fn read(document: &Document) -> Result<Option<Self>, String> {
        let Some(tokens) = document.object("tokens")? else { return Ok(None) };
        let secret = |key: &str| Ok::<_, String>(tokens.string(key)?.filter(|s| !s.is_empty()).map(SecretString::from));
        let id_token = secret("id_token")?;
        let refresh_token = secret("refresh_token")?;
        let account_id = tokens.string("account_id")?.filter(|id| !id.is_empty());
        match secret("access_token")? {
            Some(access_token) => Ok(Some(Self { id_token, access_token, refresh_token, account_id })),
            None => Err("`tokens` has no `access_token`".to_owned()),
        }
    }

    /// Writes these tokens and the time into the file's object. Every other key keeps its value and its place, those
    /// inside `tokens` too.
    pub(crate) fn write(&self, document: &mut Document, now: SystemTime) -> Result<(), String> {
        let mut tokens = document.object("tokens")?.unwrap_or_default();
        let Self { id_token, access_token, refresh_token, account_id } = self;
        let fields = [
            ("id_token", id_token.as_ref().map(ExposeSecret::expose_secret)),
            ("access_token", Some(access_token.expose_secret())),
            ("refresh_token", refresh_token.as_ref().map(ExposeSecret::expose_secret)),
            ("account_id", account_id.as_deref()),
        ];
        let broken = |_| "cannot be written as JSON".to_owned();
        for (key, value) in fields {
            match value {
                Some(value) => tokens.set_string(key, value).map_err(broken)?,
                // What this login lacks must not be taken from the one before.
                None if tokens.get(key).is_some() => tokens.set_null(key),
                None => {}
            }
        }
        document.set_object("tokens", &tokens).map_err(broken)?;
        let now = humantime::format_rfc3339_micros(now).to_string();
        document.set_string("last_refresh", &now).map_err(broken)
    }

    pub(crate) fn claims(&self) -> Claims {
        Claims::read(self.id_token.as_ref().map(ExposeSecret::expose_secret), self.access_token.expose_secret())
    }

    /// Whether both are the same login at the same point of its life.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.access_token.expose_secret() == other.access_token.expose_secret()
            && self.fingerprint() == other.fingerprint()
            && self.account_id == other.account_id
    }

    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        self.refresh_token.as_ref().map(Fingerprint::of)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("account_id", &self.account_id).finish_non_exhaustive()
    }
}

/// Names a refresh token without giving it away: 64 bits of its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 8]);

impl Fingerprint {
    pub(crate) fn of(token: &SecretString) -> Self {
        let digest = digest(&SHA256, token.expose_secret().as_bytes());
        Self(digest.as_ref().first_chunk().copied().unwrap_or_default())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// How much life is left in an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    /// Use it.
    Fresh,
    /// Still good, but to be renewed before the next use.
    Due,
    /// The server will refuse it.
    Expired,
}

/// The two moments in an access token's life. A token without `exp` is fresh until the server says otherwise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetime {
    due: Option<SystemTime>,
    expires: Option<SystemTime>,
}

impl Lifetime {
    /// `margin` before its end, but never more than a quarter of its life: a short-lived token would otherwise be renewed
    /// at every use.
    pub(crate) fn new(claims: &Claims, margin: Duration, now: SystemTime) -> Self {
        let due = claims.expires.and_then(|expires| {
            let life = expires.duration_since(claims.issued.unwrap_or(now)).unwrap_or_default();
            expires.checked_sub(margin.min(life / 4))
        });
        Self { due, expires: claims.expires }
    }

    /// From when on it is renewed at its next use.
    pub(crate) fn due(&self) -> Option<SystemTime> {
        self.due
    }

    pub(crate) fn age(&self, now: SystemTime) -> Age {
        if self.expires.is_some_and(|expires| expires <= now) {
            Age::Expired
        } else if self.due.is_some_and(|due| due <= now) {
            Age::Due
        } else {
            Age::Fresh
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_due_a_margin_before_its_end_and_at_most_a_quarter_of_its_life() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let margin = Duration::from_secs(360);
        for (life, first_due) in [(36_000, 35_640), (400, 300)] {
            let claims = Claims { issued: Some(at(0)), expires: Some(at(life)), ..Claims::default() };
            let lifetime = Lifetime::new(&claims, margin, at(0));
            assert_eq!(lifetime.age(at(first_due - 1)), Age::Fresh, "{life}");
            assert_eq!(lifetime.age(at(first_due)), Age::Due, "{life}");
            assert_eq!(lifetime.age(at(life - 1)), Age::Due, "{life}");
            assert_eq!(lifetime.age(at(life)), Age::Expired, "{life}");
        }
    }

    #[test]
    fn a_token_without_an_end_never_ages() {
        let lifetime = Lifetime::new(&Claims::default(), Duration::from_secs(360), SystemTime::UNIX_EPOCH);
        assert_eq!(lifetime.age(SystemTime::now()), Age::Fresh);
    }
}
