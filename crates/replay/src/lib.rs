//! An upstream that answers from recorded traffic, over real HTTP, with faults on request.
//!
//! It stands in for OpenAI's API, for a backend that speaks only one of its two protocols, and for the ChatGPT backend: in tests, in the
//! demonstration, and wherever there is no key or no network. It serves `POST /v1/responses`, `POST /v1/chat/completions` and
//! `GET /v1/models`, with and without `/v1`, and under `/backend-api/codex` what the ChatGPT backend serves there.
//!
//! # What it answers
//!
//! First it judges the request: a body that the real API would refuse is refused here, in the same shape. Then the first of these that
//! fits:
//!
//! 1. the case that the header `x-replay-case` or [`Replay::case`] names;
//! 2. the case with exactly this request; with [`Matching::Exact`], anything else is a 404 that names the nearest case;
//! 3. of cases that a gateway captured, the next of their session: what asks with other ids and times goes through it again;
//! 4. if the last item is the output of a tool: text;
//! 5. if a tool is forced, or there is only one: a call of it, with arguments that fit its schema;
//! 6. if the text has to fit a schema: JSON that does;
//! 7. text.
//!
//! From 4 on the answer is a recorded one, changed event by event only where it must be: model, tool, call id, arguments, text, and what a
//! reply repeats of its request. So clients see legal streams.
//!
//! ```
//! use interlingua_replay::Replay;
//!
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
//! let server = Replay::embedded().spawn().await?;
//! println!("try it: curl {}/models", server.base_url());
//! server.shutdown().await;
//! # Ok::<(), std::io::Error>(())
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```

mod ask;
mod body;
mod case;
mod connection;
mod embedded;
mod faults;
mod fit;
mod judge;
mod library;
mod log;
mod replay;
mod routes;
mod schema;
mod server;
mod tree;

pub use body::STALL_LIMIT;
pub use case::{Case, CaseError, CaseReply};
pub use connection::Connection;
pub use faults::{FaultError, Faults};
pub use log::{Ending, Exchange, LOG_LIMIT, LOGGED_BODY_LIMIT, Log};
pub use replay::{Matching, Replay};
pub use routes::{CASE_HEADER, FAULT_HEADER, PROFILE_HEADER, REQUEST_LIMIT};
pub use server::Server;

/// The README's example compiles and holds.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
