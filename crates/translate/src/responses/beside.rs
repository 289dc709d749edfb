//! The fields that hang on items, tools and replies, and that the model has no word for: read and written in one place.

use interlingua_model::{Api, Opaque, OpaqueClass};
use interlingua_wire::{self as json, responses as wire};

use crate::convert::{to_json, wire_json};

const AGENT: &str = "agent";
const ASYNC: &str = "async";
const ENCRYPTED_ARGS: &str = "encrypted_function_args";
const NOTE: &str = "internal_chat_message_metadata_passthrough";
const ACCESS_PROGRAMS: &str = "access_programs";
const IMAGE: &str = "image";
const INPUT_TRANSFORMATIONS: &str = "input_transformations";
const CACHE_DIAGNOSTICS: &str = "prompt_cache_diagnostics";

/// The fields of an item. One that is carried whole has them with it.
#[expect(clippy::wildcard_enum_match_arm, reason = "items of every other kind are carried whole")]
pub(in crate::responses) fn of_item(item: &wire::Item) -> Vec<Opaque> {
    let (agent, note) = match item {
        wire::Item::Message(item) => (&item.agent, &item.internal_chat_message_metadata_passthrough),
        wire::Item::Reasoning(item) => (&item.agent, &item.internal_chat_message_metadata_passthrough),
        wire::Item::FunctionCall(item) => (&item.agent, &item.internal_chat_message_metadata_passthrough),
        wire::Item::FunctionCallOutput(item) => (&item.agent, &item.internal_chat_message_metadata_passthrough),
        wire::Item::CustomToolCall(item) => (&item.agent, &item.internal_chat_message_metadata_passthrough),
        wire::Item::CustomToolCallOutput(item) => (&item.agent, &item.internal_chat_message_metadata_passthrough),
        _ => return Vec::new(),
    };
    let (is_async, sealed) = match item {
        wire::Item::FunctionCall(item) => (item.is_async, item.encrypted_function_args.as_ref()),
        wire::Item::CustomToolCall(item) => (item.is_async, None),
        _ => (None, None),
    };
    let mut fields = Vec::new();
    read(&mut fields, ASYNC, OpaqueClass::Settled, is_async.as_ref());
    read(&mut fields, ENCRYPTED_ARGS, OpaqueClass::Essential, sealed);
    read(&mut fields, AGENT, OpaqueClass::Essential, agent.as_ref());
    read(&mut fields, NOTE, OpaqueClass::Settled, note.as_ref());
    fields
}

/// The fields of a tool of the client.
pub(in crate::responses) fn of_tool(is_async: Option<bool>) -> Vec<Opaque> {
    let mut fields = Vec::new();
    read(&mut fields, ASYNC, OpaqueClass::Essential, is_async.as_ref());
    fields
}

/// The fields of a reply, which came in an event of an agent where there are several.
pub(in crate::responses) fn of_reply(reply: &wire::Response, agent: Option<&json::Json>) -> Vec<Opaque> {
    let mut fields = Vec::new();
    read(&mut fields, ACCESS_PROGRAMS, OpaqueClass::Settled, reply.access_programs.as_ref());
    read(&mut fields, IMAGE, OpaqueClass::Settled, reply.image.as_ref());
    read(&mut fields, INPUT_TRANSFORMATIONS, OpaqueClass::Essential, reply.input_transformations.as_ref());
    read(&mut fields, CACHE_DIAGNOSTICS, OpaqueClass::Settled, reply.prompt_cache_diagnostics.as_ref());
    read(&mut fields, AGENT, OpaqueClass::Essential, agent);
    fields
}

fn read<T: serde::Serialize>(fields: &mut Vec<Opaque>, name: &str, class: OpaqueClass, value: Option<&T>) {
    if let Some(raw) = value.and_then(|value| to_json(value)).filter(|raw| raw.text() != "null") {
        fields.push(Opaque { api: Api::Responses, kind: name.to_owned(), class, raw });
    }
}

/// The agent that an item is of.
#[expect(clippy::wildcard_enum_match_arm, reason = "items of every other kind are carried as they came")]
pub(in crate::responses) fn agent_of(item: &wire::Item) -> Option<json::Json> {
    match item {
        wire::Item::Message(item) => item.agent.clone(),
        wire::Item::Reasoning(item) => item.agent.clone(),
        wire::Item::FunctionCall(item) => item.agent.clone(),
        wire::Item::FunctionCallOutput(item) => item.agent.clone(),
        wire::Item::CustomToolCall(item) => item.agent.clone(),
        wire::Item::CustomToolCallOutput(item) => item.agent.clone(),
        wire::Item::ImageGenerationCall(item) => item.agent.clone(),
        wire::Item::Unknown(item) => item.raw.parse::<json::Extra>().ok()?.get(AGENT).cloned(),
        _ => None,
    }
}

/// Says of an item which agent it is of, where the item itself does not and the event that it came in does.
pub(in crate::responses) fn of_agent(item: &mut wire::Item, event: Option<&json::Json>) {
    if let Some(agent) = event.filter(|_| agent_of(item).is_none()) {
        let mut fields = of_item(item);
        read(&mut fields, AGENT, OpaqueClass::Essential, Some(agent));
        let _ = onto_item(item, fields);
    }
}

/// The agent that fields name.
pub(in crate::responses) fn agent(fields: &[Opaque]) -> Option<json::Json> {
    let field = fields.iter().find(|field| field.api == Api::Responses && field.kind == AGENT)?;
    Some(wire_json(field.raw.clone()))
}

/// Takes a field of this API out of others.
fn take(fields: &mut Vec<Opaque>, name: &str) -> Option<json::Json> {
    let at = fields.iter().position(|field| field.api == Api::Responses && field.kind == name)?;
    Some(wire_json(fields.swap_remove(at).raw))
}

/// Writes fields onto an item. What is left has no place on it.
#[must_use]
#[expect(clippy::wildcard_enum_match_arm, reason = "items of every other kind are carried whole")]
pub(in crate::responses) fn onto_item(item: &mut wire::Item, mut fields: Vec<Opaque>) -> Vec<Opaque> {
    if fields.is_empty() {
        return fields;
    }
    if let wire::Item::FunctionCall(item) = item {
        item.encrypted_function_args = take(&mut fields, ENCRYPTED_ARGS);
    }
    let is_async = match item {
        wire::Item::FunctionCall(item) => Some(&mut item.is_async),
        wire::Item::CustomToolCall(item) => Some(&mut item.is_async),
        _ => None,
    };
    if let Some(is_async) = is_async {
        *is_async = take(&mut fields, ASYNC).and_then(|value| value.parse().ok());
    }
    let (agent, note) = match item {
        wire::Item::Message(item) => (&mut item.agent, &mut item.internal_chat_message_metadata_passthrough),
        wire::Item::Reasoning(item) => (&mut item.agent, &mut item.internal_chat_message_metadata_passthrough),
        wire::Item::FunctionCall(item) => (&mut item.agent, &mut item.internal_chat_message_metadata_passthrough),
        wire::Item::FunctionCallOutput(item) => (&mut item.agent, &mut item.internal_chat_message_metadata_passthrough),
        wire::Item::CustomToolCall(item) => (&mut item.agent, &mut item.internal_chat_message_metadata_passthrough),
        wire::Item::CustomToolCallOutput(item) => {
            (&mut item.agent, &mut item.internal_chat_message_metadata_passthrough)
        }
        _ => return fields,
    };
    *agent = take(&mut fields, AGENT);
    *note = take(&mut fields, NOTE);
    fields
}

/// Whether a tool may be left unanswered for a while, and the fields that have no place on it.
pub(in crate::responses) fn onto_tool(mut fields: Vec<Opaque>) -> (Option<bool>, Vec<Opaque>) {
    let is_async = take(&mut fields, ASYNC).and_then(|value| value.parse().ok());
    (is_async, fields)
}

/// Writes fields onto a reply. What is left has no place on it.
pub(in crate::responses) fn onto_reply(reply: &mut wire::Response, mut fields: Vec<Opaque>) -> Vec<Opaque> {
    let mut write = |place: &mut Option<json::Json>, name| *place = take(&mut fields, name).or(place.take());
    write(&mut reply.access_programs, ACCESS_PROGRAMS);
    write(&mut reply.image, IMAGE);
    write(&mut reply.input_transformations, INPUT_TRANSFORMATIONS);
    write(&mut reply.prompt_cache_diagnostics, CACHE_DIAGNOSTICS);
    fields
}
