//! The tools a request offers.

use std::borrow::Cow;

use super::cache::CacheControl;
use crate::core::{object, tagged};
use crate::{Integer, Json};

/// What a tool without a type is.
#[expect(clippy::unnecessary_wraps, reason = "the form of a resolver")]
fn resolve_tool(_: &[Cow<'_, str>]) -> Option<&'static str> {
    Some("custom")
}

tagged! {
    /// A tool the request offers. Messages: `tools[]`. A tool without a type is the client's own.
    pub enum Tool by "type" {
        /// The client's own.
        Custom(Box<CustomTool>) = "custom",
        /// Commands, run by the client.
        Bash20250124(Box<ClientTool>) = "bash_20250124",
        /// Files, changed by the client.
        TextEditor20250124(Box<ClientTool>) = "text_editor_20250124",
        /// Files, changed by the client.
        TextEditor20250429(Box<ClientTool>) = "text_editor_20250429",
        /// Files, changed by the client.
        TextEditor20250728(Box<ClientTool>) = "text_editor_20250728",
        /// A memory, kept by the client.
        Memory20250818(Box<ClientTool>) = "memory_20250818",
        /// A screen, shown by the client.
        Computer20241022(Box<ClientTool>) = "computer_20241022",
        /// A screen, shown by the client.
        Computer20250124(Box<ClientTool>) = "computer_20250124",
        /// A screen, shown by the client.
        Computer20251124(Box<ClientTool>) = "computer_20251124",
        /// A screen, shown by the client, as a set of tools.
        ComputerToolset20260801(Box<ClientTool>) = "computer_toolset_20260801",
        /// A browser, driven by the client, as a set of tools.
        BrowserToolset20260801(Box<ClientTool>) = "browser_toolset_20260801",
        /// Searches of the web.
        WebSearch20250305(Box<WebSearchTool>) = "web_search_20250305",
        /// Searches of the web.
        WebSearch20260209(Box<WebSearchTool>) = "web_search_20260209",
        /// Searches of the web.
        WebSearch20260318(Box<WebSearchTool>) = "web_search_20260318",
        /// Pages of the web.
        WebFetch20250910(Box<HostedTool>) = "web_fetch_20250910",
        /// Pages of the web.
        WebFetch20260209(Box<HostedTool>) = "web_fetch_20260209",
        /// Pages of the web.
        WebFetch20260309(Box<HostedTool>) = "web_fetch_20260309",
        /// Pages of the web.
        WebFetch20260318(Box<HostedTool>) = "web_fetch_20260318",
        /// Code.
        CodeExecution20250522(Box<HostedTool>) = "code_execution_20250522",
        /// Code.
        CodeExecution20250825(Box<HostedTool>) = "code_execution_20250825",
        /// Code.
        CodeExecution20260120(Box<HostedTool>) = "code_execution_20260120",
        /// Code.
        CodeExecution20260521(Box<HostedTool>) = "code_execution_20260521",
        /// Searches among deferred tools.
        ToolSearchRegex20251119(Box<HostedTool>) = "tool_search_tool_regex_20251119",
        /// Searches among deferred tools.
        ToolSearchBm25V20251119(Box<HostedTool>) = "tool_search_tool_bm25_20251119",
        /// Another model's advice.
        Advisor20260301(Box<AdvisorTool>) = "advisor_20260301",
        /// The tools of an MCP server.
        McpToolset(Box<McpToolset>) = "mcp_toolset",
    }
    missing = resolve_tool;
    unsaid = "custom";
}

object! {
    /// A tool of the client's own. Messages: `Tool`.
    #[derive(Default)]
    pub struct CustomTool {
        /// What calls name. Messages: `name`.
        optional name: String,
        /// What it does. Messages: `description`.
        optional description: String,
        /// A schema of its input, verbatim. Messages: `input_schema`.
        optional input_schema: Json,
        /// Whether input must follow the schema. Messages: `strict`.
        optional strict: bool,
        /// Whether it is offered only once it is named. Messages: `defer_loading`.
        optional defer_loading: bool,
        /// Who may call it. Messages: `allowed_callers`.
        optional allowed_callers: Vec<String>,
        /// What input looks like, verbatim. Messages: `input_examples`.
        optional input_examples: Json,
        /// Whether input is streamed unchecked. Messages: `eager_input_streaming`.
        optional eager_input_streaming: bool,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

object! {
    /// A tool that the model knows and the client runs. Messages: `ToolBash20250124` and others.
    #[derive(Default)]
    pub struct ClientTool {
        /// What calls name. Messages: `name`.
        optional name: String,
        /// Whether it is offered only once it is named. Messages: `defer_loading`.
        optional defer_loading: bool,
        /// Who may call it. Messages: `allowed_callers`.
        optional allowed_callers: Vec<String>,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

object! {
    /// Searches of the web, which the server runs. Messages: `WebSearchTool20250305` and later.
    #[derive(Default)]
    pub struct WebSearchTool {
        /// `web_search`. Messages: `name`.
        optional name: String,
        /// How many searches there may be. Messages: `max_uses`.
        optional max_uses: Integer,
        /// Nothing from elsewhere. Messages: `allowed_domains`.
        optional allowed_domains: Vec<String>,
        /// Nothing from here. Messages: `blocked_domains`.
        optional blocked_domains: Vec<String>,
        /// Where the user is. Messages: `user_location`.
        optional user_location: UserLocation,
        /// How much of what is found is told. Messages: `response_inclusion`.
        optional response_inclusion: Json,
        /// Whether it is offered only once it is named. Messages: `defer_loading`.
        optional defer_loading: bool,
        /// Who may call it. Messages: `allowed_callers`.
        optional allowed_callers: Vec<String>,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

object! {
    /// Where the user is. Messages: `UserLocation`.
    #[derive(Default)]
    pub struct UserLocation {
        /// `approximate`. Messages: `user_location.type`.
        optional kind as "type": String,
        /// Messages: `user_location.city`.
        optional city: String,
        /// Messages: `user_location.region`.
        optional region: String,
        /// Two letters. Messages: `user_location.country`.
        optional country: String,
        /// By its IANA name. Messages: `user_location.timezone`.
        optional timezone: String,
    }
}

object! {
    /// Another tool that the server runs. Messages: `WebFetchTool20250910`, `CodeExecutionTool20250825` and others.
    #[derive(Default)]
    pub struct HostedTool {
        /// What calls name. Messages: `name`.
        optional name: String,
        /// How often it may be called. Messages: `max_uses`.
        optional max_uses: Integer,
        /// Whether it is offered only once it is named. Messages: `defer_loading`.
        optional defer_loading: bool,
        /// Who may call it. Messages: `allowed_callers`.
        optional allowed_callers: Vec<String>,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

object! {
    /// Another model's advice. Messages (beta): `advisor_20260301`.
    #[derive(Default)]
    pub struct AdvisorTool {
        /// What calls name. Messages: `name`.
        optional name: String,
        /// The other model. Messages: `model`.
        optional model: String,
        /// How much it may say. Messages: `max_tokens`.
        optional max_tokens: Integer,
        /// How often it may be asked. Messages: `max_uses`.
        optional max_uses: Integer,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

object! {
    /// The tools of an MCP server. Messages (beta): `mcp_toolset`.
    #[derive(Default)]
    pub struct McpToolset {
        /// The server, by its name in `mcp_servers`. Messages: `mcp_server_name`.
        optional mcp_server_name: String,
        /// What holds for each, verbatim. Messages: `default_config`.
        optional default_config: Json,
        /// What holds for some, verbatim. Messages: `configs`.
        optional configs: Json,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}
