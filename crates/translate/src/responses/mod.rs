//! Responses: wire to model and back.

mod reply;
mod request;
mod stream;

pub use reply::{decode_response, encode_response};
pub use request::{decode_request, encode_request};
pub use stream::{Decoder, Encoder};

pub(crate) use reply::echo::Echo;
pub(crate) use request::{is_essential, is_settled};
