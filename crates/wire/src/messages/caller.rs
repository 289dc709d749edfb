//! Who calls a tool.

use crate::core::{object, tagged};

tagged! {
    /// Who calls a tool. Messages: `caller`.
    pub enum Caller by "type" {
        /// The model.
        Direct(Direct) = "direct",
        /// Code that the server runs.
        CodeExecution20250825(CodeCaller) = "code_execution_20250825",
        /// Code that the server runs.
        CodeExecution20260120(CodeCaller) = "code_execution_20260120",
        /// Code that the server runs.
        CodeExecution20260521(CodeCaller) = "code_execution_20260521",
    }
}

object! {
    /// The model calls by itself. Messages: `DirectCaller`.
    #[derive(Default)]
    pub struct Direct {}
}

object! {
    /// Code calls. Messages: `ServerToolCaller`.
    #[derive(Default)]
    pub struct CodeCaller {
        /// The call that runs the code. Messages: `caller.tool_id`.
        optional tool_id: String,
    }
}
