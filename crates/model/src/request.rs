//! What a caller asks for.

use crate::{Api, Content, Item, Json, Opaque, Origin, Sourced, Tool, ToolChoice};

/// A request, whichever protocol it was written in.
///
/// Scalar wishes are [`Sourced`], so that a far side which cannot express one reports it under the name the caller
/// used. `None` means that the caller did not say.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The model's name.
    pub model: String,
    /// The operator's text where a protocol keeps it apart from the conversation (Responses: `instructions`, Messages: `system`).
    pub instructions: Option<Sourced<Content>>,
    /// The conversation, oldest first.
    pub items: Vec<Item>,
    /// Where the conversation as a whole stood.
    pub items_origin: Origin,
    /// The tools, in the caller's order (prompt caches depend on it).
    pub tools: Vec<Tool>,
    /// How to choose among them.
    pub tool_choice: Option<Sourced<ToolChoice>>,
    /// Whether several calls may be made at once.
    pub parallel_tool_calls: Option<Sourced<bool>>,
    /// How calls are spelled for this caller.
    pub call_style: CallStyle,
    /// The form of the answer.
    pub output: OutputOptions,
    /// How to think.
    pub reasoning: Reasoning,
    /// How to draw tokens.
    pub sampling: Sampling,
    /// How much to say.
    pub limits: Limits,
    /// Whether and how to stream.
    pub stream: StreamOptions,
    /// Whether the upstream keeps the reply; a decoder spells out its protocol's default.
    pub store: Option<Sourced<bool>>,
    /// Accounting, caching and safety.
    pub service: Service,
    /// What ties the request to state that the upstream keeps.
    pub continuation: Continuation,
    /// Extra output asked for by name (Responses: `include`), without what other fields already say.
    pub include: Vec<Sourced<String>>,
    /// Fields that only one protocol has a word for.
    pub carried: Vec<Carried>,
}

/// A field that only one protocol has a word for: written again for an upstream of the same API, and judged for any other by
/// its weight alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried {
    /// Its place in the source document.
    pub origin: Origin,
    /// The API that has a word for it.
    pub api: Api,
    /// The word: a name, or names with dots between them.
    pub name: &'static str,
    /// What an answer is without it.
    pub weight: Weight,
    /// What it says, verbatim.
    pub value: Json,
}

/// What an answer is without a field that it was asked with. Only the decoder that read it can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weight {
    /// The same: the field says what happens anyway.
    Neutral,
    /// As good: the field only hints.
    Hint,
    /// Perhaps another one.
    Parameter,
    /// Not what was asked for.
    Essential,
}

impl Request {
    /// An empty request for `model`: no items, no wishes.
    #[must_use]
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            instructions: None,
            items: Vec::new(),
            items_origin: Origin::default(),
            tools: Vec::new(),
            tool_choice: None,
            parallel_tool_calls: None,
            call_style: CallStyle::Tools,
            output: OutputOptions::default(),
            reasoning: Reasoning::default(),
            sampling: Sampling::default(),
            limits: Limits::default(),
            stream: StreamOptions::default(),
            store: None,
            service: Service::default(),
            continuation: Continuation::default(),
            include: Vec::new(),
            carried: Vec::new(),
        }
    }
}

/// How calls are spelled for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CallStyle {
    /// As tool calls.
    #[default]
    Tools,
    /// As Chat's deprecated single `function_call`.
    LegacyFunctions,
}

/// The form of the answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OutputOptions {
    /// Text, JSON, or JSON by a schema.
    pub format: Option<Sourced<OutputFormat>>,
    /// How long-winded: `low`, `medium`, `high` or newer.
    pub verbosity: Option<Sourced<String>>,
    /// How likely each token was.
    pub logprobs: Option<Logprobs>,
    /// Spoken output (Chat: `audio`, with `audio` in `modalities`).
    pub audio: Option<AudioOutput>,
}

/// The form of the text.
#[derive(Debug, Clone, PartialEq)]
pub enum OutputFormat {
    /// Free text, said explicitly.
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON that follows a schema.
    JsonSchema(SchemaFormat),
    /// A form newer than this model.
    Opaque(Opaque),
}

/// JSON that follows a schema.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaFormat {
    /// The schema's name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The schema, verbatim.
    pub schema: Option<Json>,
    /// Whether the answer must follow it; absent means no, unless it is bound.
    pub strict: Option<bool>,
    /// Whether the caller's protocol holds every answer to its schema, so that one which is not strict is less than asked for.
    pub is_bound: bool,
}

/// A wish for token probabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct Logprobs {
    /// Where the wish stood.
    pub origin: Origin,
    /// How many of the likeliest tokens to list, 0 to 20, where the caller said.
    pub top: Option<Sourced<i64>>,
}

/// A wish for spoken output.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioOutput {
    /// Voice and format, verbatim.
    pub settings: Sourced<Json>,
}

/// How to think.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reasoning {
    /// How hard: an open string, passed as it is.
    pub effort: Option<Sourced<String>>,
    /// How many tokens of thoughts, where the caller says it in tokens; the effort then says the same in a word.
    pub budget: Option<Sourced<i64>>,
    /// How much of its thoughts the caller wants to see, where said.
    pub display: Option<Sourced<Display>>,
    /// Whether to summarise: `auto`, `concise`, `detailed` or newer.
    pub summary: Option<Sourced<String>>,
    /// Which earlier thoughts to keep (Responses: `reasoning.context`).
    pub context: Option<Sourced<String>>,
    /// `standard` or another mode (Responses: `reasoning.mode`).
    pub mode: Option<Sourced<String>>,
}

/// How much of its thoughts a reply shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Display {
    /// None: the caller has no place for them.
    Nothing,
    /// That there were some, sealed, so that they can go back on the next turn.
    Sealed,
    /// Their text as well.
    Text,
}

/// How to draw tokens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sampling {
    /// 0 to 2.
    pub temperature: Option<Sourced<serde_json::Number>>,
    /// 0 to 1.
    pub top_p: Option<Sourced<serde_json::Number>>,
    /// From how many tokens to draw (Messages: `top_k`).
    pub top_k: Option<Sourced<i64>>,
    /// -2 to 2; a decoder leaves a neutral 0 out.
    pub frequency_penalty: Option<Sourced<serde_json::Number>>,
    /// -2 to 2; a decoder leaves a neutral 0 out.
    pub presence_penalty: Option<Sourced<serde_json::Number>>,
    /// Token id to bias, verbatim; a decoder leaves an empty map out.
    pub logit_bias: Option<Sourced<Json>>,
    /// Best-effort determinism.
    pub seed: Option<Sourced<serde_json::Number>>,
    /// Sequences that end the answer; a decoder leaves an empty list out.
    pub stop: Option<Sourced<Vec<String>>>,
    /// How many answers; a decoder leaves a neutral 1 out.
    pub choices: Option<Sourced<i64>>,
    /// The expected answer, to save time.
    pub prediction: Option<Sourced<Json>>,
}

/// How much to say and do.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limits {
    /// Tokens of the answer, thoughts included.
    pub max_output_tokens: Option<Sourced<i64>>,
    /// Where that limit would stand, for protocols that want one.
    pub origin: Origin,
    /// Calls of hosted tools.
    pub max_tool_calls: Option<Sourced<i64>>,
    /// What to do when the input is too long (Responses: `truncation`).
    pub truncation: Option<Sourced<String>>,
    /// How to shorten the input (Responses: `context_management`), verbatim.
    pub context_management: Option<Sourced<Json>>,
}

/// Whether and how to stream.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StreamOptions {
    /// Whether the reply is a stream.
    pub enabled: bool,
    /// Whether the stream ends with usage (Chat: `stream_options.include_usage`).
    pub include_usage: bool,
    /// Whether deltas are padded against traffic analysis.
    pub include_obfuscation: Option<Sourced<bool>>,
    /// When summaries of thoughts are sent (Responses: `stream_options.reasoning_summary_delivery`).
    pub summary_delivery: Option<Sourced<String>>,
}

/// Accounting, caching and safety.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Service {
    /// The service class: `auto`, `default`, `flex`, `priority` or newer.
    pub tier: Option<Sourced<String>>,
    /// Key-value pairs of the caller, verbatim.
    pub metadata: Option<Sourced<Json>>,
    /// The end user, in the deprecated field.
    pub user: Option<Sourced<String>>,
    /// The end user, hashed.
    pub safety_identifier: Option<Sourced<String>>,
    /// Which prompt cache to look in.
    pub prompt_cache_key: Option<Sourced<String>>,
    /// How long the prompt cache lives.
    pub prompt_cache_retention: Option<Sourced<String>>,
    /// How the prompt cache works, verbatim.
    pub prompt_cache_options: Option<Sourced<Json>>,
    /// Moderation of input and output, verbatim: both protocols spell it alike.
    pub moderation: Option<Sourced<Json>>,
    /// Which programs of access apply (Responses: `access_programs`), verbatim.
    pub access_programs: Option<Sourced<Json>>,
    /// How images of the answer are made (Responses: `image`), verbatim.
    pub image: Option<Sourced<Json>>,
    /// Agents that the server runs beside the model (Responses: `multi_agent`), verbatim.
    pub multi_agent: Option<Sourced<Json>>,
    /// What a client tells its backend about itself (Responses: `client_metadata`), verbatim.
    pub client_metadata: Option<Sourced<Json>>,
}

/// What ties a request to state that the upstream keeps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Continuation {
    /// The reply this one follows.
    pub previous_response_id: Option<Sourced<String>>,
    /// The conversation it belongs to, verbatim.
    pub conversation: Option<Sourced<Json>>,
    /// A stored prompt template, verbatim.
    pub prompt: Option<Sourced<Json>>,
    /// Whether to answer later.
    pub background: Option<Sourced<bool>>,
    /// How to answer later (Responses: `background_options`), verbatim.
    pub background_options: Option<Sourced<Json>>,
}
