//! What replies of Chat Completions look like: whole ones, errors and lists of models.

#![expect(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use interlingua_wire::Integer;
use interlingua_wire::chat::{
    Content, ErrorBody, ErrorCode, ErrorValue, FinishReason, ModelList, ModerationOutcome, Part, Response,
};
use serde_json::{Value, json};

fn read(json: &Value) -> Response {
    serde_json::from_str(&json.to_string()).unwrap()
}

fn written(response: &Response) -> Value {
    serde_json::to_value(response).unwrap()
}

#[test]
fn a_whole_reply_survives() {
    let json = json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "m",
        "choices": [{
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Hi",
                "refusal": null,
                "annotations": [],
                "tool_calls": [{"type": "function", "id": "a", "function": {"name": "f", "arguments": "{}"}}]
            },
            "logprobs": {
                "content": [{"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": [
                    {"token": "Hi", "logprob": -0.1, "bytes": null}
                ]}],
                "refusal": null
            },
            "finish_reason": "tool_calls"
        }],
        "usage": {
            "prompt_tokens": 3,
            "completion_tokens": 2,
            "total_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 1, "cache_write_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 1,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0
            },
            "cost": 0.25
        },
        "service_tier": "default",
        "system_fingerprint": "fp",
        "metadata": {"a": "b"},
        "moderation": {
            "input": {"type": "moderation_results", "model": "mod", "results": [{"flagged": false}]},
            "output": {"type": "error", "code": "c", "message": "m"}
        }
    });
    let reply = read(&json);
    assert_eq!(written(&reply), json);
    assert!(reply.extra.is_empty(), "{:?}", reply.extra);
    let usage = reply.usage.unwrap();
    assert_eq!(usage.extra.keys().collect::<Vec<_>>(), ["cost"]);
    let moderation = reply.moderation.unwrap();
    assert!(matches!(moderation.input, Some(ModerationOutcome::Results(_))));
    assert!(matches!(moderation.output, Some(ModerationOutcome::Error(_))));
}

#[test]
fn nothing_has_to_be_there() {
    assert_eq!(read(&json!({})), Response::default());
    let choice = &read(&json!({"choices": [{}]})).choices.unwrap()[0];
    assert_eq!(
        serde_json::to_value(choice).unwrap(),
        json!({"logprobs": null, "finish_reason": null}),
        "what the reference requires is written even so"
    );
    let reply = read(&json!({"choices": [{"message": {}}]}));
    assert_eq!(written(&reply)["choices"][0]["message"], json!({"content": null, "refusal": null}));
}

#[test]
fn null_may_stand_for_anything_optional() {
    read(&json!({"id": null, "usage": null, "service_tier": null, "choices": [
        {"index": null, "logprobs": null, "message": {"tool_calls": null, "annotations": null, "reasoning": null}}
    ]}));
}

#[test]
fn finish_reasons_are_an_open_list() {
    for (text, expected) in [
        ("stop", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("tool_calls", FinishReason::ToolCalls),
        ("content_filter", FinishReason::ContentFilter),
        ("function_call", FinishReason::FunctionCall),
        ("", FinishReason::Other(String::new())),
        ("error", FinishReason::Other("error".to_owned())),
    ] {
        let reply = read(&json!({"choices": [{"finish_reason": text}]}));
        assert_eq!(reply.choices.unwrap()[0].finish_reason, Some(expected));
    }
}

#[test]
fn content_may_be_a_list_of_parts() {
    let content = json!([
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "Hi"}
    ]);
    let reply = read(&json!({"choices": [{"message": {"role": "assistant", "content": content}}]}));
    let message = reply.choices.unwrap().remove(0).message.unwrap();
    let Some(Content::Parts(parts)) = message.content else { panic!("a list stays a list") };
    assert!(matches!(parts.as_slice(), [Part::Thinking(_), Part::Text(_)]));
}

#[test]
fn a_real_number_of_seconds_is_read_as_whole_ones() {
    assert_eq!(read(&json!({"created": 1_700_000_000.75})).created, Some(Integer(1_700_000_000)));
}

#[test]
fn a_reply_may_be_an_error_all_the_same() {
    let Some(ErrorValue::Detail(detail)) = read(&json!({"error": {"message": "m", "code": 502}})).error else {
        panic!("an object")
    };
    assert_eq!(detail.code, Some(ErrorCode::Number(Integer(502))));
    assert_eq!(read(&json!({"error": "m"})).error, Some(ErrorValue::Text("m".to_owned())));
}

#[test]
fn all_four_keys_of_an_error_are_written() {
    let body: ErrorBody = serde_json::from_str(r#"{"error":{"message":"m","type":"t"}}"#).unwrap();
    assert_eq!(
        serde_json::to_string(&body).unwrap(),
        r#"{"error":{"message":"m","type":"t","param":null,"code":null}}"#
    );
    let word: ErrorBody = serde_json::from_str(r#"{"error":{"code":"c","x":1}}"#).unwrap();
    assert_eq!(word.error.code, Some(ErrorCode::Word("c".to_owned())));
    assert_eq!(word.error.extra.keys().collect::<Vec<_>>(), ["x"]);
    assert!(serde_json::from_str::<ErrorBody>(r#"{"detail":"m"}"#).is_err());
}

#[test]
fn a_list_of_models_survives() {
    let json = r#"{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"o","x":[]}]}"#;
    let list: ModelList = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&list).unwrap(), json);
}
