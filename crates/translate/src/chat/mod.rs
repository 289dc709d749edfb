//! Chat Completions: wire to model and back.

mod custom_input;
mod reasoning_content;
mod reasoning_details;
mod reply;
mod request;
mod stream;

pub use reply::{decode_response, encode_response};
pub use request::{decode_request, encode_request};
pub use stream::{Decoder, Encoder, Frame};
