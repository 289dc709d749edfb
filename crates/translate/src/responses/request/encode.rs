//! The canonical request as a Responses request.
//!
//! Follows "Create a model response" of the API reference; what a backend forces or refuses is in its [`Profile`].

use super::encode_items::encode_items;
use super::encode_tools::{additional_tools, encode_choice, encode_tools};
use super::include::{ENCRYPTED_REASONING, LOGPROBS, is_sealed};
use super::session::conversation_id;
use super::writing::Writing;
use crate::carried::carry;
use crate::convert::wire_json;
use crate::history::settle;
use crate::operator::{boundaries, joined, said_to};
use crate::places::{At, Places, What};
use crate::responses::Field;
use crate::responses::Upstream;
use crate::responses::images::is_own_image;
use crate::sent::Encoded;
use crate::shown::show;
use crate::{Error, LossCode, RequestCode, Sent, Stamp, Translated, efforts};
use interlingua_model::{
    Api, Content, Continuation, Limits, Origin, OutputFormat, OutputOptions, Reasoning, Request, Sampling,
    SchemaFormat, Service, Sourced, StreamOptions,
};
use interlingua_wire::{Extra, Integer, Json, responses as wire};

/// Writes a request for a Responses upstream of this upstream.
///
/// Takes the request by value, so that texts and images move instead of being copied.
///
/// # Errors
/// [`Error::Request`] with the path in the caller's document, for what no Responses upstream can express and no
/// answer could do without: several choices, spoken input and output.
///
/// ```
/// use interlingua_translate::{ResponsesUpstream, Stamp, chat, responses};
///
/// let body = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"stop":"END"}"#;
/// let request = chat::decode_request(serde_json::from_str(body)?)?.value;
/// let stamp = Stamp { id: "1".into(), created: 0 };
/// let upstream = responses::encode_request(request, &ResponsesUpstream::default(), &stamp)?;
/// assert_eq!(upstream.losses[0].path, "stop");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encode_request(request: Request, upstream: &Upstream, stamp: &Stamp) -> Result<Encoded<wire::Request>, Error> {
    let sent = sent(&request, upstream, stamp);
    let (Translated { value, losses }, _) = write_request(request, upstream, &sent)?;
    Ok(Encoded { value, losses, sent })
}

/// What the request is sent as.
pub(in crate::responses) fn sent(request: &Request, upstream: &Upstream, stamp: &Stamp) -> Sent {
    Sent::new(request, upstream.tool_name_limit, upstream.call_id_limit, false, stamp)
}

/// Writes a request, and where each thing in it came from.
pub(in crate::responses) fn write_request(
    request: Request,
    upstream: &Upstream,
    sent: &Sent,
) -> Result<(Translated<wire::Request>, Places), Error> {
    let session = upstream.sessions.then(|| conversation_id(&request));
    let Request {
        model,
        instructions,
        items,
        items_origin: _,
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
        carried,
    } = request;
    let mut out = Writing::new(upstream, sent, (), items.len() + tools.len());
    let mut wire = wire::Request { model: Some(model), ..wire::Request::default() };

    carry(carried, Api::Responses, &mut out.losses)?;
    let store = out.store(store);
    wire.store = store;
    let items = settle(items, Api::Responses, &mut out.losses, &mut out.places);
    let items = show(items, |made| !is_own_image(made), &mut out.losses, &mut out.places);
    let replays = items.iter().any(is_sealed_history);
    let has_tools = !tools.is_empty();
    let first = usize::from(upstream.lite && has_tools);
    let written = encode_items(&mut out, items, first, store == Some(true))?;
    let mut input = written.items;
    wire.instructions = out.instructions(instructions, written.hoisted);

    wire.tool_choice = encode_choice(&mut out, tool_choice, &tools)?;
    let tools = encode_tools(&mut out, tools)?;
    wire.parallel_tool_calls = out.parallel(parallel_tool_calls, has_tools);
    if upstream.lite {
        if has_tools {
            input.insert(0, additional_tools(tools));
        }
    } else if !tools.is_empty() {
        wire.tools = Some(tools);
    }
    wire.input = Some(wire::Input::Items(input));

    out.sampling(sampling, &mut wire)?;
    out.limits(limits, &mut wire)?;
    let wants_logprobs = output.logprobs.is_some();
    out.output(output, &mut wire)?;
    let thinks = reasoning.effort.is_some() || reasoning.summary.is_some() || is_sealed(&reasoning);
    out.reasoning(reasoning, &mut wire);
    wire.include = out.include(&include, wants_logprobs, replays || thinks);
    out.stream(stream, &mut wire);
    out.service(service, &mut wire);
    out.continuation(continuation, &mut wire);
    if let Some(session) = session {
        wire.prompt_cache_key.get_or_insert(session);
    }
    let Writing { upstream: _, sent: _, losses, places, memory: (), has_lost_breakpoint: _ } = out;
    Ok((Translated { value: wire, losses }, places))
}

impl Writing<'_> {
    fn store(&mut self, store: Option<Sourced<bool>>) -> Option<bool> {
        if !self.upstream.never_store {
            return store.map(|store| store.value);
        }
        if let Some(Sourced { value: true, origin }) = store
            && origin != Origin::default()
        {
            self.lose(origin.path(), LossCode::RefusedByUpstream, "this upstream stores nothing");
        }
        Some(false)
    }

    fn instructions(&mut self, given: Option<Sourced<Content>>, hoisted: Option<String>) -> Option<String> {
        let given = given.map(|Sourced { value, origin }| {
            self.places.add(At::Field("instructions"), What::Setting, origin);
            let said = said_to(value, Api::Responses, &mut self.losses);
            for boundary in boundaries(&said) {
                self.lose_breakpoint(boundary.origin, false, "no cache boundary stands in `instructions`");
            }
            joined(&said)
        });
        match (given, hoisted) {
            (Some(given), Some(hoisted)) => Some(format!("{given}\n\n{hoisted}")),
            (Some(text), None) | (None, Some(text)) => Some(text),
            (None, None) => self.upstream.always_instructions.then(String::new),
        }
    }

    fn parallel(&self, asked: Option<Sourced<bool>>, has_tools: bool) -> Option<bool> {
        match self.upstream.default_parallel_tool_calls {
            // Without tools it says little, and only who asked for it may say it.
            _ if !has_tools => asked.filter(|_| !self.upstream.lite).map(|asked| asked.value),
            Some(_) if self.upstream.lite => Some(false),
            default => asked.map(|asked| asked.value).or(default),
        }
    }

    fn sampling(&mut self, sampling: Sampling, wire: &mut wire::Request) -> Result<(), Error> {
        let Sampling {
            temperature,
            top_p,
            top_k,
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
            return Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message));
        }
        wire.temperature = self.keep(Field::Temperature, temperature);
        wire.top_p = self.keep(Field::TopP, top_p);
        self.drop(top_k.as_ref(), LossCode::DroppedParameter);
        self.drop(frequency_penalty.as_ref(), LossCode::DroppedParameter);
        self.drop(presence_penalty.as_ref(), LossCode::DroppedParameter);
        self.drop(logit_bias.as_ref(), LossCode::DroppedParameter);
        if let Some(Sourced { value: _, origin }) = stop {
            let detail = "the Responses API has no such field: the answer is ended at the sequences when it is read";
            self.lose(origin.path(), LossCode::Emulated, detail);
        }
        self.drop(seed.as_ref(), LossCode::DroppedHint);
        self.drop(prediction.as_ref(), LossCode::DroppedHint);
        Ok(())
    }

    fn limits(&mut self, limits: Limits, wire: &mut wire::Request) -> Result<(), Error> {
        let Limits { max_output_tokens, origin: _, max_tool_calls, truncation, context_management } = limits;
        if let Some(Sourced { value, origin }) = max_output_tokens {
            let path = origin.path();
            if value < 1 {
                let message = format!("an answer needs room for at least one token, not {value}");
                return Err(Error::request(path, RequestCode::InvalidValue, message));
            }
            let least = self.upstream.min_output_tokens;
            if let Some(limit) = self.keep(Field::MaxOutputTokens, Some(Sourced { value, origin })) {
                if limit < least {
                    let detail = format!("the least this upstream takes is {least}; raised from {limit}");
                    self.lose(path, LossCode::ChangedValue, detail);
                }
                wire.max_output_tokens = Some(Integer(limit.max(least)));
            }
        }
        wire.max_tool_calls = self.keep(Field::MaxToolCalls, max_tool_calls).map(Integer);
        wire.truncation = self.keep(Field::Truncation, truncation);
        wire.context_management = self.keep(Field::ContextManagement, context_management).map(wire_json);
        Ok(())
    }

    fn output(&mut self, output: OutputOptions, wire: &mut wire::Request) -> Result<(), Error> {
        let OutputOptions { format, verbosity, logprobs, audio } = output;
        if let Some(audio) = audio {
            let path = audio.settings.origin.path();
            let message = "the Responses API answers in text only; leave `audio` out";
            return Err(Error::request(path, RequestCode::UnsupportedValue, message));
        }
        if let Some(logprobs) = logprobs {
            if let Some(top) = &logprobs.top {
                self.places.add(At::Field("top_logprobs"), What::Setting, top.origin);
            }
            wire.top_logprobs = Some(Integer(logprobs.top.map_or(0, |top| top.value)));
        }
        if let Some(format) = &format {
            self.places.add(At::Field("text.format"), What::Format, format.origin);
        }
        let format = format.map(|format| self.format(format)).transpose()?.flatten();
        let verbosity = self.keep(Field::TextVerbosity, verbosity);
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
            OutputFormat::JsonSchema(SchemaFormat { name, description, schema, strict, is_bound }) => {
                if is_bound && strict != Some(true) {
                    let detail = "the schema is one that no answer can be held to here; the model is shown it";
                    self.lose(origin.path(), LossCode::ChangedValue, detail);
                }
                if schema.is_none() && strict == Some(true) {
                    let path = origin.path();
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
                self.lose(origin.path(), LossCode::DroppedParameter, detail);
                return Ok(None);
            }
        }))
    }

    fn reasoning(&mut self, reasoning: Reasoning, wire: &mut wire::Request) {
        let Reasoning { effort, budget: _, display: _, summary, context, mode } = reasoning;
        let upstream = self.upstream;
        let settings = [
            ("reasoning.effort", &effort),
            ("reasoning.summary", &summary),
            ("reasoning.context", &context),
            ("reasoning.mode", &mode),
        ];
        for (field, setting) in settings {
            if let Some(setting) = setting {
                self.places.add(At::Field(field), What::Setting, setting.origin);
            }
        }
        let effort = effort.map(|effort| self.effort(effort)).or_else(|| upstream.default_effort.clone());
        let summary = summary.map(|summary| summary.value).or_else(|| upstream.default_summary.clone());
        let context = context.map(|context| context.value);
        let context = if upstream.lite { Some("all_turns".to_owned()) } else { context };
        let mode = mode.map(|mode| mode.value);
        if effort.is_some() || summary.is_some() || context.is_some() || mode.is_some() {
            let config = wire::ReasoningConfig { effort, summary, context, mode, ..wire::ReasoningConfig::default() };
            wire.reasoning = Some(config);
        }
    }

    /// The effort as asked, or the nearest one of a list the profile brings.
    fn effort(&mut self, effort: Sourced<String>) -> String {
        let Sourced { value, origin } = effort;
        let Some(nearest) = efforts::nearest(&self.upstream.efforts, &value).cloned() else { return value };
        let detail = format!("this model does not take `{value}`; asked for `{nearest}` instead");
        self.lose(origin.path(), LossCode::ChangedValue, detail);
        nearest
    }

    fn include(&self, asked: &[Sourced<String>], logprobs: bool, thoughts: bool) -> Option<Vec<String>> {
        let mut include = self.upstream.include.clone();
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
        let StreamOptions { enabled, include_usage: _, include_obfuscation, summary_delivery } = stream;
        wire.stream = (enabled || self.upstream.always_stream).then_some(true);
        let include_obfuscation = self.keep(Field::StreamOptions, include_obfuscation);
        let reasoning_summary_delivery = self.keep(Field::StreamOptions, summary_delivery);
        if include_obfuscation.is_some() || reasoning_summary_delivery.is_some() {
            let options = wire::StreamOptions { include_obfuscation, reasoning_summary_delivery, extra: Extra::new() };
            wire.stream_options = Some(options);
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
            access_programs,
            image,
            multi_agent,
            client_metadata,
        } = service;
        let upstream = self.upstream;
        wire.service_tier = self
            .keep(Field::ServiceTier, tier)
            .filter(|tier| !upstream.neutral_service_tiers.contains(tier))
            .map(|tier| upstream.service_tier(&tier).to_owned());
        wire.metadata = self.keep(Field::Metadata, metadata).map(wire_json);
        wire.user = self.keep(Field::User, user);
        wire.safety_identifier = self.keep(Field::SafetyIdentifier, safety_identifier);
        wire.prompt_cache_key = self.keep(Field::PromptCacheKey, prompt_cache_key);
        wire.prompt_cache_retention = self.keep(Field::PromptCacheRetention, prompt_cache_retention);
        wire.prompt_cache_options = self.keep(Field::PromptCacheOptions, prompt_cache_options).map(wire_json);
        wire.moderation = self.keep(Field::Moderation, moderation).map(wire_json);
        wire.access_programs = self.keep(Field::AccessPrograms, access_programs).map(wire_json);
        wire.image = self.keep(Field::Image, image).map(wire_json);
        wire.multi_agent = self.keep(Field::MultiAgent, multi_agent).map(wire_json);
        wire.client_metadata = self.keep(Field::ClientMetadata, client_metadata).map(wire_json);
    }

    fn continuation(&mut self, continuation: Continuation, wire: &mut wire::Request) {
        let Continuation { previous_response_id, conversation, prompt, background, background_options } = continuation;
        wire.previous_response_id = self.keep(Field::PreviousResponseId, previous_response_id);
        wire.conversation = self.keep(Field::Conversation, conversation).map(wire_json);
        wire.prompt = self.keep(Field::Prompt, prompt).map(wire_json);
        wire.background = self.keep(Field::Background, background);
        wire.background_options = self.keep(Field::BackgroundOptions, background_options).map(wire_json);
    }
}

fn is_sealed_history(item: &interlingua_model::Item) -> bool {
    matches!(&item.kind, interlingua_model::ItemKind::Reasoning(reasoning) if reasoning.id.is_some())
}

fn empty_object() -> Option<Json> {
    "{}".parse().ok()
}
