//! What the Chat Completions API refuses.

use interlingua_wire::chat::{
    Message, NamedToolChoice, Request, ResponseFormat, Tool, ToolCall, ToolChoice, ToolReference,
};
use serde_json::Number;

use super::refusal::Refusal;
use super::shape::{chosen, named, no_extra, range, says_json, sized};
use super::strict;

/// A tool's name, in characters.
const NAME_LIMIT: usize = 64;

pub(super) fn check(request: &Request) -> Result<(), Refusal> {
    no_extra(&request.extra, "")?;
    if request.model.is_none() {
        return Err(Refusal::missing("model"));
    }
    let messages = request.messages.as_deref().ok_or_else(|| Refusal::missing("messages"))?;
    if messages.is_empty() {
        let message = "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array \
                       instead.";
        return Err(Refusal::invalid("empty_array", "messages", message));
    }
    parameters(request)?;
    tools(request)?;
    for (index, message) in messages.iter().enumerate() {
        one_message(message, index)?;
    }
    calls_and_results(messages)?;
    format(request)
}

fn parameters(request: &Request) -> Result<(), Refusal> {
    range(request.temperature.as_ref().and_then(Number::as_f64), "temperature", 0.0, 2.0)?;
    range(request.top_p.as_ref().and_then(Number::as_f64), "top_p", 0.0, 1.0)?;
    range(request.frequency_penalty.as_ref().and_then(Number::as_f64), "frequency_penalty", -2.0, 2.0)?;
    range(request.presence_penalty.as_ref().and_then(Number::as_f64), "presence_penalty", -2.0, 2.0)?;
    if request.stream_options.is_some() && request.stream != Some(true) {
        let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        return Err(Refusal::invalid(None, "stream_options", message));
    }
    if request.top_logprobs.is_some() && request.logprobs != Some(true) {
        let message = "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.";
        return Err(Refusal::invalid(None, "top_logprobs", message));
    }
    if request.max_tokens.is_some() && request.max_completion_tokens.is_some() {
        let message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
        return Err(Refusal::invalid("invalid_parameter_combination", "max_tokens", message));
    }
    if request.functions.is_some() && request.tools.is_some() {
        let message = "'functions' and 'tools' cannot be used together.";
        return Err(Refusal::invalid(None, "functions", message));
    }
    Ok(())
}

fn tools(request: &Request) -> Result<(), Refusal> {
    if request.tools.as_ref().is_some_and(Vec::is_empty) {
        let message =
            "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.";
        return Err(Refusal::invalid("empty_array", "tools", message));
    }
    let mut names = Vec::new();
    for (index, tool) in request.tools.iter().flatten().enumerate() {
        let at = format!("tools[{index}]");
        match tool {
            Tool::Function(tool) => {
                no_extra(&tool.extra, &format!("{at}."))?;
                let Some(function) = &tool.function else { return Err(Refusal::missing(&format!("{at}.function"))) };
                no_extra(&function.extra, &format!("{at}.function."))?;
                let name = named(function.name.as_deref(), &format!("{at}.function.name"), NAME_LIMIT)?;
                if function.strict == Some(true) {
                    let param = format!("{at}.function.parameters");
                    let what = format!("function '{name}'");
                    strict::check(function.parameters.as_ref(), &what, &param, "invalid_function_parameters")?;
                }
                names.push(name);
            }
            Tool::Custom(tool) => {
                no_extra(&tool.extra, &format!("{at}."))?;
                let Some(custom) = &tool.custom else { return Err(Refusal::missing(&format!("{at}.custom"))) };
                no_extra(&custom.extra, &format!("{at}.custom."))?;
                names.push(named(custom.name.as_deref(), &format!("{at}.custom.name"), NAME_LIMIT)?);
            }
            Tool::Unknown(tool) => {
                return Err(Refusal::value(&format!("{at}.type"), &tool.kind, "'function' and 'custom'"));
            }
        }
    }
    tool_choice(request, &names)
}

fn tool_choice(request: &Request, names: &[&str]) -> Result<(), Refusal> {
    let Some(choice) = &request.tool_choice else { return Ok(()) };
    if request.tools.is_none() {
        let message = "'tool_choice' is only allowed when 'tools' are specified.";
        return Err(Refusal::invalid(None, "tool_choice", message));
    }
    match choice {
        ToolChoice::Mode(mode) if matches!(mode.as_str(), "none" | "auto" | "required") => Ok(()),
        ToolChoice::Mode(mode) => Err(Refusal::value("tool_choice", mode, "'none', 'auto', and 'required'")),
        ToolChoice::Named(NamedToolChoice::Function(tool)) => {
            chosen(tool.function.as_ref().and_then(|tool| tool.name.as_deref()), names, "function.")
        }
        ToolChoice::Named(NamedToolChoice::Custom(tool)) => {
            chosen(tool.custom.as_ref().and_then(|tool| tool.name.as_deref()), names, "custom.")
        }
        ToolChoice::Named(NamedToolChoice::AllowedTools(allowed)) => {
            let Some(allowed) = &allowed.allowed_tools else {
                return Err(Refusal::missing("tool_choice.allowed_tools"));
            };
            allowed.tools.iter().flatten().try_for_each(|tool| match tool {
                ToolReference::Function(tool) => {
                    chosen(tool.function.as_ref().and_then(|tool| tool.name.as_deref()), names, "function.")
                }
                ToolReference::Custom(tool) => {
                    chosen(tool.custom.as_ref().and_then(|tool| tool.name.as_deref()), names, "custom.")
                }
                ToolReference::Unknown(tool) => {
                    Err(Refusal::value("tool_choice.allowed_tools.tools", &tool.kind, "'function' and 'custom'"))
                }
            })
        }
        ToolChoice::Named(NamedToolChoice::Unknown(choice)) => {
            Err(Refusal::value("tool_choice.type", &choice.kind, "'function', 'custom', and 'allowed_tools'"))
        }
    }
}

fn one_message(message: &Message, index: usize) -> Result<(), Refusal> {
    let at = format!("messages[{index}]");
    let missing_content = || {
        let message = "Invalid value for 'content': expected a string, got null.";
        Err(Refusal::invalid(None, format!("messages.[{index}].content"), message))
    };
    match message {
        Message::System(message) | Message::Developer(message) | Message::User(message) => {
            no_extra(&message.extra, &format!("{at}."))?;
            if message.content.is_none() { missing_content() } else { Ok(()) }
        }
        Message::Assistant(message) => {
            let calls = message.tool_calls.as_deref();
            if calls.is_some_and(<[ToolCall]>::is_empty) {
                let param = format!("{at}.tool_calls");
                let message = format!(
                    "Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead."
                );
                return Err(Refusal::invalid("empty_array", param, message));
            }
            let says_something = message.content.is_some() || message.refusal.is_some() || message.audio.is_some();
            if !says_something && calls.is_none() && message.function_call.is_none() {
                return missing_content();
            }
            calls.unwrap_or_default().iter().enumerate().try_for_each(|(call, found)| {
                sized(id(found), &format!("{at}.tool_calls[{call}].id"), usize::MAX).map(drop)
            })
        }
        Message::Tool(message) => {
            sized(message.tool_call_id.as_deref(), &format!("{at}.tool_call_id"), usize::MAX)?;
            if message.content.is_none() { missing_content() } else { Ok(()) }
        }
        Message::Function(message) => named(message.name.as_deref(), &format!("{at}.name"), NAME_LIMIT).map(drop),
        Message::Unknown(message) => {
            let supported = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'";
            Err(Refusal::value(&format!("{at}.role"), &message.kind, supported))
        }
    }
}

fn id(call: &ToolCall) -> Option<&str> {
    match call {
        ToolCall::Function(call) => call.id.as_deref(),
        ToolCall::Custom(call) => call.id.as_deref(),
        ToolCall::Unknown(_) => None,
    }
}

/// Results stand directly behind the message that calls, and every call has its result.
fn calls_and_results(messages: &[Message]) -> Result<(), Refusal> {
    let mut open: Vec<&str> = Vec::new();
    let mut is_open = false;
    for (index, message) in messages.iter().enumerate() {
        let param = format!("messages.[{index}].role");
        if let Message::Tool(result) = message {
            let id = result.tool_call_id.as_deref().unwrap_or_default();
            if !is_open {
                let message = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with \
                               'tool_calls'.";
                return Err(Refusal::invalid(None, param, message));
            }
            let Some(place) = open.iter().position(|known| *known == id) else {
                let message = format!(
                    "Invalid parameter: 'tool_call_id' of '{id}' not found in 'tool_calls' of previous message."
                );
                return Err(Refusal::invalid(None, format!("messages.[{index}].tool_call_id"), message));
            };
            open.remove(place);
            continue;
        }
        unanswered(&open, &param)?;
        open.clear();
        is_open = false;
        if let Message::Assistant(message) = message {
            open.extend(message.tool_calls.iter().flatten().filter_map(id));
            is_open = !open.is_empty();
        }
    }
    unanswered(&open, &format!("messages.[{}].role", messages.len()))
}

fn unanswered(open: &[&str], param: &str) -> Result<(), Refusal> {
    if open.is_empty() {
        return Ok(());
    }
    let message = format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The \
         following tool_call_ids did not have response messages: {}",
        open.join(", ")
    );
    Err(Refusal::invalid(None, param, message))
}

fn format(request: &Request) -> Result<(), Refusal> {
    match &request.response_format {
        Some(ResponseFormat::JsonSchema(format)) => {
            no_extra(&format.extra, "response_format.")?;
            let Some(format) = &format.json_schema else {
                return Err(Refusal::missing("response_format.json_schema"));
            };
            no_extra(&format.extra, "response_format.json_schema.")?;
            let name = named(format.name.as_deref(), "response_format.json_schema.name", NAME_LIMIT)?;
            if format.strict == Some(true) {
                let what = format!("response_format '{name}'");
                strict::check(format.schema.as_ref(), &what, "response_format", "invalid_json_schema")?;
            }
            Ok(())
        }
        Some(ResponseFormat::JsonObject(_)) => {
            let messages = serde_json::to_string(&request.messages).unwrap_or_default();
            says_json(messages.to_lowercase().contains("json"), "messages", "response_format")
        }
        Some(ResponseFormat::Unknown(format)) => {
            Err(Refusal::value("response_format.type", &format.kind, "'json_object', 'json_schema', and 'text'"))
        }
        Some(ResponseFormat::Text(_)) | None => Ok(()),
    }
}
