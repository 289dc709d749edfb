//! What lets requests in.

use std::fmt;
#[cfg(feature = "reqwest")]
use std::sync::Arc;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
#[cfg(feature = "reqwest")]
use interlingua_auth::{Access, Credentials};

use crate::{Error, Scrubber};

/// What an executor authorises its requests with, and what else it must not let out.
#[derive(Clone)]
pub(crate) struct Key {
    source: Source,
    hidden: Scrubber,
    /// What else goes along with every request.
    headers: HeaderMap,
}

#[derive(Clone)]
enum Source {
    /// Nothing: a server that needs none.
    None,
    /// A fixed key, as the header that carries it where the upstream names no other.
    Bearer(HeaderValue),
    /// A fixed token, as the header that carries it.
    Token(HeaderValue),
    /// Whatever can provide one.
    #[cfg(feature = "reqwest")]
    Credentials(Arc<dyn Credentials>),
}

/// What one request is authorised with.
pub(crate) enum Grant {
    None,
    Bearer(HeaderValue),
    Token(HeaderValue),
    #[cfg(feature = "reqwest")]
    Access(Access),
}

impl Key {
    pub(crate) fn none() -> Self {
        Self { source: Source::None, hidden: Scrubber::default(), headers: HeaderMap::new() }
    }

    /// The same secrets, and this key.
    pub(crate) fn with_bearer(&self, key: &str) -> Result<Self, Error> {
        Ok(Self { source: Source::Bearer(carrying(key)?), ..self.clone() })
    }

    /// The same secrets, and this token.
    pub(crate) fn with_token(&self, token: &str) -> Result<Self, Error> {
        Ok(Self { source: Source::Token(carrying(token)?), ..self.clone() })
    }

    /// The same secrets, and these credentials.
    #[cfg(feature = "reqwest")]
    pub(crate) fn with_credentials(&self, credentials: Arc<dyn Credentials>) -> Self {
        Self { source: Source::Credentials(credentials), ..self.clone() }
    }

    /// The same credentials, and more that must not get out.
    pub(crate) fn hiding(&self, secrets: &Scrubber) -> Self {
        Self { hidden: self.hidden.merged(secrets), ..self.clone() }
    }

    /// The same, with these headers beside it.
    pub(crate) fn with_headers(&self, headers: &HeaderMap) -> Self {
        let mut with = self.clone();
        with.headers.extend(headers.clone());
        with
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What a reply to a request with this grant must not let out.
    pub(crate) fn scrubber(&self, grant: &Grant) -> Scrubber {
        match grant {
            Grant::None => self.hidden.clone(),
            Grant::Bearer(_) | Grant::Token(_) => self.hidden.and(grant.token()),
            #[cfg(feature = "reqwest")]
            Grant::Access(access) => self.hidden.and(access.secrets().map(secrecy::ExposeSecret::expose_secret)),
        }
    }

    /// What to send with the next request.
    #[cfg_attr(
        not(feature = "reqwest"),
        expect(clippy::unused_async, reason = "credentials that renew themselves take their time here")
    )]
    pub(crate) async fn grant(&self) -> Result<Grant, Error> {
        match &self.source {
            Source::None => Ok(Grant::None),
            Source::Bearer(value) => Ok(Grant::Bearer(value.clone())),
            Source::Token(value) => Ok(Grant::Token(value.clone())),
            #[cfg(feature = "reqwest")]
            Source::Credentials(credentials) => {
                credentials.access().await.map(Grant::Access).map_err(Error::credentials)
            }
        }
    }

    /// Something newer to try, once, after the upstream answered 401; `None` where the 401 is final.
    #[cfg_attr(
        not(feature = "reqwest"),
        expect(clippy::unused_async, reason = "credentials that renew themselves take their time here")
    )]
    pub(crate) async fn renew(&self, refused: &Grant) -> Result<Option<Grant>, Error> {
        match (&self.source, refused) {
            #[cfg(feature = "reqwest")]
            (Source::Credentials(credentials), Grant::Access(access)) => {
                let newer = credentials.on_unauthorized(access.generation()).await;
                newer.map(|access| access.map(Grant::Access)).map_err(Error::credentials)
            }
            _ => Ok(None),
        }
    }
}

impl Grant {
    /// Puts it into the headers: into the one of that name as it is, else as usual.
    pub(crate) fn apply(&self, headers: &mut HeaderMap, name: Option<&HeaderName>) {
        if let (Some(name), Some(token), false) = (name, self.token(), matches!(self, Self::Token(_)))
            && let Ok(mut value) = HeaderValue::try_from(token)
        {
            value.set_sensitive(true);
            headers.insert(name.clone(), value);
            return;
        }
        match self {
            Self::None => {}
            Self::Bearer(value) | Self::Token(value) => {
                headers.insert(AUTHORIZATION, value.clone());
            }
            #[cfg(feature = "reqwest")]
            Self::Access(access) => access.apply(headers),
        }
    }

    /// The token itself.
    pub(crate) fn token(&self) -> Option<&str> {
        let value = match self {
            Self::None => return None,
            Self::Bearer(value) | Self::Token(value) => value,
            #[cfg(feature = "reqwest")]
            Self::Access(access) => access.authorization(),
        };
        value.to_str().ok()?.strip_prefix(SCHEME)
    }
}

/// The header that carries a key.
fn carrying(token: &str) -> Result<HeaderValue, Error> {
    let token = token.trim();
    if token.is_empty() {
        return Err(Error::configuration("the bearer token is empty".to_owned()));
    }
    let mut value = HeaderValue::try_from(format!("{SCHEME}{token}")).map_err(|_| {
        Error::configuration("the bearer token holds characters that no HTTP header may carry".to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}

const SCHEME: &str = "Bearer ";

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.source {
            Source::None => "None",
            Source::Bearer(_) => "Bearer",
            Source::Token(_) => "Token",
            #[cfg(feature = "reqwest")]
            Source::Credentials(_) => "Credentials",
        })
    }
}
