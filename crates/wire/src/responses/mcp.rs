//! Items of tools on MCP servers.
//!
//! ```
//! use interlingua_wire::responses::Item;
//!
//! let json = r#"{"type":"mcp_call","id":"mcp_1","server_label":"deepwiki","name":"ask","arguments":"{}"}"#;
//! assert!(matches!(serde_json::from_str(json)?, Item::McpCall(call) if call.name.as_deref() == Some("ask")));
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::Status;
use crate::{Json, core::object};

object! {
    /// A call of a tool on an MCP server. Responses: item `mcp_call`.
    #[derive(Default)]
    pub struct McpCall {
        /// The item's id. Responses: `mcp_call.id`.
        optional id: String,
        /// The server. Responses: `mcp_call.server_label`.
        optional server_label: String,
        /// The tool. Responses: `mcp_call.name`.
        optional name: String,
        /// JSON text, if the model got it right. Responses: `mcp_call.arguments`.
        optional arguments: String,
        /// The answer. Responses: `mcp_call.output`.
        optional output: Json,
        /// Why there is none. Responses: `mcp_call.error`.
        optional error: Json,
        /// How far it has come. Responses: `mcp_call.status`.
        optional status: Status,
        /// The request that was granted. Responses: `mcp_call.approval_request_id`.
        optional approval_request_id: Json,
        /// Which agent it is of, where there are several. Responses: `mcp_call.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// The tools of an MCP server. Responses: item `mcp_list_tools`.
    #[derive(Default)]
    pub struct McpListTools {
        /// The item's id. Responses: `mcp_list_tools.id`.
        optional id: String,
        /// The server. Responses: `mcp_list_tools.server_label`.
        optional server_label: String,
        /// The tools. Responses: `mcp_list_tools.tools`.
        optional tools: Json,
        /// Why there are none. Responses: `mcp_list_tools.error`.
        optional error: Json,
        /// Which agent it is of, where there are several. Responses: `mcp_list_tools.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// May a tool on an MCP server be called? Responses: item `mcp_approval_request`.
    #[derive(Default)]
    pub struct McpApprovalRequest {
        /// The item's id. Responses: `mcp_approval_request.id`.
        optional id: String,
        /// The server. Responses: `mcp_approval_request.server_label`.
        optional server_label: String,
        /// The tool. Responses: `mcp_approval_request.name`.
        optional name: String,
        /// JSON text, if the model got it right. Responses: `mcp_approval_request.arguments`.
        optional arguments: String,
        /// Which agent it is of, where there are several. Responses: `mcp_approval_request.agent`, beta.
        optional agent: Json,
    }
}

object! {
    /// It may, or may not. Responses: item `mcp_approval_response`.
    #[derive(Default)]
    pub struct McpApprovalResponse {
        /// The item's id. Responses: `mcp_approval_response.id`.
        optional id: String,
        /// The request. Responses: `mcp_approval_response.approval_request_id`.
        optional approval_request_id: String,
        /// Whether it may. Responses: `mcp_approval_response.approve`.
        optional approve: bool,
        /// Why. Responses: `mcp_approval_response.reason`.
        optional reason: Json,
        /// Which agent it is of, where there are several. Responses: `mcp_approval_response.agent`, beta.
        optional agent: Json,
    }
}
