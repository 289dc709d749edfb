//! Responses: wire to model and back.

mod encode_items;
mod encode_request;
mod encode_tools;

pub use encode_request::encode_request;
