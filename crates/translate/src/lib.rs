//! Lossless translation between the APIs of language models, without IO.
//!
//! Everything here is a pure function or a sans-IO state machine: no HTTP, no clock, no randomness, no async. What a pure
//! encoder may not invent, an id and the time, is handed in as a [`Stamp`].
//!
//! # The front door
//!
//! A [`Translator`] reads what a client of one API asks and writes it for an [`Upstream`] of any, as [`Outgoing`]. Its
//! [`Reply`] holds all that the way back needs, and turns the upstream's bytes into the client's with an [`Answer`], streamed
//! or whole, whichever either side chose. Nothing is dropped silently: [`Outgoing::losses`] and [`Outcome::losses`] name
//! what did not come along, with its path in the document it stood in.
//!
//! ```
//! use interlingua_translate::{Api, Stamp, Translator, Upstream};
//!
//! let body = br#"{"model":"gpt-5.4","messages":[{"role":"user","content":"hi"}]}"#;
//! let stamp = Stamp { id: "1".into(), created: 1_700_000_000 };
//! let outgoing = Translator::new(Api::Chat).request(body, &Upstream::usual(Api::Responses), stamp)?;
//! let sent = String::from_utf8_lossy(&outgoing.body);
//! assert_eq!(sent, r#"{"model":"gpt-5.4","input":[{"type":"message","role":"user","content":"hi"}],"store":false}"#);
//! # Ok::<(), interlingua_translate::Error>(())
//! ```
//!
//! # The halves
//!
//! Below it, each API's module has the same six names: `decode_request`, `encode_request`, `decode_response`,
//! `encode_response`, `Decoder` and `Encoder`, for people who work with [`model`]. A translation is one module's decode
//! followed by another's encode; the modules know the model and not each other.

mod answer;
mod api;
mod arguments;
mod base64;
mod beside;
#[cfg(feature = "sse")]
mod bytes;
mod call_ids;
mod carried;
mod codes;
mod convert;
mod custom_input;
mod dialect;
mod efforts;
mod elsewhere;
mod error;
mod events;
mod extent;
#[cfg(feature = "sse")]
mod feed;
mod foreign;
mod frames;
mod hash;
mod heartbeat;
mod heavy;
mod history;
mod hosted;
mod json_body;
mod kept;
#[cfg(feature = "sse")]
mod lines;
mod loss;
mod mid_system;
mod names;
mod opaque;
mod operator;
mod outcome;
#[cfg(feature = "sse")]
mod passing;
mod patch;
mod path;
mod pattern;
mod places;
mod reached;
mod reading;
mod reply;
mod room;
mod seals;
mod sent;
mod settings;
mod shape;
mod shown;
mod stamp;
mod stop;
mod strictness;
mod style;
mod surrogates;
mod telemetry;
mod thoughts;
mod told_once;
mod tool_error;
mod translated;
mod translator;
mod watch;
mod writing;

pub mod chat;
pub mod messages;
pub mod responses;

pub use {interlingua_model as model, interlingua_wire as wire};

pub use answer::{Answer, Stage};
pub use api::Upstream;
pub use chat::Upstream as ChatUpstream;
pub use codes::{STREAM_INCOMPLETE, UPSTREAM_MALFORMED, failure_kind, failure_status, status_kind};
pub use dialect::{Decode, Dialect, Encode, Written};
pub use error::{Error, RequestCode};
pub use events::Events;
pub use frames::Frames;
pub use interlingua_model::Api;
pub use kept::Kept;
pub use loss::{Loss, LossCode, Policy};
pub use messages::Upstream as MessagesUpstream;
pub use mid_system::MidSystem;
pub use outcome::{End, Outcome};
#[cfg(feature = "sse")]
pub use passing::Passing;
pub use patch::Patch;
pub use pattern::fits_pattern;
pub use reply::{Reading, Reply};
pub use responses::Upstream as ResponsesUpstream;
pub use sent::{Encoded, Sent};
pub use settings::{Setting, SettingValue, nearest};
pub use stamp::Stamp;
pub use style::Style;
pub use thoughts::CallThoughts;
pub use translated::Translated;
pub use translator::{Asked, Outgoing, Translator};
pub use watch::Watch;

/// What stands where a user has to speak first, or last.
pub(crate) const FILLER: &str = "…";

/// What stands between the texts of two messages that become one.
pub(crate) const MESSAGE_JOINER: &str = "\n\n";

/// The README's example compiles and holds.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// So do those of the project's README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct ProjectReadme;
