//! Responses: wire to model and back.

mod decode_output;
mod decode_response;
mod decoder;
mod encode_items;
mod encode_request;
mod encode_tools;
mod slots;

pub use decode_response::decode_response;
pub use decoder::Decoder;
pub use encode_request::encode_request;
