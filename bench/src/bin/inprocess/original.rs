//! The program that is replaced, as it did its work: `aigw-openai`'s parser for Responses streams, and around it the plainest
//! bridge, which keeps bytes in a vector, takes a line off its front at a time, and formats a tree for each chunk.

use aigw_core::model::{FinishReason, StreamEvent};
use aigw_core::translate::StreamParser as _;
use aigw_openai::ResponsesStreamParser;
use serde_json::{Value, json};

pub struct Original {
    rest: Vec<u8>,
    parser: ResponsesStreamParser,
    id: String,
    model: String,
}

impl Original {
    pub fn new() -> Self {
        Self {
            rest: Vec::new(),
            parser: ResponsesStreamParser::new(),
            id: "chatcmpl-1".to_owned(),
            model: String::new(),
        }
    }

    /// Takes bytes, and appends what they make to `out`.
    pub fn bytes(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let Some(data) = line.trim_end().strip_prefix("data: ") else { continue };
            for event in self.parser.parse_event("", data).unwrap_or_default() {
                if let StreamEvent::Done = event {
                    out.extend_from_slice(b"data: [DONE]\n\n");
                } else if let Some(chunk) = self.chunk(event) {
                    out.extend_from_slice(format!("data: {chunk}\n\n").as_bytes());
                }
            }
        }
    }

    fn chunk(&mut self, event: StreamEvent) -> Option<Value> {
        let mut reason = Value::Null;
        let delta = match event {
            StreamEvent::ResponseMeta { id, model } => {
                self.id = format!("chatcmpl-{id}");
                self.model = model;
                json!({ "role": "assistant", "content": "" })
            }
            StreamEvent::ContentDelta(text) => json!({ "content": text }),
            StreamEvent::ReasoningDelta(text) => json!({ "reasoning_content": text }),
            StreamEvent::ToolCallStart { index, id, name } => {
                let function = json!({ "name": name, "arguments": "" });
                json!({ "tool_calls": [{ "index": index, "id": id, "type": "function", "function": function }] })
            }
            StreamEvent::ToolCallDelta { index, arguments } => {
                json!({ "tool_calls": [{ "index": index, "function": { "arguments": arguments } }] })
            }
            StreamEvent::Finish(finish) => {
                reason = match finish {
                    FinishReason::Stop => "stop".into(),
                    FinishReason::Length => "length".into(),
                    FinishReason::ToolCalls => "tool_calls".into(),
                    _ => "content_filter".into(),
                };
                json!({})
            }
            StreamEvent::Usage(usage) => {
                let usage = json!({ "prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens, "total_tokens": usage.total_tokens });
                return Some(self.enveloped(json!([]), Some(usage)));
            }
            _ => return None,
        };
        Some(self.enveloped(json!([{ "index": 0, "delta": delta, "finish_reason": reason }]), None))
    }

    fn enveloped(&self, choices: Value, usage: Option<Value>) -> Value {
        json!({ "id": self.id, "object": "chat.completion.chunk", "model": self.model, "choices": choices, "usage": usage })
    }
}
