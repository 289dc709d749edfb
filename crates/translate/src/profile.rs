//! What one backend accepts, forces and refuses: data, not code.

use serde::Deserialize;

/// A backend's ways. Encoders read it, so that a new backend is a new value here and no new branch there.
///
/// A profile of your own is any subset of these fields on top of [`Profile::openai`]; it reads from TOML or JSON by
/// `serde`.
///
/// ```
/// use interlingua_translate::Profile;
///
/// let codex = Profile::codex();
/// assert!(codex.responses.refused.iter().any(|field| field == "temperature"));
/// assert_eq!(codex.responses.tool_name_limit, 64);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// What to call it in messages.
    pub name: String,
    /// How to write requests for a Responses upstream.
    pub responses: ResponsesProfile,
    /// How to write requests for a Chat Completions upstream.
    pub chat: ChatProfile,
    /// How to write replies for the client.
    pub reply: ReplyProfile,
    /// Headers that every request to this backend carries, in order; credentials are not among them.
    pub headers: Vec<(String, String)>,
}

/// How to write requests for a Responses upstream.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResponsesProfile {
    /// Whether a `system` message becomes a `developer` message.
    pub system_as_developer: bool,
    /// Whether leading system and developer text moves into `instructions`. Off, because it reorders the prompt and
    /// hides the word "json" from JSON mode.
    pub hoist_instructions: bool,
    /// Whether `instructions` is sent even when there is none.
    pub always_instructions: bool,
    /// Whether the upstream only streams.
    pub always_stream: bool,
    /// Whether the upstream never stores.
    pub never_store: bool,
    /// Values of `include` that every request carries.
    pub include: Vec<String>,
    /// Fields of a Responses request that this upstream refuses; `prompt_cache_breakpoint` stands for those inside
    /// content parts.
    pub refused: Vec<String>,
    /// `service_tier` values to rename, as pairs of from and to.
    pub service_tiers: Vec<(String, String)>,
    /// `service_tier` values to leave out without a word: they say what happens anyway.
    pub neutral_service_tiers: Vec<String>,
    /// Kinds of hosted tools to rename, as pairs of from and to.
    pub hosted_tools: Vec<(String, String)>,
    /// The longest tool name, in bytes.
    pub tool_name_limit: usize,
    /// The longest call id, in bytes.
    pub call_id_limit: usize,
    /// The least `max_output_tokens`.
    pub min_output_tokens: i64,
    /// The effort to ask for when the caller does not say.
    pub default_effort: Option<String>,
    /// The efforts the model takes, weakest first; empty lets any pass.
    pub efforts: Vec<String>,
    /// The reasoning summary to ask for when the caller does not say.
    pub default_summary: Option<String>,
    /// Whether to send `parallel_tool_calls` when there are tools and the caller does not say.
    pub default_parallel_tool_calls: Option<bool>,
    /// Whether the model takes its tools as a leading `additional_tools` item.
    pub lite: bool,
    /// Headers that every request for such a model carries, in order.
    pub lite_headers: Vec<(String, String)>,
    /// Headers that carry the id of the conversation, which is `prompt_cache_key` too: the caller's key, else one made
    /// of how the conversation began. Empty: no id is made.
    pub session_headers: Vec<String>,
    /// The `client_version` to ask for the models' ways with: their efforts, and whether they are `lite`. `None`: this
    /// upstream does not tell them.
    pub catalogue_version: Option<String>,
    /// Where the upstream tells how much of the plan is used, beside the last segment of the base URL.
    pub usage_path: Option<String>,
}

/// How to write requests for a Chat Completions upstream.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChatProfile {
    /// Whether a `developer` message becomes a `system` message.
    pub developer_as_system: bool,
    /// Whether leading system messages become one.
    pub merge_leading_system: bool,
    /// Whether the token limit goes into the deprecated `max_tokens`.
    pub legacy_max_tokens: bool,
    /// Fields of a Chat request that this upstream refuses.
    pub refused: Vec<String>,
    /// Whether custom tools are sent as functions with one string argument, `input`.
    pub custom_as_function: bool,
    /// Whether media in tool results stay in the tool message instead of moving into a user message.
    pub media_in_tool_results: bool,
    /// Whether thoughts go back to the upstream as `reasoning_content`.
    pub replay_reasoning: bool,
    /// Whether content that is nothing but text is sent as one string, for servers that know no list of parts.
    pub plain_text: bool,
    /// Whether the model is one that searches the web, so that a web search tool becomes `web_search_options`.
    pub web_search: bool,
    /// The longest tool name, in bytes.
    pub tool_name_limit: usize,
}

/// How to write replies for the client.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReplyProfile {
    /// What stands between the texts of two messages that Chat joins into one.
    pub message_joiner: String,
    /// Whether Chat replies carry thoughts as `reasoning_content`.
    pub reasoning_content: bool,
    /// Whether a Responses stream ends the items that were cut: all open ones before a failure, open calls before an
    /// incomplete end. Off for clients that act on an ended item whatever its status: the Codex CLI shows half a text
    /// again at every retry, and runs half a call. The last event tells of the items either way.
    pub close_cut_items: bool,
}

impl Profile {
    /// The public API of OpenAI, and the default.
    #[must_use]
    pub fn openai() -> Self {
        Self {
            name: "openai".to_owned(),
            responses: ResponsesProfile::default(),
            chat: ChatProfile::default(),
            reply: ReplyProfile::default(),
            headers: Vec::new(),
        }
    }

    /// The backend behind the Codex CLI's ChatGPT login.
    ///
    /// It streams only, stores nothing, wants `instructions` and no `system` role, and refuses most sampling and
    /// accounting fields. The identity it expects of a client is in [`Profile::headers`] and can be overridden.
    #[must_use]
    pub fn codex() -> Self {
        let refused = [
            "max_output_tokens",
            "temperature",
            "top_p",
            "truncation",
            "user",
            "metadata",
            "safety_identifier",
            "prompt_cache_retention",
            "prompt_cache_options",
            "prompt_cache_breakpoint",
            "context_management",
            "stream_options",
            "previous_response_id",
        ];
        Self {
            name: "codex".to_owned(),
            responses: ResponsesProfile {
                system_as_developer: true,
                always_instructions: true,
                always_stream: true,
                never_store: true,
                include: vec!["reasoning.encrypted_content".to_owned()],
                refused: refused.map(str::to_owned).to_vec(),
                service_tiers: pairs(&[("fast", "priority")]),
                neutral_service_tiers: vec!["auto".to_owned(), "default".to_owned()],
                hosted_tools: pairs(&[
                    ("web_search_preview", "web_search"),
                    ("web_search_preview_2025_03_11", "web_search"),
                ]),
                tool_name_limit: 64,
                default_effort: Some("medium".to_owned()),
                default_summary: Some("auto".to_owned()),
                default_parallel_tool_calls: Some(true),
                lite_headers: pairs(&[("x-openai-internal-codex-responses-lite", "true")]),
                session_headers: vec!["session-id".to_owned()],
                catalogue_version: Some(CODEX_VERSION.to_owned()),
                usage_path: Some("/wham/usage".to_owned()),
                ..ResponsesProfile::default()
            },
            headers: pairs(&[
                ("originator", "codex_cli_rs"),
                ("user-agent", "codex-tui/0.120.0 (Mac OS 26.0.1; arm64) Apple_Terminal/464"),
                ("version", CODEX_VERSION),
            ]),
            ..Self::openai()
        }
    }

    /// A model server that speaks an older or smaller Chat Completions API than OpenAI's.
    #[must_use]
    pub fn compatible() -> Self {
        Self {
            name: "compatible".to_owned(),
            chat: ChatProfile {
                developer_as_system: true,
                merge_leading_system: true,
                legacy_max_tokens: true,
                refused: [
                    "store",
                    "metadata",
                    "service_tier",
                    "verbosity",
                    "safety_identifier",
                    "prompt_cache_key",
                    "prompt_cache_retention",
                    "prompt_cache_options",
                    "prompt_cache_breakpoint",
                    "moderation",
                ]
                .map(str::to_owned)
                .to_vec(),
                custom_as_function: true,
                replay_reasoning: true,
                plain_text: true,
                ..ChatProfile::default()
            },
            ..Self::openai()
        }
    }

    /// The built-in profile of that name: `openai`, `codex` or `compatible`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "openai" => Some(Self::openai()),
            "codex" => Some(Self::codex()),
            "compatible" => Some(Self::compatible()),
            _ => None,
        }
    }
}

/// The version of the Codex CLI whose ways [`Profile::codex`] follows; also part of its `user-agent`.
const CODEX_VERSION: &str = "0.120.0";

impl ResponsesProfile {
    /// Whether this upstream refuses a field.
    pub(crate) fn refuses(&self, field: &str) -> bool {
        self.refused.iter().any(|name| name == field)
    }

    /// The name under which this upstream knows a kind of hosted tool.
    pub(crate) fn hosted_tool<'a>(&'a self, kind: &'a str) -> &'a str {
        renamed(&self.hosted_tools, kind)
    }

    /// The name under which this upstream knows a service tier.
    pub(crate) fn service_tier<'a>(&'a self, tier: &'a str) -> &'a str {
        renamed(&self.service_tiers, tier)
    }
}

impl ChatProfile {
    /// Whether this upstream refuses a field.
    pub(crate) fn refuses(&self, field: &str) -> bool {
        self.refused.iter().any(|name| name == field)
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::openai()
    }
}

impl Default for ResponsesProfile {
    fn default() -> Self {
        Self {
            system_as_developer: false,
            hoist_instructions: false,
            always_instructions: false,
            always_stream: false,
            never_store: false,
            include: Vec::new(),
            refused: Vec::new(),
            service_tiers: Vec::new(),
            neutral_service_tiers: Vec::new(),
            hosted_tools: Vec::new(),
            tool_name_limit: 128,
            call_id_limit: 64,
            min_output_tokens: 16,
            default_effort: None,
            efforts: Vec::new(),
            default_summary: None,
            default_parallel_tool_calls: None,
            lite: false,
            lite_headers: Vec::new(),
            session_headers: Vec::new(),
            catalogue_version: None,
            usage_path: None,
        }
    }
}

impl Default for ChatProfile {
    fn default() -> Self {
        Self {
            developer_as_system: false,
            merge_leading_system: false,
            legacy_max_tokens: false,
            refused: Vec::new(),
            custom_as_function: false,
            media_in_tool_results: false,
            replay_reasoning: false,
            plain_text: false,
            web_search: false,
            tool_name_limit: 64,
        }
    }
}

impl Default for ReplyProfile {
    fn default() -> Self {
        Self { message_joiner: "\n\n".to_owned(), reasoning_content: true, close_cut_items: true }
    }
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
}

fn renamed<'a>(pairs: &'a [(String, String)], name: &'a str) -> &'a str {
    pairs.iter().find(|(from, _)| from == name).map_or(name, |(_, to)| to)
}
