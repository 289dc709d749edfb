//! The canonical request as a Chat Completions request.
//!
//! Follows "Create chat completion" of the API reference; what a backend forces or refuses is in its [`Profile`].

use super::encode_items::encode_messages;
use super::encode_tools::{encode_choice, encode_tools};
use super::writing::Writing;
use crate::carried::carry;
use crate::chat::Field;
use crate::chat::Upstream;
use crate::convert::wire_json;
use crate::history::{retell, settle, settle_tools};
use crate::places::{At, Places, What};
use crate::sent::Encoded;
use crate::{Error, LossCode, RequestCode, Sent, Stamp, Translated};
use interlingua_model::{
    Api, Continuation, Limits, Origin, OutputFormat, OutputOptions, Reasoning, Request, Sampling, SchemaFormat,
    Service, Sourced, StreamOptions,
};
use interlingua_wire::{Extra, Integer, chat as wire};

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
pub fn encode_request(request: Request, upstream: &Upstream, stamp: &Stamp) -> Result<Encoded<wire::Request>, Error> {
    let (request, mut losses) = retell(request, Api::Chat);
    let sent = sent(&request, upstream, stamp);
    let (Translated { value, losses: lost }, _) = write_request(request, upstream, &sent)?;
    losses.extend(lost);
    Ok(Encoded { value, losses, sent })
}

/// What the request is sent as. A Chat upstream made its own call ids, so they are all as it wants them.
pub(in crate::chat) fn sent(request: &Request, upstream: &Upstream, stamp: &Stamp) -> Sent {
    let takes_stop = !upstream.refuses(Field::Stop);
    Sent::new(request, upstream.tool_name_limit, usize::MAX, takes_stop, stamp)
}

/// Writes a request, and where each thing in it came from.
pub(in crate::chat) fn write_request(
    request: Request,
    upstream: &Upstream,
    sent: &Sent,
) -> Result<(Translated<wire::Request>, Places), Error> {
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
    let mut out = Writing { upstream, sent, losses: Vec::new(), places: Places::default(), has_lost_breakpoint: false };
    let mut wire = wire::Request { model: Some(model), ..wire::Request::default() };

    out.drop(continuation.background_options.as_ref(), LossCode::DroppedParameter);
    refuse_stored(continuation)?;
    carry(carried, Api::Chat, &mut out.losses)?;
    wire.store = out.store(store);
    let items = settle(items, Api::Chat, &mut out.losses, &mut out.places);
    wire.messages = Some(encode_messages(&mut out, instructions, items, items_origin)?);
    settle_tools(&mut tools, Api::Chat, &mut out.losses, &mut out.places);
    let tools = encode_tools(&mut out, tools, tool_choice.as_ref())?;
    wire.tool_choice = encode_choice(&mut out, tool_choice, &tools)?;
    let has_tools = !tools.wire.is_empty();
    wire.tools = has_tools.then_some(tools.wire);
    wire.web_search_options = tools.web_search;
    // Without tools it says nothing, and a strict server refuses to hear it.
    let parallel_tool_calls = parallel_tool_calls.filter(|_| has_tools);
    wire.parallel_tool_calls = out.keep(Field::ParallelToolCalls, parallel_tool_calls, LossCode::RefusedByUpstream);

    out.sampling(sampling, &mut wire);
    out.limits(limits, &mut wire);
    out.output(output, &mut wire)?;
    out.reasoning(reasoning, &mut wire)?;
    out.include(include);
    out.stream(stream, &mut wire);
    out.service(service, &mut wire);
    let Writing { upstream: _, sent: _, losses, places, has_lost_breakpoint: _ } = out;
    Ok((Translated { value: wire, losses }, places))
}

impl Writing<'_> {
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
        let refused = LossCode::RefusedByUpstream;
        wire.temperature = self.keep(Field::Temperature, temperature, refused);
        wire.top_p = self.keep(Field::TopP, top_p, refused);
        self.drop(top_k.as_ref(), LossCode::DroppedParameter);
        wire.frequency_penalty = self.keep(Field::FrequencyPenalty, frequency_penalty, refused);
        wire.presence_penalty = self.keep(Field::PresencePenalty, presence_penalty, refused);
        wire.logit_bias =
            self.keep(Field::LogitBias, logit_bias, refused).and_then(|bias| serde_json::from_str(bias.text()).ok());
        wire.seed = self.keep(Field::Seed, seed, LossCode::DroppedHint);
        wire.stop = self.keep(Field::Stop, stop, LossCode::Emulated).map(wire::Stop::Many);
        wire.n = self.keep(Field::N, choices, refused).map(Integer);
        wire.prediction = self
            .keep(Field::Prediction, prediction, LossCode::DroppedHint)
            .and_then(|prediction| serde_json::from_str(prediction.text()).ok());
    }

    fn limits(&mut self, limits: Limits, wire: &mut wire::Request) {
        let Limits { max_output_tokens, origin: _, max_tool_calls, truncation, context_management } = limits;
        let field = if self.upstream.legacy_max_tokens { Field::MaxTokens } else { Field::MaxCompletionTokens };
        let limit = self.keep(field, max_output_tokens, LossCode::RefusedByUpstream).map(Integer);
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
        if let Some(logprobs) = logprobs {
            wire.logprobs = Some(true);
            wire.top_logprobs = logprobs.top.map(|top| {
                self.places.add(At::Field("logprobs"), What::Setting, top.origin);
                self.places.add(At::Field("top_logprobs"), What::Setting, top.origin);
                Integer(top.value)
            });
        }
        if let Some(format) = &format {
            self.places.add(At::Field("response_format"), What::Format, format.origin);
        }
        wire.response_format = format.and_then(|format| self.format(format));
        wire.verbosity = self.keep(Field::Verbosity, verbosity, LossCode::DroppedHint);
        Ok(())
    }

    fn format(&mut self, format: Sourced<OutputFormat>) -> Option<wire::ResponseFormat> {
        let Sourced { value, origin } = format;
        Some(match value {
            OutputFormat::Text => wire::ResponseFormat::Text(wire::TextFormat::default()),
            OutputFormat::JsonObject => wire::ResponseFormat::JsonObject(wire::JsonObjectFormat::default()),
            OutputFormat::JsonSchema(SchemaFormat { name, description, schema, strict, is_bound }) => {
                if is_bound && strict != Some(true) {
                    let detail = "the schema is one that no answer can be held to here; the model is shown it";
                    self.lose(origin.path(), LossCode::ChangedValue, detail);
                }
                let schema = schema.map(wire_json);
                let json_schema =
                    Some(wire::JsonSchema { name: Some(name), description, schema, strict, extra: Extra::new() });
                wire::ResponseFormat::JsonSchema(wire::JsonSchemaFormat { json_schema, extra: Extra::new() })
            }
            OutputFormat::Opaque(opaque) => {
                let detail = format!("the Chat Completions API has no `{}` format", opaque.kind);
                self.lose(origin.path(), LossCode::DroppedParameter, detail);
                return None;
            }
        })
    }

    fn reasoning(&mut self, reasoning: Reasoning, wire: &mut wire::Request) -> Result<(), Error> {
        // The effort says what the budget says.
        let Reasoning { effort, budget: _, display: _, summary, context, mode } = reasoning;
        wire.reasoning_effort =
            self.keep(Field::ReasoningEffort, effort, LossCode::RefusedByUpstream).map(wire::Effort::Word);
        self.drop(summary.as_ref(), LossCode::DroppedHint);
        self.drop(context.as_ref(), LossCode::DroppedHint);
        match mode.filter(|mode| mode.value != "standard") {
            None => Ok(()),
            Some(Sourced { value, origin }) => {
                let message = format!("the Chat Completions API cannot think in the mode `{value}`");
                Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message))
            }
        }
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
        if !enabled {
            return;
        }
        wire.stream = Some(true);
        let include_obfuscation =
            self.keep(Field::StreamOptionsIncludeObfuscation, include_obfuscation, LossCode::DroppedHint);
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
        wire.user = self.keep(Field::User, user, hint);
        wire.safety_identifier = self.keep(Field::SafetyIdentifier, safety_identifier, hint);
        wire.prompt_cache_key = self.keep(Field::PromptCacheKey, prompt_cache_key, hint);
        wire.prompt_cache_retention = self.keep(Field::PromptCacheRetention, prompt_cache_retention, hint);
        wire.prompt_cache_options = self.keep(Field::PromptCacheOptions, prompt_cache_options, hint).map(wire_json);
        wire.moderation = self.keep(Field::Moderation, moderation, LossCode::RefusedByUpstream).map(wire_json);
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
        let kept = self.keep(Field::ServiceTier, Some(Sourced { value, origin }), LossCode::RefusedByUpstream)?;
        if kept != "ultrafast" {
            return Some(kept);
        }
        let detail = "the fastest tier of the Chat Completions API is `priority`";
        self.lose(origin.path(), LossCode::ChangedValue, detail);
        Some("priority".to_owned())
    }
}

/// The state of a server is nothing a request without that server can go on from.
fn refuse_stored(continuation: Continuation) -> Result<(), Error> {
    let Continuation { previous_response_id, conversation, prompt, background, background_options: _ } = continuation;
    let stored = [
        previous_response_id.map(|id| (id.origin, "send the whole conversation as input instead")),
        conversation.map(|id| (id.origin, "send the whole conversation as input instead")),
        prompt.map(|prompt| (prompt.origin, "send the prompt's text as instructions instead")),
        background.map(|background| (background.origin, "answers are given at once or as a stream")),
    ];
    match stored.into_iter().flatten().next() {
        None => Ok(()),
        Some((origin, advice)) => {
            let message = format!("the Chat Completions API keeps nothing between requests; {advice}");
            Err(Error::request(origin.path(), RequestCode::UnsupportedParameter, message))
        }
    }
}
