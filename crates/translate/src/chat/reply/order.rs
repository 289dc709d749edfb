//! Which item of a reply stands before which, and which is the answer.

use interlingua_model::{Item, ItemKind};

use crate::chat::context::FINAL_ANSWER;
use crate::chat::reasoning_details::BEFORE_CONTENT;

/// The message that is the answer, where several were said: the one that says so, else the last.
pub(super) fn answer_among(items: &[Item]) -> Option<usize> {
    let phase = |item: &Item| match &item.kind {
        ItemKind::Message(message) => Some(message.phase.clone().unwrap_or_default()),
        ItemKind::ToolCall(_)
        | ItemKind::Reasoning(_)
        | ItemKind::ToolResult(_)
        | ItemKind::ImageGeneration(_)
        | ItemKind::Opaque(_) => None,
    };
    let last = |is_it: &dyn Fn(&str) -> bool| items.iter().rposition(|item| phase(item).is_some_and(|it| is_it(&it)));
    last(&|phase| phase == FINAL_ANSWER).or_else(|| last(&|_| true))
}

/// What each item stands before, as `reasoning_details` say it; `None` where Chat cannot carry what follows.
pub(super) fn following(items: &[Item]) -> Vec<Option<String>> {
    let mut next = None;
    let mut follow: Vec<_> = items
        .iter()
        .rev()
        .map(|item| {
            let here = next.clone();
            match &item.kind {
                ItemKind::Message(_) => next = Some(BEFORE_CONTENT.to_owned()),
                ItemKind::ToolCall(call) => next = Some(call.call_id.clone()),
                ItemKind::Reasoning(_) | ItemKind::ImageGeneration(_) => {}
                ItemKind::ToolResult(_) | ItemKind::Opaque(_) => next = None,
            }
            here
        })
        .collect();
    follow.reverse();
    follow
}
