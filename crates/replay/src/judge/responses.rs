//! What the Responses API refuses.

use interlingua_wire::responses::{
    Content, ContentPart, Input, Item, Message, Request, Role, TextFormat, Tool, ToolChoice, ToolChoiceMode,
    ToolChoiceObject,
};
use serde_json::Number;

use super::refusal::Refusal;
use super::shape::{chosen, named, no_extra, range, says_json, sized};
use super::strict;

/// A function's name, in characters.
const NAME_LIMIT: usize = 128;

/// A call id, in characters.
const CALL_ID_LIMIT: usize = 64;

/// The least budget, in tokens.
const LEAST_OUTPUT_TOKENS: i64 = 16;

pub(super) fn check(request: &Request) -> Result<(), Refusal> {
    no_extra(&request.extra, "")?;
    let is_stored = request.previous_response_id.is_some() || request.conversation.is_some();
    if request.model.is_none() && request.prompt.is_none() {
        return Err(Refusal::missing("model"));
    }
    numbers(request)?;
    if request.stream_options.is_some() && request.stream != Some(true) {
        let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        return Err(Refusal::invalid(None, "stream_options", message));
    }
    if let Some(reasoning) = &request.reasoning {
        no_extra(&reasoning.extra, "reasoning.")?;
    }
    tools(request)?;
    match &request.input {
        None if request.prompt.is_none() && !is_stored => return Err(Refusal::missing("input")),
        None | Some(Input::Text(_)) => {}
        Some(Input::Items(items)) => {
            for (index, item) in items.iter().enumerate() {
                one_item(item, &format!("input[{index}]"))?;
            }
            if !is_stored {
                calls_and_results(items)?;
            }
            reasoning_is_followed(items)?;
        }
    }
    text(request)
}

fn numbers(request: &Request) -> Result<(), Refusal> {
    range(request.temperature.as_ref().and_then(Number::as_f64), "temperature", 0.0, 2.0)?;
    range(request.top_p.as_ref().and_then(Number::as_f64), "top_p", 0.0, 1.0)?;
    if let Some(count) = request.top_logprobs.filter(|count| !(0..=20).contains(&count.0)) {
        let message =
            format!("Invalid 'top_logprobs': expected a value between 0 and 20, but got {} instead.", count.0);
        return Err(Refusal::invalid("invalid_value", "top_logprobs", message));
    }
    if let Some(count) = request.max_output_tokens.filter(|count| count.0 < LEAST_OUTPUT_TOKENS) {
        let message = format!(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= {LEAST_OUTPUT_TOKENS}, but got {} \
             instead.",
            count.0
        );
        return Err(Refusal::invalid("integer_below_min_value", "max_output_tokens", message));
    }
    Ok(())
}

fn tools(request: &Request) -> Result<(), Refusal> {
    let mut names = Vec::new();
    for (index, tool) in request.tools.iter().flatten().enumerate() {
        let at = format!("tools[{index}]");
        if let Tool::Function(tool) = tool {
            no_extra(&tool.extra, &format!("{at}."))?;
            let name = named(tool.name.as_deref(), &format!("{at}.name"), NAME_LIMIT)?;
            if tool.strict == Some(true) {
                let param = format!("{at}.parameters");
                strict::check(
                    tool.parameters.as_ref(),
                    &format!("function '{name}'"),
                    &param,
                    "invalid_function_parameters",
                )?;
            }
            names.push(name);
        } else if let Tool::Custom(tool) = tool {
            no_extra(&tool.extra, &format!("{at}."))?;
            names.push(named(tool.name.as_deref(), &format!("{at}.name"), NAME_LIMIT)?);
        } else if let Tool::Unknown(tool) = tool {
            let supported = "'function', 'custom', 'file_search', 'web_search', 'computer', 'code_interpreter', \
                             'image_generation', 'mcp', 'shell', and 'apply_patch'";
            return Err(Refusal::value(&format!("{at}.type"), &tool.kind, supported));
        } else if let Tool::Namespace(namespace) = tool {
            names.push(named(namespace.name.as_deref(), &format!("{at}.name"), CALL_ID_LIMIT)?);
        }
    }
    tool_choice(request, &names)
}

fn tool_choice(request: &Request, names: &[&str]) -> Result<(), Refusal> {
    let has_tools = request.tools.as_ref().is_some_and(|tools| !tools.is_empty());
    match &request.tool_choice {
        Some(ToolChoice::Mode(ToolChoiceMode::Required)) if !has_tools => {
            let message = "Tool choice 'required' must be specified with 'tools' parameter.";
            Err(Refusal::invalid(None, "tool_choice", message))
        }
        Some(ToolChoice::Mode(ToolChoiceMode::Other(mode))) => {
            Err(Refusal::value("tool_choice", mode, "'none', 'auto', and 'required'"))
        }
        Some(ToolChoice::Object(object)) => {
            if let ToolChoiceObject::Function(tool) | ToolChoiceObject::Custom(tool) = object {
                no_extra(&tool.extra, "tool_choice.")?;
                chosen(tool.name.as_deref(), names, "")
            } else if let ToolChoiceObject::AllowedTools(allowed) = object {
                no_extra(&allowed.extra, "tool_choice.")?;
                for tool in allowed.tools.iter().flatten() {
                    no_extra(&tool.extra, "tool_choice.tools[].")?;
                    if matches!(tool.kind.as_deref(), Some("function" | "custom")) {
                        chosen(tool.name.as_deref(), names, "tools[].")?;
                    }
                }
                Ok(())
            } else {
                Ok(())
            }
        }
        Some(ToolChoice::Mode(_)) | None => Ok(()),
    }
}

fn one_item(item: &Item, at: &str) -> Result<(), Refusal> {
    let inside = format!("{at}.");
    if let Item::Message(message) = item {
        no_extra(&message.extra, &inside)?;
        one_message(message, at)
    } else if let Item::FunctionCall(call) = item {
        no_extra(&call.extra, &inside)?;
        prefix(call.id.as_deref(), "fc", at)?;
        sized(call.call_id.as_deref(), &format!("{at}.call_id"), CALL_ID_LIMIT)?;
        named(call.name.as_deref(), &format!("{at}.name"), NAME_LIMIT)?;
        call.arguments.as_ref().map(drop).ok_or_else(|| Refusal::missing(&format!("{at}.arguments")))
    } else if let Item::CustomToolCall(call) = item {
        no_extra(&call.extra, &inside)?;
        prefix(call.id.as_deref(), "ctc", at)?;
        sized(call.call_id.as_deref(), &format!("{at}.call_id"), CALL_ID_LIMIT)?;
        named(call.name.as_deref(), &format!("{at}.name"), NAME_LIMIT)?;
        call.input.as_ref().map(drop).ok_or_else(|| Refusal::missing(&format!("{at}.input")))
    } else if let Item::FunctionCallOutput(output) = item {
        no_extra(&output.extra, &inside)?;
        sized(output.call_id.as_deref(), &format!("{at}.call_id"), CALL_ID_LIMIT)?;
        result(output.output.as_ref(), at)
    } else if let Item::CustomToolCallOutput(output) = item {
        no_extra(&output.extra, &inside)?;
        sized(output.call_id.as_deref(), &format!("{at}.call_id"), CALL_ID_LIMIT)?;
        result(output.output.as_ref(), at)
    } else if let Item::Reasoning(reasoning) = item {
        no_extra(&reasoning.extra, &inside)?;
        prefix(reasoning.id.as_deref(), "rs", at)?;
        reasoning.summary.as_ref().map(drop).ok_or_else(|| Refusal::missing(&format!("{at}.summary")))
    } else if let Item::Unknown(unknown) = item {
        let supported = "'message', 'reasoning', 'function_call', 'function_call_output', 'custom_tool_call', \
                         'custom_tool_call_output', and those of the hosted tools";
        Err(Refusal::value(&format!("{at}.type"), &unknown.kind, supported))
    } else {
        Ok(())
    }
}

/// Refuses an item id of another family.
fn prefix(id: Option<&str>, expected: &str, at: &str) -> Result<(), Refusal> {
    match id {
        Some(id) if !id.starts_with(expected) => {
            let message = format!("Invalid '{at}.id': '{id}'. Expected an ID that begins with '{expected}'.");
            Err(Refusal::invalid("invalid_value", format!("{at}.id"), message))
        }
        _ => Ok(()),
    }
}

fn one_message(message: &Message, at: &str) -> Result<(), Refusal> {
    let is_assistant = match &message.role {
        None => return Err(Refusal::missing(&format!("{at}.role"))),
        Some(Role::Other(role)) => {
            let supported = "'assistant', 'system', 'developer', and 'user'";
            return Err(Refusal::value(&format!("{at}.role"), role, supported));
        }
        Some(Role::Assistant) => true,
        Some(Role::User | Role::System | Role::Developer) => false,
    };
    if is_assistant {
        prefix(message.id.as_deref(), "msg", at)?;
    }
    let Some(content) = &message.content else { return Err(Refusal::missing(&format!("{at}.content"))) };
    let Content::Parts(parts) = content else { return Ok(()) };
    for (index, part) in parts.iter().enumerate() {
        let at = format!("{at}.content[{index}]");
        let (fits, supported) = if is_assistant {
            (matches!(part, ContentPart::OutputText(_) | ContentPart::Refusal(_)), "'output_text' and 'refusal'")
        } else {
            (is_input(part), "'input_text', 'input_image', and 'input_file'")
        };
        if !fits {
            return Err(Refusal::value(&at, part.tag(), supported));
        }
        part_fields(part, &at)?;
    }
    Ok(())
}

fn is_input(part: &ContentPart) -> bool {
    matches!(part, ContentPart::InputText(_) | ContentPart::InputImage(_) | ContentPart::InputFile(_))
}

fn part_fields(part: &ContentPart, at: &str) -> Result<(), Refusal> {
    let inside = format!("{at}.");
    if let ContentPart::InputText(part) = part {
        no_extra(&part.extra, &inside)
    } else if let ContentPart::InputImage(part) = part {
        no_extra(&part.extra, &inside)?;
        let has_source = part.image_url.is_some() || part.file_id.is_some();
        if has_source { Ok(()) } else { Err(Refusal::missing(&format!("{at}.image_url"))) }
    } else if let ContentPart::InputFile(part) = part {
        no_extra(&part.extra, &inside)?;
        let has_source = part.file_id.is_some() || part.file_data.is_some() || part.file_url.is_some();
        if has_source { Ok(()) } else { Err(Refusal::missing(&format!("{at}.file_id"))) }
    } else if let ContentPart::OutputText(part) = part {
        no_extra(&part.extra, &inside)?;
        part.text.as_ref().map(drop).ok_or_else(|| Refusal::missing(&format!("{at}.text")))
    } else {
        Ok(())
    }
}

fn result(output: Option<&Content>, at: &str) -> Result<(), Refusal> {
    let Some(output) = output else { return Err(Refusal::missing(&format!("{at}.output"))) };
    let Content::Parts(parts) = output else { return Ok(()) };
    match parts.iter().position(|part| !is_input(part)) {
        Some(index) => {
            let found = parts.get(index).map_or("", |part| part.tag());
            let supported = "'input_text', 'input_image', and 'input_file'";
            Err(Refusal::value(&format!("{at}.output[{index}]"), found, supported))
        }
        None => Ok(()),
    }
}

/// Every result has its call before it, and every call its result.
fn calls_and_results(items: &[Item]) -> Result<(), Refusal> {
    let mut open: Vec<(&str, bool)> = Vec::new();
    let mut all: Vec<(&str, bool)> = Vec::new();
    for item in items {
        let (id, is_custom, is_call) = if let Item::FunctionCall(call) = item {
            (call.call_id.as_deref(), false, true)
        } else if let Item::CustomToolCall(call) = item {
            (call.call_id.as_deref(), true, true)
        } else if let Item::FunctionCallOutput(output) = item {
            (output.call_id.as_deref(), false, false)
        } else if let Item::CustomToolCallOutput(output) = item {
            (output.call_id.as_deref(), true, false)
        } else {
            continue;
        };
        let call = (id.unwrap_or_default(), is_custom);
        let kind = if is_custom { "custom tool call" } else { "function call" };
        if is_call {
            if all.contains(&call) {
                let message = format!("Duplicate {kind} with call_id {} in input.", call.0);
                return Err(Refusal::invalid(None, "input", message));
            }
            open.push(call);
            all.push(call);
        } else if all.contains(&call) {
            open.retain(|known| *known != call);
        } else {
            let message = format!("No tool call found for {kind} output with call_id {}.", call.0);
            return Err(Refusal::invalid(None, "input", message));
        }
    }
    match open.first() {
        Some((id, is_custom)) => {
            let kind = if *is_custom { "custom tool call" } else { "function call" };
            Err(Refusal::invalid(None, "input", format!("No tool output found for {kind} {id}.")))
        }
        None => Ok(()),
    }
}

/// A reasoning item belongs to what the model did next.
fn reasoning_is_followed(items: &[Item]) -> Result<(), Refusal> {
    for (index, item) in items.iter().enumerate() {
        let Item::Reasoning(reasoning) = item else { continue };
        let is_followed = items.get(index + 1).is_some_and(|next| {
            if let Item::Message(message) = next {
                message.role == Some(Role::Assistant)
            } else {
                !next.tag().ends_with("_output")
            }
        });
        if !is_followed {
            let id = reasoning.id.as_deref().unwrap_or_default();
            let message = format!("Item '{id}' of type 'reasoning' was provided without its required following item.");
            return Err(Refusal::invalid(None, "input", message));
        }
    }
    Ok(())
}

fn text(request: &Request) -> Result<(), Refusal> {
    let Some(text) = &request.text else { return Ok(()) };
    no_extra(&text.extra, "text.")?;
    match &text.format {
        Some(TextFormat::JsonSchema(format)) => {
            no_extra(&format.extra, "text.format.")?;
            let name = named(format.name.as_deref(), "text.format.name", 64)?;
            if format.schema.is_none() {
                return Err(Refusal::missing("text.format.schema"));
            }
            if format.strict == Some(true) {
                let what = format!("response_format '{name}'");
                strict::check(format.schema.as_ref(), &what, "text.format.schema", "invalid_json_schema")?;
            }
            Ok(())
        }
        Some(TextFormat::JsonObject(_)) => {
            let input = serde_json::to_string(&request.input).unwrap_or_default();
            says_json(input.to_lowercase().contains("json"), "input", "text.format")
        }
        Some(TextFormat::Unknown(format)) => {
            Err(Refusal::value("text.format.type", &format.kind, "'json_object', 'json_schema', and 'text'"))
        }
        Some(TextFormat::Text(_)) | None => Ok(()),
    }
}
