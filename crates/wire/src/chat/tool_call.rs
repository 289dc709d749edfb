//! Calls the model makes, whole; their streamed pieces are in [`ToolCallDelta`](super::ToolCallDelta).
//!
//! ```
//! use interlingua_wire::chat::ToolCall;
//!
//! // Mistral leaves the type out.
//! let call: ToolCall = serde_json::from_str(r#"{"id":"a","function":{"name":"f","arguments":"{}"}}"#)?;
//! assert!(matches!(call, ToolCall::Function(_)));
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::borrow::Cow;

use crate::core::{object, open_enum, tagged};

open_enum! {
    /// The kind of a tool or of a call (Chat: `type`).
    pub enum ToolKind {
        /// Arguments are JSON that follows a schema.
        Function = "function",
        /// The input is free text.
        Custom = "custom",
    }
}

tagged! {
    /// A call of a tool (Chat: `tool_calls[]`).
    pub enum ToolCall by "type" {
        /// A call of a function.
        Function(FunctionToolCall) = "function",
        /// A call of a custom tool.
        Custom(CustomToolCall) = "custom",
    }
    missing = kind_from_keys;
}

object! {
    /// A call of a function (Chat: `ChatCompletionMessageToolCall`).
    #[derive(Default)]
    pub struct FunctionToolCall {
        /// Names the call, so that its result can refer to it (Chat: `id`).
        optional id: String,
        /// What is called (Chat: `function`).
        optional function: FunctionCall,
    }
}

object! {
    /// A function's name and its arguments (Chat: `tool_calls[].function`, and the deprecated `function_call`).
    #[derive(Default)]
    pub struct FunctionCall {
        /// The function (Chat: `name`).
        optional name: String,
        /// JSON as the model wrote it, not necessarily valid; from some servers the object itself (Chat: `arguments`).
        json_text arguments: String,
    }
}

object! {
    /// A call of a custom tool (Chat: `ChatCompletionMessageCustomToolCall`).
    #[derive(Default)]
    pub struct CustomToolCall {
        /// Names the call, so that its result can refer to it (Chat: `id`).
        optional id: String,
        /// What is called (Chat: `custom`).
        optional custom: CustomCall,
    }
}

object! {
    /// A custom tool's name and its input (Chat: `tool_calls[].custom`).
    #[derive(Default)]
    pub struct CustomCall {
        /// The tool (Chat: `name`).
        optional name: String,
        /// Text as the model wrote it (Chat: `input`).
        optional input: String,
    }
}

/// The tag an object without `type` stands for: its payload is stored under the name of its type.
pub(super) fn kind_from_keys(keys: &[Cow<'_, str>]) -> Option<&'static str> {
    ["function", "custom", "allowed_tools"].into_iter().find(|kind| keys.iter().any(|key| key == kind))
}
