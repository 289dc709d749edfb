//! Chat Completions: wire to model and back.

mod chunks;
mod custom_input;
mod decode_assistant;
mod decode_calls;
mod decode_messages;
mod decode_parts;
mod decode_request;
mod decode_response;
mod decode_tools;
mod decode_turns;
mod decoder;
mod encode_content;
mod encode_messages;
mod encode_parts;
mod encode_request;
mod encode_response;
mod encode_tools;
mod encode_turn;
mod encoder;
mod moderation;
mod reasoning_details;
mod text_join;

pub use decode_request::decode_request;
pub use decode_response::decode_response;
pub use decoder::Decoder;
pub use encode_request::encode_request;
pub use encode_response::encode_response;
pub use encoder::{Encoder, Frame};
