//! What moderation found in the input and in the output.
//!
//! ```
//! use interlingua_wire::chat::{Moderation, ModerationOutcome};
//!
//! let json = r#"{"input":{"type":"moderation_results","model":"m","results":[{"flagged":false}]}}"#;
//! let moderation: Moderation = serde_json::from_str(json)?;
//! assert!(matches!(moderation.input, Some(ModerationOutcome::Results(_))));
//! # Ok::<(), serde_json::Error>(())
//! ```

use crate::Json;
use crate::core::{object, tagged};

object! {
    /// What moderation found (Chat: `moderation` of a response or chunk).
    #[derive(Default)]
    pub struct Moderation {
        /// In the request (Chat: `moderation.input`).
        optional input: ModerationOutcome,
        /// In the answer (Chat: `moderation.output`).
        optional output: ModerationOutcome,
    }
}

tagged! {
    /// Results, or why there are none.
    pub enum ModerationOutcome by "type" {
        /// One result for each text; Responses has a single result instead of the list.
        Results(ModerationResults) = "moderation_results",
        /// Moderation did not work.
        Error(ModerationError) = "error",
    }
}

object! {
    /// One result for each text.
    #[derive(Default)]
    pub struct ModerationResults {
        /// The model that judged (Chat: `model`).
        optional model: String,
        /// The results, passed on as they are (Chat: `results`).
        optional results: Vec<Json>,
    }
}

object! {
    /// Why there are no results.
    #[derive(Default)]
    pub struct ModerationError {
        /// What kind of failure (Chat: `code`).
        optional code: String,
        /// The failure in words (Chat: `message`).
        optional message: String,
    }
}
