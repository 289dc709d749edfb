//! A reply as a stream of events, both ways.

mod call;
mod calls;
mod choice;
mod chunks;
mod decoder;
mod encoder;
mod frame;
mod not_text;
mod own_fields;
mod repeat;
mod template;
mod text_join;
mod thoughts;
mod turns;

pub use decoder::Decoder;
pub use encoder::Encoder;
pub(in crate::chat) use frame::Bytes;
pub use frame::Frame;
