//! The one error of this crate: what went wrong, for the person and for the program.

pub(crate) mod body;
mod failures;
mod made;
mod phase;
mod words;

use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::StatusCode;
use interlingua_model::Failure;
use interlingua_translate::chat;
use interlingua_wire::chat::{ErrorBody, ErrorDetail};

use crate::http::head::ReplyHead;
use crate::http::retry::Setback;
use crate::{TransportError, UsageLimit};

pub(crate) use self::failures::{cut_failure, timeout_failure};
pub use self::phase::Phase;

/// Why a call has no answer.
///
/// Opaque, so that it can grow. Whatever the upstream sent (OpenAI's envelope, `{"detail"}`, an HTML page, nothing), it
/// comes out as one message with type, code and parameter; the parameter is a path in the caller's own document.
///
/// ```
/// use interlingua_executor::Error;
///
/// fn report(error: &Error) -> String {
///     match error.retry_after() {
///         Some(wait) => format!("busy, try again in {} s: {error}", wait.as_secs()),
///         None if error.is_timeout() => format!("no answer in time ({}): {error}", error.phase()),
///         None => error.to_string(),
///     }
/// }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    cause: Cause,
    phase: Phase,
    failure: Failure,
    /// The status to answer a client with.
    status: StatusCode,
    /// What the upstream's head said, where there was one.
    head: Option<ReplyHead>,
    retry_after: Option<Duration>,
    /// The upstream's own envelope, of a reply that is passed on.
    said: Option<Bytes>,
}

#[derive(Debug)]
enum Cause {
    /// The configuration cannot work.
    Configuration,
    /// The credentials cannot be had.
    #[cfg(feature = "reqwest")]
    Credentials(Box<interlingua_auth::Error>),
    /// The request or the reply cannot be translated.
    Translation(interlingua_translate::Error),
    /// No reply, or not all of it.
    Transport(TransportError),
    /// A time limit of ours ran out.
    Timeout,
    /// The upstream said so, by status or inside a stream.
    Upstream,
    /// The upstream refused credentials that had just been renewed.
    Relogin,
    /// What the upstream sent is no reply.
    Malformed,
}

impl Error {
    /// Whether a time limit ran out: connecting, head, first event or the pause between two pieces.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &self.0.cause {
            Cause::Timeout => true,
            Cause::Transport(error) => error.is_timeout(),
            #[cfg(feature = "reqwest")]
            Cause::Credentials(_) => false,
            Cause::Configuration | Cause::Translation(_) | Cause::Upstream | Cause::Relogin | Cause::Malformed => false,
        }
    }

    /// Whether the upstream could not be reached, so that it has seen nothing of the request.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(&self.0.cause, Cause::Transport(error) if error.is_connect())
    }

    /// Whether the upstream itself reported the failure, by its status or inside a stream.
    #[must_use]
    pub fn is_upstream(&self) -> bool {
        matches!(&self.0.cause, Cause::Upstream | Cause::Relogin)
    }

    /// Whether only the person can help, by logging in: there is no login, it is over, or the upstream refuses it even
    /// after it was renewed.
    #[must_use]
    pub fn needs_login(&self) -> bool {
        match &self.0.cause {
            Cause::Relogin => true,
            #[cfg(feature = "reqwest")]
            Cause::Credentials(error) => error.needs_login(),
            Cause::Configuration
            | Cause::Translation(_)
            | Cause::Transport(_)
            | Cause::Timeout
            | Cause::Upstream
            | Cause::Malformed => false,
        }
    }

    /// The quota that is used up, where that is what the upstream said.
    ///
    /// Its [`status`](Self::status) is 429 unless the upstream chose another one, and [`retry_after`](Self::retry_after)
    /// says when it is reset.
    #[must_use]
    pub fn usage_limit(&self) -> Option<UsageLimit> {
        self.is_upstream().then(|| UsageLimit::of(&self.0.failure, SystemTime::now())).flatten()
    }

    /// The status of the upstream's reply, where there was one. A failure inside a stream has 200 here.
    #[must_use]
    pub fn upstream_status(&self) -> Option<StatusCode> {
        self.0.head.as_ref().map(|head| head.status)
    }

    /// The status to answer a client with: the upstream's own, or what its error code means, 400 for a request that
    /// cannot be translated, 502 for an upstream that cannot be reached or understood, 504 for one that is too slow.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// How long to wait before trying again, where the upstream said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The upstream's id of the request (`x-request-id`, else `cf-ray`), for a report to it.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.head.as_ref()?.request_id()
    }

    /// How far the call had come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.0.phase
    }

    /// What the upstream's head said beside the body (rate limits, request ids), where there was one.
    #[must_use]
    pub fn head(&self) -> Option<&ReplyHead> {
        self.0.head.as_ref()
    }

    /// What went wrong as plain data: code, message, class, parameter, and the upstream's own error object.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        &self.0.failure
    }

    /// The error in the envelope that the upstream itself has told it in, byte for byte, where the reply is one that is
    /// [passed on](crate::Executor::pass) and the envelope one that clients of its API know.
    #[must_use]
    pub fn said(&self) -> Option<&Bytes> {
        self.0.said.as_ref()
    }

    /// The error in OpenAI's envelope, as a client of either API expects it. What the upstream's error object held
    /// beyond the four usual keys (plan, reset times) stays in.
    #[must_use]
    pub fn body(&self) -> ErrorBody {
        let failure = &self.0.failure;
        let upstreams = failure.raw.as_ref().and_then(|raw| serde_json::from_str::<ErrorDetail>(raw.text()).ok());
        let mut body = chat::error_body(failure);
        body.error.extra = upstreams.map(|detail| detail.extra).unwrap_or_default();
        body
    }
}

impl Error {
    /// Adds what the reply's head said, and takes out what the reply must not let out. The head's own word on when to try
    /// again wins over the body's.
    pub(crate) fn with_head(mut self, head: &ReplyHead) -> Self {
        self.0.retry_after = head.retry_after().or(self.0.retry_after);
        self.0.head = Some(head.clone());
        head.scrubber().failure(&mut self.0.failure);
        self
    }

    /// Adds the upstream's own envelope.
    pub(crate) fn with_words(mut self, said: Bytes) -> Self {
        self.0.said = Some(said);
        self
    }

    /// What this means for another attempt.
    pub(crate) fn setback(&self) -> Setback<'_> {
        let Inner { cause, phase, failure, status, head, retry_after, said: _ } = &*self.0;
        if head.as_ref().and_then(ReplyHead::should_retry) == Some(false) {
            return Setback::Final;
        }
        // Whoever sends us elsewhere will do so again.
        let is_answer = |head: &ReplyHead| head.status.is_client_error() || head.status.is_server_error();
        if *phase == Phase::Headers && head.as_ref().is_some_and(|head| !is_answer(head)) {
            return Setback::Final;
        }
        match (cause, phase) {
            (Cause::Transport(error), _) if error.is_foreign() => Setback::Final,
            (Cause::Transport(_), Phase::Connect | Phase::Headers) => Setback::Connection,
            (Cause::Upstream, Phase::Headers | Phase::FirstEvent) => {
                Setback::Refused { status: *status, code: failure.code.as_deref(), retry_after: *retry_after }
            }
            _ => Setback::Final,
        }
    }

    /// Names the parameter at fault as it stands in another document: one that this request was made of. `None` where it
    /// does not.
    #[must_use]
    pub fn rename_param(mut self, rename: impl FnOnce(&str) -> Option<String>) -> Self {
        self.0.failure.param = self.0.failure.param.as_deref().and_then(rename);
        self
    }

    /// Rewrites the parameter at fault into the caller's dialect; one the caller did not say is nothing to it.
    pub(crate) fn map_param(mut self, map: impl FnOnce(&str) -> Option<String>) -> Self {
        if matches!(self.0.cause, Cause::Upstream) {
            self.0.failure.param = self.0.failure.param.as_deref().and_then(map);
        }
        self
    }
}

/// The message, with the upstream's id of the request where there is one.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(param) = &self.0.failure.param {
            write!(f, "{param}: ")?;
        }
        f.write_str(&self.0.failure.message)?;
        self.request_id().map_or(Ok(()), |id| write!(f, " (upstream request {id})"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { cause, phase, failure, status, head, retry_after, said: _ } = &*self.0;
        f.debug_struct("Error")
            .field("phase", phase)
            .field("status", status)
            .field("cause", cause)
            .field("failure", failure)
            .field("upstream_status", &head.as_ref().map(|head| head.status))
            .field("request_id", &self.request_id())
            .field("retry_after", retry_after)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.cause {
            Cause::Translation(error) => Some(error),
            Cause::Transport(error) => Some(error),
            #[cfg(feature = "reqwest")]
            Cause::Credentials(error) => Some(&**error),
            Cause::Configuration | Cause::Timeout | Cause::Upstream | Cause::Relogin | Cause::Malformed => None,
        }
    }
}
