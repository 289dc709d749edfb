//! Tools and choices as canonical ones.

use interlingua_model::{
    FunctionTool, HostedTool, Opaque, OpaqueClass, Origin, Sourced, Tool, ToolChoice, ToolKind, ToolRef,
};
use interlingua_wire::messages as wire;

use super::decode_hosted::{Hosted, as_hosted};
use super::reading::{Reading, ToolChange};
use crate::convert::{json, non_empty, verbatim};
use crate::error::missing;
use crate::path::Path;
use crate::{Api, Error, LossCode, RequestCode};

/// What clients put in place of deferred tools; no model is to see it.
const PLACEHOLDER: &str = "DeferredToolPlaceholder";

/// What decides which tools are offered, beside the tools.
pub(super) struct Offered {
    /// The tool that the choice names.
    pub(super) chosen: Option<String>,
    /// The servers whose tools a toolset offers.
    pub(super) servers: Vec<wire::McpServer>,
}

pub(super) fn decode_tools(out: &mut Reading, tools: Vec<wire::Tool>, offered: Offered) -> Result<(), Error> {
    let Offered { chosen, servers } = offered;
    let searches = tools.iter().any(is_tool_search);
    let mut removed = Vec::new();
    let mut added = Vec::new();
    for change in std::mem::take(&mut out.memory.changes) {
        match change {
            ToolChange::Added(tool) => added.push(*tool),
            ToolChange::Removed(name) => removed.push(name),
        }
    }
    let hosted = tools.iter().filter(|tool| is_counted(tool)).count();
    let mut first = Vec::new();
    let mut deferred = Vec::new();
    for (index, tool) in tools.into_iter().enumerate() {
        let origin = Origin::nth("tools[*]", index);
        let (name, is_deferred) = (name(&tool).map(str::to_owned), is_deferred(&tool));
        let is_named = |named: &Option<String>| name.is_some() && *named == name;
        if name.as_ref().is_some_and(|name| removed.contains(name) || name == PLACEHOLDER) {
            continue;
        }
        if is_deferred && !searches && !is_named(&chosen) {
            deferred.push((name, origin, tool));
        } else {
            first.push((origin, tool));
        }
    }
    // In the order in which the conversation has come upon them, so that the list only grows at its end.
    for named in std::mem::take(&mut out.memory.named) {
        if let Some(place) = deferred.iter().position(|(name, ..)| name.as_ref() == Some(&named)) {
            let (_, origin, tool) = deferred.remove(place);
            first.push((origin, tool));
        }
    }
    first.extend(added.into_iter().map(|tool| (Origin::of("messages"), tool)));
    for (origin, tool) in first {
        if let Some(tool) = decode_tool(out, tool, origin, hosted == 1, &servers)? {
            out.request.tools.push(tool);
        }
    }
    Ok(())
}

/// `None`, with a loss, for a tool that offers nothing by itself.
fn decode_tool(
    out: &mut Reading,
    tool: wire::Tool,
    origin: Origin,
    is_only_hosted: bool,
    servers: &[wire::McpServer],
) -> Result<Option<Tool>, Error> {
    let path = Path::at(origin);
    if is_tool_search(&tool) {
        let detail = "all deferred tools are offered at once, so that none has to be searched for";
        out.lose(path, LossCode::DroppedHint, detail);
        return Ok(None);
    }
    if let wire::Tool::Custom(tool) = tool {
        return function(out, *tool, path, origin).map(Tool::Function).map(Some);
    }
    Ok(Some(match as_hosted(out, &tool, path, is_only_hosted, servers)? {
        Some(Hosted { kind, settings }) => Tool::Hosted(HostedTool { origin, kind, settings, implied_choice: false }),
        None => Tool::Opaque { origin, tool: opaque(&tool) },
    }))
}

fn function(out: &mut Reading, tool: wire::CustomTool, path: Path<'_>, origin: Origin) -> Result<FunctionTool, Error> {
    let wire::CustomTool {
        name,
        description,
        input_schema,
        strict,
        defer_loading: _,
        allowed_callers,
        input_examples,
        // How a call arrives is for the way back to see.
        eager_input_streaming: _,
        cache_control,
        extra,
    } = tool;
    out.unknown(path, &extra);
    if input_examples.is_some() {
        let detail = "what input looks like is told by the schema alone";
        out.lose(format!("{path}.input_examples"), LossCode::DroppedHint, detail);
    }
    if allowed_callers.is_some_and(|callers| callers.iter().any(|caller| caller != "direct")) {
        let detail = "no other API lets code of the server call a tool of the client";
        out.lose(format!("{path}.allowed_callers"), LossCode::DroppedParameter, detail);
    }
    let name = non_empty(name).ok_or_else(|| missing(format!("{path}.name"), "name the tool"))?;
    let cache_breakpoint = out.breakpoint(cache_control, origin.then("tools[*].cache_control"));
    Ok(FunctionTool {
        origin,
        name,
        namespace: None,
        description,
        parameters: input_schema.map(json),
        strict: Some(strict.unwrap_or(false)),
        cache_breakpoint,
        beside: Vec::new(),
    })
}

pub(super) fn decode_choice(out: &mut Reading, choice: Option<wire::ToolChoice>) -> Result<(), Error> {
    let Some(choice) = choice else { return Ok(()) };
    let (value, one_at_a_time, extra) = match choice {
        wire::ToolChoice::Auto(wire::AnyTool { disable_parallel_tool_use, extra }) => {
            (ToolChoice::Auto, disable_parallel_tool_use, extra)
        }
        wire::ToolChoice::Any(wire::AnyTool { disable_parallel_tool_use, extra }) => {
            (ToolChoice::Required, disable_parallel_tool_use, extra)
        }
        wire::ToolChoice::None(wire::NoTool { extra }) => (ToolChoice::None, None, extra),
        wire::ToolChoice::Tool(wire::NamedTool { name, disable_parallel_tool_use, extra }) => {
            let name = non_empty(name).ok_or_else(|| missing("tool_choice.name", "name the tool to call"))?;
            (ToolChoice::Tool(chosen(out, &name)?), disable_parallel_tool_use, extra)
        }
        wire::ToolChoice::Unknown(unknown) => {
            let message = format!("`{}` is none of auto, any, tool and none", unknown.kind);
            return Err(Error::request("tool_choice.type", RequestCode::UnsupportedValue, message));
        }
    };
    out.unknown("tool_choice", &extra);
    out.request.tool_choice = Some(Sourced::at("tool_choice", value));
    if one_at_a_time == Some(true) {
        out.request.parallel_tool_calls = Some(Sourced::at("tool_choice.disable_parallel_tool_use", false));
    }
    Ok(())
}

/// The tool of a name, which the request has to offer.
fn chosen(out: &Reading, name: &str) -> Result<ToolRef, Error> {
    let found = out.request.tools.iter().find_map(|tool| match tool {
        Tool::Function(tool) if tool.name == *name => {
            Some(ToolRef::Named { kind: ToolKind::Function, name: name.to_owned() })
        }
        Tool::Hosted(tool) if tool.kind.starts_with(name) => Some(ToolRef::Hosted { kind: tool.kind.clone() }),
        Tool::Opaque { origin: _, tool } if tool.kind.starts_with(name) => Some(ToolRef::Opaque(tool.clone())),
        Tool::Function(_) | Tool::Custom(_) | Tool::Hosted(_) | Tool::Opaque { origin: _, tool: _ } => None,
    });
    found.ok_or_else(|| {
        let message = format!("no tool of the request is called `{name}`");
        Error::request("tool_choice.name", RequestCode::InvalidValue, message)
    })
}

fn opaque(tool: &wire::Tool) -> Opaque {
    let class = OpaqueClass::Settled;
    Opaque { api: Api::Messages, kind: tool.tag().to_owned(), class, raw: verbatim(tool) }
}

fn is_tool_search(tool: &wire::Tool) -> bool {
    matches!(tool, wire::Tool::ToolSearchRegex20251119(_) | wire::Tool::ToolSearchBm25V20251119(_))
}

/// Whether the server counts the calls of a tool, since it runs them.
fn is_counted(tool: &wire::Tool) -> bool {
    !matches!(tool, wire::Tool::Custom(_)) && !is_tool_search(tool)
}

fn is_deferred(tool: &wire::Tool) -> bool {
    matches!(tool, wire::Tool::Custom(tool) if tool.defer_loading == Some(true))
}

fn name(tool: &wire::Tool) -> Option<&str> {
    if let wire::Tool::Custom(tool) = tool { tool.name.as_deref() } else { None }
}
