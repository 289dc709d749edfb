//! The origin of a web page.

use http::Uri;
use http::uri::Authority;

use crate::StartError;

/// The origin of web pages: a scheme, a host and a port, as browsers write it (`https://app.example`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Reads an origin.
    ///
    /// # Errors
    /// It is none: there is no scheme, or there is more than scheme, host and port.
    pub fn new(text: &str) -> Result<Self, StartError> {
        let wrong = || StartError::Origin(text.chars().take(100).collect());
        let (scheme, authority) = text.split_once("://").ok_or_else(wrong)?;
        let is_scheme = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let authority: Authority = authority.parse().map_err(|_| wrong())?;
        if !is_scheme || authority.as_str().contains(['@', '*']) || authority.host().is_empty() {
            return Err(wrong());
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// Whether this is what a browser says.
    pub(crate) fn is(&self, said: &str) -> bool {
        self.0.eq_ignore_ascii_case(said)
    }
}

/// The host of the page that asks.
pub(crate) fn host_of(origin: &str) -> Option<String> {
    origin.parse::<Uri>().ok()?.host().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn an_origin_is_a_scheme_a_host_and_perhaps_a_port() {
        for good in
            ["https://app.example", "http://localhost:3000", "http://[::1]:80", "chrome-extension://abc", "HTTPS://A.B"]
        {
            assert!(Origin::new(good).is_ok_and(|origin| origin.is(&good.to_lowercase())), "{good}");
        }
        for bad in [
            "*",
            "null",
            "app.example",
            "https://",
            "https://a/",
            "https://a/b",
            "https://me@a",
            "https://*.a",
            "://a",
            "",
        ] {
            assert!(Origin::new(bad).is_err(), "{bad}");
        }
        assert!(!Origin::new("https://app.example").unwrap().is("https://app.example.evil.test"));
    }
}
