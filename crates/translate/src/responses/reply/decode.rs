//! A Responses reply as the canonical reply.

use std::borrow::Cow;

use interlingua_model::{Content, Ending, Envelope, Finish, Item, ItemKind, Origin, PartKind, Response, TextPart};
use interlingua_wire::responses as wire;

use super::decode_items::{ITEM, Reader};
use super::finish::{distrust, has_cut_input, judge};
use super::unread::Unread;
use crate::{Error, Sent, Translated};

/// Reads a Responses reply.
///
/// Missing and null fields say nothing; a reply without a status is a completed one. Names and ids that the request
/// translation replaced are the caller's own again.
///
/// # Errors
/// [`Error::Upstream`] when the reply says that it failed, was cancelled or is still being made, although HTTP said
/// 200; [`Error::Malformed`] for a call that nobody could answer.
///
/// ```
/// use interlingua_translate::{Sent, Stamp, responses};
///
/// let sent = Sent::unknown(&Stamp { id: "1".into(), created: 0 });
/// let body = r#"{"id":"resp_1","status":"failed","error":{"code":"rate_limit_exceeded","message":"slow"}}"#;
/// let error = responses::decode_response(serde_json::from_str(body)?, &sent).unwrap_err();
/// assert_eq!((error.status(), error.code()), (429, Some("rate_limit_exceeded")));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn decode_response(wire: wire::Response, sent: &Sent) -> Result<Translated<Response>, Error> {
    let mut reader = Reader::new(sent);
    reader.see_tools(wire.tools.as_ref());
    let (mut losses, mut unread) = (Vec::new(), Unread::default());
    let (output, verdict) = judge(wire, None, None, &mut losses, &mut unread);
    let mut ending = verdict.map_err(Error::Upstream)?;
    let is_cut = ending.finish != Finish::Completed;
    let mut items = Vec::with_capacity(output.len());
    for (index, item) in output.into_iter().enumerate() {
        let item = reader.item(item, Origin::nth(ITEM, index), is_cut, &mut unread)?;
        if !items.iter().any(|known| is_again(known, &item)) {
            items.push(item);
        }
    }
    if items.iter().any(has_cut_input) {
        distrust(&mut ending, &mut losses);
    }
    losses.append(&mut unread.losses);
    let Ending { envelope, finish, stop_sequence, usage, metadata, moderation, origins } = ending;
    let Envelope { id, created, model, service_tier, beside } = envelope;
    let value = Response {
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
    };
    Ok(Translated { value, losses })
}

/// Whether an item is one that the reply has already listed.
fn is_again(known: &Item, item: &Item) -> bool {
    match (&known.kind, &item.kind) {
        (ItemKind::ToolCall(known), ItemKind::ToolCall(call)) => {
            known.call_id == call.call_id
                && (&known.name, &known.namespace, &known.arguments) == (&call.name, &call.namespace, &call.arguments)
        }
        (ItemKind::Message(known), ItemKind::Message(message)) => {
            message.id.is_some() && known.id == message.id && kinds(&known.content) == kinds(&message.content)
        }
        (ItemKind::Reasoning(known), ItemKind::Reasoning(thought)) => thought.id.is_some() && known == thought,
        _ => false,
    }
}

/// What some content holds, wherever it stood.
fn kinds(content: &Content) -> Vec<Cow<'_, PartKind>> {
    match content {
        Content::Text(text) => vec![Cow::Owned(PartKind::Text(TextPart { text: text.clone(), ..TextPart::default() }))],
        Content::Parts(parts) => parts.iter().map(|part| Cow::Borrowed(&part.kind)).collect(),
    }
}
