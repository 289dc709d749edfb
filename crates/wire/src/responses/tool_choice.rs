//! Which tools the model may or must call.
//!
//! ```
//! use interlingua_wire::responses::{ToolChoice, ToolChoiceMode};
//!
//! assert_eq!(serde_json::from_str::<ToolChoice>(r#""auto""#)?, ToolChoice::Mode(ToolChoiceMode::Auto));
//! assert!(matches!(serde_json::from_str(r#"{"type":"function","name":"f"}"#)?, ToolChoice::Object(_)));
//! # Ok::<(), serde_json::Error>(())
//! ```

use crate::core::{object, open_enum, tagged, union};

union! {
    /// Which tools the model may or must call. Responses: `tool_choice`.
    pub enum ToolChoice expects "a string or an object" {
        /// In a word.
        string Mode(ToolChoiceMode),
        /// By name.
        object Object(ToolChoiceObject),
    }
}

open_enum! {
    /// Whether the model calls tools. Responses: `tool_choice` as a string, `tool_choice.mode`.
    pub enum ToolChoiceMode {
        /// It does not.
        None = "none",
        /// It may.
        Auto = "auto",
        /// It must.
        Required = "required",
    }
}

tagged! {
    /// The tool or tools to choose from. Responses: `tool_choice` as an object.
    pub enum ToolChoiceObject by "type" {
        /// This function.
        Function(NamedTool) = "function",
        /// This custom tool.
        Custom(NamedTool) = "custom",
        /// One of these tools.
        AllowedTools(AllowedTools) = "allowed_tools",
        /// A tool of this MCP server.
        Mcp(McpChoice) = "mcp",
        /// Web search.
        WebSearch(HostedChoice) = "web_search",
        /// Web search, older.
        WebSearchPreview(HostedChoice) = "web_search_preview",
        /// Web search, older, pinned.
        WebSearchPreviewDated(HostedChoice) = "web_search_preview_2025_03_11",
        /// Search in files.
        FileSearch(HostedChoice) = "file_search",
        /// A computer.
        Computer(HostedChoice) = "computer",
        /// A computer, by another name.
        ComputerUse(HostedChoice) = "computer_use",
        /// A computer, older.
        ComputerUsePreview(HostedChoice) = "computer_use_preview",
        /// Code that the server runs.
        CodeInterpreter(HostedChoice) = "code_interpreter",
        /// Drawing.
        ImageGeneration(HostedChoice) = "image_generation",
        /// Changes to files.
        ApplyPatch(HostedChoice) = "apply_patch",
        /// A shell.
        Shell(HostedChoice) = "shell",
        /// Programs that call tools.
        Programmatic(HostedChoice) = "programmatic_tool_calling",
    }
}

object! {
    /// A tool of the client. Responses: `tool_choice` of type `function` or `custom`.
    #[derive(Default)]
    pub struct NamedTool {
        /// Its name. Responses: `tool_choice.name`.
        optional name: String,
    }
}

object! {
    /// A choice of tools. Responses: `tool_choice` of type `allowed_tools`.
    #[derive(Default)]
    pub struct AllowedTools {
        /// Whether one of them must be called. Responses: `tool_choice.mode`.
        optional mode: ToolChoiceMode,
        /// The tools. Responses: `tool_choice.tools`.
        optional tools: Vec<ToolReference>,
    }
}

object! {
    /// A tool, by type and name. Responses: `tool_choice.tools[]`.
    #[derive(Default)]
    pub struct ToolReference {
        /// Its type. Responses: `tool_choice.tools[].type`.
        optional kind as "type": String,
        /// Its name, if it has one. Responses: `tool_choice.tools[].name`.
        optional name: String,
        /// Its MCP server, if it has one. Responses: `tool_choice.tools[].server_label`.
        optional server_label: String,
    }
}

object! {
    /// A tool of an MCP server. Responses: `tool_choice` of type `mcp`.
    #[derive(Default)]
    pub struct McpChoice {
        /// The server. Responses: `tool_choice.server_label`.
        optional server_label: String,
        /// The tool; missing: any. Responses: `tool_choice.name`.
        optional name: String,
    }
}

object! {
    /// A tool that is named by its type alone. Responses: `tool_choice` of a hosted type.
    #[derive(Default)]
    pub struct HostedChoice {}
}
