//! A reply as a stream of events, both ways.

mod decoder;
mod encode_items;
mod encoder;
mod ending;
mod events;
mod item;
mod items;
mod open_item;
mod open_reasoning;
mod part_ref;
mod passed_on;
mod repeat;
mod repeats;
mod sequence;
mod steps;
mod undocumented;
mod written;

pub use decoder::Decoder;
pub use encoder::Encoder;
