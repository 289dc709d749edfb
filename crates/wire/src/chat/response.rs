//! The whole reply to a request without `stream`.
//!
//! ```
//! use interlingua_wire::chat::{FinishReason, Response};
//!
//! let json = r#"{"id":"chatcmpl-1","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}"#;
//! let reply: Response = serde_json::from_str(json)?;
//! let choices = reply.choices.unwrap_or_default();
//! assert_eq!(choices[0].finish_reason, Some(FinishReason::Stop));
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::{
    Annotation, ChoiceLogprobs, Content, ErrorValue, FunctionCall, MadeImage, Moderation, ReasoningDetail, Role,
    ToolCall, Usage,
};
use crate::core::{object, open_enum};
use crate::{Integer, Json};

object! {
    /// A chat completion (Chat: `CreateChatCompletionResponse`).
    #[derive(Default)]
    pub struct Response {
        /// Names the completion (Chat: `id`).
        optional id: String,
        /// Always `chat.completion` (Chat: `object`).
        optional object: String,
        /// When it was made, in seconds of Unix time (Chat: `created`).
        optional created: Integer,
        /// The model that answered (Chat: `model`).
        optional model: String,
        /// The answers, one for each of the request's `n` (Chat: `choices`).
        optional choices: Vec<Choice>,
        /// Tokens used (Chat: `usage`).
        optional usage: Usage,
        /// The tier that served the request (Chat: `service_tier`).
        optional service_tier: String,
        /// The server's configuration (Chat: `system_fingerprint`, deprecated).
        optional system_fingerprint: String,
        /// The request's own labels (Chat: `metadata`).
        optional metadata: Json,
        /// What moderation found (Chat: `moderation`).
        optional moderation: Moderation,
        /// A failure under HTTP status 200, which OpenRouter and others send in place of choices (not in the official API).
        optional error: ErrorValue,
    }
}

object! {
    /// One answer (Chat: `choices[]`).
    #[derive(Default)]
    pub struct Choice {
        /// Its place among the answers (Chat: `index`).
        optional index: Integer,
        /// What the model said (Chat: `message`).
        optional message: ResponseMessage,
        /// The same by the name it has in streams, from servers that mix up the two (Chat's chunks: `delta`).
        optional delta: Box<ResponseMessage>,
        /// Probabilities of the tokens (Chat: `logprobs`).
        nullable logprobs: ChoiceLogprobs,
        /// Why the model stopped (Chat: `finish_reason`).
        nullable finish_reason: FinishReason,
    }
}

object! {
    /// What the model said (Chat: `ChatCompletionResponseMessage`).
    #[derive(Default)]
    pub struct ResponseMessage {
        /// Always the assistant (Chat: `role`).
        optional role: Role,
        /// The text; a list of parts only from Mistral (Chat: `content`).
        nullable content: Content,
        /// The model's refusal (Chat: `refusal`).
        nullable refusal: String,
        /// The tools called, in order (Chat: `tool_calls`).
        optional tool_calls: Vec<ToolCall>,
        /// The function called (Chat: `function_call`, deprecated).
        optional function_call: FunctionCall,
        /// Citations (Chat: `annotations`).
        optional annotations: Vec<Annotation>,
        /// The answer as speech (Chat: `audio`).
        optional audio: Json,
        /// Reasoning as text (DeepSeek and many others: `reasoning_content`).
        optional reasoning_content: String,
        /// Reasoning as text (OpenRouter, Groq: `reasoning`).
        optional reasoning: String,
        /// Reasoning as entries that can be replayed (OpenRouter: `reasoning_details`).
        optional reasoning_details: Vec<ReasoningDetail>,
        /// Pictures that the model made (OpenRouter: `images`).
        optional images: Vec<MadeImage>,
    }
}

open_enum! {
    /// Why the model stopped (Chat: `finish_reason`).
    pub enum FinishReason {
        /// It had said everything, or met a stop sequence.
        Stop = "stop",
        /// It met the limit of tokens.
        Length = "length",
        /// It called tools.
        ToolCalls = "tool_calls",
        /// A filter withheld the rest.
        ContentFilter = "content_filter",
        /// It called a function (deprecated).
        FunctionCall = "function_call",
    }
}
