//! Where the login lies, who issues it, and the limits of every wait.

use std::{ffi::OsString, net::IpAddr, path::PathBuf, time::Duration};

use reqwest::Url;

use crate::{
    error::{Error, without_secrets},
    policy::RefreshPolicy,
};

/// Everything the login depends on. Plain data, built once by the caller; nothing here reads the environment later.
///
/// ```
/// use interlingua_auth::Config;
///
/// let config = Config::from_vars(|name| match name {
///     "CODEX_HOME" => Some("/srv/codex".into()),
///     "INTERLINGUA_ISSUER" => Some("http://127.0.0.1:4000".into()),
///     _ => None,
/// })?;
/// assert_eq!(config.auth_file.to_str(), Some("/srv/codex/auth.json"));
/// assert_eq!(config.refresh_url().as_str(), "http://127.0.0.1:4000/oauth/token");
/// # Ok::<(), interlingua_auth::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    /// The file of the login, shared with the Codex CLI. May be a symlink; it is then written where it points to.
    pub auth_file: PathBuf,
    /// The authorisation server, without a path.
    pub issuer: Url,
    /// Where to refresh instead of at the issuer (`CODEX_REFRESH_TOKEN_URL_OVERRIDE`).
    pub refresh_url: Option<Url>,
    /// Where to revoke instead of at the issuer (`CODEX_REVOKE_TOKEN_URL_OVERRIDE`).
    pub revoke_url: Option<Url>,
    /// The OAuth client. The login is shared with the Codex CLI, so this is the CLI's.
    pub client_id: String,
    /// When to refresh and how to go on after a failure.
    pub refresh: RefreshPolicy,
    /// Limits of the two login flows.
    pub login: LoginPolicy,
}

impl Config {
    /// The public issuer, and the file at `auth_file`.
    pub fn new(auth_file: impl Into<PathBuf>) -> Result<Self, Error> {
        Ok(Self {
            auth_file: auth_file.into(),
            issuer: url("issuer", ISSUER)?,
            refresh_url: None,
            revoke_url: None,
            client_id: CLIENT_ID.to_owned(),
            refresh: RefreshPolicy::default(),
            login: LoginPolicy::default(),
        })
    }

    /// What the environment says: `CODEX_HOME` (default `~/.codex`), `CODEX_REFRESH_TOKEN_URL_OVERRIDE`,
    /// `CODEX_REVOKE_TOKEN_URL_OVERRIDE` and `INTERLINGUA_ISSUER`. Fails with [`Error::Config`] when a URL is none, or when there is no home folder.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_vars(|name| std::env::var_os(name))
    }

    /// The same from any other source of variables.
    pub fn from_vars(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let folder = match set("CODEX_HOME") {
            Some(folder) => PathBuf::from(folder),
            None => set("HOME")
                .or_else(|| set("USERPROFILE"))
                .map(|home| PathBuf::from(home).join(".codex"))
                .ok_or_else(|| Error::Config("neither CODEX_HOME nor HOME is set: set CODEX_HOME".to_owned()))?,
        };
        let url_of = |name: &str| match set(name) {
            None => Ok(None),
            Some(value) => url(name, &value.to_string_lossy()).map(Some),
        };
        let mut config = Self::new(folder.join("auth.json"))?;
        if let Some(issuer) = url_of("INTERLINGUA_ISSUER")? {
            config.issuer = issuer;
        }
        config.refresh_url = url_of("CODEX_REFRESH_TOKEN_URL_OVERRIDE")?;
        config.revoke_url = url_of("CODEX_REVOKE_TOKEN_URL_OVERRIDE")?;
        Ok(config)
    }

    /// Where a refresh is sent.
    #[must_use]
    pub fn refresh_url(&self) -> Url {
        self.refresh_url.clone().unwrap_or_else(|| self.at_issuer("/oauth/token"))
    }

    /// Where a login is revoked.
    #[must_use]
    pub fn revoke_url(&self) -> Url {
        self.revoke_url.clone().unwrap_or_else(|| self.at_issuer("/oauth/revoke"))
    }

    /// A path at the issuer, below whatever path the issuer itself has.
    pub(crate) fn at_issuer(&self, path: &str) -> Url {
        let mut url = self.issuer.clone();
        let whole = format!("{}{path}", url.path().trim_end_matches('/'));
        url.set_path(&whole);
        url
    }
}

/// Limits of the browser and the device login.
#[derive(Debug, Clone)]
pub struct LoginPolicy {
    /// Port of the callback server. The issuer knows 1455 and no other; 0 takes a free one (tests).
    pub callback_port: u16,
    /// Addresses the callback server listens at. `localhost` may mean either loopback, so both, where they exist.
    pub callback_addresses: Vec<IpAddr>,
    /// How long a person may take for the whole login (15 minutes).
    pub total: Duration,
    /// How long to wait between two polls of a device login when the issuer does not say (5 s).
    pub poll_interval: Duration,
    /// The shortest wait between two polls, whatever the issuer says (1 s).
    pub poll_floor: Duration,
    /// How much longer to wait after each `slow_down` (5 s, RFC 8628 section 3.5).
    pub slow_down: Duration,
}

impl Default for LoginPolicy {
    fn default() -> Self {
        Self {
            callback_port: 1455,
            callback_addresses: vec![
                IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
                IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
            ],
            total: Duration::from_secs(15 * 60),
            poll_interval: Duration::from_secs(5),
            poll_floor: Duration::from_secs(1),
            slow_down: Duration::from_secs(5),
        }
    }
}

const ISSUER: &str = "https://auth.openai.com";
const CLIENT_ID: &str = "app_EMoamEEZ73f0CkXaXp7hrann";

fn url(name: &str, value: &str) -> Result<Url, Error> {
    let url = Url::parse(value).map_err(|problem| Error::Config(format!("{name} is not a URL: {problem}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(Error::Config(format!("{name} must be an http or https URL, not {}", without_secrets(&url))));
    }
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is_this_machine = host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if url.scheme() == "http" && !is_this_machine {
        let message = "is plain HTTP to another machine, and everybody on the way could read the login: write https://";
        return Err(Error::Config(format!("{name} ({}) {message}", without_secrets(&url))));
    }
    Ok(url)
}
