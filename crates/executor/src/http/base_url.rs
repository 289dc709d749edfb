//! Where an upstream lives.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use interlingua_translate::SettingValue;
use serde::de::Error as _;

use crate::Error;

/// What the official SDKs call `base_url`: everything before `/responses`, `/chat/completions` and `/models`.
///
/// An empty path counts as `/v1` and the path `/.` as none, a trailing `/` is ignored, a query is kept and sent along.
///
/// ```
/// use interlingua_executor::BaseUrl;
///
/// let url: BaseUrl = "http://127.0.0.1:4141".parse()?;
/// assert_eq!(url.to_string(), "http://127.0.0.1:4141/v1");
/// let url: BaseUrl = "https://chatgpt.com/backend-api/codex/".parse()?;
/// assert_eq!(url.to_string(), "https://chatgpt.com/backend-api/codex");
/// assert_eq!("https://models.example/.".parse::<BaseUrl>()?.to_string(), "https://models.example/.");
/// assert_eq!(BaseUrl::openai().to_string(), "https://api.openai.com/v1");
/// # Ok::<(), interlingua_executor::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
    path: String,
    query: Option<String>,
}

impl BaseUrl {
    /// The public API of OpenAI, `https://api.openai.com/v1`.
    #[must_use]
    pub fn openai() -> Self {
        Self {
            scheme: Scheme::HTTPS,
            authority: Authority::from_static("api.openai.com"),
            path: DEFAULT_PATH.to_owned(),
            query: None,
        }
    }

    /// The public API of Anthropic, `https://api.anthropic.com/v1`.
    #[must_use]
    pub fn anthropic() -> Self {
        Self {
            scheme: Scheme::HTTPS,
            authority: Authority::from_static("api.anthropic.com"),
            path: "/v1".to_owned(),
            query: None,
        }
    }

    /// The backend of the Codex CLI, `https://chatgpt.com/backend-api/codex`.
    #[must_use]
    pub fn codex() -> Self {
        Self {
            scheme: Scheme::HTTPS,
            authority: Authority::from_static("chatgpt.com"),
            path: "/backend-api/codex".to_owned(),
            query: None,
        }
    }

    /// Whether nobody on the way can read what is sent there: it is HTTPS, or this machine.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.scheme == Scheme::HTTPS || is_loopback(self.authority.host())
    }

    /// The host and the port of a server that is spoken to over plain HTTP.
    #[must_use]
    pub fn of_plain_http(&self) -> Option<&Authority> {
        (self.scheme == Scheme::HTTP).then_some(&self.authority)
    }

    /// Host and port, for messages.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// The address of an endpoint, which begins with `/`.
    pub(crate) fn endpoint(&self, endpoint: &str) -> Result<Uri, Error> {
        self.at(&format!("{}{endpoint}", self.path), self.query.as_deref())
    }

    /// The same with one parameter more in its query.
    pub(crate) fn endpoint_with(&self, endpoint: &str, parameter: &str) -> Result<Uri, Error> {
        let query = self.query.as_ref().map_or_else(|| parameter.to_owned(), |query| format!("{query}&{parameter}"));
        self.at(&format!("{}{endpoint}", self.path), Some(&query))
    }

    /// The address of something that lies beside the last segment of the base URL, not below it.
    pub(crate) fn beside(&self, endpoint: &str) -> Result<Uri, Error> {
        let parent = self.path.rsplit_once('/').map_or("", |(parent, _)| parent);
        self.at(&format!("{parent}{endpoint}"), self.query.as_deref())
    }

    fn at(&self, path: &str, query: Option<&str>) -> Result<Uri, Error> {
        let endpoint = path;
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let path = PathAndQuery::try_from(format!("{path}{query}"));
        let uri = path.ok().and_then(|path| {
            Uri::builder()
                .scheme(self.scheme.clone())
                .authority(self.authority.clone())
                .path_and_query(path)
                .build()
                .ok()
        });
        uri.ok_or_else(|| Error::configuration(format!("{endpoint} at {} is not a URL", self.authority)))
    }
}

const DEFAULT_PATH: &str = "/v1";
/// How an address says that the endpoints stand at its root.
const NO_PATH: &str = "/.";

impl FromStr for BaseUrl {
    type Err = Error;

    /// Fails where the text is not an absolute `http` or `https` URL, holds a user or a password, or already ends in an
    /// endpoint.
    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = |why: &str| Error::configuration(format!("the base URL {why}; it should look like https://host/v1"));
        let uri = text.trim().parse::<Uri>().map_err(|_| bad("is not a URL"))?;
        let parts = uri.into_parts();
        let scheme = parts.scheme.ok_or_else(|| bad("lacks http:// or https://"))?;
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(bad("must begin with http:// or https://"));
        }
        let authority = parts.authority.ok_or_else(|| bad("names no host"))?;
        if authority.as_str().contains('@') {
            // It would be shown in messages.
            return Err(bad("must not hold a user or password; credentials are given apart"));
        }
        let path = parts.path_and_query.as_ref().map_or("", PathAndQuery::path).trim_end_matches('/');
        if let Some(endpoint) = ENDPOINTS.iter().find(|endpoint| path.ends_with(*endpoint)) {
            return Err(bad(&format!("must end before {endpoint}, which is appended")));
        }
        let path = match path {
            "" => DEFAULT_PATH,
            NO_PATH => "",
            path => path,
        };
        let path = path.to_owned();
        let query = parts.path_and_query.as_ref().and_then(PathAndQuery::query).map(str::to_owned);
        Ok(Self { scheme, authority, path, query })
    }
}

/// The endpoints below a base URL.
pub(crate) const RESPONSES: &str = "/responses";
pub(crate) const CHAT_COMPLETIONS: &str = "/chat/completions";
pub(crate) const MODELS: &str = "/models";
const ENDPOINTS: [&str; 3] = [RESPONSES, CHAT_COMPLETIONS, MODELS];

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, authority, path, query } = self;
        let path = if path.is_empty() { NO_PATH } else { path };
        write!(f, "{scheme}://{authority}{path}")?;
        query.as_ref().map_or(Ok(()), |query| write!(f, "?{query}"))
    }
}

impl<'de> serde::Deserialize<'de> for BaseUrl {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl SettingValue for BaseUrl {
    const KIND: &'static str = "an address";

    fn shown(&self) -> String {
        format!("\"{self}\"")
    }
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let name = bare.strip_suffix('.').unwrap_or(bare).to_ascii_lowercase();
    // No name server answers for these (RFC 6761).
    name == "localhost"
        || name.ends_with(".localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_appended_as_the_sdks_do() {
        for (base, endpoint) in [
            ("https://api.openai.com", "https://api.openai.com/v1/responses"),
            ("https://api.openai.com/", "https://api.openai.com/v1/responses"),
            ("https://api.openai.com/v1", "https://api.openai.com/v1/responses"),
            ("https://api.openai.com/v1//", "https://api.openai.com/v1/responses"),
            ("http://[::1]:8080/openai/v2/", "http://[::1]:8080/openai/v2/responses"),
            (" http://localhost/a?api-version=1 ", "http://localhost/a/responses?api-version=1"),
            ("http://localhost?k=v", "http://localhost/v1/responses?k=v"),
            ("https://models.example/.", "https://models.example/responses"),
        ] {
            let url: BaseUrl = base.parse().unwrap();
            assert_eq!(url.endpoint(RESPONSES).unwrap().to_string(), endpoint, "{base}");
        }
    }

    #[test]
    fn parameters_and_neighbours_keep_the_query() {
        let plain = BaseUrl::codex();
        let uri = plain.endpoint_with(MODELS, "client_version=1.2.3").unwrap().to_string();
        assert_eq!(uri, "https://chatgpt.com/backend-api/codex/models?client_version=1.2.3");
        assert_eq!(plain.beside("/wham/usage").unwrap().to_string(), "https://chatgpt.com/backend-api/wham/usage");
        let queried: BaseUrl = "http://localhost/a?k=v".parse().unwrap();
        assert_eq!(queried.endpoint_with(MODELS, "c=1").unwrap().to_string(), "http://localhost/a/models?k=v&c=1");
        assert_eq!(queried.beside("/b").unwrap().to_string(), "http://localhost/b?k=v");
    }

    #[test]
    fn what_cannot_be_a_base_url_is_refused_with_the_reason() {
        for (base, reason) in [
            ("api.openai.com/v1", "is not a URL"),
            ("localhost:8080", "lacks http"),
            ("", "is not a URL"),
            ("ftp://host/v1", "must begin with http"),
            ("https://me:secret@host/v1", "user or password"),
            ("https://host/v1/chat/completions", "before /chat/completions"),
        ] {
            let message = base.parse::<BaseUrl>().unwrap_err().to_string();
            assert!(message.contains(reason), "{base}: {message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn what_goes_to_another_machine_without_tls_is_open_to_all() {
        for (url, is_private) in [
            ("https://api.example/v1", true),
            ("http://localhost:1", true),
            ("http://a.localhost.", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:80/v1", true),
            ("http://192.168.1.5", false),
            ("http://localhost.evil.test", false),
            ("http://127.0.0.1.evil.test", false),
            ("http://vllm:8000", false),
        ] {
            assert_eq!(url.parse::<BaseUrl>().unwrap().is_private(), is_private, "{url}");
        }
    }
}
