//! A reply as a stream of events, both ways.

mod decoder;
mod encoder;
mod events;
mod item;
mod items;
mod open_item;
mod sequence;
mod undocumented;

pub use decoder::Decoder;
pub use encoder::Encoder;
