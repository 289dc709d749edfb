//! What the head of a reply says: status, request ids, rate limits, and when to come back.

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::Scrubber;
use crate::codex::limits::{RateLimits, is_rate_limit};

/// The head of an upstream's reply, reduced to what is of use beyond the exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyHead {
    /// The status.
    pub status: StatusCode,
    /// The headers a client may see: content type, request ids, rate limits, `retry-after`, `openai-*`,
    /// `anthropic-*`. Cookies and what belongs to one connection are not among them.
    pub headers: HeaderMap,
    /// Read at once, since a point in time is a wait only now.
    retry_after: Option<Duration>,
    /// What the rest of the reply must not let out.
    scrubber: Scrubber,
}

impl ReplyHead {
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap) -> Self {
        let relayed = headers.iter().filter(|(name, _)| is_relayed(name));
        let relayed = relayed.map(|(name, value)| (name.clone(), value.clone())).collect();
        Self { status, headers: relayed, retry_after: retry_after(headers), scrubber: Scrubber::default() }
    }

    /// The same without these secrets; whoever reads the body of the reply takes them out of it.
    pub(crate) fn hiding(mut self, scrubber: Scrubber) -> Self {
        scrubber.headers(&mut self.headers);
        self.scrubber = scrubber;
        self
    }

    /// What the reply must not let out: the credentials it was asked for with among it.
    #[must_use]
    pub fn scrubber(&self) -> &Scrubber {
        &self.scrubber
    }

    /// The upstream's id of the request: `x-request-id`, else `cf-ray`.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        ["x-request-id", "request-id", "cf-ray"].iter().find_map(|name| self.text(name)).filter(|id| !id.is_empty())
    }

    /// How long to wait before the next request: `retry-after-ms`, else `retry-after` in seconds or as a date (RFC 9110,
    /// section 10.2.3), which is held against the reply's own `date` where there is one.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// What the upstream says about another attempt (`x-should-retry`), where it does.
    pub(crate) fn should_retry(&self) -> Option<bool> {
        self.text("x-should-retry")?.trim().parse().ok()
    }

    /// The rate limits, where the upstream told any.
    #[must_use]
    pub fn rate_limits(&self) -> Option<RateLimits> {
        let limits = self.headers.iter().filter(|(name, _)| is_rate_limit(name));
        let headers: HeaderMap = limits.map(|(name, value)| (name.clone(), value.clone())).collect();
        (!headers.is_empty()).then(|| RateLimits { headers, report: None, taken: SystemTime::now() })
    }

    pub(crate) fn content_type(&self) -> &str {
        self.text(CONTENT_TYPE.as_str()).unwrap_or_default()
    }

    /// The way the body is compressed, where it is; nobody asked for that.
    pub(crate) fn compression(&self) -> Option<&str> {
        self.text(CONTENT_ENCODING.as_str()).filter(|encoding| !encoding.eq_ignore_ascii_case("identity"))
    }

    fn text(&self, name: &str) -> Option<&str> {
        text(&self.headers, name)
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok())
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| text(headers, name)?.trim().parse::<f64>().ok();
    let date = |name: &str| httpdate::parse_http_date(text(headers, name)?.trim()).ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number(RETRY_AFTER.as_str()));
    if let Some(seconds) = seconds {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let now = date(DATE.as_str()).unwrap_or_else(SystemTime::now);
    // A moment that is over asks for no wait.
    Some(date(RETRY_AFTER.as_str())?.duration_since(now).unwrap_or_default())
}

fn is_relayed(name: &HeaderName) -> bool {
    const NAMES: [&str; 10] = [
        "content-type",
        "content-length",
        "content-encoding",
        "x-request-id",
        "request-id",
        "cf-ray",
        "x-should-retry",
        "x-reasoning-included",
        "x-models-etag",
        "x-openai-authorization-error",
    ];
    NAMES.contains(&name.as_str())
        || name.as_str().starts_with("openai-")
        || name.as_str().starts_with("anthropic-")
        || name.as_str().starts_with("x-codex-")
        || is_rate_limit(name)
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
    }

    #[test]
    fn a_date_to_come_back_at_is_held_against_the_replys_own_clock() {
        let at = |date: &'static str| {
            head(&[("date", "Wed, 21 Oct 2026 07:28:00 GMT"), ("retry-after", date)]).retry_after()
        };
        assert_eq!(at("Wed, 21 Oct 2026 07:28:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(at("Wed, 21 Oct 2026 07:27:00 GMT"), Some(Duration::ZERO));
        assert_eq!(at("soon"), None);
        let without_date = head(&[("retry-after", "Fri, 31 Dec 2100 00:00:00 GMT")]).retry_after().unwrap();
        assert!(without_date > Duration::from_secs(3600));
    }

    #[test]
    fn rate_limits_are_kept_as_they_came() {
        let head = head(&[
            ("x-codex-primary-used-percent", "12.5"),
            ("x-ratelimit-limit-tokens", "9"),
            ("server", "x"),
            ("anthropic-ratelimit-requests-remaining", "1"),
            ("anthropic-organization-id", "o"),
        ]);
        assert_eq!(head.headers.len(), 4);
        let limits = head.rate_limits().unwrap();
        assert_eq!(limits.headers.len(), 3);
        assert_eq!(limits.headers["x-codex-primary-used-percent"], "12.5");
    }
}
