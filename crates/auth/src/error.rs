//! Everything that can go wrong, worded for the person it happens to. No message carries a token, an authorisation code
//! or text that a server sent, apart from its short error code and request id.

use std::{path::PathBuf, time::Duration};

use reqwest::Url;

use crate::refusal::{ReauthRequired, request_note};

/// An error of this crate. Clonable, since every caller who waited for one refresh gets the same.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no login.
    #[error("not logged in ({} does not exist or holds no login); run `interlingua login`", path.display())]
    NotLoggedIn {
        /// The file that was looked for.
        path: PathBuf,
    },
    /// The login is over and only the person can renew it.
    #[error(transparent)]
    ReauthRequired(ReauthRequired),
    /// The file of the login cannot be used. It was not changed.
    #[error(transparent)]
    File(FileError),
    /// The issuer could not be asked, or gave an answer that is neither yes nor no. Trying later may help.
    #[error(transparent)]
    Issuer(Box<IssuerError>),
    /// Another process holds the lock file for longer than a refresh can take.
    #[error("another process has held {} for {} s; end it, then try again", path.display(), waited.as_secs())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Another machine has been renewing the same login for longer than that can take.
    #[error("another replica has been renewing the login for {} s; try again", waited.as_secs())]
    LockedElsewhere {
        /// How long it was waited for.
        waited: Duration,
    },
    /// A login flow did not come to its end.
    #[error(transparent)]
    Login(LoginError),
    /// A setting is wrong.
    #[error("{0}")]
    Config(String),
    /// A key or token is empty.
    #[error("the API key is empty")]
    Empty,
    /// A key or token cannot be sent as a header.
    #[error("{0} holds characters that cannot be sent in a header; copy it again, without line breaks")]
    NotAHeader(&'static str),
    /// The work was given up because the program is ending.
    #[error("the login was not refreshed because the program is ending")]
    Ended,
}

impl Error {
    /// Whether only the person can help, by logging in.
    #[must_use]
    pub fn needs_login(&self) -> bool {
        matches!(self, Self::NotLoggedIn { .. } | Self::ReauthRequired(_))
    }
}

/// The file of the login cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {problem}", path.display())]
#[non_exhaustive]
pub struct FileError {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: FileProblem,
}

/// What is wrong with the file of the login. None of these ever leads to the file being replaced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// The operating system does not let us.
    #[error("cannot be {action}: {reason}")]
    Io {
        /// What was tried ("read", "written", ...).
        action: &'static str,
        /// What the operating system said.
        reason: String,
    },
    /// It is not the JSON of a login.
    #[error("is not a login file ({0}); repair it or move it away, it is left as it is")]
    Malformed(String),
    /// Its `auth_mode` is one that cannot be used from here.
    #[error("has an auth_mode that is not supported here; run `interlingua login`")]
    UnknownMode,
    /// A ChatGPT login became an API key while the program ran.
    #[error("now holds an API key instead of a ChatGPT login; start the program again")]
    ModeChanged,
}

/// The issuer could not be asked, or did not give an answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{action} failed: {host} {problem}{}{}",
    code.as_deref().map(|code| format!(", code {code}")).unwrap_or_default(),
    request_note(request_id.as_deref())
)]
#[non_exhaustive]
pub struct IssuerError {
    /// What was being done ("refreshing the ChatGPT login", ...).
    pub action: &'static str,
    /// The host that was asked.
    pub host: String,
    /// What happened ("could not be reached: ...", "answered 503", ...).
    pub problem: String,
    /// The HTTP status, if an answer came.
    pub status: Option<u16>,
    /// The error code of the answer, if it has a plain one.
    pub code: Option<String>,
    /// The request id of the answer.
    pub request_id: Option<String>,
    /// When to ask again, as the issuer wishes.
    pub retry_after: Option<Duration>,
}

/// A login flow did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The callback server could not listen.
    #[error(
        "cannot listen on port {port} for the browser ({reason}); end the other login, or use `interlingua login --device`"
    )]
    Port {
        /// The port.
        port: u16,
        /// What the operating system said.
        reason: String,
    },
    /// The person, or a rule of the workspace, said no.
    #[error("the login was denied{}", .0.as_deref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Denied(Option<String>),
    /// The login was cancelled.
    #[error("the login was cancelled")]
    Cancelled,
    /// Nobody finished the login in time.
    #[error("the login was not finished in time; start it again")]
    Expired,
    /// The issuer does not offer the device login to this account or workspace.
    #[error(
        "device login is not enabled; enable it in the ChatGPT security settings, or use `interlingua login` without --device"
    )]
    DeviceNotEnabled,
    /// The issuer refused the code of a finished login.
    #[error(transparent)]
    Exchange(Box<IssuerError>),
}

/// A URL without the name and password it may carry and without its query, fit for a message.
pub(crate) fn without_secrets(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
