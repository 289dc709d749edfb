//! Tokens a request has used.
//!
//! ```
//! use interlingua_wire::chat::Usage;
//!
//! let usage: Usage = serde_json::from_str(r#"{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"cost":0.1}"#)?;
//! assert_eq!(usage.total_tokens.map(i64::from), Some(5));
//! assert_eq!(usage.extra.keys().collect::<Vec<_>>(), ["cost"]);
//! # Ok::<(), serde_json::Error>(())
//! ```

use crate::Integer;
use crate::core::object;

object! {
    /// Tokens used (Chat: `CompletionUsage`).
    #[derive(Default)]
    pub struct Usage {
        /// Of the input (Chat: `prompt_tokens`).
        optional prompt_tokens: Integer,
        /// Of the output, reasoning included (Chat: `completion_tokens`).
        optional completion_tokens: Integer,
        /// Of both (Chat: `total_tokens`).
        optional total_tokens: Integer,
        /// What the input consisted of (Chat: `prompt_tokens_details`).
        optional prompt_tokens_details: PromptTokensDetails,
        /// What the output consisted of (Chat: `completion_tokens_details`).
        optional completion_tokens_details: CompletionTokensDetails,
    }
}

object! {
    /// What the input consisted of (Chat: `usage.prompt_tokens_details`).
    #[derive(Default)]
    pub struct PromptTokensDetails {
        /// Read from the prompt cache (Chat: `cached_tokens`).
        optional cached_tokens: Integer,
        /// Written to the prompt cache (Chat: `cache_write_tokens`).
        optional cache_write_tokens: Integer,
        /// Of sound (Chat: `audio_tokens`).
        optional audio_tokens: Integer,
    }
}

object! {
    /// What the output consisted of (Chat: `usage.completion_tokens_details`).
    #[derive(Default)]
    pub struct CompletionTokensDetails {
        /// Of reasoning (Chat: `reasoning_tokens`).
        optional reasoning_tokens: Integer,
        /// Of sound (Chat: `audio_tokens`).
        optional audio_tokens: Integer,
        /// Of the prediction, found in the answer (Chat: `accepted_prediction_tokens`).
        optional accepted_prediction_tokens: Integer,
        /// Of the prediction, not found in the answer (Chat: `rejected_prediction_tokens`).
        optional rejected_prediction_tokens: Integer,
    }
}
