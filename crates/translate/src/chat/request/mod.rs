//! A request, both ways.

mod decode;
mod decode_assistant;
mod decode_content;
mod decode_flat;
mod decode_foreign;
mod decode_items;
mod decode_reasoning;
mod decode_tools;
mod encode;
mod encode_body;
mod encode_choice;
mod encode_content;
mod encode_effort;
mod encode_format;
mod encode_items;
mod encode_schema;
mod encode_thoughts;
mod encode_tools;
mod encode_turn;
mod heavy;
mod mark;
mod plan;
mod reading;
mod writing;

pub use decode::decode_request;
pub use encode::encode_request;
pub(super) use encode::{sent, write_request};
pub(super) use heavy::heavy_texts;
