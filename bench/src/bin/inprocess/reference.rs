//! What little of a translation a benchmark sees: text, thoughts, calls, the end, and the texts moved as they are spelt.
//!
//! No errors, no losses, no names, no fields that nobody sends here: a bound for what does all of it, not a translator.

use std::io::Write as _;

use interlingua_sse::Parser;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
    #[serde(borrow)]
    item: Option<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    call_id: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
}

/// A Responses stream as a Chat stream. The bytes that were written.
pub fn stream(bytes: &[u8], size: usize) -> usize {
    let (mut parser, mut out, mut total, mut calls) = (Parser::new(), Vec::with_capacity(64 * 1024), 0, 0);
    for piece in bytes.chunks(size) {
        parser.feed(piece);
        while let Some(event) = parser.next_event().unwrap() {
            let Event { kind, delta, item } = serde_json::from_str(event.data).unwrap();
            match kind {
                "response.output_text.delta" => chunk(&mut out, r#"{"content":"#, delta, "}"),
                "response.reasoning_summary_text.delta" => chunk(&mut out, r#"{"reasoning_content":"#, delta, "}"),
                "response.function_call_arguments.delta" => {
                    let before = format!(r#"{{"tool_calls":[{{"index":{},"function":{{"arguments":"#, calls - 1);
                    chunk(&mut out, &before, delta, "}}]}");
                }
                "response.output_item.added" => {
                    let Some(Item { kind: "function_call", call_id, name }) = item else { continue };
                    let id = call_id.map_or("null", RawValue::get);
                    let before = format!(
                        r#"{{"tool_calls":[{{"index":{calls},"id":{id},"type":"function","function":{{"arguments":"","name":"#
                    );
                    chunk(&mut out, &before, name, "}}]}");
                    calls += 1;
                }
                "response.completed" => {
                    chunk(&mut out, "{", None, "}");
                    out.extend_from_slice(b"data: [DONE]\n\n");
                }
                _ => {}
            }
        }
        total += out.len();
        out.clear();
    }
    total
}

fn chunk(out: &mut Vec<u8>, before: &str, text: Option<&RawValue>, after: &str) {
    out.extend_from_slice(br#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":0,"model":"gpt-5.4","choices":[{"index":0,"delta":"#);
    out.extend_from_slice(before.as_bytes());
    out.extend_from_slice(text.map_or("", RawValue::get).as_bytes());
    out.extend_from_slice(after.as_bytes());
    out.extend_from_slice(b",\"logprobs\":null,\"finish_reason\":null}]}\n\n");
}

#[derive(Deserialize)]
struct Request<'a> {
    model: &'a str,
    #[serde(default)]
    stream: bool,
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
    #[serde(borrow, default)]
    tools: Vec<Tool<'a>>,
    reasoning_effort: Option<&'a str>,
}

#[derive(Deserialize)]
struct Message<'a> {
    role: &'a str,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    tool_call_id: Option<&'a str>,
    #[serde(borrow, default)]
    tool_calls: Vec<Call<'a>>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    image_url: Option<Image<'a>>,
}

#[derive(Deserialize)]
struct Image<'a> {
    #[serde(borrow)]
    url: &'a RawValue,
}

#[derive(Deserialize)]
struct Call<'a> {
    id: &'a str,
    #[serde(borrow)]
    function: Function<'a>,
}

#[derive(Deserialize)]
struct Function<'a> {
    name: &'a str,
    #[serde(borrow)]
    arguments: &'a RawValue,
}

#[derive(Deserialize)]
struct Tool<'a> {
    #[serde(borrow)]
    function: Declared<'a>,
}

#[derive(Deserialize)]
struct Declared<'a> {
    name: &'a str,
    #[serde(borrow)]
    description: &'a RawValue,
    #[serde(borrow)]
    parameters: &'a RawValue,
}

/// A Chat request as a Responses request.
pub fn request(body: &[u8]) -> Vec<u8> {
    let Request { model, stream, messages, tools, reasoning_effort } = serde_json::from_slice(body).unwrap();
    let mut out = Vec::with_capacity(body.len() + body.len() / 4);
    let _ = write!(out, r#"{{"model":"{model}","stream":{stream},"store":false,"input":["#);
    let mut comma = "";
    for Message { role, content, tool_call_id, tool_calls } in messages {
        if let (Some(id), Some(output)) = (tool_call_id, content) {
            let _ = write!(out, r#"{comma}{{"type":"function_call_output","call_id":"{id}","output":{output}}}"#);
        } else if let Some(content) = content.filter(|content| content.get().starts_with('[')) {
            let _ = write!(out, r#"{comma}{{"type":"message","role":"{role}","content":["#);
            let mut comma = "";
            for Part { text, image_url } in serde_json::from_str::<Vec<Part<'_>>>(content.get()).unwrap() {
                if let Some(text) = text {
                    let _ = write!(out, r#"{comma}{{"type":"input_text","text":{text}}}"#);
                }
                if let Some(Image { url }) = image_url {
                    let _ = write!(out, r#"{comma}{{"type":"input_image","image_url":{url}}}"#);
                }
                comma = ",";
            }
            out.extend_from_slice(b"]}");
        } else if let Some(content) = content {
            let _ = write!(out, r#"{comma}{{"type":"message","role":"{role}","content":{content}}}"#);
        }
        for Call { id, function: Function { name, arguments } } in tool_calls {
            let _ = write!(
                out,
                r#"{comma}{{"type":"function_call","call_id":"{id}","name":"{name}","arguments":{arguments}}}"#
            );
            comma = ",";
        }
        comma = ",";
    }
    out.extend_from_slice(br#"],"tools":["#);
    let mut comma = "";
    for Tool { function: Declared { name, description, parameters } } in tools {
        let _ = write!(
            out,
            r#"{comma}{{"type":"function","name":"{name}","description":{description},"parameters":{parameters},"strict":false}}"#
        );
        comma = ",";
    }
    let _ =
        write!(out, r#"],"tool_choice":"auto","reasoning":{{"effort":"{}"}}}}"#, reasoning_effort.unwrap_or("medium"));
    out
}
