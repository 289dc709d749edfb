//! The gateway: an HTTP server between a client of one API and an upstream of the other.

mod error;
pub mod json;

pub use error::ApiError;
pub use http::StatusCode;
