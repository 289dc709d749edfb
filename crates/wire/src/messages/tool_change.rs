//! Tools that come and go in the middle of a conversation.

use super::cache::CacheControl;
use super::tool::Tool;
use crate::Json;
use crate::core::{object, tagged};

object! {
    /// A tool comes or goes, in messages of the system. Messages (beta): `tool_addition`, `tool_removal`.
    #[derive(Default)]
    pub struct ToolChangeBlock {
        /// Which. Messages: `tool`.
        optional tool: ToolChange,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

tagged! {
    /// Which tool comes or goes. Messages (beta): `tool`.
    pub enum ToolChange by "type" {
        /// One of the request's, by name.
        Reference(ToolName) = "tool_reference",
        /// One of an MCP server's, by name.
        McpTool(McpName) = "mcp_tool_reference",
        /// All of an MCP server's.
        McpToolset(McpName) = "mcp_toolset_reference",
        /// This one.
        Definition(Box<ToolDefinition>) = "tool_definition",
    }
}

object! {
    /// The name of a tool of the request. Messages (beta): `tool_reference`.
    #[derive(Default)]
    pub struct ToolName {
        /// The name. Messages: `name`.
        optional name: String,
    }
}

object! {
    /// The name of a tool of an MCP server, or of the server. Messages (beta): `mcp_tool_reference`, `mcp_toolset_reference`.
    #[derive(Default)]
    pub struct McpName {
        /// The server. Messages: `server_name`.
        optional server_name: Json,
        /// The tool. Messages: `name`.
        optional name: Json,
    }
}

object! {
    /// A tool of its own. Messages (beta): `tool_definition`.
    #[derive(Default)]
    pub struct ToolDefinition {
        /// The tool. Messages: `definition`.
        optional definition: Tool,
    }
}
