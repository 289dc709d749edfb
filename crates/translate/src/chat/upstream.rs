//! What a Chat Completions upstream accepts and forces: data, not code.

use crate::MidSystem;
use crate::settings::{names, settings};

settings! {
    /// The ways of a Chat Completions upstream. The default is OpenAI's own API.
    ///
    /// ```
    /// use interlingua_translate::ChatUpstream;
    ///
    /// let local = ChatUpstream { media_in_tool_results: true, ..ChatUpstream::compatible() };
    /// assert!(local.plain_text && local.developer_as_system);
    /// ```
    pub struct Upstream {
        /// Whether a `developer` message becomes a `system` message.
        developer_as_system: bool = false,
        /// Whether the system messages at the beginning become one, for servers whose template allows no second one.
        merge_leading_system: bool = false,
        /// What becomes of text of the operator in the middle of a conversation: it keeps its place as a message, or is a reminder at
        /// the end of the user's turn before it, for servers whose template allows such text only at the beginning.
        mid_system: MidSystem = MidSystem::Keep,
        /// Whether the limit of tokens goes into the deprecated `max_tokens`.
        legacy_max_tokens: bool = false,
        /// Fields that this upstream refuses; they are left out.
        refused: Vec<Field> = Vec::new(),
        /// Whether custom tools are sent as functions with one string argument, `input`.
        custom_as_function: bool = false,
        /// Whether media in tool results stay in the tool message instead of moving into a user message.
        media_in_tool_results: bool = false,
        /// Whether thoughts go back to the upstream as `reasoning_content`.
        replay_reasoning: bool = false,
        /// Whether content that is nothing but text is sent as one string, for servers that know no list of parts.
        plain_text: bool = false,
        /// Whether the arguments of calls in the history have to be a JSON object, for servers that read them to fill a template;
        /// other text is wrapped in one.
        json_arguments: bool = false,
        /// Whether the model is one that searches the web, so that a web search tool becomes `web_search_options`.
        web_search: bool = false,
        /// The longest tool name, in bytes.
        tool_name_limit: usize = 64,
    }
}

impl Upstream {
    /// A model server that speaks an older or smaller API than OpenAI's.
    #[must_use]
    pub fn compatible() -> Self {
        Self {
            developer_as_system: true,
            merge_leading_system: true,
            mid_system: MidSystem::Reminder,
            legacy_max_tokens: true,
            refused: vec![
                Field::Store,
                Field::ServiceTier,
                Field::Verbosity,
                Field::SafetyIdentifier,
                Field::PromptCacheKey,
                Field::PromptCacheRetention,
                Field::PromptCacheOptions,
                Field::PromptCacheBreakpoint,
                Field::Moderation,
            ],
            custom_as_function: true,
            replay_reasoning: true,
            plain_text: true,
            json_arguments: true,
            ..Self::default()
        }
    }

    /// Whether this upstream refuses a field.
    #[must_use]
    pub fn refuses(&self, field: Field) -> bool {
        self.refused.contains(&field)
    }
}

names! {
    /// Fields of a Chat Completions request that an upstream may refuse.
    pub enum Field: "a list of names of fields" {
        /// `store`.
        Store = "store",
        /// `parallel_tool_calls`.
        ParallelToolCalls = "parallel_tool_calls",
        /// `temperature`.
        Temperature = "temperature",
        /// `top_p`.
        TopP = "top_p",
        /// `frequency_penalty`.
        FrequencyPenalty = "frequency_penalty",
        /// `presence_penalty`.
        PresencePenalty = "presence_penalty",
        /// `logit_bias`.
        LogitBias = "logit_bias",
        /// `seed`.
        Seed = "seed",
        /// `stop`.
        Stop = "stop",
        /// `n`.
        N = "n",
        /// `prediction`.
        Prediction = "prediction",
        /// `max_tokens`.
        MaxTokens = "max_tokens",
        /// `max_completion_tokens`.
        MaxCompletionTokens = "max_completion_tokens",
        /// `verbosity`.
        Verbosity = "verbosity",
        /// `reasoning_effort`.
        ReasoningEffort = "reasoning_effort",
        /// `stream_options`.
        StreamOptions = "stream_options",
        /// `stream_options.include_obfuscation`.
        StreamOptionsIncludeObfuscation = "stream_options.include_obfuscation",
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
        /// `service_tier`.
        ServiceTier = "service_tier",
        /// `strict` of a function.
        Strict = "strict",
    }
}
