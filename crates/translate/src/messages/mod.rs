//! Anthropic's Messages: wire to model and back.

mod context;
mod dialect;
pub(crate) mod hosted;
mod input;
mod models;
mod renamed;
mod reply;
mod request;
mod stream;
mod thinking;
mod upstream;
mod words;

pub use context::Context;
pub use dialect::Messages;
pub use reply::failure::{error_body, error_status};
pub use reply::{decode_response, encode_response};
pub use request::{decode_request, encode_request};
pub use stream::{Decoder, Encoder};
pub use upstream::{Field, Upstream};
pub(crate) use words::WORDS;
