//! A Messages request as the canonical request.
//!
//! Follows "Create a message" of the API reference, field by field.

use interlingua_model::{
    Content, Opaque, OpaqueClass, Origin, OutputFormat, Part, PartKind, Request, SchemaFormat, Sourced, Weight,
};
use interlingua_wire::{Extra, Integer, messages as wire};

use super::decode_content::plain_text;
use super::decode_messages::decode_messages;
use super::decode_tools::{Offered, decode_choice, decode_tools};
use super::reading::Reading;
use super::user::{User, read_user};
use crate::convert::{json, verbatim};
use crate::error::missing;
use crate::path::Path;
use crate::strictness::is_strict_schema;
use crate::{Api, Error, LossCode, RequestCode, Translated};

/// What the mark begins with that Claude Code leaves for its own backend, in front of all the operator says. It differs from
/// conversation to conversation, which no prompt cache survives.
const ATTRIBUTION: &str = "x-anthropic-billing-header:";
/// What an earlier version called the form of the answer.
const OLDER_FORMAT: &str = "output_format";

/// Reads a Messages request.
///
/// Deferred tools, tools that come and go, and messages of the system that count for a while are resolved: what is left is
/// what holds at the end of the conversation.
///
/// # Errors
/// [`Error::Request`] with the path at fault, when the request contradicts itself or names what only its own provider can
/// read: no messages, a result without its call, an upload.
///
/// ```
/// use interlingua_translate::messages;
///
/// let body = r#"{"model":"m","max_tokens":9,"messages":[
///     {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"42"}]}]}"#;
/// let error = messages::decode_request(serde_json::from_str(body)?).unwrap_err();
/// assert_eq!(error.param(), Some("messages[0].content[0]"));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn decode_request(wire: wire::Request) -> Result<Translated<Request>, Error> {
    let wire::Request {
        model,
        max_tokens,
        system,
        messages,
        tools,
        tool_choice,
        thinking,
        output_config,
        stop_sequences,
        stream,
        temperature,
        top_p,
        top_k,
        metadata,
        service_tier,
        speed,
        cache_control,
        container,
        diagnostics,
        inference_geo,
        user_profile_id,
        workspace_id,
        context_management,
        compaction,
        mcp_servers,
        thread,
        fallbacks,
        fallback_credit_token,
        billing_policy,
        mut extra,
    } = wire;
    let model = model.ok_or_else(|| missing("model", "name the model to answer"))?;
    let mut out = Reading::of(Request::new(model));
    let older_format = out.older_format(&mut extra);
    out.unknown("", &extra);

    out.limit(max_tokens)?;
    out.system(system)?;
    decode_messages(&mut out, messages.unwrap_or_default())?;
    let chosen = match &tool_choice {
        Some(wire::ToolChoice::Tool(tool)) => tool.name.clone(),
        Some(
            wire::ToolChoice::Auto(_)
            | wire::ToolChoice::Any(_)
            | wire::ToolChoice::None(_)
            | wire::ToolChoice::Unknown(_),
        )
        | None => None,
    };
    let offered = Offered { chosen, servers: mcp_servers.unwrap_or_default() };
    decode_tools(&mut out, tools.unwrap_or_default(), offered)?;
    decode_choice(&mut out, tool_choice)?;
    let (effort, format) = out.output(output_config);
    out.carry("thinking", Weight::Neutral, thinking.as_ref());
    out.thinking(thinking, effort);
    match (format, older_format) {
        (None, Some(format)) => out.format(Some(format), OLDER_FORMAT)?,
        (format, _) => out.format(format, "output_config.format")?,
    }

    let request = &mut out.request;
    // Nothing is stored, whoever answers; and a stream of this API always ends with what it cost.
    request.store = Some(Sourced { value: false, origin: Origin::default() });
    request.stream.enabled = stream.unwrap_or(false);
    request.stream.include_usage = true;
    request.sampling.temperature = temperature.map(|value| Sourced::at("temperature", value));
    request.sampling.top_p = top_p.map(|value| Sourced::at("top_p", value));
    request.sampling.top_k = top_k.map(|Integer(value)| Sourced::at("top_k", value));
    request.sampling.stop =
        stop_sequences.filter(|stop| !stop.is_empty()).map(|stop| Sourced::at("stop_sequences", stop));
    out.service(metadata, service_tier, speed);

    out.carry("cache_control", Weight::Hint, cache_control.as_ref());
    out.container(container.as_ref());
    out.carry("diagnostics", Weight::Hint, diagnostics.as_ref());
    out.carry("inference_geo", Weight::Hint, inference_geo.as_ref());
    out.carry("user_profile_id", Weight::Hint, user_profile_id.as_ref());
    out.carry("workspace_id", Weight::Hint, workspace_id.as_ref());
    out.carry("billing_policy", Weight::Hint, billing_policy.as_ref());
    out.carry("fallbacks", Weight::Hint, fallbacks.as_ref());
    out.carry("fallback_credit_token", Weight::Hint, fallback_credit_token.as_ref());
    out.context_management(context_management);
    out.carry("compaction", Weight::Essential, compaction.as_ref());
    out.carry("thread", Weight::Essential, thread.as_ref());

    let Reading { request, losses, memory: _ } = out;
    Ok(Translated { value: request, losses })
}

impl Reading {
    fn limit(&mut self, limit: Option<Integer>) -> Result<(), Error> {
        self.request.limits.origin = Origin::of("max_tokens");
        let Integer(limit) = limit.ok_or_else(|| missing("max_tokens", "say how many tokens the answer may have"))?;
        if limit < 1 {
            let message = format!("an answer needs room for at least one token, not {limit}");
            return Err(Error::request("max_tokens", RequestCode::UnsupportedValue, message));
        }
        self.request.limits.max_output_tokens = Some(Sourced::at("max_tokens", limit));
        Ok(())
    }

    fn system(&mut self, system: Option<wire::Content>) -> Result<(), Error> {
        let content = match system {
            None => return Ok(()),
            Some(wire::Content::Text(text)) if text.is_empty() => return Ok(()),
            Some(wire::Content::Text(text)) => Content::Text(text),
            Some(wire::Content::Blocks(blocks)) => {
                let mut parts = Vec::with_capacity(blocks.len());
                for (index, block) in blocks.into_iter().enumerate() {
                    parts.extend(self.system_block(block, index)?);
                }
                if parts.is_empty() {
                    return Ok(());
                }
                Content::Parts(parts)
            }
        };
        self.request.instructions = Some(Sourced::at("system", content));
        Ok(())
    }

    fn system_block(&mut self, block: wire::Block, index: usize) -> Result<Option<Part>, Error> {
        let origin = Origin::nth("system[*]", index);
        let path = Path::at(origin);
        let wire::Block::Text(text) = block else {
            let message = format!("`system` holds text, no `{}`", block.tag());
            return Err(Error::request(path, RequestCode::UnsupportedValue, message));
        };
        if index == 0 && text.text.as_ref().is_some_and(|text| text.starts_with(ATTRIBUTION)) {
            let raw = verbatim(&wire::Block::Text(text));
            let mark = Opaque { api: Api::Messages, kind: "text".to_owned(), class: OpaqueClass::Settled, raw };
            return Ok(Some(Part { origin, kind: PartKind::Opaque(mark), cache_breakpoint: None }));
        }
        plain_text(self, text, path, origin, "system[*].cache_control")
    }

    /// The effort, and the form of the answer.
    fn output(&mut self, output: Option<wire::OutputConfig>) -> (Option<String>, Option<wire::Format>) {
        let Some(wire::OutputConfig { effort, format, task_budget, extra }) = output else { return (None, None) };
        self.unknown("output_config", &extra);
        self.carry("output_config.task_budget", Weight::Hint, task_budget.as_ref());
        (effort, format)
    }

    /// The form of the answer under the name it had in an earlier version.
    fn older_format(&mut self, extra: &mut Extra) -> Option<wire::Format> {
        let format = extra.get(OLDER_FORMAT)?.parse().ok()?;
        extra.take(OLDER_FORMAT);
        let detail = "read as `output_config.format`, by which newer versions call it";
        self.lose(OLDER_FORMAT, LossCode::ExtensionAccepted, detail);
        Some(format)
    }

    fn format(&mut self, format: Option<wire::Format>, path: &'static str) -> Result<(), Error> {
        let schema = match format {
            None => return Ok(()),
            Some(wire::Format::JsonSchema(wire::JsonSchema { schema, extra })) => {
                self.unknown(path, &extra);
                schema.ok_or_else(|| missing(format!("{path}.schema"), "a json_schema format needs its schema"))?
            }
            Some(wire::Format::Unknown(unknown)) => {
                let message = format!("`{}` is no format that is known here; there is json_schema", unknown.kind);
                return Err(Error::request(format!("{path}.type"), RequestCode::UnsupportedValue, message));
            }
        };
        // This API always holds an answer to its schema.
        let strict = is_strict_schema(schema.get()).then_some(true);
        let format = SchemaFormat {
            name: "output".to_owned(),
            description: None,
            schema: Some(json(schema)),
            strict,
            is_bound: true,
        };
        self.request.output.format = Some(Sourced::at(path, OutputFormat::JsonSchema(format)));
        Ok(())
    }

    fn service(&mut self, metadata: Option<wire::Metadata>, tier: Option<String>, speed: Option<String>) {
        if let Some(metadata) = metadata {
            let wire::Metadata { user_id, extra } = metadata;
            self.unknown("metadata", &extra);
            let known = wire::Metadata { user_id: user_id.clone(), ..wire::Metadata::default() };
            self.carry("metadata", Weight::Neutral, Some(&known));
            if let Some(user_id) = user_id.filter(|id| !id.is_empty()) {
                let User { id, session } = read_user(user_id);
                let at = |value| Sourced::at("metadata.user_id", value);
                self.request.service.safety_identifier = Some(at(id));
                self.request.service.prompt_cache_key = session.map(at);
            }
        }
        let mut tiers = self.request.service.tier.take();
        if let Some(tier) = tier {
            self.carry("service_tier", Weight::Neutral, Some(&tier));
            match tier.as_str() {
                "auto" => {}
                "standard_only" => tiers = Some(Sourced::at("service_tier", "default".to_owned())),
                _ => tiers = Some(Sourced::at("service_tier", tier)),
            }
        }
        if let Some(speed) = speed {
            self.carry("speed", Weight::Neutral, Some(&speed));
            match speed.as_str() {
                "standard" => {}
                "fast" => tiers = Some(Sourced::at("speed", "priority".to_owned())),
                _ => self.lose("speed", LossCode::UnknownValue, format!("`{speed}` is neither standard nor fast")),
            }
        }
        self.request.service.tier = tiers;
    }

    fn container(&mut self, container: Option<&wire::Container>) {
        let has_skills = match container {
            Some(wire::Container::Settings(settings)) => settings.skills.is_some(),
            Some(wire::Container::Id(_)) | None => false,
        };
        let weight = if has_skills { Weight::Essential } else { Weight::Parameter };
        self.carry("container", weight, container);
    }

    fn context_management(&mut self, management: Option<wire::ContextManagement>) {
        let Some(management) = management else { return };
        let keeps_all = |keep: &wire::ClearThinking| {
            keep.keep.as_ref().is_some_and(|keep| keep.parse::<String>().is_ok_and(|keep| keep == "all"))
        };
        let is_neutral = |edit: &wire::Edit| match edit {
            wire::Edit::ClearThinking(edit) => keeps_all(edit),
            wire::Edit::ClearToolUses(_) | wire::Edit::Compact(_) | wire::Edit::Unknown(_) => false,
        };
        let edits = management.edits.as_deref().unwrap_or_default();
        let weight = if edits.iter().all(is_neutral) { Weight::Neutral } else { Weight::Hint };
        self.carry("context_management", weight, Some(&management));
    }
}
