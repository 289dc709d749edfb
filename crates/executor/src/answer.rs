//! What a call gives back.

use std::time::Duration;

use bytes::Bytes;
use interlingua_model::Usage;
use interlingua_translate::Loss;

use crate::SseStream;
use crate::codex::limits::RateLimits;
use crate::http::head::ReplyHead;

/// A value together with what there is to know of how it came about.
#[derive(Debug)]
pub struct Answer<T> {
    /// The value.
    pub value: T,
    /// The rest.
    pub meta: Meta,
}

/// What there is to know of a call beside its value.
#[derive(Debug, Clone)]
pub struct Meta {
    /// What the request lost in translation, then what the reply lost, where the reply is whole. What a stream loses is
    /// known at its end, see [`SseStream::report`].
    pub losses: Vec<Loss>,
    /// Whether the bytes are the upstream's own: nothing was translated.
    pub is_passed: bool,
    /// The head of the upstream's reply.
    pub head: ReplyHead,
    /// The limits the upstream told with this reply.
    pub rate_limits: Option<RateLimits>,
    /// What a whole reply cost, where the upstream said so; of a stream see [`SseStream::report`].
    pub usage: Option<Usage>,
    /// How long it took.
    pub timings: Timings,
}

impl Meta {
    /// The upstream's id of the request, for a report to it.
    #[must_use]
    pub fn upstream_request_id(&self) -> Option<&str> {
        self.head.request_id()
    }
}

/// How long a call took, from the moment its request was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timings {
    /// Until the head of the reply was there.
    pub headers: Duration,
    /// Until the value was there: the whole reply, or the first output of a stream.
    pub ready: Duration,
}

/// A reply in the client's API, as the client asked for it.
#[derive(Debug)]
pub enum Reply {
    /// Whole: one JSON document.
    Whole(Bytes),
    /// Streamed.
    Stream(SseStream),
}
