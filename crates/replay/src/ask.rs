//! What of a request decides about its answer, the same for every protocol.

use interlingua_wire::{Json, chat, messages, responses};
use serde_json::Value;

use crate::tree::Tree;

/// What a request wants, as far as a recorded answer can be fitted to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ask {
    /// The model it names.
    pub(crate) model: Option<String>,
    /// Whether it wants a stream.
    pub(crate) stream: bool,
    /// Whether it wants usage at the end of a chat stream.
    pub(crate) include_usage: bool,
    /// What kind of answer fits.
    pub(crate) answer: Answer,
}

/// The kinds of answer there are, in the order in which they are tried.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// A tool has just spoken, or nothing else fits: prose.
    Text,
    /// A tool is forced, or there is only one.
    Call(ToolCall),
    /// JSON that fits this schema.
    Schema(Tree),
    /// JSON of any kind.
    Json,
}

/// A call that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolCall {
    pub(crate) kind: ToolKind,
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    /// The schema of its arguments; functions only.
    pub(crate) schema: Option<Tree>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ToolKind {
    Function,
    Custom,
    /// Chat's deprecated `functions`.
    LegacyFunction,
}

/// Which of the tools is to be called.
enum Choice<'a> {
    No,
    /// The only one, if there is only one.
    Auto,
    /// The first.
    Any,
    Named(&'a str),
}

impl Ask {
    pub(crate) fn of_responses(request: &responses::Request) -> Self {
        let format = request.text.as_ref().and_then(|text| text.format.as_ref());
        let otherwise = match format {
            Some(responses::TextFormat::JsonSchema(format)) => Answer::Schema(tree(format.schema.as_ref())),
            Some(responses::TextFormat::JsonObject(_)) => Answer::Json,
            Some(responses::TextFormat::Text(_) | responses::TextFormat::Unknown(_)) | None => Answer::Text,
        };
        let items = match &request.input {
            Some(responses::Input::Items(items)) => items.as_slice(),
            Some(responses::Input::Text(_)) | None => &[],
        };
        let answer = if items.last().is_some_and(is_tool_output) {
            Answer::Text
        } else {
            pick(&offered(request, items), &responses_choice(request.tool_choice.as_ref()))
                .map_or(otherwise, Answer::Call)
        };
        Self { model: request.model.clone(), stream: request.stream == Some(true), include_usage: false, answer }
    }

    pub(crate) fn of_chat(request: &chat::Request) -> Self {
        let otherwise = match &request.response_format {
            Some(chat::ResponseFormat::JsonSchema(format)) => {
                Answer::Schema(tree(format.json_schema.as_ref().and_then(|format| format.schema.as_ref())))
            }
            Some(chat::ResponseFormat::JsonObject(_)) => Answer::Json,
            Some(chat::ResponseFormat::Text(_) | chat::ResponseFormat::Unknown(_)) | None => Answer::Text,
        };
        let last = request.messages.as_deref().unwrap_or_default().last();
        let answer = if matches!(last, Some(chat::Message::Tool(_) | chat::Message::Function(_))) {
            Answer::Text
        } else {
            let (tools, choice) = chat_tools(request);
            pick(&tools, &choice).map_or(otherwise, Answer::Call)
        };
        let options = request.stream_options.as_ref();
        let include_usage = options.and_then(|options| options.include_usage) == Some(true);
        Self { model: request.model.clone(), stream: request.stream == Some(true), include_usage, answer }
    }
}

impl Ask {
    pub(crate) fn of_messages(request: &messages::Request) -> Self {
        let format = request.output_config.as_ref().and_then(|output| output.format.as_ref());
        let otherwise = match format {
            Some(messages::Format::JsonSchema(format)) => Answer::Schema(tree(format.schema.as_ref())),
            Some(messages::Format::Unknown(_)) | None => Answer::Text,
        };
        let last = request.messages.as_deref().unwrap_or_default().last();
        let answer = if last.is_some_and(is_answered) {
            Answer::Text
        } else {
            pick(&messages_tools(request), &messages_choice(request.tool_choice.as_ref()))
                .map_or(otherwise, Answer::Call)
        };
        Self { model: request.model.clone(), stream: request.stream == Some(true), include_usage: true, answer }
    }
}

/// Whether a message holds the result of a call.
fn is_answered(message: &messages::Message) -> bool {
    match &message.content {
        Some(messages::Content::Blocks(blocks)) => {
            blocks.iter().any(|block| matches!(block, messages::Block::ToolResult(_)))
        }
        Some(messages::Content::Text(_)) | None => false,
    }
}

fn messages_tools(request: &messages::Request) -> Vec<ToolCall> {
    let own = request.tools.iter().flatten().filter_map(|tool| {
        let messages::Tool::Custom(tool) = tool else { return None };
        Some(ToolCall {
            kind: ToolKind::Function,
            name: tool.name.clone().unwrap_or_default(),
            namespace: None,
            schema: Some(tree(tool.input_schema.as_ref())),
        })
    });
    own.collect()
}

fn messages_choice(choice: Option<&messages::ToolChoice>) -> Choice<'_> {
    match choice {
        None | Some(messages::ToolChoice::Auto(_) | messages::ToolChoice::Unknown(_)) => Choice::Auto,
        Some(messages::ToolChoice::Any(_)) => Choice::Any,
        Some(messages::ToolChoice::None(_)) => Choice::No,
        Some(messages::ToolChoice::Tool(tool)) => tool.name.as_deref().map_or(Choice::Auto, Choice::Named),
    }
}

fn pick(tools: &[ToolCall], choice: &Choice<'_>) -> Option<ToolCall> {
    match choice {
        Choice::No => None,
        Choice::Auto => <&[ToolCall; 1]>::try_from(tools).ok().map(|[only]| only.clone()),
        Choice::Any => tools.first().cloned(),
        Choice::Named(name) => tools.iter().find(|tool| tool.name == *name).cloned(),
    }
}

fn is_tool_output(item: &responses::Item) -> bool {
    item.tag().ends_with("_output")
}

/// The tools that a client can be asked to run; those of a namespace too, and those that ride in the input.
fn offered(request: &responses::Request, items: &[responses::Item]) -> Vec<ToolCall> {
    let mut tools = Vec::new();
    for tool in request.tools.iter().flatten() {
        add_tool(tool, &mut tools);
    }
    for item in items {
        if let responses::Item::AdditionalTools(more) = item {
            for tool in more.tools.iter().flatten() {
                add_tool(tool, &mut tools);
            }
        }
    }
    tools
}

fn add_tool(tool: &responses::Tool, tools: &mut Vec<ToolCall>) {
    if let responses::Tool::Function(tool) = tool {
        tools.push(function(tool, None));
    } else if let responses::Tool::Custom(tool) = tool {
        tools.push(custom(tool, None));
    } else if let responses::Tool::Namespace(namespace) = tool {
        for member in namespace.tools.iter().flatten() {
            match member {
                responses::NamespaceToolMember::Function(tool) => tools.push(function(tool, namespace.name.clone())),
                responses::NamespaceToolMember::Custom(tool) => tools.push(custom(tool, namespace.name.clone())),
                responses::NamespaceToolMember::Unknown(_) => {}
            }
        }
    }
}

fn function(tool: &responses::FunctionTool, namespace: Option<String>) -> ToolCall {
    let name = tool.name.clone().unwrap_or_default();
    ToolCall { kind: ToolKind::Function, name, namespace, schema: Some(tree(tool.parameters.as_ref())) }
}

fn custom(tool: &responses::CustomTool, namespace: Option<String>) -> ToolCall {
    ToolCall { kind: ToolKind::Custom, name: tool.name.clone().unwrap_or_default(), namespace, schema: None }
}

fn responses_choice(choice: Option<&responses::ToolChoice>) -> Choice<'_> {
    use responses::{ToolChoice, ToolChoiceMode, ToolChoiceObject};
    match choice {
        None => Choice::Auto,
        Some(ToolChoice::Mode(mode)) => match mode {
            ToolChoiceMode::None => Choice::No,
            ToolChoiceMode::Auto | ToolChoiceMode::Other(_) => Choice::Auto,
            ToolChoiceMode::Required => Choice::Any,
        },
        Some(ToolChoice::Object(object)) => {
            if let ToolChoiceObject::Function(tool) | ToolChoiceObject::Custom(tool) = object {
                tool.name.as_deref().map_or(Choice::Auto, Choice::Named)
            } else if let ToolChoiceObject::AllowedTools(allowed) = object {
                let names = allowed.tools.iter().flatten().map(|tool| tool.name.as_deref());
                allowed_choice(allowed.mode == Some(ToolChoiceMode::Required), names)
            } else {
                Choice::No
            }
        }
    }
}

/// Of several allowed tools the first if one is required, the only one otherwise.
fn allowed_choice<'a>(is_required: bool, mut names: impl Iterator<Item = Option<&'a str>>) -> Choice<'a> {
    match (names.next().flatten(), names.next()) {
        (Some(first), None) => Choice::Named(first),
        (Some(first), Some(_)) if is_required => Choice::Named(first),
        _ => Choice::No,
    }
}

fn chat_tools(request: &chat::Request) -> (Vec<ToolCall>, Choice<'_>) {
    if let Some(functions) = &request.functions {
        let call = |function| chat_function(ToolKind::LegacyFunction, function);
        let choice = match &request.function_call {
            None => Choice::Auto,
            Some(chat::FunctionChoice::Mode(mode)) => chat_mode(mode),
            Some(chat::FunctionChoice::Named(tool)) => tool.name.as_deref().map_or(Choice::Auto, Choice::Named),
        };
        return (functions.iter().map(call).collect(), choice);
    }
    let tools = request.tools.iter().flatten().filter_map(|tool| match tool {
        chat::Tool::Function(tool) => tool.function.as_ref().map(|tool| chat_function(ToolKind::Function, tool)),
        chat::Tool::Custom(tool) => {
            let name = tool.custom.as_ref().and_then(|tool| tool.name.clone()).unwrap_or_default();
            Some(ToolCall { kind: ToolKind::Custom, name, namespace: None, schema: None })
        }
        chat::Tool::Unknown(_) => None,
    });
    let choice = match &request.tool_choice {
        None => Choice::Auto,
        Some(chat::ToolChoice::Mode(mode)) => chat_mode(mode),
        Some(chat::ToolChoice::Named(chat::NamedToolChoice::AllowedTools(allowed))) => {
            let allowed = allowed.allowed_tools.as_ref();
            let names = allowed.and_then(|allowed| allowed.tools.as_deref()).unwrap_or_default().iter();
            let is_required = allowed.and_then(|allowed| allowed.mode.as_deref()) == Some("required");
            allowed_choice(is_required, names.map(reference_name))
        }
        Some(chat::ToolChoice::Named(chat::NamedToolChoice::Function(tool))) => named(tool.function.as_ref()),
        Some(chat::ToolChoice::Named(chat::NamedToolChoice::Custom(tool))) => named(tool.custom.as_ref()),
        Some(chat::ToolChoice::Named(chat::NamedToolChoice::Unknown(_))) => Choice::No,
    };
    (tools.collect(), choice)
}

fn chat_mode(mode: &str) -> Choice<'_> {
    match mode {
        "none" => Choice::No,
        "required" => Choice::Any,
        _ => Choice::Auto,
    }
}

fn named(tool: Option<&chat::ToolName>) -> Choice<'_> {
    tool.and_then(|tool| tool.name.as_deref()).map_or(Choice::Auto, Choice::Named)
}

fn reference_name(tool: &chat::ToolReference) -> Option<&str> {
    match tool {
        chat::ToolReference::Function(tool) => tool.function.as_ref()?.name.as_deref(),
        chat::ToolReference::Custom(tool) => tool.custom.as_ref()?.name.as_deref(),
        chat::ToolReference::Unknown(_) => None,
    }
}

fn chat_function(kind: ToolKind, function: &chat::FunctionDefinition) -> ToolCall {
    let name = function.name.clone().unwrap_or_default();
    ToolCall { kind, name, namespace: None, schema: Some(tree(function.parameters.as_ref())) }
}

fn tree(schema: Option<&Json>) -> Tree {
    let schema = schema.and_then(|schema| Tree::parse(schema.get()).ok());
    schema.filter(|schema| *schema != Tree::Scalar(Value::Null)).unwrap_or(Tree::Object(Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOLS: &str =
        r#"[{"type":"function","name":"a","parameters":{"type":"object"}},{"type":"custom","name":"b"}]"#;

    fn responses(json: &str) -> Answer {
        Ask::of_responses(&serde_json::from_str(json).unwrap()).answer
    }

    fn chat(json: &str) -> Answer {
        Ask::of_chat(&serde_json::from_str(json).unwrap()).answer
    }

    #[track_caller]
    fn calls(answer: &Answer, kind: ToolKind, name: &str) {
        let Answer::Call(call) = answer else { panic!("{answer:?} is no call") };
        assert_eq!((call.kind, call.name.as_str()), (kind, name));
    }

    #[test]
    fn a_tool_that_has_spoken_comes_first() {
        let request = r#"{"input":[{"type":"function_call_output","call_id":"c","output":""}],"tool_choice":"required","tools":TOOLS}"#;
        assert_eq!(responses(&request.replace("TOOLS", TOOLS)), Answer::Text);
    }

    #[test]
    fn forced_tools() {
        let request = |choice| format!(r#"{{"input":"x","tools":{TOOLS},"tool_choice":{choice}}}"#);
        calls(&responses(&request(r#""required""#)), ToolKind::Function, "a");
        calls(&responses(&request(r#"{"type":"custom","name":"b"}"#)), ToolKind::Custom, "b");
        let allowed = r#"{"type":"allowed_tools","mode":"required","tools":[{"type":"custom","name":"b"}]}"#;
        calls(&responses(&request(allowed)), ToolKind::Custom, "b");
        assert_eq!(responses(&request(r#""auto""#)), Answer::Text);
        assert_eq!(responses(&request(r#""none""#)), Answer::Text);
    }

    #[test]
    fn the_only_tool_and_formats_in_chat() {
        let tool = r#"{"type":"function","function":{"name":"a"}}"#;
        calls(&chat(&format!(r#"{{"messages":[],"tools":[{tool}]}}"#)), ToolKind::Function, "a");
        calls(&chat(r#"{"messages":[],"functions":[{"name":"a"}]}"#), ToolKind::LegacyFunction, "a");
        assert_eq!(chat(r#"{"messages":[],"response_format":{"type":"json_object"}}"#), Answer::Json);
        let format = r#"{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"null"}}}"#;
        let Answer::Schema(schema) = chat(&format!(r#"{{"messages":[],"response_format":{format}}}"#)) else {
            panic!()
        };
        assert_eq!(schema.str("/type"), Some("null"));
    }
}
