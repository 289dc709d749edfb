//! A request, both ways.

pub(super) mod decode;
pub(super) mod decode_assistant;
pub(super) mod decode_items;
pub(super) mod decode_tools;
pub(super) mod encode;
pub(super) mod encode_content;
pub(super) mod encode_items;
pub(super) mod encode_tools;
pub(super) mod encode_turn;

pub use decode::decode_request;
pub use encode::encode_request;
