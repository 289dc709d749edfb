//! Token counts.

use crate::{Integer, core::object};

object! {
    /// What a response cost. Responses: `usage` of the response object.
    #[derive(Default)]
    pub struct Usage {
        /// Tokens read. Responses: `usage.input_tokens`.
        optional input_tokens: Integer,
        /// Where they came from. Responses: `usage.input_tokens_details`.
        optional input_tokens_details: InputTokensDetails,
        /// Tokens written, reasoning included. Responses: `usage.output_tokens`.
        optional output_tokens: Integer,
        /// What they were. Responses: `usage.output_tokens_details`.
        optional output_tokens_details: OutputTokensDetails,
        /// Both. Responses: `usage.total_tokens`.
        optional total_tokens: Integer,
    }
}

object! {
    /// A breakdown of the tokens read. Responses: `usage.input_tokens_details`.
    #[derive(Default)]
    pub struct InputTokensDetails {
        /// Read from the prompt cache. Responses: `usage.input_tokens_details.cached_tokens`.
        optional cached_tokens: Integer,
        /// Written to the prompt cache. Responses: `usage.input_tokens_details.cache_write_tokens`.
        optional cache_write_tokens: Integer,
        /// For how long they were written. Responses: `usage.input_tokens_details.cache_write_tokens_details`.
        optional cache_write_tokens_details: CacheWriteTokensDetails,
    }
}

object! {
    /// A breakdown of the tokens written to the prompt cache. Responses:
    /// `usage.input_tokens_details.cache_write_tokens_details`.
    #[derive(Default)]
    pub struct CacheWriteTokensDetails {
        /// For half an hour. Responses: `cache_write_tokens_details.ttl_30m_tokens`.
        optional ttl_30m_tokens: Integer,
        /// For half a day. Responses: `cache_write_tokens_details.ttl_12h_tokens`.
        optional ttl_12h_tokens: Integer,
    }
}

object! {
    /// A breakdown of the tokens written. Responses: `usage.output_tokens_details`.
    #[derive(Default)]
    pub struct OutputTokensDetails {
        /// Spent on reasoning. Responses: `usage.output_tokens_details.reasoning_tokens`.
        optional reasoning_tokens: Integer,
    }
}
