//! Responses: wire to model and back.

pub(crate) mod abroad;
mod beside;
mod context;
mod dialect;
pub(crate) mod hosted;
mod images;
mod item_class;
mod reply;
mod request;
pub(crate) mod retell;
mod stream;
mod upstream;
mod words;

pub use context::Context;
pub use dialect::Responses;
pub use reply::{decode_response, encode_response};
pub use request::{decode_request, encode_request};
pub use stream::{Decoder, Encoder};
pub use upstream::{Field, Upstream};
pub(crate) use words::WORDS;
