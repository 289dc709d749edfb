//! The Chat Completions API: requests, whole replies, stream chunks, errors and the model list.
//!
//! Names follow the [API reference](https://platform.openai.com/docs/api-reference/chat). Two rules hold throughout:
//!
//! - Nothing is required but a tag (`role`, `type`), and the `error` of an error body. A field missing from a request is
//!   reported by the translator, which knows the path of it; a field missing from a reply never fails the reply.
//! - A field this crate has no name for survives in `extra`, and so does a tag it has no name for, in `Unknown`.
//!
//! ```
//! use interlingua_wire::chat::{Message, Request};
//!
//! let request: Request = serde_json::from_str(r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"seed":7}"#)?;
//! let messages = request.messages.unwrap_or_default();
//! assert!(matches!(messages.as_slice(), [Message::User(_)]));
//! # Ok::<(), serde_json::Error>(())
//! ```

mod annotation;
mod chunk;
mod content;
mod image;
mod logprobs;
mod message;
mod models;
mod moderation;
mod reasoning;
mod request;
mod response;
mod response_format;
mod tool;
mod tool_call;
mod tool_choice;
mod usage;

pub use crate::core::error::{ErrorBody, ErrorCode, ErrorDetail, ErrorValue};

pub use annotation::{Annotation, UrlCitation, UrlCitationAnnotation};
pub use chunk::{Chunk, ChunkChoice, CustomCallDelta, Delta, DeltaContent, FunctionCallDelta, GroqMeta, ToolCallDelta};
pub use content::{
    AudioPart, Content, File, FilePart, ImageAddress, ImagePart, ImageUrl, InputAudio, Part, RefusalPart, TextPart,
    Thinking, ThinkingPart, Thought,
};
pub use image::{ImageEntry, MadeImage};
pub use logprobs::{ChoiceLogprobs, TokenLogprob, TopLogprob};
pub use message::{AssistantMessage, FunctionMessage, Message, PlainMessage, Role, ToolMessage};
pub use models::{Model, ModelList};
pub use moderation::{Moderation, ModerationError, ModerationOutcome, ModerationResults};
pub use reasoning::{EncryptedDetail, ReasoningDetail, SummaryDetail, TextDetail};
pub use request::{
    ApproximateLocation, Effort, LogitBias, Modality, Prediction, Request, Stop, StreamOptions, UserLocation,
    WebSearchOptions,
};
pub use response::{Choice, FinishReason, Response, ResponseMessage};
pub use response_format::{JsonObjectFormat, JsonSchema, JsonSchemaFormat, ResponseFormat, TextFormat};
pub use tool::{
    CustomDefinition, CustomFormat, CustomTextFormat, CustomTool, FunctionDefinition, FunctionTool, Grammar,
    GrammarFormat, Tool,
};
pub use tool_call::{CustomCall, CustomToolCall, FunctionCall, FunctionToolCall, ToolCall, ToolKind};
pub use tool_choice::{
    AllowedTools, AllowedToolsChoice, CustomReference, FunctionChoice, FunctionReference, NamedToolChoice, ToolChoice,
    ToolName, ToolReference,
};
pub use usage::{CompletionTokensDetails, PromptTokensDetails, Usage};
