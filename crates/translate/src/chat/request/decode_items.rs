//! Chat's messages as canonical items.

use interlingua_model::{Content, Item, ItemKind, Message, Origin, Role, ToolKind, ToolResult};
use interlingua_wire::{Json, chat as wire};
use serde::Deserialize;

use super::decode_assistant::decode_assistant;
use super::decode_content::{Speaker, decode_content};
use super::reading::{Place, Reading};
use crate::convert::non_empty;
use crate::error::missing;
use crate::path::Path;
use crate::{Error, LossCode, RequestCode};

pub(super) fn decode_messages(out: &mut Reading, messages: Vec<wire::Message>) -> Result<(), Error> {
    if messages.is_empty() {
        return Err(missing("messages", "a conversation needs at least one message"));
    }
    out.request.items_origin = Origin::of("messages");
    out.request.items.reserve(messages.len());
    for (index, message) in messages.into_iter().enumerate() {
        let path = Path::nth_of("messages", index);
        let origin = Origin::nth("messages[*]", index);
        let place = Place { index, path, origin };
        match message {
            wire::Message::System(message) => plain(out, message, Role::System, &place)?,
            wire::Message::Developer(message) => plain(out, message, Role::Developer, &place)?,
            wire::Message::User(message) => plain(out, message, Role::User, &place)?,
            wire::Message::Assistant(message) => decode_assistant(out, message, &place)?,
            wire::Message::Tool(message) => tool(out, message, &place)?,
            wire::Message::Function(message) => function(out, message, &place)?,
            wire::Message::Unknown(unknown) => {
                let message =
                    format!("`{}` is none of system, developer, user, assistant, tool and function", unknown.kind);
                return Err(Error::request(format!("{path}.role"), RequestCode::InvalidValue, message));
            }
        }
    }
    if out.request.items.is_empty() {
        return Err(missing("messages[0]", "a conversation needs at least one message that says something"));
    }
    Ok(())
}

fn plain(out: &mut Reading, message: wire::PlainMessage, role: Role, place: &Place<'_>) -> Result<(), Error> {
    let wire::PlainMessage { content, name, extra } = message;
    out.unknown(place.path, &extra);
    let path = place.path.then("content");
    let content = content.ok_or_else(|| missing(path, "a message needs content"))?;
    if is_empty(&content) {
        out.lose(place.path, LossCode::DroppedItem, "a message that says nothing");
        return Ok(());
    }
    let content = match content {
        wire::Content::Parts(parts) if role == Role::User && parts.iter().any(is_result) => {
            let rest = results(out, parts, place)?;
            if rest.is_empty() {
                return Ok(());
            }
            wire::Content::Parts(rest)
        }
        content @ (wire::Content::Text(_) | wire::Content::Parts(_)) => content,
    };
    let content = decode_content(out, content, path, place.origin, Speaker::Other)?;
    let kind = ItemKind::Message(Message { name, ..Message::new(role, content) });
    out.request.items.push(Item::new(place.origin, kind));
    Ok(())
}

fn is_result(part: &wire::Part) -> bool {
    part.tag() == "tool_result"
}

/// Reads results among the parts of what a user says, as another API has them. What else there is.
fn results(out: &mut Reading, parts: Vec<wire::Part>, place: &Place<'_>) -> Result<Vec<wire::Part>, Error> {
    #[derive(Deserialize)]
    struct Answer {
        tool_use_id: String,
        content: Option<Json>,
        is_error: Option<bool>,
    }
    let mut rest = Vec::new();
    for (index, part) in parts.into_iter().enumerate() {
        let wire::Part::Unknown(part) = part else {
            rest.push(part);
            continue;
        };
        if part.kind != "tool_result" {
            rest.push(wire::Part::Unknown(part));
            continue;
        }
        let path = place.path.then_nth("content", index);
        let origin = place.origin.then_nth("messages[*].content[*]", index);
        let invalid = |message: String| Error::request(path, RequestCode::InvalidValue, message);
        let Answer { tool_use_id, content, is_error } =
            part.raw.parse().map_err(|_| invalid("a `tool_result` names the call that it answers".to_owned()))?;
        let Some(kind) = out.memory.kind(&tool_use_id, &out.request.items) else {
            return Err(invalid(format!("no earlier assistant message has a call with the id `{tool_use_id}`")));
        };
        let content = content.filter(|content| !content.is_null()).map(|content| content.parse());
        let content = content.transpose().map_err(|error| invalid(error.to_string()))?;
        out.accept(path, "a result among the parts of a message is read as a message of the tool");
        result(out, content, tool_use_id, kind, &Place { index: place.index, path, origin })?;
        if let Some(ItemKind::ToolResult(result)) = out.request.items.last_mut().map(|item| &mut item.kind) {
            result.is_error = is_error;
        }
    }
    Ok(rest)
}

fn is_empty(content: &wire::Content) -> bool {
    matches!(content, wire::Content::Parts(parts) if parts.is_empty())
}

fn tool(out: &mut Reading, message: wire::ToolMessage, place: &Place<'_>) -> Result<(), Error> {
    let wire::ToolMessage { tool_call_id, content, name, extra } = message;
    out.unknown(place.path, &extra);
    let path = place.path.then("tool_call_id");
    let call_id = non_empty(tool_call_id).ok_or_else(|| missing(path, "name the call that this result answers"))?;
    let Some(kind) = out.memory.kind(&call_id, &out.request.items) else {
        let message = format!("no earlier assistant message has a tool call with the id `{call_id}`");
        return Err(Error::request(path, RequestCode::InvalidValue, message));
    };
    if name.is_some() {
        out.lose(format!("{}.name", place.path), LossCode::DroppedName, "the call already names the tool");
    }
    result(out, content, call_id, kind, place)
}

fn function(out: &mut Reading, message: wire::FunctionMessage, place: &Place<'_>) -> Result<(), Error> {
    let wire::FunctionMessage { name, content, extra } = message;
    out.unknown(place.path, &extra);
    let path = place.path.then("name");
    let name = name.ok_or_else(|| missing(path, "name the function that this result comes from"))?;
    let Some(newest) = out.memory.legacy.iter().rposition(|(function, _)| *function == name) else {
        let message = format!("no earlier assistant message calls `{name}` without an answer");
        return Err(Error::request(path, RequestCode::InvalidValue, message));
    };
    let (_, call_id) = out.memory.legacy.remove(newest);
    result(out, content, call_id, ToolKind::Function, place)
}

fn result(
    out: &mut Reading,
    content: Option<wire::Content>,
    call_id: String,
    kind: ToolKind,
    place: &Place<'_>,
) -> Result<(), Error> {
    let output = match content {
        Some(content) if !is_empty(&content) => {
            decode_content(out, content, place.path.then("content"), place.origin, Speaker::Tool)?
        }
        Some(_) | None => Content::Text(String::new()),
    };
    let result = ToolResult { id: None, call_id, kind, output, is_error: None, status: None };
    out.request.items.push(Item::new(place.origin, ItemKind::ToolResult(result)));
    Ok(())
}
