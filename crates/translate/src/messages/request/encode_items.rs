//! Canonical items as turns.

use std::collections::HashSet;

use interlingua_model::{
    Api, Arguments, Content, Item, ItemKind, Message, Opaque, Origin, PartKind, ReasoningItem, Role, Seal, ToolCall,
    ToolResult,
};
use interlingua_wire::{Extra, Json, messages as wire};

use super::encode_content::{encode_part, encode_result, says_something, text_block, texts};
use super::encode_turns::{Placed, Side, Turns};
use super::writing::Writing;
use crate::beside::leave_out_fields;
use crate::custom_input::wrap;
use crate::messages::input::input_object;
use crate::messages::reply::server::blocks;
use crate::opaque::{leave_out_of_request, lost_image};
use crate::places::What;
use crate::{Error, LossCode, RequestCode};

/// The conversation as it goes out.
pub(super) struct Conversation {
    /// Operator's text in front of it.
    pub(super) leading: Vec<wire::Block>,
    pub(super) messages: Vec<wire::Message>,
    /// Whether the turn of the model that is not over begins with a thought, or there is none such.
    pub(super) starts_with_thought: bool,
}

pub(super) fn encode_items(
    out: &mut Writing<'_>,
    items: Vec<Item>,
    items_origin: Origin,
) -> Result<Conversation, Error> {
    let keep = keepable_thoughts(out, &items);
    let mut leading = Vec::new();
    let mut turns = Turns::default();
    let mut has_begun = false;
    for (Item { origin, kind, beside }, keep) in items.into_iter().zip(keep) {
        leave_out_fields(&beside, origin, Api::Messages, &mut out.losses);
        match kind {
            ItemKind::Message(message) if matches!(message.role, Role::System | Role::Developer) => {
                report(out, &message, origin);
                let blocks = texts(out, message.content, origin)?;
                if has_begun {
                    turns.direct(out.upstream.mid_system, origin, blocks);
                } else {
                    leading.extend(blocks);
                }
                continue;
            }
            ItemKind::Message(message) => said(out, &mut turns, message, origin)?,
            ItemKind::ToolCall(call) => {
                let what = What::of_call(&call.arguments);
                let block = tool_use(out, call, origin);
                turns.say(out, Side::Model, [Placed { block, what, origin }], false);
            }
            ItemKind::ToolResult(result) => answered(out, &mut turns, result, origin)?,
            ItemKind::Reasoning(thought) => {
                if keep && let Some(block) = thinking(thought) {
                    turns.say(out, Side::Model, [Placed { block, what: What::Setting, origin }], false);
                }
            }
            ItemKind::Opaque(Opaque { api: Api::Messages, kind: _, class: _, raw }) => {
                let placed = |block| Placed { block, what: What::Setting, origin };
                turns.say(out, Side::Model, blocks(&raw).into_iter().map(placed), false);
            }
            ItemKind::ImageGeneration(made) => out.losses.push(lost_image(&made, origin, Api::Messages)),
            ItemKind::Opaque(opaque) => leave_out_of_request(&opaque, origin, Api::Messages, &mut out.losses)?,
        }
        has_begun = true;
    }
    turns.frame(out);
    if turns.turns.is_empty() {
        let message = "a conversation needs at least one message that says something";
        return Err(Error::request(items_origin.path(), RequestCode::MissingParameter, message));
    }
    let starts_with_thought = match turns.turns.as_slice() {
        [.., model, answer] if answer.is_answer() => model.begins_with_thought(),
        _ => true,
    };
    Ok(Conversation { leading, messages: turns.write(out), starts_with_thought })
}

/// Reports what this API has no place for in a message.
fn report(out: &mut Writing<'_>, message: &Message, origin: Origin) {
    if message.name.is_some() {
        let path = format!("{}.name", origin.path());
        out.lose(path, LossCode::DroppedName, "the Messages API tells no speakers of one role apart");
    }
    if let Some(phase) = &message.phase {
        let detail = format!("the Messages API has no place for the phase `{phase}`");
        out.lose(format!("{}.phase", origin.path()), LossCode::DroppedPhase, detail);
    }
}

fn said(out: &mut Writing<'_>, turns: &mut Turns, message: Message, origin: Origin) -> Result<(), Error> {
    report(out, &message, origin);
    let Message { id: _, role, content, name: _, phase: _, status: _ } = message;
    let side = if role == Role::Assistant { Side::Model } else { Side::User };
    match content {
        Content::Text(text) => {
            let block = says_something(out, &text, origin).then(|| text_block(text, None));
            turns.say(out, side, block.map(|block| Placed { block, what: What::Setting, origin }), true);
        }
        Content::Parts(parts) => {
            let mut blocks = Vec::with_capacity(parts.len());
            for part in parts {
                let origin = part.origin;
                let is_file = matches!(part.kind, PartKind::File(_));
                let what = if is_file { What::Setting } else { What::Part };
                blocks.extend(encode_part(out, part)?.map(|block| Placed { block, what, origin }));
            }
            turns.say(out, side, blocks, false);
        }
    }
    Ok(())
}

fn tool_use(out: &mut Writing<'_>, call: ToolCall, origin: Origin) -> wire::Block {
    let ToolCall { id: _, call_id, name, namespace, arguments, status: _ } = call;
    let name = out.sent.names().wire(namespace.as_deref(), name);
    let input = match arguments {
        Arguments::Custom(input) => wrap(&input),
        Arguments::Function(text) => object(out, text, origin),
    };
    wire::Block::ToolUse(Box::new(wire::ToolUse {
        id: Some(out.sent.call_ids().wire(call_id)),
        name: Some(name),
        input: Json::from_text(input).ok(),
        ..wire::ToolUse::default()
    }))
}

/// Arguments as the object that this API wants: as they are where they are one, else in one.
fn object(out: &mut Writing<'_>, text: String, origin: Origin) -> String {
    let (object, is_changed) = input_object(text);
    if is_changed {
        let detail = "the arguments are no JSON object, which this API wants; they stand in one";
        out.lose(origin.path(), LossCode::ChangedValue, detail);
    }
    object
}

fn answered(out: &mut Writing<'_>, turns: &mut Turns, result: ToolResult, origin: Origin) -> Result<(), Error> {
    let ToolResult { id: _, call_id, kind: _, output, is_error, status: _ } = result;
    let (content, cache_control) = encode_result(out, output)?;
    let result = wire::ToolResult {
        tool_use_id: Some(out.sent.call_ids().wire(call_id)),
        content: Some(content),
        is_error,
        toolset_name: None,
        cache_control,
        extra: Extra::new(),
    };
    turns.answer(out, result, origin)
}

/// A thought with the seal that servers of this API made.
fn thinking(thought: ReasoningItem) -> Option<wire::Block> {
    let ReasoningItem { id: _, summary, content: _, seal, status: _ } = thought;
    let Seal { maker: _, is_redacted, data } = seal?;
    Some(if is_redacted {
        wire::Block::RedactedThinking(wire::RedactedThinking { data: Some(data), extra: Extra::new() })
    } else {
        let thinking = Some(summary.concat());
        wire::Block::Thinking(wire::Thinking { thinking, signature: Some(data), extra: Extra::new() })
    })
}

/// Which items go out: all but thoughts that others made, or that nothing follows in their turn, or that are told twice.
fn keepable_thoughts(out: &mut Writing<'_>, items: &[Item]) -> Vec<bool> {
    let mut leads_on = false;
    let mut told = HashSet::new();
    let mut keep = vec![true; items.len()];
    for (item, keep) in items.iter().zip(keep.iter_mut()).rev() {
        match &item.kind {
            ItemKind::Reasoning(thought) => {
                let own = thought.seal.as_ref().filter(|seal| seal.maker == Api::Messages);
                let detail = match own {
                    None => "thoughts go back only to who made them, and not without their seal",
                    Some(_) if !leads_on => "thoughts without what followed them cannot be replayed",
                    Some(seal) if !told.insert(seal.data.as_str()) => "the history tells these thoughts twice",
                    Some(_) => continue,
                };
                out.lose(item.origin.path(), LossCode::DroppedReasoning, detail);
                *keep = false;
            }
            ItemKind::Message(message) => leads_on = message.role == Role::Assistant,
            ItemKind::ToolCall(_) | ItemKind::ImageGeneration(_) | ItemKind::Opaque(_) => leads_on = true,
            ItemKind::ToolResult(_) => leads_on = false,
        }
    }
    keep
}
