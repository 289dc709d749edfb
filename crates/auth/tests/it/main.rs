//! Logins against an issuer of the tests' own, over real HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test's helpers fail by panicking too"
)]

#[path = "../common/mod.rs"]
mod common;
mod http_client;
mod login;
mod processes;
mod refresh;
mod refusals;
mod replicas;
mod saving;
mod setbacks;
