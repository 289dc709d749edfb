//! The messages of a request, by role.
//!
//! ```
//! use interlingua_wire::chat::Message;
//!
//! let json = r#"{"role":"tool","tool_call_id":"call_1","content":"rain"}"#;
//! let Message::Tool(result) = serde_json::from_str(json)? else { panic!("the role decides") };
//! assert_eq!(result.tool_call_id.as_deref(), Some("call_1"));
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::{Annotation, Content, FunctionCall, MadeImage, ReasoningDetail, ToolCall};
use crate::Json;
use crate::core::{object, open_enum, tagged};

open_enum! {
    /// Who speaks (Chat: `role`).
    pub enum Role {
        /// Instructions of the operator, under their older name.
        System = "system",
        /// Instructions of the operator.
        Developer = "developer",
        /// The person asking.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// The result of a tool call.
        Tool = "tool",
        /// The result of a legacy function call.
        Function = "function",
    }
}

tagged! {
    /// One message of the conversation (Chat: `messages[]`).
    pub enum Message by "role" {
        /// Instructions of the operator, under their older name.
        System(PlainMessage) = "system",
        /// Instructions of the operator.
        Developer(PlainMessage) = "developer",
        /// What the person asks.
        User(PlainMessage) = "user",
        /// What the model answered earlier.
        Assistant(Box<AssistantMessage>) = "assistant",
        /// The result of a tool call.
        Tool(ToolMessage) = "tool",
        /// The result of a legacy function call.
        Function(FunctionMessage) = "function",
    }
}

object! {
    /// A system, developer or user message: the three have the same fields.
    #[derive(Default)]
    pub struct PlainMessage {
        /// What is said (Chat: `content`).
        optional content: Content,
        /// Tells participants of one role apart (Chat: `name`).
        optional name: String,
    }
}

object! {
    /// An earlier answer of the model (Chat: `ChatCompletionRequestAssistantMessage`).
    #[derive(Default)]
    pub struct AssistantMessage {
        /// What it said; null is usual beside calls (Chat: `content`).
        nullable content: Content,
        /// Its refusal (Chat: `refusal`).
        optional refusal: String,
        /// The tools it called, in order (Chat: `tool_calls`).
        optional tool_calls: Vec<ToolCall>,
        /// The function it called (Chat: `function_call`, deprecated).
        optional function_call: FunctionCall,
        /// Names an earlier spoken answer (Chat: `audio`).
        optional audio: Json,
        /// Tells participants of one role apart (Chat: `name`).
        optional name: String,
        /// Reasoning as text (DeepSeek and many others: `reasoning_content`).
        optional reasoning_content: String,
        /// Reasoning as text (OpenRouter, Groq: `reasoning`).
        optional reasoning: String,
        /// Reasoning as entries that can be replayed (OpenRouter: `reasoning_details`).
        optional reasoning_details: Vec<ReasoningDetail>,
        /// Citations of the answer, sent back by clients that replay it whole (Chat response: `annotations`).
        optional annotations: Vec<Annotation>,
        /// Pictures that the model made (OpenRouter: `images`).
        optional images: Vec<MadeImage>,
    }
}

object! {
    /// The result of a tool call (Chat: `ChatCompletionRequestToolMessage`).
    #[derive(Default)]
    pub struct ToolMessage {
        /// The call it answers (Chat: `tool_call_id`).
        optional tool_call_id: String,
        /// The result (Chat: `content`).
        optional content: Content,
        /// The tool's name, which some clients add (not in the official API).
        optional name: String,
    }
}

object! {
    /// The result of a legacy function call (Chat: `ChatCompletionRequestFunctionMessage`, deprecated).
    #[derive(Default)]
    pub struct FunctionMessage {
        /// The function's name (Chat: `name`).
        optional name: String,
        /// The result, which may be null (Chat: `content`).
        nullable content: Content,
    }
}
