//! Blocks: what messages are made of.

use super::cache::CacheControl;
use super::caller::Caller;
use super::hosted::{
    Compaction, Fallback, HostedResult, McpToolListing, McpToolResult, McpToolUse, ServerToolUse, ToolSearchResult,
    WebSearchResultBlock,
};
use super::media::{ContainerUpload, Document, Image, SearchResult};
use super::result::ToolResult;
use super::text::TextBlock;
use super::tool_change::ToolChangeBlock;
use crate::Json;
use crate::core::{object, tagged};

tagged! {
    /// One block of a message, in requests and in replies. Messages: `ContentBlock`, `ContentBlockParam`.
    pub enum Block by "type" {
        /// Text.
        Text(TextBlock) = "text",
        /// A picture.
        Image(Box<Image>) = "image",
        /// A document.
        Document(Box<Document>) = "document",
        /// Something a search of the client found.
        SearchResult(Box<SearchResult>) = "search_result",
        /// A file for the container.
        ContainerUpload(ContainerUpload) = "container_upload",
        /// What the model thought.
        Thinking(Thinking) = "thinking",
        /// What it thought, sealed.
        RedactedThinking(RedactedThinking) = "redacted_thinking",
        /// A call of a tool that the client runs.
        ToolUse(Box<ToolUse>) = "tool_use",
        /// The client's answer to a call.
        ToolResult(Box<ToolResult>) = "tool_result",
        /// A call of a tool that the server runs.
        ServerToolUse(Box<ServerToolUse>) = "server_tool_use",
        /// What a search of the web found.
        WebSearchToolResult(Box<WebSearchResultBlock>) = "web_search_tool_result",
        /// What was fetched from the web.
        WebFetchToolResult(Box<HostedResult>) = "web_fetch_tool_result",
        /// What code did.
        CodeExecutionToolResult(Box<HostedResult>) = "code_execution_tool_result",
        /// What a command did.
        BashCodeExecutionToolResult(Box<HostedResult>) = "bash_code_execution_tool_result",
        /// What became of a file.
        TextEditorCodeExecutionToolResult(Box<HostedResult>) = "text_editor_code_execution_tool_result",
        /// Which tools were found.
        ToolSearchToolResult(Box<ToolSearchResult>) = "tool_search_tool_result",
        /// What an adviser said.
        AdvisorToolResult(Box<HostedResult>) = "advisor_tool_result",
        /// A call of a tool of an MCP server.
        McpToolUse(Box<McpToolUse>) = "mcp_tool_use",
        /// What an MCP server answered.
        McpToolResult(Box<McpToolResult>) = "mcp_tool_result",
        /// Which tools an MCP server has.
        McpToolListing(Box<McpToolListing>) = "mcp_tool_listing",
        /// A summary that stands for what was before.
        Compaction(Box<Compaction>) = "compaction",
        /// Another model goes on.
        Fallback(Box<Fallback>) = "fallback",
        /// A tool is offered from here on, in messages of the system.
        ToolAddition(Box<ToolChangeBlock>) = "tool_addition",
        /// A tool is offered no more, in messages of the system.
        ToolRemoval(Box<ToolChangeBlock>) = "tool_removal",
    }
}

object! {
    /// What the model thought. Messages: `ThinkingBlock`.
    #[derive(Default)]
    pub struct Thinking {
        /// The thought, or its summary; empty where it is not shown. Messages: `thinking`.
        optional thinking: String,
        /// Its seal, without which it cannot go back. Messages: `signature`.
        optional signature: String,
    }
}

object! {
    /// What the model thought, sealed. Messages: `RedactedThinkingBlock`.
    #[derive(Default)]
    pub struct RedactedThinking {
        /// The seal. Messages: `data`.
        optional data: String,
    }
}

object! {
    /// A call of a tool that the client runs. Messages: `ToolUseBlock`.
    #[derive(Default)]
    pub struct ToolUse {
        /// What the result will name. Messages: `id`.
        optional id: String,
        /// The tool. Messages: `name`.
        optional name: String,
        /// What it is called with, an object. Messages: `input`.
        optional input: Json,
        /// Who calls. Messages: `caller`.
        optional caller: Caller,
        /// The set of tools it is from. Messages: `toolset_name`.
        optional toolset_name: String,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}
