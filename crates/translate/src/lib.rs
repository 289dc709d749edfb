//! Lossless translation between OpenAI's Chat Completions and Responses APIs, without IO.
//!
//! Everything here is a pure function or a sans-IO state machine: no HTTP, no server-sent events, no clock, no
//! randomness, no async. What a pure encoder may not invent, an id and the time, is handed in as a [`Stamp`].
//!
//! Each protocol module has the same six names: `decode_request`, `encode_request`, `decode_response`,
//! `encode_response`, `Decoder` and `Encoder`. A translation is one module's `decode` followed by the other's
//! `encode`, with `interlingua_model` in between. Nothing is dropped silently: every translation returns what it
//! lost, see [`Translated`].
//!
//! ```
//! use interlingua_translate::{Profile, chat, responses};
//!
//! let body = r#"{"model":"gpt-5.4","messages":[{"role":"user","content":"hi"}]}"#;
//! let request = chat::decode_request(serde_json::from_str(body)?)?;
//! let upstream = responses::encode_request(request.value, &Profile::openai())?;
//! let upstream = serde_json::to_string(&upstream.value)?;
//! assert_eq!(upstream, r#"{"model":"gpt-5.4","input":[{"type":"message","role":"user","content":"hi"}],"store":false}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod call_ids;
mod context;
mod convert;
mod cursor;
mod error;
mod hash;
mod loss;
mod names;
mod outcome;
mod profile;

pub mod chat;
pub mod responses;

pub use context::{Context, Stamp};
pub use error::{Error, RequestCode, STREAM_INCOMPLETE, failure_kind, failure_status};
pub use loss::{Loss, LossCode, Policy, Translated};
pub use outcome::{End, Outcome};
pub use profile::{ChatProfile, Profile, ReplyProfile, ResponsesProfile};

/// The examples of the project's README compile and hold.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
