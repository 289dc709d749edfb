//! What a message cost, both ways.
//!
//! This API counts what the cache read and wrote beside what else was read; the model counts it as a part.

use interlingua_model::{self as model, InputDetails, OutputDetails};
use interlingua_wire::{Extra, Integer, messages as wire};

use crate::convert::{count, integer, json, to_json, wire_json};

/// Usage, `None` for an object that says nothing.
pub(in crate::messages) fn decode_usage(usage: wire::Usage) -> Option<model::Usage> {
    let wire::Usage {
        input_tokens,
        cache_creation_input_tokens,
        cache_read_input_tokens,
        cache_creation,
        output_tokens,
        output_tokens_details,
        server_tool_use,
        service_tier: _,
        speed,
        inference_geo,
        iterations,
        extra,
    } = usage;
    if input_tokens.is_none() && output_tokens.is_none() {
        return None;
    }
    let (cached, cache_write) = (count(cache_read_input_tokens), count(cache_creation_input_tokens));
    let input = count(input_tokens).unwrap_or(0);
    let input = input.saturating_add(cached.unwrap_or(0)).saturating_add(cache_write.unwrap_or(0));
    let output = count(output_tokens).unwrap_or(0);
    let has_details = cached.is_some() || cache_write.is_some();
    let mut rest: Vec<(String, model::Json)> = Vec::new();
    let mut keep = |name: &str, value: Option<model::Json>| rest.extend(value.map(|value| (name.to_owned(), value)));
    keep("cache_creation", cache_creation.and_then(|value| to_json(&value)));
    keep("server_tool_use", server_tool_use.and_then(|value| to_json(&value)));
    keep("speed", speed.and_then(|value| to_json(&value)));
    keep("inference_geo", inference_geo.and_then(|value| to_json(&value)));
    keep("iterations", iterations.map(json));
    rest.extend(crate::convert::extra(&extra));
    let thinking = output_tokens_details.map(|details| {
        let wire::OutputTokensDetails { thinking_tokens, extra } = details;
        OutputDetails {
            reasoning: count(thinking_tokens),
            extra: crate::convert::extra(&extra),
            ..OutputDetails::default()
        }
    });
    if input == 0 && output == 0 && rest.is_empty() && thinking.is_none() {
        // What is written where nothing is known.
        return None;
    }
    Some(model::Usage {
        input,
        output,
        total: input.saturating_add(output),
        input_details: has_details.then(|| InputDetails { cached, cache_write, ..InputDetails::default() }),
        output_details: thinking,
        extra: rest,
    })
}

/// What counts of two tellings: the later one, wherever it says anything.
pub(in crate::messages) fn overlay(earlier: wire::Usage, later: wire::Usage) -> wire::Usage {
    let wire::Usage {
        input_tokens,
        cache_creation_input_tokens,
        cache_read_input_tokens,
        cache_creation,
        output_tokens,
        output_tokens_details,
        server_tool_use,
        service_tier,
        speed,
        inference_geo,
        iterations,
        extra,
    } = later;
    wire::Usage {
        input_tokens: input_tokens.or(earlier.input_tokens),
        cache_creation_input_tokens: cache_creation_input_tokens.or(earlier.cache_creation_input_tokens),
        cache_read_input_tokens: cache_read_input_tokens.or(earlier.cache_read_input_tokens),
        cache_creation: cache_creation.or(earlier.cache_creation),
        output_tokens: output_tokens.or(earlier.output_tokens),
        output_tokens_details: output_tokens_details.or(earlier.output_tokens_details),
        server_tool_use: server_tool_use.or(earlier.server_tool_use),
        service_tier: service_tier.or(earlier.service_tier),
        speed: speed.or(earlier.speed),
        inference_geo: inference_geo.or(earlier.inference_geo),
        iterations: iterations.or(earlier.iterations),
        extra: if extra.is_empty() { earlier.extra } else { extra },
    }
}

/// The service class in the model's words.
pub(in crate::messages) fn service_tier(word: Option<&str>) -> Option<String> {
    Some(match word? {
        "standard" => "default".to_owned(),
        other => other.to_owned(),
    })
}

/// The service class in this API's words.
fn encode_tier(tier: Option<String>) -> Option<String> {
    Some(match tier?.as_str() {
        "priority" => "priority".to_owned(),
        "batch" => "batch".to_owned(),
        _ => "standard".to_owned(),
    })
}

/// Usage in this API's words. Both counts of the cache are always there: clients add them up.
pub(in crate::messages) fn encode_usage(usage: Option<model::Usage>, tier: Option<String>) -> wire::Usage {
    let Some(model::Usage { input, output, total: _, input_details, output_details, extra }) = usage else {
        return wire::Usage { service_tier: encode_tier(tier), ..nothing() };
    };
    let InputDetails { cached, cache_write, audio: _, extra: _ } = input_details.unwrap_or_default();
    let (cached, cache_write) = (cached.unwrap_or(0), cache_write.unwrap_or(0));
    let thinking = output_details.and_then(|details| details.reasoning);
    let mut usage = wire::Usage {
        input_tokens: Some(integer(input.saturating_sub(cached).saturating_sub(cache_write))),
        cache_read_input_tokens: Some(integer(cached)),
        cache_creation_input_tokens: Some(integer(cache_write)),
        output_tokens: Some(integer(output)),
        output_tokens_details: thinking.map(|thinking| wire::OutputTokensDetails {
            thinking_tokens: Some(integer(thinking)),
            extra: Extra::new(),
        }),
        service_tier: encode_tier(tier),
        ..wire::Usage::default()
    };
    for (name, value) in extra {
        let value = wire_json(value);
        match name.as_str() {
            "cache_creation" => usage.cache_creation = value.parse().ok(),
            "server_tool_use" => usage.server_tool_use = value.parse().ok(),
            "speed" => usage.speed = value.parse().ok(),
            "inference_geo" => usage.inference_geo = value.parse().ok(),
            "iterations" => usage.iterations = Some(value),
            // By these names the counts have been told.
            "input_tokens"
            | "output_tokens"
            | "cache_read_input_tokens"
            | "cache_creation_input_tokens"
            | "output_tokens_details"
            | "service_tier" => {}
            _ => usage.extra.push(name, value),
        }
    }
    usage
}

/// No tokens at all: what is known before there is any answer.
fn nothing() -> wire::Usage {
    wire::Usage {
        input_tokens: Some(Integer(0)),
        cache_read_input_tokens: Some(Integer(0)),
        cache_creation_input_tokens: Some(Integer(0)),
        output_tokens: Some(Integer(0)),
        ..wire::Usage::default()
    }
}
