//! What the Messages API refuses.

use std::collections::HashSet;

use interlingua_wire::messages::{Block, Content, Request, Role, ThinkingConfig, Tool, ToolChoice};
use serde_json::Number;

use super::refusal::Refusal;
use super::shape::{chosen, named, no_extra, range, sized};

/// A tool's name, in characters.
const NAME_LIMIT: usize = 128;
/// A call's id, in characters.
const ID_LIMIT: usize = 128;
/// The least budget of thoughts, in tokens.
const LEAST_BUDGET: i64 = 1024;

pub(super) fn check(request: &Request) -> Result<(), Refusal> {
    no_extra(&request.extra, "")?;
    if request.model.is_none() {
        return Err(required("model"));
    }
    let limit = request.max_tokens.ok_or_else(|| required("max_tokens"))?;
    if limit.0 < 0 {
        return Err(invalid("max_tokens", "Input should be greater than or equal to 0"));
    }
    let messages = request.messages.as_deref().ok_or_else(|| required("messages"))?;
    if messages.is_empty() {
        return Err(invalid("messages", "at least one message is required"));
    }
    range(request.temperature.as_ref().and_then(Number::as_f64), "temperature", 0.0, 1.0)?;
    range(request.top_p.as_ref().and_then(Number::as_f64), "top_p", 0.0, 1.0)?;
    thinking(request, limit.0)?;
    tools(request)?;
    let mut open: Vec<&str> = Vec::new();
    let mut last = None;
    for (index, message) in messages.iter().enumerate() {
        let at = format!("messages.{index}");
        let role = message.role.as_ref().ok_or_else(|| required(&format!("{at}.role")))?;
        let content = message.content.as_ref().ok_or_else(|| required(&format!("{at}.content")))?;
        if *role == Role::System && last.is_none_or(|last| last == Role::System) {
            return Err(invalid(&at, "a system message must follow a user message"));
        }
        let blocks = blocks(content, &at)?;
        if *role == Role::User {
            results(blocks, &open, &at)?;
        } else if !open.is_empty() && *role == Role::Assistant {
            return Err(unanswered(&at, &open));
        }
        if *role != Role::System {
            open = calls(blocks, &at)?;
        }
        last = Some(role.clone());
    }
    if open.is_empty() { Ok(()) } else { Err(unanswered("messages", &open)) }
}

fn required(field: &str) -> Refusal {
    invalid(field, "Field required")
}

fn invalid(field: &str, problem: &str) -> Refusal {
    Refusal::invalid(None, "", format!("{field}: {problem}"))
}

fn unanswered(at: &str, open: &[&str]) -> Refusal {
    let ids = open.join(", ");
    let problem = format!(
        "`tool_use` ids were found without `tool_result` blocks immediately after: {ids}. Each `tool_use` block must have a \
         corresponding `tool_result` block in the next message."
    );
    invalid(at, &problem)
}

fn thinking(request: &Request, limit: i64) -> Result<(), Refusal> {
    let Some(ThinkingConfig::Enabled(thinking)) = &request.thinking else { return Ok(()) };
    let budget = thinking.budget_tokens.ok_or_else(|| required("thinking.enabled.budget_tokens"))?.0;
    if budget < LEAST_BUDGET {
        return Err(invalid("thinking.enabled.budget_tokens", "Input should be greater than or equal to 1024"));
    }
    if budget >= limit {
        return Err(invalid("max_tokens", "`max_tokens` must be greater than `thinking.budget_tokens`"));
    }
    Ok(())
}

fn tools(request: &Request) -> Result<(), Refusal> {
    let mut names = Vec::new();
    for (index, tool) in request.tools.iter().flatten().enumerate() {
        let Tool::Custom(tool) = tool else { continue };
        let at = format!("tools.{index}.custom");
        names.push(named(tool.name.as_deref(), &format!("{at}.name"), NAME_LIMIT)?);
        let schema = tool.input_schema.as_ref().ok_or_else(|| required(&format!("{at}.input_schema")))?;
        let is_object = schema
            .parse::<serde_json::Value>()
            .is_ok_and(|schema| schema.get("type").is_some_and(|kind| kind == "object"));
        if !is_object {
            return Err(invalid(&format!("{at}.input_schema.type"), "Input should be 'object'"));
        }
    }
    match &request.tool_choice {
        Some(ToolChoice::Tool(tool)) => chosen(tool.name.as_deref(), &names, ""),
        Some(ToolChoice::Auto(_) | ToolChoice::Any(_) | ToolChoice::None(_)) if request.tools.is_none() => {
            Err(invalid("tool_choice", "`tool_choice` may only be specified while providing `tools`"))
        }
        Some(ToolChoice::Auto(_) | ToolChoice::Any(_) | ToolChoice::None(_) | ToolChoice::Unknown(_)) | None => Ok(()),
    }
}

fn blocks<'a>(content: &'a Content, at: &str) -> Result<&'a [Block], Refusal> {
    let empty = || invalid(at, "text content blocks must contain non-whitespace text");
    match content {
        Content::Text(text) if text.trim().is_empty() => Err(empty()),
        Content::Text(_) => Ok(&[]),
        Content::Blocks(blocks) => {
            let is_blank = |block: &Block| {
                let Block::Text(text) = block else { return false };
                text.text.as_ref().is_none_or(|text| text.trim().is_empty())
            };
            if blocks.iter().any(is_blank) { Err(empty()) } else { Ok(blocks) }
        }
    }
}

fn calls<'a>(blocks: &'a [Block], at: &str) -> Result<Vec<&'a str>, Refusal> {
    let mut ids = Vec::new();
    for block in blocks {
        if let Block::ToolUse(call) = block {
            let id = named(call.id.as_deref(), &format!("{at}.content.tool_use.id"), ID_LIMIT)?;
            sized(call.name.as_deref(), &format!("{at}.content.tool_use.name"), NAME_LIMIT)?;
            let is_object = call.input.as_ref().is_some_and(|input| input.get().starts_with('{'));
            if !is_object {
                return Err(invalid(&format!("{at}.content.tool_use.input"), "Input should be a valid dictionary"));
            }
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Results come first, as one run, and answer every call of the turn before and no other.
fn results(blocks: &[Block], open: &[&str], at: &str) -> Result<(), Refusal> {
    let mut answered = HashSet::new();
    let mut has_other = false;
    for block in blocks {
        if let Block::ToolResult(result) = block {
            let id = result.tool_use_id.as_deref().unwrap_or_default();
            if !open.contains(&id) {
                let problem = format!("unexpected `tool_use_id` found in `tool_result` blocks: {id}.");
                return Err(invalid(at, &problem));
            }
            if has_other {
                return Err(invalid(at, "`tool_result` blocks must come before all other content"));
            }
            answered.insert(id);
        } else {
            has_other = true;
        }
    }
    let left: Vec<&str> = open.iter().copied().filter(|id| !answered.contains(id)).collect();
    if left.is_empty() { Ok(()) } else { Err(unanswered(at, &left)) }
}
