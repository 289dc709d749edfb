//! The parameter a Responses upstream blames, as a path in the caller's own Chat request.

use interlingua_model::{ItemKind, Origin, Request, Sources, Tool};
use interlingua_wire::responses as wire;

/// What has to be known of a request to translate the paths of its errors. Small: no text of the conversation is in it.
#[derive(Debug)]
pub(crate) struct ChatParams {
    sources: Sources,
    /// Where each item of `input` came from, in order; `None` for what has no place of its own.
    input: Vec<Option<Place>>,
    /// Where each tool came from.
    tools: Vec<Origin>,
    /// Where the token limit came from.
    limit: Option<Origin>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    origin: Origin,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Message,
    Call,
    Result,
    Thought,
    Opaque,
}

/// The places of a request that is about to be encoded.
pub(crate) struct Before {
    sources: Sources,
    items: Vec<Place>,
    tools: Vec<Origin>,
    limit: Option<Origin>,
}

impl Before {
    pub(crate) fn of(request: &Request) -> Self {
        Self {
            sources: request.sources.clone(),
            items: request.items.iter().map(|item| Place { origin: item.origin, kind: kind_of(&item.kind) }).collect(),
            tools: request.tools.iter().map(origin_of).collect(),
            limit: request.limits.max_output_tokens.as_ref().map(|limit| limit.origin),
        }
    }

    /// Matches the places with what was written. Thoughts may have been left out, and tools may ride in the input; all
    /// other items are written one for one.
    pub(crate) fn matched(self, written: &wire::Request) -> ChatParams {
        let Self { sources, items, tools, limit } = self;
        let written = match &written.input {
            Some(wire::Input::Items(items)) => items.as_slice(),
            Some(wire::Input::Text(_)) | None => &[],
        };
        let is_own = |item: &wire::Item| !matches!(item, wire::Item::Reasoning(_) | wire::Item::AdditionalTools(_));
        let speaking = || items.iter().filter(|place| place.kind != Kind::Thought).copied();
        let in_step = written.iter().filter(|item| is_own(item)).count() == speaking().count();
        let mut places = speaking();
        let input = written.iter().map(|item| if in_step && is_own(item) { places.next() } else { None }).collect();
        ChatParams { sources, input, tools, limit }
    }
}

impl ChatParams {
    /// The path in the Chat request that a path in the Responses request came from.
    pub(crate) fn in_chat(&self, param: &str) -> String {
        if let Some((index, rest)) = indexed(param, "input") {
            return self.in_item(index, rest);
        }
        if let Some((index, rest)) = indexed(param, "tools") {
            return self.in_tool(index, rest).unwrap_or_else(|| param.to_owned());
        }
        match param {
            "input" | "instructions" => "messages".to_owned(),
            "max_output_tokens" => {
                self.limit.map_or_else(|| "max_completion_tokens".to_owned(), |limit| self.sources.path(limit))
            }
            "reasoning" | "reasoning.effort" => "reasoning_effort".to_owned(),
            "text.verbosity" => "verbosity".to_owned(),
            "text" | "text.format" => "response_format".to_owned(),
            "text.format.type" => "response_format.type".to_owned(),
            _ => match param.strip_prefix("text.format.") {
                Some(rest) => format!("response_format.json_schema.{rest}"),
                None => param.to_owned(),
            },
        }
    }

    fn in_item(&self, index: usize, rest: &str) -> String {
        let Some(Place { origin, kind }) = self.input.get(index).copied().flatten() else {
            return "messages".to_owned();
        };
        let path = self.sources.path(origin);
        let rest = match kind {
            Kind::Message => part_field(rest),
            Kind::Call => match rest {
                ".name" | ".arguments" if path.ends_with(".function_call") => rest.to_owned(),
                ".name" | ".arguments" => format!(".function{rest}"),
                ".input" => ".custom.input".to_owned(),
                ".call_id" => ".id".to_owned(),
                _ => String::new(),
            },
            Kind::Result => match rest.strip_prefix(".output") {
                Some(inner) => part_field(&format!(".content{inner}")),
                None if rest == ".call_id" => ".tool_call_id".to_owned(),
                None => String::new(),
            },
            Kind::Thought | Kind::Opaque => String::new(),
        };
        format!("{path}{rest}")
    }

    fn in_tool(&self, index: usize, rest: &str) -> Option<String> {
        let path = self.sources.path(*self.tools.get(index)?);
        let is_field = matches!(rest, ".name" | ".description" | ".strict") || rest.starts_with(".parameters");
        let inner = if is_field && path.starts_with("tools[") { ".function" } else { "" };
        (!path.is_empty()).then(|| format!("{path}{inner}{rest}"))
    }
}

/// A field of a message, whose parts Chat nests one level deeper.
fn part_field(rest: &str) -> String {
    let Some((part, field)) = rest.rsplit_once("].") else { return rest.to_owned() };
    let field = match field {
        "image_url" => "image_url.url",
        "detail" => "image_url.detail",
        "file_data" => "file.file_data",
        "file_id" => "file.file_id",
        "filename" => "file.filename",
        other => other,
    };
    format!("{part}].{field}")
}

/// Takes `name[3].rest` apart.
pub(crate) fn indexed<'p>(param: &'p str, name: &str) -> Option<(usize, &'p str)> {
    let (index, rest) = param.strip_prefix(name)?.strip_prefix('[')?.split_once(']')?;
    Some((index.parse().ok()?, rest))
}

fn kind_of(kind: &ItemKind) -> Kind {
    match kind {
        ItemKind::Message(_) => Kind::Message,
        ItemKind::ToolCall(_) => Kind::Call,
        ItemKind::ToolResult(_) => Kind::Result,
        ItemKind::Reasoning(_) => Kind::Thought,
        ItemKind::Opaque(_) => Kind::Opaque,
    }
}

pub(crate) fn origin_of(tool: &Tool) -> Origin {
    match tool {
        Tool::Function(tool) => tool.origin,
        Tool::Custom(tool) => tool.origin,
        Tool::Hosted(tool) => tool.origin,
        Tool::Opaque { origin, .. } => *origin,
    }
}

#[cfg(test)]
mod tests {
    use interlingua_translate::{Profile, chat, responses};
    use serde_json::json;

    use super::*;

    fn params(profile: &Profile) -> ChatParams {
        let body = json!({
            "model": "m",
            "max_tokens": 20,
            "messages": [
                {"role": "system", "content": "s"},
                {"role": "user", "content": [
                    {"type": "text", "text": "t"},
                    {"type": "image_url", "image_url": {"url": "https://host/i.png"}},
                ]},
                {"role": "assistant", "content": null, "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                    {"id": "c2", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                ]},
                {"role": "tool", "tool_call_id": "c1", "content": "r"},
                {"role": "tool", "tool_call_id": "c2", "content": "r"},
                {"role": "user", "content": "u"},
            ],
            "tools": [{"type": "function", "function": {"name": "f"}}],
        });
        let request = chat::decode_request(serde_json::from_str(&body.to_string()).unwrap()).unwrap().value;
        let before = Before::of(&request);
        before.matched(&responses::encode_request(request, profile).unwrap().value)
    }

    #[test]
    fn every_path_leads_back_into_the_chat_request() {
        let params = params(&Profile::openai());
        for (upstream, own) in [
            ("input", "messages"),
            ("input[0]", "messages[0]"),
            ("input[1].content[0].text", "messages[1].content[0].text"),
            ("input[1].content[1].image_url", "messages[1].content[1].image_url.url"),
            ("input[2].name", "messages[2].tool_calls[0].function.name"),
            ("input[3].call_id", "messages[2].tool_calls[1].id"),
            ("input[3].status", "messages[2].tool_calls[1]"),
            ("input[4].output", "messages[3].content"),
            ("input[5].call_id", "messages[4].tool_call_id"),
            ("input[5].output[0].file_data", "messages[4].content[0].file.file_data"),
            ("input[6].content", "messages[5].content"),
            ("input[7]", "messages"),
            ("tools[0].name", "tools[0].function.name"),
            ("tools[0].parameters.properties", "tools[0].function.parameters.properties"),
            ("tools[0]", "tools[0]"),
            ("tools[1].name", "tools[1].name"),
            ("max_output_tokens", "max_tokens"),
            ("reasoning.effort", "reasoning_effort"),
            ("text.format", "response_format"),
            ("text.format.schema", "response_format.json_schema.schema"),
            ("text.verbosity", "verbosity"),
            ("temperature", "temperature"),
            ("model", "model"),
        ] {
            assert_eq!(params.in_chat(upstream), own, "{upstream}");
        }
    }

    #[test]
    fn tools_in_the_input_do_not_shift_the_messages() {
        let mut profile = Profile::codex();
        profile.responses.lite = true;
        let params = params(&profile);
        assert_eq!(params.in_chat("input[0].tools[0]"), "messages");
        assert_eq!(params.in_chat("input[1]"), "messages[0]");
    }
}
