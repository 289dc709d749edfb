//! Chat's assistant message as canonical items: thoughts, then text, then calls.

use interlingua_model::{
    Arguments, Content, Item, ItemKind, Message, Origin, Part, PartKind, Role, TextPart, ToolCall,
};
use interlingua_wire::{Json, Unknown, chat as wire};
use serde::Deserialize;

use super::decode_content::breakpoint;
use super::decode_reasoning::{Replayed, bare_thoughts, decode_details, kept};
use super::mark::Mark;
use super::reading::{Place, Reading};
use crate::arguments::mended;
use crate::chat::images::decode_image;
use crate::chat::reply::content::take_own_fields;
use crate::chat::sealed::{EXTRA_CONTENT, sealed_call};
use crate::convert::{arguments_of, non_empty};
use crate::error::missing;
use crate::foreign;
use crate::path::Path;
use crate::{Error, LossCode, RequestCode};

/// Parts in which other servers' clients keep thoughts.
const THOUGHTS: [&str; 3] = ["reasoning", "redacted_reasoning", "redacted_thinking"];

pub(super) fn decode_assistant(
    out: &mut Reading,
    message: Box<wire::AssistantMessage>,
    place: &Place<'_>,
) -> Result<(), Error> {
    let wire::AssistantMessage {
        content,
        refusal,
        tool_calls,
        function_call,
        audio,
        name,
        reasoning_content,
        reasoning,
        reasoning_details,
        annotations,
        images,
        mut extra,
    } = *message;
    let path = place.path;
    let own = take_own_fields(&mut extra);
    out.unknown(path, &extra);
    if audio.is_some() {
        let message = "spoken answers cannot be carried over; send their transcript as content";
        return Err(Error::request(format!("{path}.audio"), RequestCode::UnsupportedValue, message));
    }
    if annotations.is_some_and(|annotations| !annotations.is_empty()) {
        let detail = "an assistant message in the history has no room for annotations";
        out.lose(format!("{path}.annotations"), LossCode::DroppedAnnotation, detail);
    }

    let mut replayed = decode_details(out, reasoning_details.unwrap_or_default(), place);
    if replayed.is_empty() {
        replayed = bare_thoughts(reasoning_content, reasoning, place);
    }
    replayed.extend(kept(&own, place.origin));
    let (content, blocks) = decode_content(out, content, refusal, place)?;
    let mut calls = std::mem::take(&mut out.memory.calls);
    decode_calls(out, tool_calls.unwrap_or_default(), function_call, place, &mut calls)?;
    for block in blocks {
        decode_block(out, block, &mut calls)?;
    }
    let images = decode_images(out, images.unwrap_or_default(), place);
    let items = AssistantItems { content, name, images, calls: &mut calls };
    items.emit(out, replayed, place);
    out.memory.calls = calls;
    Ok(())
}

/// An assistant message, taken apart.
struct AssistantItems<'c> {
    content: Option<Content>,
    name: Option<String>,
    images: Vec<Item>,
    calls: &'c mut Vec<Item>,
}

impl AssistantItems<'_> {
    fn emit(self, out: &mut Reading, mut replayed: Vec<Replayed>, place: &Place<'_>) {
        let Self { content, name, images, calls } = self;
        let is_empty = |content: &Content| matches!(content, Content::Text(text) if text.is_empty());
        let content = content.filter(|content| (calls.is_empty() && images.is_empty()) || !is_empty(content));
        if content.is_none() && images.is_empty() && calls.is_empty() {
            if replayed.is_empty() {
                out.lose(place.path, LossCode::DroppedItem, "an assistant message that says and does nothing");
            } else {
                out.lose(place.path, LossCode::DroppedReasoning, "thoughts that led to nothing cannot be replayed");
            }
            return;
        }
        let has_message = content.is_some();
        let stands_before = |replayed: &Replayed| match replayed.before.as_deref() {
            Some("content") => has_message,
            Some(id) => calls.iter().filter_map(call_id).any(|call| call == id),
            None => false,
        };
        let first: Vec<_> = replayed.extract_if(.., |replayed| !stands_before(replayed)).collect();
        out.request.items.extend(first.into_iter().map(|replayed| replayed.item));
        if let Some(content) = content {
            emit_before(out, &mut replayed, "content");
            let message = Message { name, ..Message::new(Role::Assistant, content) };
            out.request.items.push(Item::new(place.origin, ItemKind::Message(message)));
        }
        out.request.items.extend(images);
        for call in calls.drain(..) {
            if let Some(id) = call_id(&call) {
                emit_before(out, &mut replayed, id);
            }
            out.request.items.push(call);
        }
    }
}

/// The pictures that the model made.
fn decode_images(out: &mut Reading, images: Vec<wire::MadeImage>, place: &Place<'_>) -> Vec<Item> {
    let mut made = Vec::with_capacity(images.len());
    for (index, image) in images.into_iter().enumerate() {
        let path = place.path.then_nth("images", index);
        let origin = place.origin.then_nth("messages[*].images[*]", index);
        let Some((image, unread)) = decode_image(image) else {
            out.lose(path, LossCode::DroppedPart, "a picture without an address");
            continue;
        };
        for extra in &unread {
            out.unknown(path, extra);
        }
        made.push(Item::new(origin, ItemKind::ImageGeneration(image)));
    }
    made
}

fn call_id(item: &Item) -> Option<&str> {
    match &item.kind {
        ItemKind::ToolCall(call) => Some(&call.call_id),
        ItemKind::Message(_)
        | ItemKind::ToolResult(_)
        | ItemKind::Reasoning(_)
        | ItemKind::ImageGeneration(_)
        | ItemKind::Opaque(_) => None,
    }
}

fn emit_before(out: &mut Reading, replayed: &mut Vec<Replayed>, target: &str) {
    let due = replayed.extract_if(.., |replayed| replayed.before.as_deref() == Some(target));
    out.request.items.extend(due.map(|replayed| replayed.item));
}

fn decode_content(
    out: &mut Reading,
    content: Option<wire::Content>,
    refusal: Option<String>,
    place: &Place<'_>,
) -> Result<(Option<Content>, Vec<Block>), Error> {
    let mut blocks = Vec::new();
    let mut parts = match (content, &refusal) {
        (None, None) => return Ok((None, blocks)),
        (Some(wire::Content::Text(text)), None) => return Ok((Some(Content::Text(text)), blocks)),
        (None, Some(_)) => Vec::new(),
        (Some(wire::Content::Text(text)), Some(_)) if text.is_empty() => Vec::new(),
        (Some(wire::Content::Text(text)), Some(_)) => vec![text_part(text, place.origin)],
        (Some(wire::Content::Parts(parts)), _) => decode_parts(out, parts, place, &mut blocks)?,
    };
    if let Some(refusal) = refusal {
        parts.push(Part { origin: place.origin, kind: PartKind::Refusal(refusal), cache_breakpoint: None });
    }
    Ok((if parts.is_empty() { None } else { Some(Content::Parts(parts)) }, blocks))
}

/// A call that stands among the parts of the content.
struct Block {
    path: String,
    origin: Origin,
    call: Unknown,
}

/// Reads a call in the form of Anthropic's API, unless the message makes the same call in Chat's own.
fn decode_block(out: &mut Reading, block: Block, made: &mut Vec<Item>) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct ToolUse {
        id: String,
        name: String,
        input: Option<Json>,
    }
    let Block { path, origin, call } = block;
    let ToolUse { id: call_id, name, input } = call.raw.parse().map_err(|_| {
        Error::request(&path, RequestCode::InvalidValue, "a `tool_use` has the id, the name and the input of a call")
    })?;
    if made.iter().filter_map(self::call_id).any(|id| id == call_id) {
        return Ok(());
    }
    out.accept(path, "a call among the parts of a message is read as one of `tool_calls`");
    let arguments = arguments_of(input.map(|input| input.get().to_owned()));
    let arguments = Arguments::Function(mended(&arguments).unwrap_or(arguments));
    let call = ToolCall { id: None, call_id, name, namespace: None, arguments, status: None };
    made.push(Item::new(origin, ItemKind::ToolCall(call)));
    Ok(())
}

fn decode_parts(
    out: &mut Reading,
    parts: Vec<wire::Part>,
    place: &Place<'_>,
    blocks: &mut Vec<Block>,
) -> Result<Vec<Part>, Error> {
    let mut decoded = Vec::with_capacity(parts.len());
    for (index, part) in parts.into_iter().enumerate() {
        let path = place.path.then_nth("content", index);
        let origin = place.origin.then_nth("messages[*].content[*]", index);
        match part {
            wire::Part::Text(wire::TextPart { text, prompt_cache_breakpoint, mut extra }) => {
                let marked = Mark::take(out, &mut extra, path);
                out.unknown(path, &extra);
                let text = text.ok_or_else(|| missing(format!("{path}.text"), "a text part needs its text"))?;
                let cache_breakpoint = breakpoint(prompt_cache_breakpoint, marked, origin);
                decoded.push(Part { cache_breakpoint, ..text_part(text, origin) });
            }
            wire::Part::Refusal(wire::RefusalPart { refusal, extra }) => {
                out.unknown(path, &extra);
                let refusal = refusal.ok_or_else(|| missing(format!("{path}.refusal"), "a refusal needs its text"))?;
                decoded.push(Part { origin, kind: PartKind::Refusal(refusal), cache_breakpoint: None });
            }
            wire::Part::Thinking(_) => {
                out.lose(path, LossCode::DroppedReasoning, "thoughts inside content cannot be replayed");
            }
            wire::Part::Unknown(unknown) if THOUGHTS.contains(&unknown.kind.as_str()) => {
                out.lose(path, LossCode::DroppedReasoning, "thoughts inside content cannot be replayed");
            }
            wire::Part::Unknown(call) if call.kind == "tool_use" => {
                blocks.push(Block { path: path.into(), origin, call });
            }
            wire::Part::Unknown(ref unknown) if is_text(unknown) => {
                if let Some(kind @ PartKind::Text(_)) = foreign::part(unknown) {
                    out.accept(path, "a part in the words of another API; read all the same");
                    decoded.push(Part { origin, kind, cache_breakpoint: None });
                }
            }
            wire::Part::ImageUrl(_) | wire::Part::InputAudio(_) | wire::Part::File(_) | wire::Part::Unknown(_) => {
                let message = format!("a part of type `{}` cannot stand in an assistant message", part.tag());
                return Err(Error::request(path, RequestCode::UnsupportedValue, message));
            }
        }
    }
    Ok(decoded)
}

/// Whether a part is text in the words of another API.
fn is_text(part: &Unknown) -> bool {
    matches!(part.kind.as_str(), "input_text" | "output_text")
}

fn text_part(text: String, origin: Origin) -> Part {
    Part { origin, kind: PartKind::Text(TextPart { text, ..TextPart::default() }), cache_breakpoint: None }
}

fn decode_calls(
    out: &mut Reading,
    tool_calls: Vec<wire::ToolCall>,
    function_call: Option<wire::FunctionCall>,
    place: &Place<'_>,
    items: &mut Vec<Item>,
) -> Result<(), Error> {
    for (index, call) in tool_calls.into_iter().enumerate() {
        let path = place.path.then_nth("tool_calls", index);
        let origin = place.origin.then_nth("messages[*].tool_calls[*]", index);
        let (call_id, name, arguments, own) = decode_call(out, call, path)?;
        let call_id = non_empty(call_id).ok_or_else(|| missing(format!("{path}.id"), "a tool call needs its id"))?;
        let name = non_empty(name).ok_or_else(|| missing(format!("{path}.name"), "a tool call names its tool"))?;
        if items.iter().filter_map(self::call_id).any(|id| id == call_id) {
            let message =
                format!("two calls of this message have the id `{call_id}`; a result could not tell them apart");
            return Err(Error::request(format!("{path}.id"), RequestCode::InvalidValue, message));
        }
        if let Some(reasoning) = own.and_then(|own| sealed_call(&call_id, own)) {
            items.push(Item::new(origin, ItemKind::Reasoning(reasoning)));
        }
        let call = ToolCall { id: None, call_id, name, namespace: None, arguments, status: None };
        items.push(Item::new(origin, ItemKind::ToolCall(call)));
    }
    if let Some(wire::FunctionCall { name, arguments, extra }) = function_call {
        let path = place.path.then("function_call");
        out.unknown(path, &extra);
        let name =
            non_empty(name).ok_or_else(|| missing(format!("{path}.name"), "a function call names its function"))?;
        // The deprecated form has no ids; its place in the history is one, and a stable one.
        let call_id = format!("call_legacy_{}", place.index);
        out.memory.legacy.push((name.clone(), call_id.clone()));
        let arguments = Arguments::Function(arguments_of(arguments));
        let origin = place.origin.then("messages[*].function_call");
        let call = ToolCall { id: None, call_id, name, namespace: None, arguments, status: None };
        items.push(Item::new(origin, ItemKind::ToolCall(call)));
    }
    Ok(())
}

type CallFields = (Option<String>, Option<String>, Arguments, Option<Json>);

fn decode_call(out: &mut Reading, call: wire::ToolCall, path: Path<'_>) -> Result<CallFields, Error> {
    match call {
        wire::ToolCall::Function(wire::FunctionToolCall { id, function, mut extra }) => {
            let own = extra.take(EXTRA_CONTENT).filter(|own| !own.is_null());
            out.unknown(path, &extra);
            let path = path.then("function");
            let wire::FunctionCall { name, arguments, extra } =
                function.ok_or_else(|| missing(path, "a function call needs its function"))?;
            out.unknown(path, &extra);
            Ok((id, name, Arguments::Function(arguments_of(arguments)), own))
        }
        wire::ToolCall::Custom(wire::CustomToolCall { id, custom, mut extra }) => {
            let own = extra.take(EXTRA_CONTENT).filter(|own| !own.is_null());
            out.unknown(path, &extra);
            let path = path.then("custom");
            let wire::CustomCall { name, input, extra } =
                custom.ok_or_else(|| missing(path, "a custom tool call needs its tool"))?;
            out.unknown(path, &extra);
            Ok((id, name, Arguments::Custom(input.unwrap_or_default()), own))
        }
        wire::ToolCall::Unknown(unknown) => {
            let message = format!("a call of type `{}` cannot be carried over", unknown.kind);
            Err(Error::request(path, RequestCode::UnsupportedValue, message))
        }
    }
}
