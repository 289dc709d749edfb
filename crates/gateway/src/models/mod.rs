//! What there is to choose from, as each client wants to read it.

pub(crate) mod of_messages;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::{HeaderMap, StatusCode, Uri};
use interlingua_wire::chat::{Model, ModelList};
use serde::{Deserialize, Serialize};

use crate::app::Shared;
use crate::{ApiError, date, envelope, reply};

/// The path below which the Codex CLI looks when it has a login of its own.
pub(crate) const CODEX: &str = "/backend-api/codex";

/// What a model is told to be where nobody knows it well enough for better.
const INSTRUCTIONS: &str = include_str!("codex_instructions.md");

/// The route below `base`.
pub(crate) fn routes(base: &str) -> Router<Shared> {
    // Names may have slashes in them.
    Router::new().route(&format!("{base}/models"), get(models)).route(&format!("{base}/models/{{*id}}"), get(model))
}

async fn models(State(app): State<Shared>, uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let list = app.upstreams().models(&headers).await?;
    if headers.contains_key(envelope::VERSION) {
        return Ok(reply::json(StatusCode::OK, &of_messages::page(&list, &uri)?));
    }
    let list = in_openais_form(list);
    if !is_for_codex(&uri) {
        return Ok(reply::json(StatusCode::OK, &list));
    }
    Ok(reply::json(StatusCode::OK, &Catalogue::new(list)))
}

async fn model(State(app): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    let list = app.upstreams().models(&headers).await?;
    if headers.contains_key(envelope::VERSION) {
        let model = of_messages::find(&list, &id).ok_or_else(|| of_messages::unknown(&id))?;
        return Ok(reply::json(StatusCode::OK, &model));
    }
    let list = in_openais_form(list).data.unwrap_or_default();
    if let Some(model) = list.into_iter().find(|model| model.id.as_deref() == Some(&*id)) {
        return Ok(reply::json(StatusCode::OK, &model));
    }
    let message = format!("there is no model `{id}`; GET /v1/models lists those there are");
    let refusal = ApiError::new(StatusCode::NOT_FOUND, message);
    Err(refusal.with_param("model").with_code("model_not_found"))
}

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

/// The list with what clients of OpenAI's APIs look for, where an upstream tells it in other words.
fn in_openais_form(mut list: ModelList) -> ModelList {
    for model in list.data.iter_mut().flatten() {
        let created_at = || model.extra.get("created_at")?.parse::<String>().ok();
        model.created = model.created.or_else(|| date::read(&created_at()?).map(Into::into));
        model.object.get_or_insert_with(|| "model".to_owned());
    }
    list.object.get_or_insert_with(|| "list".to_owned());
    list
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

impl Catalogue {
    fn new(list: ModelList) -> Self {
        let named = list.data.unwrap_or_default().into_iter().filter_map(|mut model| Some((model.id.take()?, model)));
        let models = named.enumerate().map(|(place, (name, model))| Entry::new(name, context_window(&model), place));
        Self { models: models.collect() }
    }
}

/// How many tokens a model reads, by the names that servers of the field have for it: vLLM and SGLang, OpenRouter and many
/// others, Mistral, llama.cpp, Anthropic.
fn context_window(model: &Model) -> Option<u64> {
    #[derive(Deserialize)]
    struct Meta {
        n_ctx: Option<u64>,
        n_ctx_train: Option<u64>,
    }
    let number = |name: &str| model.extra.get(name)?.parse::<u64>().ok();
    let told = ["max_model_len", "context_length", "max_context_length", "n_ctx", "max_input_tokens"];
    let told = told.into_iter().find_map(number);
    let within = || {
        let Meta { n_ctx, n_ctx_train } = model.extra.get("meta")?.parse().ok()?;
        n_ctx.or(n_ctx_train)
    };
    told.or_else(within).filter(|window| *window > 0)
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
