//! What a message cost.

use crate::core::object;
use crate::{Integer, Json};

object! {
    /// Tokens used. Messages: `Usage`, `MessageDeltaUsage`.
    #[derive(Default)]
    pub struct Usage {
        /// Read, but for what the cache holds. Messages: `input_tokens`.
        optional input_tokens: Integer,
        /// Written to the cache. Messages: `cache_creation_input_tokens`.
        optional cache_creation_input_tokens: Integer,
        /// Read from the cache. Messages: `cache_read_input_tokens`.
        optional cache_read_input_tokens: Integer,
        /// How long what was written to the cache lives. Messages: `cache_creation`.
        optional cache_creation: CacheCreation,
        /// Written, thoughts included. Messages: `output_tokens`.
        optional output_tokens: Integer,
        /// What was written. Messages: `output_tokens_details`.
        optional output_tokens_details: OutputTokensDetails,
        /// Calls that the server ran. Messages: `server_tool_use`.
        optional server_tool_use: ServerToolUsage,
        /// `standard`, `priority` or `batch`. Messages: `service_tier`.
        optional service_tier: String,
        /// `standard` or `fast`. Messages: `speed`.
        optional speed: String,
        /// Where the model ran. Messages: `inference_geo`.
        optional inference_geo: String,
        /// What each pass cost, verbatim. Messages (beta): `iterations`.
        optional iterations: Json,
    }
}

object! {
    /// How long what was written to the cache lives. Messages: `CacheCreation`.
    #[derive(Default)]
    pub struct CacheCreation {
        /// Five minutes. Messages: `ephemeral_5m_input_tokens`.
        optional ephemeral_5m_input_tokens: Integer,
        /// An hour. Messages: `ephemeral_1h_input_tokens`.
        optional ephemeral_1h_input_tokens: Integer,
    }
}

object! {
    /// What was written. Messages: `output_tokens_details`.
    #[derive(Default)]
    pub struct OutputTokensDetails {
        /// Thoughts. Messages: `thinking_tokens`.
        optional thinking_tokens: Integer,
    }
}

object! {
    /// Calls that the server ran. Messages: `ServerToolUsage`.
    #[derive(Default)]
    pub struct ServerToolUsage {
        /// Searches of the web. Messages: `web_search_requests`.
        optional web_search_requests: Integer,
        /// Pages of the web. Messages: `web_fetch_requests`.
        optional web_fetch_requests: Integer,
    }
}
