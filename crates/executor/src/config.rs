//! What an executor has to know of its upstream.

use std::time::Duration;

use interlingua_model::Api;
use interlingua_translate::{Policy, Upstream};

use crate::{Backend, BaseUrl, Profile, RetryPolicy};

/// Everything an [`Executor`](crate::Executor) has to know of its upstream, except the credentials. Plain data.
///
/// ```
/// use interlingua_executor::{Backend, Config, Profile};
///
/// let local = Config {
///     backend: Backend { base_url: Some("http://127.0.0.1:8080".parse()?), ..Backend::default() },
///     ..Config::from(Profile::compatible())
/// };
/// assert_eq!(local.upstream.path(), "/chat/completions");
/// # Ok::<(), interlingua_executor::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it lives, and how it is addressed.
    pub backend: Backend,
    /// Which API it speaks, what it accepts and forces.
    pub upstream: Upstream,
    /// What to do when the translation of a request of the model loses something. Requests of clients bring their own policy.
    pub policy: Policy,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// When to send a request again.
    pub retry: RetryPolicy,
    /// The largest event of a stream, in bytes (16 MiB); what an event repeats of earlier ones does not count.
    pub max_event: usize,
    /// Whether a key may go over plain HTTP to another machine, where everybody on the way can read it (no).
    pub allow_plain_http: bool,
}

impl Config {
    /// Where it lives.
    #[must_use]
    pub fn base_url(&self) -> BaseUrl {
        self.backend.base_url.clone().unwrap_or_else(BaseUrl::openai)
    }
}

/// The public API of OpenAI over Responses.
impl Default for Config {
    fn default() -> Self {
        Self::from(Profile::openai(Api::Responses))
    }
}

impl From<Profile> for Config {
    fn from(profile: Profile) -> Self {
        // What clients like is their translator's to know.
        let Profile { upstream, backend, style: _ } = profile;
        Self {
            backend,
            upstream,
            policy: Policy::Lenient,
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            max_event: MAX_EVENT,
            allow_plain_http: false,
        }
    }
}

/// How long to wait for what. There is no limit on a whole reply: an answer may stream for an hour.
///
/// The limit of connecting is the transport's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// From the request to the head of the reply, connecting included (10 min, as the official SDKs have it: without
    /// streaming the model thinks before it).
    pub headers: Duration,
    /// From the head of a stream to its first event (5 min); comments do not count.
    pub first_event: Duration,
    /// Between two pieces of a reply (5 min); here comments do count.
    pub idle: Duration,
    /// From a finish reason to the end of the stream (2 s): what may still come is what the reply cost and a mark of the end.
    /// It is then over without them.
    pub tail: Duration,
    /// How long the body of an error may take altogether (10 s): what it says is worth little waiting. It is then told with
    /// what came of it.
    pub error_body: Duration,
    /// How long a stream is held back for its first output, so that a failure before it still becomes an error of its
    /// own (15 s). Not a limit: afterwards the stream is handed out as it is.
    pub hold: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        Self {
            headers: minutes(10),
            first_event: minutes(5),
            idle: minutes(5),
            tail: Duration::from_secs(2),
            error_body: Duration::from_secs(10),
            hold: Duration::from_secs(15),
        }
    }
}

/// The largest event of a stream where nobody says otherwise, in bytes.
const MAX_EVENT: usize = 16 * 1024 * 1024;
/// The largest whole reply, in bytes.
pub(crate) const MAX_REPLY: usize = 64 * 1024 * 1024;
/// How much of an error's body is read, in bytes: some servers repeat the whole request in it.
pub(crate) const MAX_ERROR_BODY: usize = 1024 * 1024;
/// How long a request waits for the list of models that it is written by, before it goes without.
pub(crate) const CATALOGUE_WAIT: Duration = Duration::from_secs(5);
/// How long such a list is good for; then it is asked for again, which costs little where nothing has changed.
pub(crate) const CATALOGUE_AGE: Duration = Duration::from_secs(5 * 60);
/// How long after a failure the list is not asked for again.
pub(crate) const CATALOGUE_PAUSE: Duration = Duration::from_secs(30);
