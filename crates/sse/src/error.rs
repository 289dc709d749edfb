//! The one thing that can go wrong with an event stream.

use std::fmt;

/// Why a [`Parser`](crate::Parser) gave up.
///
/// Every byte sequence is an event stream to the WHATWG standard, so no content is ever an error: unknown fields are
/// skipped and invalid UTF-8 becomes U+FFFD. What remains is size.
///
/// The error is final: once returned it is returned again by every later call, and the bytes after it are not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// An event, finished or not, is larger than the parser's limit.
    EventTooLarge {
        /// The limit that was exceeded, in bytes.
        limit: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EventTooLarge { limit } => {
                write!(f, "a server-sent event is larger than the limit of {limit} bytes, or its blank line never came")
            }
        }
    }
}

impl std::error::Error for Error {}
