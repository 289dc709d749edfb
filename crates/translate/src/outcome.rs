//! How a stream ended.

use interlingua_model::{Failure, IncompleteReason};

use crate::Loss;

/// How a decoded stream ended, and what it lost.
#[must_use = "a stream that failed or was cut off must not pass for a whole one"]
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// What could not be carried over, in the order met.
    pub losses: Vec<Loss>,
}

/// Every way a stream can end. There is no other, and none is silent.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// The model was done.
    Completed,
    /// The model was cut short.
    Incomplete(IncompleteReason),
    /// The upstream said that it failed, or sent what cannot be read.
    Failed(Box<Failure>),
    /// The stream stopped before its terminal event.
    Truncated,
}
