//! Canonical tools and choices in the words of Chat: nested, where Responses is flat.

use interlingua_model::{
    Api, CustomFormat, CustomTool, FunctionTool, HostedTool, Json, Opaque, Origin, Sourced, Tool, ToolChoice, ToolKind,
    ToolRef,
};
use interlingua_wire::{Extra, Unknown, chat as wire};
use serde::Deserialize;

use super::writing::Writing;
use crate::beside::leave_out_fields;
use crate::chat::Field;
use crate::convert::wire_json;
use crate::custom_input::{INPUT_PARAMETERS, describe};
use crate::places::{At, What};
use crate::{Error, LossCode, RequestCode};

/// The tools as they go out.
pub(super) struct Tools {
    pub(super) wire: Vec<wire::Tool>,
    pub(super) web_search: Option<wire::WebSearchOptions>,
}

pub(super) fn encode_tools(
    out: &mut Writing<'_>,
    tools: Vec<Tool>,
    choice: Option<&Sourced<ToolChoice>>,
) -> Result<Tools, Error> {
    let mut encoded = Tools { wire: Vec::new(), web_search: None };
    for tool in tools {
        out.places.add(At::Item("tools", encoded.wire.len()), What::of_tool(&tool), tool.origin());
        match tool {
            Tool::Function(tool) => encoded.wire.push(encode_function(out, tool)),
            Tool::Custom(tool) => encoded.wire.push(encode_custom(out, tool)),
            Tool::Hosted(tool) => encode_hosted(out, tool, &mut encoded),
            Tool::Opaque { origin: _, tool: Opaque { api: Api::Chat, kind, class: _, raw } } => {
                encoded.wire.push(wire::Tool::Unknown(Unknown { kind, raw: wire_json(raw) }));
            }
            Tool::Opaque { origin, tool } => drop_tool(out, origin, &tool.kind),
        }
    }
    if let Some(Sourced { value: ToolChoice::Required, origin }) = choice
        && encoded.wire.is_empty()
        && encoded.web_search.is_none()
    {
        let message = "a tool must be called, but none of the tools can be offered by a Chat upstream";
        return Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message));
    }
    Ok(encoded)
}

pub(super) fn encode_choice(
    out: &mut Writing<'_>,
    choice: Option<Sourced<ToolChoice>>,
    tools: &Tools,
) -> Result<Option<wire::ToolChoice>, Error> {
    let Some(Sourced { value, origin }) = choice else { return Ok(None) };
    out.places.add(At::Field("tool_choice"), What::Setting, origin);
    let path = origin.path();
    let mode = |mode: &str| Ok((!tools.wire.is_empty()).then(|| wire::ToolChoice::Mode(mode.to_owned())));
    match value {
        ToolChoice::None => mode("none"),
        ToolChoice::Auto => mode("auto"),
        ToolChoice::Required => mode("required"),
        ToolChoice::Tool(ToolRef::Named { kind, name }) => {
            let named = match encode_ref(out, kind, &name) {
                wire::ToolReference::Function(reference) => wire::NamedToolChoice::Function(reference),
                wire::ToolReference::Custom(reference) => wire::NamedToolChoice::Custom(reference),
                wire::ToolReference::Unknown(unknown) => wire::NamedToolChoice::Unknown(unknown),
            };
            Ok(Some(wire::ToolChoice::Named(named)))
        }
        // A search model searches whatever the choice says.
        ToolChoice::Tool(ToolRef::Hosted { kind }) if tools.web_search.is_some() && is_web_search(&kind) => Ok(None),
        ToolChoice::Tool(ToolRef::Hosted { kind }) => Err(unknown_choice(path, &kind)),
        ToolChoice::Tool(ToolRef::Opaque(opaque)) | ToolChoice::Opaque(opaque) => match opaque {
            Opaque { api: Api::Chat, kind, class: _, raw } => {
                let unknown = Unknown { kind, raw: wire_json(raw) };
                Ok(Some(wire::ToolChoice::Named(wire::NamedToolChoice::Unknown(unknown))))
            }
            Opaque { api: _, kind, class: _, raw: _ } => Err(unknown_choice(path, &kind)),
        },
        ToolChoice::Allowed { mode, tools } => encode_allowed(out, mode, tools, &path).map(Some),
    }
}

fn encode_function(out: &mut Writing<'_>, tool: FunctionTool) -> wire::Tool {
    let FunctionTool { origin, name, namespace, description, parameters, strict, cache_breakpoint, beside } = tool;
    if let Some(boundary) = cache_breakpoint {
        out.lose_breakpoint(boundary.origin, false, "no cache boundary stands on a tool");
    }
    leave_out_fields(&beside, origin, Api::Chat, &mut out.losses);
    let name = out.sent.names().wire(namespace.as_deref(), &name).to_owned();
    let strict = if out.upstream.refuses(Field::Strict) { None } else { Some(strict.unwrap_or(false)) };
    function(wire::FunctionDefinition {
        name: Some(name),
        description,
        parameters: parameters.map(wire_json),
        strict,
        extra: Extra::new(),
    })
}

fn encode_custom(out: &mut Writing<'_>, tool: CustomTool) -> wire::Tool {
    let CustomTool { origin, name, namespace, description, format, beside } = tool;
    leave_out_fields(&beside, origin, Api::Chat, &mut out.losses);
    let name = Some(out.sent.names().wire(namespace.as_deref(), &name).to_owned());
    if out.upstream.custom_as_function {
        let detail = "this upstream knows functions only; the input is its one string argument";
        out.lose(origin.path(), LossCode::CustomAsFunction, detail);
        return function(wire::FunctionDefinition {
            name,
            description: Some(describe(description, format)),
            parameters: INPUT_PARAMETERS.parse().ok(),
            strict: (!out.upstream.refuses(Field::Strict)).then_some(false),
            extra: Extra::new(),
        });
    }
    let format = format.and_then(|format| encode_format(out, format, origin));
    let custom = Some(wire::CustomDefinition { name, description, format, extra: Extra::new() });
    wire::Tool::Custom(wire::CustomTool { custom, extra: Extra::new() })
}

fn function(definition: wire::FunctionDefinition) -> wire::Tool {
    wire::Tool::Function(wire::FunctionTool { function: Some(definition), extra: Extra::new() })
}

/// A description that says what no schema of a function can: the grammar of the string.
fn encode_format(out: &mut Writing<'_>, format: CustomFormat, origin: Origin) -> Option<wire::CustomFormat> {
    match format {
        CustomFormat::Text => Some(wire::CustomFormat::Text(wire::CustomTextFormat::default())),
        CustomFormat::Grammar { syntax, definition } => {
            let grammar =
                Some(wire::Grammar { syntax: Some(syntax), definition: Some(definition), extra: Extra::new() });
            Some(wire::CustomFormat::Grammar(wire::GrammarFormat { grammar, extra: Extra::new() }))
        }
        CustomFormat::Opaque(_) => {
            let detail = "the Chat Completions API knows only text and grammars";
            out.lose(format!("{}.format", origin.path()), LossCode::DroppedTool, detail);
            None
        }
    }
}

fn encode_hosted(out: &mut Writing<'_>, tool: HostedTool, encoded: &mut Tools) {
    let HostedTool { origin, kind, settings, implied_choice } = tool;
    if is_web_search(&kind) && (implied_choice || out.upstream.web_search) {
        encoded.web_search = Some(encode_web_search(&settings));
    } else {
        drop_tool(out, origin, &kind);
    }
}

fn drop_tool(out: &mut Writing<'_>, origin: Origin, kind: &str) {
    let detail = format!("a Chat upstream cannot offer the tool `{kind}`");
    out.lose(origin.path(), LossCode::DroppedTool, detail);
}

fn is_web_search(kind: &str) -> bool {
    kind.starts_with("web_search")
}

fn encode_web_search(settings: &Json) -> wire::WebSearchOptions {
    #[derive(Deserialize, Default)]
    struct Settings {
        search_context_size: Option<String>,
        user_location: Option<Location>,
    }
    #[derive(Deserialize)]
    struct Location {
        country: Option<String>,
        region: Option<String>,
        city: Option<String>,
        timezone: Option<String>,
    }
    let Settings { search_context_size, user_location } = serde_json::from_str(settings.text()).unwrap_or_default();
    let user_location = user_location.map(|Location { country, region, city, timezone }| {
        let approximate = wire::ApproximateLocation { country, region, city, timezone, extra: Extra::new() };
        wire::UserLocation { kind: Some("approximate".to_owned()), approximate: Some(approximate), extra: Extra::new() }
    });
    wire::WebSearchOptions { search_context_size, user_location, extra: Extra::new() }
}

fn encode_allowed(
    out: &mut Writing<'_>,
    mode: String,
    tools: Vec<ToolRef>,
    path: &str,
) -> Result<wire::ToolChoice, Error> {
    let mut refs = Vec::with_capacity(tools.len());
    for (index, tool) in tools.into_iter().enumerate() {
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
        return Err(unknown_choice(path.to_owned(), "allowed_tools"));
    }
    let allowed_tools = Some(wire::AllowedTools { mode: Some(mode), tools: Some(refs), extra: Extra::new() });
    let choice = wire::AllowedToolsChoice { allowed_tools, extra: Extra::new() };
    Ok(wire::ToolChoice::Named(wire::NamedToolChoice::AllowedTools(choice)))
}

fn encode_ref(out: &Writing<'_>, kind: ToolKind, name: &str) -> wire::ToolReference {
    let name = Some(out.sent.names().wire_choice(name).to_owned());
    let tool = Some(wire::ToolName { name, extra: Extra::new() });
    match kind {
        ToolKind::Custom if !out.upstream.custom_as_function => {
            wire::ToolReference::Custom(wire::CustomReference { custom: tool, extra: Extra::new() })
        }
        ToolKind::Function | ToolKind::Custom => {
            wire::ToolReference::Function(wire::FunctionReference { function: tool, extra: Extra::new() })
        }
    }
}

fn unknown_choice(path: String, kind: &str) -> Error {
    let message = format!("`{kind}` names a tool that a Chat upstream cannot offer");
    Error::request(path, RequestCode::UnsupportedValue, message)
}
