//! Output items of Responses as canonical items.

use std::collections::HashSet;

use interlingua_model as model;
use interlingua_wire::{self as json, responses as wire};
use serde::Deserialize;

use super::content::decode_part;
use super::finish::decode_status;
use crate::call_ids::CallIds;
use crate::convert::{non_empty, verbatim};
use crate::names::Names;
use crate::{Context, Error};

/// What a reply's items are read with: the caller's own names and ids, and the tools the upstream says it had.
#[derive(Debug, Clone)]
pub(in crate::responses) struct Reader {
    names: Names,
    call_ids: CallIds,
    /// The custom tools that the reply echoes; `None` until it echoes any tools.
    custom_tools: Option<HashSet<String>>,
}

impl Reader {
    pub(in crate::responses) fn new(context: &Context) -> Self {
        Self { names: context.names.clone(), call_ids: context.call_ids.clone(), custom_tools: None }
    }

    /// Takes the echo of the request's tools; the first one counts.
    pub(in crate::responses) fn see_tools(&mut self, tools: Option<&json::Json>) {
        if self.custom_tools.is_none() {
            self.custom_tools = tools.and_then(custom_tool_names);
        }
    }

    /// Reads an item; `path` says where it stood, for errors.
    #[expect(clippy::wildcard_enum_match_arm, reason = "`needs_client` names every other kind")]
    pub(in crate::responses) fn item(&self, item: wire::Item, path: &str) -> Result<model::ItemKind, Error> {
        Ok(match item {
            wire::Item::Message(message) => model::ItemKind::Message(decode_message(message)),
            wire::Item::Reasoning(reasoning) => model::ItemKind::Reasoning(decode_reasoning(reasoning)),
            wire::Item::FunctionCall(call) if is_programmatic(call.caller.as_deref()) => {
                opaque(&wire::Item::FunctionCall(call))
            }
            wire::Item::FunctionCall(call) => {
                let wire::FunctionCall { id, call_id, caller: _, namespace, name, arguments, status, extra: _ } = call;
                let arguments = model::Arguments::Function(arguments.unwrap_or_default());
                self.call(id, call_id, namespace, name, arguments, status.as_ref(), path)?
            }
            wire::Item::CustomToolCall(call)
                if is_programmatic(call.caller.as_deref()) || self.is_hosted(call.name.as_deref()) =>
            {
                opaque(&wire::Item::CustomToolCall(call))
            }
            wire::Item::CustomToolCall(call) => {
                let wire::CustomToolCall { id, call_id, caller: _, namespace, name, input, status, extra: _ } = call;
                let arguments = model::Arguments::Custom(input.unwrap_or_default());
                self.call(id, call_id, namespace, name, arguments, status.as_ref(), path)?
            }
            other => opaque(&other),
        })
    }

    /// The caller's own name of a tool, and the group it belongs to.
    pub(in crate::responses) fn tool_name(&self, namespace: Option<String>, name: String) -> (Option<String>, String) {
        match self.names.original(&name) {
            Some(original) => (original.namespace.clone().or(namespace), original.name.clone()),
            None => (namespace, name),
        }
    }

    pub(in crate::responses) fn call_id(&self, wire: &str) -> String {
        self.call_ids.original(wire).to_owned()
    }

    /// Whether a custom call was made and answered on the upstream's side: it says which custom tools there were,
    /// and this is none of them.
    pub(in crate::responses) fn is_hosted(&self, name: Option<&str>) -> bool {
        self.custom_tools.as_ref().is_some_and(|tools| name.is_none_or(|name| !tools.contains(name)))
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
        path: &str,
    ) -> Result<model::ItemKind, Error> {
        let missing = |field: &str| Error::Malformed {
            path: Some(format!("{path}.{field}")),
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

fn custom_tool_names(tools: &json::Json) -> Option<HashSet<String>> {
    #[derive(Deserialize)]
    struct Head {
        r#type: Option<String>,
        name: Option<String>,
    }
    // An echo that cannot be read says nothing; it must not fail an answer.
    let tools: Vec<json::Json> = tools.parse().ok()?;
    let heads = tools.iter().filter_map(|tool| tool.parse::<Head>().ok());
    Some(heads.filter(|head| head.r#type.as_deref() == Some("custom")).filter_map(|head| head.name).collect())
}

fn decode_message(message: wire::Message) -> model::Message {
    let wire::Message { id, role: _, content, phase, status, extra: _ } = message;
    let content = match content {
        None => model::Content::Parts(Vec::new()),
        Some(wire::Content::Text(text)) => model::Content::Text(text),
        Some(wire::Content::Parts(parts)) => {
            model::Content::Parts(parts.into_iter().map(|part| plain(decode_part(part))).collect())
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

fn plain(kind: model::PartKind) -> model::Part {
    model::Part { origin: model::Origin::default(), kind, cache_breakpoint: None }
}

fn decode_reasoning(reasoning: wire::Reasoning) -> model::ReasoningItem {
    let wire::Reasoning { id, summary, content, encrypted_content, status, extra: _ } = reasoning;
    let texts = |parts: Option<Vec<wire::ContentPart>>| -> Vec<String> {
        let parts = parts.unwrap_or_default().into_iter();
        parts
            .filter_map(|part| if let model::PartKind::Text(text) = decode_part(part) { Some(text.text) } else { None })
            .collect()
    };
    model::ReasoningItem {
        id,
        summary: texts(summary),
        content: texts(content),
        encrypted: non_empty(encrypted_content),
        status: decode_status(status.as_ref()),
    }
}

fn opaque(item: &wire::Item) -> model::ItemKind {
    model::ItemKind::Opaque(model::Opaque {
        protocol: model::Protocol::Responses,
        kind: item.tag().to_owned(),
        needs_client: needs_client(item),
        raw: verbatim(item),
    })
}

/// Whether the conversation waits for the client to act on an item that has no canonical form.
fn needs_client(item: &wire::Item) -> bool {
    match item {
        wire::Item::ComputerCall(_)
        | wire::Item::LocalShellCall(_)
        | wire::Item::ApplyPatchCall(_)
        | wire::Item::McpApprovalRequest(_) => true,
        wire::Item::ShellCall(call) => {
            let environment = call.environment.as_ref().and_then(|environment| environment.kind.as_deref());
            environment.is_none_or(|kind| kind == "local")
        }
        wire::Item::ToolSearchCall(call) => call.execution.as_deref() == Some("client"),
        wire::Item::FunctionCall(call) => is_programmatic(call.caller.as_deref()),
        wire::Item::CustomToolCall(call) => is_programmatic(call.caller.as_deref()),
        wire::Item::Message(_)
        | wire::Item::Reasoning(_)
        | wire::Item::FunctionCallOutput(_)
        | wire::Item::CustomToolCallOutput(_)
        | wire::Item::FileSearchCall(_)
        | wire::Item::WebSearchCall(_)
        | wire::Item::ComputerCallOutput(_)
        | wire::Item::Program(_)
        | wire::Item::ProgramOutput(_)
        | wire::Item::ToolSearchOutput(_)
        | wire::Item::AdditionalTools(_)
        | wire::Item::Compaction(_)
        | wire::Item::CompactionTrigger(_)
        | wire::Item::ImageGenerationCall(_)
        | wire::Item::CodeInterpreterCall(_)
        | wire::Item::LocalShellCallOutput(_)
        | wire::Item::ShellCallOutput(_)
        | wire::Item::ApplyPatchCallOutput(_)
        | wire::Item::McpCall(_)
        | wire::Item::McpListTools(_)
        | wire::Item::McpApprovalResponse(_)
        | wire::Item::ItemReference(_)
        | wire::Item::Unknown(_) => false,
    }
}
