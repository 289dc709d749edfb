//! Sealed summaries, opened again before a request is read.

use std::collections::BTreeMap;

use bytes::Bytes;
use interlingua_model::Api;
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::members::{Members, raw};
use crate::seal::{PREFIX, Seal};

/// What stands in front of a summary where it is read again.
const BEFORE_SUMMARY: &str = "The conversation up to here has been replaced by this summary of it:";

/// What stands for a summary that this gateway did not make, or that somebody has changed.
const UNREADABLE: &str = "[An earlier part of this conversation was summarised, in a form that cannot be read here.]";

/// The item that asks for a conversation to be made shorter.
pub(crate) const TRIGGER: &str = "compaction_trigger";
/// The item that holds a summary.
pub(crate) const COMPACTION: &str = "compaction";
/// What it is called, here and by others.
const COMPACTIONS: [&str; 2] = [COMPACTION, "context_compaction"];

/// A body in which what this gateway has sealed is open again: each summary is a message in its place. One that was not sealed
/// here stays for an upstream's translation to say so, or is a line that says so to an upstream that might take it for its own.
pub(crate) fn opened(seal: &Seal, body: &Bytes, api: Api) -> Bytes {
    if memmem::find(body, PREFIX.as_bytes()).is_none() {
        return body.clone();
    }
    let Some(mut members) = Members::read(body) else { return body.clone() };
    let Some(mut items) = members.parsed::<Vec<Box<RawValue>>>("input") else { return body.clone() };
    let mut summaries = Vec::new();
    for (at, item) in items.iter_mut().enumerate() {
        if let Some(text) = text_of(seal, item, api) {
            *item = message(&text);
            summaries.push(at);
        }
    }
    replace_triggers(&mut items, &summaries);
    members.set("input", raw(&items));
    members.to_vec().into()
}

/// Leaves out what a summary of a kept conversation stands for: all in front of the trigger that asked for it, but for what
/// the operator said.
fn replace_triggers(items: &mut Vec<Box<RawValue>>, summaries: &[usize]) {
    #[derive(Deserialize)]
    struct Head {
        r#type: Option<String>,
        role: Option<String>,
    }
    let head = |item: &RawValue| serde_json::from_str::<Head>(item.get()).ok();
    let is_trigger = |item: &RawValue| head(item).is_some_and(|head| head.r#type.as_deref() == Some(TRIGGER));
    let answered = |at: usize| summaries.contains(&(at + 1));
    let Some(last) = items.iter().enumerate().rposition(|(at, item)| answered(at) && is_trigger(item)) else { return };
    let is_operators = |item: &RawValue| {
        let role = head(item).and_then(|head| head.role);
        matches!(role.as_deref(), Some("developer" | "system"))
    };
    let mut at = 0;
    items.retain(|item| {
        let is_kept = at > last || is_operators(item);
        at += 1;
        is_kept
    });
}

/// What is told in place of an item that was sealed by a gateway. `None` for any other.
fn text_of(seal: &Seal, item: &RawValue, api: Api) -> Option<String> {
    let item = Members::read(item.get().as_bytes())?;
    let kind = item.parsed::<String>("type")?;
    let envelope = item.parsed::<String>("encrypted_content")?;
    if !COMPACTIONS.contains(&kind.as_str()) || !envelope.starts_with(PREFIX) {
        return None;
    }
    let summary = seal.open(&envelope);
    if summary.is_none() {
        tracing::warn!("a summary of a conversation was not sealed with the key of this gateway, or was changed");
    }
    match summary {
        Some(summary) => Some(format!("{BEFORE_SUMMARY}\n\n{summary}")),
        None => (api == Api::Responses).then(|| UNREADABLE.to_owned()),
    }
}

/// A message of the user: a summary has no more weight than what it is made of.
fn message(text: &str) -> Box<RawValue> {
    let fields = BTreeMap::from([("type", "message"), ("role", "user"), ("content", text)]);
    raw(&fields)
}
