//! Canonical tools and choices in the words of Messages.

use interlingua_model::{
    Api, CustomTool, FunctionTool, HostedTool, Json, Opaque, Origin, Sourced, Tool, ToolChoice, ToolRef,
};
use interlingua_wire::{Extra, Integer, messages as wire};
use serde::Deserialize;

use super::writing::Writing;
use crate::beside::leave_out_fields;
use crate::convert::wire_json;
use crate::custom_input::describe;
use crate::messages::Field;
use crate::places::{At, What};
use crate::{Error, LossCode, RequestCode};

/// The schema of a tool that takes nothing.
const NO_INPUT: &str = r#"{"type":"object","properties":{}}"#;
/// The schema of a function that stands for a custom tool.
const ONE_INPUT: &str = r#"{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}"#;
/// What the name of every search of the web begins with.
const SEARCH: &str = "web_search";

/// What is said of calls beside the tools.
pub(super) struct Calling {
    pub(super) choice: Option<Sourced<ToolChoice>>,
    pub(super) parallel: Option<Sourced<bool>>,
    pub(super) max_calls: Option<Sourced<i64>>,
}

/// The choice as it goes out, and where it stood.
#[derive(Default)]
pub(super) struct Choice {
    pub(super) wire: Option<wire::ToolChoice>,
    pub(super) origin: Origin,
}

/// The tools as they go out.
#[derive(Default)]
pub(super) struct Tools {
    pub(super) offered: Vec<wire::Tool>,
    pub(super) servers: Vec<wire::McpServer>,
    pub(super) choice: Choice,
}

pub(super) fn encode_tools(out: &mut Writing<'_>, tools: Vec<Tool>, calling: Calling) -> Result<Tools, Error> {
    let Calling { choice, parallel, max_calls } = calling;
    let allowed = match &choice {
        Some(Sourced { value: ToolChoice::Allowed { mode: _, tools }, origin: _ }) => Some(tools.clone()),
        _ => None,
    };
    let mut written = Tools::default();
    for tool in tools {
        if allowed.as_ref().is_some_and(|allowed| !allowed.iter().any(|one| is_it(one, &tool))) {
            continue;
        }
        let (index, what, origin) = (written.offered.len(), What::of_tool(&tool), tool.origin());
        encode_tool(out, tool, &mut written)?;
        if written.offered.len() > index {
            out.places.add(At::Item("tools", index), what, origin);
        }
    }
    out.max_calls(max_calls.as_ref(), &mut written.offered);
    written.choice = encode_choice(out, choice, parallel, !written.offered.is_empty())?;
    Ok(written)
}

/// Whether a reference means a tool.
fn is_it(reference: &ToolRef, tool: &Tool) -> bool {
    match (reference, tool) {
        (ToolRef::Named { kind: _, name }, Tool::Function(tool)) => tool.name == *name,
        (ToolRef::Named { kind: _, name }, Tool::Custom(tool)) => tool.name == *name,
        (ToolRef::Hosted { kind }, Tool::Hosted(tool)) => tool.kind == *kind,
        _ => false,
    }
}

fn encode_tool(out: &mut Writing<'_>, tool: Tool, written: &mut Tools) -> Result<(), Error> {
    match tool {
        Tool::Function(tool) => written.offered.push(function(out, tool)),
        Tool::Custom(CustomTool { origin, name, namespace, description, format, beside }) => {
            leave_out_fields(&beside, origin, Api::Messages, &mut out.losses);
            let detail = "the Messages API knows no tools that take text; the input is the one string of an object";
            out.lose(origin.path(), LossCode::CustomAsFunction, detail);
            written.offered.push(wire::Tool::Custom(Box::new(wire::CustomTool {
                name: Some(out.sent.names().wire(namespace.as_deref(), name)),
                description: Some(describe(description, format)).filter(|text| !text.is_empty()),
                input_schema: ONE_INPUT.parse().ok(),
                ..wire::CustomTool::default()
            })));
        }
        Tool::Hosted(tool) if tool.kind.starts_with(SEARCH) => {
            let tool = web_search(out, &tool);
            written.offered.extend(tool);
        }
        Tool::Hosted(tool) if tool.kind == "mcp" => mcp(out, &tool, written)?,
        Tool::Hosted(HostedTool { origin, kind, settings: _, implied_choice: _ }) => drop_tool(out, origin, &kind),
        Tool::Opaque { origin: _, tool: Opaque { api: Api::Messages, kind: _, class: _, raw } } => {
            written.offered.extend(serde_json::from_str::<wire::Tool>(raw.text()).ok());
        }
        Tool::Opaque { origin, tool } => drop_tool(out, origin, &tool.kind),
    }
    Ok(())
}

fn drop_tool(out: &mut Writing<'_>, origin: Origin, kind: &str) {
    out.lose(origin.path(), LossCode::DroppedTool, format!("the Messages API has no tool like `{kind}`"));
}

fn function(out: &mut Writing<'_>, tool: FunctionTool) -> wire::Tool {
    let FunctionTool { origin, name, namespace, description, parameters, strict, cache_breakpoint, beside } = tool;
    leave_out_fields(&beside, origin, Api::Messages, &mut out.losses);
    let schema = parameters.filter(|schema| schema.text().trim_start().starts_with('{') && schema.text() != "{}");
    wire::Tool::Custom(Box::new(wire::CustomTool {
        name: Some(out.sent.names().wire(namespace.as_deref(), name)),
        description,
        input_schema: schema.map_or_else(|| NO_INPUT.parse().ok(), |schema| Some(wire_json(schema))),
        strict: strict.filter(|strict| *strict && !out.upstream.refuses(Field::Strict)),
        cache_control: out.cache_control(cache_breakpoint),
        ..wire::CustomTool::default()
    }))
}

#[derive(Deserialize)]
struct Search {
    filters: Option<Filters>,
    user_location: Option<wire::UserLocation>,
    external_web_access: Option<bool>,
}

#[derive(Deserialize)]
struct Filters {
    allowed_domains: Option<Vec<String>>,
    blocked_domains: Option<Vec<String>>,
}

/// A search of the web; `None`, with a loss, for one that may not leave its server.
fn web_search(out: &mut Writing<'_>, tool: &HostedTool) -> Option<wire::Tool> {
    let read = |settings: &Json| serde_json::from_str::<Search>(settings.text()).ok();
    let Some(Search { filters, user_location, external_web_access }) = read(&tool.settings) else {
        drop_tool(out, tool.origin, &tool.kind);
        return None;
    };
    if external_web_access == Some(false) {
        let detail = "a search of this upstream always goes out into the web";
        out.lose(tool.origin.path(), LossCode::DroppedTool, detail);
        return None;
    }
    let (allowed_domains, blocked_domains) =
        filters.map_or((None, None), |filters| (filters.allowed_domains, filters.blocked_domains));
    let search = wire::WebSearchTool {
        name: Some(SEARCH.to_owned()),
        allowed_domains: allowed_domains.filter(|domains| !domains.is_empty()),
        blocked_domains: blocked_domains.filter(|domains| !domains.is_empty()),
        user_location,
        ..wire::WebSearchTool::default()
    };
    let search = Box::new(search);
    Some(match out.upstream.web_search.as_str() {
        "web_search_20260209" => wire::Tool::WebSearch20260209(search),
        "web_search_20260318" => wire::Tool::WebSearch20260318(search),
        _ => wire::Tool::WebSearch20250305(search),
    })
}

#[derive(Deserialize)]
struct Mcp {
    server_label: Option<String>,
    server_url: Option<interlingua_wire::Json>,
    #[serde(rename = "authorization")]
    token: Option<interlingua_wire::Json>,
    allowed_tools: Option<interlingua_wire::Json>,
    require_approval: Option<interlingua_wire::Json>,
}

fn mcp(out: &mut Writing<'_>, tool: &HostedTool, written: &mut Tools) -> Result<(), Error> {
    let path = tool.origin.path();
    let read = serde_json::from_str::<Mcp>(tool.settings.text()).ok();
    let Some(Mcp { server_label, server_url: Some(server_url), token, allowed_tools, require_approval }) = read else {
        drop_tool(out, tool.origin, &tool.kind);
        return Ok(());
    };
    if require_approval.is_some_and(|approval| approval.parse::<String>().is_ok_and(|word| word != "never")) {
        let message = "the Messages API asks nobody before it calls a server; say `never`, or offer functions instead";
        return Err(Error::request(format!("{path}.require_approval"), RequestCode::UnsupportedValue, message));
    }
    let configuration = allowed_tools.map(|tools| {
        let mut configuration = Extra::new();
        configuration.push("allowed_tools", tools);
        configuration
    });
    written.servers.push(wire::McpServer {
        kind: Some("url".to_owned()),
        name: server_label.clone(),
        url: Some(server_url),
        token,
        tool_configuration: configuration.and_then(|all| interlingua_wire::Json::from_value(&all).ok()),
        extra: Extra::new(),
    });
    let toolset = wire::McpToolset { mcp_server_name: server_label, ..wire::McpToolset::default() };
    written.offered.push(wire::Tool::McpToolset(Box::new(toolset)));
    Ok(())
}

impl Writing<'_> {
    /// How often hosted tools may be called, which can be said of one only.
    fn max_calls(&mut self, most: Option<&Sourced<i64>>, tools: &mut [wire::Tool]) {
        let Some(&Sourced { value, origin }) = most else { return };
        let mut searches: Vec<&mut Box<wire::WebSearchTool>> = Vec::new();
        for tool in tools.iter_mut() {
            if let wire::Tool::WebSearch20250305(search)
            | wire::Tool::WebSearch20260209(search)
            | wire::Tool::WebSearch20260318(search) = tool
            {
                searches.push(search);
            }
        }
        if let [search] = searches.as_mut_slice() {
            search.max_uses = Some(Integer(value));
        } else {
            let detail = "calls are counted for one hosted tool only, and there is not one";
            self.lose(origin.path(), LossCode::DroppedParameter, detail);
        }
    }
}

fn encode_choice(
    out: &mut Writing<'_>,
    choice: Option<Sourced<ToolChoice>>,
    parallel: Option<Sourced<bool>>,
    has_tools: bool,
) -> Result<Choice, Error> {
    // Where there is nothing to call, or it is called as it is anyway, nothing is to be said.
    let one_at_a_time = parallel.filter(|parallel| !parallel.value && has_tools);
    if let Some(one) = &one_at_a_time {
        out.places.add(At::Field("tool_choice.disable_parallel_tool_use"), What::Setting, one.origin);
    }
    let disable_parallel_tool_use = one_at_a_time.is_some().then_some(true);
    let any = || wire::AnyTool { disable_parallel_tool_use, extra: Extra::new() };
    let auto = || wire::ToolChoice::Auto(any());
    let Some(Sourced { value, origin }) = choice else {
        return Ok(Choice { wire: one_at_a_time.is_some().then(auto), origin: Origin::default() });
    };
    out.places.add(At::Field("tool_choice"), What::Setting, origin);
    let named = |name: String| {
        wire::ToolChoice::Tool(wire::NamedTool { name: Some(name), disable_parallel_tool_use, extra: Extra::new() })
    };
    let unknown = |kind: &str| {
        let message = format!("the Messages API has no tool like `{kind}`; choose another");
        Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message))
    };
    let demands = |wire: wire::ToolChoice| {
        if has_tools {
            return Ok(wire);
        }
        let message = "a tool must be called, but none of the tools can be offered by this upstream";
        Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message))
    };
    let wire = match value {
        ToolChoice::None => has_tools.then(|| wire::ToolChoice::None(wire::NoTool::default())),
        ToolChoice::Auto => has_tools.then(auto),
        ToolChoice::Required => Some(demands(wire::ToolChoice::Any(any()))?),
        ToolChoice::Tool(ToolRef::Named { kind: _, name }) => {
            Some(demands(named(out.sent.names().wire_choice(&name).to_owned()))?)
        }
        ToolChoice::Tool(ToolRef::Hosted { kind }) if kind.starts_with(SEARCH) => {
            Some(demands(named(SEARCH.to_owned()))?)
        }
        ToolChoice::Tool(ToolRef::Hosted { kind }) => return unknown(&kind),
        ToolChoice::Tool(ToolRef::Opaque(Opaque { api: Api::Messages, kind: _, class: _, raw })) => {
            let tool = serde_json::from_str::<wire::ClientTool>(raw.text()).ok();
            Some(demands(named(tool.and_then(|tool| tool.name).unwrap_or_default()))?)
        }
        ToolChoice::Tool(ToolRef::Opaque(opaque)) | ToolChoice::Opaque(opaque) => return unknown(&opaque.kind),
        ToolChoice::Allowed { mode, tools: _ } if mode == "required" => Some(demands(wire::ToolChoice::Any(any()))?),
        ToolChoice::Allowed { mode: _, tools: _ } => has_tools.then(auto),
    };
    Ok(Choice { wire, origin })
}
