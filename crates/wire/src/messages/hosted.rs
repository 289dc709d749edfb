//! What servers did: calls they ran themselves, and what came of them.

use super::cache::CacheControl;
use super::caller::Caller;
use crate::Json;
use crate::core::{object, union};

object! {
    /// A call of a tool that the server runs. Messages: `ServerToolUseBlock`.
    #[derive(Default)]
    pub struct ServerToolUse {
        /// What the result names, `srvtoolu_` and more. Messages: `id`.
        optional id: String,
        /// The tool, `web_search` and others. Messages: `name`.
        optional name: String,
        /// What it is called with. Messages: `input`.
        optional input: Json,
        /// Who calls. Messages: `caller`.
        optional caller: Caller,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

object! {
    /// What a search of the web found. Messages: `WebSearchToolResultBlock`.
    #[derive(Default)]
    pub struct WebSearchResultBlock {
        /// The call. Messages: `tool_use_id`.
        optional tool_use_id: String,
        /// What was found, or why nothing was. Messages: `content`.
        optional content: WebSearchContent,
        /// Who called. Messages: `caller`.
        optional caller: Caller,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

union! {
    /// What a search of the web found, or why nothing was. Messages: `WebSearchToolResultBlockContent`.
    pub enum WebSearchContent expects "an array of results, or an error object" {
        /// What was found.
        array Results(Vec<WebSearchResult>),
        /// Why nothing was.
        object Error(Box<WebSearchError>),
    }
}

object! {
    /// A page that was found. Messages: `WebSearchResultBlock`.
    #[derive(Default)]
    pub struct WebSearchResult {
        /// `web_search_result`. Messages: `type`.
        optional kind as "type": String,
        /// Its address. Messages: `url`.
        optional url: String,
        /// Its title. Messages: `title`.
        optional title: String,
        /// What is on it, for the server. Messages: `encrypted_content`.
        optional encrypted_content: String,
        /// How old it is. Messages: `page_age`.
        maybe page_age: String,
    }
}

object! {
    /// Why nothing was found. Messages: `WebSearchToolResultError`.
    #[derive(Default)]
    pub struct WebSearchError {
        /// `web_search_tool_result_error`. Messages: `type`.
        optional kind as "type": String,
        /// In a word. Messages: `error_code`.
        optional error_code: String,
    }
}

object! {
    /// What came of another call of the server's: of code, of a fetch, of an adviser.
    #[derive(Default)]
    pub struct HostedResult {
        /// The call. Messages: `tool_use_id`.
        optional tool_use_id: String,
        /// The result or the error, verbatim. Messages: `content`.
        optional content: Json,
        /// Who called. Messages: `caller`.
        optional caller: Caller,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

object! {
    /// Which tools were found. Messages: `ToolSearchToolResultBlock`.
    #[derive(Default)]
    pub struct ToolSearchResult {
        /// The call. Messages: `tool_use_id`.
        optional tool_use_id: String,
        /// The tools, or why there are none. Messages: `content`.
        optional content: ToolSearchContent,
        /// Who called. Messages: `caller`.
        optional caller: Caller,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

object! {
    /// The tools, or why there are none. Messages: `ToolSearchToolSearchResultBlock`, `ToolSearchToolResultError`.
    #[derive(Default)]
    pub struct ToolSearchContent {
        /// `tool_search_tool_search_result` or `tool_search_tool_result_error`. Messages: `type`.
        optional kind as "type": String,
        /// The tools. Messages: `tool_references`.
        optional tool_references: Vec<TypedReference>,
        /// Why there are none, in a word. Messages: `error_code`.
        optional error_code: String,
    }
}

object! {
    /// A tool that was found. Messages: `ToolReferenceBlock`.
    #[derive(Default)]
    pub struct TypedReference {
        /// `tool_reference`. Messages: `type`.
        optional kind as "type": String,
        /// The tool. Messages: `tool_name`.
        optional tool_name: String,
    }
}

object! {
    /// A call of a tool of an MCP server. Messages (beta): `BetaMCPToolUseBlock`.
    #[derive(Default)]
    pub struct McpToolUse {
        /// What the result names. Messages: `id`.
        optional id: String,
        /// The tool. Messages: `name`.
        optional name: String,
        /// Its server. Messages: `server_name`.
        optional server_name: String,
        /// What it is called with. Messages: `input`.
        optional input: Json,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

object! {
    /// What an MCP server answered. Messages (beta): `BetaMCPToolResultBlock`.
    #[derive(Default)]
    pub struct McpToolResult {
        /// The call. Messages: `tool_use_id`.
        optional tool_use_id: String,
        /// Whether it failed. Messages: `is_error`.
        optional is_error: bool,
        /// The answer, a string or blocks of text. Messages: `content`.
        optional content: Json,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

object! {
    /// Which tools an MCP server has. Messages (beta): `mcp_tool_listing`.
    #[derive(Default)]
    pub struct McpToolListing {
        /// The server. Messages: `server_name`.
        optional server_name: String,
        /// Its tools, verbatim. Messages: `tools`.
        optional tools: Json,
    }
}

object! {
    /// A summary that stands for what was before. Messages (beta): `BetaCompactionBlock`.
    #[derive(Default)]
    pub struct Compaction {
        /// The summary. Messages: `content`.
        maybe content: String,
        /// The summary, sealed. Messages: `encrypted_content`.
        maybe encrypted_content: String,
        /// Its seal. Messages: `signature`.
        maybe signature: String,
        /// Which tools came and went. Messages: `tool_changes`.
        maybe tool_changes: Json,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

object! {
    /// Another model goes on. Messages (beta): `fallback`.
    #[derive(Default)]
    pub struct Fallback {
        /// The one that stopped. Messages: `from`.
        optional from: Json,
        /// The one that goes on. Messages: `to`.
        optional to: Json,
        /// Why. Messages: `trigger`.
        optional trigger: Json,
    }
}
