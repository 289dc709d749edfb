//! What a request needs to be let in, and the trait of whatever can provide it.

use std::{
    fmt,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
};

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use secrecy::{ExposeSecret, SecretString};

use crate::error::Error;

/// A boxed future, as the object-safe [`Credentials`] returns it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A source of [`Access`], asked before every request.
///
/// Implement it to bring credentials of your own; [`Bearer`] serves where a fixed token is enough.
///
/// The caller's part of the bargain: on a 401 call [`on_unauthorized`](Self::on_unauthorized) **once** for that request,
/// and when it gives a new access, send the request once more. A second 401 is final.
pub trait Credentials: fmt::Debug + Send + Sync {
    /// What to send with the next request. Renews it first where it is about to expire.
    fn access(&self) -> BoxFuture<'_, Result<Access, Error>>;

    /// The server answered 401 to a request sent with `refused`.
    ///
    /// `Ok(Some(access))` is something newer to try, once. `Ok(None)` says that these credentials cannot renew
    /// themselves, so that the 401 belongs to the caller as it is. An access older than the current one never causes a
    /// refresh: the current one is handed out.
    fn on_unauthorized(&self, refused: Generation) -> BoxFuture<'_, Result<Option<Access>, Error>>;

    /// Something the person should be told although requests still work, such as a login that could not be saved.
    fn warning(&self) -> Option<Warning> {
        None
    }
}

/// Which state of the credentials an [`Access`] came from. A refresh makes a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Generation(u64);

impl Generation {
    pub(crate) fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A bearer token and the headers that go with it. Cheap to clone; its `Debug` shows no secret.
#[derive(Clone)]
pub struct Access(Arc<Parts>);

struct Parts {
    bearer: SecretString,
    authorization: HeaderValue,
    account_id: Option<String>,
    headers: HeaderMap,
    generation: Generation,
    /// What else must not get out.
    others: Vec<SecretString>,
}

impl Access {
    /// An access with nothing but a bearer token.
    ///
    /// Fails with [`Error::NotAHeader`] when the token holds characters that no header may carry (a line break that came
    /// along with a pasted key, for instance).
    pub fn new(bearer: SecretString, generation: Generation) -> Result<Self, Error> {
        Self::with_account(bearer, None, false, generation)
    }

    /// An access to the account of a ChatGPT workspace: adds `chatgpt-account-id` and, for a FedRAMP account,
    /// `x-openai-fedramp: true`.
    pub fn with_account(
        bearer: SecretString,
        account_id: Option<String>,
        fedramp: bool,
        generation: Generation,
    ) -> Result<Self, Error> {
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", bearer.expose_secret()))
            .map_err(|_| Error::NotAHeader("the token"))?;
        authorization.set_sensitive(true);
        let mut headers = HeaderMap::new();
        if let Some(account_id) = &account_id {
            let value = HeaderValue::try_from(account_id).map_err(|_| Error::NotAHeader("the account id"))?;
            headers.insert(ACCOUNT_ID, value);
        }
        if fedramp {
            headers.insert(FEDRAMP, HeaderValue::from_static("true"));
        }
        Ok(Self(Arc::new(Parts { bearer, authorization, account_id, headers, generation, others: Vec::new() })))
    }

    /// The same, and it knows of more secrets.
    pub(crate) fn beside(self, others: Vec<SecretString>) -> Self {
        let Parts { bearer, authorization, account_id, headers, generation, others: _ } = &*self.0;
        Self(Arc::new(Parts {
            bearer: bearer.clone(),
            authorization: authorization.clone(),
            account_id: account_id.clone(),
            headers: headers.clone(),
            generation: *generation,
            others,
        }))
    }

    /// All that no log and no answer may repeat: the token itself, and what of a login it belongs to.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        std::iter::once(&self.0.bearer).chain(&self.0.others)
    }

    /// The token itself.
    #[must_use]
    pub fn bearer(&self) -> &SecretString {
        &self.0.bearer
    }

    /// The `authorization` header, marked as sensitive.
    #[must_use]
    pub fn authorization(&self) -> &HeaderValue {
        &self.0.authorization
    }

    /// The ChatGPT account the token is for, where there is one.
    #[must_use]
    pub fn account_id(&self) -> Option<&str> {
        self.0.account_id.as_deref()
    }

    /// The headers that go with the token, without `authorization`.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The mark to hand to [`Credentials::on_unauthorized`].
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.0.generation
    }

    /// Sets `authorization` and the other headers, replacing what stood there.
    pub fn apply(&self, headers: &mut HeaderMap) {
        headers.insert(AUTHORIZATION, self.0.authorization.clone());
        for (name, value) in &self.0.headers {
            headers.insert(name, value.clone());
        }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("account_id", &self.0.account_id)
            .field("generation", &self.0.generation)
            .finish_non_exhaustive()
    }
}

/// An API key of the OpenAI platform (`sk-…`). Cannot renew itself: a 401 goes to the caller.
#[derive(Debug, Clone)]
pub struct ApiKey(Access);

impl ApiKey {
    /// Takes the key, without the blanks and line breaks around it.
    pub fn new(key: impl Into<SecretString>) -> Result<Self, Error> {
        fixed(&key.into()).map(Self)
    }

    /// The key itself, for whatever has to be derived from it.
    #[must_use]
    pub fn secret(&self) -> &SecretString {
        self.0.bearer()
    }
}

/// A bearer token of somebody else's making, such as the one a gateway's client sent. Never refreshed.
#[derive(Debug, Clone)]
pub struct Bearer(Access);

impl Bearer {
    /// Takes the token, without the blanks and line breaks around it.
    pub fn new(token: impl Into<SecretString>) -> Result<Self, Error> {
        fixed(&token.into()).map(Self)
    }
}

impl Credentials for ApiKey {
    fn access(&self) -> BoxFuture<'_, Result<Access, Error>> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn on_unauthorized(&self, _refused: Generation) -> BoxFuture<'_, Result<Option<Access>, Error>> {
        Box::pin(async { Ok(None) })
    }
}

impl Credentials for Bearer {
    fn access(&self) -> BoxFuture<'_, Result<Access, Error>> {
        Box::pin(async { Ok(self.0.clone()) })
    }

    fn on_unauthorized(&self, _refused: Generation) -> BoxFuture<'_, Result<Option<Access>, Error>> {
        Box::pin(async { Ok(None) })
    }
}

/// Something that does not stop a request but will bite later, worded for the person.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// The login was refreshed, but the new one could not be written: it lives in memory, and beside the file at best, and
    /// is lost to the Codex CLI when the process ends. Saving is tried again from time to time, and at the end.
    #[error(
        "the refreshed ChatGPT login could not be saved to {} ({problem}); it is kept in memory and {}: make room and the \
         folder writable, or run `interlingua login` afterwards", path.display(), fate(beside.as_deref())
    )]
    NotSaved {
        /// The file that could not be written.
        path: PathBuf,
        /// What the operating system said.
        problem: String,
        /// Where it could be left: the next use of the login from here takes it up.
        beside: Option<PathBuf>,
    },
    /// The login expires soon and was not refreshed, since the new one could not have been saved.
    #[error(
        "the ChatGPT login expires soon and was not refreshed: {} cannot be written ({problem}); make the folder \
         writable", path.display()
    )]
    NotWritable {
        /// The file that could not be written.
        path: PathBuf,
        /// What the operating system said.
        problem: String,
    },
    /// The login expires soon and could not be refreshed. It is used for as long as it lasts.
    #[error("the ChatGPT login still works but could not be refreshed: {0}")]
    NotRefreshed(#[source] Error),
}

/// Codex CLI 0.169.0 sends the account under this name (measured).
const ACCOUNT_ID: HeaderName = HeaderName::from_static("chatgpt-account-id");
const FEDRAMP: HeaderName = HeaderName::from_static("x-openai-fedramp");

fn fate(beside: Option<&Path>) -> String {
    match beside {
        Some(path) => format!("in {}, where its next use from here finds it", path.display()),
        None => "lost when this process ends".to_owned(),
    }
}

fn fixed(token: &SecretString) -> Result<Access, Error> {
    let token = token.expose_secret().trim();
    if token.is_empty() {
        return Err(Error::Empty);
    }
    Access::new(SecretString::from(token), Generation::default())
}
