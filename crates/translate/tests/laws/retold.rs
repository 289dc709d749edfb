//! A Responses stream tells of one thing many times; told once more it is still one.

use interlingua_model::{Fold, FoldError};
use interlingua_translate::Api;
use interlingua_wire::responses::Item;
use serde_json::{Value, json};

use crate::pair::{Pair, reading};
use crate::replies::DeltasOnly;
use crate::said::{said, shapes_without_phase};
use crate::support::{Frame, frames};
use crate::told::Told;
use crate::{About, Law, Verdict};

pub(crate) const LAWS: &[Law<Told>] = &[
    ("what an item becomes, told when it begins, changes nothing", told_ahead),
    ("a finished item repeated under another index changes nothing", told_again),
];

fn told_ahead(pair: Pair, told: &Told) -> Verdict {
    let frames = frames(&told.bytes);
    let events: Vec<Value> = frames.iter().map(|frame| serde_json::from_str(&frame.data).unwrap_or_default()).collect();
    let ends = |of: &str, kind: &str, event: &Value, keys: &[&str]| -> Option<Value> {
        let is_end = |end: &&Value| end["type"] == kind && keys.iter().all(|key| end[key] == event[key]);
        events.iter().find(is_end).map(|end| end[of].clone())
    };
    let mut changed = 0;
    let retold = frames.iter().zip(&events).map(|(frame, event)| {
        let mut event = event.clone();
        let is_retold = match event["type"].as_str() {
            Some("response.output_item.added") => {
                let end = ends("item", "response.output_item.done", &event, &["output_index"]);
                end.is_some_and(|end| begin_with(&mut event["item"], &end))
            }
            Some("response.content_part.added") => {
                let keys = ["output_index", "content_index"];
                let end = ends("part", "response.content_part.done", &event, &keys);
                end.map(|end| event["part"] = end).is_some()
            }
            Some("response.reasoning_summary_part.added") => {
                let keys = ["output_index", "summary_index"];
                let end = ends("part", "response.reasoning_summary_part.done", &event, &keys);
                end.map(|end| event["part"] = end).is_some()
            }
            _ => false,
        };
        changed += usize::from(is_retold);
        let data = if is_retold { event.to_string() } else { frame.data.clone() };
        Frame { name: frame.name.clone(), data, cut: frame.cut }
    });
    let retold: Vec<_> = retold.collect();
    same(pair, told, &retold, changed)
}

/// Gives an item that begins the texts it ends with. Whether there were any.
fn begin_with(begun: &mut Value, end: &Value) -> bool {
    if begun["type"] != end["type"] {
        return false;
    }
    let texts = match end["type"].as_str() {
        Some("message") => &["content"][..],
        Some("reasoning") => &["summary", "content"],
        Some("function_call") => &["arguments"],
        Some("custom_tool_call") => &["input"],
        _ => &[],
    };
    let mut is_changed = false;
    for text in texts.iter().filter(|text| !end[**text].is_null()) {
        begun[*text] = end[*text].clone();
        is_changed = true;
    }
    is_changed
}

fn told_again(pair: Pair, told: &Told) -> Verdict {
    let mut retold = Vec::new();
    let mut changed = 0;
    for frame in frames(&told.bytes) {
        let mut event: Value = serde_json::from_str(&frame.data).unwrap_or_default();
        let again = Frame { name: frame.name.clone(), data: String::new(), cut: false };
        let is_whole = !frame.cut && event["type"] == "response.output_item.done";
        retold.push(frame);
        // An item of a kind that no reference knows is not looked into.
        let has_name = |item: &Value| {
            let text = item.to_string();
            let is_known = serde_json::from_str(&text).is_ok_and(|item| !matches!(item, Item::Unknown(_)));
            is_known && ["id", "call_id"].iter().any(|name| item[*name].as_str().is_some_and(|id| !id.is_empty()))
        };
        if is_whole && event["output_index"].is_number() && has_name(&event["item"]) {
            event["output_index"] = json!(1000 + changed);
            event.as_object_mut().unwrap().remove("sequence_number");
            retold.push(Frame { data: event.to_string(), ..again });
            changed += 1;
        }
    }
    same(pair, told, &retold, changed)
}

/// Both tellings are one reply, by the items as they end and by the deltas alone.
fn same(pair: Pair, told: &Told, retold: &[Frame], changed: usize) -> Verdict {
    if changed == 0 || pair.from != Api::Responses {
        return Ok(About::Another);
    }
    let read = |bytes: &[u8]| {
        let whole = pair.read(&told.request, bytes);
        let mut deltas = DeltasOnly(Fold::default());
        let mut events = reading(pair.from, &told.request).events();
        events.bytes(bytes, &mut deltas);
        let _ = events.finish(&mut deltas);
        let shapes = |response: Result<_, FoldError>| response.map(|response| shapes_without_phase(&response));
        let said = whole.response.as_ref().map(said).ok();
        (said, shapes(whole.response), shapes(deltas.0.finish()), whole.outcome.end)
    };
    let bytes: Vec<u8> = retold.iter().flat_map(bytes_of).collect();
    hold!(read(&bytes), read(&told.bytes), "the reply");
    Ok(About::It)
}

fn bytes_of(frame: &Frame) -> Vec<u8> {
    let name = frame.name.as_ref().map(|name| format!("event: {name}\n")).unwrap_or_default();
    let data = frame.data.replace('\n', "\ndata: ");
    let end = if frame.cut { "" } else { "\n" };
    format!("{name}data: {data}\n{end}").into_bytes()
}
