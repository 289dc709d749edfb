//! What stands for an item where its API is not spoken.

use interlingua_model::{
    Arguments, Content, ImagePart, ImageSource, ItemKind, Message, Opaque, Origin, Part, PartKind, Role, TextPart,
    ToolCall, ToolKind, ToolResult,
};
use interlingua_wire::{Json, responses as wire};
use serde::Deserialize;

use super::reply::content::part_text;
use super::retell::SEARCH;
use crate::convert::non_empty;

/// What another API is told of an item.
pub(crate) enum Abroad {
    /// The same in other words.
    Told(Told),
    /// Nothing, and what is sealed in it is gone.
    Sealed,
    /// That there was something, in these words, since the conversation is another one without it.
    Unreadable(&'static str),
    /// Nothing is known that would stand for it.
    Nothing,
}

/// What the model is told of a part of the conversation that another server made shorter.
const COMPACTED: &str =
    "[An earlier part of this conversation was summarised by another server, in a form that cannot be read here.]";

/// What stands for an item: a call of a function of that name, its result, or a message.
pub(crate) struct Told {
    pub(crate) kind: ItemKind,
    /// Whether there was something sealed in it, which is gone.
    pub(crate) has_sealed: bool,
}

/// What another API is told of an item of the history. A call that the client ran is a call anywhere.
#[expect(clippy::wildcard_enum_match_arm, reason = "nothing stands for items of any other kind")]
pub(crate) fn abroad(opaque: &Opaque, origin: Origin) -> Abroad {
    let Ok(item) = serde_json::from_str::<wire::Item>(opaque.raw.text()) else { return Abroad::Nothing };
    let told = match item {
        wire::Item::Compaction(_) => return Abroad::Unreadable(COMPACTED),
        wire::Item::ContextCompaction(item) if item.encrypted_content.is_some() => {
            return Abroad::Unreadable(COMPACTED);
        }
        wire::Item::AgentMessage(item) => return agent_message(item.content.unwrap_or_default(), origin),
        wire::Item::FunctionCallOutput(item) => return uncalled(item.output, origin),
        wire::Item::CustomToolCallOutput(item) => return uncalled(item.output, origin),
        wire::Item::ToolSearchCall(item) if item.execution.as_deref() == Some("client") => {
            call(SEARCH, item.call_id, item.arguments)
        }
        wire::Item::ToolSearchOutput(item) => result(item.call_id, text(item.tools)),
        wire::Item::LocalShellCall(item) => call("local_shell", item.call_id.or(item.id), item.action),
        wire::Item::LocalShellCallOutput(item) => {
            // Clients write the call's id into either.
            let call_id = item.extra.get("call_id").and_then(|id| id.parse::<String>().ok());
            result(call_id.or(item.id), text(item.output))
        }
        wire::Item::ShellCall(item) => {
            let is_server = item.environment.and_then(|place| place.kind).is_some_and(|kind| kind != "local");
            if is_server { None } else { call("shell", item.call_id, item.action) }
        }
        wire::Item::ShellCallOutput(item) => result(item.call_id, text(item.output)),
        wire::Item::ApplyPatchCall(item) => call("apply_patch", item.call_id, item.operation),
        wire::Item::ApplyPatchCallOutput(item) => {
            let status = || item.status.as_ref().map(|status| status.as_str().to_owned());
            let said = text(item.output).filter(|text| !text.is_empty()).or_else(status);
            result(item.call_id, said)
        }
        wire::Item::ComputerCall(item) => call("computer", item.call_id, item.action.or(item.actions)),
        wire::Item::ComputerCallOutput(item) => {
            let id = non_empty(item.call_id);
            id.map(|call_id| answered(call_id, screen(item.output, origin)))
        }
        _ => None,
    };
    told.map_or(Abroad::Nothing, |kind| Abroad::Told(Told { kind, has_sealed: false }))
}

/// What begins so is sealed; anything else in a part of that type is plain.
const SEALED: &str = "gAAAA";

/// The texts of a message from one agent to another, and what else of it anybody can read.
#[expect(clippy::wildcard_enum_match_arm, reason = "what any other part says is its text")]
fn agent_message(content: Vec<wire::ContentPart>, origin: Origin) -> Abroad {
    let mut has_sealed = false;
    let mut parts = Vec::new();
    for part in content {
        let kind = match part {
            wire::ContentPart::EncryptedContent(part) => {
                let text = part.encrypted_content.unwrap_or_default();
                has_sealed |= text.starts_with(SEALED);
                plain(Some(text).filter(|text| !text.starts_with(SEALED)))
            }
            wire::ContentPart::InputImage(part) => part
                .image_url
                .and_then(wire::ImageAddress::into_url)
                .map(|url| PartKind::Image(ImagePart { source: ImageSource::Url(url), detail: part.detail })),
            part => plain(part_text(&part).map(std::borrow::Cow::into_owned)),
        };
        parts.extend(kind.map(|kind| Part { origin, kind, cache_breakpoint: None }));
    }
    if parts.is_empty() {
        return if has_sealed { Abroad::Sealed } else { Abroad::Nothing };
    }
    let kind = ItemKind::Message(Message::new(Role::User, Content::Parts(parts)));
    Abroad::Told(Told { kind, has_sealed })
}

/// What a tool is said to have said that nobody called: clients hand a task on to another conversation so.
fn uncalled(output: Option<wire::Content>, origin: Origin) -> Abroad {
    match output {
        Some(wire::Content::Parts(parts)) => agent_message(parts, origin),
        Some(wire::Content::Text(text)) if !text.is_empty() => {
            let kind = ItemKind::Message(Message::new(Role::User, Content::Text(text)));
            Abroad::Told(Told { kind, has_sealed: false })
        }
        Some(wire::Content::Text(_)) | None => Abroad::Nothing,
    }
}

fn plain(text: Option<String>) -> Option<PartKind> {
    non_empty(text).map(|text| PartKind::Text(TextPart { text, ..TextPart::default() }))
}

fn call(name: &str, call_id: Option<String>, arguments: Option<Json>) -> Option<ItemKind> {
    let arguments = arguments.map_or_else(|| "{}".to_owned(), |arguments| arguments.get().to_owned());
    let (call_id, name, arguments) = (non_empty(call_id)?, name.to_owned(), Arguments::Function(arguments));
    Some(ItemKind::ToolCall(ToolCall { id: None, call_id, name, namespace: None, arguments, status: None }))
}

fn result(call_id: Option<String>, said: Option<String>) -> Option<ItemKind> {
    Some(answered(non_empty(call_id)?, Content::Text(said.unwrap_or_default())))
}

fn answered(call_id: String, output: Content) -> ItemKind {
    ItemKind::ToolResult(ToolResult {
        id: None,
        call_id,
        kind: ToolKind::Function,
        output,
        is_error: None,
        status: None,
    })
}

/// A text as it is, anything else as its JSON.
fn text(value: Option<Json>) -> Option<String> {
    let value = value?;
    Some(value.parse::<String>().unwrap_or_else(|_| value.get().to_owned()))
}

/// The picture of a screen, or what is there instead.
fn screen(output: Option<Json>, origin: Origin) -> Content {
    #[derive(Deserialize)]
    struct Screen {
        image_url: String,
    }
    match output.as_ref().and_then(|output| output.parse().ok()) {
        Some(Screen { image_url }) => {
            let image = ImagePart { source: ImageSource::Url(image_url), detail: None };
            Content::Parts(vec![Part { origin, kind: PartKind::Image(image), cache_breakpoint: None }])
        }
        None => Content::Text(text(output).unwrap_or_default()),
    }
}
