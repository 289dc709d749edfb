//! A whole reply, and the ways one ends.

use crate::{Item, Json, Opaque, Origin, Sourced};

/// A reply that came to an end of its own, whole or cut short. A reply that failed is a [`Failure`].
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The upstream's id, verbatim.
    pub id: Option<String>,
    /// When it was made, in whole seconds since 1970.
    pub created: Option<u64>,
    /// The model that answered; often not the name asked for.
    pub model: Option<String>,
    /// The service class that answered.
    pub service_tier: Option<String>,
    /// Key-value pairs of the caller, verbatim.
    pub metadata: Option<Json>,
    /// What was said, called and thought, in order.
    pub items: Vec<Item>,
    /// What it cost.
    pub usage: Option<Usage>,
    /// Moderation of input and output, verbatim as Responses spells it.
    pub moderation: Option<Json>,
    /// How it ended.
    pub finish: Finish,
    /// The stop sequence that ended it, where one did and it is said which.
    pub stop_sequence: Option<Sourced<String>>,
    /// What it says of itself and the model has no word for, field by field (Responses: `input_transformations`).
    pub beside: Vec<Opaque>,
    /// Where its facts stood.
    pub origins: ReplyOrigins,
}

/// Where the facts about a reply as a whole stood in the upstream's document; its items know their own places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReplyOrigins {
    /// What it says and does.
    pub items: Origin,
    /// How it ended.
    pub finish: Origin,
    /// What it cost.
    pub usage: Origin,
}

/// How a reply that did not fail ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    /// The model was done.
    Completed,
    /// It was cut short.
    Incomplete(IncompleteReason),
}

/// Why a reply was cut short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IncompleteReason {
    /// The token budget ran out.
    MaxOutputTokens,
    /// A filter stepped in.
    ContentFilter,
    /// The server pauses in the middle of what it does itself, and would go on if it were asked again.
    Paused,
    /// The model can read no more.
    ContextWindow,
    /// A reason newer than this model, or none given (empty).
    Other(String),
}

/// The upstream says that it failed, in whatever shape.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Failure {
    /// The upstream's word for the kind of failure (`rate_limit_exceeded`).
    pub code: Option<String>,
    /// What happened, in the upstream's words; empty when it gave none.
    pub message: String,
    /// The error's class (`invalid_request_error`), where said.
    pub kind: Option<String>,
    /// The parameter at fault, in the upstream's dialect.
    pub param: Option<String>,
    /// The whole error object, verbatim, for what only some errors carry (plan, reset times).
    pub raw: Option<Json>,
}

/// What a reply cost, in tokens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Usage {
    /// Tokens read.
    pub input: u64,
    /// Tokens written, thoughts included.
    pub output: u64,
    /// Both; a decoder adds them up where the upstream did not.
    pub total: u64,
    /// What the input was made of, where said.
    pub input_details: Option<InputDetails>,
    /// What the output was made of, where said.
    pub output_details: Option<OutputDetails>,
    /// Fields newer than this model, verbatim.
    pub extra: Vec<(String, Json)>,
}

/// What the input was made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InputDetails {
    /// Read from the prompt cache.
    pub cached: Option<u64>,
    /// Written to the prompt cache.
    pub cache_write: Option<u64>,
    /// Sound.
    pub audio: Option<u64>,
    /// Fields newer than this model, verbatim.
    pub extra: Vec<(String, Json)>,
}

/// What the output was made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OutputDetails {
    /// Thoughts.
    pub reasoning: Option<u64>,
    /// Sound.
    pub audio: Option<u64>,
    /// Predicted and used.
    pub accepted_prediction: Option<u64>,
    /// Predicted and not used.
    pub rejected_prediction: Option<u64>,
    /// Fields newer than this model, verbatim.
    pub extra: Vec<(String, Json)>,
}
