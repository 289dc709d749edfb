//! Canonical tools in the words of Chat: nested, where Responses is flat.

use interlingua_model::{
    Api, CustomFormat, CustomTool, FunctionTool, HostedTool, Json as ModelJson, Opaque, Origin, Sourced, Tool,
    ToolChoice, ToolKind,
};
use interlingua_wire::{Extra, Json, Unknown, chat as wire};
use serde::Deserialize;

use super::encode_schema::{Use, fitted};
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
    /// Whether the model searches the web without a tool in the list.
    pub(super) searches: bool,
}

pub(super) fn encode_tools(
    out: &mut Writing<'_>,
    tools: Vec<Tool>,
    choice: Option<&Sourced<ToolChoice>>,
) -> Result<Tools, Error> {
    let mut encoded = Tools { wire: Vec::new(), web_search: None, searches: false };
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
        && !encoded.searches
    {
        let message = "a tool must be called, but none of the tools can be offered by a Chat upstream";
        return Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message));
    }
    Ok(encoded)
}

fn encode_function(out: &mut Writing<'_>, tool: FunctionTool) -> wire::Tool {
    let FunctionTool { origin, name, namespace, description, parameters, strict, cache_breakpoint, beside } = tool;
    let beside_it = out.cached_tool(cache_breakpoint);
    leave_out_fields(&beside, origin, Api::Chat, &mut out.losses);
    let name = out.sent.names().wire(namespace.as_deref(), name);
    if out.upstream.refuses(Field::Strict) && strict == Some(true) {
        let detail = "this upstream does not hold calls to their schema";
        out.lose(format!("{}.strict", origin.path()), LossCode::RefusedByUpstream, detail);
    }
    let parameters = match parameters {
        Some(parameters) => Some(fitted(out.upstream, parameters, Use::Parameters)),
        None if out.upstream.always_parameters => NO_PARAMETERS.parse().ok(),
        None => None,
    };
    let strict = said_strict(out, strict.unwrap_or(false));
    let definition =
        wire::FunctionDefinition { name: Some(name), description, parameters, strict, extra: Extra::new() };
    wire::Tool::Function(wire::FunctionTool { function: Some(definition), extra: beside_it })
}

/// The parameters of a function that has none.
const NO_PARAMETERS: &str = r#"{"type":"object","properties":{}}"#;

/// `strict` as this upstream wants to hear it.
fn said_strict(out: &Writing<'_>, strict: bool) -> Option<bool> {
    let is_silent = out.upstream.refuses(Field::Strict) || (out.upstream.omit_strict_false && !strict);
    (!is_silent).then_some(strict)
}

fn encode_custom(out: &mut Writing<'_>, tool: CustomTool) -> wire::Tool {
    let CustomTool { origin, name, namespace, description, format, beside } = tool;
    leave_out_fields(&beside, origin, Api::Chat, &mut out.losses);
    let name = Some(out.sent.names().wire(namespace.as_deref(), name));
    if out.upstream.custom_as_function {
        let detail = "this upstream knows functions only; the input is its one string argument";
        out.lose(origin.path(), LossCode::CustomAsFunction, detail);
        return function(wire::FunctionDefinition {
            name,
            description: Some(describe(description, format)),
            parameters: INPUT_PARAMETERS.parse().ok(),
            strict: said_strict(out, false),
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
    if !is_web_search(&kind) {
        return drop_tool(out, origin, &kind);
    }
    let upstream = out.upstream;
    if let Some(tool) = &upstream.web_search_tool {
        if let Some(tool) = Json::from_value(tool.as_map()).ok().and_then(|tool| tool.parse().ok()) {
            encoded.wire.push(tool);
        }
    } else if let Some(patch) = &upstream.web_search_extra {
        patch.over(&mut out.memory.body);
        encoded.searches = true;
    } else if implied_choice || upstream.web_search {
        encoded.web_search = Some(encode_web_search(&settings));
        encoded.searches = true;
    } else {
        drop_tool(out, origin, &kind);
    }
}

fn drop_tool(out: &mut Writing<'_>, origin: Origin, kind: &str) {
    let detail = format!("a Chat upstream cannot offer the tool `{kind}`");
    out.lose(origin.path(), LossCode::DroppedTool, detail);
}

pub(super) fn is_web_search(kind: &str) -> bool {
    kind.starts_with("web_search")
}

fn encode_web_search(settings: &ModelJson) -> wire::WebSearchOptions {
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

pub(super) fn encode_ref(out: &Writing<'_>, kind: ToolKind, name: &str) -> wire::ToolReference {
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
