//! Canonical items as input items of Responses.

use std::collections::{HashMap, HashSet};

use interlingua_model::{
    Api, Arguments, Content, Item, ItemKind, Message, Opaque, Origin, ReasoningItem, Role, ToolCall, ToolKind,
    ToolResult,
};
use interlingua_wire::{Unknown, responses as wire};

use super::encode_content::{Side, encode_content};
use super::writing::Writing;
use crate::beside::leave_out_fields;
use crate::convert::wire_json;
use crate::opaque::{leave_out_of_request, lost_image};
use crate::places::{At, What};
use crate::responses::beside::onto_item;
use crate::responses::images;
use crate::responses::reply::content::{reasoning_text_part, summary_part};
use crate::responses::reply::finish::encode_status;
use crate::tool_error::told;
use crate::{Error, LossCode};

/// The most characters of an item's id.
const MOST_OF_AN_ID: usize = 64;

/// What became of the items.
pub(super) struct WrittenInput {
    pub(super) items: Vec<wire::Item>,
    /// Leading operator's text that moved into `instructions`.
    pub(super) hoisted: Option<String>,
}

/// Writes the items; `first` is the place of the first one.
pub(super) fn encode_items(
    out: &mut Writing<'_>,
    mut items: Vec<Item>,
    first: usize,
    stored: bool,
) -> Result<WrittenInput, Error> {
    let hoisted = out.upstream.hoist_instructions.then(|| hoist(&mut items)).flatten();
    report_names(out, &items);
    report_prefill(out, items.last());
    let keep = keepable_reasoning(out, &items, stored);
    let mut written: Vec<wire::Item> = Vec::with_capacity(items.len());
    for (Item { origin, kind, beside }, keep) in items.into_iter().zip(keep) {
        if !keep {
            continue;
        }
        let (what, place) = (what(&kind), written.len());
        encode_item(out, kind, origin, &mut written)?;
        if let Some(item) = written.get_mut(place) {
            let left = onto_item(item, beside);
            leave_out_fields(&left, origin, Api::Responses, &mut out.losses);
            out.places.add(At::Item("input", first + place), what, origin);
        }
    }
    Ok(WrittenInput { items: written, hoisted })
}

fn what(kind: &ItemKind) -> What {
    match kind {
        ItemKind::Message(_) => What::Message,
        ItemKind::ToolCall(call) => What::of_call(&call.arguments),
        ItemKind::ToolResult(_) => What::Result,
        ItemKind::Reasoning(_) | ItemKind::ImageGeneration(_) | ItemKind::Opaque(_) => What::Setting,
    }
}

/// Takes plain-text operator messages off the front.
fn hoist(items: &mut Vec<Item>) -> Option<String> {
    let is_operator = |item: &Item| {
        matches!(
            &item.kind,
            ItemKind::Message(message)
                if matches!(message.role, Role::System | Role::Developer) && matches!(message.content, Content::Text(_))
        )
    };
    let count = items.iter().take_while(|item| is_operator(item)).count();
    let texts = items.drain(..count).filter_map(|item| match item.kind {
        ItemKind::Message(message) => match message.content {
            Content::Text(text) => Some(text),
            Content::Parts(_) => None,
        },
        ItemKind::ToolCall(_)
        | ItemKind::ToolResult(_)
        | ItemKind::Reasoning(_)
        | ItemKind::ImageGeneration(_)
        | ItemKind::Opaque(_) => None,
    });
    let texts: Vec<_> = texts.collect();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

/// Responses has no participant names. Losing one matters when it told two speakers of a role apart.
fn report_names(out: &mut Writing<'_>, items: &[Item]) {
    let messages = || {
        items.iter().filter_map(|item| match &item.kind {
            ItemKind::Message(message) => Some((item.origin, message)),
            ItemKind::ToolCall(_)
            | ItemKind::ToolResult(_)
            | ItemKind::Reasoning(_)
            | ItemKind::ImageGeneration(_)
            | ItemKind::Opaque(_) => None,
        })
    };
    let mut speakers: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (_, message) in messages() {
        if let Some(name) = &message.name {
            speakers.entry(role_name(&message.role)).or_default().insert(name);
        }
    }
    for (origin, message) in messages() {
        if let Some(name) = &message.name {
            let several = speakers.get(role_name(&message.role)).is_some_and(|names| names.len() > 1);
            let code = if several { LossCode::DroppedSpeakers } else { LossCode::DroppedName };
            let detail = format!("the Responses API has no place for the speaker's name `{name}`");
            let path = format!("{}.name", origin.path());
            out.lose(path, code, detail);
        }
    }
}

fn role_name(role: &Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn report_prefill(out: &mut Writing<'_>, last: Option<&Item>) {
    if let Some(Item { origin, kind: ItemKind::Message(message), beside: _ }) = last
        && message.role == Role::Assistant
    {
        let detail = "the Responses API answers after a trailing assistant message instead of continuing it";
        out.lose(origin.path(), LossCode::PrefillNotContinued, detail);
    }
}

/// Which items go out: all but thoughts that the upstream would refuse, being unsealed or without what followed them.
fn keepable_reasoning(out: &mut Writing<'_>, items: &[Item], stored: bool) -> Vec<bool> {
    let mut leads_on = false;
    let mut keep: Vec<bool> = items
        .iter()
        .rev()
        .map(|item| match &item.kind {
            ItemKind::Reasoning(reasoning) => {
                let is_sealed =
                    own_seal(reasoning).is_some() || (stored && reasoning.id.is_some() && reasoning.seal.is_none());
                if !is_sealed || !leads_on {
                    let detail = if is_sealed {
                        "thoughts without what followed them cannot be replayed"
                    } else {
                        "thoughts can be replayed only in the sealed form the upstream gave them"
                    };
                    out.lose(item.origin.path(), LossCode::DroppedReasoning, detail);
                }
                is_sealed && leads_on
            }
            ItemKind::Message(message) => {
                leads_on = message.role == Role::Assistant;
                true
            }
            ItemKind::ToolCall(_) => {
                leads_on = true;
                true
            }
            ItemKind::ToolResult(_) => {
                leads_on = false;
                true
            }
            ItemKind::ImageGeneration(_) | ItemKind::Opaque(_) => {
                leads_on = true;
                true
            }
        })
        .collect();
    keep.reverse();
    keep_once(out, items, &mut keep);
    keep
}

/// Thoughts that a history tells twice go out once: an upstream refuses the second time.
fn keep_once(out: &mut Writing<'_>, items: &[Item], keep: &mut [bool]) {
    let mut told = HashSet::new();
    for (item, keep) in items.iter().zip(keep) {
        let ItemKind::Reasoning(reasoning) = &item.kind else { continue };
        let sealed = own_seal(reasoning);
        let id = reasoning.id.as_deref().filter(|id| sealed.is_none() || is_own(id));
        if !*keep {
            continue;
        }
        let keys: Vec<&str> = [id, sealed].into_iter().flatten().collect();
        let is_twice = keys.iter().any(|key| told.contains(key));
        told.extend(keys);
        if is_twice {
            out.lose(item.origin.path(), LossCode::DroppedReasoning, "the history tells these thoughts twice");
            *keep = false;
        }
    }
}

/// What of a thought only servers of this API can read.
fn own_seal(reasoning: &ReasoningItem) -> Option<&str> {
    let seal = reasoning.seal.as_ref().filter(|seal| seal.maker == Api::Responses)?;
    Some(&seal.data)
}

/// Whether a server of this API may have given a thought this id.
fn is_own(id: &str) -> bool {
    id.starts_with("rs") && id.chars().count() <= MOST_OF_AN_ID
}

/// Writes an item behind the others, or none, with a loss, for what only another API has a word for and nobody misses.
fn encode_item(
    out: &mut Writing<'_>,
    kind: ItemKind,
    origin: Origin,
    written: &mut Vec<wire::Item>,
) -> Result<(), Error> {
    let after_reasoning = matches!(written.last(), Some(wire::Item::Reasoning(_)));
    // An item's own id is taken back only together with the thoughts it came with.
    let own_id = |id: Option<String>| id.filter(|_| after_reasoning);
    written.push(match kind {
        ItemKind::Message(message) => encode_message(out, message, after_reasoning)?,
        ItemKind::ToolCall(ToolCall { id, call_id, name, namespace, arguments, status: _ }) => {
            let name = Some(out.sent.names().wire(namespace.as_deref(), name));
            let call_id = Some(out.sent.call_ids().wire(call_id));
            match arguments {
                Arguments::Function(arguments) => wire::Item::FunctionCall(wire::FunctionCall {
                    id: own_id(id),
                    call_id,
                    name,
                    arguments: Some(arguments),
                    ..wire::FunctionCall::default()
                }),
                Arguments::Custom(input) => wire::Item::CustomToolCall(wire::CustomToolCall {
                    id: own_id(id),
                    call_id,
                    name,
                    input: Some(input),
                    ..wire::CustomToolCall::default()
                }),
            }
        }
        ItemKind::ToolResult(ToolResult { id: _, call_id, kind, output, is_error, status: _ }) => {
            let output = told(output, is_error, origin, &mut out.losses);
            let call_id = Some(out.sent.call_ids().wire(call_id));
            let output = Some(encode_content(out, output, Side::Input)?);
            match kind {
                ToolKind::Function => wire::Item::FunctionCallOutput(wire::FunctionCallOutput {
                    call_id,
                    output,
                    ..wire::FunctionCallOutput::default()
                }),
                ToolKind::Custom => wire::Item::CustomToolCallOutput(wire::CustomToolCallOutput {
                    call_id,
                    output,
                    ..wire::CustomToolCallOutput::default()
                }),
            }
        }
        ItemKind::Reasoning(ReasoningItem { id, summary, content, seal, status: _ }) => {
            let encrypted = seal.map(|seal| seal.data);
            let summary = summary.into_iter().map(summary_part);
            let content: Vec<_> = content.into_iter().map(reasoning_text_part).collect();
            // The ciphertext is what counts; an id that no server of this API made is refused beside it.
            let id = id.filter(|id| encrypted.is_none() || is_own(id));
            wire::Item::Reasoning(wire::Reasoning {
                id,
                summary: Some(summary.collect()),
                content: (!content.is_empty()).then_some(content),
                encrypted_content: encrypted,
                ..wire::Reasoning::default()
            })
        }
        ItemKind::Opaque(Opaque { api: Api::Responses, kind, class: _, raw }) => {
            wire::Item::Unknown(Unknown { kind, raw: wire_json(raw) })
        }
        ItemKind::ImageGeneration(made) => {
            let lost = lost_image(&made.begun(), origin, Api::Responses);
            let Some(item) = images::encode(made, String::new()) else {
                out.losses.push(lost);
                return Ok(());
            };
            item
        }
        ItemKind::Opaque(opaque) => {
            leave_out_of_request(&opaque, origin, Api::Responses, &mut out.losses)?;
            return Ok(());
        }
    });
    Ok(())
}

fn encode_message(out: &mut Writing<'_>, message: Message, after_reasoning: bool) -> Result<wire::Item, Error> {
    let Message { id, role, content, name: _, phase, status } = message;
    let side = if role == Role::Assistant { Side::Output } else { Side::Input };
    let role = match role {
        Role::System if out.upstream.system_as_developer => wire::Role::Developer,
        Role::System => wire::Role::System,
        Role::Developer => wire::Role::Developer,
        Role::User => wire::Role::User,
        Role::Assistant => wire::Role::Assistant,
    };
    Ok(wire::Item::Message(wire::Message {
        id: id.filter(|_| after_reasoning),
        role: Some(role),
        content: Some(encode_content(out, content, side)?),
        phase,
        status: status.filter(|_| after_reasoning).map(encode_status),
        ..wire::Message::default()
    }))
}
