//! Chat Completions: wire to model and back.

mod context;
mod dialect;
mod images;
mod losses;
mod reasoning_content;
mod reasoning_details;
mod reply;
mod request;
mod sealed;
mod stream;
mod think_tags;
mod upstream;
mod words;

pub use context::Context;
pub use dialect::Chat;
pub use reply::failure::error_body;
pub use reply::{decode_response, encode_response};
pub use request::{decode_request, encode_request};
pub use stream::{Decoder, Encoder, Frame};
pub use upstream::{
    BesideTools, CallIdForm, Carried, Choice, Field, JsonForm, ModelWays, Needs, ReasoningForm, Thinks, Upstream,
};
pub(crate) use words::WORDS;
