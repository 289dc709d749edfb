//! What the head of a reply says: status, request ids, rate limits, and when to come back.

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// The head of an upstream's reply, reduced to what is of use beyond the exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyHead {
    /// The status.
    pub status: StatusCode,
    /// The headers a client may see: content type, request ids, rate limits, `retry-after`, `openai-*`. Cookies and what
    /// belongs to one connection are not among them.
    pub headers: HeaderMap,
}

impl ReplyHead {
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap) -> Self {
        let relayed = headers.iter().filter(|(name, _)| is_relayed(name));
        Self { status, headers: relayed.map(|(name, value)| (name.clone(), value.clone())).collect() }
    }

    /// The upstream's id of the request: `x-request-id`, else `cf-ray`.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        ["x-request-id", "request-id", "cf-ray"].iter().find_map(|name| self.text(name)).filter(|id| !id.is_empty())
    }

    /// How long to wait before the next request: `retry-after-ms`, else `retry-after` in seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let number = |name: &str| self.text(name)?.trim().parse::<f64>().ok();
        let seconds = number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number(RETRY_AFTER.as_str()))?;
        Duration::try_from_secs_f64(seconds).ok()
    }

    /// The rate limits, where the upstream told any.
    #[must_use]
    pub fn rate_limits(&self) -> Option<RateLimits> {
        let limits = self.headers.iter().filter(|(name, _)| is_rate_limit(name));
        let headers: HeaderMap = limits.map(|(name, value)| (name.clone(), value.clone())).collect();
        (!headers.is_empty()).then(|| RateLimits { headers, taken: SystemTime::now() })
    }

    pub(crate) fn content_type(&self) -> &str {
        self.text(CONTENT_TYPE.as_str()).unwrap_or_default()
    }

    /// The way the body is compressed, where it is; nobody asked for that.
    pub(crate) fn compression(&self) -> Option<&str> {
        self.text(CONTENT_ENCODING.as_str()).filter(|encoding| !encoding.eq_ignore_ascii_case("identity"))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok())
    }
}

/// What an upstream last said about its limits: raw, with the time it said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimits {
    /// `x-ratelimit-*`, `x-codex-*`, `retry-after` and `retry-after-ms`, verbatim.
    pub headers: HeaderMap,
    /// When.
    pub taken: SystemTime,
}

fn is_rate_limit(name: &HeaderName) -> bool {
    let name = name.as_str();
    ["x-ratelimit-", "x-codex-", "retry-after"].iter().any(|prefix| name.starts_with(prefix))
}

fn is_relayed(name: &HeaderName) -> bool {
    const NAMES: [&str; 7] = [
        "content-type",
        "content-length",
        "content-encoding",
        "x-request-id",
        "request-id",
        "cf-ray",
        "x-should-retry",
    ];
    NAMES.contains(&name.as_str()) || name.as_str().starts_with("openai-") || is_rate_limit(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(headers: &[(&'static str, &'static str)]) -> ReplyHead {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        ReplyHead::new(StatusCode::OK, &headers.collect())
    }

    #[test]
    fn cookies_and_the_connections_own_headers_stay_here() {
        let head =
            head(&[("set-cookie", "a=b"), ("connection", "close"), ("openai-version", "x"), ("x-request-id", "r")]);
        assert_eq!(head.headers.len(), 2);
        assert_eq!(head.request_id(), Some("r"));
        assert_eq!(head.rate_limits(), None);
    }

    #[test]
    fn the_wait_is_read_in_milliseconds_and_seconds() {
        assert_eq!(head(&[("retry-after", "3")]).retry_after(), Some(Duration::from_secs(3)));
        let both = head(&[("retry-after", "3"), ("retry-after-ms", "250")]);
        assert_eq!(both.retry_after(), Some(Duration::from_millis(250)));
        assert_eq!(head(&[("retry-after", "-3")]).retry_after(), None);
        assert_eq!(head(&[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")]).retry_after(), None);
    }

    #[test]
    fn rate_limits_are_kept_as_they_came() {
        let head =
            head(&[("x-codex-primary-used-percent", "12.5"), ("x-ratelimit-limit-tokens", "9"), ("server", "x")]);
        let limits = head.rate_limits().unwrap();
        assert_eq!(limits.headers.len(), 2);
        assert_eq!(limits.headers["x-codex-primary-used-percent"], "12.5");
    }
}
