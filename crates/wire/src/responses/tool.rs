//! Tools that a request offers.
//!
//! ```
//! use interlingua_wire::responses::Tool;
//!
//! let Tool::Function(tool) = serde_json::from_str(r#"{"type":"function","name":"f","parameters":{"type": "object"}}"#)? else {
//!     panic!("a function")
//! };
//! assert_eq!(tool.strict, None);
//! # Ok::<(), serde_json::Error>(())
//! ```

use crate::{
    Json,
    core::{object, tagged},
};

tagged! {
    /// A tool. Responses: schema `Tool`. The kinds with a date are the same tool, pinned.
    pub enum Tool by "type" {
        /// A function of the client.
        Function(FunctionTool) = "function",
        /// A tool of the client that takes text.
        Custom(CustomTool) = "custom",
        /// Tools of the client under a common name.
        Namespace(NamespaceTool) = "namespace",
        /// Web search.
        WebSearch(WebSearchTool) = "web_search",
        /// Web search, pinned.
        WebSearchDated(WebSearchTool) = "web_search_2025_08_26",
        /// Web search, older.
        WebSearchPreview(WebSearchTool) = "web_search_preview",
        /// Web search, older, pinned.
        WebSearchPreviewDated(WebSearchTool) = "web_search_preview_2025_03_11",
        /// Search in files.
        FileSearch(FileSearchTool) = "file_search",
        /// A computer.
        Computer(ComputerTool) = "computer",
        /// A computer, older.
        ComputerUsePreview(ComputerUseTool) = "computer_use_preview",
        /// Code that the server runs.
        CodeInterpreter(CodeInterpreterTool) = "code_interpreter",
        /// Drawing.
        ImageGeneration(ImageGenerationTool) = "image_generation",
        /// An MCP server.
        Mcp(McpTool) = "mcp",
        /// The client's shell.
        LocalShell(LocalShellTool) = "local_shell",
        /// A shell.
        Shell(ShellTool) = "shell",
        /// Changes to files.
        ApplyPatch(ApplyPatchTool) = "apply_patch",
        /// A search for tools.
        ToolSearch(ToolSearchTool) = "tool_search",
        /// Programs that call tools.
        Programmatic(ProgrammaticTool) = "programmatic_tool_calling",
    }
}

object! {
    /// A function of the client. Responses: tool `function`.
    #[derive(Default)]
    pub struct FunctionTool {
        /// Its name. Responses: `function.name`.
        optional name: String,
        /// What it does. Responses: `function.description`.
        optional description: String,
        /// The JSON Schema of its arguments. Responses: `function.parameters`.
        optional parameters: Json,
        /// Whether arguments must fit the schema; missing: if the schema allows it. Responses: `function.strict`.
        optional strict: bool,
        /// The JSON Schema of its answer. Responses: `function.output_schema`.
        optional output_schema: Json,
        /// Who may call it. Responses: `function.allowed_callers`.
        optional allowed_callers: Json,
        /// Whether it is offered only once searched for. Responses: `function.defer_loading`.
        optional defer_loading: bool,
        /// Whether the model may go on without the answer. Responses: `function.async`.
        optional is_async as "async": bool,
    }
}

object! {
    /// A tool of the client that takes text. Responses: tool `custom`.
    #[derive(Default)]
    pub struct CustomTool {
        /// Its name. Responses: `custom.name`.
        optional name: String,
        /// What it does. Responses: `custom.description`.
        optional description: String,
        /// What text it takes. Responses: `custom.format`.
        optional format: CustomFormat,
        /// Who may call it. Responses: `custom.allowed_callers`.
        optional allowed_callers: Json,
        /// Whether it is offered only once searched for. Responses: `custom.defer_loading`.
        optional defer_loading: bool,
        /// Whether the model may go on without the answer. Responses: `custom.async`.
        optional is_async as "async": bool,
    }
}

tagged! {
    /// What text a custom tool takes. Responses: `custom.format`.
    pub enum CustomFormat by "type" {
        /// Any.
        Text(PlainFormat) = "text",
        /// Text of a grammar.
        Grammar(GrammarFormat) = "grammar",
    }
}

object! {
    /// Any text. Responses: format `text`, of a custom tool and of the answer; also the answer's `json_object`.
    #[derive(Default)]
    pub struct PlainFormat {}
}

object! {
    /// Text of a grammar. Responses: format `grammar` of a custom tool.
    #[derive(Default)]
    pub struct GrammarFormat {
        /// `lark` or `regex`. Responses: `custom.format.syntax`.
        optional syntax: String,
        /// The grammar. Responses: `custom.format.definition`.
        optional definition: String,
    }
}

object! {
    /// Tools of the client under a common name. Responses: tool `namespace`.
    #[derive(Default)]
    pub struct NamespaceTool {
        /// The common name. Responses: `namespace.name`.
        optional name: String,
        /// What they are for. Responses: `namespace.description`.
        optional description: String,
        /// The tools. Responses: `namespace.tools`.
        optional tools: Vec<NamespaceToolMember>,
    }
}

tagged! {
    /// A tool in a namespace, which is never a namespace itself. Responses: `namespace.tools[]`.
    pub enum NamespaceToolMember by "type" {
        /// A function.
        Function(FunctionTool) = "function",
        /// A tool that takes text.
        Custom(CustomTool) = "custom",
    }
}

object! {
    /// Web search. Responses: tools `web_search` and `web_search_preview`.
    #[derive(Default)]
    pub struct WebSearchTool {
        /// `low`, `medium` or `high`. Responses: `web_search.search_context_size`.
        optional search_context_size: String,
        /// Where the user is. Responses: `web_search.user_location`.
        optional user_location: UserLocation,
        /// Which sites. Responses: `web_search.filters`.
        optional filters: Json,
        /// Whether live pages are read. Responses: `web_search.external_web_access`.
        optional external_web_access: Json,
        /// Text, images or both. Responses: `web_search_preview.search_content_types`.
        optional search_content_types: Json,
    }
}

object! {
    /// Where the user is, about. Responses: `web_search.user_location`.
    #[derive(Default)]
    pub struct UserLocation {
        /// `approximate`. Responses: `user_location.type`.
        optional kind as "type": String,
        /// Two letters of ISO 3166-1. Responses: `user_location.country`.
        optional country: String,
        /// Responses: `user_location.region`.
        optional region: String,
        /// Responses: `user_location.city`.
        optional city: String,
        /// Of the IANA database. Responses: `user_location.timezone`.
        optional timezone: String,
    }
}

object! {
    /// Search in files. Responses: tool `file_search`.
    #[derive(Default)]
    pub struct FileSearchTool {
        /// Which files. Responses: `file_search.vector_store_ids`.
        optional vector_store_ids: Json,
        /// How many results at most. Responses: `file_search.max_num_results`.
        optional max_num_results: Json,
        /// How they are ranked. Responses: `file_search.ranking_options`.
        optional ranking_options: Json,
        /// Which of the files. Responses: `file_search.filters`.
        optional filters: Json,
    }
}

object! {
    /// A computer. Responses: tool `computer`.
    #[derive(Default)]
    pub struct ComputerTool {}
}

object! {
    /// A computer, older. Responses: tool `computer_use_preview`.
    #[derive(Default)]
    pub struct ComputerUseTool {
        /// What kind. Responses: `computer_use_preview.environment`.
        optional environment: Json,
        /// In pixels. Responses: `computer_use_preview.display_width`.
        optional display_width: Json,
        /// In pixels. Responses: `computer_use_preview.display_height`.
        optional display_height: Json,
    }
}

object! {
    /// Code that the server runs. Responses: tool `code_interpreter`.
    #[derive(Default)]
    pub struct CodeInterpreterTool {
        /// Where it runs. Responses: `code_interpreter.container`.
        optional container: Json,
    }
}

object! {
    /// Drawing; its dozen settings stay in `extra`. Responses: tool `image_generation`.
    #[derive(Default)]
    pub struct ImageGenerationTool {}
}

object! {
    /// An MCP server. Responses: tool `mcp`.
    #[derive(Default)]
    pub struct McpTool {
        /// The server's name in calls. Responses: `mcp.server_label`.
        optional server_label: String,
        /// Its address, a text, which may have a credential in it. Responses: `mcp.server_url`.
        optional server_url: Json,
        /// What it is for. Responses: `mcp.server_description`.
        optional server_description: String,
        /// A server of the operator's. Responses: `mcp.connector_id`.
        optional connector_id: String,
        /// An access token. Responses: `mcp.authorization`.
        optional authorization: Json,
        /// What to send with every request, tokens too. Responses: `mcp.headers`.
        optional headers: Json,
        /// Which of its tools. Responses: `mcp.allowed_tools`.
        optional allowed_tools: Json,
        /// Which calls a person has to allow. Responses: `mcp.require_approval`.
        optional require_approval: Json,
        /// Who may call them. Responses: `mcp.allowed_callers`.
        optional allowed_callers: Json,
        /// Whether they are offered only once searched for. Responses: `mcp.defer_loading`.
        optional defer_loading: bool,
        /// The tunnel through which the server is reached. Responses: `mcp.tunnel_id`.
        optional tunnel_id: String,
    }
}

object! {
    /// The client's shell. Responses: tool `local_shell`.
    #[derive(Default)]
    pub struct LocalShellTool {}
}

object! {
    /// A shell. Responses: tool `shell`.
    #[derive(Default)]
    pub struct ShellTool {
        /// Where it runs. Responses: `shell.environment`.
        optional environment: Json,
        /// Who may call it. Responses: `shell.allowed_callers`.
        optional allowed_callers: Json,
    }
}

object! {
    /// Changes to files. Responses: tool `apply_patch`.
    #[derive(Default)]
    pub struct ApplyPatchTool {
        /// Who may call it. Responses: `apply_patch.allowed_callers`.
        optional allowed_callers: Json,
    }
}

object! {
    /// A search for tools. Responses: tool `tool_search`.
    #[derive(Default)]
    pub struct ToolSearchTool {
        /// Who searches: `server` or `client`. Responses: `tool_search.execution`.
        optional execution: String,
        /// What can be found. Responses: `tool_search.description`.
        optional description: String,
        /// The JSON Schema of what to search for. Responses: `tool_search.parameters`.
        optional parameters: Json,
    }
}

object! {
    /// Programs that call tools. Responses: tool `programmatic_tool_calling`.
    #[derive(Default)]
    pub struct ProgrammaticTool {}
}
