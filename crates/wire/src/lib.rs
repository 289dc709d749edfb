//! Serde types of OpenAI's Chat Completions and Responses APIs and of Anthropic's Messages API, one-to-one with the JSON.
//!
//! Nothing is converted here and nothing is thrown away: fields that a type does not name stay in its [`Extra`], objects of a kind that is not
//! modelled are [`Unknown`] and keep their text, and values nobody looks into are [`Json`], verbatim. What a reply carries beyond its minimum is
//! optional, because real backends leave out almost everything at one time or another.
//!
//! Read these types from text or bytes in memory (`serde_json::from_str`, `from_slice`); tagged objects cannot be read from an `io::Read` or
//! from a `serde_json::Value`.

mod core;

pub use self::core::{
    extra::Extra,
    fields::Unknown,
    json::Json,
    maybe::Maybe,
    number::Integer,
    read::{Unread, read_json},
    scan::{is_plain, read_escaped, read_plain, write_escaped},
    text::Text,
    write::write_json,
};

pub mod chat;
pub mod messages;
pub mod responses;

/// The README's example compiles and holds.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
