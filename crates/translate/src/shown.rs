//! Pictures that a model made, for upstreams that do not take them back as its own: they are shown to it.

use interlingua_model::{
    Content, ImageGeneration, ImagePart, Item, ItemKind, Message, Origin, Part, PartKind, Role, TextPart,
};

use crate::places::Places;
use crate::{Loss, LossCode};

/// What is said of pictures that the model made.
const SHOWN: &str = "[what you made]";

/// Shows the pictures of a history that `is_shown` says, in a message of the user behind the turn in which they were made; if that
/// turn makes calls, behind their results.
pub(crate) fn show(
    items: Vec<Item>,
    is_shown: impl Fn(&ImageGeneration) -> bool,
    losses: &mut Vec<Loss>,
    places: &mut Places,
) -> Vec<Item> {
    let is_one = |item: &Item| match &item.kind {
        ItemKind::ImageGeneration(made) => made.image.is_some() && is_shown(made),
        ItemKind::Message(_)
        | ItemKind::ToolCall(_)
        | ItemKind::ToolResult(_)
        | ItemKind::Reasoning(_)
        | ItemKind::Opaque(_) => false,
    };
    if !items.iter().any(is_one) {
        return items;
    }
    let mut told = Vec::with_capacity(items.len() + 1);
    let mut waiting = Vec::new();
    let mut is_answered = false;
    for item in items {
        let is_next_turn = match &item.kind {
            ItemKind::Message(message) if message.role != Role::Assistant => true,
            ItemKind::ToolResult(_) => {
                is_answered = true;
                false
            }
            ItemKind::Message(_)
            | ItemKind::ToolCall(_)
            | ItemKind::Reasoning(_)
            | ItemKind::ImageGeneration(_)
            | ItemKind::Opaque(_) => is_answered,
        };
        if is_next_turn {
            is_answered = false;
            told.extend(shown(&mut waiting, losses, places));
        }
        if is_one(&item) {
            waiting.push(item);
        } else {
            told.push(item);
        }
    }
    told.extend(shown(&mut waiting, losses, places));
    told
}

/// The message that shows what waits; `None` where nothing does.
fn shown(waiting: &mut Vec<Item>, losses: &mut Vec<Loss>, places: &mut Places) -> Option<Item> {
    let origin = waiting.first()?.origin;
    places.take_whole(origin);
    let part = |origin: Origin, kind| Part { origin, kind, cache_breakpoint: None };
    let mut parts = vec![part(origin, PartKind::Text(TextPart { text: SHOWN.to_owned(), ..TextPart::default() }))];
    for Item { origin, kind, beside: _ } in waiting.drain(..) {
        if let ItemKind::ImageGeneration(ImageGeneration { id: _, image: Some(source), own: _ }) = kind {
            let detail = "a picture that the model made is shown to it by the user";
            losses.push(Loss::new(origin.path(), LossCode::MovedMedia, detail));
            parts.push(part(origin, PartKind::Image(ImagePart { source, detail: None })));
        }
    }
    Some(Item::new(origin, ItemKind::Message(Message::new(Role::User, Content::Parts(parts)))))
}
