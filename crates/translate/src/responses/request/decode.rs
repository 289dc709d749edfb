//! A Responses request as the canonical request.
//!
//! Follows "Create a model response" of the API reference, field by field.

use super::decode_items::decode_input;
use super::decode_tools::{decode_choice, decode_tools, settle_namespaces};
use super::include::LOGPROBS;
use super::reading::{Reading, at};
use crate::convert::json;
use crate::error::missing;
use crate::{Error, RequestCode, Translated};
use interlingua_model::{Content, Logprobs, Origin, OutputFormat, Request, SchemaFormat, Sourced};
use interlingua_wire::{Extra, Integer, responses as wire};
use serde_json::Number;

/// Reads a Responses request.
///
/// `store` and the `strict` of functions, whose defaults differ between protocols, are spelled out. Tools that stand
/// in the input are gathered with the others. What only the other side cannot express is not decided here.
///
/// # Errors
/// [`Error::Request`] with the path at fault, when the request contradicts itself: no model, no input, a result that
/// names no call, a choice of an undeclared tool, and the like.
///
/// ```
/// use interlingua_translate::responses;
///
/// let body = r#"{"model":"m","input":[{"type":"function_call_output","output":"42"}]}"#;
/// let error = responses::decode_request(serde_json::from_str(body)?).unwrap_err();
/// assert_eq!(error.param(), Some("input[0].call_id"));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn decode_request(wire: wire::Request) -> Result<Translated<Request>, Error> {
    let wire::Request {
        model,
        instructions,
        input,
        tools,
        tool_choice,
        parallel_tool_calls,
        max_tool_calls,
        reasoning,
        text,
        max_output_tokens,
        temperature,
        top_p,
        top_logprobs,
        include,
        stream,
        stream_options,
        store,
        metadata,
        previous_response_id,
        conversation,
        prompt,
        background,
        truncation,
        context_management,
        service_tier,
        prompt_cache_key,
        prompt_cache_retention,
        prompt_cache_options,
        safety_identifier,
        user,
        moderation,
        access_programs,
        background_options,
        image,
        multi_agent,
        client_metadata,
        mut extra,
    } = wire;

    let model = model.ok_or_else(|| missing("model", "name the model to answer"))?;
    let mut out = Reading::of(Request::new(model));
    out.penalties(&mut extra);
    out.unknown("", &extra);
    out.request.instructions = at("instructions", instructions.map(Content::Text));

    // Before the input, whose own tools come after these.
    // An empty list says that there are none, and with none nothing about calls is to be said.
    let no_tools = tools.as_ref().is_some_and(Vec::is_empty);
    decode_tools(&mut out, tools.unwrap_or_default())?;
    let input = input.ok_or_else(|| missing("input", "a request needs its input"))?;
    decode_input(&mut out, input)?;
    settle_namespaces(&mut out);
    if let Some(choice) = tool_choice {
        decode_choice(&mut out, choice)?;
    }

    let parallel_tool_calls = parallel_tool_calls.filter(|_| !no_tools || !out.request.tools.is_empty());
    out.request.parallel_tool_calls = at("parallel_tool_calls", parallel_tool_calls);
    out.request.limits.max_tool_calls = at("max_tool_calls", max_tool_calls.map(i64::from));
    out.request.limits.max_output_tokens = at("max_output_tokens", max_output_tokens.map(i64::from));
    out.request.limits.origin = Origin::of("max_output_tokens");
    out.request.limits.truncation = at("truncation", truncation);
    out.request.limits.context_management = at("context_management", context_management.map(json));
    out.request.sampling.temperature = at("temperature", temperature);
    out.request.sampling.top_p = at("top_p", top_p);
    // Responses stores unless told not to. What nobody wrote has no place.
    let stored = Sourced { value: true, origin: Origin::default() };
    out.request.store = at("store", store).or(Some(stored));
    out.request.service.metadata = at("metadata", metadata.map(json));
    out.request.service.tier = at("service_tier", service_tier);
    out.request.service.user = at("user", user);
    out.request.service.safety_identifier = at("safety_identifier", safety_identifier);
    out.request.service.prompt_cache_key = at("prompt_cache_key", prompt_cache_key);
    out.request.service.prompt_cache_retention = at("prompt_cache_retention", prompt_cache_retention);
    out.request.service.prompt_cache_options = at("prompt_cache_options", prompt_cache_options.map(json));
    out.request.service.moderation = at("moderation", moderation.map(json));
    out.request.service.access_programs = at("access_programs", access_programs.map(json));
    out.request.service.image = at("image", image.map(json));
    out.request.service.multi_agent = at("multi_agent", multi_agent.map(json));
    out.request.service.client_metadata = at("client_metadata", client_metadata.map(json));
    out.request.continuation.previous_response_id = at("previous_response_id", previous_response_id);
    out.request.continuation.conversation = at("conversation", conversation.map(json));
    out.request.continuation.prompt = at("prompt", prompt.map(json));
    out.request.continuation.background = at("background", background.filter(|background| *background));
    out.request.continuation.background_options = at("background_options", background_options.map(json));

    out.stream(stream, stream_options)?;
    out.include(include.unwrap_or_default(), top_logprobs);
    out.reasoning(reasoning);
    out.output(text)?;

    let Reading { request, losses, memory: _ } = out;
    Ok(Translated { value: request, losses })
}

impl Reading {
    /// A Response names the penalties and Open Responses takes them, so clients send them.
    fn penalties(&mut self, extra: &mut Extra) {
        let mut take = |name: &'static str| {
            let penalty = extra.get(name)?.parse::<Number>().ok()?;
            extra.take(name);
            (penalty.as_f64() != Some(0.0)).then(|| Sourced::at(name, penalty))
        };
        let sampling = &mut self.request.sampling;
        sampling.frequency_penalty = take("frequency_penalty");
        sampling.presence_penalty = take("presence_penalty");
    }

    fn stream(&mut self, stream: Option<bool>, options: Option<wire::StreamOptions>) -> Result<(), Error> {
        let enabled = stream.unwrap_or(false);
        self.request.stream.enabled = enabled;
        // Every streamed response ends with its usage.
        self.request.stream.include_usage = true;
        let Some(wire::StreamOptions { include_obfuscation, reasoning_summary_delivery, extra }) = options else {
            return Ok(());
        };
        if !enabled {
            return Err(Error::request(
                "stream_options",
                RequestCode::InvalidValue,
                "stream_options is only allowed with `stream: true`",
            ));
        }
        self.unknown("stream_options", &extra);
        self.request.stream.include_obfuscation = at("stream_options.include_obfuscation", include_obfuscation);
        self.request.stream.summary_delivery =
            at("stream_options.reasoning_summary_delivery", reasoning_summary_delivery);
        Ok(())
    }

    fn include(&mut self, include: Vec<String>, top: Option<Integer>) {
        let wants_logprobs = include.iter().any(|name| name == LOGPROBS);
        if wants_logprobs || top.is_some_and(|Integer(top)| top > 0) {
            let top = at("top_logprobs", top.map(i64::from));
            self.request.output.logprobs = Some(Logprobs { origin: Origin::of("include"), top });
        }
        for (index, value) in include.into_iter().enumerate() {
            if value != LOGPROBS {
                let origin = Origin::nth("include[*]", index);
                self.request.include.push(Sourced { value, origin });
            }
        }
    }

    fn reasoning(&mut self, reasoning: Option<wire::ReasoningConfig>) {
        let Some(wire::ReasoningConfig { effort, summary, generate_summary, context, mode, extra }) = reasoning else {
            return;
        };
        self.unknown("reasoning", &extra);
        self.request.reasoning.effort = at("reasoning.effort", effort);
        self.request.reasoning.summary = match (summary, generate_summary) {
            (Some(newer), _) => at("reasoning.summary", Some(newer)),
            (None, older) => at("reasoning.generate_summary", older),
        };
        self.request.reasoning.context = at("reasoning.context", context);
        self.request.reasoning.mode = at("reasoning.mode", mode);
    }

    fn output(&mut self, text: Option<wire::TextConfig>) -> Result<(), Error> {
        let Some(wire::TextConfig { format, verbosity, extra }) = text else { return Ok(()) };
        self.unknown("text", &extra);
        self.request.output.verbosity = at("text.verbosity", verbosity);
        let format = format.map(|format| self.format(format)).transpose()?;
        self.request.output.format = at("text.format", format);
        Ok(())
    }

    fn format(&mut self, format: wire::TextFormat) -> Result<OutputFormat, Error> {
        let path = "text.format";
        Ok(match format {
            wire::TextFormat::Text(wire::PlainFormat { extra }) => {
                self.unknown(path, &extra);
                OutputFormat::Text
            }
            wire::TextFormat::JsonObject(wire::PlainFormat { extra }) => {
                self.unknown(path, &extra);
                OutputFormat::JsonObject
            }
            wire::TextFormat::JsonSchema(wire::JsonSchemaFormat { name, description, schema, strict, extra }) => {
                self.unknown(path, &extra);
                let name = name.ok_or_else(|| missing("text.format.name", "name the schema"))?;
                OutputFormat::JsonSchema(SchemaFormat {
                    name,
                    description,
                    schema: schema.map(json),
                    strict,
                    is_bound: false,
                })
            }
            wire::TextFormat::Unknown(unknown) => {
                let message = format!("`{}` is none of text, json_object and json_schema", unknown.kind);
                return Err(Error::request("text.format.type", RequestCode::UnsupportedValue, message));
            }
        })
    }
}
