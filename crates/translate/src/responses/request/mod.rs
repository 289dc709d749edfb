//! A request, both ways.

mod decode;
mod decode_content;
mod decode_items;
mod decode_tools;
mod encode;
mod encode_content;
mod encode_items;
pub(super) mod encode_tools;
mod heavy;
mod include;
mod reading;
mod session;
mod writing;

pub use decode::decode_request;
pub(super) use decode_tools::offer;
pub use encode::encode_request;
pub(super) use encode::{sent, write_request};
pub(super) use heavy::heavy_texts;
