//! What the Responses API has gained since this project began: every name with an example. `docs/mapping.md` has a row for
//! each, and each comes through a translation into the same API as it was.

use serde_json::{Value, json};

/// Where a name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Request,
    Reply,
    Event,
}

impl Place {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Reply => "reply",
            Self::Event => "event",
        }
    }
}

/// The names, as they are written in the API's own words: fields with the object they stand in, values by themselves.
pub(crate) const NAMES: &[&str] = &[
    "access_programs",
    "background_options",
    "image",
    "multi_agent",
    "stream_options.reasoning_summary_delivery",
    "output.encrypted_content",
    "prompt_cache_options.prewarm",
    "prompt_cache_options.comparison_response_id",
    "prompt_cache_options.ttl",
    "function.async",
    "custom.async",
    "mcp.tunnel_id",
    "function_call.async",
    "custom_tool_call.async",
    "function_call.encrypted_function_args",
    "internal_chat_message_metadata_passthrough",
    "partial_answer",
    "agent",
    "configuration_update",
    "context_compaction",
    "compaction_trigger",
    "agent_message",
    "multi_agent_call",
    "multi_agent_call_output",
    "input_transformations",
    "prompt_cache_diagnostics",
    "cache_write_tokens_details",
    "misalignment",
    "misalignment_policy_violation",
    "steered",
    "max_messages",
    "image_generation_call.revised_prompt",
    "image_generation_call.svg_usage",
    "image_generation_call.error.moderation_details",
    "response.compaction.compacting",
    "response.steer",
    "response.steer.accepted",
    "response.steer.failed",
    "response.steer.pending",
    "response.inject",
    "response.inject.created",
    "response.inject.failed",
];

/// One name in one place: the fields that have it, of a request, of a reply or of an event.
#[derive(Debug, Clone)]
pub(crate) struct Example {
    pub(crate) name: &'static str,
    pub(crate) place: Place,
    pub(crate) fields: Value,
}

pub(crate) fn examples() -> Vec<Example> {
    let schema = || json!({"type": "object", "properties": {}});
    let user = || json!({"type": "message", "role": "user", "content": "x"});
    let call = |more: Value| {
        let call = json!({"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"});
        let result = json!({"type": "function_call_output", "call_id": "call_1", "output": "1"});
        json!({"input": [user(), merge(call, more), result]})
    };
    let request = |name, fields| Example { name, place: Place::Request, fields };
    let item = |name, item: Value| Example { name, place: Place::Reply, fields: json!({"output": [item]}) };
    let reply = |name, fields| Example { name, place: Place::Reply, fields };
    let event = |name: &'static str, more: Value| Example {
        name,
        place: Place::Event,
        fields: merge(json!({"type": name, "sequence_number": 7}), more),
    };
    let whole_call = |more: Value| {
        let call = json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}",
            "status": "completed"});
        merge(call, more)
    };
    let whole_message = |more: Value| {
        let part = json!({"type": "output_text", "text": "hi", "annotations": [], "logprobs": []});
        let message = json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [part]});
        merge(message, more)
    };
    let drawn = |more: Value| {
        merge(json!({"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "AAAA"}), more)
    };
    let root = || json!({"agent_name": "/root"});
    let steer = || json!({"id": "steer_1", "previous_response_id": "resp_0"});
    vec![
        request("access_programs", json!({"access_programs": {"cyber": "standard"}})),
        request("background_options", json!({"background": true, "background_options": {"completion_window": "2h"}})),
        request("image", json!({"image": {"context_compression": "disabled"}})),
        request("multi_agent", json!({"multi_agent": {"enabled": true, "max_concurrent_subagents": 3}})),
        request(
            "stream_options.reasoning_summary_delivery",
            json!({"stream": true, "stream_options": {"reasoning_summary_delivery": "sequential_cutoff"}}),
        ),
        request("output.encrypted_content", json!({"include": ["output.encrypted_content"]})),
        request("prompt_cache_options.prewarm", json!({"prompt_cache_options": {"prewarm": true}})),
        request(
            "prompt_cache_options.comparison_response_id",
            json!({"prompt_cache_options": {"comparison_response_id": "resp_0"}}),
        ),
        request("prompt_cache_options.ttl", json!({"prompt_cache_options": {"mode": "explicit", "ttl": "12h"}})),
        request(
            "function.async",
            json!({"tools": [{"type": "function", "name": "f", "parameters": schema(), "strict": false, "async": true}]}),
        ),
        request("custom.async", json!({"tools": [{"type": "custom", "name": "c", "async": true}]})),
        request("mcp.tunnel_id", json!({"tools": [{"type": "mcp", "server_label": "s", "tunnel_id": "tunnel_1"}]})),
        request("function_call.async", call(json!({"async": true}))),
        request(
            "custom_tool_call.async",
            json!({"input": [user(),
                {"type": "custom_tool_call", "call_id": "call_1", "name": "c", "input": "i", "async": true},
                {"type": "custom_tool_call_output", "call_id": "call_1", "output": "1"}]}),
        ),
        request("function_call.encrypted_function_args", call(json!({"encrypted_function_args": "gAAAAB"}))),
        request(
            "internal_chat_message_metadata_passthrough",
            json!({"input": [merge(user(), json!({"internal_chat_message_metadata_passthrough": {"turn": 1}}))]}),
        ),
        request(
            "partial_answer",
            json!({"input": [user(), {"type": "message", "role": "assistant", "phase": "partial_answer",
                "content": "so far"}, user()]}),
        ),
        request("agent", json!({"input": [merge(user(), json!({"agent": root()}))]})),
        request("agent", call(json!({"agent": root()}))),
        request(
            "configuration_update",
            json!({"input": [user(), {"type": "configuration_update", "id": "cu_1", "reasoning": {"effort": "low"},
                "text": {"format": {"type": "text"}}}]}),
        ),
        request(
            "context_compaction",
            json!({"input": [{"type": "context_compaction", "encrypted_content": "gAAAAB"}, user()]}),
        ),
        request("compaction_trigger", json!({"input": [user(), {"type": "compaction_trigger"}]})),
        request(
            "agent_message",
            json!({"input": [{"type": "agent_message", "author": "/root", "recipient": "/root/a", "content": [
                {"type": "input_text", "text": "look"}, {"type": "encrypted_content", "encrypted_content": "gAAAAB"}]}]}),
        ),
        request(
            "multi_agent_call",
            json!({"input": [user(),
                {"type": "multi_agent_call", "id": "mac_1", "call_id": "call_1", "action": "spawn_agent",
                    "arguments": "{}", "agent": root()},
                {"type": "multi_agent_call_output", "id": "maco_1", "call_id": "call_1", "action": "spawn_agent",
                    "output": [{"type": "output_text", "text": "ok", "annotations": []}]}]}),
        ),
        reply("access_programs", json!({"access_programs": {"cyber": "daybreak_blue"}})),
        reply("image", json!({"image": {"context_compression": "enabled"}})),
        reply(
            "input_transformations",
            json!({"input_transformations": [{"id": "rs_1", "type": "reasoning", "action": "removed",
                "reason": "turn_boundary"}]}),
        ),
        reply("prompt_cache_diagnostics", json!({"prompt_cache_diagnostics": {"type": "cache_hit"}})),
        reply(
            "cache_write_tokens_details",
            json!({"usage": {"input_tokens": 9, "output_tokens": 1, "total_tokens": 10,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 8,
                    "cache_write_tokens_details": {"ttl_30m_tokens": 3, "ttl_12h_tokens": 5}},
                "output_tokens_details": {"reasoning_tokens": 0}}}),
        ),
        reply("misalignment", misaligned()),
        reply("misalignment_policy_violation", misaligned()),
        reply("steered", json!({"status": "incomplete", "incomplete_details": {"reason": "steered"}})),
        reply("max_messages", json!({"status": "incomplete", "incomplete_details": {"reason": "max_messages"}})),
        item("function_call.async", whole_call(json!({"async": true}))),
        item(
            "custom_tool_call.async",
            json!({"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_1", "name": "c", "input": "i",
                "status": "completed", "async": true}),
        ),
        item("function_call.encrypted_function_args", whole_call(json!({"encrypted_function_args": "gAAAAB"}))),
        item(
            "internal_chat_message_metadata_passthrough",
            whole_message(json!({"internal_chat_message_metadata_passthrough": {"turn": 1}})),
        ),
        item("partial_answer", whole_message(json!({"phase": "partial_answer"}))),
        item("agent", whole_message(json!({"agent": root()}))),
        item("agent", whole_call(json!({"agent": root()}))),
        item(
            "agent",
            json!({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}],
                "status": "completed", "agent": root()}),
        ),
        item("context_compaction", json!({"type": "context_compaction", "id": "cc_1", "encrypted_content": "gAAAAB"})),
        item(
            "configuration_update",
            json!({"type": "configuration_update", "id": "cu_1", "reasoning": {"effort": "low"}}),
        ),
        item(
            "agent_message",
            json!({"type": "agent_message", "id": "am_1", "author": "/root/a", "recipient": "/root",
                "content": [{"type": "input_text", "text": "done"}], "agent": root()}),
        ),
        item(
            "multi_agent_call",
            json!({"type": "multi_agent_call", "id": "mac_1", "call_id": "call_1", "action": "wait_agent",
                "arguments": "{}", "agent": root()}),
        ),
        item(
            "multi_agent_call_output",
            json!({"type": "multi_agent_call_output", "id": "maco_1", "call_id": "call_1", "action": "wait_agent",
                "output": [{"type": "output_text", "text": "ok", "annotations": []}]}),
        ),
        item("image_generation_call.revised_prompt", drawn(json!({"revised_prompt": "a cat"}))),
        item(
            "image_generation_call.svg_usage",
            drawn(json!({"output_format": "svg", "svg_usage": {"model": "m", "input_tokens": 1, "output_tokens": 2,
                "reasoning_tokens": 0, "total_tokens": 3}})),
        ),
        item(
            "image_generation_call.error.moderation_details",
            json!({"type": "image_generation_call", "id": "ig_1", "status": "failed", "error": {"code": "moderation_blocked",
                "message": "no", "type": "image_generation_error",
                "moderation_details": {"categories": ["violence"], "moderation_stage": "output"}}}),
        ),
        event("response.compaction.compacting", json!({"item_id": "cmp_1", "output_index": 0})),
        event("response.steer", json!({"previous_response_id": "resp_0", "input": "shorter"})),
        event("response.steer.accepted", json!({"steer": steer()})),
        event(
            "response.steer.failed",
            json!({"steer": {"input": "shorter", "previous_response_id": "resp_0"}, "error": {
                "code": "response_not_active", "message": "no", "type": "invalid_request_error"}}),
        ),
        event(
            "response.steer.pending",
            json!({"steer": steer(), "reason": "waiting_for_required_input", "stream_id": "s_1",
                "required_input": [{"type": "function_call_output", "call_id": "call_1", "name": "f"}]}),
        ),
        event("response.inject", json!({"response_id": "resp_1", "input": [user()]})),
        event("response.inject.created", json!({"response_id": "resp_1"})),
        event(
            "response.inject.failed",
            json!({"response_id": "resp_1", "input": [user()], "error": {"code": "response_not_found", "message": "no"}}),
        ),
        Example {
            name: "agent",
            place: Place::Event,
            fields: json!({"type": "response.output_text.delta", "item_id": "msg_0", "output_index": 0,
                "content_index": 0, "delta": "hi", "logprobs": [], "sequence_number": 3, "agent": root()}),
        },
    ]
}

fn misaligned() -> Value {
    json!({"status": "failed", "error": {"code": "misalignment_policy_violation", "message": "stopped", "misalignment": {
        "error_type": "potentially_unintended_data_transfer", "steer": {"message": "ask first"}}}})
}

/// The fields of both.
pub(crate) fn merge(base: Value, more: Value) -> Value {
    match (base, more) {
        (Value::Object(mut base), Value::Object(more)) => {
            base.extend(more);
            Value::Object(base)
        }
        (base, _) => base,
    }
}

/// A request with an example's fields.
pub(crate) fn request(fields: &Value) -> Value {
    merge(json!({"model": "m", "input": [{"type": "message", "role": "user", "content": "x"}]}), fields.clone())
}

/// A whole reply with an example's fields.
pub(crate) fn reply(fields: &Value) -> Value {
    let base = json!({"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m",
        "output": []});
    merge(base, fields.clone())
}

/// The events of a reply: every item begins and ends, or the one event stands in the message that there is.
pub(crate) fn stream(example: &Example) -> Vec<Value> {
    let (begun, event) = match example.place {
        Place::Event => {
            let agent = example.fields.get("agent").cloned();
            let part = json!({"type": "output_text", "text": "hi", "annotations": [], "logprobs": []});
            let mut message = json!({"type": "message", "id": "msg_0", "role": "assistant", "status": "completed",
                "content": [part]});
            if let Some(agent) = agent {
                message = merge(message, json!({"agent": agent}));
            }
            (reply(&json!({"output": [message]})), Some(example.fields.clone()))
        }
        Place::Request | Place::Reply => (reply(&example.fields), None),
    };
    let output = begun["output"].as_array().cloned().unwrap_or_default();
    let about = merge(
        begun.clone(),
        json!({"status": "in_progress", "output": [], "error": null, "usage": null,
        "incomplete_details": null}),
    );
    let mut events = vec![json!({"type": "response.created", "response": about})];
    for (index, item) in output.iter().enumerate() {
        let mut start = item.clone();
        if matches!(item["type"].as_str(), Some("message" | "reasoning" | "function_call" | "custom_tool_call")) {
            let empty =
                [("content", json!([])), ("summary", json!([])), ("arguments", json!("")), ("input", json!(""))];
            for (field, empty) in empty.into_iter().filter(|(field, _)| item.get(field).is_some()) {
                start[field] = empty;
            }
            start["status"] = json!("in_progress");
        }
        events.push(json!({"type": "response.output_item.added", "output_index": index, "item": start}));
        events.extend(event.clone().filter(|_| index == 0));
        events.push(json!({"type": "response.output_item.done", "output_index": index, "item": item}));
    }
    let end = format!("response.{}", begun["status"].as_str().unwrap_or_default());
    events.push(json!({"type": end, "response": begun}));
    // Numbered as a server does.
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = json!(number);
    }
    events
}
