//! Output items of Responses as canonical items.

use std::collections::HashSet;

use interlingua_model as model;
use interlingua_wire::{self as json, responses as wire};
use serde::Deserialize;

use super::content::decode_part;
use super::finish::decode_status;
use super::unread::Unread;
use crate::arguments::{mended, mended_arguments};
use crate::convert::{arguments_of, non_empty};
use crate::responses::item_class::{class, opaque};
use crate::responses::{beside, images};
use crate::{Error, Sent};

/// The path of an item.
pub(in crate::responses) const ITEM: &str = "output[*]";

/// What a reply's items are read with: the caller's own names and ids, and the tools the upstream says it had.
#[derive(Debug, Clone)]
pub(in crate::responses) struct Reader {
    sent: Sent,
    /// The custom tools that the reply echoes; `None` until it echoes any tools.
    custom_tools: Option<HashSet<String>>,
}

impl Reader {
    pub(in crate::responses) fn new(sent: &Sent) -> Self {
        Self { sent: sent.clone(), custom_tools: None }
    }

    /// Takes the echo of the request's tools; the first one counts.
    pub(in crate::responses) fn see_tools(&mut self, tools: Option<&json::Json>) {
        if self.custom_tools.is_none() {
            self.custom_tools = tools.and_then(custom_tool_names);
        }
    }

    /// Reads an item that stood at `origin`.
    #[expect(clippy::wildcard_enum_match_arm, reason = "`class` names every other kind")]
    ///
    /// `is_cut` says that the reply was cut short, so that an item without a status may have been.
    pub(in crate::responses) fn item(
        &self,
        item: wire::Item,
        origin: model::Origin,
        is_cut: bool,
        unread: &mut Unread,
    ) -> Result<model::Item, Error> {
        let beside = beside::of_item(&item);
        let kind = match item {
            wire::Item::Message(message) => model::ItemKind::Message(decode_message(message, origin, unread)),
            wire::Item::Reasoning(reasoning) => model::ItemKind::Reasoning(decode_reasoning(reasoning, origin, unread)),
            wire::Item::FunctionCall(call) if is_programmatic(call.caller.as_deref()) => {
                model::ItemKind::Opaque(self.carried(&wire::Item::FunctionCall(call)))
            }
            wire::Item::FunctionCall(call) => {
                let wire::FunctionCall {
                    id,
                    call_id,
                    caller: _,
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
                unread.fields(origin, &extra);
                let is_cut = match decode_status(status.as_ref()) {
                    Some(status) => status == model::ItemStatus::Incomplete,
                    None => is_cut,
                };
                // A call that was cut keeps what it had: it must not pass for one of a function without parameters.
                let arguments = if is_cut { arguments.unwrap_or_default() } else { arguments_of(arguments) };
                let arguments = match mended(&arguments).filter(|_| !is_cut) {
                    Some(object) => {
                        unread.losses.push(mended_arguments(origin));
                        object
                    }
                    None => arguments,
                };
                let arguments = model::Arguments::Function(arguments);
                self.call(id, call_id, namespace, name, arguments, status.as_ref(), origin)?
            }
            wire::Item::CustomToolCall(call)
                if is_programmatic(call.caller.as_deref()) || self.is_hosted(call.name.as_deref()) =>
            {
                model::ItemKind::Opaque(self.carried(&wire::Item::CustomToolCall(call)))
            }
            wire::Item::CustomToolCall(call) => {
                let wire::CustomToolCall {
                    id,
                    call_id,
                    caller: _,
                    namespace,
                    name,
                    input,
                    status,
                    is_async: _,
                    agent: _,
                    internal_chat_message_metadata_passthrough: _,
                    extra,
                } = call;
                unread.fields(origin, &extra);
                let arguments = model::Arguments::Custom(input.unwrap_or_default());
                self.call(id, call_id, namespace, name, arguments, status.as_ref(), origin)?
            }
            wire::Item::ImageGenerationCall(call) => model::ItemKind::ImageGeneration(images::decode(call)),
            other => model::ItemKind::Opaque(self.carried(&other)),
        };
        let beside = if matches!(kind, model::ItemKind::Opaque(_)) { Vec::new() } else { beside };
        Ok(model::Item { origin, kind, beside })
    }

    /// An item that the model has no word for.
    pub(in crate::responses) fn carried(&self, item: &wire::Item) -> model::Opaque {
        if let wire::Item::CustomToolCall(call) = item
            && !is_programmatic(call.caller.as_deref())
            && self.is_hosted(call.name.as_deref())
        {
            return opaque(item, model::OpaqueClass::Settled);
        }
        opaque(item, class(item))
    }

    /// The caller's own name of a tool, and the group it belongs to.
    pub(in crate::responses) fn tool_name(&self, namespace: Option<String>, name: String) -> (Option<String>, String) {
        match self.sent.names().original(&name) {
            Some(original) => (original.namespace.clone().or(namespace), original.name.clone()),
            None => (namespace, name),
        }
    }

    pub(in crate::responses) fn call_id(&self, wire: &str) -> String {
        self.sent.call_ids().original(wire).to_owned()
    }

    /// Whether a custom call was made and answered on the upstream's side: it says which custom tools there were, and this is
    /// none of them, nor one that the request has.
    pub(in crate::responses) fn is_hosted(&self, name: Option<&str>) -> bool {
        let is_offered = |tools: &HashSet<String>, name: &str| tools.contains(name) || self.sent.is_custom(name);
        self.custom_tools.as_ref().is_some_and(|tools| name.is_none_or(|name| !is_offered(tools, name)))
    }

    #[expect(clippy::too_many_arguments, reason = "the fields two kinds of calls share, each of another type")]
    fn call(
        &self,
        id: Option<String>,
        call_id: Option<String>,
        namespace: Option<String>,
        name: Option<String>,
        arguments: model::Arguments,
        status: Option<&wire::Status>,
        origin: model::Origin,
    ) -> Result<model::ItemKind, Error> {
        let missing = |field: &str| Error::Malformed {
            path: Some(format!("{}.{field}", origin.path())),
            message: "a call without it could not be answered".to_owned(),
        };
        let call_id = non_empty(call_id).ok_or_else(|| missing("call_id"))?;
        let name = non_empty(name).ok_or_else(|| missing("name"))?;
        let (namespace, name) = self.tool_name(namespace, name);
        Ok(model::ItemKind::ToolCall(model::ToolCall {
            id,
            call_id: self.call_id(&call_id),
            name,
            namespace,
            arguments,
            status: decode_status(status),
        }))
    }
}

/// Calls that a program on the upstream's side made; only that program can use the result.
pub(in crate::responses) fn is_programmatic(caller: Option<&wire::Caller>) -> bool {
    caller.is_some_and(|caller| caller.kind.as_deref() == Some("program"))
}

/// The custom tools of an echo, those of groups among them. One that cannot be read, or leaves a name out, says nothing: it
/// must not fail an answer.
fn custom_tool_names(tools: &json::Json) -> Option<HashSet<String>> {
    #[derive(Deserialize)]
    struct Head {
        r#type: Option<String>,
        name: Option<String>,
        tools: Option<Vec<Head>>,
    }
    fn gather(head: Head, names: &mut HashSet<String>) -> Option<()> {
        if head.r#type.as_deref() == Some("custom") {
            names.insert(head.name?);
        }
        head.tools.unwrap_or_default().into_iter().try_for_each(|head| gather(head, names))
    }
    let tools: Vec<json::Json> = tools.parse().ok()?;
    let mut names = HashSet::new();
    tools.iter().filter_map(|tool| tool.parse::<Head>().ok()).try_for_each(|head| gather(head, &mut names))?;
    Some(names)
}

fn decode_message(message: wire::Message, origin: model::Origin, unread: &mut Unread) -> model::Message {
    let wire::Message {
        id,
        role: _,
        content,
        phase,
        status,
        agent: _,
        internal_chat_message_metadata_passthrough: _,
        extra,
    } = message;
    unread.fields(origin, &extra);
    let content = match content {
        None => model::Content::Parts(Vec::new()),
        Some(wire::Content::Text(text)) => model::Content::Text(text),
        Some(wire::Content::Parts(parts)) => {
            let parts = parts.into_iter().enumerate().map(|(index, part)| {
                let origin = origin.then_nth("output[*].content[*]", index);
                model::Part { origin, kind: decode_part(part, origin, unread), cache_breakpoint: None }
            });
            model::Content::Parts(parts.collect())
        }
    };
    model::Message {
        id,
        role: model::Role::Assistant,
        content,
        name: None,
        phase,
        status: decode_status(status.as_ref()),
    }
}

fn decode_reasoning(reasoning: wire::Reasoning, origin: model::Origin, unread: &mut Unread) -> model::ReasoningItem {
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
    unread.fields(origin, &extra);
    let mut texts = |parts: Option<Vec<wire::ContentPart>>| -> Vec<String> {
        let parts = parts.unwrap_or_default().into_iter();
        let texts = parts.filter_map(|part| match decode_part(part, origin, unread) {
            model::PartKind::Text(text) => Some(text.text),
            model::PartKind::Refusal(_)
            | model::PartKind::Image(_)
            | model::PartKind::File(_)
            | model::PartKind::Audio(_)
            | model::PartKind::Opaque(_) => None,
        });
        texts.collect()
    };
    model::ReasoningItem {
        id,
        summary: texts(summary),
        content: texts(content),
        seal: non_empty(encrypted_content).map(|data| model::Seal {
            maker: model::Api::Responses,
            is_redacted: false,
            data,
        }),
        status: decode_status(status.as_ref()),
    }
}
