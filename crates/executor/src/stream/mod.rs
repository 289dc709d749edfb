//! Replies while they arrive.

pub(crate) mod chain;
pub(crate) mod event_stream;
pub(crate) mod frame_stream;
pub(crate) mod keeper;
pub(crate) mod out;
mod room;
pub(crate) mod source;
pub(crate) mod sse_stream;
