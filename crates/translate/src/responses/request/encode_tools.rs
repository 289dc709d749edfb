//! Canonical tools and choices in the words of Responses: flat, where Chat nests.

use interlingua_model::{
    Api, CustomFormat, CustomTool, FunctionTool, HostedTool, Json, Opaque, OpaqueClass, Origin, Sourced, Tool,
    ToolChoice, ToolKind, ToolRef,
};
use interlingua_wire::{Extra, Unknown, responses as wire};

use super::writing::Writing;
use crate::beside::leave_out_fields;
use crate::convert::wire_json;
use crate::places::{At, What};
use crate::responses::beside::onto_tool;
use crate::{Error, LossCode, RequestCode};

/// The schema of a function without arguments; Responses wants one.
const NO_PARAMETERS: &str = r#"{"type":"object","properties":{}}"#;

pub(super) fn encode_tools(out: &mut Writing<'_>, tools: Vec<Tool>) -> Result<Vec<wire::Tool>, Error> {
    let mut written = Vec::with_capacity(tools.len());
    for tool in tools {
        let index = written.len();
        let at = if out.upstream.lite { At::Inner("input", 0, "tools", index) } else { At::Item("tools", index) };
        let (what, origin) = (What::of_tool(&tool), tool.origin());
        if let Some(tool) = encode_tool(out, tool)? {
            out.places.add(at, what, origin);
            written.push(tool);
        }
    }
    Ok(written)
}

/// Tools as an item of the input, which some models want instead of the field.
pub(super) fn additional_tools(tools: Vec<wire::Tool>) -> wire::Item {
    wire::Item::AdditionalTools(wire::AdditionalTools {
        role: Some(wire::Role::Developer),
        tools: Some(tools),
        ..wire::AdditionalTools::default()
    })
}

pub(super) fn encode_choice(
    out: &mut Writing<'_>,
    choice: Option<Sourced<ToolChoice>>,
    tools: &[Tool],
) -> Result<Option<wire::ToolChoice>, Error> {
    let Some(Sourced { value, origin }) = choice else { return Ok(implied_choice(out, tools)) };
    out.places.add(At::Field("tool_choice"), What::Setting, origin);
    Ok(Some(match value {
        ToolChoice::None => wire::ToolChoice::Mode(wire::ToolChoiceMode::None),
        ToolChoice::Auto => wire::ToolChoice::Mode(wire::ToolChoiceMode::Auto),
        ToolChoice::Required => wire::ToolChoice::Mode(wire::ToolChoiceMode::Required),
        ToolChoice::Tool(ToolRef::Named { kind, name }) => {
            let name = Some(out.sent.names().wire(None, name));
            let tool = wire::NamedTool { name, extra: Extra::new() };
            wire::ToolChoice::Object(match kind {
                ToolKind::Function => wire::ToolChoiceObject::Function(tool),
                ToolKind::Custom => wire::ToolChoiceObject::Custom(tool),
            })
        }
        ToolChoice::Tool(ToolRef::Hosted { kind }) => hosted_choice(out, &kind, origin)?,
        ToolChoice::Tool(ToolRef::Opaque(opaque)) | ToolChoice::Opaque(opaque) => foreign_choice(out, opaque, origin)?,
        ToolChoice::Allowed { mode, tools } => {
            let tools = tools.into_iter().map(|tool| encode_ref(out, tool)).collect();
            wire::ToolChoice::Object(wire::ToolChoiceObject::AllowedTools(wire::AllowedTools {
                mode: Some(wire::ToolChoiceMode::from(mode.as_str())),
                tools: Some(tools),
                extra: Extra::new(),
            }))
        }
    }))
}

/// Chat's search models always search. That can be said only when there is nothing else to choose.
fn implied_choice(out: &mut Writing<'_>, tools: &[Tool]) -> Option<wire::ToolChoice> {
    let implied = tools.iter().find_map(|tool| match tool {
        Tool::Hosted(tool) if tool.implied_choice => Some(tool),
        Tool::Hosted(_) | Tool::Function(_) | Tool::Custom(_) | Tool::Opaque { origin: _, tool: _ } => None,
    })?;
    if tools.len() > 1 {
        out.lose(
            implied.origin.path(),
            LossCode::DroppedHint,
            "beside other tools, whether to search is left to the model",
        );
        return None;
    }
    hosted_choice(out, &implied.kind, implied.origin).ok()
}

/// `None`, with a loss, for a tool that only another API knows.
fn encode_tool(out: &mut Writing<'_>, tool: Tool) -> Result<Option<wire::Tool>, Error> {
    match tool {
        Tool::Function(FunctionTool {
            origin,
            name,
            namespace,
            description,
            parameters,
            strict,
            cache_breakpoint,
            beside,
        }) => {
            if let Some(boundary) = cache_breakpoint {
                out.lose_breakpoint(boundary.origin, false, "no cache boundary stands on a tool");
            }
            let (is_async, left) = onto_tool(beside);
            leave_out_fields(&left, origin, Api::Responses, &mut out.losses);
            let parameters = match parameters {
                Some(parameters) => Some(wire_json(parameters)),
                None => NO_PARAMETERS.parse().ok(),
            };
            Ok(Some(wire::Tool::Function(wire::FunctionTool {
                name: Some(out.sent.names().wire(namespace.as_deref(), name)),
                description,
                parameters,
                strict,
                is_async,
                ..wire::FunctionTool::default()
            })))
        }
        Tool::Custom(CustomTool { origin, name, namespace, description, format, beside }) => {
            let (is_async, left) = onto_tool(beside);
            leave_out_fields(&left, origin, Api::Responses, &mut out.losses);
            Ok(Some(wire::Tool::Custom(wire::CustomTool {
                name: Some(out.sent.names().wire(namespace.as_deref(), name)),
                description,
                format: format.map(encode_format),
                is_async,
                ..wire::CustomTool::default()
            })))
        }
        Tool::Hosted(HostedTool { origin, kind, settings, implied_choice: _ }) => {
            let kind = out.upstream.hosted_tool(&kind).to_owned();
            let Some(raw) = with_type(&kind, &settings) else {
                let path = origin.path();
                return Err(Error::request(path, RequestCode::InvalidValue, "the tool's settings are not an object"));
            };
            Ok(Some(wire::Tool::Unknown(Unknown { kind, raw: wire_json(raw) })))
        }
        Tool::Opaque { origin, tool: Opaque { api, kind, class, raw } } => {
            if api != Api::Responses && class != OpaqueClass::Unknown {
                let detail = format!("the Responses API has no tool like `{kind}`");
                out.lose(origin.path(), LossCode::DroppedTool, detail);
                return Ok(None);
            }
            if api != Api::Responses {
                let detail = format!("`{kind}` is not a Chat Completions tool; passed on as a Responses tool");
                out.lose(origin.path(), LossCode::ExtensionAccepted, detail);
            }
            Ok(Some(wire::Tool::Unknown(Unknown { kind, raw: wire_json(raw) })))
        }
    }
}

pub(in crate::responses) fn encode_format(format: CustomFormat) -> wire::CustomFormat {
    match format {
        CustomFormat::Text => wire::CustomFormat::Text(wire::PlainFormat::default()),
        CustomFormat::Grammar { syntax, definition } => wire::CustomFormat::Grammar(wire::GrammarFormat {
            syntax: Some(syntax),
            definition: Some(definition),
            extra: Extra::new(),
        }),
        CustomFormat::Opaque(raw) => wire::CustomFormat::Unknown(Unknown { kind: String::new(), raw: wire_json(raw) }),
    }
}

fn encode_ref(out: &mut Writing<'_>, tool: ToolRef) -> wire::ToolReference {
    match tool {
        ToolRef::Named { kind, name } => wire::ToolReference {
            kind: Some(
                match kind {
                    ToolKind::Function => "function",
                    ToolKind::Custom => "custom",
                }
                .to_owned(),
            ),
            name: Some(out.sent.names().wire(None, name)),
            ..wire::ToolReference::default()
        },
        ToolRef::Hosted { kind } => {
            let kind = Some(out.upstream.hosted_tool(&kind).to_owned());
            wire::ToolReference { kind, ..wire::ToolReference::default() }
        }
        ToolRef::Opaque(opaque) => serde_json::from_str(opaque.raw.text())
            .unwrap_or_else(|_| wire::ToolReference { kind: Some(opaque.kind), ..wire::ToolReference::default() }),
    }
}

fn hosted_choice(out: &Writing<'_>, kind: &str, origin: Origin) -> Result<wire::ToolChoice, Error> {
    let kind = out.upstream.hosted_tool(kind).to_owned();
    let empty = Json::from_text("{}").ok();
    let raw = empty.and_then(|empty| with_type(&kind, &empty));
    let raw =
        raw.ok_or_else(|| Error::request(origin.path(), RequestCode::InvalidValue, "the choice names no tool"))?;
    Ok(wire::ToolChoice::Object(wire::ToolChoiceObject::Unknown(Unknown { kind, raw: wire_json(raw) })))
}

fn foreign_choice(out: &mut Writing<'_>, opaque: Opaque, origin: Origin) -> Result<wire::ToolChoice, Error> {
    let Opaque { api, kind, class, raw } = opaque;
    if api != Api::Responses && class != OpaqueClass::Unknown {
        let message = format!("the Responses API has no tool like `{kind}`; choose another");
        return Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message));
    }
    if api != Api::Responses {
        let detail = format!("`{kind}` is not a Chat Completions choice; passed on as a Responses choice");
        out.lose(origin.path(), LossCode::ExtensionAccepted, detail);
    }
    Ok(wire::ToolChoice::Object(wire::ToolChoiceObject::Unknown(Unknown { kind, raw: wire_json(raw) })))
}

/// `{"type": kind}` and the fields of `settings`, which stay verbatim. `None` if `settings` is not an object.
pub(in crate::responses) fn with_type(kind: &str, settings: &Json) -> Option<Json> {
    let fields = settings.text().trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    let kind = serde_json::to_string(kind).ok()?;
    let comma = if fields.is_empty() { "" } else { "," };
    Json::from_text(&format!("{{\"type\":{kind}{comma}{fields}}}")).ok()
}
