//! The calls of a history told once, and each with one result, for APIs that take it no other way.

use std::collections::{HashMap, HashSet};

use interlingua_model::{Content, Item, ItemKind, Origin, Part, PartKind, TextPart, ToolCall, ToolResult};

use crate::{Loss, LossCode};

/// Where the latest call of an id stands among the items that stay, and its result.
struct Known {
    call: usize,
    result: Option<usize>,
}

/// Makes of calls that stand twice one, and of several results of one call one: clients put a turn together twice, or tell of a
/// call that was given up and then came back.
///
/// A call behind the result of an earlier one is another call, whatever its id: servers number the calls of each turn anew.
pub(crate) fn told_once(items: Vec<Item>, losses: &mut Vec<Loss>) -> Vec<Item> {
    if !has_twice(items.iter().filter_map(|item| as_call(item).map(|call| &*call.call_id)))
        && !has_twice(items.iter().filter_map(|item| as_result(item).map(|result| &*result.call_id)))
    {
        return items;
    }
    let mut known: HashMap<String, Known> = HashMap::new();
    let mut once: Vec<Item> = Vec::with_capacity(items.len());
    for mut item in items {
        let mut lose = |code, detail: &str| losses.push(Loss::new(item.origin.path(), code, detail));
        match &mut item.kind {
            ItemKind::ToolCall(call) => {
                let earlier = known.get(&call.call_id).filter(|earlier| earlier.result.is_none());
                if earlier
                    .and_then(|earlier| once.get(earlier.call))
                    .and_then(as_call)
                    .is_some_and(|it| is_same(it, call))
                {
                    lose(LossCode::DroppedItem, "a call that is told twice");
                    continue;
                }
                known.insert(call.call_id.clone(), Known { call: once.len(), result: None });
            }
            ItemKind::ToolResult(result) => {
                if let Some(Known { call: _, result: at }) = known.get_mut(&result.call_id) {
                    if let Some(first) = at.and_then(|at| once.get_mut(at)) {
                        lose(LossCode::JoinedItems, "joined with the result that its call has already");
                        join(first, result, item.origin);
                        continue;
                    }
                    *at = Some(once.len());
                }
            }
            ItemKind::Message(_) | ItemKind::Reasoning(_) | ItemKind::ImageGeneration(_) | ItemKind::Opaque(_) => {}
        }
        once.push(item);
    }
    once
}

fn has_twice<'i>(ids: impl Iterator<Item = &'i str> + Clone) -> bool {
    /// So many are compared with each other sooner than they are hashed.
    const FEW: usize = 32;
    let count = ids.clone().count();
    if count > FEW {
        let mut seen = HashSet::with_capacity(count);
        return !ids.into_iter().all(|id| seen.insert(id));
    }
    ids.clone().enumerate().any(|(at, id)| ids.clone().skip(at + 1).any(|other| other == id))
}

fn is_same(one: &ToolCall, other: &ToolCall) -> bool {
    one.name == other.name && one.namespace == other.namespace && one.arguments == other.arguments
}

/// Puts a result behind another of the same call.
fn join(first: &mut Item, more: &mut ToolResult, origin: Origin) {
    let place = first.origin;
    let ItemKind::ToolResult(result) = &mut first.kind else { return };
    let take = |output: &mut Content, origin| match std::mem::replace(output, Content::Text(String::new())) {
        Content::Text(text) => {
            let kind = PartKind::Text(TextPart { text, ..TextPart::default() });
            vec![Part { origin, kind, cache_breakpoint: None }]
        }
        Content::Parts(parts) => parts,
    };
    let mut parts = take(&mut result.output, place);
    parts.append(&mut take(&mut more.output, origin));
    result.output = Content::Parts(parts);
    result.is_error = more.is_error.or(result.is_error);
}

fn as_call(item: &Item) -> Option<&ToolCall> {
    match &item.kind {
        ItemKind::ToolCall(call) => Some(call),
        ItemKind::ToolResult(_)
        | ItemKind::Message(_)
        | ItemKind::Reasoning(_)
        | ItemKind::ImageGeneration(_)
        | ItemKind::Opaque(_) => None,
    }
}

fn as_result(item: &Item) -> Option<&ToolResult> {
    match &item.kind {
        ItemKind::ToolResult(result) => Some(result),
        ItemKind::ToolCall(_)
        | ItemKind::Message(_)
        | ItemKind::Reasoning(_)
        | ItemKind::ImageGeneration(_)
        | ItemKind::Opaque(_) => None,
    }
}
