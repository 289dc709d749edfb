//! A Responses reply as the canonical reply.

use std::borrow::Cow;

use interlingua_model::{
    Arguments, Content, Ending, Envelope, Finish, Item, ItemKind, Origin, PartKind, Response, TextPart,
};
use interlingua_wire::responses as wire;

use super::decode_items::{ITEM, Reader};
use super::finish::{distrust, has_cut_input, judge};
use super::ids::another_call_id;
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
    let mut calls = Calls::default();
    for (index, item) in output.into_iter().enumerate() {
        let mut item = reader.item(item, Origin::nth(ITEM, index), is_cut, &mut unread)?;
        if !calls.takes(&mut item, index, &mut items) && !items.iter().any(|known| is_again(known, &item)) {
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

/// The calls of a reply so far: where each stands among its items, and the id that the upstream gave it.
#[derive(Default)]
struct Calls(Vec<(usize, String)>);

impl Calls {
    /// Takes a call that an earlier one has told of already, with the fullest arguments of both. One that is another with the
    /// same id gets an id of its own and is left to the caller, as is any item that is no call.
    fn takes(&mut self, item: &mut Item, position: usize, items: &mut [Item]) -> bool {
        let ItemKind::ToolCall(call) = &mut item.kind else { return false };
        for (at, _) in self.0.iter().filter(|(_, id)| *id == call.call_id) {
            if let Some(Item { origin: _, kind: ItemKind::ToolCall(known), beside: _ }) = items.get_mut(*at)
                && (&known.name, &known.namespace) == (&call.name, &call.namespace)
                && merge(&mut known.arguments, &call.arguments)
            {
                return true;
            }
        }
        let is_known = self.0.iter().any(|(_, id)| *id == call.call_id);
        self.0.push((items.len(), call.call_id.clone()));
        if is_known {
            let has = |id: &str, item: &Item| matches!(&item.kind, ItemKind::ToolCall(it) if it.call_id == id);
            let is_taken = |id: &str| items.iter().any(|item| has(id, item));
            call.call_id = another_call_id(&call.call_id, position, is_taken);
        }
        false
    }
}

/// Makes one of the arguments of two calls, if the one says no more than the other, as far as both go.
fn merge(known: &mut Arguments, more: &Arguments) -> bool {
    if known.kind() != more.kind() {
        return false;
    }
    if more.text().starts_with(known.text()) {
        known.clone_from(more);
    }
    // A function called with nothing was read as called with an empty object.
    let says_nothing = matches!(more, Arguments::Function(text) if text == "{}");
    says_nothing || known.text().starts_with(more.text())
}

/// Whether an item is one that the reply has already listed.
fn is_again(known: &Item, item: &Item) -> bool {
    match (&known.kind, &item.kind) {
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
