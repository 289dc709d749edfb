//! Tools and choices of a Responses request as canonical ones.

use std::collections::HashSet;

use interlingua_model::{
    Api, CustomFormat, CustomTool, FunctionTool, HostedTool, ItemKind, Json, Opaque, OpaqueClass, Origin, Request,
    Sourced, Tool, ToolChoice, ToolKind, ToolRef,
};
use interlingua_wire::{Extra, Unknown, responses as wire};
use serde_json::value::RawValue;

use super::reading::Reading;
use crate::convert::{json, non_empty, to_json};
use crate::error::missing;
use crate::path::Path;
use crate::responses::beside;
use crate::strictness::is_strict_schema;
use crate::{Error, Loss, LossCode, RequestCode};

pub(super) fn decode_tools(out: &mut Reading, tools: Vec<wire::Tool>) -> Result<(), Error> {
    let tools = decode_list(out, tools, Path::of("tools"), Origin::default(), LISTED)?;
    let mut names = HashSet::new();
    for tool in &tools {
        if let Some((namespace, name, origin)) = name(tool)
            && !names.insert((namespace, name))
        {
            let message = format!("two tools are named `{name}`; a call could not tell them apart");
            return Err(Error::request(origin.path(), RequestCode::InvalidValue, message));
        }
    }
    out.request.tools = tools;
    Ok(())
}

/// Tools that stand in the conversation are offered like all others; where they stood is lost. One that is offered
/// again takes the place of the earlier one.
pub(super) fn decode_additional(
    out: &mut Reading,
    tools: wire::AdditionalTools,
    path: Path<'_>,
    origin: Origin,
) -> Result<(), Error> {
    let wire::AdditionalTools { id: _, role: _, tools, agent: _, extra } = tools;
    out.unknown(path, &extra);
    out.lose(path, LossCode::MovedItem, "these tools are offered from the beginning, not from here on");
    let tools = decode_list(out, tools.unwrap_or_default(), path.then("tools"), origin, ADDED)?;
    for tool in tools {
        let key = |tool: &Tool| name(tool).map(|(namespace, name, _)| (namespace.map(str::to_owned), name.to_owned()));
        let known = key(&tool);
        match out.request.tools.iter_mut().find(|earlier| known.is_some() && key(earlier) == known) {
            Some(earlier) => *earlier = tool,
            None => out.request.tools.push(tool),
        }
    }
    Ok(())
}

/// Offers tools that something of the history at `origin` holds, as those that stand in it are.
pub(in crate::responses) fn offer(request: Request, tools: Vec<wire::Tool>, origin: Origin) -> (Request, Vec<Loss>) {
    let mut out = Reading::of(request);
    let tools = wire::AdditionalTools { tools: Some(tools), ..wire::AdditionalTools::default() };
    // What cannot be called is not offered: it was found in a history, and nothing waits for it.
    if let Err(error) = decode_additional(&mut out, tools, Path::at(origin), origin) {
        out.lose(origin.path(), LossCode::DroppedTool, error.to_string());
    }
    settle_namespaces(&mut out);
    let Reading { request, losses, memory: _ } = out;
    (request, losses)
}

/// Leaves out the group of a call in the history where the tool is offered without it: a tool that was searched for
/// is called by a group of its own.
pub(super) fn settle_namespaces(out: &mut Reading) {
    let tools = &out.request.tools;
    for item in &mut out.request.items {
        if let ItemKind::ToolCall(call) = &mut item.kind
            && let Some(namespace) = call.namespace.as_deref()
        {
            let is_offered = |group: Option<&str>| {
                tools.iter().filter_map(name).any(|(known, name, _)| known == group && name == call.name)
            };
            if !is_offered(Some(namespace)) && (is_offered(None) || namespace == call.name) {
                call.namespace = None;
            }
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "tools of every other kind are hosted")]
fn decode_list(
    out: &mut Reading,
    tools: Vec<wire::Tool>,
    path: Path<'_>,
    owner: Origin,
    paths: ToolPaths,
) -> Result<Vec<Tool>, Error> {
    let mut decoded = Vec::with_capacity(tools.len());
    for (index, tool) in tools.into_iter().enumerate() {
        let path = path.nth(index);
        let origin = owner.then_nth(paths.tool, index);
        let place = Place { path, origin, member: paths.member, namespace: None };
        match tool {
            wire::Tool::Function(tool) => decoded.push(Tool::Function(decode_function(out, tool, &place)?)),
            wire::Tool::Custom(tool) => decoded.push(Tool::Custom(decode_custom(out, tool, &place)?)),
            wire::Tool::Namespace(tool) => decode_namespace(out, tool, &place, &mut decoded)?,
            wire::Tool::Unknown(Unknown { kind, raw }) => {
                decoded.push(Tool::Opaque { origin, tool: opaque(kind, json(raw)) });
            }
            hosted => decoded.push(Tool::Hosted(decode_hosted(&hosted, path, origin)?)),
        }
    }
    Ok(decoded)
}

/// The paths of tools that stand in one place: of each, and of each member of a group.
#[derive(Clone, Copy)]
struct ToolPaths {
    tool: &'static str,
    member: &'static str,
}

const LISTED: ToolPaths = ToolPaths { tool: "tools[*]", member: "tools[*].tools[*]" };
const ADDED: ToolPaths = ToolPaths { tool: "input[*].tools[*]", member: "input[*].tools[*].tools[*]" };

/// Where a tool stands, and the group it belongs to.
struct Place<'a> {
    path: Path<'a>,
    origin: Origin,
    /// The path of its members, should it be a group.
    member: &'static str,
    namespace: Option<&'a str>,
}

fn decode_namespace(
    out: &mut Reading,
    tool: wire::NamespaceTool,
    place: &Place<'_>,
    decoded: &mut Vec<Tool>,
) -> Result<(), Error> {
    let wire::NamespaceTool { name, description, tools, extra } = tool;
    out.unknown(place.path, &extra);
    let name = non_empty(name).ok_or_else(|| missing(format!("{}.name", place.path), "name the namespace"))?;
    if non_empty(description).is_some() {
        let detail = "the tools are offered one by one, which leaves no room for what they are for together";
        out.lose(format!("{}.description", place.path), LossCode::DroppedDetail, detail);
    }
    for (index, member) in tools.unwrap_or_default().into_iter().enumerate() {
        let path = place.path.then_nth("tools", index);
        let origin = place.origin.then_nth(place.member, index);
        let place = Place { path, origin, member: place.member, namespace: Some(&name) };
        decoded.push(match member {
            wire::NamespaceToolMember::Function(tool) => Tool::Function(decode_function(out, tool, &place)?),
            wire::NamespaceToolMember::Custom(tool) => Tool::Custom(decode_custom(out, tool, &place)?),
            wire::NamespaceToolMember::Unknown(Unknown { kind, raw }) => {
                Tool::Opaque { origin, tool: opaque(kind, json(raw)) }
            }
        });
    }
    Ok(())
}

fn decode_function(out: &mut Reading, mut tool: wire::FunctionTool, place: &Place<'_>) -> Result<FunctionTool, Error> {
    // As in Chat, under a key of its own.
    if tool.name.is_none()
        && let Some(nested) = tool.extra.take("function").and_then(|function| function.parse().ok())
    {
        out.accept(place.path, "the Responses API has a function beside its type; read all the same");
        out.unknown(place.path, &tool.extra);
        tool = nested;
    }
    let wire::FunctionTool {
        name,
        description,
        parameters,
        strict,
        output_schema,
        allowed_callers,
        defer_loading,
        is_async,
        extra,
    } = tool;
    out.unknown(place.path, &extra);
    if output_schema.is_some() {
        let detail = "what the function answers is not described to the model";
        out.lose(format!("{}.output_schema", place.path), LossCode::DroppedDetail, detail);
    }
    only_direct(out, allowed_callers.is_some(), defer_loading, place);
    let name = non_empty(name).ok_or_else(|| missing(format!("{}.name", place.path), "name the function"))?;
    let parameters = parameters.map(json);
    // Responses holds a function to its schema unless told otherwise, wherever the schema allows that.
    let strict = strict.unwrap_or_else(|| parameters.as_ref().is_some_and(|schema| is_strict_schema(schema.text())));
    Ok(FunctionTool {
        origin: place.origin,
        name,
        namespace: place.namespace.map(str::to_owned),
        description,
        parameters,
        strict: Some(strict),
        cache_breakpoint: None,
        beside: beside::of_tool(is_async),
    })
}

fn decode_custom(out: &mut Reading, tool: wire::CustomTool, place: &Place<'_>) -> Result<CustomTool, Error> {
    let wire::CustomTool { name, description, format, allowed_callers, defer_loading, is_async, extra } = tool;
    out.unknown(place.path, &extra);
    only_direct(out, allowed_callers.is_some(), defer_loading, place);
    let name = non_empty(name).ok_or_else(|| missing(format!("{}.name", place.path), "name the tool"))?;
    let path = place.path.then("format");
    let format = match format {
        None => None,
        Some(wire::CustomFormat::Text(wire::PlainFormat { extra })) => {
            out.unknown(path, &extra);
            Some(CustomFormat::Text)
        }
        Some(wire::CustomFormat::Grammar(wire::GrammarFormat { syntax, definition, extra })) => {
            out.unknown(path, &extra);
            let syntax = syntax.ok_or_else(|| missing(format!("{path}.syntax"), "say `lark` or `regex`"))?;
            let definition =
                definition.ok_or_else(|| missing(format!("{path}.definition"), "a grammar needs its definition"))?;
            Some(CustomFormat::Grammar { syntax, definition })
        }
        Some(wire::CustomFormat::Unknown(unknown)) => Some(CustomFormat::Opaque(json(unknown.raw))),
    };
    let (origin, namespace) = (place.origin, place.namespace.map(str::to_owned));
    Ok(CustomTool { origin, name, namespace, description, format, beside: beside::of_tool(is_async) })
}

/// Reports what only an upstream with programs and tool search knows to do.
fn only_direct(out: &mut Reading, has_callers: bool, defer_loading: Option<bool>, place: &Place<'_>) {
    if has_callers {
        let detail = "the model itself is the only caller";
        out.lose(format!("{}.allowed_callers", place.path), LossCode::DroppedDetail, detail);
    }
    if defer_loading == Some(true) {
        let detail = "the tool is offered at once, since there is no search for tools";
        out.lose(format!("{}.defer_loading", place.path), LossCode::DroppedDetail, detail);
    }
}

fn decode_hosted(tool: &wire::Tool, path: Path<'_>, origin: Origin) -> Result<HostedTool, Error> {
    let kind = tool.tag().to_owned();
    let settings = to_json(tool).as_ref().and_then(without_type).ok_or_else(|| {
        Error::request(path, RequestCode::InvalidValue, format!("a `{kind}` that cannot be written back"))
    })?;
    Ok(HostedTool { origin, kind, settings, implied_choice: false })
}

/// A tool object without its tag; every value stays as it was written.
fn without_type(tool: &Json) -> Option<Json> {
    let mut fields: std::collections::BTreeMap<String, &RawValue> = serde_json::from_str(tool.text()).ok()?;
    fields.remove("type");
    to_json(&fields)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "choices of every other kind name a hosted tool")]
pub(super) fn decode_choice(out: &mut Reading, choice: wire::ToolChoice) -> Result<(), Error> {
    let path = Path::of("tool_choice");
    let choice = match choice {
        wire::ToolChoice::Mode(wire::ToolChoiceMode::None) => ToolChoice::None,
        wire::ToolChoice::Mode(wire::ToolChoiceMode::Auto) => ToolChoice::Auto,
        wire::ToolChoice::Mode(wire::ToolChoiceMode::Required) => ToolChoice::Required,
        wire::ToolChoice::Mode(wire::ToolChoiceMode::Other(mode)) if mode == "any" => {
            out.accept(path, "`any` is another server's word for `required`");
            ToolChoice::Required
        }
        wire::ToolChoice::Mode(wire::ToolChoiceMode::Other(mode)) => return Err(unknown_mode(path, &mode)),
        wire::ToolChoice::Object(object) => match object {
            wire::ToolChoiceObject::Function(wire::NamedTool { name, mut extra }) => {
                let name = name.or_else(|| nested_name(out, &mut extra, "function", path));
                out.unknown(path, &extra);
                ToolChoice::Tool(tool_ref(out, ToolKind::Function, name, path)?)
            }
            wire::ToolChoiceObject::Custom(wire::NamedTool { name, mut extra }) => {
                let name = name.or_else(|| nested_name(out, &mut extra, "custom", path));
                out.unknown(path, &extra);
                ToolChoice::Tool(tool_ref(out, ToolKind::Custom, name, path)?)
            }
            wire::ToolChoiceObject::AllowedTools(wire::AllowedTools { mode, tools, extra }) => {
                out.unknown(path, &extra);
                decode_allowed(out, mode, tools.unwrap_or_default())?
            }
            wire::ToolChoiceObject::Unknown(unknown) => match foreign_choice(out, &unknown, path)? {
                Some(choice) => choice,
                None => ToolChoice::Opaque(opaque(unknown.kind, json(unknown.raw))),
            },
            object @ wire::ToolChoiceObject::Mcp(_) => {
                let raw = to_json(&object).ok_or_else(|| missing(path, "say which tool"))?;
                ToolChoice::Opaque(opaque("mcp".to_owned(), raw))
            }
            object => ToolChoice::Tool(ToolRef::Hosted { kind: object.tag().to_owned() }),
        },
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

/// A tool's name that stands under a key of its own, as in Chat.
fn nested_name(out: &mut Reading, fields: &mut Extra, key: &str, path: Path<'_>) -> Option<String> {
    let wire::NamedTool { name, extra } = fields.get(key)?.parse().ok()?;
    fields.take(key);
    out.accept(path, "the Responses API has the name of a tool beside its type; read all the same");
    out.unknown(path.then(key), &extra);
    name
}

/// A choice as an object where this API has a word, or in the words of Anthropic's. `None` for any other.
fn foreign_choice(out: &mut Reading, unknown: &Unknown, path: Path<'_>) -> Result<Option<ToolChoice>, Error> {
    let choice = match unknown.kind.as_str() {
        "none" => ToolChoice::None,
        "auto" => ToolChoice::Auto,
        "required" | "any" => ToolChoice::Required,
        "tool" => {
            let Ok(wire::NamedTool { name, extra: _ }) = unknown.raw.parse() else { return Ok(None) };
            let is_custom = |tool: &Tool| matches!(tool, Tool::Custom(tool) if Some(&tool.name) == name.as_ref());
            let kind = if out.request.tools.iter().any(is_custom) { ToolKind::Custom } else { ToolKind::Function };
            ToolChoice::Tool(tool_ref(out, kind, name, path)?)
        }
        _ => return Ok(None),
    };
    out.accept(path, "another server's object for a choice; read as the one meant");
    Ok(Some(choice))
}

fn decode_allowed(
    out: &mut Reading,
    mode: Option<wire::ToolChoiceMode>,
    tools: Vec<wire::ToolReference>,
) -> Result<ToolChoice, Error> {
    let mode = match mode {
        None | Some(wire::ToolChoiceMode::Auto) => "auto",
        Some(wire::ToolChoiceMode::Required) => "required",
        Some(other @ (wire::ToolChoiceMode::None | wire::ToolChoiceMode::Other(_))) => {
            return Err(unknown_mode(Path::of("tool_choice.mode"), other.as_str()));
        }
    };
    let mut refs = Vec::with_capacity(tools.len());
    for (index, tool) in tools.into_iter().enumerate() {
        let path = Path::nth_of("tool_choice.tools", index);
        let wire::ToolReference { kind, name, server_label, extra } = tool;
        out.unknown(path, &extra);
        refs.push(match (kind.as_deref(), server_label) {
            (Some("function"), _) => tool_ref(out, ToolKind::Function, name, path)?,
            (Some("custom"), _) => tool_ref(out, ToolKind::Custom, name, path)?,
            (Some(kind), _) => ToolRef::Hosted { kind: kind.to_owned() },
            (None, _) => return Err(missing(format!("{path}.type"), "say what kind of tool")),
        });
    }
    Ok(ToolChoice::Allowed { mode: mode.to_owned(), tools: refs })
}

/// A tool by the name the choice gives it: its own, or the one a group's tool goes by when it stands alone.
fn tool_ref(out: &Reading, kind: ToolKind, wanted: Option<String>, path: Path<'_>) -> Result<ToolRef, Error> {
    let wanted = non_empty(wanted).ok_or_else(|| missing(format!("{path}.name"), "name the tool"))?;
    let names = || out.request.tools.iter().filter_map(name);
    let flat = |namespace: &str, name: &str| format!("{namespace}__{name}");
    let stands = names().any(|(namespace, name, _)| match namespace {
        None => name == wanted,
        Some(namespace) => flat(namespace, name) == wanted,
    });
    if stands {
        return Ok(ToolRef::Named { kind, name: wanted });
    }
    let member = names().find(|(_, name, _)| *name == wanted);
    let Some((Some(namespace), name, _)) = member else {
        let message = format!("`{wanted}` is not among the tools of this request");
        return Err(Error::request(path, RequestCode::InvalidValue, message));
    };
    Ok(ToolRef::Named { kind, name: flat(namespace, name) })
}

fn unknown_mode(path: Path<'_>, mode: &str) -> Error {
    Error::request(path, RequestCode::UnsupportedValue, format!("`{mode}` is none of none, auto and required"))
}

fn name(tool: &Tool) -> Option<(Option<&str>, &str, Origin)> {
    match tool {
        Tool::Function(tool) => Some((tool.namespace.as_deref(), &tool.name, tool.origin)),
        Tool::Custom(tool) => Some((tool.namespace.as_deref(), &tool.name, tool.origin)),
        Tool::Hosted(_) | Tool::Opaque { origin: _, tool: _ } => None,
    }
}

fn opaque(kind: String, raw: Json) -> Opaque {
    Opaque { api: Api::Responses, kind, class: OpaqueClass::Unknown, raw }
}
