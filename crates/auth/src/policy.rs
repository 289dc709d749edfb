//! When to refresh, and what to do after a refresh that failed: numbers as data, the decision as a pure function.

use std::time::Duration;

/// Numbers that govern a refresh.
#[derive(Debug, Clone)]
pub struct RefreshPolicy {
    /// How long before it expires a token is renewed (6 minutes, at most a quarter of its life).
    ///
    /// The Codex CLI does the same from 5 minutes on and takes no lock. Being earlier means that it finds a new token in
    /// the file and does not spend the refresh token a second time.
    pub margin: Duration,
    /// How often one refresh is tried in all (3).
    pub attempts: u32,
    /// The wait before the second try (500 ms); doubled for each further one.
    pub backoff: Duration,
    /// The longest wait between two tries (8 s). An issuer that asks for more is taken at its word: no further try.
    pub backoff_limit: Duration,
    /// After a refresh failed for good, how long the failure is handed out before the next one is tried (5 s).
    pub pause: Duration,
    /// How long one request to the issuer may take, from the connection to the last byte (30 s).
    pub request: Duration,
    /// How long to wait for another process that holds the lock file (60 s, longer than its request may take).
    pub lock: Duration,
    /// After a refusal, how long to watch the file for the newer token of a process that takes no lock (1 s).
    pub settle: Duration,
    /// A token refused within this time of its own refresh (30 s) is not refreshed again: that would not help, and with
    /// many callers it would spend one refresh token after the other.
    pub young: Duration,
    /// How long after a failed attempt to save the login the next one is made (30 s).
    pub save_again: Duration,
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self {
            margin: Duration::from_secs(6 * 60),
            attempts: 3,
            backoff: Duration::from_millis(500),
            backoff_limit: Duration::from_secs(8),
            pause: Duration::from_secs(5),
            request: Duration::from_secs(30),
            lock: Duration::from_secs(60),
            settle: Duration::from_secs(1),
            young: Duration::from_secs(30),
            save_again: Duration::from_secs(30),
        }
    }
}

/// How a request to the issuer failed without being a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No connection, so the refresh token was certainly not spent.
    NotSent,
    /// The connection or the time ended after sending began: the refresh token may have been spent.
    Interrupted,
    /// A status that is neither success nor a refusal.
    Status {
        /// The HTTP status.
        status: u16,
        /// What `retry-after` asked for.
        retry_after: Option<Duration>,
    },
    /// A success whose body could not be understood: the refresh token has probably been spent.
    Unreadable,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Try again after this time.
    Retry(Duration),
    /// Hand the failure out, and do so for this time before another refresh is begun.
    GiveUp(Duration),
}

impl RefreshPolicy {
    /// What follows on the failure of try number `attempt` (counted from 1).
    ///
    /// Tried again at once is what never left, and what the issuer itself says it could not do. An answer that got lost
    /// may have spent the refresh token, so a second try could look like theft; it is left to the next caller.
    ///
    /// ```
    /// use std::time::Duration;
    /// use interlingua_auth::{Decision, Failure, RefreshPolicy};
    ///
    /// let policy = RefreshPolicy::default();
    /// assert_eq!(policy.decide(1, Failure::NotSent), Decision::Retry(Duration::from_millis(500)));
    /// assert_eq!(policy.decide(3, Failure::NotSent), Decision::GiveUp(policy.pause));
    /// assert_eq!(policy.decide(1, Failure::Interrupted), Decision::GiveUp(policy.pause));
    /// ```
    #[must_use]
    pub fn decide(&self, attempt: u32, failure: Failure) -> Decision {
        let asked = match failure {
            Failure::NotSent => None,
            Failure::Status { status: 429 | 500 | 502..=599, retry_after } => retry_after,
            Failure::Status { retry_after, .. } => {
                return Decision::GiveUp(self.pause.max(retry_after.unwrap_or_default()));
            }
            Failure::Interrupted | Failure::Unreadable => return Decision::GiveUp(self.pause),
        };
        let doubled = self.backoff.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        let wait = asked.unwrap_or(doubled.min(self.backoff_limit));
        if attempt < self.attempts && wait <= self.backoff_limit {
            Decision::Retry(wait)
        } else {
            Decision::GiveUp(self.pause.max(asked.unwrap_or_default()).min(LONGEST_PAUSE))
        }
    }
}

/// However long an issuer asks us to wait, a person may want to try again after five minutes.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, retry_after: Option<u64>) -> Failure {
        Failure::Status { status, retry_after: retry_after.map(Duration::from_secs) }
    }

    #[test]
    fn each_wait_is_twice_the_one_before_and_never_over_the_limit() {
        let policy = RefreshPolicy { attempts: 9, ..RefreshPolicy::default() };
        let waits: Vec<_> = (1..=7).map(|attempt| policy.decide(attempt, Failure::NotSent)).collect();
        let expected = [500, 1000, 2000, 4000, 8000, 8000, 8000];
        assert_eq!(waits, expected.map(|ms| Decision::Retry(Duration::from_millis(ms))));
    }

    #[test]
    fn the_server_is_taken_at_its_word() {
        let policy = RefreshPolicy::default();
        assert_eq!(policy.decide(1, status(429, Some(3))), Decision::Retry(Duration::from_secs(3)));
        assert_eq!(policy.decide(1, status(503, Some(60))), Decision::GiveUp(Duration::from_secs(60)));
        assert_eq!(policy.decide(1, status(503, Some(86_400))), Decision::GiveUp(LONGEST_PAUSE));
    }

    #[test]
    fn what_may_have_spent_the_token_is_not_tried_again_at_once() {
        let policy = RefreshPolicy::default();
        for failure in [Failure::Interrupted, Failure::Unreadable, status(403, None), status(302, None)] {
            assert_eq!(policy.decide(1, failure), Decision::GiveUp(policy.pause), "{failure:?}");
        }
    }
}
