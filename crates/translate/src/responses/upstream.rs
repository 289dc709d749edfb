//! What a Responses upstream accepts and forces: data, not code.

use crate::settings::{names, settings};

settings! {
    /// The ways of a Responses upstream. The default is OpenAI's own API.
    ///
    /// ```
    /// use interlingua_translate::{ResponsesUpstream, responses::Field};
    ///
    /// let codex = ResponsesUpstream::codex();
    /// assert!(codex.refuses(Field::Temperature));
    /// assert_eq!(codex.tool_name_limit, 64);
    /// ```
    pub struct Upstream {
        /// Whether a `system` message becomes a `developer` message.
        system_as_developer: bool = false,
        /// Whether leading system and developer text moves into `instructions`. Off, because it reorders the prompt and hides
        /// the word "json" from JSON mode.
        hoist_instructions: bool = false,
        /// Whether `instructions` is sent even when there is none.
        always_instructions: bool = false,
        /// Whether the upstream only streams.
        always_stream: bool = false,
        /// Whether the upstream never stores.
        never_store: bool = false,
        /// Values of `include` that every request carries.
        include: Vec<String> = Vec::new(),
        /// Fields that this upstream refuses; they are left out.
        refused: Vec<Field> = Vec::new(),
        /// Values of `service_tier` to rename, as pairs of from and to.
        service_tiers: Vec<(String, String)> = Vec::new(),
        /// Values of `service_tier` to leave out without a word: they say what happens anyway.
        neutral_service_tiers: Vec<String> = Vec::new(),
        /// Kinds of hosted tools to rename, as pairs of from and to.
        hosted_tools: Vec<(String, String)> = Vec::new(),
        /// The longest tool name, in bytes.
        tool_name_limit: usize = 128,
        /// The longest call id, in bytes.
        call_id_limit: usize = 64,
        /// The least `max_output_tokens`.
        min_output_tokens: i64 = 16,
        /// The effort to ask for when the caller does not say.
        default_effort: Option<String> = None,
        /// The efforts the model takes, weakest first; empty lets any pass.
        efforts: Vec<String> = Vec::new(),
        /// The reasoning summary to ask for when the caller does not say.
        default_summary: Option<String> = None,
        /// Whether to send `parallel_tool_calls` when there are tools and the caller does not say.
        default_parallel_tool_calls: Option<bool> = None,
        /// Whether the model takes its tools as a leading `additional_tools` item.
        lite: bool = false,
        /// Whether the upstream keeps conversations apart by `prompt_cache_key`: the caller's, else one made of how the
        /// conversation began, the same for each of its requests.
        sessions: bool = false,
    }
}

impl Upstream {
    /// The backend behind the Codex CLI's ChatGPT login.
    ///
    /// It streams only, stores nothing, wants `instructions` and no `system` role, and refuses most sampling and accounting
    /// fields.
    #[must_use]
    pub fn codex() -> Self {
        Self {
            system_as_developer: true,
            always_instructions: true,
            always_stream: true,
            never_store: true,
            include: vec!["reasoning.encrypted_content".to_owned()],
            refused: vec![
                Field::MaxOutputTokens,
                Field::Temperature,
                Field::TopP,
                Field::Truncation,
                Field::User,
                Field::Metadata,
                Field::SafetyIdentifier,
                Field::PromptCacheRetention,
                Field::PromptCacheOptions,
                Field::PromptCacheBreakpoint,
                Field::ContextManagement,
                Field::StreamOptions,
                Field::PreviousResponseId,
                Field::MaxToolCalls,
            ],
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
            sessions: true,
            ..Self::default()
        }
    }

    /// Whether this upstream refuses a field.
    #[must_use]
    pub fn refuses(&self, field: Field) -> bool {
        self.refused.contains(&field)
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

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
}

fn renamed<'a>(pairs: &'a [(String, String)], name: &'a str) -> &'a str {
    pairs.iter().find(|(from, _)| from == name).map_or(name, |(_, to)| to)
}

names! {
    /// Fields of a Responses request that an upstream may refuse.
    pub enum Field: "a list of names of fields" {
        /// `temperature`.
        Temperature = "temperature",
        /// `top_p`.
        TopP = "top_p",
        /// `max_output_tokens`.
        MaxOutputTokens = "max_output_tokens",
        /// `max_tool_calls`.
        MaxToolCalls = "max_tool_calls",
        /// `truncation`.
        Truncation = "truncation",
        /// `context_management`.
        ContextManagement = "context_management",
        /// `text.verbosity`.
        TextVerbosity = "text.verbosity",
        /// `stream_options`.
        StreamOptions = "stream_options",
        /// `service_tier`.
        ServiceTier = "service_tier",
        /// `metadata`.
        Metadata = "metadata",
        /// `user`.
        User = "user",
        /// `safety_identifier`.
        SafetyIdentifier = "safety_identifier",
        /// `prompt_cache_key`.
        PromptCacheKey = "prompt_cache_key",
        /// `prompt_cache_retention`.
        PromptCacheRetention = "prompt_cache_retention",
        /// `prompt_cache_options`.
        PromptCacheOptions = "prompt_cache_options",
        /// `prompt_cache_breakpoint`, wherever it stands in a part of content.
        PromptCacheBreakpoint = "prompt_cache_breakpoint",
        /// `moderation`.
        Moderation = "moderation",
        /// `client_metadata`.
        ClientMetadata = "client_metadata",
        /// `previous_response_id`.
        PreviousResponseId = "previous_response_id",
        /// `conversation`.
        Conversation = "conversation",
        /// `prompt`.
        Prompt = "prompt",
        /// `background`.
        Background = "background",
        /// `background_options`.
        BackgroundOptions = "background_options",
        /// `access_programs`.
        AccessPrograms = "access_programs",
        /// `image`.
        Image = "image",
        /// `multi_agent`.
        MultiAgent = "multi_agent",
    }
}
