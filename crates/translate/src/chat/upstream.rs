//! What a Chat Completions upstream accepts and forces: data, not code.

use crate::MidSystem;
use crate::Patch;
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
    pub struct Upstream by model
    /// What differs for some models of a Chat Completions upstream.
    ///
    /// ```
    /// use interlingua_translate::ChatUpstream;
    ///
    /// let json = r#"{"efforts":["low","high"],"models":[{"names":["small-*"],"effort_field":""}]}"#;
    /// let upstream: ChatUpstream = serde_json::from_str(json)?;
    /// assert_eq!(upstream.for_model("small-1").effort_field, "");
    /// assert_eq!(upstream.for_model("large-1").effort_field, "reasoning_effort");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ModelWays {
        /// Whether a `developer` message becomes a `system` message.
        developer_as_system: bool = false,
        /// Whether the system messages at the beginning become one, for servers whose template allows no second one.
        merge_leading_system: bool = false,
        /// What becomes of text of the operator in the middle of a conversation: it keeps its place as a message, or is a reminder at
        /// the end of the user's turn before it, for servers whose template allows such text only at the beginning.
        mid_system: MidSystem = MidSystem::Keep,
        /// The user message that is put where there is none, for servers that refuse a conversation without one.
        missing_user: Option<String> = None,
        /// What the model is made to say between the result of a tool and a user who speaks right behind it, for servers that
        /// refuse this order.
        bridge_after_tool: Option<String> = None,
        /// Whether the limit of tokens goes into the deprecated `max_tokens`.
        legacy_max_tokens: bool = false,
        /// The highest `temperature`; a higher one is lowered to it.
        max_temperature: Option<serde_json::Number> = None,
        /// Fields that this upstream refuses; they are left out.
        refused: Vec<Field> = Vec::new(),
        /// Where the seed goes: a name in the body, with dots for names inside.
        seed_field: String = "seed".to_owned(),
        /// Fields that every body carries, beside or in place of what the request says.
        extra: Option<Patch> = None,
        /// Whether the upstream is always asked for a stream, whatever the client asks for.
        always_stream: bool = false,
        /// Whether custom tools are sent as functions with one string argument, `input`.
        custom_as_function: bool = false,
        /// Whether a function without parameters is sent with those of an empty object.
        always_parameters: bool = false,
        /// Whether `strict` is sent only where it is true.
        omit_strict_false: bool = false,
        /// Words of a schema that are left out of those of tools and answers, such as `$schema`.
        schema_dropped: Vec<String> = Vec::new(),
        /// Whether each part of a schema says its type once: one beside `anyOf` moves into the alternatives, and one that is
        /// missing is taken from the values.
        typed_schemas: bool = false,
        /// The ways to choose a tool that the upstream takes. In place of another the nearest is asked for: for no tool none is
        /// offered, for one tool that one alone.
        choices: Vec<Choice> = Choice::ALL.to_vec(),
        /// The same while the model thinks.
        choices_while_thinking: Vec<Choice> = Choice::ALL.to_vec(),
        /// The word for a choice that demands any tool.
        required_word: String = "required".to_owned(),
        /// Whether to send `parallel_tool_calls` when there are tools and the caller does not say.
        default_parallel_tool_calls: Option<bool> = None,
        /// Whether the model is told to make one call at a time, whatever the caller says.
        one_call_at_a_time: bool = false,
        /// The shortest tool name, in bytes.
        tool_name_least: usize = 1,
        /// The longest tool name, in bytes.
        tool_name_limit: usize = 64,
        /// Whether a tool name has to begin with a letter or `_`.
        tool_name_initial: bool = false,
        /// What a call id has to look like.
        call_ids: CallIdForm = CallIdForm::Any,
        /// Whether media in tool results stay in the tool message instead of moving into a user message.
        media_in_tool_results: bool = false,
        /// Whether content that is nothing but text is sent as one string, for servers that know no list of parts.
        plain_text: bool = false,
        /// Whether the boundaries of a prompt cache are written as Claude's servers have them, `cache_control` beside a part or a
        /// tool, for servers that have such models behind them.
        cache_control: bool = false,
        /// Whether an assistant message that is nothing but calls has no `content`, and one that says nothing is left out, for
        /// servers that refuse a content of nothing.
        omit_null_content: bool = false,
        /// The fields that a message of the model's at the end of the conversation carries so that the upstream goes on from it
        /// instead of answering it, such as `prefix`; an empty table where it needs none. Unset, the upstream answers it.
        prefill: Option<Patch> = None,
        /// Whether such a message may stand there while the model thinks; else a sign of the user's stands behind it.
        prefill_while_thinking: bool = true,
        /// Whether the arguments of calls in the history have to be a JSON object, for servers that read them to fill a template;
        /// other text is wrapped in one.
        json_arguments: bool = false,
        /// How an answer that fits a schema is asked for.
        json_schema: JsonForm = JsonForm::Native,
        /// How an answer in JSON of any shape is asked for.
        json_object: JsonForm = JsonForm::Native,
        /// What becomes of the form of the answer where there are tools.
        json_beside_tools: BesideTools = BesideTools::Keep,
        /// Whether JSON mode wants the word "json" in the conversation.
        json_word: bool = false,
        /// Whether a model that is to answer in JSON has to be kept from thinking.
        json_stops_thinking: bool = false,
        /// Whether the model thinks where nobody says.
        thinks: Thinks = Thinks::WhenAsked,
        /// Where the effort goes: a name in the body, with dots for names inside; empty for nowhere.
        effort_field: String = "reasoning_effort".to_owned(),
        /// Where the number of tokens to think with goes, where the caller gives one; the same, and empty for nowhere.
        budget_field: String = String::new(),
        /// The upstream's names of efforts, as pairs of the caller's and the upstream's.
        effort_names: Vec<(String, String)> = Vec::new(),
        /// The efforts the model takes, weakest first; empty lets any pass.
        efforts: Vec<String> = Vec::new(),
        /// The fields that keep the model from thinking, for the effort `none`. Unset, it is an effort like any other.
        effort_none: Option<Patch> = None,
        /// The fields that make the model think, for any other effort.
        effort_any: Option<Patch> = None,
        /// Pairs of what begins and what ends thoughts at the beginning of the content, such as `<think>` and `</think>`; an
        /// empty beginning says that the content begins inside of them.
        think_tags: Vec<(String, String)> = Vec::new(),
        /// Whether thoughts go back to the upstream.
        replay_reasoning: bool = false,
        /// Where thoughts go back to, each place in turn.
        reasoning_as: Vec<ReasoningForm> = vec![ReasoningForm::ReasoningContent],
        /// Which turns of the model have to have thoughts while it thinks; a blank stands for those that are missing.
        needs_reasoning: Needs = Needs::Never,
        /// Fields of the upstream's own assistant messages that it wants back as they were. A client keeps them as encrypted
        /// thoughts.
        carried: Vec<Carried> = Vec::new(),
        /// Fields of the body that make the upstream read old thoughts, where any go back.
        replay_extra: Option<Patch> = None,
        /// Whether the model is one that searches the web, so that a web search tool becomes `web_search_options`.
        web_search: bool = false,
        /// The tool that stands for a web search.
        web_search_tool: Option<Patch> = None,
        /// The fields of the body that stand for a web search.
        web_search_extra: Option<Patch> = None,
        /// Whether the parts of one answer may come in several choices.
        merge_choices: bool = false,
        /// Whether the tokens of thoughts are not among those of the answer, and have to be added.
        usage_adds_reasoning: bool = false,
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
                Field::Prediction,
                Field::User,
                Field::MessageName,
            ],
            always_parameters: true,
            omit_strict_false: true,
            schema_dropped: vec!["$schema".to_owned()],
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
        /// `logprobs` and `top_logprobs`.
        Logprobs = "logprobs",
        /// `name`, of those who speak.
        MessageName = "messages.name",
        /// Parts of content that are a file.
        File = "content.file",
        /// Parts of content that are a picture.
        Image = "content.image_url",
        /// The same where the picture does not come as data, but by its address.
        ImageAddress = "content.image_url.url",
        /// Parts of content that are sound.
        Audio = "content.input_audio",
    }
}

names! {
    /// A way to choose a tool.
    pub enum Choice: "a list of `none`, `auto`, `required`, `function`, `allowed_tools`" {
        /// None may be called.
        None = "none",
        /// Any may.
        Auto = "auto",
        /// Any must.
        Required = "required",
        /// One by its name must.
        Function = "function",
        /// Some of those there are.
        Allowed = "allowed_tools",
    }
}

names! {
    /// How an answer in JSON is asked for.
    pub enum JsonForm: "a list of forms" {
        /// As the API has it.
        Native = "native",
        /// By `json_object`; a schema is told in the prompt.
        JsonObject = "json_object",
        /// By `json_schema`.
        JsonSchema = "json_schema",
        /// In the prompt alone.
        Prompt = "prompt",
    }
}

names! {
    /// What becomes of the form of an answer beside tools.
    pub enum BesideTools: "a list of forms" {
        /// It stays.
        Keep = "keep",
        /// It stays, and the choice of a tool is left to the model.
        Auto = "auto",
        /// It is told in the prompt.
        Prompt = "prompt",
    }
}

names! {
    /// When a model thinks.
    pub enum Thinks: "a list of times" {
        /// Where an effort is asked for.
        WhenAsked = "when_asked",
        /// Unless it is told not to.
        ByDefault = "by_default",
        /// Whatever it is told.
        Always = "always",
    }
}

names! {
    /// Where thoughts stand in a message of the history.
    pub enum ReasoningForm: "a list of `reasoning_content`, `reasoning`, `reasoning_details`, `think_tags`, `thinking`" {
        /// `reasoning_content`.
        ReasoningContent = "reasoning_content",
        /// `reasoning`.
        Reasoning = "reasoning",
        /// An entry of `reasoning_details`.
        ReasoningDetails = "reasoning_details",
        /// The content, in the first of `think_tags`, else `<think>`.
        ThinkTags = "think_tags",
        /// A part of the content of type `thinking`.
        ThinkingPart = "thinking",
    }
}

names! {
    /// Which turns have to have thoughts.
    pub enum Needs: "a list of turns" {
        /// None.
        Never = "never",
        /// Those that make calls.
        Calls = "calls",
        /// All.
        Always = "always",
    }
}

names! {
    /// What an upstream wants back as it was.
    pub enum Carried: "a list of `extra_content`, `reasoning_details`, `thinking_blocks`, `reasoning_opaque`" {
        /// `extra_content` of a call.
        ExtraContent = "extra_content",
        /// `reasoning_details`.
        ReasoningDetails = "reasoning_details",
        /// `thinking_blocks`.
        ThinkingBlocks = "thinking_blocks",
        /// `reasoning_opaque`.
        ReasoningOpaque = "reasoning_opaque",
    }
}

names! {
    /// What a call id has to look like.
    pub enum CallIdForm: "a list of forms" {
        /// Anything.
        Any = "any",
        /// Nine letters or digits.
        Nine = "nine_letters",
    }
}
