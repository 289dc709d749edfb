//! Reasoning that a client can send back, as OpenRouter writes it (`reasoning_details`); not part of the official API.
//!
//! ```
//! use interlingua_wire::chat::ReasoningDetail;
//!
//! let json = r#"{"type":"reasoning.encrypted","data":"gAAA","id":"rs_1","index":0,"before":"call_1"}"#;
//! let ReasoningDetail::Encrypted(entry) = serde_json::from_str(json)? else { panic!("the type decides") };
//! assert_eq!(entry.before.as_deref(), Some("call_1"));
//! # Ok::<(), serde_json::Error>(())
//! ```

use crate::Integer;
use crate::core::{object, tagged};

tagged! {
    /// One entry of `reasoning_details`.
    pub enum ReasoningDetail by "type" {
        /// A summary of the reasoning.
        Summary(SummaryDetail) = "reasoning.summary",
        /// The reasoning itself.
        Text(TextDetail) = "reasoning.text",
        /// The reasoning, readable only by its provider.
        Encrypted(EncryptedDetail) = "reasoning.encrypted",
    }
}

object! {
    /// A summary of the reasoning (OpenRouter: `reasoning.summary`).
    #[derive(Default)]
    pub struct SummaryDetail {
        /// The summary (OpenRouter: `summary`).
        optional summary: String,
        /// Names the reasoning it belongs to (OpenRouter: `id`).
        optional id: String,
        /// The entry's place in the message; stream accumulators join entries of one index (OpenRouter: `index`).
        optional index: Integer,
        /// Whose format the entry has, `openai-responses-v1` for instance (OpenRouter: `format`).
        optional format: String,
        /// What the reasoning preceded: `content`, or the id of a call; absent means the start of the turn (our extension).
        optional before: String,
    }
}

object! {
    /// The reasoning itself (OpenRouter: `reasoning.text`).
    #[derive(Default)]
    pub struct TextDetail {
        /// The text (OpenRouter: `text`).
        optional text: String,
        /// The provider's signature of the text (OpenRouter: `signature`).
        optional signature: String,
        /// Names the reasoning it belongs to (OpenRouter: `id`).
        optional id: String,
        /// The entry's place in the message; stream accumulators join entries of one index (OpenRouter: `index`).
        optional index: Integer,
        /// Whose format the entry has (OpenRouter: `format`).
        optional format: String,
        /// What the reasoning preceded: `content`, or the id of a call; absent means the start of the turn (our extension).
        optional before: String,
    }
}

object! {
    /// The reasoning, readable only by its provider (OpenRouter: `reasoning.encrypted`).
    #[derive(Default)]
    pub struct EncryptedDetail {
        /// The provider's text, verbatim (OpenRouter: `data`).
        optional data: String,
        /// Names the reasoning it belongs to (OpenRouter: `id`).
        optional id: String,
        /// The entry's place in the message; stream accumulators join entries of one index (OpenRouter: `index`).
        optional index: Integer,
        /// Whose format the entry has (OpenRouter: `format`).
        optional format: String,
        /// What the reasoning preceded: `content`, or the id of a call; absent means the start of the turn (our extension).
        optional before: String,
    }
}
