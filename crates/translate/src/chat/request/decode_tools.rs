//! Chat's tools, functions and choices as canonical ones.

use super::decode_flat;
use super::mark::Mark;
use super::reading::Reading;
use crate::convert::{json, non_empty, to_json};
use crate::error::missing;
use crate::path::Path;
use crate::{Error, LossCode, RequestCode};
use interlingua_model::{
    Api, Breakpoint, CallStyle, CustomFormat, CustomTool, FunctionTool, HostedTool, Opaque, OpaqueClass, Origin,
    Sourced, Tool, ToolChoice, ToolKind, ToolRef,
};
use interlingua_wire::Unknown;
use interlingua_wire::chat as wire;
use serde::Serialize;
use std::collections::HashSet;

pub(super) fn decode_tools(
    out: &mut Reading,
    tools: Vec<wire::Tool>,
    choice: Option<wire::ToolChoice>,
) -> Result<(), Error> {
    out.request.tools.reserve(tools.len());
    for (index, tool) in tools.into_iter().enumerate() {
        let path = Path::nth_of("tools", index);
        let origin = Origin::nth("tools[*]", index);
        let tool = decode_tool(out, tool, path, origin)?;
        out.request.tools.push(tool);
    }
    let mut names = HashSet::with_capacity(out.request.tools.len());
    for (index, tool) in out.request.tools.iter().enumerate() {
        if let Some(name) = name(tool)
            && !names.insert(name)
        {
            let message = format!("two tools are named `{name}`; a call could not tell them apart");
            return Err(Error::request(Path::nth_of("tools", index), RequestCode::InvalidValue, message));
        }
    }
    match choice {
        Some(choice) => decode_choice(out, choice),
        None => Ok(()),
    }
}

/// The deprecated `functions` and `function_call`.
pub(super) fn decode_functions(
    out: &mut Reading,
    functions: Vec<wire::FunctionDefinition>,
    choice: Option<wire::FunctionChoice>,
) -> Result<(), Error> {
    legacy(out);
    for (index, function) in functions.into_iter().enumerate() {
        let path = Path::nth_of("functions", index);
        let origin = Origin::nth("functions[*]", index);
        let tool = decode_function(out, function, None, path, origin)?;
        out.request.tools.push(Tool::Function(tool));
    }
    let choice = match choice {
        None => return Ok(()),
        Some(wire::FunctionChoice::Mode(mode)) => decode_mode(&mode, Path::of("function_call"))?,
        Some(wire::FunctionChoice::Named(wire::ToolName { name, extra })) => {
            out.unknown("function_call", &extra);
            let name = name.ok_or_else(|| missing("function_call.name", "name the function"))?;
            declared(out, &name, Path::of("function_call"))?;
            ToolChoice::Tool(ToolRef::Named { kind: ToolKind::Function, name })
        }
    };
    out.request.tool_choice = Some(Sourced::at("function_call", choice));
    Ok(())
}

/// Chat's search models always search, so the option stands for a tool and, alone, for its choice.
pub(super) fn decode_web_search(out: &mut Reading, options: wire::WebSearchOptions) {
    #[derive(Serialize)]
    struct Settings {
        #[serde(skip_serializing_if = "Option::is_none")]
        search_context_size: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        user_location: Option<Location>,
    }
    #[derive(Serialize)]
    struct Location {
        r#type: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        country: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        region: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        city: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        timezone: Option<String>,
    }

    let wire::WebSearchOptions { search_context_size, user_location, extra } = options;
    out.unknown("web_search_options", &extra);
    let place = user_location.and_then(|location| {
        let wire::UserLocation { kind: _, approximate, extra } = location;
        out.unknown("web_search_options.user_location", &extra);
        approximate
    });
    let user_location = place.map(|place| {
        let wire::ApproximateLocation { country, region, city, timezone, extra } = place;
        out.unknown("web_search_options.user_location.approximate", &extra);
        Location { r#type: "approximate", country, region, city, timezone }
    });
    if let Some(settings) = to_json(&Settings { search_context_size, user_location }) {
        let origin = Origin::of("web_search_options");
        let kind = "web_search_preview".to_owned();
        out.request.tools.push(Tool::Hosted(HostedTool { origin, kind, settings, implied_choice: true }));
    }
}

/// Marks the caller as one that knows only the deprecated `function_call`.
fn legacy(out: &mut Reading) {
    out.request.call_style = CallStyle::LegacyFunctions;
    // The legacy form has room for one call.
    out.request.parallel_tool_calls = Some(Sourced::at("functions", false));
}

fn decode_tool(out: &mut Reading, tool: wire::Tool, path: Path<'_>, origin: Origin) -> Result<Tool, Error> {
    match tool {
        wire::Tool::Function(wire::FunctionTool { function, extra }) => {
            let flat = match &function {
                None => decode_flat::definition(out, &extra, path)?,
                Some(_) => None,
            };
            if let Some(function) = flat {
                return decode_function(out, function, None, path, origin).map(Tool::Function);
            }
            let mut extra = extra;
            let marked = Mark::take(out, &mut extra, path);
            out.unknown(path, &extra);
            let path = path.then("function");
            let function = function.ok_or_else(|| missing(path, "a function tool needs its function"))?;
            decode_function(out, function, marked, path, origin).map(Tool::Function)
        }
        wire::Tool::Custom(wire::CustomTool { custom, extra }) => {
            if custom.is_none() && extra.get(INPUT_SCHEMA).is_some() {
                let function = decode_flat::definition(out, &extra, path)?;
                let function = function.ok_or_else(|| missing(path.then("name"), "name the function"))?;
                return decode_function(out, function, None, path, origin).map(Tool::Function);
            }
            let flat = match &custom {
                None => decode_flat::definition(out, &extra, path)?,
                Some(_) => None,
            };
            if let Some(custom) = flat {
                return decode_custom(out, custom, path, origin).map(Tool::Custom);
            }
            out.unknown(path, &extra);
            let path = path.then("custom");
            let custom = custom.ok_or_else(|| missing(path, "a custom tool needs its definition"))?;
            decode_custom(out, custom, path, origin).map(Tool::Custom)
        }
        wire::Tool::Unknown(unknown) => Ok(Tool::Opaque { origin, tool: opaque(unknown) }),
    }
}

fn decode_function(
    out: &mut Reading,
    function: wire::FunctionDefinition,
    marked: Option<Mark>,
    path: Path<'_>,
    origin: Origin,
) -> Result<FunctionTool, Error> {
    let wire::FunctionDefinition { name, description, parameters, strict, mut extra } = function;
    let parameters = parameters.or_else(|| extra.take(INPUT_SCHEMA));
    let marked = marked.or_else(|| Mark::take(out, &mut extra, path));
    out.unknown(path, &extra);
    let name = non_empty(name).ok_or_else(|| missing(format!("{path}.name"), "name the function"))?;
    Ok(FunctionTool {
        origin,
        name,
        namespace: None,
        description,
        parameters: parameters.map(json),
        // Chat's default is not strict, where other protocols may default otherwise.
        strict: Some(strict.unwrap_or(false)),
        cache_breakpoint: marked.map(|Mark { ttl }| {
            let origin = origin.then("tools[*].cache_control");
            Breakpoint { origin, ttl, raw: None }
        }),
        beside: Vec::new(),
    })
}

/// Where the parameters of a function stand in another API's words.
const INPUT_SCHEMA: &str = "input_schema";

fn decode_custom(
    out: &mut Reading,
    custom: wire::CustomDefinition,
    path: Path<'_>,
    origin: Origin,
) -> Result<CustomTool, Error> {
    let wire::CustomDefinition { name, description, format, extra } = custom;
    out.unknown(path, &extra);
    let name = non_empty(name).ok_or_else(|| missing(format!("{path}.name"), "name the tool"))?;
    let format = match format {
        None => None,
        Some(wire::CustomFormat::Text(wire::CustomTextFormat { extra })) => {
            out.unknown(path.then("format"), &extra);
            Some(CustomFormat::Text)
        }
        Some(wire::CustomFormat::Grammar(wire::GrammarFormat { grammar, mut extra })) => {
            let grammar = grammar.or_else(|| decode_flat::grammar(&mut extra));
            out.unknown(path.then("format"), &extra);
            let format = path.then("format");
            let path = format.then("grammar");
            let grammar = grammar.ok_or_else(|| missing(path, "a grammar format needs its grammar"))?;
            let wire::Grammar { syntax, definition, extra } = grammar;
            out.unknown(path, &extra);
            let syntax = syntax.ok_or_else(|| missing(format!("{path}.syntax"), "say `lark` or `regex`"))?;
            let definition =
                definition.ok_or_else(|| missing(format!("{path}.definition"), "a grammar needs its definition"))?;
            Some(CustomFormat::Grammar { syntax, definition })
        }
        Some(wire::CustomFormat::Unknown(unknown)) => Some(CustomFormat::Opaque(json(unknown.raw))),
    };
    Ok(CustomTool { origin, name, namespace: None, description, format, beside: Vec::new() })
}

fn decode_choice(out: &mut Reading, choice: wire::ToolChoice) -> Result<(), Error> {
    let path = Path::of("tool_choice");
    let choice = match choice {
        wire::ToolChoice::Mode(mode) if mode == "any" => {
            let detail = "`any` is another server's word for `required`";
            out.lose(path, LossCode::ExtensionAccepted, detail);
            ToolChoice::Required
        }
        wire::ToolChoice::Mode(mode) => decode_mode(&mode, path)?,
        wire::ToolChoice::Named(wire::NamedToolChoice::Function(reference)) => {
            ToolChoice::Tool(function_ref(out, reference, path)?)
        }
        wire::ToolChoice::Named(wire::NamedToolChoice::Custom(reference)) => {
            ToolChoice::Tool(custom_ref(out, reference, path)?)
        }
        wire::ToolChoice::Named(wire::NamedToolChoice::AllowedTools(wire::AllowedToolsChoice {
            allowed_tools,
            extra,
        })) => {
            out.unknown(path, &extra);
            let path = path.then("allowed_tools");
            let allowed = allowed_tools.ok_or_else(|| missing(path, "say which tools are allowed"))?;
            let wire::AllowedTools { mode, tools, extra } = allowed;
            out.unknown(path, &extra);
            let mode = mode.unwrap_or_else(|| "auto".to_owned());
            let mut refs = Vec::new();
            for (index, reference) in tools.unwrap_or_default().into_iter().enumerate() {
                let path = path.then_nth("tools", index);
                refs.push(match reference {
                    wire::ToolReference::Function(reference) => function_ref(out, reference, path)?,
                    wire::ToolReference::Custom(reference) => custom_ref(out, reference, path)?,
                    wire::ToolReference::Unknown(unknown) => ToolRef::Opaque(opaque(unknown)),
                });
            }
            ToolChoice::Allowed { mode, tools: refs }
        }
        wire::ToolChoice::Named(wire::NamedToolChoice::Unknown(unknown)) => {
            match decode_flat::choice(&unknown, |name| any_ref(out, name, path)) {
                Some(choice) => {
                    let choice = choice?;
                    out.accept(path, "another server's object for a choice; read as the one meant");
                    choice
                }
                None => ToolChoice::Opaque(opaque(unknown)),
            }
        }
    };
    if out.request.tools.is_empty() {
        return match choice {
            // Without tools, both say what happens anyway.
            ToolChoice::None | ToolChoice::Auto => Ok(()),
            ToolChoice::Required
            | ToolChoice::Tool(_)
            | ToolChoice::Allowed { mode: _, tools: _ }
            | ToolChoice::Opaque(_) => {
                Err(Error::request(path, RequestCode::InvalidValue, "a tool must be called, but there are no tools"))
            }
        };
    }
    out.request.tool_choice = Some(Sourced::at("tool_choice", choice));
    Ok(())
}

fn decode_mode(mode: &str, path: Path<'_>) -> Result<ToolChoice, Error> {
    match mode {
        "none" => Ok(ToolChoice::None),
        "auto" => Ok(ToolChoice::Auto),
        "required" => Ok(ToolChoice::Required),
        other => {
            let message = format!("`{other}` is none of none, auto and required");
            Err(Error::request(path, RequestCode::UnsupportedValue, message))
        }
    }
}

fn function_ref(out: &mut Reading, reference: wire::FunctionReference, path: Path<'_>) -> Result<ToolRef, Error> {
    let wire::FunctionReference { function, mut extra } = reference;
    let function = function.or_else(|| decode_flat::name(out, &mut extra, path));
    out.unknown(path, &extra);
    tool_ref(out, function, ToolKind::Function, path, "function")
}

fn custom_ref(out: &mut Reading, reference: wire::CustomReference, path: Path<'_>) -> Result<ToolRef, Error> {
    let wire::CustomReference { custom, mut extra } = reference;
    let custom = custom.or_else(|| decode_flat::name(out, &mut extra, path));
    out.unknown(path, &extra);
    tool_ref(out, custom, ToolKind::Custom, path, "custom")
}

fn tool_ref(
    out: &mut Reading,
    tool: Option<wire::ToolName>,
    kind: ToolKind,
    path: Path<'_>,
    key: &str,
) -> Result<ToolRef, Error> {
    let inner = path.then(key);
    let wire::ToolName { name, extra } = tool.ok_or_else(|| missing(inner, "name the tool"))?;
    out.unknown(inner, &extra);
    let name = name.ok_or_else(|| missing(format!("{inner}.name"), "name the tool"))?;
    declared(out, &name, path)?;
    Ok(ToolRef::Named { kind, name })
}

/// A tool by its name alone.
fn any_ref(out: &Reading, name: String, path: Path<'_>) -> Result<ToolRef, Error> {
    declared(out, &name, path)?;
    let is_custom = |tool: &Tool| matches!(tool, Tool::Custom(tool) if tool.name == name);
    let kind = if out.request.tools.iter().any(is_custom) { ToolKind::Custom } else { ToolKind::Function };
    Ok(ToolRef::Named { kind, name })
}

fn declared(out: &Reading, wanted: &str, path: Path<'_>) -> Result<(), Error> {
    if out.request.tools.iter().any(|tool| name(tool) == Some(wanted)) {
        return Ok(());
    }
    let message = format!("`{wanted}` is not among the tools of this request");
    Err(Error::request(path, RequestCode::InvalidValue, message))
}

fn name(tool: &Tool) -> Option<&str> {
    match tool {
        Tool::Function(tool) => Some(&tool.name),
        Tool::Custom(tool) => Some(&tool.name),
        Tool::Hosted(_) | Tool::Opaque { origin: _, tool: _ } => None,
    }
}

fn opaque(unknown: Unknown) -> Opaque {
    let Unknown { kind, raw } = unknown;
    Opaque { api: Api::Chat, kind, class: OpaqueClass::Unknown, raw: json(raw) }
}
