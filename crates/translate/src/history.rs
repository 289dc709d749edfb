//! What becomes of a history before an API takes it: every call has its result, and what only another API has a word for
//! is told in words that all of them have.

use std::collections::{HashMap, HashSet};

use interlingua_model::{Api, Content, Item, ItemKind, Message, Opaque, Origin, Request, Role, Tool, ToolResult};

use crate::places::Places;
use crate::responses;
use crate::responses::abroad::{Abroad, Told, abroad};
use crate::told_once::told_once;
use crate::{Loss, LossCode};

/// What stands for a result that never came.
const NO_RESULT: &str = "No result: the call was never answered.";

/// Tells a request in words that `api` has, before anything of it is written: what the history says about the whole of it.
pub(crate) fn retell(request: &mut Request, api: Api) -> Vec<Loss> {
    match api {
        Api::Responses => Vec::new(),
        Api::Chat | Api::Messages => {
            let mut losses = responses::retell::retell(request);
            let items = std::mem::take(&mut request.items);
            request.items = told_once(items, &mut losses);
            losses
        }
    }
}

/// Makes tools ones that `api` takes, as far as something stands for those that only another API has.
pub(crate) fn settle_tools(tools: &mut [Tool], api: Api, losses: &mut Vec<Loss>, places: &mut Places) {
    match api {
        Api::Responses => {}
        Api::Chat | Api::Messages => responses::retell::retell_search(tools, losses, places),
    }
}

/// Makes a history one that `api` takes.
pub(crate) fn settle(items: Vec<Item>, api: Api, losses: &mut Vec<Loss>, places: &mut Places) -> Vec<Item> {
    let told = told(items, api, losses, places);
    answered(told, losses)
}

/// Tells in calls and results what another API than `api` has a word for.
fn told(items: Vec<Item>, api: Api, losses: &mut Vec<Loss>, places: &mut Places) -> Vec<Item> {
    if !items.iter().any(|item| matches!(&item.kind, ItemKind::Opaque(opaque) if opaque.api != api)) {
        return items;
    }
    let mut calls = HashSet::new();
    let mut told = Vec::with_capacity(items.len());
    for mut item in items {
        if let ItemKind::Opaque(opaque) = &item.kind
            && opaque.api != api
        {
            let stand_in = match opaque.api {
                Api::Responses => abroad(opaque, item.origin),
                Api::Chat | Api::Messages => Abroad::Nothing,
            };
            let mut lose = |code, detail: String| losses.push(Loss::new(item.origin.path(), code, detail));
            let Opaque { api: _, kind, class: _, raw: _ } = opaque;
            match stand_in {
                Abroad::Sealed => {
                    let detail = format!("only the server that made a `{kind}` can read what is in it");
                    lose(LossCode::DroppedHistory, detail);
                    continue;
                }
                Abroad::Unreadable(note) => {
                    let detail = format!("only the server that made a `{kind}` can read what is in it");
                    lose(LossCode::DroppedHistory, detail);
                    places.take_whole(item.origin);
                    item.kind = ItemKind::Message(Message::new(Role::User, Content::Text(note.to_owned())));
                }
                Abroad::Told(Told { kind: ItemKind::ToolResult(result), has_sealed: _ })
                    if !calls.contains(&result.call_id) =>
                {
                    let detail = format!("the call that this `{kind}` answers is not part of what goes out");
                    lose(LossCode::DroppedItem, detail);
                    continue;
                }
                Abroad::Told(Told { kind: stand_in, has_sealed }) => {
                    if has_sealed {
                        let detail = format!("only the server that made a `{kind}` can read all that is in it");
                        lose(LossCode::DroppedHistory, detail);
                    }
                    if let ItemKind::Message(_) = stand_in {
                        lose(LossCode::ItemAsMessage, format!("the `{kind}` is told as a message of the user"));
                    } else {
                        lose(LossCode::CallAsFunction, format!("the `{kind}` is told as that of a function"));
                    }
                    places.take_whole(item.origin);
                    item.kind = stand_in;
                }
                Abroad::Nothing => {}
            }
        }
        if let ItemKind::ToolCall(call) = &item.kind {
            calls.insert(call.call_id.clone());
        }
        told.push(item);
    }
    told
}

/// Puts a result behind every call that has none, since no API takes a history with a call left open.
fn answered(items: Vec<Item>, losses: &mut Vec<Loss>) -> Vec<Item> {
    if is_answered(&items) {
        return items;
    }
    let open = unanswered(&items);
    if open.is_empty() {
        return items;
    }
    let mut settled = Vec::with_capacity(items.len() + open.len());
    let mut due = Vec::new();
    // Parallel calls stay together: their results stand behind the last call of the turn.
    let last_calls = last_calls(&items);
    for (index, item) in items.into_iter().enumerate() {
        if open.contains(&index)
            && let ItemKind::ToolCall(call) = &item.kind
        {
            let detail =
                format!("the call `{}` was never answered; a result that says so stands behind it", call.call_id);
            losses.push(Loss::new(item.origin.path(), LossCode::UnansweredCall, detail));
            let output = Content::Text(NO_RESULT.to_owned());
            let kind = call.arguments.kind();
            let result =
                ToolResult { id: None, call_id: call.call_id.clone(), kind, output, is_error: None, status: None };
            // It stood nowhere.
            due.push(Item::new(Origin::default(), ItemKind::ToolResult(result)));
        }
        settled.push(item);
        if last_calls.contains(&index) {
            settled.append(&mut due);
        }
    }
    settled
}

/// Whether every call has a result behind it, as nearly every history has, and few calls wait at a time.
fn is_answered(items: &[Item]) -> bool {
    const MOST_WAITING: usize = 64;
    let mut waiting: Vec<&str> = Vec::new();
    for item in items {
        match &item.kind {
            ItemKind::ToolCall(_) if waiting.len() == MOST_WAITING => return false,
            ItemKind::ToolCall(call) => waiting.push(&call.call_id),
            ItemKind::ToolResult(result) => match waiting.iter().rposition(|id| *id == result.call_id) {
                Some(answered) => {
                    waiting.remove(answered);
                }
                None => return false,
            },
            ItemKind::Message(_) | ItemKind::Reasoning(_) | ItemKind::ImageGeneration(_) | ItemKind::Opaque(_) => {}
        }
    }
    waiting.is_empty()
}

/// The calls without a result. Where an id is used again, a result is of the latest call that waits for one.
fn unanswered(items: &[Item]) -> HashSet<usize> {
    let mut waiting: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut early: HashMap<&str, usize> = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        match &item.kind {
            ItemKind::ToolCall(call) => waiting.entry(&call.call_id).or_default().push(index),
            ItemKind::ToolResult(result) => {
                if waiting.get_mut(result.call_id.as_str()).and_then(Vec::pop).is_none() {
                    *early.entry(&result.call_id).or_default() += 1;
                }
            }
            ItemKind::Message(_) | ItemKind::Reasoning(_) | ItemKind::ImageGeneration(_) | ItemKind::Opaque(_) => {}
        }
    }
    // A result in front of its call is not in order, but there.
    let open = waiting.into_iter().flat_map(|(id, calls)| calls.into_iter().skip(early.get(id).copied().unwrap_or(0)));
    open.collect()
}

/// The last call of each turn of the model.
fn last_calls(items: &[Item]) -> HashSet<usize> {
    let mut found = HashSet::new();
    let mut last = None;
    for (index, item) in items.iter().enumerate() {
        match &item.kind {
            ItemKind::ToolCall(_) => last = Some(index),
            ItemKind::Reasoning(_) | ItemKind::ImageGeneration(_) | ItemKind::Opaque(_) => {}
            ItemKind::Message(message) if message.role == Role::Assistant => {}
            ItemKind::Message(_) | ItemKind::ToolResult(_) => found.extend(last.take()),
        }
    }
    found.extend(last);
    found
}
