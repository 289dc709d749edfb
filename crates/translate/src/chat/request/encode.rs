//! The canonical request as a Chat Completions request.
//!
//! Follows "Create chat completion" of the API reference; what a backend forces or refuses is in its [`Profile`].

use super::encode_body::laid_over;
use super::encode_choice::encode_choice;
use super::encode_content::can_be_shown;
use super::encode_items::encode_messages;
use super::encode_tools::encode_tools;
use super::plan::Plan;
use super::writing::{Memory, Writing};
use crate::call_ids::CallIds;
use crate::carried::carry;
use crate::chat::{CallIdForm, Field, Upstream};
use crate::convert::wire_json;
use crate::history::{retell, settle, settle_tools};
use crate::names::NameForm;
use crate::patch::put;
use crate::places::{At, Places, What};
use crate::sent::{Encoded, Reads};
use crate::shown::show;
use crate::writing::refuse_stored;
use crate::{Error, LossCode, RequestCode, Sent, Stamp, Translated};
use interlingua_model::{Api, Limits, Origin, OutputOptions, Request, Sampling, Service, Sourced, StreamOptions};
use interlingua_wire::{Extra, Integer, chat as wire};
use serde_json::{Map, Number, Value};

/// Sealed thoughts, by the name `include` has for them.
const ENCRYPTED_REASONING: &str = "reasoning.encrypted_content";

/// Writes a request for a Chat Completions upstream of this profile.
///
/// Items are gathered into messages, each result directly behind its call. A stream is always asked for its usage,
/// since the other side promises one.
///
/// # Errors
/// [`Error::Request`] with the path in the caller's document, for what no Chat upstream can express and no answer
/// could do without: state kept by the server, items only the other API knows, files by address, and the like.
///
/// ```
/// use interlingua_translate::{ChatUpstream, Stamp, chat, responses};
///
/// let body = r#"{"model":"m","instructions":"Be brief","input":"hi","store":false}"#;
/// let request = responses::decode_request(serde_json::from_str(body)?)?.value;
/// let stamp = Stamp { id: "1".into(), created: 0 };
/// let upstream = chat::encode_request(request, &ChatUpstream::compatible(), &stamp)?.value;
/// let messages = serde_json::to_string(&upstream.messages)?;
/// assert_eq!(messages, r#"[{"role":"system","content":"Be brief"},{"role":"user","content":"hi"}]"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encode_request(
    mut request: Request,
    upstream: &Upstream,
    stamp: &Stamp,
) -> Result<Encoded<wire::Request>, Error> {
    let mut losses = retell(&mut request, Api::Chat);
    let sent = sent(&request, upstream, stamp);
    let (Translated { value, losses: lost }, _) = write_request(request, upstream, &sent)?;
    losses.extend(lost);
    Ok(Encoded { value, losses, sent })
}

/// What the request is sent as. A Chat upstream made its own call ids, so they are all as it wants them.
pub(in crate::chat) fn sent(request: &Request, upstream: &Upstream, stamp: &Stamp) -> Sent {
    let upstream = upstream.for_model(&request.model);
    let takes_stop = !upstream.refuses(Field::Stop);
    let names = NameForm {
        least: upstream.tool_name_least,
        limit: upstream.tool_name_limit,
        wants_initial: upstream.tool_name_initial,
    };
    let call_ids = match upstream.call_ids {
        CallIdForm::Any => CallIds::default(),
        CallIdForm::Nine => CallIds::of_nine(request),
    };
    let reads = Reads {
        think_tags: upstream.think_tags.clone(),
        merges_choices: upstream.merge_choices,
        adds_reasoning: upstream.usage_adds_reasoning,
    };
    Sent::with(request, names, call_ids, takes_stop, stamp).reading(reads)
}

/// Writes a request, and where each thing in it came from.
pub(in crate::chat) fn write_request(
    request: Request,
    upstream: &Upstream,
    sent: &Sent,
) -> Result<(Translated<wire::Request>, Places), Error> {
    let upstream = &*upstream.for_model(&request.model);
    let plan = Plan::new(&request, upstream);
    let Request {
        model,
        instructions,
        items,
        items_origin,
        mut tools,
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
    let mut out =
        Writing::new(upstream, sent, Memory { plan, has_thoughts: false, body: Map::new() }, items.len() + tools.len());
    let mut wire = wire::Request { model: Some(model), ..wire::Request::default() };

    out.drop(continuation.background_options.as_ref(), LossCode::DroppedParameter);
    refuse_stored(&continuation, Api::Chat)?;
    carry(carried, Api::Chat, &mut out.losses)?;
    wire.store = out.store(store);
    let items = settle(items, Api::Chat, &mut out.losses, &mut out.places);
    let items = show(items, |made| can_be_shown(upstream, made), &mut out.losses, &mut out.places);
    let note = out.note(output.format.as_ref().map(|format| &format.value));
    wire.messages = Some(encode_messages(&mut out, instructions, items, items_origin, note)?);
    settle_tools(&mut tools, Api::Chat, &mut out.losses, &mut out.places);
    let mut tools = encode_tools(&mut out, tools, tool_choice.as_ref())?;
    wire.tool_choice = encode_choice(&mut out, tool_choice, &mut tools)?;
    let has_tools = !tools.wire.is_empty();
    wire.tools = has_tools.then_some(tools.wire);
    wire.web_search_options = tools.web_search;
    wire.parallel_tool_calls = out.parallel_tool_calls(parallel_tool_calls, has_tools);

    out.sampling(sampling, &mut wire);
    out.limits(limits, &mut wire);
    out.output(output, &mut wire)?;
    out.reasoning(reasoning, &mut wire)?;
    out.include(include);
    out.stream(stream, &mut wire);
    out.service(service, &mut wire);
    let usual = out.usual_fields();
    let Writing { upstream: _, sent: _, losses, places, memory, has_lost_breakpoint: _ } = out;
    Ok((Translated { value: laid_over(wire, usual, &memory.body)?, losses }, places))
}

impl Writing<'_> {
    fn lowered(&mut self, temperature: Sourced<Number>) -> Sourced<Number> {
        let Some(most) = &self.upstream.max_temperature else { return temperature };
        if temperature.value.as_f64() <= most.as_f64() {
            return temperature;
        }
        let detail = format!("this upstream takes a temperature of {most} at most");
        self.lose(temperature.origin.path(), LossCode::ChangedValue, detail);
        Sourced { value: most.clone(), origin: temperature.origin }
    }

    /// Without tools it says nothing, and a strict server refuses to hear it.
    fn parallel_tool_calls(&mut self, asked: Option<Sourced<bool>>, has_tools: bool) -> Option<bool> {
        if !has_tools {
            return None;
        }
        if self.upstream.one_call_at_a_time {
            if let Some(Sourced { value: true, origin }) = asked {
                let detail = "the model makes one call at a time at this upstream";
                self.lose(origin.path(), LossCode::ChangedValue, detail);
            }
            return Some(false);
        }
        if asked.is_none() {
            return self.upstream.default_parallel_tool_calls;
        }
        self.keep(Field::ParallelToolCalls, asked)
    }

    fn store(&mut self, store: Option<Sourced<bool>>) -> Option<bool> {
        match store? {
            // Nobody asked.
            Sourced { value: true, origin } if origin == Origin::default() => None,
            // What a Chat upstream stores is a log of completions, not a reply to fetch or go on from.
            Sourced { value: true, origin } => {
                let detail = "the reply cannot be fetched or continued by its id later";
                self.lose(origin.path(), LossCode::NotRetrievable, detail);
                None
            }
            // An upstream without the field stores nothing either.
            Sourced { value: false, origin: _ } => (!self.upstream.refuses(Field::Store)).then_some(false),
        }
    }

    fn sampling(&mut self, sampling: Sampling, wire: &mut wire::Request) {
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
        let temperature = temperature.map(|temperature| self.lowered(temperature));
        wire.temperature = self.keep(Field::Temperature, temperature);
        wire.top_p = self.keep(Field::TopP, top_p);
        self.drop(top_k.as_ref(), LossCode::DroppedParameter);
        wire.frequency_penalty = self.keep(Field::FrequencyPenalty, frequency_penalty);
        wire.presence_penalty = self.keep(Field::PresencePenalty, presence_penalty);
        wire.logit_bias =
            self.keep(Field::LogitBias, logit_bias).and_then(|bias| serde_json::from_str(bias.text()).ok());
        let seed = self.keep_as(Field::Seed, seed, LossCode::DroppedHint);
        if self.upstream.seed_field == Field::Seed.as_str() {
            wire.seed = seed;
        } else if let Some(seed) = seed {
            put(&mut self.memory.body, &self.upstream.seed_field, Value::Number(seed));
        }
        wire.stop = self.keep_as(Field::Stop, stop, LossCode::Emulated).map(wire::Stop::Many);
        wire.n = self.keep(Field::N, choices).map(Integer);
        wire.prediction = self
            .keep_as(Field::Prediction, prediction, LossCode::DroppedHint)
            .and_then(|prediction| serde_json::from_str(prediction.text()).ok());
    }

    fn limits(&mut self, limits: Limits, wire: &mut wire::Request) {
        let Limits { max_output_tokens, origin: _, max_tool_calls, truncation, context_management } = limits;
        let field = if self.upstream.legacy_max_tokens { Field::MaxTokens } else { Field::MaxCompletionTokens };
        let limit = self.keep(field, max_output_tokens).map(Integer);
        if self.upstream.legacy_max_tokens {
            wire.max_tokens = limit;
        } else {
            wire.max_completion_tokens = limit;
        }
        // It counts calls of hosted tools only, and there are none.
        self.drop(max_tool_calls.as_ref(), LossCode::DroppedHint);
        // `disabled` is what happens anyway: a conversation that is too long fails.
        self.drop(truncation.as_ref().filter(|truncation| truncation.value != "disabled"), LossCode::DroppedParameter);
        self.drop(context_management.as_ref(), LossCode::DroppedParameter);
    }

    fn output(&mut self, output: OutputOptions, wire: &mut wire::Request) -> Result<(), Error> {
        let OutputOptions { format, verbosity, logprobs, audio } = output;
        if let Some(audio) = audio {
            let path = audio.settings.origin.path();
            let message = "spoken answers cannot be carried over; leave `audio` out";
            return Err(Error::request(path, RequestCode::UnsupportedValue, message));
        }
        let logprobs = logprobs.filter(|logprobs| {
            let is_refused = self.upstream.refuses(Field::Logprobs);
            if is_refused {
                self.lose(logprobs.origin.path(), LossCode::RefusedByUpstream, "this upstream refuses `logprobs`");
            }
            !is_refused
        });
        if let Some(logprobs) = logprobs {
            wire.logprobs = Some(true);
            wire.top_logprobs = logprobs.top.map(|top| {
                self.places.add(At::Field("logprobs"), What::Setting, top.origin);
                self.places.add(At::Field("top_logprobs"), What::Setting, top.origin);
                Integer(top.value)
            });
        }
        let place = format.as_ref().map(|format| format.origin);
        wire.response_format = format.and_then(|format| self.format(format));
        if let Some(origin) = place.filter(|_| wire.response_format.is_some()) {
            self.places.add(At::Field("response_format"), What::Format, origin);
        }
        wire.verbosity = self.keep_as(Field::Verbosity, verbosity, LossCode::DroppedHint);
        Ok(())
    }

    /// What is left of `include` asks for the details of hosted tools, which say themselves that they are lost.
    fn include(&mut self, include: Vec<Sourced<String>>) {
        for Sourced { value, origin } in include {
            if value == ENCRYPTED_REASONING {
                let detail = "a Chat upstream does not seal its thoughts";
                self.lose(origin.path(), LossCode::DroppedHint, detail);
            }
        }
    }

    fn stream(&mut self, stream: StreamOptions, wire: &mut wire::Request) {
        let StreamOptions { enabled, include_usage: _, include_obfuscation, summary_delivery } = stream;
        self.drop(summary_delivery.as_ref(), LossCode::DroppedHint);
        if !enabled && !self.upstream.always_stream {
            return;
        }
        wire.stream = Some(true);
        let include_obfuscation =
            self.keep_as(Field::StreamOptionsIncludeObfuscation, include_obfuscation, LossCode::DroppedHint);
        if !self.upstream.refuses(Field::StreamOptions) {
            wire.stream_options =
                Some(wire::StreamOptions { include_usage: Some(true), include_obfuscation, extra: Extra::new() });
        }
    }

    fn service(&mut self, service: Service, wire: &mut wire::Request) {
        let Service {
            tier,
            // Chat keeps labels only beside what it stores; the reply repeats them from the request.
            metadata: _,
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
        let hint = LossCode::DroppedHint;
        wire.service_tier = self.tier(tier);
        wire.user = self.keep_as(Field::User, user, hint);
        wire.safety_identifier = self.keep_as(Field::SafetyIdentifier, safety_identifier, hint);
        wire.prompt_cache_key = self.keep_as(Field::PromptCacheKey, prompt_cache_key, hint);
        wire.prompt_cache_retention = self.keep_as(Field::PromptCacheRetention, prompt_cache_retention, hint);
        wire.prompt_cache_options = self.keep_as(Field::PromptCacheOptions, prompt_cache_options, hint).map(wire_json);
        wire.moderation = self.keep(Field::Moderation, moderation).map(wire_json);
        self.drop(access_programs.as_ref(), hint);
        self.drop(image.as_ref(), LossCode::DroppedParameter);
        self.drop(multi_agent.as_ref(), LossCode::DroppedParameter);
        self.drop(client_metadata.as_ref(), hint);
    }

    fn tier(&mut self, tier: Option<Sourced<String>>) -> Option<String> {
        let Sourced { value, origin } = tier?;
        // The two say what happens anyway, whether the upstream knows of tiers or not.
        if self.upstream.refuses(Field::ServiceTier) && matches!(value.as_str(), "auto" | "default") {
            return None;
        }
        let kept = self.keep(Field::ServiceTier, Some(Sourced { value, origin }))?;
        if kept != "ultrafast" {
            return Some(kept);
        }
        let detail = "the fastest tier of the Chat Completions API is `priority`";
        self.lose(origin.path(), LossCode::ChangedValue, detail);
        Some("priority".to_owned())
    }
}
