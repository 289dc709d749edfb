//! The login in a browser on this machine (authorisation code with PKCE).

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::mpsc, time::Instant};

use super::{
    callback::{Callback, Expected, PATH, PasteError, REQUEST_LIMIT, Server},
    check,
    pages::Page,
    pkce, store,
};
use crate::{
    config::Config,
    error::{Error, LoginError},
    http_client::HttpClient,
    issuer::Issuer,
    status::Status,
};

/// A login that waits for the browser.
///
/// ```no_run
/// # async fn example() -> Result<(), interlingua_auth::Error> {
/// use interlingua_auth::{BrowserLogin, Config, HttpSettings};
///
/// let client = HttpSettings::default().client()?;
/// let login = BrowserLogin::start(&Config::from_env()?, &client).await?;
/// println!("open {}", login.url());
/// // Where no browser can reach this machine: read lines, and hand each one to `paster.paste(line)`.
/// let paster = login.paster();
/// let status = login.wait().await?;
/// println!("logged in as {:?}", status.email);
/// # Ok(()) }
/// ```
pub struct BrowserLogin {
    issuer: Issuer,
    url: String,
    redirect_uri: String,
    verifier: SecretString,
    expected: Expected,
    callbacks: mpsc::Receiver<Callback>,
    server: Server,
    deadline: Instant,
}

impl BrowserLogin {
    /// Starts the callback server and makes up the address to open.
    ///
    /// Fails when the result could not be saved ([`Error::File`]) or the port is taken by something that does not give way
    /// ([`LoginError::Port`]).
    pub async fn start(config: &Config, client: &HttpClient) -> Result<Self, Error> {
        check(config).await?;
        let (verifier, state) = (pkce::verifier()?, pkce::state()?);
        let (sender, callbacks) = mpsc::channel(QUEUE);
        let expected = Expected { state, callbacks: sender };
        let server = Server::start(&config.login, &expected).await?;
        // The issuer compares this text: `localhost`, not an address.
        let redirect_uri = format!("http://localhost:{}{PATH}", server.port);
        let url = authorize_url(config, &redirect_uri, &verifier, expected.state.expose_secret());
        let deadline = Instant::now() + config.login.total;
        let issuer = Issuer::new(config, client);
        Ok(Self { issuer, url, redirect_uri, verifier, expected, callbacks, server, deadline })
    }

    /// The address to open in a browser.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The port the callback server listens at.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// A handle for an address that a person copied from the browser.
    #[must_use]
    pub fn paster(&self) -> Paster {
        Paster(self.expected.clone())
    }

    /// Waits for the browser or a pasted address, redeems the code and saves the login.
    ///
    /// Takes at most [`LoginPolicy::total`](crate::LoginPolicy::total) plus one request.
    pub async fn wait(self) -> Result<Status, Error> {
        let Self { issuer, url: _, redirect_uri, verifier, expected: _, mut callbacks, server, deadline } = self;
        let Ok(Some(Callback { code, page })) = tokio::time::timeout_at(deadline, callbacks.recv()).await else {
            return Err(Error::Login(LoginError::Expired));
        };
        let result = match code {
            Ok(code) => finish(&issuer, &code, &verifier, &redirect_uri).await,
            Err(error) => Err(Error::Login(error)),
        };
        if let Some(page) = page {
            let _ = page.send(match &result {
                Ok(_) => Page::Done,
                Err(Error::Login(LoginError::Denied(_))) => Page::Denied,
                Err(Error::Login(LoginError::Cancelled)) => Page::Cancelled,
                Err(_) => Page::Failed,
            });
        }
        // Whoever still waits for a page is told that it came too late.
        drop(callbacks);
        server.finish().await;
        result
    }
}

impl fmt::Debug for BrowserLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrowserLogin").field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}

/// Takes the address a browser ended at when it could not reach this machine.
#[derive(Clone)]
pub struct Paster(Expected);

impl Paster {
    /// Hands in the whole address (`http://localhost:1455/auth/callback?code=…&state=…`) or its query. At most 16 KiB.
    ///
    /// An address that is not the right one is refused and changes nothing.
    pub fn paste(&self, text: &str) -> Result<(), PasteError> {
        let text = text.trim();
        if text.len() > REQUEST_LIMIT {
            return Err(PasteError::NotACallback);
        }
        let query = text.split_once('?').map_or(text, |(_, query)| query);
        let query = query.split_once('#').map_or(query, |(query, _)| query);
        let code = self.0.read(query)?;
        self.0.callbacks.try_send(Callback { code, page: None }).map_err(|_| PasteError::Ended)
    }
}

impl fmt::Debug for Paster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paster").finish_non_exhaustive()
    }
}

/// How many finished logins may wait for the first one to be dealt with.
const QUEUE: usize = 4;
const SCOPE: &str = "openid profile email offline_access";

async fn finish(issuer: &Issuer, code: &SecretString, verifier: &SecretString, uri: &str) -> Result<Status, Error> {
    let tokens = issuer.redeem(code, verifier, uri).await?;
    store(&issuer.config, tokens).await
}

fn authorize_url(config: &Config, redirect_uri: &str, verifier: &SecretString, state: &str) -> String {
    let mut url = config.at_issuer("/oauth/authorize");
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", &config.client_id),
        ("redirect_uri", redirect_uri),
        ("scope", SCOPE),
        ("code_challenge", &pkce::challenge(verifier)),
        ("code_challenge_method", "S256"),
        ("id_token_add_organizations", "true"),
        ("codex_cli_simplified_flow", "true"),
        ("state", state),
    ]);
    url.into()
}
