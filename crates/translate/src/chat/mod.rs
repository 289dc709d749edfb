//! Chat Completions: wire to model and back.

mod chunks;
mod decode_assistant;
mod decode_messages;
mod decode_request;
mod decode_tools;
mod encode_parts;
mod encode_response;
mod encoder;
mod moderation;
mod reasoning_details;
mod text_join;

pub use decode_request::decode_request;
pub use encode_response::encode_response;
pub use encoder::{Encoder, Frame};
