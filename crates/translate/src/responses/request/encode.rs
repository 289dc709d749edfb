//! The canonical request as a Responses request.
//!
//! Follows "Create a model response" of the API reference; what a backend forces or refuses is in its [`Profile`].

use super::encode_items::encode_items;
use super::encode_tools::{encode_choice, encode_tools};
use super::include::{ENCRYPTED_REASONING, LOGPROBS};
use super::writing::Writing;
use crate::call_ids::CallIds;
use crate::convert::wire_json;
use crate::names::Names;
use crate::{Error, LossCode, Profile, RequestCode, Translated};
use interlingua_model::{
    Continuation, Limits, OutputFormat, OutputOptions, Reasoning, Request, Sampling, SchemaFormat, Service, Sourced,
    StreamOptions,
};
use interlingua_wire::{Extra, Integer, Json, responses as wire};

/// Writes a request for a Responses upstream of this profile.
///
/// Takes the request by value, so that texts and images move instead of being copied.
///
/// # Errors
/// [`Error::Request`] with the path in the caller's document, for what no Responses upstream can express and no
/// answer could do without: several choices, spoken input and output.
///
/// ```
/// use interlingua_translate::{Profile, chat, responses};
///
/// let body = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"stop":"END"}"#;
/// let request = chat::decode_request(serde_json::from_str(body)?)?.value;
/// let upstream = responses::encode_request(request, &Profile::openai())?;
/// assert_eq!(upstream.losses[0].path, "stop");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encode_request(request: Request, profile: &Profile) -> Result<Translated<wire::Request>, Error> {
    let profile = &profile.responses;
    let names = Names::new(&request, profile.tool_name_limit);
    let call_ids = CallIds::new(&request, profile.call_id_limit);
    let Request {
        model,
        instructions,
        items,
        tools,
        tool_choice,
        parallel_tool_calls,
        call_style: _,
        output,
        reasoning,
        sampling,
        limits,
        stream,
        store,
        service,
        continuation,
        include,
        sources,
    } = request;
    let mut out = Writing { profile, names, call_ids, sources, losses: Vec::new() };
    let mut wire = wire::Request { model: Some(model), ..wire::Request::default() };

    let store = out.store(store);
    wire.store = store;
    let replays = items.iter().any(is_sealed_history);
    let written = encode_items(&mut out, items, store == Some(true))?;
    let mut input = written.items;
    wire.instructions = out.instructions(instructions, written.hoisted);

    let has_tools = !tools.is_empty();
    wire.tool_choice = encode_choice(&mut out, tool_choice, &tools)?;
    let tools = encode_tools(&mut out, tools)?;
    wire.parallel_tool_calls = out.parallel(parallel_tool_calls, has_tools);
    if profile.lite {
        if has_tools {
            input.insert(0, additional_tools(tools));
        }
    } else if has_tools {
        wire.tools = Some(tools);
    }
    wire.input = Some(wire::Input::Items(input));

    out.sampling(sampling, &mut wire)?;
    out.limits(limits, &mut wire)?;
    let wants_logprobs = output.logprobs.is_some();
    out.output(output, &mut wire)?;
    let thinks = reasoning.effort.is_some() || reasoning.summary.is_some();
    out.reasoning(reasoning, &mut wire);
    wire.include = out.include(&include, wants_logprobs, replays || thinks);
    out.stream(stream, &mut wire);
    out.service(service, &mut wire);
    out.continuation(continuation, &mut wire);
    Ok(Translated { value: wire, losses: out.losses })
}

impl Writing<'_> {
    fn store(&mut self, store: Option<Sourced<bool>>) -> Option<bool> {
        if !self.profile.never_store {
            return store.map(|store| store.value);
        }
        if let Some(Sourced { value: true, origin }) = store {
            self.lose(self.sources.path(origin), LossCode::RefusedByUpstream, "this upstream stores nothing");
        }
        Some(false)
    }

    fn instructions(&mut self, given: Option<Sourced<String>>, hoisted: Option<String>) -> Option<String> {
        match (given.map(|given| given.value), hoisted) {
            (Some(given), Some(hoisted)) => Some(format!("{given}\n\n{hoisted}")),
            (Some(text), None) | (None, Some(text)) => Some(text),
            (None, None) => self.profile.always_instructions.then(String::new),
        }
    }

    fn parallel(&self, asked: Option<Sourced<bool>>, has_tools: bool) -> Option<bool> {
        match self.profile.default_parallel_tool_calls {
            // Without tools it says nothing, and upstreams refuse to hear it.
            _ if !has_tools => None,
            Some(_) if self.profile.lite => Some(false),
            default => asked.map(|asked| asked.value).or(default),
        }
    }

    fn sampling(&mut self, sampling: Sampling, wire: &mut wire::Request) -> Result<(), Error> {
        let Sampling {
            temperature,
            top_p,
            frequency_penalty,
            presence_penalty,
            logit_bias,
            seed,
            stop,
            choices,
            prediction,
        } = sampling;
        if let Some(Sourced { value, origin }) = choices {
            let message = format!("the Responses API gives one answer a request, not {value}; send {value} requests");
            return Err(Error::request(self.sources.path(origin), RequestCode::UnsupportedValue, message));
        }
        wire.temperature = self.keep("temperature", temperature);
        wire.top_p = self.keep("top_p", top_p);
        self.drop(frequency_penalty.as_ref(), LossCode::DroppedParameter);
        self.drop(presence_penalty.as_ref(), LossCode::DroppedParameter);
        self.drop(logit_bias.as_ref(), LossCode::DroppedParameter);
        self.drop(stop.as_ref(), LossCode::DroppedParameter);
        self.drop(seed.as_ref(), LossCode::DroppedHint);
        self.drop(prediction.as_ref(), LossCode::DroppedHint);
        Ok(())
    }

    fn limits(&mut self, limits: Limits, wire: &mut wire::Request) -> Result<(), Error> {
        let Limits { max_output_tokens, max_tool_calls, truncation, context_management } = limits;
        if let Some(Sourced { value, origin }) = max_output_tokens {
            let path = self.sources.path(origin);
            if value < 1 {
                let message = format!("an answer needs room for at least one token, not {value}");
                return Err(Error::request(path, RequestCode::InvalidValue, message));
            }
            let least = self.profile.min_output_tokens;
            if let Some(limit) = self.keep("max_output_tokens", Some(Sourced { value, origin })) {
                if limit < least {
                    let detail = format!("the least this upstream takes is {least}; raised from {limit}");
                    self.lose(path, LossCode::ChangedValue, detail);
                }
                wire.max_output_tokens = Some(Integer(limit.max(least)));
            }
        }
        wire.max_tool_calls = self.keep("max_tool_calls", max_tool_calls).map(Integer);
        wire.truncation = self.keep("truncation", truncation);
        wire.context_management = self.keep("context_management", context_management).map(wire_json);
        Ok(())
    }

    fn output(&mut self, output: OutputOptions, wire: &mut wire::Request) -> Result<(), Error> {
        let OutputOptions { format, verbosity, logprobs, audio } = output;
        if let Some(audio) = audio {
            let path = self.sources.path(audio.settings.origin);
            let message = "the Responses API answers in text only; leave `audio` out";
            return Err(Error::request(path, RequestCode::UnsupportedValue, message));
        }
        if let Some(logprobs) = logprobs {
            wire.top_logprobs = Some(Integer(logprobs.top.map_or(0, |top| top.value)));
        }
        let format = format.map(|format| self.format(format)).transpose()?.flatten();
        let verbosity = self.keep("text.verbosity", verbosity);
        if format.is_some() || verbosity.is_some() {
            wire.text = Some(wire::TextConfig { format, verbosity, extra: Extra::new() });
        }
        Ok(())
    }

    fn format(&mut self, format: Sourced<OutputFormat>) -> Result<Option<wire::TextFormat>, Error> {
        let Sourced { value, origin } = format;
        Ok(Some(match value {
            OutputFormat::Text => wire::TextFormat::Text(wire::PlainFormat::default()),
            OutputFormat::JsonObject => wire::TextFormat::JsonObject(wire::PlainFormat::default()),
            OutputFormat::JsonSchema(SchemaFormat { name, description, schema, strict }) => {
                if schema.is_none() && strict == Some(true) {
                    let path = self.sources.path(origin);
                    let message = "a strict json_schema format needs its schema";
                    return Err(Error::request(path, RequestCode::MissingParameter, message));
                }
                let schema = schema.map_or_else(empty_object, |schema| Some(wire_json(schema)));
                let format =
                    wire::JsonSchemaFormat { name: Some(name), description, schema, strict, extra: Extra::new() };
                wire::TextFormat::JsonSchema(format)
            }
            OutputFormat::Opaque(opaque) => {
                let detail = format!("the Responses API has no `{}` format", opaque.kind);
                self.lose(self.sources.path(origin), LossCode::DroppedParameter, detail);
                return Ok(None);
            }
        }))
    }

    fn reasoning(&mut self, reasoning: Reasoning, wire: &mut wire::Request) {
        let Reasoning { effort, summary, context, mode } = reasoning;
        let profile = self.profile;
        let effort = effort.map(|effort| self.effort(effort)).or_else(|| profile.default_effort.clone());
        let summary = summary.map(|summary| summary.value).or_else(|| profile.default_summary.clone());
        let context = context.map(|context| context.value);
        let context = if profile.lite { Some("all_turns".to_owned()) } else { context };
        let mode = mode.map(|mode| mode.value);
        if effort.is_some() || summary.is_some() || context.is_some() || mode.is_some() {
            let config = wire::ReasoningConfig { effort, summary, context, mode, ..wire::ReasoningConfig::default() };
            wire.reasoning = Some(config);
        }
    }

    /// The effort as asked, or the nearest one of a list the profile brings.
    fn effort(&mut self, effort: Sourced<String>) -> String {
        let Sourced { value, origin } = effort;
        let known = &self.profile.efforts;
        if known.is_empty() || known.contains(&value) {
            return value;
        }
        let nearest = rank(&value).and_then(|wanted| {
            known.iter().filter_map(|effort| Some((rank(effort)?.abs_diff(wanted), effort))).min().map(|(_, it)| it)
        });
        let Some(nearest) = nearest.cloned() else { return value };
        let detail = format!("this model does not take `{value}`; asked for `{nearest}` instead");
        self.lose(self.sources.path(origin), LossCode::ChangedValue, detail);
        nearest
    }

    fn include(&self, asked: &[Sourced<String>], logprobs: bool, thoughts: bool) -> Option<Vec<String>> {
        let mut include = self.profile.include.clone();
        let mut add = |name: &str| {
            if !include.iter().any(|known| known == name) {
                include.push(name.to_owned());
            }
        };
        for name in asked {
            add(&name.value);
        }
        if logprobs {
            add(LOGPROBS);
        }
        if thoughts {
            add(ENCRYPTED_REASONING);
        }
        (!include.is_empty()).then_some(include)
    }

    fn stream(&mut self, stream: StreamOptions, wire: &mut wire::Request) {
        // Usage is on the terminal event whether asked for or not; only the way back cares.
        let StreamOptions { enabled, include_usage: _, include_obfuscation } = stream;
        wire.stream = (enabled || self.profile.always_stream).then_some(true);
        if let Some(value) = self.keep("stream_options", include_obfuscation) {
            let include_obfuscation = Some(value);
            wire.stream_options = Some(wire::StreamOptions { include_obfuscation, extra: Extra::new() });
        }
    }

    fn service(&mut self, service: Service, wire: &mut wire::Request) {
        let Service {
            tier,
            metadata,
            user,
            safety_identifier,
            prompt_cache_key,
            prompt_cache_retention,
            prompt_cache_options,
            moderation,
            client_metadata,
        } = service;
        let profile = self.profile;
        wire.service_tier = self
            .keep("service_tier", tier)
            .filter(|tier| !profile.neutral_service_tiers.contains(tier))
            .map(|tier| profile.service_tier(&tier).to_owned());
        wire.metadata = self.keep("metadata", metadata).map(wire_json);
        wire.user = self.keep("user", user);
        wire.safety_identifier = self.keep("safety_identifier", safety_identifier);
        wire.prompt_cache_key = self.keep("prompt_cache_key", prompt_cache_key);
        wire.prompt_cache_retention = self.keep("prompt_cache_retention", prompt_cache_retention);
        wire.prompt_cache_options = self.keep("prompt_cache_options", prompt_cache_options).map(wire_json);
        wire.moderation = self.keep("moderation", moderation).map(wire_json);
        wire.client_metadata = self.keep("client_metadata", client_metadata).map(wire_json);
    }

    fn continuation(&mut self, continuation: Continuation, wire: &mut wire::Request) {
        let Continuation { previous_response_id, conversation, prompt, background } = continuation;
        wire.previous_response_id = self.keep("previous_response_id", previous_response_id);
        wire.conversation = self.keep("conversation", conversation).map(wire_json);
        wire.prompt = self.keep("prompt", prompt).map(wire_json);
        wire.background = self.keep("background", background);
    }
}

/// How hard each known effort is.
fn rank(effort: &str) -> Option<usize> {
    ["none", "minimal", "low", "medium", "high", "xhigh", "max"].iter().position(|known| *known == effort)
}

fn is_sealed_history(item: &interlingua_model::Item) -> bool {
    matches!(&item.kind, interlingua_model::ItemKind::Reasoning(reasoning) if reasoning.id.is_some())
}

/// Tools as an item of the input, which some models want instead of the field.
fn additional_tools(tools: Vec<wire::Tool>) -> wire::Item {
    wire::Item::AdditionalTools(wire::AdditionalTools {
        role: Some(wire::Role::Developer),
        tools: Some(tools),
        ..wire::AdditionalTools::default()
    })
}

fn empty_object() -> Option<Json> {
    "{}".parse().ok()
}
