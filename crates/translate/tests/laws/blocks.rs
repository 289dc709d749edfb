//! What Messages asks of what is sent to it, stated a second time and on the wire's own JSON.

use interlingua_translate::{End, Outcome};
use serde_json::{Value, json};

use crate::support::Frame;

/// The order of a stream: the beginning, blocks one after the other, how it ended, the end.
pub(crate) fn order(frames: &[Frame], outcome: &Outcome) -> Result<(), String> {
    let (mut open, mut next): (Option<Value>, u64) = (None, 0);
    let mut expected = "message_start";
    for (number, Frame { name, data, .. }) in frames.iter().enumerate() {
        let event: Value = serde_json::from_str(data).map_err(|error| format!("{error}: {data}"))?;
        let kind = event["type"].as_str().unwrap_or_default().to_owned();
        let fail = |what: &str| Err(format!("event {number} ({kind}): {what}"));
        if name.as_deref() != Some(&*kind) {
            return fail("it goes by another name");
        }
        if kind == "error" {
            hold!(number + 1, frames.len(), "nothing stands behind an error");
            hold!(event["error"]["message"].as_str().is_some_and(|said| !said.is_empty()), true, "the error's message");
            hold!(matches!(outcome.end, End::Failed(_) | End::Truncated), true, "an error is told of what failed");
            return Ok(());
        }
        let is_of_block = kind.starts_with("content_block");
        if if is_of_block { expected != "blocks" } else { kind == "message_delta" && expected != "blocks" } {
            return fail("not its place");
        }
        match kind.as_str() {
            "message_start" if expected == "message_start" => {
                hold!(event["message"]["content"], json!([]), "the beginning has no blocks");
                hold!(event["message"]["stop_reason"], Value::Null, "the beginning has no end");
                expected = "blocks";
            }
            "content_block_start" => {
                if open.is_some() || event["index"] != next {
                    return fail("one block at a time, numbered without gaps");
                }
                next += 1;
                open = Some(event["content_block"].clone());
            }
            "content_block_delta" => {
                let Some(block) = &open else { return fail("no block is open") };
                hold!(event["index"], json!(next - 1), "the block that is open");
                let delta = event["delta"]["type"].as_str().unwrap_or_default();
                let fits = match block["type"].as_str().unwrap_or_default() {
                    "text" => ["text_delta", "citations_delta"].contains(&delta),
                    "thinking" => ["thinking_delta", "signature_delta"].contains(&delta),
                    _ => delta == "input_json_delta",
                };
                if !fits {
                    return fail("a delta in a block of another kind");
                }
            }
            "content_block_stop" => {
                if open.take().is_none() {
                    return fail("no block is open");
                }
            }
            "message_delta" => {
                hold!(open.is_none(), true, "all blocks are closed");
                hold!(event["delta"]["stop_reason"].is_string(), true, "the reason");
                hold!(event["usage"]["output_tokens"].is_u64(), true, "what it cost");
                expected = "message_stop";
            }
            "message_stop" if expected == "message_stop" => expected = "nothing",
            _ => return fail("not its place"),
        }
    }
    hold!(expected, "nothing", "the stream came to its end");
    Ok(())
}

/// The blocks of a stream, put together as clients do, and how it ended, beside the whole message.
pub(crate) fn together(frames: &[Frame], whole: &Value) -> Result<(), String> {
    let mut message = Value::Null;
    let mut inputs: Vec<String> = Vec::new();
    for Frame { data, .. } in frames {
        let event: Value = serde_json::from_str(data).map_err(|error| error.to_string())?;
        match event["type"].as_str().unwrap_or_default() {
            "message_start" => message = event["message"].clone(),
            "content_block_start" => {
                if let Some(content) = message["content"].as_array_mut() {
                    content.push(event["content_block"].clone());
                }
                inputs.push(String::new());
            }
            "content_block_delta" => {
                let block =
                    message["content"].as_array_mut().and_then(|content| content.last_mut()).ok_or("no block")?;
                for key in ["text", "thinking", "signature"] {
                    if let Some(more) = event["delta"][key].as_str() {
                        block[key] = json!(format!("{}{more}", block[key].as_str().unwrap_or_default()));
                    }
                }
                if let Some(more) = event["delta"]["partial_json"].as_str() {
                    inputs.last_mut().ok_or("no block")?.push_str(more);
                }
                if event["delta"].get("citation").is_some() {
                    let mut known = block["citations"].as_array().cloned().unwrap_or_default();
                    known.push(event["delta"]["citation"].clone());
                    block["citations"] = Value::Array(known);
                }
            }
            "message_delta" => {
                message["stop_reason"] = event["delta"]["stop_reason"].clone();
                message["stop_sequence"] = event["delta"]["stop_sequence"].clone();
                message["usage"] = event["usage"].clone();
            }
            _ => {}
        }
    }
    for (block, input) in message["content"].as_array_mut().into_iter().flatten().zip(inputs) {
        if !input.is_empty() {
            block["input"] = serde_json::from_str(&input).unwrap_or_else(|_| json!({"raw_arguments": input}));
        }
    }
    let citations = |value: &Value| {
        let mut value = value["content"].clone();
        for block in value.as_array_mut().into_iter().flatten() {
            if let Some(block) = block.as_object_mut() {
                block.remove("citations");
            }
        }
        value
    };
    hold!(citations(&message), citations(whole), "the blocks, put together, and those of the whole message");
    for key in ["stop_reason", "stop_sequence", "role", "type"] {
        hold!(message[key], whole[key], "`{key}` of the stream and of the whole message");
    }
    for key in ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"] {
        hold!(message["usage"][key], whole["usage"][key], "`{key}` of the stream and of the whole message");
    }
    Ok(())
}

/// What Messages asks of a conversation: sides take turns, and results are what a turn behind calls begins with.
pub(crate) fn turns(request: &Value) -> Result<(), String> {
    let mut open: Vec<Value> = Vec::new();
    let (mut last, mut before_system, mut was_server) = ("assistant", "", false);
    for (index, message) in request["messages"].as_array().into_iter().flatten().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        let fail = |what: &str| Err(format!("messages[{index}]: {what}"));
        if role == "system" {
            if last != "user" && !was_server {
                return fail("text of the operator stands behind the user's, or what a server did");
            }
            (before_system, last) = (last, "system");
            continue;
        }
        let is_turn = match last {
            "system" => role == "assistant" || before_system == "assistant",
            _ => role != last,
        };
        if !is_turn {
            return fail("one side speaks twice");
        }
        last = if role == "user" { "user" } else { "assistant" };
        let blocks = message["content"].as_array().cloned().unwrap_or_default();
        was_server = blocks.last().is_some_and(|block| {
            let kind = block["type"].as_str().unwrap_or_default();
            role == "assistant" && !["text", "tool_use", "thinking", "redacted_thinking"].contains(&kind)
        });
        let results: Vec<_> = blocks.iter().take_while(|block| block["type"] == "tool_result").collect();
        if blocks.iter().filter(|block| block["type"] == "tool_result").count() != results.len() {
            return fail("results come first");
        }
        let mut answered: Vec<Value> = results.iter().map(|result| result["tool_use_id"].clone()).collect();
        let mut asked = std::mem::take(&mut open);
        answered.sort_by_key(Value::to_string);
        answered.dedup();
        asked.sort_by_key(Value::to_string);
        asked.dedup();
        hold!(answered, asked, "messages[{index}]: each call of the turn before has its result");
        open = blocks.iter().filter(|block| block["type"] == "tool_use").map(|call| call["id"].clone()).collect();
        let is_blank = |block: &Value| block["text"].as_str().is_some_and(|text| text.trim().is_empty());
        if blocks.iter().any(is_blank) || message["content"].as_str().is_some_and(|text| text.trim().is_empty()) {
            return fail("a blank text");
        }
    }
    hold!(last == "assistant", false, "the user, or the operator, has the last word");
    Ok(())
}
