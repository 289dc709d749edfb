//! What a server answers.
//!
//! ```
//! use interlingua_wire::responses::{Response, Status};
//!
//! let json = r#"{"id":"resp_1","object":"response","created_at":1.0,"status":"completed","output":[]}"#;
//! let response: Response = serde_json::from_str(json)?;
//! assert_eq!(response.status, Some(Status::Completed));
//! assert_eq!(response.usage, None);
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::{ErrorCode, Item, Status, Usage};
use crate::{
    Integer, Json,
    core::{object, union},
};

object! {
    /// A response, whole or as far as it has come. Responses: schema `Response`.
    ///
    /// Nothing is required, and `output` may be empty or missing even in a finished one. The fields that repeat the request are JSON as it came:
    /// nobody reads them, and a broken echo must not fail an answer.
    #[derive(Default)]
    pub struct Response {
        /// Its id. Responses: `id`.
        optional id: String,
        /// `response`. Responses: `object`.
        optional object: String,
        /// When it was begun, in seconds since 1970. Responses: `created_at`.
        optional created_at: Integer,
        /// How far it has come. Responses: `status`.
        optional status: Status,
        /// When it was finished, in seconds since 1970. Responses: `completed_at`; always written.
        nullable completed_at: Integer,
        /// Why it failed. Responses: `error`; always written.
        nullable error: ReplyError,
        /// Why it ended early. Responses: `incomplete_details`; always written.
        nullable incomplete_details: IncompleteDetails,
        /// The model that answered. Responses: `model`.
        optional model: String,
        /// The answer. Responses: `output`.
        optional output: Vec<Item>,
        /// What it cost. Responses: `usage`; always written.
        nullable usage: Usage,
        /// How fast it was. Responses: `service_tier`.
        optional service_tier: String,
        /// What input and output were found to be. Responses: `moderation`.
        optional moderation: Json,
        /// Echo. Responses: `instructions`.
        optional instructions: Json,
        /// Echo. Responses: `tools`.
        optional tools: Json,
        /// Echo. Responses: `tool_choice`.
        optional tool_choice: Json,
        /// Echo. Responses: `parallel_tool_calls`.
        optional parallel_tool_calls: Json,
        /// Echo. Responses: `max_tool_calls`.
        optional max_tool_calls: Json,
        /// Echo. Responses: `reasoning`.
        optional reasoning: Json,
        /// Echo. Responses: `text`.
        optional text: Json,
        /// Echo. Responses: `max_output_tokens`.
        optional max_output_tokens: Json,
        /// Echo. Responses: `temperature`.
        optional temperature: Json,
        /// Echo. Responses: `top_p`.
        optional top_p: Json,
        /// Echo. Responses: `top_logprobs`.
        optional top_logprobs: Json,
        /// Echo, although no request has it. Responses: sent, not in the published reference.
        optional frequency_penalty: Json,
        /// Echo, although no request has it. Responses: sent, not in the published reference.
        optional presence_penalty: Json,
        /// Echo. Responses: `metadata`.
        optional metadata: Json,
        /// Echo. Responses: `store`.
        optional store: Json,
        /// Echo. Responses: `background`.
        optional background: Json,
        /// Echo. Responses: `previous_response_id`.
        optional previous_response_id: Json,
        /// Echo. Responses: `conversation`.
        optional conversation: Json,
        /// Echo. Responses: `prompt`.
        optional prompt: Json,
        /// Echo. Responses: `truncation`.
        optional truncation: Json,
        /// Echo. Responses: `context_management`.
        optional context_management: Json,
        /// Echo. Responses: `prompt_cache_key`.
        optional prompt_cache_key: Json,
        /// Echo. Responses: `prompt_cache_retention`.
        optional prompt_cache_retention: Json,
        /// Echo. Responses: `prompt_cache_options`.
        optional prompt_cache_options: Json,
        /// Echo. Responses: `safety_identifier`.
        optional safety_identifier: Json,
        /// Echo. Responses: `user`.
        optional user: Json,
        /// Echo. Responses: `access_programs`.
        optional access_programs: Json,
        /// Echo. Responses: `image`.
        optional image: Json,
        /// What the server made of the input before the model read it. Responses: `input_transformations`.
        optional input_transformations: Json,
        /// Why the prompt cache was used or not. Responses: `prompt_cache_diagnostics`.
        optional prompt_cache_diagnostics: Json,
        /// Who pays. Responses: sent, not in the published reference.
        optional billing: Json,
        /// What hosted tools cost. Responses: sent, not in the published reference.
        optional tool_usage: Json,
        /// All text of `output`. Responses: a helper of the SDKs, but some servers send it.
        optional output_text: Json,
    }
}

union! {
    /// Why a response failed: an object, but a sentence from some servers.
    pub enum ReplyError expects "a string or an error object" {
        /// The failure in words.
        string Text(String),
        /// The official form.
        object Detail(Box<ResponseError>),
    }
}

object! {
    /// Why a response failed. Responses: `error` of the response.
    #[derive(Default)]
    pub struct ResponseError {
        /// The failure as a word to match on. Responses: `error.code`.
        optional code: ErrorCode,
        /// In words. Responses: `error.message`.
        optional message: String,
        /// What the model was found to be doing, with the code `misalignment_policy_violation`. Responses: `error.misalignment`.
        optional misalignment: Json,
    }
}

object! {
    /// Why a response ended early. Responses: `incomplete_details`.
    #[derive(Default)]
    pub struct IncompleteDetails {
        /// `max_output_tokens`, `max_messages`, `content_filter` or `steered`. Responses: `incomplete_details.reason`.
        optional reason: String,
    }
}
