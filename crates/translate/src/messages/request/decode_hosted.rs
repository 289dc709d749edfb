//! Tools that servers run, where the model has a word for what they do.

use interlingua_model::{Json, Origin, Sourced};
use interlingua_wire::{Extra, Integer, messages as wire};
use serde::Serialize;

use super::reading::Reading;
use crate::convert::{json, to_json};
use crate::path::Path;
use crate::{Error, LossCode, RequestCode};

/// A tool as the model has it: its kind and its settings.
pub(super) struct Hosted {
    pub(super) kind: String,
    pub(super) settings: Json,
}

/// What a search asks for, so that its sources come along.
const SOURCES: &str = "web_search_call.action.sources";

#[derive(Serialize)]
struct Search {
    #[serde(skip_serializing_if = "Option::is_none")]
    filters: Option<Filters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_location: Option<wire::UserLocation>,
}

#[derive(Serialize)]
struct Filters {
    allowed_domains: Vec<String>,
}

#[derive(Serialize)]
struct Mcp {
    server_label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_url: Option<interlingua_wire::Json>,
    #[serde(rename = "authorization", skip_serializing_if = "Option::is_none")]
    token: Option<interlingua_wire::Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_tools: Option<interlingua_wire::Json>,
    require_approval: &'static str,
}

/// `None` for a tool that the model has no word for.
#[expect(clippy::wildcard_enum_match_arm, reason = "the model has no word for tools of any other kind")]
pub(super) fn as_hosted(
    out: &mut Reading,
    tool: &wire::Tool,
    path: Path<'_>,
    is_only_hosted: bool,
    servers: &[wire::McpServer],
) -> Result<Option<Hosted>, Error> {
    match tool {
        wire::Tool::WebSearch20250305(tool)
        | wire::Tool::WebSearch20260209(tool)
        | wire::Tool::WebSearch20260318(tool) => Ok(web_search(out, tool, path, is_only_hosted)),
        wire::Tool::McpToolset(toolset) => mcp(out, toolset, path, servers),
        _ => Ok(None),
    }
}

fn web_search(out: &mut Reading, tool: &wire::WebSearchTool, path: Path<'_>, is_only_hosted: bool) -> Option<Hosted> {
    let wire::WebSearchTool {
        name: _,
        max_uses,
        allowed_domains,
        blocked_domains,
        user_location,
        response_inclusion,
        defer_loading: _,
        allowed_callers: _,
        cache_control: _,
        extra,
    } = tool;
    out.unknown(path, extra);
    if blocked_domains.as_ref().is_some_and(|domains| !domains.is_empty()) {
        let detail = "no other API keeps a search out of places; name those it may look in";
        out.lose(format!("{path}.blocked_domains"), LossCode::DroppedParameter, detail);
    }
    if response_inclusion.is_some() {
        let detail = "how much of what is found is told is not said elsewhere";
        out.lose(format!("{path}.response_inclusion"), LossCode::DroppedHint, detail);
    }
    if let Some(Integer(uses)) = max_uses {
        if is_only_hosted {
            out.request.limits.max_tool_calls = Some(Sourced { value: *uses, origin: Origin::of("tools") });
        } else {
            let detail = "elsewhere the calls of all tools are counted together";
            out.lose(format!("{path}.max_uses"), LossCode::DroppedParameter, detail);
        }
    }
    out.request.include.push(Sourced { value: SOURCES.to_owned(), origin: Origin::default() });
    let filters = allowed_domains.clone().filter(|domains| !domains.is_empty());
    let search = Search {
        filters: filters.map(|allowed_domains| Filters { allowed_domains }),
        user_location: user_location.clone(),
    };
    Some(Hosted { kind: "web_search".to_owned(), settings: to_json(&search)? })
}

fn mcp(
    out: &mut Reading,
    toolset: &wire::McpToolset,
    path: Path<'_>,
    servers: &[wire::McpServer],
) -> Result<Option<Hosted>, Error> {
    let wire::McpToolset { mcp_server_name, default_config, configs, cache_control: _, extra } = toolset;
    out.unknown(path, extra);
    for (key, value) in [("default_config", default_config), ("configs", configs)] {
        if value.is_some() {
            let detail = "what holds for single tools of a server is not said elsewhere";
            out.lose(format!("{path}.{key}"), LossCode::DroppedParameter, detail);
        }
    }
    let name = mcp_server_name.clone().unwrap_or_default();
    let Some(server) = servers.iter().find(|server| server.name.as_ref() == Some(&name)) else {
        let message = format!("no server of `mcp_servers` is called `{name}`");
        return Err(Error::request(format!("{path}.mcp_server_name"), RequestCode::InvalidValue, message));
    };
    let wire::McpServer { kind: _, name: _, url, token, tool_configuration, extra } = server;
    out.unknown("mcp_servers", extra);
    let configuration = tool_configuration.as_ref().and_then(|all| all.parse::<Extra>().ok());
    let settings = Mcp {
        server_label: name,
        server_url: url.clone(),
        token: token.clone(),
        allowed_tools: configuration.and_then(|all| all.get("allowed_tools").cloned()),
        require_approval: "never",
    };
    let settings = interlingua_wire::Json::from_value(&settings).ok().map(json);
    Ok(settings.map(|settings| Hosted { kind: "mcp".to_owned(), settings }))
}
