//! The replay, asked over real HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests, which clippy takes for library code"
)]

mod answers;
mod asking;
mod client;
mod faults;
mod recordings;
mod refusals;
mod session;
