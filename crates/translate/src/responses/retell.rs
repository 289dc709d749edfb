//! What a request says in its history about the whole of it, told to another API: settings that change on the way, and tools
//! that are searched for.

use interlingua_model::{
    Api, FunctionTool, HostedTool, Item, ItemKind, Json, Opaque, Origin, OutputFormat, Request, SchemaFormat, Sourced,
    Tool,
};
use interlingua_wire::responses as wire;
use serde::Deserialize;

use super::request::offer;
use crate::convert::{json, non_empty};
use crate::places::Places;
use crate::{Loss, LossCode};

/// The name that the client's search for tools has as a function.
pub(in crate::responses) const SEARCH: &str = "tool_search";

/// Makes a request one that any API has words for: the last settings of its history are those of the request, and what a
/// search has found is offered.
pub(crate) fn retell(request: &mut Request) -> Vec<Loss> {
    let mut losses = Vec::new();
    let is_told = |item: &Item| matches!(&item.kind, ItemKind::Opaque(opaque) if opaque.api == Api::Responses);
    if request.items.iter().any(is_told) {
        configure(request, &mut losses);
        offer_found(request, &mut losses);
    }
    losses
}

/// Tells the client's search for tools as a function, where it is one of the tools.
pub(crate) fn retell_search(tools: &mut [Tool], losses: &mut Vec<Loss>, places: &mut Places) {
    if let Some((at, function)) = search_function(tools) {
        losses.push(Loss::new(function.origin.path(), LossCode::CallAsFunction, "the search is told as a function"));
        places.take_whole(function.origin);
        if let Some(tool) = tools.get_mut(at) {
            *tool = Tool::Function(function);
        }
    }
}

/// Whether calls of a function of that name are the client's searches for tools.
pub(in crate::responses) fn has_search(tools: &[Tool]) -> bool {
    search_function(tools).is_some()
}

/// Whether a call is of the function that the search for tools is told as.
pub(in crate::responses) fn is_search(namespace: Option<&str>, name: &str) -> bool {
    namespace.is_none() && name == SEARCH
}

/// The search for tools that the client makes, as a function; `None` where there is none, or a function of its name.
fn search_function(tools: &[Tool]) -> Option<(usize, FunctionTool)> {
    #[derive(Deserialize)]
    struct Search {
        execution: Option<String>,
        description: Option<String>,
        parameters: Option<interlingua_wire::Json>,
    }
    let is_named = |tool: &Tool| match tool {
        Tool::Function(tool) => tool.namespace.is_none() && tool.name == SEARCH,
        Tool::Custom(tool) => tool.namespace.is_none() && tool.name == SEARCH,
        Tool::Hosted(_) | Tool::Opaque { origin: _, tool: _ } => false,
    };
    if tools.iter().any(is_named) {
        return None;
    }
    tools.iter().enumerate().find_map(|(at, tool)| {
        let Tool::Hosted(HostedTool { origin, kind, settings, implied_choice: _ }) = tool else { return None };
        let search = Some(settings).filter(|_| kind == SEARCH)?;
        let Search { execution, description, parameters } = serde_json::from_str(search.text()).ok()?;
        execution.filter(|who| who == "client")?;
        let function = FunctionTool {
            origin: *origin,
            name: SEARCH.to_owned(),
            namespace: None,
            description,
            parameters: parameters.map(json),
            strict: Some(false),
            cache_breakpoint: None,
            beside: Vec::new(),
        };
        Some((at, function))
    })
}

/// Takes the settings that the history changes out of it: those that hold at its end are the request's.
fn configure(request: &mut Request, losses: &mut Vec<Loss>) {
    let (output, reasoning) = (&mut request.output, &mut request.reasoning);
    request.items.retain(|item| {
        let ItemKind::Opaque(opaque) = &item.kind else { return true };
        let Some(update) = configuration(opaque) else { return true };
        let wire::ConfigurationUpdate { id: _, reasoning: thinks, text, agent: _, extra: _ } = update;
        if let Some(effort) = thinks.and_then(|thinks| non_empty(thinks.effort)) {
            reasoning.effort = Some(Sourced { value: effort, origin: item.origin });
        }
        if let Some(value) = text.and_then(|text| text.format).and_then(format) {
            output.format = Some(Sourced { value, origin: item.origin });
        }
        let detail = "the settings hold from the beginning, not from here on";
        losses.push(Loss::new(item.origin.path(), LossCode::MovedItem, detail));
        false
    });
}

fn configuration(opaque: &Opaque) -> Option<wire::ConfigurationUpdate> {
    if let wire::Item::ConfigurationUpdate(update) = read(opaque)? { Some(update) } else { None }
}

fn read(opaque: &Opaque) -> Option<wire::Item> {
    let Opaque { api, kind, class: _, raw } = opaque;
    if *api != Api::Responses || !matches!(kind.as_str(), "configuration_update" | "tool_search_output") {
        return None;
    }
    serde_json::from_str(raw.text()).ok()
}

fn format(format: wire::TextFormat) -> Option<OutputFormat> {
    Some(match format {
        wire::TextFormat::Text(_) => OutputFormat::Text,
        wire::TextFormat::JsonObject(_) => OutputFormat::JsonObject,
        wire::TextFormat::JsonSchema(wire::JsonSchemaFormat { name, description, schema, strict, extra: _ }) => {
            OutputFormat::JsonSchema(SchemaFormat {
                name: name?,
                description,
                schema: schema.map(json),
                strict,
                is_bound: false,
            })
        }
        wire::TextFormat::Unknown(_) => return None,
    })
}

/// Offers what the searches of the history have found.
fn offer_found(request: &mut Request, losses: &mut Vec<Loss>) {
    let found: Vec<(Origin, Json)> = request
        .items
        .iter()
        .filter_map(|item| {
            let ItemKind::Opaque(opaque) = &item.kind else { return None };
            let wire::Item::ToolSearchOutput(output) = read(opaque)? else { return None };
            Some((item.origin, json(output.tools?)))
        })
        .collect();
    for (origin, tools) in found {
        // Tools of a form that nobody knows are not offered.
        if let Ok(tools) = serde_json::from_str::<Vec<wire::Tool>>(tools.text())
            && !tools.is_empty()
        {
            let (offered, mut lost) = offer(std::mem::replace(request, Request::new("")), tools, origin);
            *request = offered;
            losses.append(&mut lost);
        }
    }
}
