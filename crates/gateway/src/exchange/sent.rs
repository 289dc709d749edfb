//! How much of a reply has gone to its client, and how it ended.

use std::time::Duration;

/// What the client has been sent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sent {
    pub(crate) first: Option<Duration>,
    pub(crate) last: Option<Duration>,
    pub(crate) pieces: u64,
    pub(crate) bytes: u64,
}

impl Sent {
    pub(super) fn count(&mut self, at: Duration, length: usize) {
        let Self { first, last, pieces, bytes } = self;
        first.get_or_insert(at);
        *last = Some(at);
        *pieces += 1;
        *bytes += length as u64;
    }
}

/// How a request ended for its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It got all of it.
    Whole,
    /// It got a failure, as a status or as the last event.
    Failed,
    /// It went away before that.
    Left,
}

impl End {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Failed => "failed",
            Self::Left => "client left",
        }
    }
}

/// What went wrong.
#[derive(Debug, Clone)]
pub(crate) struct Failed {
    pub(crate) phase: String,
    pub(crate) code: Option<String>,
    pub(crate) message: String,
}
