//! Items: what a conversation consists of, sent as `input` and received as `output`.
//!
//! ```
//! use interlingua_wire::responses::Item;
//!
//! // The type of a message may be left out, and so may that of a reference.
//! assert_eq!(serde_json::from_str::<Item>(r#"{"role":"user","content":"hi"}"#)?.tag(), "message");
//! assert_eq!(serde_json::from_str::<Item>(r#"{"id":"msg_1"}"#)?.tag(), "item_reference");
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::borrow::Cow;

use super::agents::{AgentMessage, ConfigurationUpdate, MultiAgentCall, MultiAgentCallOutput};
use super::hosted::{
    AdditionalTools, ApplyPatchCall, ApplyPatchCallOutput, CodeInterpreterCall, Compaction, CompactionTrigger,
    ComputerCall, ComputerCallOutput, ContextCompaction, FileSearchCall, ImageGenerationCall, ItemReference,
    LocalShellCall, LocalShellCallOutput, Program, ProgramOutput, ShellCall, ShellCallOutput, ToolSearchCall,
    ToolSearchOutput, WebSearchCall,
};
use super::mcp::{McpApprovalRequest, McpApprovalResponse, McpCall, McpListTools};
use super::{Caller, Content, ContentPart, Role, Status};
use crate::{
    Json,
    core::{object, tagged},
};

tagged! {
    /// One item of a conversation. Responses: the union of `InputItem` and `OutputItem`.
    pub enum Item by "type" {
        /// Somebody says something.
        Message(Message) = "message",
        /// The model thinks.
        Reasoning(Reasoning) = "reasoning",
        /// The model calls a function.
        FunctionCall(FunctionCall) = "function_call",
        /// What the function answered.
        FunctionCallOutput(FunctionCallOutput) = "function_call_output",
        /// The model calls a custom tool.
        CustomToolCall(CustomToolCall) = "custom_tool_call",
        /// What the custom tool answered.
        CustomToolCallOutput(CustomToolCallOutput) = "custom_tool_call_output",
        /// A search in files.
        FileSearchCall(FileSearchCall) = "file_search_call",
        /// A search in the web.
        WebSearchCall(WebSearchCall) = "web_search_call",
        /// The model works a computer.
        ComputerCall(ComputerCall) = "computer_call",
        /// What the computer shows now.
        ComputerCallOutput(ComputerCallOutput) = "computer_call_output",
        /// A program that calls tools.
        Program(Program) = "program",
        /// What the program answered.
        ProgramOutput(ProgramOutput) = "program_output",
        /// A search for tools.
        ToolSearchCall(ToolSearchCall) = "tool_search_call",
        /// The tools that were found.
        ToolSearchOutput(ToolSearchOutput) = "tool_search_output",
        /// More tools from here on.
        AdditionalTools(AdditionalTools) = "additional_tools",
        /// What a longer conversation came down to.
        Compaction(Compaction) = "compaction",
        /// Asks for a compaction here.
        CompactionTrigger(CompactionTrigger) = "compaction_trigger",
        /// What a longer conversation came down to, as the Codex CLI keeps it.
        ContextCompaction(ContextCompaction) = "context_compaction",
        /// Other settings from here on.
        ConfigurationUpdate(ConfigurationUpdate) = "configuration_update",
        /// What one agent says to another.
        AgentMessage(AgentMessage) = "agent_message",
        /// The model has other agents do something.
        MultiAgentCall(MultiAgentCall) = "multi_agent_call",
        /// What came of it.
        MultiAgentCallOutput(MultiAgentCallOutput) = "multi_agent_call_output",
        /// A drawn image.
        ImageGenerationCall(ImageGenerationCall) = "image_generation_call",
        /// Code that the server ran.
        CodeInterpreterCall(CodeInterpreterCall) = "code_interpreter_call",
        /// A command for the client's shell.
        LocalShellCall(LocalShellCall) = "local_shell_call",
        /// What the client's shell answered.
        LocalShellCallOutput(LocalShellCallOutput) = "local_shell_call_output",
        /// Commands for a shell.
        ShellCall(ShellCall) = "shell_call",
        /// What the shell answered.
        ShellCallOutput(ShellCallOutput) = "shell_call_output",
        /// A change to a file.
        ApplyPatchCall(ApplyPatchCall) = "apply_patch_call",
        /// Whether the change could be made.
        ApplyPatchCallOutput(ApplyPatchCallOutput) = "apply_patch_call_output",
        /// A call of a tool on an MCP server.
        McpCall(McpCall) = "mcp_call",
        /// The tools of an MCP server.
        McpListTools(McpListTools) = "mcp_list_tools",
        /// May a tool on an MCP server be called?
        McpApprovalRequest(McpApprovalRequest) = "mcp_approval_request",
        /// It may, or may not.
        McpApprovalResponse(McpApprovalResponse) = "mcp_approval_response",
        /// An item the server has stored.
        ItemReference(ItemReference) = "item_reference",
    }
    missing = resolve_item;
}

impl Item {
    /// The item's own id, whatever its kind; not the id of the call it makes or answers. `None` where it has none,
    /// and for items of unknown kinds.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        macro_rules! of_any {
            ($($variant:ident)*) => {
                match self {
                    $( Self::$variant(item) => item.id.as_deref(), )*
                    Self::Unknown(_) => None,
                }
            };
        }
        of_any! {
            Message
            Reasoning
            FunctionCall
            FunctionCallOutput
            CustomToolCall
            CustomToolCallOutput
            FileSearchCall
            WebSearchCall
            ComputerCall
            ComputerCallOutput
            Program
            ProgramOutput
            ToolSearchCall
            ToolSearchOutput
            AdditionalTools
            Compaction
            CompactionTrigger
            ContextCompaction
            ConfigurationUpdate
            AgentMessage
            MultiAgentCall
            MultiAgentCallOutput
            ImageGenerationCall
            CodeInterpreterCall
            LocalShellCall
            LocalShellCallOutput
            ShellCall
            ShellCallOutput
            ApplyPatchCall
            ApplyPatchCallOutput
            McpCall
            McpListTools
            McpApprovalRequest
            McpApprovalResponse
            ItemReference
        }
    }
}

/// What an item without a type is: with a role a message, with only an id a reference.
fn resolve_item(keys: &[Cow<'_, str>]) -> Option<&'static str> {
    if keys.iter().any(|key| key == "role") {
        Some("message")
    } else {
        keys.iter().any(|key| key == "id").then_some("item_reference")
    }
}

object! {
    /// Somebody says something. Responses: item `message`, as `EasyInputMessage`, `InputMessage` or `OutputMessage`.
    #[derive(Default)]
    pub struct Message {
        /// The item's id. Responses: `message.id`.
        optional id: String,
        /// Who speaks. Responses: `message.role`.
        optional role: Role,
        /// What is said. Responses: `message.content`.
        optional content: Content,
        /// `commentary`, `partial_answer` or `final_answer`. Responses: `message.phase`.
        optional phase: String,
        /// How far it has come. Responses: `message.status`.
        optional status: Status,
        /// Which agent it is of, where there are several. Responses: `message.agent`, beta.
        optional agent: Json,
        /// A note of the client's to its own backend. Sent by ChatGPT's clients, not in the published reference.
        optional internal_chat_message_metadata_passthrough: Json,
    }
}

object! {
    /// The model thinks. Responses: item `reasoning`.
    #[derive(Default)]
    pub struct Reasoning {
        /// The item's id. Responses: `reasoning.id`.
        optional id: String,
        /// The thoughts in short. Responses: `reasoning.summary`.
        optional summary: Vec<ContentPart>,
        /// The thoughts themselves. Responses: `reasoning.content`.
        optional content: Vec<ContentPart>,
        /// The thoughts for the server's eyes; final only when the item is. Responses: `reasoning.encrypted_content`.
        optional encrypted_content: String,
        /// How far it has come. Responses: `reasoning.status`.
        optional status: Status,
        /// Which agent it is of, where there are several. Responses: `reasoning.agent`, beta.
        optional agent: Json,
        /// A note of the client's to its own backend. Sent by ChatGPT's clients, not in the published reference.
        optional internal_chat_message_metadata_passthrough: Json,
    }
}

object! {
    /// The model calls a function. Responses: item `function_call`.
    #[derive(Default)]
    pub struct FunctionCall {
        /// The item's id. Responses: `function_call.id`.
        optional id: String,
        /// What the answer will refer to. Responses: `function_call.call_id`.
        optional call_id: String,
        /// Who calls, where it is not the model itself. Responses: `function_call.caller`.
        optional caller: Box<Caller>,
        /// The namespace of the function. Responses: `function_call.namespace`.
        optional namespace: String,
        /// The function. Responses: `function_call.name`.
        optional name: String,
        /// JSON text, if the model got it right. Responses: `function_call.arguments`.
        json_text arguments: String,
        /// How far it has come. Responses: `function_call.status`.
        optional status: Status,
        /// Whether the model goes on without the answer. Responses: `function_call.async`.
        optional is_async as "async": bool,
        /// The arguments of an agent's call, for the server's eyes. Sent by the ChatGPT backend, not in the published reference.
        optional encrypted_function_args: Json,
        /// Which agent it is of, where there are several. Responses: `function_call.agent`, beta.
        optional agent: Json,
        /// A note of the client's to its own backend. Sent by ChatGPT's clients, not in the published reference.
        optional internal_chat_message_metadata_passthrough: Json,
    }
}

object! {
    /// What a function answered. Responses: item `function_call_output`.
    #[derive(Default)]
    pub struct FunctionCallOutput {
        /// The item's id. Responses: `function_call_output.id`.
        optional id: String,
        /// The call it answers. Responses: `function_call_output.call_id`.
        optional call_id: String,
        /// The function. Responses: `function_call_output.name`.
        optional name: String,
        /// The namespace of the function. Responses: `function_call_output.namespace`.
        optional namespace: String,
        /// Who called. Responses: `function_call_output.caller`.
        optional caller: Box<Caller>,
        /// The answer. Responses: `function_call_output.output`.
        optional output: Content,
        /// How far it has come. Responses: `function_call_output.status`.
        optional status: Status,
        /// Who made the item. Responses: `function_call_output.created_by`.
        optional created_by: Json,
        /// Which agent it is of, where there are several. Responses: `function_call_output.agent`, beta.
        optional agent: Json,
        /// A note of the client's to its own backend. Sent by ChatGPT's clients, not in the published reference.
        optional internal_chat_message_metadata_passthrough: Json,
    }
}

object! {
    /// The model calls a custom tool. Responses: item `custom_tool_call`.
    #[derive(Default)]
    pub struct CustomToolCall {
        /// The item's id. Responses: `custom_tool_call.id`.
        optional id: String,
        /// What the answer will refer to. Responses: `custom_tool_call.call_id`.
        optional call_id: String,
        /// Who calls, where it is not the model itself. Responses: `custom_tool_call.caller`.
        optional caller: Box<Caller>,
        /// The namespace of the tool. Responses: `custom_tool_call.namespace`.
        optional namespace: String,
        /// The tool. Responses: `custom_tool_call.name`.
        optional name: String,
        /// Text in whatever form the tool takes. Responses: `custom_tool_call.input`.
        optional input: String,
        /// How far it has come; not in the published reference, but sent. Responses: `custom_tool_call.status`.
        optional status: Status,
        /// Whether the model goes on without the answer. Responses: `custom_tool_call.async`.
        optional is_async as "async": bool,
        /// Which agent it is of, where there are several. Responses: `custom_tool_call.agent`, beta.
        optional agent: Json,
        /// A note of the client's to its own backend. Sent by ChatGPT's clients, not in the published reference.
        optional internal_chat_message_metadata_passthrough: Json,
    }
}

object! {
    /// What a custom tool answered. Responses: item `custom_tool_call_output`.
    #[derive(Default)]
    pub struct CustomToolCallOutput {
        /// The item's id. Responses: `custom_tool_call_output.id`.
        optional id: String,
        /// The call it answers. Responses: `custom_tool_call_output.call_id`.
        optional call_id: String,
        /// Who called. Responses: `custom_tool_call_output.caller`.
        optional caller: Box<Caller>,
        /// The answer. Responses: `custom_tool_call_output.output`.
        optional output: Content,
        /// How far it has come. Responses: `custom_tool_call_output.status`.
        optional status: Status,
        /// Who made the item. Responses: `custom_tool_call_output.created_by`.
        optional created_by: Json,
        /// Which agent it is of, where there are several. Responses: `custom_tool_call_output.agent`, beta.
        optional agent: Json,
        /// A note of the client's to its own backend. Sent by ChatGPT's clients, not in the published reference.
        optional internal_chat_message_metadata_passthrough: Json,
    }
}
