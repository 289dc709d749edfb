//! What can be told about a login, and ending it.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::{
    auth_file::{AuthFile, Content, remove_leftovers},
    config::Config,
    document::Document,
    error::{Error, FileError, FileProblem},
    http_client::HttpClient,
    issuer::Issuer,
    lock::{blocking, lock},
    place::{CodexLocks, Place},
    tokens::{Lifetime, Tokens},
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
    /// From when on it is renewed at its next use.
    pub due: Option<SystemTime>,
    /// Whether it can renew itself.
    pub renewable: bool,
    /// Where the login lies that could not be put in its file, if that has happened. Its next use puts it there.
    pub beside: Option<PathBuf>,
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
        Some(Content { document, target }) => {
            let status = of(&file, &document, Some(&target), config.refresh.margin);
            status.map_err(Error::File)
        }
    }
}

/// What became of a login that was ended.
#[derive(Debug)]
#[must_use = "a login that is not revoked can still be used by whoever has a copy of it"]
pub enum LoggedOut {
    /// There was none.
    NoLogin,
    /// It is gone from this machine, and the issuer has revoked it.
    Revoked,
    /// It is gone from this machine, and that is all there is to it: it was an API key, or nothing that can be renewed.
    Removed,
    /// It is gone from this machine, and the issuer has not revoked it.
    NotRevoked(Error),
}

/// Ends the login: has the issuer revoke it, and removes key and tokens from the file, and the file with them unless it holds
/// anything that is not ours. What lies beside it goes too. Waits a moment for a refresh that is under way.
///
/// A process that holds the login in memory can use it until its access token expires.
pub async fn logout(config: &Config, client: &HttpClient) -> Result<LoggedOut, Error> {
    let file = AuthFile::new(&config.auth_file);
    if file.read().map_err(Error::File)?.is_none() {
        return Ok(LoggedOut::NoLogin);
    }
    let _lock = lock(&file, config.refresh.lock).await?;
    let Some(content) = file.read().map_err(Error::File)? else { return Ok(LoggedOut::NoLogin) };
    let newest = Tokens::read(&content.document).ok().flatten().map(|tokens| newest(&content.target, tokens).0);
    let ended = match newest.and_then(|tokens| tokens.refresh_token) {
        None => LoggedOut::Removed,
        Some(token) => match Issuer::new(config, client).revoke(&token).await {
            Ok(()) => LoggedOut::Revoked,
            Err(error) => LoggedOut::NotRevoked(error),
        },
    };
    let had_login = blocking(move || remove(&file)).await?.map_err(Error::File)?;
    Ok(if had_login { ended } else { LoggedOut::NoLogin })
}

/// Removes the login from the file. Says whether there was one.
fn remove(file: &AuthFile) -> Result<bool, FileError> {
    let failed = |error: &std::io::Error| file.io("written", error);
    let _codex = CodexLocks::take(file.path()).map_err(|error| failed(&error))?;
    let Some(Content { mut document, target }) = file.read()? else { return Ok(false) };
    let before = document.keys().count();
    for key in OURS {
        document.remove(key);
    }
    if document.keys().next().is_none() {
        file.remove()?;
    } else {
        let written = Place::reserve(&target, "logout", &document).and_then(|place| place.put(&document));
        written.map_err(|error| failed(&error))?;
        remove_leftovers(&target);
    }
    Ok(document.keys().count() < before)
}

/// The tokens of the file, or those that lie beside it since they could not be put in their place; and where.
fn newest(target: &Path, tokens: Tokens) -> (Tokens, Option<PathBuf>) {
    match tokens.fingerprint().and_then(|spent| AuthFile::successor(target, spent)) {
        Some((newest, path)) => (newest, Some(path)),
        None => (tokens, None),
    }
}

/// The keys of a login. The Codex CLI shares the file, but these are what both call "the login".
const OURS: [&str; 4] = ["auth_mode", "OPENAI_API_KEY", "tokens", "last_refresh"];

/// Describes the login of a document; the tokens at `target` may have been followed by others.
pub(crate) fn of(
    file: &AuthFile,
    document: &Document,
    target: Option<&Path>,
    margin: Duration,
) -> Result<Option<Status>, FileError> {
    let Some(mode) = Mode::of(document).map_err(|problem| file.error(problem))? else { return Ok(None) };
    let tokens = match mode {
        Mode::ApiKey => None,
        Mode::ChatGpt => Tokens::read(document).map_err(|what| file.malformed(what))?,
    };
    let (tokens, beside) = match (tokens, target) {
        (Some(tokens), Some(target)) => {
            let (tokens, beside) = newest(target, tokens);
            (Some(tokens), beside)
        }
        (tokens, _) => (tokens, None),
    };
    let claims = tokens.as_ref().map(Tokens::claims).unwrap_or_default();
    let lifetime = Lifetime::new(&claims, margin, SystemTime::now());
    let last_refresh = document.string("last_refresh").ok().flatten();
    Ok(Some(Status {
        path: file.path().to_owned(),
        mode,
        account_id: tokens.as_ref().and_then(|tokens| tokens.account_id.clone()).or(claims.account_id),
        email: claims.email,
        plan: claims.plan,
        expires: claims.expires,
        last_refresh: last_refresh.and_then(|time| humantime::parse_rfc3339(&time).ok()),
        beside,
        due: lifetime.due(),
        renewable: tokens.is_some_and(|tokens| tokens.refresh_token.is_some()),
    }))
}
