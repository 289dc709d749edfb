//! The calls of a history told apart, and each with one result, for APIs that take it no other way.

use std::collections::{HashMap, HashSet};

use interlingua_model::{Api, Content, Item, ItemKind, Origin, Part, PartKind, TextPart, ToolCall, ToolResult};

use crate::{Loss, LossCode};

/// What is known of the latest call of an id.
struct Known {
    /// Where it stands among those that stay.
    call: usize,
    /// Where its result stands.
    result: Option<usize>,
    /// The id it has instead.
    id: String,
}

/// Makes of calls that stand twice one, and of several results of one call one. At an API that wants each id once, a call by the
/// id of an earlier one goes by another, and so does its result.
///
/// Clients put a turn together twice, or tell of a call that was given up and then came back; servers number the calls of each
/// turn from nought.
pub(crate) fn told_apart(items: Vec<Item>, api: Api, losses: &mut Vec<Loss>) -> Vec<Item> {
    if !has_twice(items.iter().filter_map(|item| as_call(item).map(|call| &*call.call_id)))
        && !has_twice(items.iter().filter_map(|item| as_result(item).map(|result| &*result.call_id)))
    {
        return items;
    }
    let mut used: HashSet<String> = items.iter().filter_map(as_call).map(|call| call.call_id.clone()).collect();
    let mut known: HashMap<String, Known> = HashMap::new();
    let mut apart: Vec<Item> = Vec::with_capacity(items.len());
    for mut item in items {
        let mut lose = |code, detail: &str| losses.push(Loss::new(item.origin.path(), code, detail));
        match &mut item.kind {
            ItemKind::ToolCall(call) => {
                let told = call.call_id.clone();
                if let Some(Known { call: at, result, id: _ }) = known.get(&told) {
                    if result.is_none() && apart.get(*at).and_then(as_call).is_some_and(|first| is_same(first, call)) {
                        lose(LossCode::DroppedItem, "a call that is told twice");
                        continue;
                    }
                    if api == Api::Messages {
                        lose(LossCode::ChangedValue, "an earlier call has its id, so it goes by another");
                        call.call_id = another(&told, &used);
                        used.insert(call.call_id.clone());
                    }
                }
                known.insert(told, Known { call: apart.len(), result: None, id: call.call_id.clone() });
            }
            ItemKind::ToolResult(result) => {
                if let Some(Known { call: _, result: at, id }) = known.get_mut(&result.call_id) {
                    let first = at.and_then(|at| apart.get_mut(at));
                    if let Some(first) = first {
                        lose(LossCode::JoinedItems, "joined with the result that its call has already");
                        join(first, result, item.origin);
                        continue;
                    }
                    *at = Some(apart.len());
                    result.call_id.clone_from(id);
                }
            }
            ItemKind::Message(_) | ItemKind::Reasoning(_) | ItemKind::ImageGeneration(_) | ItemKind::Opaque(_) => {}
        }
        apart.push(item);
    }
    apart
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

fn another(id: &str, used: &HashSet<String>) -> String {
    let numbered = (2..=used.len() + 2).map(|number| format!("{id}_{number}"));
    numbered.into_iter().find(|id| !used.contains(id)).unwrap_or_default()
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
