//! A request once more, without the thoughts of earlier turns that its upstream refused: the way out that the API's own
//! documentation names.

use interlingua_model::Failure;
use interlingua_wire::messages as wire;

use crate::frames::write_json;

/// The body without its thoughts, where the upstream refused it for them and there are any.
pub(in crate::messages) fn without_refused(body: &[u8], failure: &Failure) -> Option<Vec<u8>> {
    if !is_about_thoughts(&failure.message) {
        return None;
    }
    let mut request: wire::Request = serde_json::from_slice(body).ok()?;
    let messages = request.messages.as_mut()?;
    let mut has_thoughts = false;
    for message in messages.iter_mut() {
        if let Some(wire::Content::Blocks(blocks)) = &mut message.content {
            let all = blocks.len();
            blocks.retain(|block| !matches!(block, wire::Block::Thinking(_) | wire::Block::RedactedThinking(_)));
            has_thoughts |= blocks.len() < all;
        }
    }
    if !has_thoughts {
        return None;
    }
    // A turn of nothing but thoughts is none without them. One that changes settings has nothing else to say.
    messages.retain(|message| {
        let is_empty = matches!(&message.content, Some(wire::Content::Blocks(blocks)) if blocks.is_empty());
        !(is_empty && message.role == Some(wire::Role::Assistant))
    });
    // With a budget, a turn that waits for results has to begin with a thought.
    let is_pending = messages.last().is_some_and(has_result);
    if is_pending && matches!(request.thinking, Some(wire::ThinkingConfig::Enabled(_))) {
        request.thinking = None;
    }
    let mut written = Vec::with_capacity(body.len());
    write_json(&mut written, &request);
    Some(written)
}

fn has_result(message: &wire::Message) -> bool {
    let is_result = |block: &wire::Block| matches!(block, wire::Block::ToolResult(_));
    matches!(&message.content, Some(wire::Content::Blocks(blocks)) if blocks.iter().any(is_result))
}

/// Whether a refusal is about a thought's signature, or about thoughts that are no longer what they were.
fn is_about_thoughts(said: &str) -> bool {
    said.contains("thinking") && (said.contains("signature") || said.contains("cannot be modified"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SIGNATURE: &str = "messages.1.content.0: Invalid `signature` in `thinking` block";
    const MODIFIED: &str = "messages.1.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.";

    fn once_more(body: &Value, message: &str) -> Option<Value> {
        let failure = Failure { message: message.to_owned(), ..Failure::default() };
        let written = without_refused(body.to_string().as_bytes(), &failure)?;
        Some(serde_json::from_slice(&written).unwrap())
    }

    fn conversation(thinking: &Value) -> Value {
        let thought = json!({"type": "thinking", "thinking": "T", "signature": "S"});
        let redacted = json!({"type": "redacted_thinking", "data": "D"});
        let call = json!({"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1.0}});
        json!({"model": "m", "max_tokens": 9, "thinking": thinking, "new_field": [1], "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": [thought]},
            {"role": "user", "content": "go on"},
            {"role": "assistant", "content": [redacted, call]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r"}]},
        ]})
    }

    #[test]
    fn thoughts_go_and_all_else_stays() {
        for message in [SIGNATURE, MODIFIED] {
            let asked = once_more(&conversation(&json!({"type": "adaptive"})), message).unwrap();
            let call = json!({"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1.0}});
            let result = json!([{"type": "tool_result", "tool_use_id": "t", "content": "r"}]);
            let expected = json!({"model": "m", "max_tokens": 9, "thinking": {"type": "adaptive"}, "new_field": [1], "messages": [
                {"role": "user", "content": "q"},
                {"role": "user", "content": "go on"},
                {"role": "assistant", "content": [call]},
                {"role": "user", "content": result},
            ]});
            assert_eq!(asked, expected);
        }
        let budget = json!({"type": "enabled", "budget_tokens": 1024});
        assert_eq!(once_more(&conversation(&budget), SIGNATURE).unwrap().get("thinking"), None);
    }

    #[test]
    fn nothing_is_asked_twice_for_another_reason_or_without_thoughts() {
        let adaptive = json!({"type": "adaptive"});
        for message in ["prompt is too long", "thinking.budget_tokens: too small", "signature of the request is wrong"]
        {
            assert_eq!(once_more(&conversation(&adaptive), message), None, "{message}");
        }
        let plain = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "q"}]});
        assert_eq!(once_more(&plain, SIGNATURE), None);
        let failure = Failure { message: SIGNATURE.to_owned(), ..Failure::default() };
        assert_eq!(without_refused(b"{", &failure), None);
    }
}
