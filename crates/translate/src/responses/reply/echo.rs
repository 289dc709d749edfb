//! What a Responses reply repeats of its request.

use interlingua_model::{
    CustomTool, FunctionTool, HostedTool, OutputFormat, Request, SchemaFormat, Sourced, Tool, ToolChoice, ToolKind,
    ToolRef,
};
use interlingua_wire::{Extra, Json, Unknown, responses as wire};
use serde::Serialize;

use crate::Kept;
use crate::convert::wire_json;
use crate::operator::joined;
use crate::responses::beside::onto_tool;
use crate::responses::request::encode_tools::{encode_format, with_type};

/// The fields of a reply that say what was asked, as they are written.
///
/// Follows "The response object" of the API reference: what it requires is always there, with the default where the
/// request says nothing. What an upstream stores is not known here, so `store` is false
/// whatever was asked, and true only where whoever translates keeps the reply. The service tier is
/// the one asked for until the reply says which one was used.
#[derive(Debug, Clone)]
pub(crate) struct Echo(wire::Response);

impl Echo {
    /// The echo of a request.
    pub(crate) fn new(request: &Request) -> Self {
        let metadata = request.service.metadata.as_ref().map(|metadata| wire_json(metadata.value.clone()));
        Self(wire::Response {
            object: Some("response".to_owned()),
            instructions: Some(or_null(value(request.instructions.as_ref()).and_then(|said| json(&joined(said))))),
            tools: json(&tools(&request.tools)),
            tool_choice: tool_choice(request.tool_choice.as_ref().map(|choice| &choice.value)),
            parallel_tool_calls: json(&value(request.parallel_tool_calls.as_ref()).copied().unwrap_or(true)),
            max_tool_calls: Some(or_null(value(request.limits.max_tool_calls.as_ref()).and_then(json))),
            reasoning: reasoning(request),
            text: output_text(request),
            max_output_tokens: Some(or_null(value(request.limits.max_output_tokens.as_ref()).and_then(json))),
            temperature: value(request.sampling.temperature.as_ref()).and_then(json).or_else(|| json(&1.0)),
            top_p: value(request.sampling.top_p.as_ref()).and_then(json).or_else(|| json(&1.0)),
            top_logprobs: json(&top_logprobs(request)),
            metadata: metadata.filter(|metadata| !metadata.is_null()).or_else(|| "{}".parse().ok()),
            store: json(&false),
            background: json(&false),
            previous_response_id: Some(Json::null()),
            truncation: text(request.limits.truncation.as_ref()).or_else(|| json(&"disabled")),
            frequency_penalty: value(request.sampling.frequency_penalty.as_ref()).and_then(json).or_else(|| json(&0.0)),
            presence_penalty: value(request.sampling.presence_penalty.as_ref()).and_then(json).or_else(|| json(&0.0)),
            service_tier: value(request.service.tier.as_ref()).cloned().or_else(|| Some("auto".to_owned())),
            prompt_cache_key: Some(or_null(text(request.service.prompt_cache_key.as_ref()))),
            prompt_cache_retention: text(request.service.prompt_cache_retention.as_ref()),
            safety_identifier: Some(or_null(text(request.service.safety_identifier.as_ref()))),
            user: Some(or_null(text(request.service.user.as_ref()))),
            ..wire::Response::default()
        })
    }

    /// Says where the reply goes on from, and whether it is stored.
    pub(crate) fn keep(&mut self, kept: &Kept) {
        let Kept { id: _, previous_response_id, is_stored } = kept;
        self.0.previous_response_id = Some(or_null(previous_response_id.as_ref().and_then(json)));
        self.0.store = json(is_stored);
    }

    /// A response with nothing but the echo in it.
    pub(crate) fn response(&self) -> wire::Response {
        self.0.clone()
    }
}

impl Default for Echo {
    /// The echo of a request that is not at hand: every default.
    fn default() -> Self {
        Self::new(&Request::new(String::new()))
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Option<Json> {
    Json::from_value(&value).ok()
}

fn or_null(value: Option<Json>) -> Json {
    value.unwrap_or_else(Json::null)
}

fn value<T>(sourced: Option<&Sourced<T>>) -> Option<&T> {
    sourced.map(|sourced| &sourced.value)
}

fn text(sourced: Option<&Sourced<String>>) -> Option<Json> {
    value(sourced).and_then(json)
}

fn top_logprobs(request: &Request) -> i64 {
    let top = request.output.logprobs.as_ref().and_then(|logprobs| logprobs.top.as_ref());
    top.map_or(0, |top| top.value)
}

fn reasoning(request: &Request) -> Option<Json> {
    #[derive(Serialize)]
    struct Reasoning<'a> {
        effort: Option<&'a String>,
        summary: Option<&'a String>,
    }
    let asked = &request.reasoning;
    json(&Reasoning { effort: value(asked.effort.as_ref()), summary: value(asked.summary.as_ref()) })
}

fn output_text(request: &Request) -> Option<Json> {
    let format = match value(request.output.format.as_ref()) {
        None | Some(OutputFormat::Text) => wire::TextFormat::Text(wire::PlainFormat::default()),
        Some(OutputFormat::JsonObject) => wire::TextFormat::JsonObject(wire::PlainFormat::default()),
        Some(OutputFormat::JsonSchema(SchemaFormat { name, description, schema, strict, is_bound: _ })) => {
            wire::TextFormat::JsonSchema(wire::JsonSchemaFormat {
                name: Some(name.clone()),
                description: description.clone(),
                schema: schema.clone().map(wire_json),
                strict: Some(strict.unwrap_or(false)),
                extra: Extra::new(),
            })
        }
        Some(OutputFormat::Opaque(opaque)) => {
            wire::TextFormat::Unknown(Unknown { kind: opaque.kind.clone(), raw: wire_json(opaque.raw.clone()) })
        }
    };
    let verbosity = value(request.output.verbosity.as_ref()).cloned().or_else(|| Some("medium".to_owned()));
    json(&wire::TextConfig { format: Some(format), verbosity, extra: Extra::new() })
}

/// The tools, those of one group together again where they stand side by side.
fn tools(tools: &[Tool]) -> Vec<wire::Tool> {
    let mut echoed: Vec<wire::Tool> = Vec::with_capacity(tools.len());
    for tool in tools {
        match tool {
            Tool::Function(tool) => {
                let function = function(tool);
                match group(&mut echoed, tool.namespace.as_deref()) {
                    Some(members) => members.push(wire::NamespaceToolMember::Function(function)),
                    None => echoed.push(wire::Tool::Function(function)),
                }
            }
            Tool::Custom(tool) => {
                let custom = custom(tool);
                match group(&mut echoed, tool.namespace.as_deref()) {
                    Some(members) => members.push(wire::NamespaceToolMember::Custom(custom)),
                    None => echoed.push(wire::Tool::Custom(custom)),
                }
            }
            Tool::Hosted(HostedTool { origin: _, kind, settings, implied_choice: _ }) => {
                if let Some(raw) = with_type(kind, settings) {
                    echoed.push(wire::Tool::Unknown(Unknown { kind: kind.clone(), raw: wire_json(raw) }));
                }
            }
            Tool::Opaque { origin: _, tool } => {
                let raw = wire_json(tool.raw.clone());
                echoed.push(wire::Tool::Unknown(Unknown { kind: tool.kind.clone(), raw }));
            }
        }
    }
    echoed
}

/// The members of the group that comes last or begins now; `None` for a tool of no group.
fn group<'t>(
    echoed: &'t mut Vec<wire::Tool>,
    namespace: Option<&str>,
) -> Option<&'t mut Vec<wire::NamespaceToolMember>> {
    let namespace = namespace?;
    let is_last =
        |tool: &wire::Tool| matches!(tool, wire::Tool::Namespace(last) if last.name.as_deref() == Some(namespace));
    if !echoed.last().is_some_and(is_last) {
        echoed.push(wire::Tool::Namespace(wire::NamespaceTool {
            name: Some(namespace.to_owned()),
            description: Some(String::new()),
            tools: Some(Vec::new()),
            extra: Extra::new(),
        }));
    }
    match echoed.last_mut() {
        Some(wire::Tool::Namespace(group)) => group.tools.as_mut(),
        _ => None,
    }
}

fn function(tool: &FunctionTool) -> wire::FunctionTool {
    let FunctionTool { origin: _, name, namespace: _, description, parameters, strict, cache_breakpoint: _, beside } =
        tool;
    wire::FunctionTool {
        name: Some(name.clone()),
        description: description.clone(),
        parameters: Some(or_null(parameters.clone().map(wire_json))),
        strict: Some(strict.unwrap_or(false)),
        is_async: onto_tool(beside.clone()).0,
        ..wire::FunctionTool::default()
    }
}

fn custom(tool: &CustomTool) -> wire::CustomTool {
    let CustomTool { origin: _, name, namespace: _, description, format, beside } = tool;
    wire::CustomTool {
        name: Some(name.clone()),
        description: description.clone(),
        format: format.clone().map(encode_format),
        is_async: onto_tool(beside.clone()).0,
        ..wire::CustomTool::default()
    }
}

fn tool_choice(choice: Option<&ToolChoice>) -> Option<Json> {
    #[derive(Serialize)]
    struct Named<'a> {
        r#type: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
    }
    #[derive(Serialize)]
    struct Allowed<'a> {
        r#type: &'a str,
        mode: &'a str,
        tools: Vec<Json>,
    }
    let reference = |tool: &ToolRef| match tool {
        ToolRef::Named { kind: ToolKind::Function, name } => json(&Named { r#type: "function", name: Some(name) }),
        ToolRef::Named { kind: ToolKind::Custom, name } => json(&Named { r#type: "custom", name: Some(name) }),
        ToolRef::Hosted { kind } => json(&Named { r#type: kind, name: None }),
        ToolRef::Opaque(opaque) => Some(wire_json(opaque.raw.clone())),
    };
    match choice {
        None | Some(ToolChoice::Auto) => json(&"auto"),
        Some(ToolChoice::None) => json(&"none"),
        Some(ToolChoice::Required) => json(&"required"),
        Some(ToolChoice::Tool(tool)) => reference(tool),
        Some(ToolChoice::Allowed { mode, tools }) => {
            let tools = tools.iter().filter_map(reference).collect();
            json(&Allowed { r#type: "allowed_tools", mode, tools })
        }
        Some(ToolChoice::Opaque(opaque)) => Some(wire_json(opaque.raw.clone())),
    }
}
