//! What the readers of a request share, whatever its dialect.

use interlingua_model::Step;

use crate::{Error, RequestCode};

/// The refusal of a request that lacks something; `message` says what to add.
pub(crate) fn missing(path: impl Into<String>, message: &str) -> Error {
    Error::request(path, RequestCode::MissingParameter, message)
}

/// A position in a list, as a step of a path.
pub(crate) fn position(index: usize) -> Step {
    Step::Index(u32::try_from(index).unwrap_or(u32::MAX))
}
