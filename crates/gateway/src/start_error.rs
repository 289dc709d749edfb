//! Why a gateway does not start, or stopped.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a gateway does not start, or stopped.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// It would serve everybody.
    #[error(
        "{0} can be reached from other machines, and no inbound key is set: anybody could spend your account. \
         Listen at 127.0.0.1, or set an inbound key that callers have to send"
    )]
    OpenRelay(String),
    /// The address is none, or is taken.
    #[error("cannot listen at {listen}: {source}")]
    Listen {
        /// The address.
        listen: String,
        /// What the system says.
        source: io::Error,
    },
    /// Exchanges cannot be captured there.
    #[error("exchanges cannot be captured in {}: {source}", folder.display())]
    Capture {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A caller's key cannot be one.
    #[error("{0}")]
    Caller(String),
    /// Numbers cannot be kept.
    #[error("numbers cannot be kept: {0}")]
    Metrics(String),
    /// Traces cannot be sent where the environment says.
    #[error("traces cannot be sent: {0}")]
    Traces(String),
    /// The inbound key cannot be sent in a header.
    #[error("the inbound key must be visible ASCII characters, 8 at least")]
    InboundKey,
    /// The origin of web pages is none.
    #[error("{0:?} is no origin: write scheme, host and port as browsers do, like https://app.example")]
    Origin(String),
    /// The key to seal with is too short.
    #[error("the key that summaries are sealed with must have 16 characters at least")]
    SealKey,
    /// The store cannot be used.
    #[error("{0}")]
    Store(String),
    /// The upstream's settings contradict each other.
    #[error("{0}")]
    Upstream(String),
    /// The upstream's settings cannot work.
    #[error(transparent)]
    Executor(#[from] interlingua_executor::Error),
    /// The login cannot be used.
    #[error(transparent)]
    Credentials(#[from] interlingua_auth::Error),
    /// A login was renewed and could not be saved before the end.
    #[error("{0}")]
    Unsaved(interlingua_auth::Warning),
    /// The embedded upstream cannot be started.
    #[error("the replay upstream cannot be started: {0}")]
    Replay(io::Error),
}
