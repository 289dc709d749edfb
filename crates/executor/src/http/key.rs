//! What lets requests in.

use std::fmt;
#[cfg(feature = "reqwest")]
use std::sync::Arc;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
#[cfg(feature = "reqwest")]
use interlingua_auth::{Access, Credentials};

use crate::Error;

/// What an executor authorises its requests with.
#[derive(Clone)]
pub(crate) enum Key {
    /// Nothing: a server that needs none.
    None,
    /// A fixed bearer token, as the header that carries it.
    Bearer(HeaderValue),
    /// Whatever can provide one.
    #[cfg(feature = "reqwest")]
    Credentials(Arc<dyn Credentials>),
}

/// What one request is authorised with.
pub(crate) enum Grant {
    None,
    Bearer(HeaderValue),
    #[cfg(feature = "reqwest")]
    Access(Access),
}

impl Key {
    pub(crate) fn bearer(token: &str) -> Result<Self, Error> {
        let token = token.trim();
        if token.is_empty() {
            return Err(Error::configuration("the bearer token is empty".to_owned()));
        }
        let mut value = HeaderValue::try_from(format!("{SCHEME}{token}")).map_err(|_| {
            Error::configuration("the bearer token holds characters that no HTTP header may carry".to_owned())
        })?;
        value.set_sensitive(true);
        Ok(Self::Bearer(value))
    }

    /// What to send with the next request.
    #[cfg_attr(
        not(feature = "reqwest"),
        expect(clippy::unused_async, reason = "credentials that renew themselves take their time here")
    )]
    pub(crate) async fn grant(&self) -> Result<Grant, Error> {
        match self {
            Self::None => Ok(Grant::None),
            Self::Bearer(value) => Ok(Grant::Bearer(value.clone())),
            #[cfg(feature = "reqwest")]
            Self::Credentials(credentials) => credentials.access().await.map(Grant::Access).map_err(Error::credentials),
        }
    }

    /// Something newer to try, once, after the upstream answered 401; `None` where the 401 is final.
    #[cfg_attr(
        not(feature = "reqwest"),
        expect(clippy::unused_async, reason = "credentials that renew themselves take their time here")
    )]
    pub(crate) async fn renew(&self, refused: &Grant) -> Result<Option<Grant>, Error> {
        match (self, refused) {
            #[cfg(feature = "reqwest")]
            (Self::Credentials(credentials), Grant::Access(access)) => {
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
        if let (Some(name), Some(token)) = (name, self.token())
            && let Ok(mut value) = HeaderValue::try_from(token)
        {
            value.set_sensitive(true);
            headers.insert(name.clone(), value);
            return;
        }
        match self {
            Self::None => {}
            Self::Bearer(value) => {
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
            Self::Bearer(value) => value,
            #[cfg(feature = "reqwest")]
            Self::Access(access) => access.authorization(),
        };
        value.to_str().ok()?.strip_prefix(SCHEME)
    }

    /// The text without the token, which some servers repeat when they refuse it.
    pub(crate) fn scrub(&self, body: &[u8]) -> Vec<u8> {
        match self.token() {
            Some(token) => String::from_utf8_lossy(body).replace(token, "***").into_bytes(),
            None => body.to_vec(),
        }
    }
}

const SCHEME: &str = "Bearer ";

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Bearer(_) => "Bearer",
            #[cfg(feature = "reqwest")]
            Self::Credentials(_) => "Credentials",
        })
    }
}
