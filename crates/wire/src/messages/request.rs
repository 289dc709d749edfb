//! What a client asks.
//!
//! ```
//! use interlingua_wire::messages::{Content, Request};
//!
//! let request: Request = serde_json::from_str(r#"{"model":"m","max_tokens":9,"system":"Be brief","seed":7}"#)?;
//! assert_eq!(request.system, Some(Content::Text("Be brief".into())));
//! assert_eq!(request.extra.keys().collect::<Vec<_>>(), ["seed"]);
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::cache::CacheControl;
use super::context_management::ContextManagement;
use super::message::{Content, Message};
use super::output::OutputConfig;
use super::tool::Tool;
use super::tool_choice::ToolChoice;
use crate::core::{object, tagged, union};
use crate::{Integer, Json};

object! {
    /// A request for a message. Messages: `MessageCreateParams`.
    #[derive(Default)]
    pub struct Request {
        /// The model. Messages: `model`.
        optional model: String,
        /// How many tokens it may write, thoughts included. Messages: `max_tokens`.
        optional max_tokens: Integer,
        /// The operator's words, before everything else. Messages: `system`.
        optional system: Content,
        /// The conversation so far. Messages: `messages`.
        optional messages: Vec<Message>,
        /// What the model may call. Messages: `tools`.
        optional tools: Vec<Tool>,
        /// What it may or must call. Messages: `tool_choice`.
        optional tool_choice: ToolChoice,
        /// Whether and how it thinks. Messages: `thinking`.
        optional thinking: ThinkingConfig,
        /// How hard it tries, and the form of its answer. Messages: `output_config`.
        optional output_config: OutputConfig,
        /// What ends its answer. Messages: `stop_sequences`.
        optional stop_sequences: Vec<String>,
        /// Whether to answer as a stream. Messages: `stream`.
        optional stream: bool,
        /// 0 to 1; until version 2023-06-01. Messages: `temperature`.
        optional temperature: serde_json::Number,
        /// 0 to 1; until version 2023-06-01. Messages: `top_p`.
        optional top_p: serde_json::Number,
        /// How many tokens are in the draw; until version 2023-06-01. Messages: `top_k`.
        optional top_k: Integer,
        /// Who asks. Messages: `metadata`.
        optional metadata: Metadata,
        /// `auto` or `standard_only`. Messages: `service_tier`.
        optional service_tier: String,
        /// `standard` or `fast`. Messages: `speed`.
        optional speed: String,
        /// Ends the cached prefix behind the last block that can. Messages: `cache_control`.
        optional cache_control: CacheControl,
        /// Where code runs. Messages: `container`.
        optional container: Container,
        /// What helps to find faults. Messages: `diagnostics`.
        optional diagnostics: Json,
        /// Where the model runs. Messages: `inference_geo`.
        optional inference_geo: String,
        /// Which profile of a user counts. Messages: `user_profile_id`.
        optional user_profile_id: String,
        /// Who pays. Messages: `workspace_id`.
        optional workspace_id: String,
        /// How the server shortens the conversation. Messages (beta): `context_management`.
        optional context_management: ContextManagement,
        /// Ask for nothing but a summary. Messages (beta): `compaction`.
        optional compaction: Json,
        /// Servers whose tools the model may call. Messages (beta): `mcp_servers`.
        optional mcp_servers: Vec<McpServer>,
        /// A conversation that the server keeps. Messages (beta): `thread`.
        optional thread: Json,
        /// Which models go on where this one stops. Messages (beta): `fallbacks`.
        optional fallbacks: Json,
        /// What pays for that. Messages (beta): `fallback_credit_token`.
        optional fallback_credit_token: Json,
        /// How it is paid. Messages (beta): `billing_policy`.
        optional billing_policy: Json,
    }
}

impl Request {
    /// Reads a request, as `serde_json::from_str` does.
    ///
    /// That function is compiled again in every crate that reads a request with it, with all types below; this one is
    /// compiled here.
    ///
    /// # Errors
    /// It is not JSON, or has the wrong shape.
    #[inline(never)]
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }
}

tagged! {
    /// Whether and how the model thinks. Messages: `thinking`.
    pub enum ThinkingConfig by "type" {
        /// As it sees fit.
        Adaptive(AdaptiveThinking) = "adaptive",
        /// Up to a budget.
        Enabled(EnabledThinking) = "enabled",
        /// Not at all.
        Disabled(DisabledThinking) = "disabled",
        /// Between calls only.
        BetweenTools(AdaptiveThinking) = "between_tools",
    }
}

object! {
    /// Thinking as the model sees fit. Messages: `ThinkingConfigAdaptive`.
    #[derive(Default)]
    pub struct AdaptiveThinking {
        /// What is shown of it: `summarized`, `omitted`, `updates`. Messages: `thinking.display`.
        optional display: String,
        /// How tightly thoughts are bound to their turn. Messages (beta): `thinking.block_binding`.
        optional block_binding: Json,
    }
}

object! {
    /// Thinking up to a budget. Messages: `ThinkingConfigEnabled`.
    #[derive(Default)]
    pub struct EnabledThinking {
        /// The budget in tokens, 1024 at least and less than `max_tokens`. Messages: `thinking.budget_tokens`.
        optional budget_tokens: Integer,
        /// What is shown of it. Messages: `thinking.display`.
        optional display: String,
        /// How tightly thoughts are bound to their turn. Messages (beta): `thinking.block_binding`.
        optional block_binding: Json,
    }
}

object! {
    /// No thinking. Messages: `ThinkingConfigDisabled`.
    #[derive(Default)]
    pub struct DisabledThinking {}
}

object! {
    /// Who asks. Messages: `Metadata`.
    #[derive(Default)]
    pub struct Metadata {
        /// The user, as the client calls them. Messages: `metadata.user_id`.
        optional user_id: String,
    }
}

union! {
    /// Where code runs. Messages: `container`.
    pub enum Container expects "a string or a container object" {
        /// One that is there, by its id.
        string Id(String),
        /// One with skills.
        object Settings(Box<ContainerSettings>),
    }
}

object! {
    /// A container with skills. Messages (beta): `ContainerParams`.
    #[derive(Default)]
    pub struct ContainerSettings {
        /// The id of one that is there. Messages: `container.id`.
        optional id: String,
        /// What it can do, verbatim. Messages: `container.skills`.
        optional skills: Json,
    }
}

object! {
    /// A server whose tools the model may call. Messages (beta): `mcp_servers[]`.
    #[derive(Default)]
    pub struct McpServer {
        /// `url`. Messages: `mcp_servers[].type`.
        optional kind as "type": String,
        /// What toolsets call it. Messages: `mcp_servers[].name`.
        optional name: String,
        /// Its address, a text, which may have a credential in it. Messages: `mcp_servers[].url`.
        optional url: Json,
        /// What opens it. Messages: `mcp_servers[].authorization_token`.
        optional token as "authorization_token": Json,
        /// Which of its tools, verbatim. Messages: `mcp_servers[].tool_configuration`.
        optional tool_configuration: Json,
    }
}
