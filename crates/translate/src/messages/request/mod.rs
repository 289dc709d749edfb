//! Requests, both ways.

mod decode;
mod decode_content;
mod decode_hosted;
mod decode_media;
mod decode_messages;
mod decode_thinking;
mod decode_tools;
mod encode;
mod encode_cache;
mod encode_content;
mod encode_items;
mod encode_media;
mod encode_thinking;
mod encode_tools;
mod encode_turns;
mod heavy;
mod reading;
mod user;
mod without_thoughts;
mod writing;

pub use decode::decode_request;
pub use encode::encode_request;
pub(super) use encode::{sent, write_request};
pub(super) use heavy::heavy_texts;
pub(super) use without_thoughts::without_refused;
