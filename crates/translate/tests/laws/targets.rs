//! What each API asks of what is sent to it: the order of a stream, and the shape of a request.

use std::collections::{BTreeMap, BTreeSet};

use interlingua_translate::{Api, End, Outcome};
use interlingua_wire as wire;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::blocks;
use crate::support::Frame;

/// Whether an event of an upstream's stream may be its end, whatever comes after it.
pub(crate) fn may_end(api: Api, frame: &Frame) -> bool {
    if !["finish_reason", "complete", "stop"].iter().any(|word| frame.data.contains(word)) {
        return false;
    }
    let value: Value = serde_json::from_str(&frame.data).unwrap_or_default();
    match api {
        Api::Chat => {
            let mut choices = value["choices"].as_array().into_iter().flatten();
            choices.any(|choice| choice["finish_reason"].is_string())
        }
        Api::Responses => {
            let kind = value["type"].as_str().or(frame.name.as_deref()).unwrap_or_default();
            ["response.completed", "response.incomplete"].contains(&kind)
        }
        Api::Messages => value["delta"]["stop_reason"].is_string() || value["message"]["stop_reason"].is_string(),
    }
}

/// A request that goes on from a whole reply: a client sends back what it was given.
pub(crate) fn goes_on(api: Api, whole: &str) -> Value {
    let reply: Value = serde_json::from_str(whole).unwrap_or_default();
    let question = |text: &str| json!({"role": "user", "content": text});
    match api {
        Api::Chat => {
            let said = &reply["choices"][0]["message"];
            json!({"model": "m", "messages": [question("q"), said, question("z")]})
        }
        Api::Responses => {
            let said = reply["output"].as_array().into_iter().flatten().cloned();
            let input: Vec<_> = std::iter::once(question("q")).chain(said).chain([question("z")]).collect();
            json!({"model": "m", "input": input})
        }
        Api::Messages => {
            let said = json!({"role": "assistant", "content": reply["content"]});
            json!({"model": "m", "max_tokens": 99, "messages": [question("q"), said, question("z")]})
        }
    }
}

/// Whether a frame says that the stream failed.
pub(crate) fn is_failure(api: Api, frame: &Frame) -> bool {
    if !["error", "failed"].iter().any(|word| frame.data.contains(word)) {
        return false;
    }
    let value: Value = serde_json::from_str(&frame.data).unwrap_or_default();
    match api {
        Api::Chat => {
            let mut choices = value["choices"].as_array().into_iter().flatten();
            let breaks_off = |reason: &Value| reason.as_str().is_some_and(|reason| reason.ends_with("error"));
            !value["error"].is_null() || choices.any(|choice| breaks_off(&choice["finish_reason"]))
        }
        Api::Responses => matches!(value["type"].as_str(), Some("response.failed" | "error")),
        Api::Messages => value["type"] == "error",
    }
}

/// A reply in one piece, out of the last event of a stream that repeats it.
pub(crate) fn terminal(api: Api, frames: &[Frame]) -> Option<Vec<u8>> {
    match api {
        Api::Chat | Api::Messages => None,
        Api::Responses => {
            let ends: Vec<_> = frames.iter().filter(|frame| may_end(api, frame)).collect();
            let [end] = ends[..] else { return None };
            let event: BTreeMap<&str, &RawValue> = serde_json::from_str(&end.data).ok()?;
            let response = event.get("response")?.get();
            let parsed: Value = serde_json::from_str(response).ok()?;
            let is_there = parsed["output"].as_array().is_some_and(|output| !output.is_empty());
            is_there.then(|| response.as_bytes().to_vec())
        }
    }
}

/// The order of a stream that a client receives.
pub(crate) fn order(api: Api, frames: &[Frame], outcome: &Outcome) -> Result<(), String> {
    match api {
        Api::Chat => chunks(frames, outcome),
        Api::Responses => lifecycle(frames),
        Api::Messages => blocks::order(frames, outcome),
    }
}

/// That a client which puts a stream together with no knowledge of this project has what it would have received whole.
pub(crate) fn together(api: Api, frames: &[Frame], whole: &str) -> Result<(), String> {
    match api {
        Api::Chat => {
            let whole: wire::chat::Response = read(whole)?;
            hold!(told_together(frames)?, chat_reply(whole), "the chunks, put together, and the whole reply");
        }
        Api::Responses => {
            let mut end: Value = read(&frames.last().ok_or("nothing was written")?.data)?;
            let (end, whole) = (settled(end["response"].take()), settled(read(whole)?));
            for (key, value) in end.as_object().into_iter().flatten() {
                hold!(value, &whole[key], "`{key}` of the last event and of the whole reply");
            }
            hold!(end.as_object().map(Map::len), whole.as_object().map(Map::len), "fields");
        }
        Api::Messages => blocks::together(frames, &read(whole)?)?,
    }
    Ok(())
}

/// Items without what their texts cite.
fn uncited(items: &[Value]) -> Vec<Value> {
    let mut items = items.to_vec();
    for part in items.iter_mut().filter_map(|item| item["content"].as_array_mut()).flatten() {
        part.as_object_mut().and_then(|part| part.remove("annotations"));
    }
    items
}

/// What an API asks of a request.
pub(crate) fn request(api: Api, body: &Value) -> Result<(), String> {
    match api {
        Api::Chat => results_follow_their_calls(body),
        Api::Responses => Ok(()),
        Api::Messages => blocks::turns(body),
    }
}

/// JSON as a type.
fn read<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("{error}: {text}"))
}

/// A response without what its first events have said for good: ids, times, and of an item that ended before the reply did,
/// how far it came. Token probabilities are dropped too, since upstreams round them differently at the end.
fn settled(mut response: Value) -> Value {
    for key in ["id", "created_at", "service_tier"] {
        response[key] = Value::Null;
    }
    for item in response["output"].as_array_mut().into_iter().flatten() {
        item["id"] = Value::Null;
        item["status"] = Value::Null;
        for part in item["content"].as_array_mut().into_iter().flatten() {
            part["logprobs"] = Value::Null;
        }
    }
    response
}

fn chunks(frames: &[Frame], outcome: &Outcome) -> Result<(), String> {
    let Some((last, chunks)) = frames.split_last() else { return Err("nothing was written".into()) };
    let mut heads = BTreeSet::new();
    let (mut finishes, mut saw_usage) = (0, false);
    for (number, Frame { data, .. }) in chunks.iter().enumerate() {
        let chunk: wire::chat::Chunk<'_> = read(data)?;
        hold!(&serde_json::to_string(&chunk).unwrap(), data, "chunk {number} read back");
        hold!(chunk.extra.is_empty(), true, "unknown fields in chunk {number}");
        hold!(chunk.object.as_deref(), Some("chat.completion.chunk"), "object of chunk {number}");
        heads.insert((chunk.id.map(String::from), chunk.created.map(i64::from), chunk.model.map(String::from)));
        for choice in chunk.choices.unwrap_or_default() {
            hold!(saw_usage, false, "a choice after usage, in chunk {number}");
            hold!(finishes, 0, "a choice after the finish chunk, in chunk {number}");
            let role = choice.delta.and_then(|delta| delta.role);
            hold!(role.is_some(), number == 0, "the role, in chunk {number}");
            finishes += usize::from(choice.finish_reason.is_some());
        }
        saw_usage |= chunk.usage.value().is_some();
    }
    hold!(heads.len() <= 1, true, "different envelopes {heads:?}");
    match outcome.end {
        End::Completed | End::Incomplete(_) => {
            hold!(last.data, "[DONE]", "the last frame");
            hold!(finishes, 1, "finish chunks");
        }
        End::Failed(_) | End::Truncated => {
            let body: wire::chat::ErrorBody = read(&last.data)?;
            hold!(body.error.message.is_some_and(|message| !message.is_empty()), true, "the error's message");
            hold!(finishes, 0, "finish chunks of a failed stream");
        }
    }
    Ok(())
}

/// What a Chat client receives, told together again.
#[derive(Debug, Default, PartialEq)]
struct ChatReply {
    content: String,
    refusal: String,
    reasoning: String,
    annotations: Vec<wire::chat::Annotation>,
    details: Vec<wire::chat::ReasoningDetail>,
    calls: Vec<(String, String, String)>,
    finish: Option<wire::chat::FinishReason>,
    usage: Option<wire::chat::Usage>,
}

fn chat_reply(whole: wire::chat::Response) -> ChatReply {
    let mut choice = whole.choices.unwrap_or_default().remove(0);
    let message = choice.message.take().unwrap();
    let text = |content: Option<wire::chat::Content>| match content {
        Some(wire::chat::Content::Text(text)) => text,
        _ => String::new(),
    };
    ChatReply {
        content: text(message.content),
        refusal: message.refusal.unwrap_or_default(),
        reasoning: message.reasoning_content.unwrap_or_default(),
        annotations: message.annotations.unwrap_or_default(),
        details: message.reasoning_details.unwrap_or_default(),
        calls: message.tool_calls.unwrap_or_default().into_iter().map(call).collect(),
        finish: choice.finish_reason,
        usage: whole.usage,
    }
}

fn call(call: wire::chat::ToolCall) -> (String, String, String) {
    match call {
        wire::chat::ToolCall::Function(call) => {
            let function = call.function.unwrap();
            (call.id.unwrap(), function.name.unwrap(), function.arguments.unwrap())
        }
        wire::chat::ToolCall::Custom(call) => {
            let custom = call.custom.unwrap();
            (call.id.unwrap(), custom.name.unwrap(), custom.input.unwrap())
        }
        wire::chat::ToolCall::Unknown(unknown) => panic!("emitted a call of type {}", unknown.kind),
    }
}

fn told_together(frames: &[Frame]) -> Result<ChatReply, String> {
    let mut reply = ChatReply::default();
    for frame in frames.iter().filter(|frame| frame.data != "[DONE]") {
        let chunk: wire::chat::Chunk<'_> = read(&frame.data)?;
        if let Some(usage) = chunk.usage.into_value() {
            reply.usage = Some(*usage);
        }
        for choice in chunk.choices.unwrap_or_default() {
            let delta = choice.delta.unwrap_or_default();
            if let Some(wire::chat::DeltaContent::Text(text)) = delta.content.value() {
                reply.content.push_str(text);
            }
            reply.refusal.push_str(delta.refusal.value().map_or("", |text| text));
            reply.reasoning.push_str(delta.reasoning_content.as_deref().unwrap_or_default());
            reply.annotations.extend(delta.annotations.unwrap_or_default());
            reply.details.extend(delta.reasoning_details.unwrap_or_default());
            for call in delta.tool_calls.unwrap_or_default() {
                let index = usize::try_from(call.index.unwrap().0).unwrap();
                if index == reply.calls.len() {
                    reply.calls.push(Default::default());
                }
                let told = &mut reply.calls[index];
                told.0.push_str(call.id.as_deref().unwrap_or_default());
                if let Some(function) = call.function {
                    told.1.push_str(function.name.as_deref().unwrap_or_default());
                    told.2.push_str(function.arguments.as_deref().unwrap_or_default());
                }
                if let Some(custom) = call.custom {
                    told.1.push_str(custom.name.as_deref().unwrap_or_default());
                    told.2.push_str(custom.input.as_deref().unwrap_or_default());
                }
            }
            reply.finish = choice.finish_reason.or(reply.finish.take());
        }
    }
    Ok(reply)
}

/// The legal order of events, stated a second time and on the wire's own JSON.
fn lifecycle(frames: &[Frame]) -> Result<(), String> {
    let events: Vec<Value> = frames.iter().map(|frame| serde_json::from_str(&frame.data).unwrap()).collect();
    let kind = |event: &Value| event["type"].as_str().unwrap().to_owned();
    let mut open: BTreeMap<u64, (String, Option<String>)> = BTreeMap::new();
    // What comes and goes as the upstream told it, and is told in the upstream's own way.
    let mut carried = BTreeSet::new();
    let mut numbers = 0;
    let mut done = Vec::new();
    let mut texts: BTreeMap<(u64, u64, bool), String> = BTreeMap::new();
    let mut added = 0;
    for (number, event) in events.iter().enumerate() {
        let name = kind(event);
        let fail = |what: &str| Err(format!("event {number} ({name}): {what}"));
        if frames[number].name.as_deref() != Some(&name) {
            return fail("it goes by another name");
        }
        if event["sequence_number"].is_null() && !name.starts_with("response.") {
            // What an upstream says beside its reply came without a number.
            continue;
        }
        if event["sequence_number"] != numbers {
            return fail("sequence_number");
        }
        numbers += 1;
        let expected = match number {
            0 => Some("response.created"),
            1 => Some("response.in_progress"),
            _ => None,
        };
        if expected.is_some_and(|expected| expected != name) {
            return fail("not the opening");
        }
        let is_terminal = matches!(name.as_str(), "response.completed" | "response.incomplete" | "response.failed");
        if is_terminal != (number + 1 == events.len()) {
            return fail("a terminal event is the last, and only the last");
        }
        if is_terminal {
            let output = event["response"]["output"].as_array().unwrap();
            // Citations that came after their message had ended are in the whole reply alone.
            if !open.is_empty() || uncited(output) != uncited(&done) {
                return fail("the output is not what the done events said");
            }
            continue;
        }
        let Some(place) = event["output_index"].as_u64() else { continue };
        if name == "response.output_item.added" {
            if place != added {
                return fail("places are dense");
            }
            added += 1;
            let kind = event["item"]["type"].as_str().unwrap();
            if !matches!(kind, "message" | "reasoning" | "function_call" | "custom_tool_call") {
                carried.insert(place);
            }
            open.insert(place, (event["item"]["id"].as_str().unwrap().to_owned(), None));
            continue;
        }
        let Some((id, part)) = open.get_mut(&place) else { return fail("the item is not open") };
        if name == "response.output_item.done" {
            if part.is_some() || event["item"]["id"] != **id {
                return fail("a part is open, or the id has changed");
            }
            open.remove(&place);
            // In the order of their places, whatever order they ended in.
            let at = usize::try_from(place).unwrap().min(done.len());
            done.insert(at, event["item"].clone());
            continue;
        }
        if carried.contains(&place) {
            continue;
        }
        if event["item_id"] != **id {
            return fail("the id has changed");
        }
        let is_summary = event.get("summary_index").is_some();
        let index = if is_summary { &event["summary_index"] } else { &event["content_index"] };
        let key = (place, index.as_u64().unwrap_or(0), is_summary);
        let is_call = name.contains("arguments") || name.contains("input");
        if name.ends_with("part.added") {
            if part.replace(format!("{key:?}")).is_some() || texts.insert(key, String::new()).is_some() {
                return fail("one part at a time");
            }
        } else if name.ends_with("part.done") {
            let said = event["part"]["text"].as_str().or(event["part"]["refusal"].as_str());
            if part.take() != Some(format!("{key:?}")) || said != texts.get(&key).map(String::as_str) {
                return fail("the part is not the one that is open, or says something else");
            }
        } else if let Some(delta) = event["delta"].as_str() {
            if !is_call && *part != Some(format!("{key:?}")) {
                return fail("a delta outside of its part");
            }
            texts.entry(key).or_default().push_str(delta);
        } else if name.rsplit('.').next() == Some("done") {
            let said = ["text", "refusal", "arguments", "input"].iter().find_map(|key| event[key].as_str());
            if said != Some(texts.get(&key).map_or("", String::as_str)) {
                return fail("done is not the joined deltas");
            }
        }
    }
    Ok(())
}

/// What Chat asks of a history.
fn results_follow_their_calls(request: &Value) -> Result<(), String> {
    let mut open: Vec<Value> = Vec::new();
    for (index, message) in request["messages"].as_array().unwrap().iter().enumerate() {
        if message["role"] == "tool" {
            if !open.contains(&message["tool_call_id"]) {
                return Err(format!("messages[{index}] answers no call of the message before it"));
            }
        } else {
            open = message["tool_calls"].as_array().into_iter().flatten().map(|call| call["id"].clone()).collect();
        }
    }
    Ok(())
}
