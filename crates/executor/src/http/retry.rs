//! When a request is sent again: numbers as data, the decision as a pure function.

use std::time::Duration;

use http::StatusCode;
use interlingua_translate::{Api, STREAM_INCOMPLETE, UPSTREAM_MALFORMED};

use crate::codex::usage_limit::LimitKind;

/// How often and how soon a request is sent again that got no answer.
///
/// A request is sent again only while nothing of its answer has been handed out, and nothing of it was seen: after a
/// connection that did not come about or broke before the head of the reply, and after the upstream's own word that it
/// is busy or broken, as a status or as the end of a stream that had not said anything yet. Never sent again are requests
/// whose quota is used up, requests at fault themselves, and requests that ran into a time limit. Waiting ends when the
/// call is dropped.
///
/// The waits are fixed, so that tests and people can count on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a request is sent in all (3).
    pub attempts: u32,
    /// The wait before the second attempt (500 ms); doubled for each further one.
    pub backoff: Duration,
    /// The longest wait between two attempts (10 s). An upstream that asks for more is taken at its word: its refusal goes
    /// to the caller, with the time it asked for.
    pub longest: Duration,
    /// Whether a refusal that may pass is asked again (true), or only a connection that did not come about or broke.
    pub refusals: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 3, backoff: Duration::from_millis(500), longest: Duration::from_secs(10), refusals: true }
    }
}

/// Why a request has no answer, as far as it matters for another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setback<'a> {
    /// No connection came about, or it broke before the head of the reply.
    Connection,
    /// The upstream refused before it had said anything of an answer.
    Refused {
        /// The status, or the one its error code stands for inside a stream.
        status: StatusCode,
        /// Its error code.
        code: Option<&'a str>,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// Another attempt would not help, or could say things twice.
    Final,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Send the request again after this time.
    Retry(Duration),
    /// Give the error to the caller.
    GiveUp,
}

impl RetryPolicy {
    /// Sends every request once, for callers that repeat themselves.
    #[must_use]
    pub fn never() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// The same for the client of an API. Clients of Responses and of Messages, the Codex CLI and Claude Code among them, ask
    /// again themselves after a refusal, several times: what is asked again here as well is asked many times over.
    #[must_use]
    pub fn of_client(self, api: Api) -> Self {
        Self { refusals: self.refusals && api == Api::Chat, ..self }
    }

    /// What follows on the setback of attempt number `attempt`, counted from 1.
    ///
    /// ```
    /// use std::time::Duration;
    /// use interlingua_executor::{Decision, RetryPolicy, Setback};
    ///
    /// let policy = RetryPolicy::default();
    /// assert_eq!(policy.decide(1, Setback::Connection), Decision::Retry(Duration::from_millis(500)));
    /// assert_eq!(policy.decide(3, Setback::Connection), Decision::GiveUp);
    /// ```
    #[must_use]
    pub fn decide(&self, attempt: u32, setback: Setback<'_>) -> Decision {
        let asked = match setback {
            Setback::Connection => None,
            Setback::Refused { status, code, retry_after } if self.refusals && is_temporary(status, code) => {
                retry_after
            }
            Setback::Refused { .. } | Setback::Final => return Decision::GiveUp,
        };
        let doubled = self.backoff.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        let wait = asked.unwrap_or_else(|| doubled.min(self.longest));
        if attempt < self.attempts && wait <= self.longest { Decision::Retry(wait) } else { Decision::GiveUp }
    }
}

/// Whether the same request may fare better in a moment.
fn is_temporary(status: StatusCode, code: Option<&str>) -> bool {
    // 501 and 505 say that the upstream cannot do this at all; 520 to 524 and 529 are those of proxies before it.
    let may_pass = matches!(status.as_u16(), 429 | 500 | 502..=504 | 520..=524 | 529);
    // A stream that ended early or made no sense is nothing the upstream said, and it may have been a whole answer to it.
    let is_word_of_ours = matches!(code, Some(STREAM_INCOMPLETE | UPSTREAM_MALFORMED));
    may_pass && !is_word_of_ours && code.and_then(LimitKind::from_code).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: Option<&str>, retry_after: Option<u64>) -> Decision {
        let status = StatusCode::from_u16(status).unwrap();
        let retry_after = retry_after.map(Duration::from_secs);
        RetryPolicy::default().decide(1, Setback::Refused { status, code, retry_after })
    }

    const USUAL: Decision = Decision::Retry(Duration::from_millis(500));

    #[test]
    fn each_wait_is_twice_the_one_before_and_never_over_the_limit() {
        let policy = RetryPolicy { attempts: 9, ..RetryPolicy::default() };
        let waits: Vec<_> = (1..=7).map(|attempt| policy.decide(attempt, Setback::Connection)).collect();
        let expected = [500, 1000, 2000, 4000, 8000, 10_000, 10_000];
        assert_eq!(waits, expected.map(|ms| Decision::Retry(Duration::from_millis(ms))));
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        assert_eq!(refused(429, Some("rate_limit_exceeded"), Some(1)), Decision::Retry(Duration::from_secs(1)));
        assert_eq!(refused(429, None, None), USUAL);
        assert_eq!(refused(503, Some("server_is_overloaded"), None), USUAL);
        for status in [500, 502, 504, 520, 529] {
            assert_eq!(refused(status, None, None), USUAL, "{status}");
        }
    }

    #[test]
    fn a_used_up_quota_is_never_tried_again() {
        for code in ["usage_limit_reached", "insufficient_quota", "usage_not_included", "quota_exceeded"] {
            assert_eq!(refused(429, Some(code), Some(1)), Decision::GiveUp, "{code}");
        }
    }

    #[test]
    fn a_stream_that_ended_early_may_have_been_answered() {
        for code in ["stream_incomplete", "upstream_malformed"] {
            assert_eq!(refused(502, Some(code), None), Decision::GiveUp, "{code}");
        }
    }

    #[test]
    fn what_is_the_requests_own_fault_is_not_tried_again() {
        for status in [301, 400, 401, 403, 404, 409, 413, 422, 501, 505] {
            assert_eq!(refused(status, None, None), Decision::GiveUp, "{status}");
        }
        assert_eq!(RetryPolicy::default().decide(1, Setback::Final), Decision::GiveUp);
    }

    #[test]
    fn an_upstream_that_asks_for_a_long_wait_is_taken_at_its_word() {
        assert_eq!(refused(429, None, Some(10)), Decision::Retry(Duration::from_secs(10)));
        assert_eq!(refused(429, None, Some(11)), Decision::GiveUp);
    }

    #[test]
    fn never_is_once() {
        assert_eq!(RetryPolicy::never().decide(1, Setback::Connection), Decision::GiveUp);
    }
}
