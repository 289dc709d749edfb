//! The one HTTP configuration that login, refresh and requests share: proxy, TLS, time limits, identity.
//!
//! A second client somewhere else is how a login comes to fail only behind a proxy. So an [`HttpClient`] can be made here
//! only, and it is what everything that speaks to a server is given.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use reqwest::{Certificate, Url, redirect};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, without_secrets};

/// How to reach servers. Plain data; [`client`](Self::client) makes an [`HttpClient`] of it.
///
/// ```
/// use interlingua_auth::{HttpSettings, Proxy};
///
/// let settings = HttpSettings { proxy: Proxy::Direct, ..HttpSettings::default() };
/// assert_eq!(settings.connect_timeout.as_secs(), 10);
/// let client = settings.client()?;
/// # let _ = client;
/// # Ok::<(), interlingua_auth::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Through which proxy.
    pub proxy: Proxy,
    /// Certificates (PEM, any number) to trust besides the system's, for a proxy or a server of one's own.
    pub roots: Option<Vec<u8>>,
    /// How long to wait for a connection, TLS included (10 s). The other limits are their readers' own.
    pub connect_timeout: Duration,
    /// The `user-agent` of every request that sets none of its own.
    pub user_agent: String,
}

impl HttpSettings {
    /// Builds the client. Fails with [`Error::Config`] when the proxy or the certificates cannot be used.
    ///
    /// Where the system knows no certificate authority, as in a container that holds nothing else, those that are compiled
    /// in are trusted: the ones of Mozilla.
    pub fn client(&self) -> Result<HttpClient, Error> {
        use_ring();
        let built = self.builder()?.build().or_else(|error| {
            let is_rootless = chain(&error).contains(NO_ROOTS);
            if is_rootless {
                self.builder()?.tls_certs_merge(compiled_in()?).build().map_err(unusable)
            } else {
                Err(unusable(error))
            }
        });
        Ok(HttpClient(built?))
    }

    /// Whether a request over plain HTTP goes to this host itself and to no proxy. Where only the exceptions of a proxy of the
    /// environment could tell, the answer is no.
    ///
    /// ```
    /// use interlingua_auth::{HttpSettings, Proxy};
    ///
    /// let direct = HttpSettings { proxy: Proxy::Direct, ..HttpSettings::default() };
    /// assert!(direct.is_direct("llm.lan"));
    /// let proxied = Proxy::Url("http://proxy.lan:3128".into());
    /// let proxied = HttpSettings { proxy: proxied, ..HttpSettings::default() };
    /// assert!(!proxied.is_direct("llm.lan") && !proxied.is_direct("127.0.0.1"));
    /// ```
    #[must_use]
    pub fn is_direct(&self, host: &str) -> bool {
        Plain::by(&self.proxy, &|name| std::env::var(name).ok()).is_direct(host)
    }

    fn builder(&self) -> Result<reqwest::ClientBuilder, Error> {
        let mut builder = reqwest::Client::builder()
            // A redirect would hand the token to whatever it points at.
            .redirect(redirect::Policy::none())
            .referer(false)
            // Repeating a request is the caller's decision: some may be sent only once.
            .retry(reqwest::retry::never())
            .connect_timeout(self.connect_timeout)
            .tcp_keepalive(KEEPALIVE)
            .user_agent(&self.user_agent);
        builder = match &self.proxy {
            Proxy::Environment => of_environment(builder.no_proxy(), |name| std::env::var(name).ok())?,
            Proxy::Direct => builder.no_proxy(),
            Proxy::Url(url) => builder.no_proxy().proxy(proxy(url)?),
        };
        if let Some(pem) = &self.roots {
            let roots = Certificate::from_pem_bundle(pem).map_err(|_| bad("the certificates are not valid PEM"))?;
            if roots.is_empty() {
                return Err(bad("the certificates hold no PEM block"));
            }
            builder = builder.tls_certs_merge(roots);
        }
        Ok(builder)
    }
}

/// With the proxies that the variables name.
fn of_environment(
    mut builder: reqwest::ClientBuilder,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<reqwest::ClientBuilder, Error> {
    let set = |name: &str| set(&variable, name);
    let http = of_http(&variable);
    let https = set("HTTPS_PROXY").or_else(|| set("ALL_PROXY"));
    let not = [set("NO_PROXY").unwrap_or_default().as_str(), THIS_MACHINE].join(",");
    let proxies = [(http, reqwest::Proxy::http::<String> as MakeProxy), (https, reqwest::Proxy::https::<String>)];
    for (url, make) in proxies {
        let Some(url) = url else { continue };
        // `localhost:3128` is a proxy, too.
        let url = if url.contains("://") { url } else { format!("http://{url}") };
        let proxy = make(url).map_err(|_| bad("a proxy of the environment has no valid URL"))?;
        builder = builder.proxy(proxy.no_proxy(reqwest::NoProxy::from_string(&not)));
    }
    Ok(builder)
}

/// What a variable says, in capitals or not.
fn set(variable: &impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    let value = variable(name).or_else(|| variable(&name.to_ascii_lowercase()));
    value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The proxy for plain HTTP.
fn of_http(variable: &impl Fn(&str) -> Option<String>) -> Option<String> {
    // In a CGI program this variable is what the client's header `Proxy` said.
    let is_cgi = variable("REQUEST_METHOD").is_some();
    set(variable, "HTTP_PROXY").filter(|_| !is_cgi).or_else(|| set(variable, "ALL_PROXY"))
}

type MakeProxy = fn(String) -> reqwest::Result<reqwest::Proxy>;

/// What no proxy is asked for.
const THIS_MACHINE: &str = "localhost,.localhost,127.0.0.0/8,::1";

/// What the verifier says where the system has no certificates.
const NO_ROOTS: &str = "No CA certificates";

fn compiled_in() -> Result<Vec<Certificate>, Error> {
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    roots.map(|root| Certificate::from_der(root).map_err(unusable)).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn unusable(error: reqwest::Error) -> Error {
    bad(&format!("the HTTP client cannot be built: {}", chain(&error)))
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            proxy: Proxy::default(),
            roots: None,
            connect_timeout: Duration::from_secs(10),
            user_agent: concat!("interlingua/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// Through which proxy requests go.
#[derive(Clone, Default)]
pub enum Proxy {
    /// What `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in capitals or not. This machine is never looked for
    /// behind a proxy, whatever they say.
    #[default]
    Environment,
    /// None.
    Direct,
    /// This one for everything, loopback included. Secret, as it may hold a password.
    Url(SecretString),
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("Environment"),
            Self::Direct => f.write_str("Direct"),
            Self::Url(url) => {
                let shown =
                    Url::parse(url.expose_secret()).map_or_else(|_| "?".to_owned(), |url| without_secrets(&url));
                f.debug_tuple("Url").field(&shown).finish()
            }
        }
    }
}

/// An HTTP client that follows no redirects and repeats nothing by itself. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct HttpClient(reqwest::Client);

/// Which requests over plain HTTP go to their host, past any proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plain {
    Direct,
    /// Those to this machine for certain; of others the proxy's exceptions decide.
    OfThisMachine,
    Proxied,
}

impl Plain {
    fn by(proxy: &Proxy, variable: &impl Fn(&str) -> Option<String>) -> Self {
        match proxy {
            Proxy::Direct => Self::Direct,
            Proxy::Url(_) => Self::Proxied,
            Proxy::Environment if of_http(variable).is_some() => Self::OfThisMachine,
            Proxy::Environment => Self::Direct,
        }
    }

    fn is_direct(self, host: &str) -> bool {
        match self {
            Self::Direct => true,
            Self::Proxied => false,
            Self::OfThisMachine => is_of_this_machine(host),
        }
    }
}

impl HttpClient {
    /// The client to send with.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.0
    }
}

/// Whether a host is one that no proxy of the environment is asked for.
fn is_of_this_machine(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => bare.eq_ignore_ascii_case("localhost") || bare.to_ascii_lowercase().ends_with(".localhost"),
    }
}

/// An error with its causes in one line, without the URL it happened at: that may hold a password.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let line = match error.downcast_ref::<reqwest::Error>() {
            // Its own message ends in the URL; its kind is told by the causes.
            Some(_) => String::new(),
            None => error.to_string(),
        };
        if !line.is_empty() && !text.contains(&line) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&line);
        }
        next = error.source();
    }
    if text.is_empty() { "no reason given".to_owned() } else { text }
}

/// Lets a dead peer be noticed within a minute or two.
const KEEPALIVE: Duration = Duration::from_secs(30);

fn proxy(url: &SecretString) -> Result<reqwest::Proxy, Error> {
    reqwest::Proxy::all(url.expose_secret()).map_err(|_| bad("the proxy is not a URL such as http://host:3128"))
}

/// rustls asks the process for its cryptography. A choice the program has already made is respected.
fn use_ring() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails only when somebody else was faster, and then there is one.
        let _: Result<(), Arc<_>> = rustls::crypto::ring::default_provider().install_default();
    }
}

fn bad(what: &str) -> Error {
    Error::Config(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_past_a_proxy_of_the_environment_only_where_nobody_could_want_it() {
        let by = |pairs: &[(&str, &str)]| {
            let variable =
                |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            Plain::by(&Proxy::Environment, &variable)
        };
        for none in [&[][..], &[("HTTPS_PROXY", "http://p:1")], &[("HTTP_PROXY", " ")], &[("NO_PROXY", "*")]] {
            assert!(by(none).is_direct("llm.lan"), "{none:?}");
        }
        // In a CGI program it is what a client said.
        assert!(by(&[("HTTP_PROXY", "http://p:1"), ("REQUEST_METHOD", "GET")]).is_direct("llm.lan"));
        for some in [("HTTP_PROXY", "http://p:1"), ("http_proxy", "p:1"), ("ALL_PROXY", "http://p:1")] {
            // Whether this one is among the exceptions is not worked out here.
            let plain = by(&[some, ("NO_PROXY", "llm.lan")]);
            assert!(!plain.is_direct("llm.lan") && !plain.is_direct("10.0.0.1") && !plain.is_direct("localhost.lan"));
            for own in ["localhost", "LOCALHOST", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]"] {
                assert!(plain.is_direct(own), "{own}");
            }
        }
    }
}
