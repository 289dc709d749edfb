//! One piece of a streamed reply. Text is borrowed from the event it was read from.
//!
//! A delta of text is read and written without an allocation but the list of choices. What is rare (reasoning entries,
//! citations, log probabilities) is owned.
//!
//! ```
//! use std::borrow::Cow;
//! use interlingua_wire::chat::{Chunk, DeltaContent};
//! use interlingua_wire::{Maybe, Text};
//!
//! let json = r#"{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}]}"#;
//! let chunk: Chunk<'_> = serde_json::from_str(json)?;
//! let delta = chunk.choices.as_deref().and_then(|choices| choices[0].delta.as_ref());
//! let Some(Maybe::Value(DeltaContent::Text(Text(Cow::Borrowed("Hi"))))) = delta.map(|delta| &delta.content) else {
//!     panic!("text is borrowed")
//! };
//! assert_eq!(serde_json::to_string(&chunk)?, json);
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::{
    Annotation, ChoiceLogprobs, ErrorValue, FinishReason, MadeImage, Moderation, Part, ReasoningDetail, Role, ToolKind,
    Usage,
};
use crate::core::{object, union};
use crate::{Integer, Json, Text};

object! {
    /// A chunk (Chat: `CreateChatCompletionStreamResponse`).
    #[derive(Default)]
    pub struct Chunk<'a> {
        /// Names the completion, the same in every chunk; empty in Azure's first (Chat: `id`).
        optional id: Text<'a>,
        /// `chat.completion.chunk` (Chat: `object`).
        optional object: Text<'a>,
        /// When it was made, in seconds of Unix time (Chat: `created`).
        optional created: Integer,
        /// The model that answers (Chat: `model`).
        optional model: Text<'a>,
        /// The tier that serves the request (Chat: `service_tier`).
        optional service_tier: Text<'a>,
        /// The server's configuration (Chat: `system_fingerprint`, deprecated).
        optional system_fingerprint: Text<'a>,
        /// What is new in each answer; empty in the chunk that carries the usage (Chat: `choices`).
        optional choices: Vec<ChunkChoice<'a>>,
        /// Tokens used: with `include_usage` null on all chunks but the last, else absent (Chat: `usage`).
        maybe usage: Box<Usage>,
        /// What moderation found (Chat: `moderation`).
        optional moderation: Box<Moderation>,
        /// Padding against traffic analysis, without meaning (Chat: `obfuscation`).
        optional obfuscation: Text<'a>,
        /// A failure in the middle of the stream; nothing follows it (not in the official schema, but in its practice).
        optional error: ErrorValue,
        /// Groq's own, which holds the usage of its streams (Groq: `x_groq`).
        optional x_groq: Box<GroqMeta>,
    }
}

object! {
    /// What is new in one answer (Chat: `choices[]` of a chunk).
    #[derive(Default)]
    pub struct ChunkChoice<'a> {
        /// The answer's place among the request's `n` (Chat: `index`).
        optional index: Integer,
        /// What is new (Chat: `delta`).
        optional delta: Delta<'a>,
        /// The whole message, from servers that answer at once, or that repeat at the end what they said (Chat's whole replies:
        /// `message`).
        optional message: Box<Delta<'a>>,
        /// Probabilities of the new tokens (Chat: `logprobs`).
        nullable logprobs: ChoiceLogprobs,
        /// Why the model stopped, in the answer's last chunk; from some servers in two chunks (Chat: `finish_reason`).
        nullable finish_reason: FinishReason,
    }
}

object! {
    /// What is new in a message (Chat: `ChatCompletionStreamResponseDelta`).
    #[derive(Default)]
    pub struct Delta<'a> {
        /// The assistant, in the first chunk; from some servers in all (Chat: `role`).
        optional role: Role,
        /// More text; null in a first chunk without text (Chat: `content`).
        maybe content: DeltaContent<'a>,
        /// More of a refusal; null in a first chunk without one (Chat: `refusal`).
        maybe refusal: Text<'a>,
        /// More of the tool calls (Chat: `tool_calls`).
        optional tool_calls: Vec<ToolCallDelta<'a>>,
        /// More of the function call (Chat: `function_call`, deprecated).
        optional function_call: Box<FunctionCallDelta<'a>>,
        /// More reasoning (DeepSeek and many others: `reasoning_content`).
        optional reasoning_content: Text<'a>,
        /// More reasoning (OpenRouter, Groq: `reasoning`).
        optional reasoning: Text<'a>,
        /// More reasoning entries (OpenRouter: `reasoning_details`).
        optional reasoning_details: Vec<ReasoningDetail>,
        /// Citations (not in the official schema of deltas, but what its servers and clients do).
        optional annotations: Vec<Annotation>,
        /// More pictures that the model made (OpenRouter: `images`).
        optional images: Vec<MadeImage>,
        /// More speech (Chat: `audio`).
        optional audio: Json,
    }
}

union! {
    /// More text of an answer.
    pub enum DeltaContent<'a> expects "a string or an array of content parts" {
        /// The official form.
        string Text(Text<'a>),
        /// Mistral's reasoning models send parts.
        array Parts(Vec<Part>),
    }
}

object! {
    /// More of one tool call (Chat: `ChatCompletionMessageToolCallChunk`).
    ///
    /// The kind is in the call's first piece only, so pieces are not told apart by a tag. Custom tools are not in the official
    /// schema of chunks; they follow the shape of whole calls.
    #[derive(Default)]
    pub struct ToolCallDelta<'a> {
        /// The call's place among the calls of the message; Mistral may leave it out (Chat: `index`).
        optional index: Integer,
        /// Names the call, in its first piece; empty or null in later ones from some servers (Chat: `id`).
        optional id: Text<'a>,
        /// The call's kind, in its first piece (Chat: `type`).
        optional kind as "type": ToolKind,
        /// More of a function call (Chat: `function`).
        optional function: FunctionCallDelta<'a>,
        /// More of a custom tool call (extension: `custom`).
        optional custom: CustomCallDelta<'a>,
    }
}

object! {
    /// More of a function call.
    #[derive(Default)]
    pub struct FunctionCallDelta<'a> {
        /// The function, in the first piece (Chat: `function.name`).
        optional name: Text<'a>,
        /// More of the arguments; from some servers all of them, as the object itself (Chat: `function.arguments`).
        json_text arguments: Text<'a>,
    }
}

object! {
    /// More of a custom tool call.
    #[derive(Default)]
    pub struct CustomCallDelta<'a> {
        /// The tool, in the first piece (extension: `custom.name`).
        optional name: Text<'a>,
        /// More of the input (extension: `custom.input`).
        optional input: Text<'a>,
    }
}

object! {
    /// What Groq adds to its chunks (Groq: `x_groq`).
    #[derive(Default)]
    pub struct GroqMeta {
        /// Names the request (Groq: `x_groq.id`).
        optional id: String,
        /// Tokens used, in the last chunk (Groq: `x_groq.usage`).
        optional usage: Usage,
        /// A failure in the middle of the stream (Groq: `x_groq.error`).
        optional error: ErrorValue,
    }
}
