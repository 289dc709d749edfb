//! The executor against upstreams that follow a script, and against real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests may fail as tests do"
)]

mod calls;
mod chat;
#[cfg(feature = "reqwest")]
mod codex;
#[cfg(feature = "reqwest")]
mod codex_backend;
#[cfg(feature = "reqwest")]
mod codex_streams;
#[cfg(feature = "reqwest")]
mod credentials;
mod errors;
#[cfg(feature = "reqwest")]
mod http;
mod initiator;
mod labels;
mod passthrough;
mod profiles;
mod ready;
mod refused;
mod responses;
mod retries;
mod support;
mod upstreams;
mod waiting;
mod ways_shown;
