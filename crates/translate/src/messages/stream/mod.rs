//! Streams, both ways.

mod blocks;
mod call;
mod decode_blocks;
mod decoder;
mod encoder;
mod item;
mod open_block;
mod told_calls;
mod waiting;
mod write_item;

pub use decoder::Decoder;
pub use encoder::Encoder;
