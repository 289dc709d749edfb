//! The list of models as the Codex CLI reads it.

use interlingua_wire::chat::ModelList;
use serde::Serialize;

use super::window::context_window;

/// What a model is told to be where nobody knows it well enough for better.
const INSTRUCTIONS: &str = include_str!("codex_instructions.md");

/// A list of models as the file that the Codex CLI reads by its setting `model_catalog_json`: without one it knows nothing
/// of a model that is not OpenAI's, and warns.
///
/// ```
/// let list = serde_json::from_str(r#"{"data":[{"id":"qwen3","max_model_len":32768}]}"#)?;
/// let catalogue: serde_json::Value = serde_json::from_str(&interlingua_gateway::codex_catalogue(list))?;
/// assert_eq!(catalogue["models"][0]["slug"], "qwen3");
/// assert_eq!(catalogue["models"][0]["context_window"], 32768);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn codex_catalogue(models: ModelList) -> String {
    // Its keys are strings: there is nothing that can fail.
    serde_json::to_string_pretty(&Catalogue::new(models)).unwrap_or_default()
}

/// What the Codex CLI reads, measured with 0.169.0: one entry that lacks a field makes it throw all of them away.
#[derive(Serialize)]
pub(super) struct Catalogue {
    models: Vec<Entry>,
}

impl Catalogue {
    pub(super) fn new(list: ModelList) -> Self {
        let named = list.data.unwrap_or_default().into_iter().filter_map(|mut model| Some((model.id.take()?, model)));
        let models = named.enumerate().map(|(place, (name, model))| Entry::new(name, context_window(&model), place));
        Self { models: models.collect() }
    }
}

/// A model of which nothing is known but its name: what any model is able to do, and nothing that only some are.
#[derive(Serialize)]
struct Entry {
    slug: String,
    display_name: String,
    description: Option<&'static str>,
    visibility: &'static str,
    supported_in_api: bool,
    /// Lower ones stand first.
    priority: usize,
    minimal_client_version: &'static str,
    supported_reasoning_levels: [Level; 3],
    default_reasoning_level: &'static str,
    supports_reasoning_summaries: bool,
    default_reasoning_summary: &'static str,
    support_verbosity: bool,
    default_verbosity: Option<&'static str>,
    supports_parallel_tool_calls: bool,
    shell_type: &'static str,
    apply_patch_tool_type: Option<&'static str>,
    /// How many tokens it reads, where the server says; by it the CLI knows when to make a conversation shorter.
    #[serde(skip_serializing_if = "Option::is_none")]
    context_window: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_context_window: Option<u64>,
    truncation_policy: Truncation,
    input_modalities: [&'static str; 2],
    supports_image_detail_original: bool,
    experimental_supported_tools: [&'static str; 0],
    service_tiers: [&'static str; 0],
    additional_speed_tiers: [&'static str; 0],
    /// The tools ride in a field of their own, which every API has.
    use_responses_lite: bool,
    prefer_websockets: bool,
    availability_nux: Option<&'static str>,
    upgrade: Option<&'static str>,
    model_messages: Option<&'static str>,
    /// The CLI has none of its own for a model that is in a catalogue.
    base_instructions: &'static str,
}

#[derive(Serialize)]
struct Level {
    effort: &'static str,
    description: &'static str,
}

/// How much of a tool's result the CLI keeps.
#[derive(Serialize)]
struct Truncation {
    mode: &'static str,
    limit: u32,
}

impl Entry {
    fn new(name: String, context_window: Option<u64>, place: usize) -> Self {
        let level = |effort| Level { effort, description: "" };
        Self {
            display_name: name.clone(),
            slug: name,
            description: None,
            visibility: "list",
            supported_in_api: true,
            priority: place,
            minimal_client_version: "0.0.1",
            supported_reasoning_levels: [level("low"), level("medium"), level("high")],
            default_reasoning_level: "medium",
            supports_reasoning_summaries: true,
            default_reasoning_summary: "auto",
            support_verbosity: false,
            default_verbosity: None,
            supports_parallel_tool_calls: true,
            shell_type: "shell_command",
            apply_patch_tool_type: Some("freeform"),
            context_window,
            max_context_window: context_window,
            truncation_policy: Truncation { mode: "tokens", limit: 10_000 },
            input_modalities: ["text", "image"],
            supports_image_detail_original: false,
            experimental_supported_tools: [],
            service_tiers: [],
            additional_speed_tiers: [],
            use_responses_lite: false,
            prefer_websockets: false,
            availability_nux: None,
            upgrade: None,
            model_messages: None,
            base_instructions: INSTRUCTIONS,
        }
    }
}
