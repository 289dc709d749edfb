//! A whole reply, both ways, and what it shares with a stream of the same.

pub(super) mod call;
pub(super) mod citations;
mod decode;
mod encode;
pub(super) mod failure;
pub(super) mod finish;
pub(super) mod ids;
pub(super) mod repeats;
pub(super) mod server;
pub(super) mod thoughts;
pub(super) mod unread;
pub(super) mod usage;

pub(super) use decode::characters;
pub use decode::decode_response;
pub use encode::encode_response;
pub(super) use encode::{lost_part, told_as_text};
