//! What a Messages upstream accepts and forces: data, not code.

use crate::MidSystem;
use crate::settings::{names, settings};

settings! {
    /// The ways of a Messages upstream. The default is Anthropic's own API, asked for each answer as the caller asks for it.
    ///
    /// ```
    /// use interlingua_translate::{MessagesUpstream, MidSystem};
    ///
    /// let local = MessagesUpstream { default_max_tokens: 8192, ..MessagesUpstream::compatible() };
    /// assert!(local.mid_system == MidSystem::Reminder && !local.auto_cache);
    /// ```
    pub struct Upstream {
        /// Whether the upstream takes `temperature`, `top_p` and `top_k`; newer models refuse them, whatever they say.
        sampling: bool = false,
        /// Whether a conversation may end with a turn of the model, which the model then continues; newer models refuse it.
        prefill: bool = false,
        /// What becomes of text of the operator in the middle of a conversation: it keeps its place as a `system` message, or is a
        /// reminder at the end of the user's turn before it, for models that know no such message there.
        mid_system: MidSystem = MidSystem::Keep,
        /// Whether prompts are cached although the caller does not say where: nothing is cached unasked.
        auto_cache: bool = true,
        /// Whether every answer is asked for as a stream, and put together for who wants it in one piece: a long one in one piece
        /// times out.
        always_stream: bool = false,
        /// Fields that this upstream refuses; they are left out.
        refused: Vec<Field> = Vec::new(),
        /// The most tokens that the model writes, asked for when the caller does not say.
        max_tokens: Option<i64> = None,
        /// The tokens to ask for when neither the caller nor the model's entry in a list says.
        default_max_tokens: i64 = 32_000,
        /// The efforts the model takes, weakest first; empty lets any pass.
        efforts: Vec<String> = Vec::new(),
        /// The ways to think that the model takes: `adaptive`, `enabled`, `disabled`; empty lets any pass, and prefers the first.
        thinking: Vec<String> = Vec::new(),
        /// The name under which the upstream knows its search of the web.
        web_search: String = "web_search_20250305".to_owned(),
        /// The longest tool name, in bytes.
        tool_name_limit: usize = 128,
    }
}

impl Upstream {
    /// Anthropic's own API over a network, where a long answer in one piece times out.
    #[must_use]
    pub fn anthropic() -> Self {
        Self { always_stream: true, ..Self::default() }
    }

    /// A model server that speaks an older or smaller API than Anthropic's.
    #[must_use]
    pub fn compatible() -> Self {
        Self {
            sampling: true,
            mid_system: MidSystem::Reminder,
            auto_cache: false,
            refused: vec![Field::ServiceTier, Field::CacheControl, Field::Strict],
            default_max_tokens: 8192,
            ..Self::default()
        }
    }

    /// Whether this upstream refuses a field.
    #[must_use]
    pub fn refuses(&self, field: Field) -> bool {
        self.refused.contains(&field)
    }

    /// Whether the model thinks in that way; all ways pass where none is named.
    pub(crate) fn thinks(&self, way: &str) -> bool {
        self.thinking.is_empty() || self.thinking.iter().any(|known| known == way)
    }
}

names! {
    /// Fields of a Messages request that an upstream may refuse.
    pub enum Field: "a list of names of fields" {
        /// `thinking`.
        Thinking = "thinking",
        /// `output_config.effort`.
        Effort = "output_config.effort",
        /// `output_config.format`.
        Format = "output_config.format",
        /// `stop_sequences`.
        StopSequences = "stop_sequences",
        /// `metadata`.
        Metadata = "metadata",
        /// `service_tier`.
        ServiceTier = "service_tier",
        /// `cache_control`, wherever it stands.
        CacheControl = "cache_control",
        /// `context_management`.
        ContextManagement = "context_management",
        /// `thinking.block_binding`.
        BlockBinding = "thinking.block_binding",
        /// `strict` of a tool.
        Strict = "strict",
    }
}
