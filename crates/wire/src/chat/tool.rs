//! Tools a request offers.
//!
//! ```
//! use interlingua_wire::chat::Tool;
//!
//! let json = r#"{"type":"function","function":{"name":"f","parameters":{"type":"object", "x":1.50}}}"#;
//! let tool: Tool = serde_json::from_str(json)?;
//! assert_eq!(serde_json::to_string(&tool)?, json, "a schema is kept verbatim");
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::borrow::Cow;

use super::tool_call::kind_from_keys;
use crate::Json;
use crate::core::{object, tagged};

tagged! {
    /// A tool the model may call (Chat: `tools[]`).
    pub enum Tool by "type" {
        /// Takes JSON arguments.
        Function(FunctionTool) = "function",
        /// Takes free text.
        Custom(CustomTool) = "custom",
    }
    missing = kind_of_tool;
}

/// What a tool is that does not say so: by the key its definition stands under, or by the schema beside its name, as clients of
/// other APIs write it.
fn kind_of_tool(keys: &[Cow<'_, str>]) -> Option<&'static str> {
    let has = |name: &str| keys.iter().any(|key| key == name);
    kind_from_keys(keys).or_else(|| (has("name") && (has("input_schema") || has("parameters"))).then_some("function"))
}

object! {
    /// A function the model may call (Chat: `ChatCompletionTool`).
    #[derive(Default)]
    pub struct FunctionTool {
        /// The function (Chat: `tools[].function`).
        optional function: FunctionDefinition,
    }
}

object! {
    /// A function's name and signature (Chat: `FunctionObject`, and the deprecated `functions[]`).
    #[derive(Default)]
    pub struct FunctionDefinition {
        /// What the model calls it (Chat: `name`).
        optional name: String,
        /// When and how to use it (Chat: `description`).
        optional description: String,
        /// JSON Schema of the arguments, verbatim (Chat: `parameters`).
        optional parameters: Json,
        /// Whether arguments must follow the schema; absent means false (Chat: `strict`).
        optional strict: bool,
    }
}

object! {
    /// A tool that takes free text (Chat: `CustomToolChatCompletions`).
    #[derive(Default)]
    pub struct CustomTool {
        /// The tool (Chat: `tools[].custom`).
        optional custom: CustomDefinition,
    }
}

object! {
    /// A custom tool's name and the format of its input (Chat: `tools[].custom`).
    #[derive(Default)]
    pub struct CustomDefinition {
        /// What the model calls it (Chat: `name`).
        optional name: String,
        /// When and how to use it (Chat: `description`).
        optional description: String,
        /// What its input looks like; absent means any text (Chat: `format`).
        optional format: CustomFormat,
    }
}

tagged! {
    /// What a custom tool's input looks like (Chat: `tools[].custom.format`).
    pub enum CustomFormat by "type" {
        /// Any text.
        Text(CustomTextFormat) = "text",
        /// Text of a grammar.
        Grammar(GrammarFormat) = "grammar",
    }
}

object! {
    /// Any text will do.
    #[derive(Default)]
    pub struct CustomTextFormat {}
}

object! {
    /// Input must follow a grammar; Chat nests it one level deeper than Responses does.
    #[derive(Default)]
    pub struct GrammarFormat {
        /// The grammar (Chat: `format.grammar`).
        optional grammar: Grammar,
    }
}

object! {
    /// A grammar, verbatim.
    #[derive(Default)]
    pub struct Grammar {
        /// `lark` or `regex` (Chat: `grammar.syntax`).
        optional syntax: String,
        /// The grammar's text (Chat: `grammar.definition`).
        optional definition: String,
    }
}
