//! What the ChatGPT backend asks of a request beyond the public API. It answers with a `detail` alone.

use http::StatusCode;
use serde_json::{Value, json};

use super::refusal::Refusal;

/// Fields of the public API that the backend refuses.
const REFUSED: &[&str] = &[
    "background",
    "context_management",
    "conversation",
    "frequency_penalty",
    "logit_bias",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "metadata",
    "n",
    "presence_penalty",
    "previous_response_id",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "seed",
    "stop",
    "stream_options",
    "temperature",
    "top_p",
    "truncation",
    "user",
];

pub(super) fn check(request: &Value) -> Result<(), Refusal> {
    if let Some(field) = REFUSED.iter().find(|field| request.get(**field).is_some()) {
        return Err(detail(&format!("Unsupported parameter: {field}")));
    }
    if !request.get("instructions").is_some_and(Value::is_string) {
        return Err(detail("Instructions are required"));
    }
    if request.get("store") != Some(&Value::Bool(false)) {
        return Err(detail("Store must be set to false"));
    }
    if request.get("stream") != Some(&Value::Bool(true)) {
        return Err(detail("Stream must be set to true"));
    }
    let Some(items) = request.get("input").and_then(Value::as_array) else {
        return Err(detail("Input must be a list"));
    };
    if items.iter().any(|item| item.get("role").and_then(Value::as_str) == Some("system")) {
        return Err(detail("System messages are not allowed"));
    }
    if items.iter().any(|item| item.to_string().contains("\"prompt_cache_breakpoint\"")) {
        return Err(detail("Unsupported parameter: prompt_cache_breakpoint"));
    }
    let tools = request.get("tools").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for tool in tools {
        let kind = tool.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind.starts_with("web_search_preview") {
            return Err(detail(&format!("Unsupported tool type: {kind}")));
        }
        let name = tool.get("name").and_then(Value::as_str).unwrap_or_default();
        if name.chars().count() > 64 {
            return Err(detail(&format!("Tool name is longer than 64 characters: {name}")));
        }
    }
    match request.get("service_tier").and_then(Value::as_str) {
        Some(tier @ ("auto" | "default" | "fast")) => Err(detail(&format!("Unsupported service_tier: {tier}"))),
        _ => Ok(()),
    }
}

fn detail(message: &str) -> Refusal {
    Refusal { status: StatusCode::BAD_REQUEST, body: json!({ "detail": message }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> String {
        let mut request = json!({
            "model": "gpt-5.4", "instructions": "", "input": [{"type": "message", "role": "user", "content": "hi"}],
            "store": false, "stream": true, "include": ["reasoning.encrypted_content"]
        });
        assert_eq!(check(&request), Ok(()));
        change(request.as_object_mut().unwrap());
        check(&request).unwrap_err().body["detail"].as_str().unwrap().to_owned()
    }

    #[test]
    fn what_must_be_there() {
        assert_eq!(refused(|request| drop(request.remove("instructions"))), "Instructions are required");
        assert_eq!(refused(|request| drop(request.remove("store"))), "Store must be set to false");
        assert_eq!(refused(|request| drop(request.remove("stream"))), "Stream must be set to true");
        assert_eq!(refused(|request| drop(request.insert("input".into(), json!("hi")))), "Input must be a list");
    }

    #[test]
    fn what_must_not() {
        for field in ["max_output_tokens", "temperature", "metadata", "stream_options"] {
            assert_eq!(
                refused(|request| drop(request.insert(field.into(), json!(1)))),
                format!("Unsupported parameter: {field}")
            );
        }
        let system = json!([{"role": "system", "content": "x"}]);
        assert_eq!(refused(|request| drop(request.insert("input".into(), system))), "System messages are not allowed");
    }
}
