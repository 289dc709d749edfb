//! A Chat Completions request as the canonical request.
//!
//! Follows "Create chat completion" of the API reference, field by field.

use super::decode_items::decode_messages;
use super::decode_tools::{decode_functions, decode_tools, decode_web_search};
use super::reading::Reading;
use crate::convert::{json, to_json};
use crate::error::missing;
use crate::{Error, LossCode, RequestCode, Translated};
use interlingua_model::{AudioOutput, Display, Logprobs, Origin, OutputFormat, Request, SchemaFormat, Sourced};
use interlingua_wire::chat as wire;
use interlingua_wire::{Extra, Integer, Json};
use serde_json::Number;

/// Reads a Chat Completions request.
///
/// Values that say what happens anyway (`n: 1`, `stop: []`) vanish without a loss. Fields that the reference does
/// not know are dropped with a loss. What only the other side cannot express is not decided here.
///
/// # Errors
/// [`Error::Request`] with the path at fault, when the request contradicts itself: no messages, a result without
/// its call, a choice of an undeclared tool, and the like.
///
/// ```
/// use interlingua_translate::chat;
///
/// let body = r#"{"model":"m","messages":[{"role":"tool","tool_call_id":"call_1","content":"42"}]}"#;
/// let error = chat::decode_request(serde_json::from_str(body)?).unwrap_err();
/// assert_eq!(error.param(), Some("messages[0].tool_call_id"));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn decode_request(wire: wire::Request) -> Result<Translated<Request>, Error> {
    let wire::Request {
        model,
        messages,
        stream,
        stream_options,
        store,
        metadata,
        max_completion_tokens,
        max_tokens,
        temperature,
        top_p,
        frequency_penalty,
        presence_penalty,
        logit_bias,
        logprobs,
        top_logprobs,
        n,
        seed,
        stop,
        prediction,
        modalities,
        audio,
        response_format,
        verbosity,
        reasoning_effort,
        tools,
        tool_choice,
        parallel_tool_calls,
        functions,
        function_call,
        web_search_options,
        service_tier,
        user,
        safety_identifier,
        prompt_cache_key,
        prompt_cache_retention,
        prompt_cache_options,
        moderation,
        mut extra,
    } = wire;

    let model = model.ok_or_else(|| missing("model", "name the model to answer"))?;
    let mut out = Reading::of(Request::new(model));
    let reasoning = extra.take("reasoning");
    let thinking = extra.take("thinking");
    let top_k = extra.take("top_k");
    out.unknown("", &extra);
    out.reasoning(reasoning_effort, reasoning);
    out.thinking(thinking);
    out.top_k(top_k);

    decode_messages(&mut out, messages.unwrap_or_default())?;
    out.stream(stream, stream_options)?;

    let request = &mut out.request;
    // Chat stores nothing unless asked to; the far side must not fall back on a default of its own.
    request.store = Some(Sourced::at("store", store.unwrap_or(false)));
    request.service.metadata = metadata.map(|value| Sourced::at("metadata", json(value)));
    request.service.tier = service_tier.map(|value| Sourced::at("service_tier", value));
    request.service.user = user.map(|value| Sourced::at("user", value));
    request.service.safety_identifier = safety_identifier.map(|value| Sourced::at("safety_identifier", value));
    request.service.prompt_cache_key = prompt_cache_key.map(|value| Sourced::at("prompt_cache_key", value));
    request.service.prompt_cache_retention =
        prompt_cache_retention.map(|value| Sourced::at("prompt_cache_retention", value));
    request.service.prompt_cache_options =
        prompt_cache_options.map(|value| Sourced::at("prompt_cache_options", json(value)));
    request.service.moderation = moderation.map(|value| Sourced::at("moderation", json(value)));
    request.output.verbosity = verbosity.map(|value| Sourced::at("verbosity", value));

    let sampling = &mut request.sampling;
    sampling.temperature = temperature.map(|value| Sourced::at("temperature", value));
    sampling.top_p = top_p.map(|value| Sourced::at("top_p", value));
    sampling.frequency_penalty =
        frequency_penalty.filter(not_zero).map(|value| Sourced::at("frequency_penalty", value));
    sampling.presence_penalty = presence_penalty.filter(not_zero).map(|value| Sourced::at("presence_penalty", value));
    sampling.logit_bias = logit_bias
        .filter(|bias| !bias.extra.is_empty())
        .and_then(|bias| to_json(&bias))
        .map(|value| Sourced::at("logit_bias", value));
    sampling.seed = seed.map(|value| Sourced::at("seed", value));
    sampling.stop = stop.map(sequences).filter(|stop| !stop.is_empty()).map(|stop| Sourced::at("stop", stop));
    sampling.prediction = prediction.and_then(|value| to_json(&value)).map(|value| Sourced::at("prediction", value));
    sampling.choices = choices(n)?.map(|n| Sourced::at("n", n));

    out.request.limits.origin = Origin::of("max_completion_tokens");
    // Thoughts have a place of their own in a reply of this API.
    out.request.reasoning.display = Some(Sourced { value: Display::Text, origin: Origin::default() });
    out.token_limit(max_completion_tokens, max_tokens)?;
    out.logprobs(logprobs, top_logprobs)?;
    out.audio(modalities, audio.map(json));
    out.format(response_format)?;

    if functions.is_some() && tools.as_ref().is_some_and(|tools| !tools.is_empty()) {
        return Err(Error::request(
            "functions",
            RequestCode::InvalidValue,
            "functions and tools cannot be used together; move the functions into tools",
        ));
    }
    // An empty list says that there are no tools, and with none nothing about calls is to be said.
    let parallel_tool_calls = parallel_tool_calls.filter(|_| !tools.as_ref().is_some_and(Vec::is_empty));
    out.request.parallel_tool_calls = parallel_tool_calls.map(|value| Sourced::at("parallel_tool_calls", value));
    if let Some(functions) = functions {
        decode_functions(&mut out, functions, function_call)?;
    } else {
        decode_tools(&mut out, tools.unwrap_or_default(), tool_choice)?;
        if let Some(function_call) = function_call {
            out.lose(
                "function_call",
                LossCode::DroppedHint,
                match function_call {
                    wire::FunctionChoice::Mode(_) => "says nothing without functions",
                    wire::FunctionChoice::Named(_) => "names a function, but there are none",
                },
            );
        }
    }
    if let Some(options) = web_search_options {
        decode_web_search(&mut out, options);
    }

    let Reading { request, losses, memory: _ } = out;
    Ok(Translated { value: request, losses })
}

impl Reading {
    fn stream(&mut self, stream: Option<bool>, options: Option<wire::StreamOptions>) -> Result<(), Error> {
        let enabled = stream.unwrap_or(false);
        self.request.stream.enabled = enabled;
        let Some(wire::StreamOptions { include_usage, include_obfuscation, extra }) = options else { return Ok(()) };
        if !enabled {
            return Err(Error::request(
                "stream_options",
                RequestCode::InvalidValue,
                "stream_options is only allowed with `stream: true`",
            ));
        }
        self.unknown("stream_options", &extra);
        self.request.stream.include_usage = include_usage.unwrap_or(false);
        if let Some(value) = include_obfuscation {
            self.request.stream.include_obfuscation = Some(Sourced::at("stream_options.include_obfuscation", value));
        }
        Ok(())
    }

    /// The effort, as a word or in the object that Responses has and that other servers take here under either name.
    fn reasoning(&mut self, effort: Option<wire::Effort>, object: Option<Json>) {
        let detail = "an object that the Chat Completions API does not know; its effort and summary are read";
        match effort {
            None => {}
            Some(wire::Effort::Word(word)) => {
                self.request.reasoning.effort = Some(Sourced::at("reasoning_effort", word));
            }
            Some(wire::Effort::Object(fields)) => {
                self.accept("reasoning_effort", detail);
                self.reasoning_fields(
                    fields,
                    "reasoning_effort",
                    "reasoning_effort.effort",
                    "reasoning_effort.summary",
                );
            }
        }
        let Some(object) = object.filter(|object| !object.is_null()) else { return };
        match object.parse::<Extra>() {
            Ok(fields) => {
                self.accept("reasoning", detail);
                self.reasoning_fields(fields, "reasoning", "reasoning.effort", "reasoning.summary");
            }
            Err(_) => self.lose("reasoning", LossCode::UnknownField, "this is no object with an effort"),
        }
    }

    /// Reads an effort and a summary; one that has been read before stays.
    fn reasoning_fields(&mut self, mut fields: Extra, path: &str, effort: &'static str, summary: &'static str) {
        for (key, place) in [("effort", effort), ("summary", summary)] {
            let word = fields.get(key).and_then(|word| word.parse::<String>().ok());
            let Some(word) = word else { continue };
            let reasoning = &mut self.request.reasoning;
            let slot = if key == "effort" { &mut reasoning.effort } else { &mut reasoning.summary };
            if slot.is_none() {
                *slot = Some(Sourced::at(place, word));
                fields.take(key);
            } else if slot.as_ref().is_some_and(|known| known.value == word) {
                fields.take(key);
            }
        }
        self.unknown(path, &fields);
    }

    fn token_limit(&mut self, newer: Option<Integer>, older: Option<Integer>) -> Result<(), Error> {
        let (key, Integer(limit)) = match (newer, older) {
            (Some(newer), Some(older)) if newer != older => {
                return Err(Error::request(
                    "max_tokens",
                    RequestCode::InvalidValue,
                    "max_tokens and max_completion_tokens differ; send only max_completion_tokens",
                ));
            }
            (Some(newer), _) => ("max_completion_tokens", newer),
            (None, Some(older)) => ("max_tokens", older),
            (None, None) => return Ok(()),
        };
        self.request.limits.max_output_tokens = Some(Sourced::at(key, limit));
        Ok(())
    }

    fn logprobs(&mut self, wanted: Option<bool>, top: Option<Integer>) -> Result<(), Error> {
        if wanted != Some(true) {
            return match top {
                None | Some(Integer(0)) => Ok(()),
                Some(_) => Err(Error::request(
                    "top_logprobs",
                    RequestCode::InvalidValue,
                    "top_logprobs is only allowed with `logprobs: true`",
                )),
            };
        }
        let top = top.map(|Integer(top)| Sourced::at("top_logprobs", top));
        self.request.output.logprobs = Some(Logprobs { origin: Origin::of("logprobs"), top });
        Ok(())
    }

    fn audio(&mut self, modalities: Option<Vec<wire::Modality>>, settings: Option<interlingua_model::Json>) {
        let modalities = modalities.unwrap_or_default();
        if modalities.contains(&wire::Modality::Audio) {
            let settings = settings.or_else(|| to_json(&Option::<()>::None));
            self.request.output.audio =
                settings.map(|value| AudioOutput { settings: Sourced::at("modalities", value) });
        } else if settings.is_some() {
            self.lose("audio", LossCode::DroppedHint, "says nothing without `audio` in modalities");
        }
        for (index, modality) in modalities.iter().enumerate() {
            if let wire::Modality::Other(name) = modality {
                let detail = format!("no backend here answers in `{name}`");
                self.lose(format!("modalities[{index}]"), LossCode::DroppedParameter, detail);
            }
        }
    }

    fn format(&mut self, format: Option<wire::ResponseFormat>) -> Result<(), Error> {
        let Some(format) = format else { return Ok(()) };
        let format = match format {
            wire::ResponseFormat::Text(wire::TextFormat { extra }) => {
                self.unknown("response_format", &extra);
                OutputFormat::Text
            }
            wire::ResponseFormat::JsonObject(wire::JsonObjectFormat { extra }) => {
                self.unknown("response_format", &extra);
                OutputFormat::JsonObject
            }
            wire::ResponseFormat::JsonSchema(wire::JsonSchemaFormat { json_schema, extra }) => {
                self.unknown("response_format", &extra);
                let path = "response_format.json_schema";
                let wire::JsonSchema { name, description, schema, strict, extra } =
                    json_schema.ok_or_else(|| missing(path, "a json_schema format needs its json_schema"))?;
                self.unknown(path, &extra);
                let name = name.ok_or_else(|| missing("response_format.json_schema.name", "name the schema"))?;
                OutputFormat::JsonSchema(SchemaFormat {
                    name,
                    description,
                    schema: schema.map(json),
                    strict,
                    is_bound: false,
                })
            }
            wire::ResponseFormat::Unknown(unknown) => {
                return Err(Error::request(
                    "response_format.type",
                    RequestCode::UnsupportedValue,
                    format!("`{}` is none of text, json_object and json_schema", unknown.kind),
                ));
            }
        };
        self.request.output.format = Some(Sourced::at("response_format", format));
        Ok(())
    }
}

fn not_zero(number: &Number) -> bool {
    number.as_f64() != Some(0.0)
}

fn sequences(stop: wire::Stop) -> Vec<String> {
    match stop {
        wire::Stop::One(one) => vec![one],
        wire::Stop::Many(many) => many,
    }
}

fn choices(n: Option<Integer>) -> Result<Option<i64>, Error> {
    match n {
        None | Some(Integer(1)) => Ok(None),
        Some(Integer(n)) if n < 1 => {
            Err(Error::request("n", RequestCode::InvalidValue, format!("{n} answers cannot be given; n starts at 1")))
        }
        Some(Integer(n)) => Ok(Some(n)),
    }
}
