//! How the model chooses among the tools.

use crate::core::{object, tagged};

tagged! {
    /// How the model chooses among the tools. Messages: `tool_choice`.
    pub enum ToolChoice by "type" {
        /// Calls some, or none.
        Auto(AnyTool) = "auto",
        /// Calls at least one.
        Any(AnyTool) = "any",
        /// Calls this one.
        Tool(NamedTool) = "tool",
        /// Calls none.
        None(NoTool) = "none",
    }
}

object! {
    /// Any of the tools. Messages: `ToolChoiceAuto`, `ToolChoiceAny`.
    #[derive(Default)]
    pub struct AnyTool {
        /// Whether it is one call at a time. Messages: `tool_choice.disable_parallel_tool_use`.
        optional disable_parallel_tool_use: bool,
    }
}

object! {
    /// One tool. Messages: `ToolChoiceTool`.
    #[derive(Default)]
    pub struct NamedTool {
        /// Which. Messages: `tool_choice.name`.
        optional name: String,
        /// Whether it is one call at a time. Messages: `tool_choice.disable_parallel_tool_use`.
        optional disable_parallel_tool_use: bool,
    }
}

object! {
    /// No tool. Messages: `ToolChoiceNone`.
    #[derive(Default)]
    pub struct NoTool {}
}
