//! What a client asks.
//!
//! ```
//! use interlingua_wire::responses::{Input, Request};
//!
//! let request: Request = serde_json::from_str(r#"{"model":"gpt-5.4","input":"hi","seed":7}"#)?;
//! assert_eq!(request.input, Some(Input::Text("hi".into())));
//! assert_eq!(request.extra.keys().collect::<Vec<_>>(), ["seed"]);
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::{Item, ReasoningConfig, TextConfig, Tool, ToolChoice};
use crate::{
    Integer, Json,
    core::{object, union},
};

object! {
    /// A request for a response. Responses: schema `CreateResponse`.
    ///
    /// Nothing is required: the translator says what is missing, and where.
    #[derive(Default)]
    pub struct Request {
        /// The model. Responses: `model`.
        optional model: String,
        /// The operator's words, before everything else. Responses: `instructions`.
        optional instructions: String,
        /// The conversation so far. Responses: `input`.
        optional input: Input,
        /// What the model may call. Responses: `tools`.
        optional tools: Vec<Tool>,
        /// What it may or must call. Responses: `tool_choice`.
        optional tool_choice: ToolChoice,
        /// Whether it may make several calls at once. Responses: `parallel_tool_calls`.
        optional parallel_tool_calls: bool,
        /// How many calls of hosted tools it may make. Responses: `max_tool_calls`.
        optional max_tool_calls: Integer,
        /// How much it thinks. Responses: `reasoning`.
        optional reasoning: ReasoningConfig,
        /// The form of its answer. Responses: `text`.
        optional text: TextConfig,
        /// How many tokens it may write, thoughts included; 16 at least. Responses: `max_output_tokens`.
        optional max_output_tokens: Integer,
        /// 0 to 2. Responses: `temperature`.
        optional temperature: serde_json::Number,
        /// 0 to 1. Responses: `top_p`.
        optional top_p: serde_json::Number,
        /// How many alternatives to a token to show, 0 to 20. Responses: `top_logprobs`.
        optional top_logprobs: Integer,
        /// What to send beyond the usual. Responses: `include`.
        optional include: Vec<String>,
        /// Whether to answer as a stream. Responses: `stream`.
        optional stream: bool,
        /// How to stream. Responses: `stream_options`.
        optional stream_options: StreamOptions,
        /// Whether the server keeps the response; missing: it does. Responses: `store`.
        optional store: bool,
        /// The caller's own notes. Responses: `metadata`.
        optional metadata: Json,
        /// A stored response to go on from. Responses: `previous_response_id`.
        optional previous_response_id: String,
        /// A stored conversation, its id or an object with it. Responses: `conversation`.
        optional conversation: Json,
        /// A stored prompt. Responses: `prompt`.
        optional prompt: Json,
        /// Whether to answer later. Responses: `background`.
        optional background: bool,
        /// What to do when the conversation is too long. Responses: `truncation`.
        optional truncation: String,
        /// What to do before that. Responses: `context_management`.
        optional context_management: Json,
        /// How fast. Responses: `service_tier`.
        optional service_tier: String,
        /// Which prompt cache. Responses: `prompt_cache_key`.
        optional prompt_cache_key: String,
        /// For how long. Responses: `prompt_cache_retention`.
        optional prompt_cache_retention: String,
        /// How exactly. Responses: `prompt_cache_options`.
        optional prompt_cache_options: Json,
        /// Who asks, for abuse reports. Responses: `safety_identifier`.
        optional safety_identifier: String,
        /// Who asks, older. Responses: `user`.
        optional user: String,
        /// What to check input and output for. Responses: `moderation`.
        optional moderation: Json,
        /// Which programs of access apply. Responses: `access_programs`.
        optional access_programs: Json,
        /// How to answer later. Responses: `background_options`.
        optional background_options: Json,
        /// How images of the answer are made. Responses: `image`.
        optional image: Json,
        /// Agents that the server runs beside the model. Responses: `multi_agent`, beta.
        optional multi_agent: Json,
        /// The client's notes; sent by the Codex CLI, not in the published reference.
        optional client_metadata: Json,
    }
}

impl Request {
    /// Reads a request, as `serde_json::from_str` does.
    ///
    /// That function is compiled again in every crate that reads a request with it, with all types below; this one is
    /// compiled here.
    ///
    /// # Errors
    /// It is not JSON, or has the wrong shape.
    #[inline(never)]
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }
}

union! {
    /// The conversation so far. Responses: `input`.
    pub enum Input expects "a string or an array of input items" {
        /// What the user says.
        string Text(String),
        /// Items, in order.
        array Items(Vec<Item>),
    }
}

object! {
    /// How to stream. Responses: `stream_options`.
    #[derive(Default)]
    pub struct StreamOptions {
        /// Whether deltas are padded to hide their length. Responses: `stream_options.include_obfuscation`.
        optional include_obfuscation: bool,
        /// When summaries of thoughts are sent, `sequential_cutoff`. Sent by the Codex CLI, not in the published reference.
        optional reasoning_summary_delivery: String,
    }
}
