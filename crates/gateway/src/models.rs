//! What there is to choose from, as each client wants to read it.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, StatusCode, Uri};
use serde::Serialize;

use crate::app::Shared;
use crate::{ApiError, reply};

/// The path below which the Codex CLI looks when it has a login of its own.
pub(crate) const CODEX: &str = "/backend-api/codex";

/// What a model is told to be where nobody knows it well enough for better.
const INSTRUCTIONS: &str = include_str!("codex_instructions.md");

/// The route below `base`.
pub(crate) fn routes(base: &str) -> Router<Shared> {
    Router::new().route(&format!("{base}/models"), get(models))
}

async fn models(State(app): State<Shared>, uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let list = app.upstreams().models(&headers).await?;
    if !is_for_codex(&uri) {
        return Ok(reply::json(StatusCode::OK, &list));
    }
    let names = list.data.unwrap_or_default().into_iter().filter_map(|model| model.id);
    let models = names.enumerate().map(|(place, name)| Entry::new(name, place)).collect();
    Ok(reply::json(StatusCode::OK, &Catalogue { models }))
}

/// The CLI of Codex names its version, or asks where its own backend would be.
fn is_for_codex(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    uri.path().starts_with(CODEX) || query.split('&').any(|pair| pair.split('=').next() == Some("client_version"))
}

/// What the Codex CLI reads, measured with 0.169.0: one entry that lacks a field makes it throw all of them away.
#[derive(Serialize)]
struct Catalogue {
    models: Vec<Entry>,
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
    fn new(name: String, place: usize) -> Self {
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
