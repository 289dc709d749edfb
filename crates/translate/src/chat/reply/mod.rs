//! A whole reply, both ways, and what it shares with a stream of the same.

pub(super) mod decode;
pub(super) mod decode_parts;
pub(super) mod encode;
pub(super) mod encode_parts;
pub(super) mod moderation;

pub use decode::decode_response;
pub use encode::encode_response;
