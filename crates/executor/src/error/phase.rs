//! How far a call had come.

use std::fmt;

/// How far a call had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Before anything was sent: configuration and credentials.
    Prepare,
    /// Translating the request, or a whole reply.
    Translate,
    /// Reaching the upstream.
    Connect,
    /// Waiting for the head of the reply; a status that reports an error belongs here.
    Headers,
    /// Waiting for the first output of a stream.
    FirstEvent,
    /// In the middle of a reply.
    MidStream,
}

impl Phase {
    /// The word for logs: `prepare`, `translate`, `connect`, `headers`, `first_event` or `mid_stream`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Translate => "translate",
            Self::Connect => "connect",
            Self::Headers => "headers",
            Self::FirstEvent => "first_event",
            Self::MidStream => "mid_stream",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
