//! Probabilities of the tokens of an answer.
//!
//! ```
//! use interlingua_wire::chat::ChoiceLogprobs;
//!
//! let json = r#"{"content":[{"token":"Hi","logprob":-0.1,"bytes":[72,105],"top_logprobs":[]}],"refusal":null}"#;
//! let logprobs: ChoiceLogprobs = serde_json::from_str(json)?;
//! assert_eq!(serde_json::to_string(&logprobs)?, json);
//! # Ok::<(), serde_json::Error>(())
//! ```

use serde_json::Number;

use crate::core::object;

object! {
    /// Probabilities of one answer's tokens (Chat: `choices[].logprobs`).
    #[derive(Default)]
    pub struct ChoiceLogprobs {
        /// Of the text (Chat: `logprobs.content`).
        nullable content: Vec<TokenLogprob>,
        /// Of the refusal (Chat: `logprobs.refusal`).
        nullable refusal: Vec<TokenLogprob>,
    }
}

object! {
    /// Probability of one token (Chat: `ChatCompletionTokenLogprob`).
    #[derive(Default)]
    pub struct TokenLogprob {
        /// The token's text (Chat: `token`).
        optional token: String,
        /// Natural logarithm of its probability (Chat: `logprob`).
        optional logprob: Number,
        /// The token's bytes in UTF-8; a character may span several tokens (Chat: `bytes`).
        nullable bytes: Vec<u8>,
        /// The likeliest tokens at this place (Chat: `top_logprobs`).
        optional top_logprobs: Vec<TopLogprob>,
    }
}

object! {
    /// Probability of a token that could have stood there (Chat: `top_logprobs[]`).
    #[derive(Default)]
    pub struct TopLogprob {
        /// The token's text (Chat: `token`).
        optional token: String,
        /// Natural logarithm of its probability (Chat: `logprob`).
        optional logprob: Number,
        /// The token's bytes in UTF-8 (Chat: `bytes`).
        nullable bytes: Vec<u8>,
    }
}
