//! The parameter an upstream blames, in the caller's own terms.

use interlingua_model::{Origin, Request, Sources};
use interlingua_wire::{chat, responses};

use crate::chat_params::{self, ChatParams};

/// What has to be known of a request to translate the paths of its upstream's errors.
#[derive(Debug)]
pub(crate) enum Params {
    /// A Chat request for a Responses upstream.
    OfChat(ChatParams),
    /// A Responses request for a Chat upstream.
    OfResponses(ResponsesParams),
}

impl Params {
    /// The path in the caller's request that a path in the upstream's came from.
    pub(crate) fn callers(&self, param: &str) -> String {
        match self {
            Self::OfChat(params) => params.in_chat(param),
            Self::OfResponses(params) => params.in_responses(param),
        }
    }
}

/// The places of a request that is about to be encoded.
pub(crate) struct Before<'r>(pub(crate) &'r Request);

impl Before<'_> {
    /// For a Responses upstream.
    pub(crate) fn responses(&self) -> impl FnOnce(&responses::Request) -> Params + use<> {
        let before = chat_params::Before::of(self.0);
        move |written| Params::OfChat(before.matched(written))
    }

    /// For a Chat upstream.
    pub(crate) fn chat(&self) -> impl FnOnce(&chat::Request) -> Params + use<> {
        let sources = self.0.sources.clone();
        let tools: Vec<Origin> = self.0.tools.iter().map(chat_params::origin_of).collect();
        move |written| {
            // Tools may have been left out, and then their places say nothing.
            let in_step = written.tools.as_ref().map_or(0, Vec::len) == tools.len();
            let tools = if in_step { tools } else { Vec::new() };
            Params::OfResponses(ResponsesParams { sources, tools })
        }
    }
}

/// The places of a Responses request. Messages have none: Chat joins several items into one.
#[derive(Debug)]
pub(crate) struct ResponsesParams {
    sources: Sources,
    /// Where each tool came from.
    tools: Vec<Origin>,
}

impl ResponsesParams {
    fn in_responses(&self, param: &str) -> String {
        if param == "messages" || param.starts_with("messages[") {
            return "input".to_owned();
        }
        if let Some((index, rest)) = chat_params::indexed(param, "tools") {
            return self.in_tool(index, rest);
        }
        let renamed = match param {
            "max_tokens" | "max_completion_tokens" => "max_output_tokens",
            "reasoning_effort" => "reasoning.effort",
            "verbosity" => "text.verbosity",
            "web_search_options" => "tools",
            "logprobs" => "top_logprobs",
            "response_format" => "text.format",
            "response_format.type" => "text.format.type",
            _ => match param.strip_prefix("response_format.json_schema") {
                Some(rest) => return format!("text.format{rest}"),
                None => param,
            },
        };
        renamed.to_owned()
    }

    fn in_tool(&self, index: usize, rest: &str) -> String {
        let path = self.tools.get(index).map(|origin| self.sources.path(*origin)).filter(|path| !path.is_empty());
        let Some(path) = path else { return "tools".to_owned() };
        let nested = [".function", ".custom"].iter().find_map(|group| rest.strip_prefix(group));
        format!("{path}{}", nested.unwrap_or(rest))
    }
}

#[cfg(test)]
mod tests {
    use interlingua_translate::{Profile, chat, responses};
    use serde_json::json;

    use super::*;

    #[test]
    fn every_path_leads_back_into_the_responses_request() {
        let body = json!({
            "model": "m",
            "input": "hi",
            "tools": [
                {"type": "function", "name": "f", "parameters": {"type": "object"}},
                {"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "g", "parameters": {}}]},
            ],
        });
        let request = responses::decode_request(serde_json::from_str(&body.to_string()).unwrap()).unwrap().value;
        let matched = Before(&request).chat();
        let params = matched(&chat::encode_request(request, &Profile::openai()).unwrap().value);
        for (upstream, own) in [
            ("messages", "input"),
            ("messages[3].content[0].text", "input"),
            ("tools[0].function.parameters", "tools[0].parameters"),
            ("tools[0].type", "tools[0].type"),
            ("tools[1].function.name", "tools[1].tools[0].name"),
            ("tools[7]", "tools"),
            ("max_tokens", "max_output_tokens"),
            ("max_completion_tokens", "max_output_tokens"),
            ("reasoning_effort", "reasoning.effort"),
            ("response_format", "text.format"),
            ("response_format.json_schema.schema", "text.format.schema"),
            ("temperature", "temperature"),
            ("model", "model"),
        ] {
            assert_eq!(params.callers(upstream), own, "{upstream}");
        }
    }
}
