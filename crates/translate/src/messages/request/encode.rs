//! The canonical request as a Messages request.
//!
//! Follows "Create a message" of the API reference; what a backend forces or refuses is in its [`Upstream`].

use interlingua_model::{
    Api, Carried, Content, Item, ItemKind, Limits, Origin, OutputFormat, OutputOptions, Request, Role, Sampling,
    SchemaFormat, Service, Sourced, StreamOptions,
};
use interlingua_wire::{Extra, Integer, messages as wire};

use super::encode_content::texts;
use super::encode_items::{Conversation, encode_items};
use super::encode_media::can_be_shown;
use super::encode_thinking::Around;
use super::encode_tools::{Calling, encode_tools};
use super::writing::{Memory, Writing};
use crate::carried::carry;
use crate::convert::wire_json;
use crate::history::settle;
use crate::messages::{Field, Upstream};
use crate::operator::said_to;
use crate::places::{At, Places, What};
use crate::sent::Encoded;
use crate::shown::show;
use crate::writing::refuse_stored;
use crate::{Error, Loss, LossCode, RequestCode, Sent, Stamp, Translated};

/// Writes a request for a Messages upstream.
///
/// Takes the request by value, so that texts and images move instead of being copied.
///
/// # Errors
/// [`Error::Request`] with the path in the caller's document, for what no Messages upstream can express and no answer could
/// do without: several choices, spoken input and output, state kept by another server.
///
/// ```
/// use interlingua_translate::{MessagesUpstream, Stamp, chat, messages};
///
/// let body = r#"{"model":"m","messages":[{"role":"system","content":"S"},{"role":"user","content":"hi"}]}"#;
/// let request = chat::decode_request(serde_json::from_str(body)?)?.value;
/// let stamp = Stamp { id: "1".into(), created: 0 };
/// let upstream = messages::encode_request(request, &MessagesUpstream::default(), &stamp)?;
/// assert_eq!(upstream.value.max_tokens.map(i64::from), Some(32_000));
/// assert_eq!(upstream.losses[0].path, "max_completion_tokens");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encode_request(request: Request, upstream: &Upstream, stamp: &Stamp) -> Result<Encoded<wire::Request>, Error> {
    let sent = sent(&request, upstream, stamp);
    let (Translated { value, losses }, _) = write_request(request, upstream, &sent)?;
    Ok(Encoded { value, losses, sent })
}

/// What the request is sent as.
pub(in crate::messages) fn sent(request: &Request, upstream: &Upstream, stamp: &Stamp) -> Sent {
    Sent::with_plain_ids(request, upstream.tool_name_limit, !upstream.refuses(Field::StopSequences), stamp)
}

/// Writes a request, and where each thing in it came from.
pub(in crate::messages) fn write_request(
    request: Request,
    upstream: &Upstream,
    sent: &Sent,
) -> Result<(Translated<wire::Request>, Places), Error> {
    let Request {
        model,
        instructions,
        items,
        items_origin,
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
        // What it asks for is how others spell what always comes here.
        include: _,
        carried,
    } = request;
    let ttl = service.prompt_cache_retention.as_ref().filter(|retention| retention.value == "24h");
    let ttl = ttl.map(|_| "1h".to_owned());
    let mut out = Writing::new(upstream, sent, Memory { ttl }, items.len() + tools.len());
    let mut wire = wire::Request { model: Some(model), ..wire::Request::default() };

    refuse_stored(&continuation, Api::Messages)?;
    out.drop(continuation.background_options.as_ref(), LossCode::DroppedParameter);
    out.store(store.as_ref());
    let own = carry(carried, Api::Messages, &mut out.losses)?;
    let items = settle(items, Api::Messages, &mut out.losses, &mut out.places);
    let items = show(items, can_be_shown, &mut out.losses, &mut out.places);
    let system = out.instructions(instructions)?;
    let has_turns = items.iter().any(is_of_model);
    let Conversation { leading, messages, starts_with_thought } = encode_items(&mut out, items, items_origin)?;
    let mut system: Vec<_> = system.into_iter().chain(leading).collect();
    wire.messages = Some(messages);

    let Limits { max_output_tokens, origin: limit_origin, max_tool_calls, truncation, context_management } = limits;
    let max_tokens = out.max_tokens(max_output_tokens.as_ref(), limit_origin)?;
    wire.max_tokens = Some(Integer(max_tokens));
    out.drop(truncation.as_ref().filter(|truncation| truncation.value != "disabled"), LossCode::DroppedHint);
    out.drop(context_management.as_ref(), LossCode::DroppedHint);
    let calling = Calling { choice: tool_choice, parallel: parallel_tool_calls, max_calls: max_tool_calls };
    let mut tools = encode_tools(&mut out, tools, calling)?;
    let has_tools = !tools.offered.is_empty();

    out.sampling(sampling, &mut wire)?;
    out.output(output, &mut wire)?;
    let mut around = Around { choice: &mut tools.choice, max_tokens, starts_with_thought };
    out.thinking(reasoning, &mut wire, &mut around)?;
    out.stream(stream, &mut wire);
    out.service(service, &own, &mut wire);
    wire.tools = has_tools.then_some(tools.offered);
    wire.tool_choice = tools.choice.wire;
    wire.mcp_servers = (!tools.servers.is_empty()).then_some(tools.servers);
    out.cache(&mut wire, &mut system, has_tools || has_turns);
    wire.system = (!system.is_empty()).then_some(wire::Content::Blocks(system));
    restore(own, upstream, &mut wire, &mut out.losses);
    let Writing { upstream: _, sent: _, losses, places, memory: _, has_lost_breakpoint: _ } = out;
    Ok((Translated { value: wire, losses }, places))
}

/// Whether the model said or did it.
fn is_of_model(item: &Item) -> bool {
    match &item.kind {
        ItemKind::Message(message) => message.role == Role::Assistant,
        ItemKind::ToolCall(_) => true,
        ItemKind::ToolResult(_) | ItemKind::Reasoning(_) | ItemKind::ImageGeneration(_) | ItemKind::Opaque(_) => false,
    }
}

impl Writing<'_> {
    fn store(&mut self, store: Option<&Sourced<bool>>) {
        if let Some(Sourced { value: true, origin }) = store
            && *origin != Origin::default()
        {
            self.lose(origin.path(), LossCode::NotRetrievable, "the reply cannot be fetched by its id later");
        }
    }

    fn instructions(&mut self, given: Option<Sourced<Content>>) -> Result<Vec<wire::Block>, Error> {
        let Some(Sourced { value, origin }) = given else { return Ok(Vec::new()) };
        self.places.add(At::Field("system"), What::Setting, origin);
        let said = said_to(value, Api::Messages, &mut self.losses);
        texts(self, said, origin)
    }

    fn max_tokens(&mut self, asked: Option<&Sourced<i64>>, place: Origin) -> Result<i64, Error> {
        if let Some(&Sourced { value, origin }) = asked {
            self.places.add(At::Field("max_tokens"), What::Setting, origin);
            if value < 1 {
                let message = format!("an answer needs room for at least one token, not {value}");
                return Err(Error::request(origin.path(), RequestCode::InvalidValue, message));
            }
            return Ok(value);
        }
        if let Some(most) = self.upstream.max_tokens {
            return Ok(most);
        }
        let usual = self.upstream.default_max_tokens;
        let detail = format!("the Messages API wants a limit; {usual} tokens were asked for");
        self.lose(place.path(), LossCode::AssumedLimit, detail);
        Ok(usual)
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
            let message = format!("the Messages API gives one answer a request, not {value}; send {value} requests");
            return Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message));
        }
        let is_one = |number: &serde_json::Number| number.as_f64() == Some(1.0);
        let temperature = self.drawn(temperature.filter(|temperature| !is_one(&temperature.value)));
        let top_p = self.drawn(top_p.filter(|top_p| !is_one(&top_p.value)));
        wire.top_k = self.drawn(top_k).map(|Sourced { value, origin: _ }| Integer(value));
        let has_temperature = temperature.is_some();
        wire.temperature = temperature.map(|Sourced { value, origin }| {
            if value.as_f64().is_some_and(|value| value > 1.0) {
                self.lose(origin.path(), LossCode::ChangedValue, format!("the most there is is 1, not {value}"));
                return 1.into();
            }
            value
        });
        match top_p {
            Some(Sourced { value: _, origin }) if has_temperature => {
                let detail = "the Messages API takes either a temperature or top_p";
                self.lose(origin.path(), LossCode::DroppedParameter, detail);
            }
            top_p => wire.top_p = top_p.map(|top_p| top_p.value),
        }
        self.drop(frequency_penalty.as_ref(), LossCode::DroppedParameter);
        self.drop(presence_penalty.as_ref(), LossCode::DroppedParameter);
        self.drop(logit_bias.as_ref(), LossCode::DroppedParameter);
        self.drop(seed.as_ref(), LossCode::DroppedHint);
        self.drop(prediction.as_ref(), LossCode::DroppedHint);
        let stop = self.keep_as(Field::StopSequences, stop, LossCode::Emulated);
        wire.stop_sequences = stop
            .map(|stop| stop.into_iter().filter(|stop| !stop.trim().is_empty()).collect::<Vec<_>>())
            .filter(|stop| !stop.is_empty());
        Ok(())
    }

    /// How to draw tokens, which only older models let be said.
    fn drawn<T>(&mut self, value: Option<Sourced<T>>) -> Option<Sourced<T>> {
        let value = value?;
        let takes = self.upstream.sampling || self.upstream.thinking.iter().any(|way| way == "enabled");
        if takes {
            return Some(value);
        }
        let detail = "this upstream draws its tokens by itself";
        self.lose(value.origin.path(), LossCode::RefusedByUpstream, detail);
        None
    }

    fn output(&mut self, output: OutputOptions, wire: &mut wire::Request) -> Result<(), Error> {
        let OutputOptions { format, verbosity, logprobs, audio } = output;
        if let Some(audio) = audio {
            let path = audio.settings.origin.path();
            let message = "the Messages API answers in text only; leave `audio` out";
            return Err(Error::request(path, RequestCode::UnsupportedValue, message));
        }
        let verbosity = verbosity.filter(|verbosity| verbosity.value != "medium");
        self.drop(verbosity.as_ref(), LossCode::DroppedParameter);
        if let Some(logprobs) = logprobs {
            let origin = logprobs.top.map_or(logprobs.origin, |top| top.origin);
            if origin != Origin::default() {
                self.lose(origin.path(), LossCode::DroppedParameter, "the Messages API tells no probabilities");
            }
        }
        let Some(Sourced { value, origin }) = format else { return Ok(()) };
        let lost = |detail: &str| (LossCode::DroppedParameter, detail.to_owned());
        let (code, detail) = match value {
            OutputFormat::Text => return Ok(()),
            OutputFormat::JsonObject => lost("the Messages API gives JSON only by a schema"),
            OutputFormat::Opaque(opaque) => lost(&format!("the Messages API has no `{}` format", opaque.kind)),
            OutputFormat::JsonSchema(_) if self.upstream.refuses(Field::Format) => {
                (LossCode::RefusedByUpstream, "this upstream refuses `output_config.format`".to_owned())
            }
            OutputFormat::JsonSchema(SchemaFormat { name: _, description: _, schema, strict: _, is_bound: _ }) => {
                self.places.add(At::Field("output_config.format"), What::Format, origin);
                let schema =
                    schema.map_or_else(|| r#"{"type":"object"}"#.parse().ok(), |schema| Some(wire_json(schema)));
                let format = wire::Format::JsonSchema(wire::JsonSchema { schema, extra: Extra::new() });
                wire.output_config.get_or_insert_default().format = Some(format);
                return Ok(());
            }
        };
        self.lose(origin.path(), code, detail);
        Ok(())
    }

    fn stream(&mut self, stream: StreamOptions, wire: &mut wire::Request) {
        let StreamOptions { enabled, include_usage: _, include_obfuscation, summary_delivery } = stream;
        self.drop(summary_delivery.as_ref(), LossCode::DroppedHint);
        wire.stream = (enabled || self.upstream.always_stream).then_some(true);
        self.drop(include_obfuscation.as_ref(), LossCode::DroppedHint);
    }

    fn service(&mut self, service: Service, own: &[Carried], wire: &mut wire::Request) {
        let Service {
            tier,
            metadata,
            user,
            safety_identifier,
            prompt_cache_key,
            prompt_cache_retention: _,
            prompt_cache_options,
            moderation,
            access_programs,
            image,
            client_metadata,
            multi_agent,
        } = service;
        let hint = LossCode::DroppedHint;
        let has_own = |name: &str| own.iter().any(|field| field.name == name);
        if !has_own("service_tier") && !has_own("speed") {
            wire.service_tier = self.tier(tier);
        }
        self.drop(metadata.as_ref(), hint);
        if !has_own("metadata") {
            let user_id = self.keep_as(Field::Metadata, safety_identifier.or(user), hint);
            wire.metadata = user_id.map(|user_id| wire::Metadata { user_id: Some(user_id), extra: Extra::new() });
            self.drop(prompt_cache_key.as_ref(), hint);
        }
        self.drop(prompt_cache_options.as_ref(), hint);
        self.drop(moderation.as_ref(), LossCode::DroppedParameter);
        self.drop(access_programs.as_ref(), hint);
        self.drop(image.as_ref(), LossCode::DroppedParameter);
        self.drop(client_metadata.as_ref(), hint);
        self.drop(multi_agent.as_ref(), LossCode::DroppedParameter);
    }

    fn tier(&mut self, tier: Option<Sourced<String>>) -> Option<String> {
        let Sourced { value, origin } = tier?;
        let word = match value.as_str() {
            "default" => "standard_only",
            "priority" | "fast" => "auto",
            "auto" => return None,
            _ => {
                let detail = format!("the Messages API has no service tier like `{value}`");
                self.lose(origin.path(), LossCode::DroppedHint, detail);
                return None;
            }
        };
        self.keep_as(Field::ServiceTier, Some(Sourced { value: word.to_owned(), origin }), LossCode::DroppedHint)
    }
}

/// Whether the upstream takes a way to think; one that nobody knows is for the upstream to judge.
fn thinks_so(upstream: &Upstream, way: &wire::ThinkingConfig) -> bool {
    match way {
        wire::ThinkingConfig::Adaptive(_) => upstream.thinks("adaptive"),
        wire::ThinkingConfig::Enabled(_) => upstream.thinks("enabled"),
        wire::ThinkingConfig::Disabled(_) => upstream.thinks("disabled"),
        wire::ThinkingConfig::BetweenTools(_) => upstream.thinks("between_tools"),
        wire::ThinkingConfig::Unknown(_) => true,
    }
}

/// A way to think, as far as this upstream lets a request say what its thoughts are bound to.
fn bound(upstream: &Upstream, mut way: wire::ThinkingConfig) -> wire::ThinkingConfig {
    if upstream.refuses(Field::BlockBinding) {
        match &mut way {
            wire::ThinkingConfig::Enabled(enabled) => enabled.block_binding = None,
            wire::ThinkingConfig::Adaptive(adaptive) | wire::ThinkingConfig::BetweenTools(adaptive) => {
                adaptive.block_binding = None;
            }
            wire::ThinkingConfig::Disabled(_) | wire::ThinkingConfig::Unknown(_) => {}
        }
    }
    way
}

/// Writes again what a client of this API said and the model has no word for.
fn restore(own: Vec<Carried>, upstream: &Upstream, wire: &mut wire::Request, losses: &mut Vec<Loss>) {
    for Carried { origin, api: _, name, weight: _, value } in own {
        if let Some(field) = Field::ALL.iter().find(|field| field.as_str() == name && upstream.refuses(**field)) {
            // The others have been told where the model has a word for them.
            if matches!(field, Field::ContextManagement | Field::BlockBinding) {
                let detail = format!("this upstream refuses `{name}`");
                losses.push(Loss::new(origin.path(), LossCode::RefusedByUpstream, detail));
            }
            continue;
        }
        let value = wire_json(value);
        match name {
            "metadata" => wire.metadata = value.parse().ok(),
            "service_tier" => wire.service_tier = value.parse().ok(),
            "speed" => wire.speed = value.parse().ok(),
            // What the model's own words made of it stands already.
            "thinking" if !value.parse().is_ok_and(|way| thinks_so(upstream, &way)) => {
                losses.push(Loss::new(
                    origin.path(),
                    LossCode::ChangedValue,
                    "this upstream does not think in that way",
                ));
            }
            "thinking" => wire.thinking = value.parse().ok().map(|way| bound(upstream, way)),
            "cache_control" => wire.cache_control = value.parse().ok(),
            "container" => wire.container = value.parse().ok(),
            "diagnostics" => wire.diagnostics = Some(value),
            "inference_geo" => wire.inference_geo = value.parse().ok(),
            "user_profile_id" => wire.user_profile_id = value.parse().ok(),
            "workspace_id" => wire.workspace_id = value.parse().ok(),
            "billing_policy" => wire.billing_policy = Some(value),
            "fallbacks" => wire.fallbacks = Some(value),
            "fallback_credit_token" => wire.fallback_credit_token = value.parse().ok(),
            "context_management" => wire.context_management = value.parse().ok(),
            "compaction" => wire.compaction = Some(value),
            "thread" => wire.thread = Some(value),
            "output_config.task_budget" => {
                wire.output_config.get_or_insert_default().task_budget = value.parse().ok();
            }
            _ => {}
        }
    }
}
