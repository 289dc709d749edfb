//! A canonical reply as a whole Chat completion.

use interlingua_model::{Api, Finish, IncompleteReason, Item, ItemKind, Json, Origin, Response};
use interlingua_wire::{Extra, chat as wire};

use super::choice::Choice;
use super::finish::{finish_reason, is_empty_completion};
use super::ids::{created_at, reply_id};
use super::moderation::encode_moderation;
use super::order::{answer_among, following};
use super::usage::encode_usage;
use crate::beside::leave_out_fields_once;
use crate::chat::Context;
use crate::convert::wire_json;
use crate::outcome::{coarser_reason, untold_sequence};
use crate::{Error, LossCode, Translated};

/// Writes a reply as a Chat completion with one choice.
///
/// Several messages are joined, with their citations moved along; thoughts go into `reasoning_content` and, for the
/// next choice, `reasoning_details`.
///
/// # Errors
/// [`Error::Reply`] for an item on which the client would have to act and cannot, and for a second call to a caller
/// of the deprecated functions.
///
/// ```
/// use interlingua_model::{Finish, ReplyOrigins, Response};
/// use interlingua_translate::{Stamp, chat};
///
/// let context = chat::Context::unknown(Stamp { id: "1".into(), created: 0 });
/// let reply = Response {
///     id: Some("resp_abc".into()), created: Some(1), model: Some("m".into()), service_tier: None, metadata: None,
///     items: vec![], usage: None, moderation: None, finish: Finish::Completed, stop_sequence: None,
///     beside: vec![],
///     origins: ReplyOrigins::default(),
/// };
/// let chat = chat::encode_response(reply, &context)?.value;
/// assert_eq!(chat.id.as_deref(), Some("chatcmpl-resp_abc"));
/// # Ok::<(), interlingua_translate::Error>(())
/// ```
pub fn encode_response(response: Response, context: &Context) -> Result<Translated<wire::Response>, Error> {
    let Response {
        id,
        created,
        model,
        service_tier,
        metadata,
        items,
        usage,
        moderation,
        finish,
        stop_sequence,
        beside,
        origins,
    } = response;
    let mut choice = Choice::default();
    leave_out_fields_once(&beside, Origin::default(), Api::Chat, &mut choice.losses);
    choice.losses.extend(coarser_reason(&finish, Api::Chat, origins.finish));
    choice.losses.extend(untold_sequence(stop_sequence.as_ref(), Api::Chat));
    if let Finish::Incomplete(IncompleteReason::Other(reason)) = &finish {
        let detail = format!("cut short for a reason Chat does not know (`{reason}`); reported as `length`");
        choice.lose(origins.finish.path(), LossCode::UnknownValue, detail);
    }
    let follow = following(&items);
    let answer = if context.is_structured { answer_among(&items) } else { None };
    for (index, (item, follow)) in items.into_iter().zip(follow).enumerate() {
        match item {
            Item { origin, kind: ItemKind::Message(message), beside: _ }
                if answer.is_some_and(|answer| answer != index) =>
            {
                choice.aside(message, origin, context);
            }
            item => choice.add(item, follow.as_deref(), context)?,
        }
    }
    if is_empty_completion(&finish, choice.is_silent()) {
        choice.lose(origins.items.path(), LossCode::EmptyCompletion, "the upstream completed without saying anything");
    }
    let reason = finish_reason(&finish, choice.calls());
    let (choice, losses) = choice.into_choice(reason, context);
    let value = wire::Response {
        id: Some(reply_id(id, context)),
        object: Some("chat.completion".to_owned()),
        created: Some(created_at(created, context)),
        model: Some(model.unwrap_or_else(|| context.model.clone())),
        choices: Some(vec![choice]),
        usage: usage.map(encode_usage),
        service_tier,
        system_fingerprint: None,
        metadata: encode_metadata(metadata),
        moderation: moderation.as_ref().and_then(encode_moderation),
        error: None,
        extra: Extra::new(),
    };
    Ok(Translated { value, losses })
}

/// Metadata worth showing: neither null nor empty.
fn encode_metadata(metadata: Option<Json>) -> Option<interlingua_wire::Json> {
    let is_empty = |text: &str| text == "null" || text.chars().filter(|c| !c.is_whitespace()).eq("{}".chars());
    metadata.filter(|json| !is_empty(json.text())).map(wire_json)
}
