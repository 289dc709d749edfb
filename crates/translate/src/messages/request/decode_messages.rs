//! Turns as canonical items.

use interlingua_model::{
    Arguments, Content, Item, ItemKind, Message, Opaque, OpaqueClass, Origin, Part, Role, ToolCall, ToolKind,
    ToolResult,
};
use interlingua_wire::messages as wire;

use super::decode_content::{decode_part, decode_result, plain_text};
use super::reading::{Reading, ToolChange, text_part};
use crate::arguments::mended;
use crate::convert::{arguments_of, non_empty, verbatim};
use crate::error::missing;
use crate::messages::thinking::{decode_redacted, decode_thinking};
use crate::path::Path;
use crate::{Api, Error, LossCode, RequestCode};

/// Where a block of a turn stands.
const BLOCK: &str = "messages[*].content[*]";

pub(super) fn decode_messages(out: &mut Reading, messages: Vec<wire::Message>) -> Result<(), Error> {
    if messages.is_empty() {
        return Err(missing("messages", "a conversation needs at least one message"));
    }
    out.request.items_origin = Origin::of("messages");
    let is_user = |message: &wire::Message| message.role == Some(wire::Role::User);
    let last_user = messages.iter().rposition(is_user).unwrap_or(0);
    for (index, message) in messages.into_iter().enumerate() {
        let origin = Origin::nth("messages[*]", index);
        let path = Path::at(origin);
        let wire::Message { role, content, clear_at, output_config, extra } = message;
        out.unknown(path, &extra);
        match role {
            Some(wire::Role::User) => user(out, content, path, origin)?,
            Some(wire::Role::Assistant) => assistant(out, content, path, origin)?,
            Some(wire::Role::System) => {
                let is_over = clear_at.as_deref() == Some("next_user_message") && last_user > index;
                system(out, content, is_over, path, origin)?;
                if let Some(wire::OutputConfig { effort: Some(effort), format: _, task_budget: _, extra }) =
                    output_config
                {
                    let place = origin.then("messages[*].output_config.effort");
                    out.unknown(path.then("output_config"), &extra);
                    out.memory.effort = Some((effort, place));
                }
            }
            Some(wire::Role::Other(role)) => {
                let message = format!("`{role}` is none of user, assistant and system");
                return Err(Error::request(format!("{path}.role"), RequestCode::UnsupportedValue, message));
            }
            None => return Err(missing(format!("{path}.role"), "say who speaks")),
        }
    }
    Ok(())
}

fn push(out: &mut Reading, origin: Origin, kind: ItemKind) {
    out.request.items.push(Item::new(origin, kind));
}

fn say(out: &mut Reading, role: Role, origin: Origin, parts: Vec<Part>) {
    if !parts.is_empty() {
        push(out, origin, ItemKind::Message(Message::new(role, Content::Parts(parts))));
    }
}

/// A turn of the person: what the client ran comes first, then what is said.
#[expect(clippy::wildcard_enum_match_arm, reason = "other blocks are looked at elsewhere")]
fn user(out: &mut Reading, content: Option<wire::Content>, path: Path<'_>, origin: Origin) -> Result<(), Error> {
    let blocks = match content {
        None => return Err(missing(format!("{path}.content"), "a message needs content")),
        Some(wire::Content::Text(text)) => {
            push(out, origin, ItemKind::Message(Message::new(Role::User, Content::Text(text))));
            return Ok(());
        }
        Some(wire::Content::Blocks(blocks)) => blocks,
    };
    let mut parts = Vec::new();
    for (index, block) in blocks.into_iter().enumerate() {
        let place = origin.then_nth(BLOCK, index);
        let path = path.then_nth("content", index);
        match block {
            wire::Block::ToolResult(result) => {
                let result = tool_result(out, *result, path, place)?;
                push(out, place, ItemKind::ToolResult(result));
            }
            block => parts.extend(decode_part(out, block, path, place)?),
        }
    }
    say(out, Role::User, origin, parts);
    Ok(())
}

fn tool_result(
    out: &mut Reading,
    result: wire::ToolResult,
    path: Path<'_>,
    origin: Origin,
) -> Result<ToolResult, Error> {
    let wire::ToolResult { tool_use_id, content, is_error, toolset_name: _, cache_control, extra } = result;
    out.unknown(path, &extra);
    let call_id = non_empty(tool_use_id)
        .ok_or_else(|| missing(format!("{path}.tool_use_id"), "name the call that this result answers"))?;
    if !out.memory.calls.contains(&call_id) {
        let message = format!("no earlier message has a tool_use with the id `{call_id}`");
        return Err(Error::request(path, RequestCode::InvalidValue, message));
    }
    let boundary = out.breakpoint(cache_control, origin.then("messages[*].content[*].cache_control"));
    let output = decode_result(out, content, path, origin, boundary)?;
    Ok(ToolResult { id: None, call_id, kind: ToolKind::Function, output, is_error, status: None })
}

/// A turn of the model.
#[expect(clippy::wildcard_enum_match_arm, reason = "other blocks are looked at elsewhere")]
fn assistant(out: &mut Reading, content: Option<wire::Content>, path: Path<'_>, origin: Origin) -> Result<(), Error> {
    let blocks = match content {
        None => return Err(missing(format!("{path}.content"), "a message needs content")),
        Some(wire::Content::Text(text)) if text.is_empty() => return Ok(()),
        Some(wire::Content::Text(text)) => {
            push(out, origin, ItemKind::Message(Message::new(Role::Assistant, Content::Text(text))));
            return Ok(());
        }
        Some(wire::Content::Blocks(blocks)) => blocks,
    };
    let mut parts = Vec::new();
    for (index, block) in blocks.into_iter().enumerate() {
        let place = origin.then_nth(BLOCK, index);
        let path = path.then_nth("content", index);
        let kind = match block {
            wire::Block::Text(text) => {
                parts.extend(plain_text(out, text, path, place, "messages[*].content[*].cache_control")?);
                continue;
            }
            wire::Block::Compaction(compaction) => {
                say(out, Role::Assistant, origin, std::mem::take(&mut parts));
                let wire::Compaction {
                    content,
                    encrypted_content: _,
                    signature: _,
                    tool_changes: _,
                    cache_control: _,
                    extra,
                } = *compaction;
                out.unknown(path, &extra);
                let Some(text) = content.into_value().filter(|text| !text.is_empty()) else {
                    let message = "only the server that made this summary can read it; send the conversation instead";
                    return Err(Error::request(path, RequestCode::UnsupportedValue, message));
                };
                let place = place.then("messages[*].content[*].content");
                say(out, Role::User, place, vec![text_part(text, place)]);
                continue;
            }
            wire::Block::ToolUse(call) => tool_use(out, *call, path)?,
            wire::Block::Thinking(wire::Thinking { thinking, signature, extra }) => {
                out.unknown(path, &extra);
                ItemKind::Reasoning(decode_thinking(thinking, signature))
            }
            wire::Block::RedactedThinking(wire::RedactedThinking { data, extra }) => {
                out.unknown(path, &extra);
                ItemKind::Reasoning(decode_redacted(data))
            }
            block => foreign(&block, path)?,
        };
        say(out, Role::Assistant, origin, std::mem::take(&mut parts));
        push(out, place, kind);
    }
    say(out, Role::Assistant, origin, parts);
    Ok(())
}

fn tool_use(out: &mut Reading, call: wire::ToolUse, path: Path<'_>) -> Result<ItemKind, Error> {
    let wire::ToolUse { id, name, input, caller, toolset_name, cache_control: _, extra } = call;
    out.unknown(path, &extra);
    match caller {
        None | Some(wire::Caller::Direct(_)) => {}
        Some(
            caller @ (wire::Caller::CodeExecution20250825(_)
            | wire::Caller::CodeExecution20260120(_)
            | wire::Caller::CodeExecution20260521(_)
            | wire::Caller::Unknown(_)),
        ) => {
            let message = format!("a call made by a `{}` of the server cannot be carried over", caller.tag());
            return Err(Error::request(format!("{path}.caller"), RequestCode::UnsupportedValue, message));
        }
    }
    let call_id = non_empty(id).ok_or_else(|| missing(format!("{path}.id"), "a call needs its id"))?;
    let name = non_empty(name).ok_or_else(|| missing(format!("{path}.name"), "a call names its tool"))?;
    out.memory.calls.insert(call_id.clone());
    let arguments = arguments_of(input.map(|input| input.get().to_owned()));
    let arguments = match mended(&arguments) {
        Some(object) => {
            out.accept(
                path.then("input"),
                "the input of a call is an object here; read out of the text that it stands in",
            );
            object
        }
        None => arguments,
    };
    let arguments = Arguments::Function(arguments);
    Ok(ItemKind::ToolCall(ToolCall { id: None, call_id, name, namespace: toolset_name, arguments, status: None }))
}

/// What servers did, which only servers of this API know.
fn foreign(block: &wire::Block, path: Path<'_>) -> Result<ItemKind, Error> {
    let class = match block {
        wire::Block::ServerToolUse(_)
        | wire::Block::WebSearchToolResult(_)
        | wire::Block::WebFetchToolResult(_)
        | wire::Block::CodeExecutionToolResult(_)
        | wire::Block::BashCodeExecutionToolResult(_)
        | wire::Block::TextEditorCodeExecutionToolResult(_)
        | wire::Block::ToolSearchToolResult(_)
        | wire::Block::AdvisorToolResult(_)
        | wire::Block::McpToolUse(_)
        | wire::Block::McpToolResult(_)
        | wire::Block::McpToolListing(_)
        | wire::Block::Fallback(_) => OpaqueClass::Settled,
        wire::Block::Unknown(_) => OpaqueClass::Unknown,
        wire::Block::Text(_)
        | wire::Block::Thinking(_)
        | wire::Block::RedactedThinking(_)
        | wire::Block::ToolUse(_)
        | wire::Block::Compaction(_)
        | wire::Block::Image(_)
        | wire::Block::Document(_)
        | wire::Block::SearchResult(_)
        | wire::Block::ContainerUpload(_)
        | wire::Block::ToolResult(_)
        | wire::Block::ToolAddition(_)
        | wire::Block::ToolRemoval(_) => {
            let message = format!("a `{}` cannot stand in an assistant message", block.tag());
            return Err(Error::request(path, RequestCode::UnsupportedValue, message));
        }
    };
    let kind = block.tag().to_owned();
    Ok(ItemKind::Opaque(Opaque { api: Api::Messages, kind, class, raw: verbatim(block) }))
}

/// What the operator says in the middle of a conversation, and which tools come and go.
#[expect(clippy::wildcard_enum_match_arm, reason = "the operator says nothing of any other kind")]
fn system(
    out: &mut Reading,
    content: Option<wire::Content>,
    is_over: bool,
    path: Path<'_>,
    origin: Origin,
) -> Result<(), Error> {
    let blocks = match content {
        None => return Ok(()),
        Some(wire::Content::Text(text)) => {
            if !is_over && !text.is_empty() {
                push(out, origin, ItemKind::Message(Message::new(Role::System, Content::Text(text))));
            }
            return Ok(());
        }
        Some(wire::Content::Blocks(blocks)) => blocks,
    };
    let mut parts = Vec::new();
    for (index, block) in blocks.into_iter().enumerate() {
        let place = origin.then_nth(BLOCK, index);
        let path = path.then_nth("content", index);
        match block {
            wire::Block::Text(text) => {
                parts.extend(plain_text(out, text, path, place, "messages[*].content[*].cache_control")?);
            }
            wire::Block::ToolAddition(change) => match named(out, *change, path)? {
                wire::ToolChange::Reference(tool) => out.name_tool(&tool.name.unwrap_or_default()),
                wire::ToolChange::Definition(tool) => {
                    if let Some(tool) = tool.definition {
                        out.memory.changes.push(ToolChange::Added(Box::new(tool)));
                    }
                }
                wire::ToolChange::McpTool(_) | wire::ToolChange::McpToolset(_) | wire::ToolChange::Unknown(_) => {
                    out.lose(path, LossCode::DroppedHint, "which tools of a server are offered is not told");
                }
            },
            wire::Block::ToolRemoval(change) => match named(out, *change, path)? {
                wire::ToolChange::Reference(tool) => {
                    out.memory.changes.push(ToolChange::Removed(tool.name.unwrap_or_default()));
                }
                wire::ToolChange::Definition(_)
                | wire::ToolChange::McpTool(_)
                | wire::ToolChange::McpToolset(_)
                | wire::ToolChange::Unknown(_) => {
                    out.lose(path, LossCode::DroppedHint, "which tools of a server are offered is not told");
                }
            },
            block => {
                let message = format!("a `{}` cannot stand in a system message", block.tag());
                return Err(Error::request(path, RequestCode::UnsupportedValue, message));
            }
        }
    }
    if !is_over {
        say(out, Role::System, origin, parts);
    }
    Ok(())
}

fn named(out: &mut Reading, change: wire::ToolChangeBlock, path: Path<'_>) -> Result<wire::ToolChange, Error> {
    let wire::ToolChangeBlock { tool, cache_control: _, extra } = change;
    out.unknown(path, &extra);
    tool.ok_or_else(|| missing(format!("{path}.tool"), "say which tool comes or goes"))
}
