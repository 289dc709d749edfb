//! A canonical reply as a whole response.

use interlingua_model::{
    Api, Content, Finish, Item, ItemKind, ItemStatus, Message, Opaque, Origin, Part, PartKind, ReasoningItem, Response,
    TextPart, ToolCall,
};
use interlingua_wire::{Unknown, responses as wire};

use super::annotations::encode_annotation;
use super::content::{
    call_item, carried_part, reasoning_text_part, refusal_part, search_item, summary_part, text_part,
};
use super::finish::{completed_at, encode_finish, encode_status, used_tier};
use super::ids::{ItemFamily, family, item_id};
use super::logprobs::encode_logprobs;
use super::usage::encode_usage;
use crate::beside::leave_out_fields_once;
use crate::convert::{integer, wire_json};
use crate::opaque::{hosted, leave_out_of_reply, lost_image};
use crate::outcome::{coarser_reason, untold_sequence};
use crate::responses::Context;
use crate::responses::beside::{onto_item, onto_reply};
use crate::responses::hosted::write;
use crate::responses::images;
use crate::responses::retell::is_search;
use crate::seals::kept_seal;
use crate::{Error, Loss, LossCode, Translated};

/// Writes a reply as a response, with what it repeats of the request.
///
/// Items keep their order. Each has an id that follows from the reply's id and its `output_index`. The status of an item that
/// has none follows from the reply's: only the last item of a reply that was cut short is incomplete.
///
/// # Errors
/// [`Error::Reply`] for an item on which the client would have to act and cannot.
///
/// ```
/// use interlingua_model::{Finish, ReplyOrigins, Response};
/// use interlingua_translate::{Stamp, responses};
///
/// let context = responses::Context::unknown(Stamp { id: "1".into(), created: 0 });
/// let reply = Response {
///     id: Some("chatcmpl-resp_abc".into()), created: Some(1), model: Some("m".into()), service_tier: None,
///     metadata: None, items: vec![], usage: None, moderation: None, finish: Finish::Completed, stop_sequence: None,
///     beside: vec![],
///     origins: ReplyOrigins::default(),
/// };
/// let response = responses::encode_response(reply, &context)?.value;
/// assert_eq!(response.id.as_deref(), Some("resp_abc"));
/// # Ok::<(), interlingua_translate::Error>(())
/// ```
pub fn encode_response(response: Response, context: &Context) -> Result<Translated<wire::Response>, Error> {
    let Response {
        id,
        created,
        model,
        service_tier,
        metadata: _,
        items,
        usage,
        moderation,
        finish,
        stop_sequence,
        beside,
        origins,
    } = response;
    let mut losses = Vec::new();
    let id = context.reply_id(id.as_deref());
    let count = items.len();
    let mut output = Vec::with_capacity(count);
    for (index, item) in items.into_iter().enumerate() {
        let is_cut = finish != Finish::Completed && index + 1 == count;
        let fallback = if is_cut { ItemStatus::Incomplete } else { ItemStatus::Completed };
        output.extend(encode_item(item, (context, &id), output.len(), fallback, &mut losses)?);
    }
    losses.extend(coarser_reason(&finish, Api::Responses, origins.finish));
    losses.extend(untold_sequence(stop_sequence.as_ref(), Api::Responses));
    let (status, incomplete_details) = encode_finish(&finish);
    let created = Some(integer(context.created(created)));
    let mut value = wire::Response {
        id: Some(id),
        created_at: created,
        completed_at: completed_at(&finish, created),
        status: Some(status),
        incomplete_details,
        model: Some(model.unwrap_or_else(|| context.model.clone())),
        output: Some(output),
        usage: usage.map(|usage| encode_usage(usage, origins.usage, &mut losses)),
        service_tier: Some(used_tier(service_tier)),
        moderation: moderation.map(wire_json),
        ..context.echo()
    };
    let left = onto_reply(&mut value, beside);
    leave_out_fields_once(&left, Origin::default(), Api::Responses, &mut losses);
    Ok(Translated { value, losses })
}

/// `None`, with a loss, for what a reply to this request has no place for.
fn encode_item(
    item: Item,
    (asked, reply_id): (&Context, &str),
    output_index: usize,
    fallback: ItemStatus,
    losses: &mut Vec<Loss>,
) -> Result<Option<wire::Item>, Error> {
    let Item { origin, kind, beside } = item;
    let new_id = |family| item_id(family, reply_id, u32::try_from(output_index).unwrap_or(u32::MAX));
    let id = |given: Option<String>, family| given.filter(|id| !id.is_empty()).unwrap_or_else(|| new_id(family));
    let mut written = match kind {
        ItemKind::Message(message) => {
            let Message { id: given, role: _, content, name: _, phase, status: how_far } = message;
            let parts = match content {
                Content::Text(text) => vec![(origin, PartKind::Text(TextPart { text, ..TextPart::default() }))],
                Content::Parts(parts) => {
                    parts.into_iter().map(|Part { origin, kind, cache_breakpoint: _ }| (origin, kind)).collect()
                }
            };
            let parts = parts.into_iter().filter_map(|(origin, kind)| encode_part(kind, origin, losses));
            wire::Item::Message(wire::Message {
                id: Some(id(given, ItemFamily::Message)),
                role: Some(wire::Role::Assistant),
                content: Some(wire::Content::Parts(parts.collect())),
                phase,
                status: Some(encode_status(how_far.unwrap_or(fallback))),
                ..wire::Message::default()
            })
        }
        ItemKind::ToolCall(call) => {
            let ToolCall { id: given, call_id, name, namespace, arguments, status } = call;
            let status = status.unwrap_or(fallback);
            if asked.has_search && is_search(namespace.as_deref(), &name) {
                let id = id(given, ItemFamily::Search);
                return Ok(Some(search_item(id, call_id, &arguments, status)));
            }
            let id = id(given, family(&arguments));
            call_item(id, call_id, (namespace, name), arguments, status)
        }
        ItemKind::Reasoning(reasoning) => {
            let sealed = kept_seal(&reasoning, Api::Responses);
            let ReasoningItem { id: given, summary, content, seal: _, status: how_far } = reasoning;
            let content: Vec<_> = content.into_iter().map(reasoning_text_part).collect();
            wire::Item::Reasoning(wire::Reasoning {
                id: Some(id(given, ItemFamily::Reasoning)),
                summary: Some(summary.into_iter().map(summary_part).collect()),
                content: (!content.is_empty()).then_some(content),
                encrypted_content: sealed,
                status: Some(encode_status(how_far.unwrap_or(fallback))),
                ..wire::Reasoning::default()
            })
        }
        ItemKind::Opaque(Opaque { api: Api::Responses, kind, class: _, raw }) => {
            wire::Item::Unknown(Unknown { kind, raw: wire_json(raw) })
        }
        ItemKind::ImageGeneration(made) => {
            let lost = lost_image(&made.begun(), origin, Api::Responses);
            let Some(item) = images::encode(made, new_id(ItemFamily::Image)) else {
                losses.push(lost);
                return Ok(None);
            };
            item
        }
        ItemKind::Opaque(opaque) => {
            let Some(hosted) = hosted(&opaque) else {
                leave_out_of_reply(&opaque, origin, Api::Responses, losses)?;
                return Ok(None);
            };
            write(hosted, new_id(ItemFamily::Hosted), true)
        }
        ItemKind::ToolResult(_) => {
            losses.push(Loss::new(origin.path(), LossCode::DroppedItem, "a result echoed in the reply"));
            return Ok(None);
        }
    };
    let left = onto_item(&mut written, beside);
    leave_out_fields_once(&left, origin, Api::Responses, losses);
    Ok(Some(written))
}

fn encode_part(kind: PartKind, origin: Origin, losses: &mut Vec<Loss>) -> Option<wire::ContentPart> {
    match kind {
        PartKind::Text(TextPart { text, annotations, logprobs }) => {
            let annotations = annotations
                .into_iter()
                .filter_map(|annotation| encode_annotation(annotation).map_err(|loss| losses.push(loss)).ok());
            Some(text_part(text, annotations.collect(), encode_logprobs(logprobs)))
        }
        PartKind::Refusal(text) => Some(refusal_part(text)),
        PartKind::Image(_) | PartKind::File(_) | PartKind::Audio(_) | PartKind::Opaque(_) => {
            carried_part(kind, origin, losses)
        }
    }
}
