//! The body of `POST /chat/completions`.
//!
//! ```
//! use interlingua_wire::chat::{Request, Stop};
//!
//! let request: Request = serde_json::from_str(r#"{"model":"m","stop":"END","logit_bias":{},"top_k":5}"#)?;
//! assert_eq!(request.stop, Some(Stop::One("END".to_owned())));
//! assert!(request.logit_bias.is_some_and(|bias| bias.extra.is_empty()));
//! assert_eq!(request.extra.keys().collect::<Vec<_>>(), ["top_k"]);
//! # Ok::<(), serde_json::Error>(())
//! ```

use serde_json::Number;

use super::{Content, FunctionChoice, FunctionDefinition, Message, ResponseFormat, Tool, ToolChoice};
use crate::core::{object, open_enum, union};
use crate::{Extra, Integer, Json};

object! {
    /// A chat completion request, with all fields of the API reference (Chat: `CreateChatCompletionRequest`).
    ///
    /// Absent and null mean the same in every field and are both `None`.
    #[derive(Default)]
    pub struct Request {
        /// Which model answers (Chat: `model`).
        optional model: String,
        /// The conversation so far, in order (Chat: `messages`).
        optional messages: Vec<Message>,
        /// Whether to answer in chunks; absent means false (Chat: `stream`).
        optional stream: bool,
        /// How to stream (Chat: `stream_options`).
        optional stream_options: StreamOptions,
        /// Whether to keep the completion; absent means false (Chat: `store`).
        optional store: bool,
        /// The caller's own labels: up to 16 pairs of strings (Chat: `metadata`).
        optional metadata: Json,
        /// Limit of tokens, reasoning included (Chat: `max_completion_tokens`).
        optional max_completion_tokens: Integer,
        /// The same under its older name (Chat: `max_tokens`, deprecated).
        optional max_tokens: Integer,
        /// Randomness, 0 to 2 (Chat: `temperature`).
        optional temperature: Number,
        /// Nucleus sampling, 0 to 1 (Chat: `top_p`).
        optional top_p: Number,
        /// Against repetition, -2 to 2; 0 is neutral (Chat: `frequency_penalty`).
        optional frequency_penalty: Number,
        /// Against staying on topic, -2 to 2; 0 is neutral (Chat: `presence_penalty`).
        optional presence_penalty: Number,
        /// Makes tokens more or less likely (Chat: `logit_bias`).
        optional logit_bias: LogitBias,
        /// Whether to return probabilities of the tokens (Chat: `logprobs`).
        optional logprobs: bool,
        /// How many alternatives of each token to return, 0 to 20 (Chat: `top_logprobs`).
        optional top_logprobs: Integer,
        /// How many answers, 1 to 128 (Chat: `n`).
        optional n: Integer,
        /// Asks for repeatable sampling; a number, because clients send more than 64 bits hold (Chat: `seed`, deprecated).
        optional seed: Number,
        /// Where to stop (Chat: `stop`).
        optional stop: Stop,
        /// Text the answer will mostly repeat (Chat: `prediction`).
        optional prediction: Prediction,
        /// What kinds of output to produce (Chat: `modalities`).
        optional modalities: Vec<Modality>,
        /// Voice and format of spoken output (Chat: `audio`).
        optional audio: Json,
        /// The shape of the answer's text (Chat: `response_format`).
        optional response_format: ResponseFormat,
        /// `low`, `medium` or `high` (Chat: `verbosity`).
        optional verbosity: String,
        /// `none` to `max`; an open list (Chat: `reasoning_effort`).
        optional reasoning_effort: Effort,
        /// What the model may call (Chat: `tools`).
        optional tools: Vec<Tool>,
        /// Which of the tools it may or must call (Chat: `tool_choice`).
        optional tool_choice: ToolChoice,
        /// Whether it may call several at once; absent means true (Chat: `parallel_tool_calls`).
        optional parallel_tool_calls: bool,
        /// What the model may call (Chat: `functions`, deprecated).
        optional functions: Vec<FunctionDefinition>,
        /// Which of the functions it may or must call (Chat: `function_call`, deprecated).
        optional function_call: FunctionChoice,
        /// How to search the web, for search models (Chat: `web_search_options`).
        optional web_search_options: WebSearchOptions,
        /// `auto`, `default`, `flex`, `scale`, `priority`, `fast` (Chat: `service_tier`).
        optional service_tier: String,
        /// The caller's end user (Chat: `user`, deprecated).
        optional user: String,
        /// The caller's end user, hashed, up to 64 characters (Chat: `safety_identifier`).
        optional safety_identifier: String,
        /// Brings similar requests to the same cache (Chat: `prompt_cache_key`).
        optional prompt_cache_key: String,
        /// `in_memory` or `24h` (Chat: `prompt_cache_retention`, deprecated).
        optional prompt_cache_retention: String,
        /// How the prompt is cached (Chat: `prompt_cache_options`).
        optional prompt_cache_options: Json,
        /// How input and output are moderated (Chat: `moderation`).
        optional moderation: Json,
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

object! {
    /// How to stream (Chat: `ChatCompletionStreamOptions`).
    #[derive(Default)]
    pub struct StreamOptions {
        /// Whether a last chunk tells the usage (Chat: `include_usage`).
        optional include_usage: bool,
        /// Whether deltas are padded against traffic analysis (Chat: `include_obfuscation`).
        optional include_obfuscation: bool,
    }
}

object! {
    /// Changes of likelihood: each key is the id of a token, each value -100 to 100. All keys are in `extra`.
    #[derive(Default)]
    pub struct LogitBias {}
}

union! {
    /// Where to stop (Chat: `stop`).
    pub enum Stop expects "a string or an array of strings" {
        /// One sequence.
        string One(String),
        /// Up to four sequences.
        array Many(Vec<String>),
    }
}

object! {
    /// Text the answer will mostly repeat (Chat: `PredictionContent`).
    #[derive(Default)]
    pub struct Prediction {
        /// Always `content` (Chat: `prediction.type`).
        optional kind as "type": String,
        /// The text (Chat: `prediction.content`).
        optional content: Content,
    }
}

open_enum! {
    /// A kind of output (Chat: `modalities[]`).
    pub enum Modality {
        /// Text.
        Text = "text",
        /// Speech.
        Audio = "audio",
    }
}

object! {
    /// How a search model searches the web (Chat: `web_search_options`).
    #[derive(Default)]
    pub struct WebSearchOptions {
        /// `low`, `medium` or `high` (Chat: `search_context_size`).
        optional search_context_size: String,
        /// Where the person asking is (Chat: `user_location`).
        optional user_location: UserLocation,
    }
}

object! {
    /// Where the person asking is; Chat nests it one level deeper than Responses does.
    #[derive(Default)]
    pub struct UserLocation {
        /// Always `approximate` (Chat: `user_location.type`).
        optional kind as "type": String,
        /// The place (Chat: `user_location.approximate`).
        optional approximate: ApproximateLocation,
    }
}

object! {
    /// A rough place (Chat: `WebSearchLocation`).
    #[derive(Default)]
    pub struct ApproximateLocation {
        /// Two letters, ISO 3166-1 (Chat: `country`).
        optional country: String,
        /// The region, as free text (Chat: `region`).
        optional region: String,
        /// The city, as free text (Chat: `city`).
        optional city: String,
        /// An IANA time zone (Chat: `timezone`).
        optional timezone: String,
    }
}

union! {
    /// How hard to think (Chat: `reasoning_effort`).
    pub enum Effort expects "a string, or an object that other servers take" {
        /// A word.
        string Word(String),
        /// The object that Responses has under `reasoning`; not part of the official API.
        object Object(Extra),
    }
}

impl From<String> for Effort {
    fn from(word: String) -> Self {
        Self::Word(word)
    }
}
