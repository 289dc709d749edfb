//! What can be told about a login, and ending it.

use std::{path::PathBuf, time::SystemTime};

use crate::{
    auth_file::{AuthFile, Content},
    config::Config,
    document::Document,
    error::{Error, FileError, FileProblem},
    lock::lock,
    tokens::Tokens,
};

/// A login, described without anything secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The file it lies in.
    pub path: PathBuf,
    /// Which kind it is.
    pub mode: Mode,
    /// The ChatGPT account.
    pub account_id: Option<String>,
    /// The person's address.
    pub email: Option<String>,
    /// The plan ("plus", "pro", "team", ...), as the token says.
    pub plan: Option<String>,
    /// When the access token expires. It is renewed before that, so this is not the end of the login.
    pub expires: Option<SystemTime>,
    /// When it was last renewed.
    pub last_refresh: Option<SystemTime>,
    /// Whether it can renew itself.
    pub renewable: bool,
}

/// The two kinds of login the file can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// An API key of the platform.
    ApiKey,
    /// An OAuth login of ChatGPT.
    ChatGpt,
}

impl Mode {
    /// What `auth_mode` says; in a file from before that key, the key if there is one, else the tokens.
    pub(crate) fn of(document: &Document) -> Result<Option<Self>, FileProblem> {
        let present = |key: &str| document.get(key).is_some_and(|raw| raw.get() != "null");
        let mode = match document.string("auth_mode").map_err(FileProblem::Malformed)?.as_deref() {
            Some("chatgpt") => Self::ChatGpt,
            Some("apikey" | "api_key") => Self::ApiKey,
            Some(_) => return Err(FileProblem::UnknownMode),
            None if present("OPENAI_API_KEY") => Self::ApiKey,
            None => Self::ChatGpt,
        };
        Ok(Some(mode).filter(|mode| match mode {
            Self::ApiKey => present("OPENAI_API_KEY"),
            Self::ChatGpt => present("tokens"),
        }))
    }
}

/// Describes the login, or `None` where there is none. Reads the file and sends nothing.
pub fn status(config: &Config) -> Result<Option<Status>, Error> {
    let file = AuthFile::new(&config.auth_file);
    match file.read().map_err(Error::File)? {
        None => Ok(None),
        Some(Content { document, target: _ }) => of(&file, &document).map_err(Error::File),
    }
}

/// Ends the login on this machine: removes key and tokens from the file, and the file with them unless it holds anything
/// that is not ours. Says whether there was a login. Waits a moment for a refresh that is under way.
///
/// A process that holds the login in memory can use it until its access token expires.
pub async fn logout(config: &Config) -> Result<bool, Error> {
    let file = AuthFile::new(&config.auth_file);
    if file.read().map_err(Error::File)?.is_none() {
        return Ok(false);
    }
    let _lock = lock(&file, config.refresh.lock).await?;
    let Some(Content { mut document, target }) = file.read().map_err(Error::File)? else { return Ok(false) };
    let before = document.keys().count();
    for key in OURS {
        document.remove(key);
    }
    if document.keys().next().is_none() {
        file.remove().map_err(Error::File)?;
    } else {
        let written = AuthFile::reserve(&target, "logout", &document).and_then(|next| next.commit(&document));
        written.map_err(|error| Error::File(file.io("written", &error)))?;
    }
    Ok(document.keys().count() < before)
}

/// The keys of a login. The Codex CLI shares the file, but these are what both call "the login".
const OURS: [&str; 4] = ["auth_mode", "OPENAI_API_KEY", "tokens", "last_refresh"];

pub(crate) fn of(file: &AuthFile, document: &Document) -> Result<Option<Status>, FileError> {
    let Some(mode) = Mode::of(document).map_err(|problem| file.error(problem))? else { return Ok(None) };
    let tokens = match mode {
        Mode::ApiKey => None,
        Mode::ChatGpt => Tokens::read(document).map_err(|what| file.malformed(what))?,
    };
    let claims = tokens.as_ref().map(Tokens::claims).unwrap_or_default();
    let last_refresh = document.string("last_refresh").ok().flatten();
    Ok(Some(Status {
        path: file.path().to_owned(),
        mode,
        account_id: tokens.as_ref().and_then(|tokens| tokens.account_id.clone()).or(claims.account_id),
        email: claims.email,
        plan: claims.plan,
        expires: claims.expires,
        last_refresh: last_refresh.and_then(|time| humantime::parse_rfc3339(&time).ok()),
        renewable: tokens.is_some_and(|tokens| tokens.refresh_token.is_some()),
    }))
}
