//! A whole reply, both ways, and what it shares with a stream of the same.

pub(super) mod annotations;
mod choice;
pub(super) mod content;
mod decode;
mod decode_calls;
mod encode;
pub(super) mod failure;
pub(super) mod finish;
pub(super) mod ids;
pub(super) mod logprobs;
pub(super) mod moderation;
mod order;
pub(super) mod usage;

pub use decode::decode_response;
pub use encode::encode_response;
