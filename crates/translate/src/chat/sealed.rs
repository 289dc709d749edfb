//! What a Chat upstream wants back as it was: fields of its assistant message, kept by the client as the seal of a thought.
//!
//! The seal is an object as it stands in such a message: `{"reasoning_details":[..]}`, `{"thinking_blocks":[..]}`,
//! `{"reasoning_opaque":".."}`, or `{"tool_calls":[{"id":"..","extra_content":{..}}]}` for what stands on a call.

use interlingua_model::{Api, ReasoningItem, Seal};
use interlingua_wire::chat::ToolCall;
use interlingua_wire::{Extra, Json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The field of a message that holds the fields of its calls.
pub(super) const CALLS: &str = "tool_calls";
/// The field of a call that an upstream may want back.
pub(super) const EXTRA_CONTENT: &str = "extra_content";
/// Entries that stand in a message as they are.
pub(super) const REASONING_DETAILS: &str = "reasoning_details";
/// The fields of a message that are not fields of the type.
pub(super) const OF_MESSAGES: [&str; 2] = ["thinking_blocks", "reasoning_opaque"];

/// What an upstream wants back on one call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct OfCall {
    pub(super) id: String,
    pub(super) extra_content: Json,
}

/// The thought that keeps fields of a message; `None` for no fields.
pub(super) fn sealed(fields: &Extra) -> Option<ReasoningItem> {
    if fields.is_empty() {
        return None;
    }
    let data = serde_json::to_string(fields).ok()?;
    let seal = Some(Seal { maker: Api::Chat, is_redacted: false, data });
    Some(ReasoningItem { seal, ..ReasoningItem::default() })
}

/// The thought that keeps what stands on a call.
pub(super) fn sealed_call(id: &str, extra_content: Json) -> Option<ReasoningItem> {
    let mut fields = Extra::new();
    let call = OfCall { id: id.to_owned(), extra_content };
    fields.push(CALLS, Json::from_value(&[call]).ok()?);
    sealed(&fields)
}

/// The fields that a thought keeps.
pub(super) fn unsealed(item: &ReasoningItem) -> Option<Extra> {
    let Seal { maker, is_redacted: _, data } = item.seal.as_ref()?;
    if *maker != Api::Chat {
        return None;
    }
    serde_json::from_str(data).ok()
}

/// Adds a field to those there are: a list to a list of its name, piece by piece; anything else takes the place of what was
/// there.
pub(super) fn add_field(fields: &mut Extra, name: &str, value: &Json) {
    let Some(there) = fields.get(name) else { return fields.push(name, value.clone()) };
    let list = |value: &Json| value.parse::<Vec<Map<String, Value>>>().ok();
    let more = match (list(there), list(value)) {
        (Some(there), Some(more)) => Json::from_value(&joined([there, more].concat())).ok(),
        _ => None,
    };
    fields.replace(name, more.unwrap_or_else(|| value.clone()));
}

/// Whether a thought keeps such fields.
pub(super) fn is_own(item: &ReasoningItem) -> bool {
    item.seal.as_ref().is_some_and(|seal| seal.maker == Api::Chat)
}

/// A list among the fields, which are those of nobody else then.
pub(super) fn take_list<T: DeserializeOwned>(fields: &mut Extra, name: &str) -> Vec<T> {
    fields.take(name).and_then(|list| list.parse().ok()).unwrap_or_default()
}

/// Puts on calls what stood on them: on the call of that id, else on the first that has nothing.
pub(super) fn give_to_calls(of_calls: Vec<OfCall>, calls: &mut [ToolCall]) {
    for OfCall { id, extra_content } in of_calls {
        let mut bare = None;
        let mut there = None;
        for (at, call) in calls.iter().enumerate() {
            let (known, fields) = match call {
                ToolCall::Function(call) => (&call.id, &call.extra),
                ToolCall::Custom(call) => (&call.id, &call.extra),
                ToolCall::Unknown(_) => continue,
            };
            if known.as_ref() == Some(&id) {
                there = Some(at);
            } else if bare.is_none() && fields.is_empty() {
                bare = Some(at);
            }
        }
        match there.or(bare).and_then(|at| calls.get_mut(at)) {
            Some(ToolCall::Function(call)) => call.extra.push(EXTRA_CONTENT, extra_content),
            Some(ToolCall::Custom(call)) => call.extra.push(EXTRA_CONTENT, extra_content),
            Some(ToolCall::Unknown(_)) | None => {}
        }
    }
}

/// The entries as they are kept; none where they are nothing but the text of thoughts, which is kept as such.
pub(super) fn kept_details(pieces: Vec<Map<String, Value>>) -> Option<Json> {
    let is_open = |entry: &Map<String, Value>| {
        let is_said = |name: &str| entry.get(name).is_some_and(|value| !value.is_null() && value != "");
        let kind = entry.get("type").and_then(Value::as_str).unwrap_or_default();
        matches!(kind, "" | "reasoning.text" | "reasoning.summary") && !is_said("signature") && !is_said("data")
    };
    let entries = joined(pieces);
    if entries.iter().all(is_open) {
        return None;
    }
    Json::from_value(&entries).ok()
}

/// Entries that came in pieces, put together: a piece belongs to the entry before it of its type and index.
pub(super) fn joined(pieces: Vec<Map<String, Value>>) -> Vec<Map<String, Value>> {
    let mut entries: Vec<Map<String, Value>> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let continues = |entry: &&mut Map<String, Value>| {
            let is_of = |name: &str| entry.get(name) == piece.get(name);
            // Where entries have no index, a signature ends one.
            let goes_on = piece.contains_key("index") || !entry.contains_key("signature");
            is_of("type") && is_of("index") && goes_on && !begins_anew(entry, &piece)
        };
        match entries.last_mut().filter(continues) {
            None => entries.push(piece),
            Some(entry) => piece.into_iter().for_each(|(name, value)| add(entry, name, value)),
        }
    }
    entries
}

/// Whether an id says that a piece is of another entry.
fn begins_anew(entry: &Map<String, Value>, piece: &Map<String, Value>) -> bool {
    let id = |entry: &Map<String, Value>| entry.get("id").filter(|id| !id.is_null()).cloned();
    matches!((id(entry), id(piece)), (Some(one), Some(other)) if one != other)
}

/// The fields of an entry that grow piece by piece.
const GROWING: [&str; 4] = ["text", "summary", "data", "thinking"];

fn add(entry: &mut Map<String, Value>, name: String, value: Value) {
    match (entry.get_mut(&name), value) {
        (Some(Value::String(there)), Value::String(more)) if GROWING.contains(&name.as_str()) => there.push_str(&more),
        (Some(Value::Null) | None, value) => {
            entry.insert(name, value);
        }
        (Some(_), _) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn maps(values: Value) -> Vec<Map<String, Value>> {
        serde_json::from_value(values).unwrap()
    }

    #[test]
    fn pieces_of_one_index_are_one_entry_and_a_signature_may_come_alone() {
        let pieces = maps(json!([
            {"type": "reasoning.text", "text": "a", "index": 0, "signature": null},
            {"type": "reasoning.text", "text": "b", "index": 0},
            {"type": "reasoning.text", "signature": "S", "index": 0},
            {"type": "reasoning.encrypted", "data": "D", "index": 1},
            {"type": "reasoning.encrypted", "data": "E", "index": 2},
        ]));
        let expected = maps(json!([
            {"type": "reasoning.text", "text": "ab", "signature": "S", "index": 0},
            {"type": "reasoning.encrypted", "data": "D", "index": 1},
            {"type": "reasoning.encrypted", "data": "E", "index": 2},
        ]));
        assert_eq!(joined(pieces), expected);
    }

    #[test]
    fn blocks_without_an_index_end_with_their_signature() {
        let pieces = maps(json!([
            {"type": "thinking", "thinking": "a"},
            {"type": "thinking", "thinking": "b", "signature": "S"},
            {"type": "thinking", "thinking": "c"},
        ]));
        let expected = maps(json!([
            {"type": "thinking", "thinking": "ab", "signature": "S"},
            {"type": "thinking", "thinking": "c"},
        ]));
        assert_eq!(joined(pieces), expected);
    }
}
