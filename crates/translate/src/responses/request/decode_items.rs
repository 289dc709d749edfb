//! Input items as canonical ones.

use interlingua_model::{
    Api, Arguments, Content, Item, ItemKind, ItemStatus, Message, Origin, ReasoningItem, Role, ToolCall, ToolKind,
    ToolResult,
};
use interlingua_wire::responses as wire;

use super::decode_content::{decode_content, texts};
use super::decode_tools::decode_additional;
use super::reading::Reading;
use crate::convert::{arguments_of, non_empty};
use crate::error::missing;
use crate::path::Path;
use crate::responses::item_class::{history_class, opaque};
use crate::responses::{beside, images};
use crate::seals::give_seal;
use crate::{Error, LossCode, RequestCode};

const INPUT: Origin = Origin::of("input");

pub(super) fn decode_input(out: &mut Reading, input: wire::Input) -> Result<(), Error> {
    out.request.items_origin = INPUT;
    let items = match input {
        wire::Input::Text(text) => {
            let message = Message::new(Role::User, Content::Text(text));
            out.request.items.push(Item::new(INPUT, ItemKind::Message(message)));
            return Ok(());
        }
        wire::Input::Items(items) => items,
    };
    out.request.items.reserve(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let path = Path::nth_of("input", index);
        let origin = Origin::nth("input[*]", index);
        let beside = beside::of_item(&item);
        if let Some(kind) = decode_item(out, item, path, origin)? {
            out.request.items.push(Item { origin, kind, beside });
        }
    }
    Ok(())
}

/// `None` for an item that is no part of the conversation.
#[expect(clippy::wildcard_enum_match_arm, reason = "items of every other kind are opaque")]
fn decode_item(out: &mut Reading, item: wire::Item, path: Path<'_>, origin: Origin) -> Result<Option<ItemKind>, Error> {
    let kind = match item {
        wire::Item::Message(message) if message.role == Some(wire::Role::Assistant) && message.content.is_none() => {
            out.lose(path, LossCode::DroppedItem, "a message of the model that says nothing");
            return Ok(None);
        }
        wire::Item::Message(message) => ItemKind::Message(decode_message(out, message, path, origin)?),
        wire::Item::Reasoning(reasoning) => ItemKind::Reasoning(decode_reasoning(out, reasoning, path)),
        wire::Item::FunctionCall(call) => {
            let wire::FunctionCall {
                id,
                call_id,
                caller,
                namespace,
                name,
                arguments,
                status,
                is_async: _,
                encrypted_function_args: _,
                agent: _,
                internal_chat_message_metadata_passthrough: _,
                extra,
            } = call;
            out.unknown(path, &extra);
            direct(caller.as_deref(), path)?;
            let arguments = Arguments::Function(arguments_of(arguments));
            ItemKind::ToolCall(decode_call(CallFields { id, call_id, namespace, name, arguments, status }, path)?)
        }
        wire::Item::CustomToolCall(call) => {
            let wire::CustomToolCall {
                id,
                call_id,
                caller,
                namespace,
                name,
                input,
                status,
                is_async: _,
                agent: _,
                internal_chat_message_metadata_passthrough: _,
                extra,
            } = call;
            out.unknown(path, &extra);
            direct(caller.as_deref(), path)?;
            let arguments = Arguments::Custom(input.unwrap_or_default());
            ItemKind::ToolCall(decode_call(CallFields { id, call_id, namespace, name, arguments, status }, path)?)
        }
        // What a client puts into a conversation as if a tool that it names had said it, without a call.
        wire::Item::FunctionCallOutput(ref result)
            if result.name.is_some() && is_of_no_call(result.call_id.as_deref()) =>
        {
            ItemKind::Opaque(opaque(&item, history_class(&item)))
        }
        wire::Item::FunctionCallOutput(result) => {
            // The call already says which tool it was.
            let wire::FunctionCallOutput {
                id,
                call_id,
                name: _,
                namespace: _,
                caller,
                output,
                status,
                created_by: _,
                agent: _,
                internal_chat_message_metadata_passthrough: _,
                extra,
            } = result;
            out.unknown(path, &extra);
            direct(caller.as_deref(), path)?;
            let result = ResultFields { id, call_id, kind: ToolKind::Function, output, status };
            ItemKind::ToolResult(decode_result(out, result, path, origin)?)
        }
        wire::Item::CustomToolCallOutput(result) => {
            let wire::CustomToolCallOutput {
                id,
                call_id,
                caller,
                output,
                status,
                created_by: _,
                agent: _,
                internal_chat_message_metadata_passthrough: _,
                extra,
            } = result;
            out.unknown(path, &extra);
            direct(caller.as_deref(), path)?;
            let result = ResultFields { id, call_id, kind: ToolKind::Custom, output, status };
            ItemKind::ToolResult(decode_result(out, result, path, origin)?)
        }
        wire::Item::AdditionalTools(tools) => {
            decode_additional(out, tools, path, origin)?;
            return Ok(None);
        }
        wire::Item::ImageGenerationCall(call) => ItemKind::ImageGeneration(images::decode(call)),
        item => ItemKind::Opaque(opaque(&item, history_class(&item))),
    };
    Ok(Some(kind))
}

fn decode_message(out: &mut Reading, message: wire::Message, path: Path<'_>, origin: Origin) -> Result<Message, Error> {
    let wire::Message {
        id,
        role,
        content,
        phase,
        status,
        agent: _,
        internal_chat_message_metadata_passthrough: _,
        extra,
    } = message;
    out.unknown(path, &extra);
    let role = match role {
        Some(wire::Role::User) => Role::User,
        Some(wire::Role::Assistant) => Role::Assistant,
        Some(wire::Role::System) => Role::System,
        Some(wire::Role::Developer) => Role::Developer,
        Some(wire::Role::Other(role)) => {
            let message = format!("`{role}` is none of user, assistant, system and developer");
            return Err(Error::request(format!("{path}.role"), RequestCode::UnsupportedValue, message));
        }
        None => return Err(missing(format!("{path}.role"), "say who speaks")),
    };
    let content = content.ok_or_else(|| missing(format!("{path}.content"), "a message needs content"))?;
    let content = decode_content(out, content, path.then("content"), origin, "input[*].content[*]")?;
    Ok(Message { id, role, content, name: None, phase, status: decode_status(status) })
}

fn decode_reasoning(out: &mut Reading, reasoning: wire::Reasoning, path: Path<'_>) -> ReasoningItem {
    let wire::Reasoning {
        id,
        summary,
        content,
        encrypted_content,
        status,
        agent: _,
        internal_chat_message_metadata_passthrough: _,
        extra,
    } = reasoning;
    out.unknown(path, &extra);
    let mut item = ReasoningItem {
        id,
        summary: texts(summary.unwrap_or_default()),
        content: texts(content.unwrap_or_default()),
        seal: None,
        status: decode_status(status),
    };
    if let Some(kept) = non_empty(encrypted_content) {
        give_seal(&mut item, kept, Api::Responses, false);
    }
    item
}

struct CallFields {
    id: Option<String>,
    call_id: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    arguments: Arguments,
    status: Option<wire::Status>,
}

fn decode_call(call: CallFields, path: Path<'_>) -> Result<ToolCall, Error> {
    let CallFields { id, call_id, namespace, name, arguments, status } = call;
    let call_id = non_empty(call_id).ok_or_else(|| missing(format!("{path}.call_id"), "a call needs its call_id"))?;
    let name = non_empty(name).ok_or_else(|| missing(format!("{path}.name"), "a call names its tool"))?;
    let namespace = non_empty(namespace);
    Ok(ToolCall { id, call_id, name, namespace, arguments, status: decode_status(status) })
}

struct ResultFields {
    id: Option<String>,
    call_id: Option<String>,
    kind: ToolKind,
    output: Option<wire::Content>,
    status: Option<wire::Status>,
}

fn decode_result(out: &mut Reading, result: ResultFields, path: Path<'_>, origin: Origin) -> Result<ToolResult, Error> {
    let ResultFields { id, call_id, kind, output, status } = result;
    let call_id = non_empty(call_id)
        .ok_or_else(|| missing(format!("{path}.call_id"), "name the call that this result answers"))?;
    let output = match output {
        None => Content::Text(String::new()),
        Some(output) => decode_content(out, output, path.then("output"), origin, "input[*].output[*]")?,
    };
    Ok(ToolResult { id, call_id, kind, output, is_error: None, status: decode_status(status) })
}

fn is_of_no_call(call_id: Option<&str>) -> bool {
    call_id.is_none_or(str::is_empty)
}

/// Refuses a call that a program on the server made, since only that server knows the program.
fn direct(caller: Option<&wire::Caller>, path: Path<'_>) -> Result<(), Error> {
    match caller.and_then(|caller| caller.kind.as_deref()) {
        None | Some("direct") => Ok(()),
        Some(kind) => {
            let message = format!("a call made by a `{kind}` of the server cannot be carried over");
            Err(Error::request(format!("{path}.caller"), RequestCode::UnsupportedValue, message))
        }
    }
}

fn decode_status(status: Option<wire::Status>) -> Option<ItemStatus> {
    match status? {
        wire::Status::Completed => Some(ItemStatus::Completed),
        wire::Status::InProgress => Some(ItemStatus::InProgress),
        wire::Status::Incomplete => Some(ItemStatus::Incomplete),
        wire::Status::Failed | wire::Status::Cancelled | wire::Status::Queued | wire::Status::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(json: &str) -> Vec<ItemKind> {
        let body = format!(r#"{{"model":"m","input":[{json}]}}"#);
        let request = super::super::decode_request(serde_json::from_str(&body).unwrap()).unwrap().value;
        request.items.into_iter().map(|item| item.kind).collect()
    }

    #[test]
    fn a_bare_role_is_a_message() {
        let [ItemKind::Message(message)] = &items(r#"{"role":"user","content":"hi"}"#)[..] else { panic!() };
        assert_eq!(message.content, Content::Text("hi".into()));
    }

    #[test]
    fn an_item_nobody_knows_is_carried_verbatim() {
        let [ItemKind::Opaque(opaque)] = &items(r#"{"type":"hologram","beam":1.0}"#)[..] else { panic!() };
        assert_eq!(opaque.raw.text(), r#"{"type":"hologram","beam":1.0}"#);
    }
}
