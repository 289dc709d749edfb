//! Responses: wire to model and back.

mod decode_content;
mod decode_input;
mod decode_output;
mod decode_request;
mod decode_response;
mod decode_tools;
mod decoder;
mod decoder_parts;
mod echo;
mod encode_items;
mod encode_output;
mod encode_request;
mod encode_response;
mod encode_tools;
mod encoder;
mod lifecycle;
mod open_item;
mod slot;
mod slots;
mod strictness;

pub use decode_request::decode_request;
pub use decode_response::decode_response;
pub use decoder::Decoder;
pub use encode_request::encode_request;
pub use encode_response::encode_response;
pub use encoder::Encoder;

pub(crate) use decode_input::{is_essential, is_settled};
pub(crate) use echo::Echo;
