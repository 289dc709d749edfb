//! The choice of a tool, or the nearest one that the upstream takes.

use interlingua_model::{Api, Opaque, Origin, Sourced, ToolChoice, ToolRef};
use interlingua_wire::{Extra, Unknown, chat as wire};

use super::encode_tools::{Tools, encode_ref, is_web_search};
use super::writing::Writing;
use crate::chat::Choice;
use crate::convert::wire_json;
use crate::places::{At, What};
use crate::{Error, LossCode, RequestCode};

pub(super) fn encode_choice(
    out: &mut Writing<'_>,
    choice: Option<Sourced<ToolChoice>>,
    tools: &mut Tools,
) -> Result<Option<wire::ToolChoice>, Error> {
    let Some(Sourced { value, origin }) = choice else { return Ok(None) };
    let path = origin.path();
    let chosen = match value {
        ToolChoice::None => Ok(none(out, tools)),
        ToolChoice::Auto => Ok(auto(out, tools)),
        ToolChoice::Required => Ok(required(out, tools, origin)),
        ToolChoice::Tool(ToolRef::Named { kind, name }) => {
            let reference = encode_ref(out, kind, &name);
            Ok(one(out, tools, reference, origin))
        }
        // A search model searches whatever the choice says.
        ToolChoice::Tool(ToolRef::Hosted { kind }) if tools.searches && is_web_search(&kind) => Ok(None),
        ToolChoice::Tool(ToolRef::Hosted { kind })
            if out.upstream.web_search_tool.is_some() && is_web_search(&kind) =>
        {
            Ok(required(out, tools, origin))
        }
        ToolChoice::Tool(ToolRef::Hosted { kind }) => Err(unknown_choice(path, &kind)),
        ToolChoice::Tool(ToolRef::Opaque(opaque)) | ToolChoice::Opaque(opaque) => match opaque {
            Opaque { api: Api::Chat, kind, class: _, raw } => {
                let unknown = Unknown { kind, raw: wire_json(raw) };
                Ok(Some(wire::ToolChoice::Named(wire::NamedToolChoice::Unknown(unknown))))
            }
            Opaque { api: _, kind, class: _, raw: _ } => Err(unknown_choice(path, &kind)),
        },
        ToolChoice::Allowed { mode, tools: allowed } => encode_allowed(out, mode, allowed, tools, origin),
    };
    if let Ok(Some(_)) = chosen {
        out.places.add(At::Field("tool_choice"), What::Setting, origin);
    }
    chosen
}

fn mode(tools: &Tools, mode: &str) -> Option<wire::ToolChoice> {
    (!tools.wire.is_empty()).then(|| wire::ToolChoice::Mode(mode.to_owned()))
}

/// Where the upstream has no word for no tool, it is offered none.
fn none(out: &Writing<'_>, tools: &mut Tools) -> Option<wire::ToolChoice> {
    if out.takes(Choice::None) {
        return mode(tools, "none");
    }
    tools.wire.clear();
    None
}

/// What happens anyway, said where the upstream wants to hear it.
fn auto(out: &Writing<'_>, tools: &Tools) -> Option<wire::ToolChoice> {
    mode(tools, "auto").filter(|_| out.takes(Choice::Auto))
}

fn required(out: &mut Writing<'_>, tools: &Tools, origin: Origin) -> Option<wire::ToolChoice> {
    if out.takes(Choice::Required) {
        return mode(tools, &out.upstream.required_word);
    }
    let detail = "this upstream lets the model decide whether it calls a tool";
    out.lose(origin.path(), LossCode::ChangedValue, detail);
    auto(out, tools)
}

fn one(
    out: &mut Writing<'_>,
    tools: &mut Tools,
    reference: wire::ToolReference,
    origin: Origin,
) -> Option<wire::ToolChoice> {
    if out.takes(Choice::Function) {
        return Some(wire::ToolChoice::Named(match reference {
            wire::ToolReference::Function(reference) => wire::NamedToolChoice::Function(reference),
            wire::ToolReference::Custom(reference) => wire::NamedToolChoice::Custom(reference),
            wire::ToolReference::Unknown(unknown) => wire::NamedToolChoice::Unknown(unknown),
        }));
    }
    if out.takes(Choice::Required) && narrow(tools, &[reference]) {
        return mode(tools, &out.upstream.required_word);
    }
    let detail = "this upstream does not let a request name the tool that is called";
    out.lose(origin.path(), LossCode::ChangedValue, detail);
    auto(out, tools)
}

/// Leaves only the tools that are named, if all of them are there.
fn narrow(tools: &mut Tools, references: &[wire::ToolReference]) -> bool {
    let named: Vec<&str> = references.iter().filter_map(referred).collect();
    let there = |name: &&str| tools.wire.iter().any(|tool| called(tool) == Some(*name));
    if named.is_empty() || named.len() != references.len() || !named.iter().all(there) {
        return false;
    }
    tools.wire.retain(|tool| called(tool).is_some_and(|name| named.contains(&name)));
    true
}

fn referred(reference: &wire::ToolReference) -> Option<&str> {
    match reference {
        wire::ToolReference::Function(reference) => reference.function.as_ref()?.name.as_deref(),
        wire::ToolReference::Custom(reference) => reference.custom.as_ref()?.name.as_deref(),
        wire::ToolReference::Unknown(_) => None,
    }
}

fn called(tool: &wire::Tool) -> Option<&str> {
    match tool {
        wire::Tool::Function(tool) => tool.function.as_ref()?.name.as_deref(),
        wire::Tool::Custom(tool) => tool.custom.as_ref()?.name.as_deref(),
        wire::Tool::Unknown(_) => None,
    }
}

impl Writing<'_> {
    /// Whether the upstream takes a way to choose a tool, as this request is.
    fn takes(&self, choice: Choice) -> bool {
        let is_forced = matches!(choice, Choice::Required | Choice::Function | Choice::Allowed);
        self.memory.plan.takes(self.upstream, choice) && !(is_forced && self.memory.plan.auto_choice)
    }
}

fn encode_allowed(
    out: &mut Writing<'_>,
    mode: String,
    allowed: Vec<ToolRef>,
    tools: &mut Tools,
    origin: Origin,
) -> Result<Option<wire::ToolChoice>, Error> {
    let path = origin.path();
    let mut refs = Vec::with_capacity(allowed.len());
    for (index, tool) in allowed.into_iter().enumerate() {
        match tool {
            ToolRef::Named { kind, name } => refs.push(encode_ref(out, kind, &name)),
            ToolRef::Opaque(Opaque { api: Api::Chat, kind, class: _, raw }) => {
                refs.push(wire::ToolReference::Unknown(Unknown { kind, raw: wire_json(raw) }));
            }
            ToolRef::Hosted { kind } | ToolRef::Opaque(Opaque { api: _, kind, class: _, raw: _ }) => {
                let detail = format!("a Chat upstream cannot offer the tool `{kind}`");
                out.lose(format!("{path}.tools[{index}]"), LossCode::DroppedTool, detail);
            }
        }
    }
    if refs.is_empty() {
        return Err(unknown_choice(path, "allowed_tools"));
    }
    if !out.takes(Choice::Allowed) && narrow(tools, &refs) {
        return Ok(if mode == "required" { required(out, tools, origin) } else { auto(out, tools) });
    }
    let allowed_tools = Some(wire::AllowedTools { mode: Some(mode), tools: Some(refs), extra: Extra::new() });
    let choice = wire::AllowedToolsChoice { allowed_tools, extra: Extra::new() };
    Ok(Some(wire::ToolChoice::Named(wire::NamedToolChoice::AllowedTools(choice))))
}

fn unknown_choice(path: String, kind: &str) -> Error {
    let message = format!("`{kind}` names a tool that a Chat upstream cannot offer");
    Error::request(path, RequestCode::UnsupportedValue, message)
}
