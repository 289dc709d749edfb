//! The Responses API.

mod usage;

pub use usage::{InputTokensDetails, OutputTokensDetails, Usage};
