//! Which tools the model may or must call.
//!
//! ```
//! use interlingua_wire::chat::{NamedToolChoice, ToolChoice};
//!
//! let mode: ToolChoice = serde_json::from_str(r#""required""#)?;
//! assert_eq!(mode, ToolChoice::Mode("required".into()));
//! let named: ToolChoice = serde_json::from_str(r#"{"type":"function","function":{"name":"f"}}"#)?;
//! assert!(matches!(named, ToolChoice::Named(NamedToolChoice::Function(_))));
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::tool_call::kind_from_keys;

use crate::core::{object, tagged, union};

union! {
    /// Which tools the model may or must call (Chat: `tool_choice`).
    pub enum ToolChoice expects "a string or an object that names tools" {
        /// `none`, `auto` or `required`; other servers have more (Mistral: `any`).
        string Mode(String),
        /// One tool, or a choice of them.
        object Named(NamedToolChoice),
    }
}

tagged! {
    /// A choice that names tools (Chat: `tool_choice` as an object).
    pub enum NamedToolChoice by "type" {
        /// This function.
        Function(FunctionReference) = "function",
        /// This custom tool.
        Custom(CustomReference) = "custom",
        /// Some of the tools offered.
        AllowedTools(AllowedToolsChoice) = "allowed_tools",
    }
    missing = kind_from_keys;
}

tagged! {
    /// One tool of a choice (Chat: `tool_choice.allowed_tools.tools[]`).
    pub enum ToolReference by "type" {
        /// This function.
        Function(FunctionReference) = "function",
        /// This custom tool.
        Custom(CustomReference) = "custom",
    }
    missing = kind_from_keys;
}

object! {
    /// Names a function.
    #[derive(Default)]
    pub struct FunctionReference {
        /// The function (Chat: `function`).
        optional function: ToolName,
    }
}

object! {
    /// Names a custom tool.
    #[derive(Default)]
    pub struct CustomReference {
        /// The tool (Chat: `custom`).
        optional custom: ToolName,
    }
}

object! {
    /// The name of a tool.
    #[derive(Default)]
    pub struct ToolName {
        /// The name (Chat: `name`).
        optional name: String,
    }
}

object! {
    /// Limits the model to some of the tools offered (Chat: `ChatCompletionAllowedToolsChoice`).
    #[derive(Default)]
    pub struct AllowedToolsChoice {
        /// The tools and how free the choice is (Chat: `tool_choice.allowed_tools`).
        optional allowed_tools: AllowedTools,
    }
}

object! {
    /// The tools of an [`AllowedToolsChoice`].
    #[derive(Default)]
    pub struct AllowedTools {
        /// `auto` or `required` (Chat: `allowed_tools.mode`).
        optional mode: String,
        /// The tools (Chat: `allowed_tools.tools`).
        optional tools: Vec<ToolReference>,
    }
}

union! {
    /// Which function the model may or must call (Chat: `function_call`, deprecated).
    pub enum FunctionChoice expects "a string or an object with the name of a function" {
        /// `none` or `auto`.
        string Mode(String),
        /// This function.
        object Named(ToolName),
    }
}
