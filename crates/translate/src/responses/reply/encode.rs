//! A canonical reply as a whole response.

use interlingua_model::{
    Content, Finish, Item, ItemKind, ItemStatus, Message, Part, PartKind, ReasoningItem, Response, TextPart, ToolCall,
};
use interlingua_wire::{Extra, responses as wire};

use super::annotations::encode_annotation;
use super::content::{call_item, reasoning_text_part, refusal_part, summary_part, text_part};
use super::finish::{encode_finish, encode_status};
use super::ids::{ItemFamily, family, item_id, reply_id};
use super::logprobs::encode_logprobs;
use super::usage::encode_usage;
use crate::convert::{integer, wire_json};
use crate::{Context, Error, Loss, LossCode, Translated};

/// Writes a reply as a response, with what it repeats of the request.
///
/// Items keep their order. Each has an id that follows from the reply's id and its `output_index`. The status of an item that
/// has none follows from the reply's: only the last item of a reply that was cut short is incomplete.
///
/// # Errors
/// [`Error::Reply`] for an item on which the client would have to act and cannot.
///
/// ```
/// use interlingua_model::{Finish, Response};
/// use interlingua_translate::{Context, Stamp, responses};
///
/// let context = Context::detached(Stamp { id: "1".into(), created: 0 });
/// let reply = Response {
///     id: Some("chatcmpl-resp_abc".into()), created: Some(1), model: Some("m".into()), service_tier: None,
///     metadata: None, items: vec![], usage: None, moderation: None, finish: Finish::Completed,
/// };
/// let response = responses::encode_response(reply, &context)?.value;
/// assert_eq!(response.id.as_deref(), Some("resp_abc"));
/// # Ok::<(), interlingua_translate::Error>(())
/// ```
pub fn encode_response(response: Response, context: &Context) -> Result<Translated<wire::Response>, Error> {
    let Response { id, created, model, service_tier, metadata: _, items, usage, moderation, finish } = response;
    let mut losses = Vec::new();
    let id = reply_id(id.as_deref(), &context.stamp.id);
    let count = items.len();
    let mut output = Vec::with_capacity(count);
    for (index, item) in items.into_iter().enumerate() {
        let is_cut = finish != Finish::Completed && index + 1 == count;
        let fallback = if is_cut { ItemStatus::Incomplete } else { ItemStatus::Completed };
        output.extend(encode_item(item, index, &id, output.len(), fallback, &mut losses)?);
    }
    let (status, incomplete_details) = encode_finish(&finish);
    let value = wire::Response {
        id: Some(id),
        created_at: Some(integer(created.unwrap_or(context.stamp.created))),
        status: Some(status),
        incomplete_details,
        model: Some(model.unwrap_or_else(|| context.model.clone())),
        output: Some(output),
        usage: usage.map(|usage| encode_usage(usage, &mut losses)),
        service_tier,
        moderation: moderation.map(wire_json),
        ..context.echo()
    };
    Ok(Translated { value, losses })
}

/// `None`, with a loss, for what a reply to this request has no place for.
fn encode_item(
    item: Item,
    index: usize,
    reply_id: &str,
    output_index: usize,
    fallback: ItemStatus,
    losses: &mut Vec<Loss>,
) -> Result<Option<wire::Item>, Error> {
    let path = format!("items[{index}]");
    let new_id = |family| item_id(family, reply_id, u32::try_from(output_index).unwrap_or(u32::MAX));
    let id = |given: Option<String>, family| given.filter(|id| !id.is_empty()).unwrap_or_else(|| new_id(family));
    Ok(Some(match item.kind {
        ItemKind::Message(message) => {
            let Message { id: given, role: _, content, name: _, phase, status: how_far } = message;
            let parts = match content {
                Content::Text(text) => vec![PartKind::Text(TextPart { text, ..TextPart::default() })],
                Content::Parts(parts) => parts.into_iter().map(|Part { kind, .. }| kind).collect(),
            };
            let parts = parts.into_iter().enumerate().filter_map(|(part, kind)| {
                let encoded = encode_part(kind);
                if encoded.is_none() {
                    let detail = "a reply holds only text and refusals";
                    losses.push(Loss::new(format!("{path}.content[{part}]"), LossCode::DroppedPart, detail));
                }
                encoded
            });
            wire::Item::Message(wire::Message {
                id: Some(id(given, ItemFamily::Message)),
                role: Some(wire::Role::Assistant),
                content: Some(wire::Content::Parts(parts.collect())),
                phase,
                status: Some(encode_status(how_far.unwrap_or(fallback))),
                extra: Extra::new(),
            })
        }
        ItemKind::ToolCall(call) => {
            let ToolCall { id: given, call_id, name, namespace, arguments, status } = call;
            let id = id(given, family(&arguments));
            call_item(id, call_id, (namespace, name), arguments, status.unwrap_or(fallback))
        }
        ItemKind::Reasoning(reasoning) => {
            let ReasoningItem { id: given, summary, content, encrypted, status: how_far } = reasoning;
            let content: Vec<_> = content.into_iter().map(reasoning_text_part).collect();
            wire::Item::Reasoning(wire::Reasoning {
                id: Some(id(given, ItemFamily::Reasoning)),
                summary: Some(summary.into_iter().map(summary_part).collect()),
                content: (!content.is_empty()).then_some(content),
                encrypted_content: encrypted,
                status: Some(encode_status(how_far.unwrap_or(fallback))),
                extra: Extra::new(),
            })
        }
        ItemKind::Opaque(opaque) if opaque.needs_client => {
            let message = format!("the model asks the client for `{}`, which cannot be carried over", opaque.kind);
            return Err(Error::reply(path, "unsupported_item", message));
        }
        ItemKind::Opaque(opaque) => {
            let detail = format!("the reply has no place for a `{}`", opaque.kind);
            losses.push(Loss::new(path, LossCode::DroppedItem, detail));
            return Ok(None);
        }
        ItemKind::ToolResult(_) => {
            losses.push(Loss::new(path, LossCode::DroppedItem, "a result echoed in the reply"));
            return Ok(None);
        }
    }))
}

fn encode_part(kind: PartKind) -> Option<wire::ContentPart> {
    match kind {
        PartKind::Text(TextPart { text, annotations, logprobs }) => {
            Some(text_part(text, annotations.into_iter().map(encode_annotation).collect(), encode_logprobs(logprobs)))
        }
        PartKind::Refusal(text) => Some(refusal_part(text)),
        PartKind::Image(_) | PartKind::File(_) | PartKind::Audio(_) | PartKind::Opaque(_) => None,
    }
}
