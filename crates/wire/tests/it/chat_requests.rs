//! What a Chat Completions request looks like, and what of it survives being read and written.

#![expect(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use interlingua_wire::chat::{
    Content, CustomFormat, FunctionChoice, Message, NamedToolChoice, Part, ReasoningDetail, Request, ResponseFormat,
    Stop, Thinking, ThinkingPart, Thought, Tool, ToolCall, ToolChoice, ToolReference,
};
use interlingua_wire::{Integer, Json};
use serde_json::{Value, json};

fn read(json: &Value) -> Request {
    serde_json::from_str(&json.to_string()).unwrap()
}

fn written(request: &Request) -> Value {
    serde_json::to_value(request).unwrap()
}

fn error(json: &Value) -> String {
    serde_json::from_str::<Request>(&json.to_string()).unwrap_err().to_string()
}

/// A request that uses all fields of the API reference at once, which no server would accept.
const EVERY_FIELD: &str = r#"{
    "model": "m",
    "messages": [{"role": "user", "content": "hi"}],
    "stream": true,
    "stream_options": {"include_usage": true, "include_obfuscation": false},
    "store": false,
    "metadata": {"a": "b"},
    "max_completion_tokens": 16,
    "max_tokens": 16,
    "temperature": 0.5,
    "top_p": 1,
    "frequency_penalty": -2.0,
    "presence_penalty": 0,
    "logit_bias": {"50256": -100},
    "logprobs": true,
    "top_logprobs": 2,
    "n": 1,
    "seed": 18446744073709551615,
    "stop": ["a", "b"],
    "prediction": {"type": "content", "content": [{"type": "text", "text": "x"}]},
    "modalities": ["text", "audio"],
    "audio": {"voice": {"id": "v"}, "format": "wav"},
    "response_format": {"type": "json_schema", "json_schema": {"name": "s", "description": "d", "schema": {}, "strict": true}},
    "verbosity": "low",
    "reasoning_effort": "xhigh",
    "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {}, "strict": false}}],
    "tool_choice": "auto",
    "parallel_tool_calls": false,
    "functions": [{"name": "g"}],
    "function_call": {"name": "g"},
    "web_search_options": {
        "search_context_size": "low",
        "user_location": {
            "type": "approximate",
            "approximate": {"country": "DE", "region": "r", "city": "c", "timezone": "Europe/Berlin"}
        }
    },
    "service_tier": "flex",
    "user": "u",
    "safety_identifier": "s",
    "prompt_cache_key": "k",
    "prompt_cache_retention": "24h",
    "prompt_cache_options": {"mode": "explicit", "ttl": "30m"},
    "moderation": {"model": "mod", "policy": {"input": {"mode": "block"}}}
}"#;

fn every_field() -> Value {
    serde_json::from_str(EVERY_FIELD).unwrap()
}

#[test]
fn all_37_fields_of_the_reference_are_known() {
    let json = every_field();
    assert_eq!(json.as_object().unwrap().len(), 37);
    let request = read(&json);
    assert!(request.extra.is_empty(), "{:?}", request.extra);
    assert_eq!(written(&request), json);
}

#[test]
fn null_means_absent_in_every_field() {
    let nulls: Value = every_field().as_object().unwrap().keys().map(|name| (name.clone(), Value::Null)).collect();
    assert_eq!(read(&nulls), Request::default());
    assert_eq!(written(&Request::default()), json!({}));
}

#[test]
fn a_field_of_the_wrong_type_is_an_error() {
    for (name, wrong) in [
        ("model", json!(1)),
        ("messages", json!({})),
        ("stream", json!("true")),
        ("max_tokens", json!("16")),
        ("temperature", json!("0.5")),
        ("stop", json!(1)),
        ("stop", json!([1])),
        ("tools", json!({})),
        ("tool_choice", json!([])),
        ("response_format", json!("json")),
    ] {
        assert!(serde_json::from_str::<Request>(&json!({name: wrong}).to_string()).is_err(), "{name}: {wrong}");
    }
    assert!(error(&json!({"stop": {}})).contains("expected a string or an array of strings"));
    assert!(error(&json!({"messages": [{"content": "hi"}]})).contains("missing field `role`"));
}

#[test]
fn unknown_fields_survive_verbatim_at_every_level() {
    let json = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"ttl": "1h"}}],"x":1.0}],"top_k":1e1}"#;
    let request: Request = serde_json::from_str(json).unwrap();
    assert_eq!(request.extra.get("top_k").map(Json::get), Some("1e1"));
    assert_eq!(serde_json::to_string(&request).unwrap(), json);
}

#[test]
fn limits_may_be_written_as_reals() {
    assert_eq!(read(&json!({"max_tokens": 16.0})).max_tokens, Some(Integer(16)));
}

#[test]
fn stop_is_one_string_or_many() {
    assert_eq!(read(&json!({"stop": "a"})).stop, Some(Stop::One("a".to_owned())));
    assert_eq!(read(&json!({"stop": []})).stop, Some(Stop::Many(Vec::new())));
}

mod messages {
    use super::*;

    fn message(json: &Value) -> Message {
        let text = json.to_string();
        let message: Message = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&message).unwrap(), *json);
        message
    }

    #[test]
    fn the_role_decides_wherever_it_stands() {
        for (role, is_it) in [
            ("system", (|m| matches!(m, Message::System(_))) as fn(&Message) -> bool),
            ("developer", |m| matches!(m, Message::Developer(_))),
            ("user", |m| matches!(m, Message::User(_))),
            ("assistant", |m| matches!(m, Message::Assistant(_))),
            ("tool", |m| matches!(m, Message::Tool(_))),
            ("function", |m| matches!(m, Message::Function(_))),
            ("ipython", |m| matches!(m, Message::Unknown(_))),
        ] {
            let first = format!(r#"{{"role":"{role}","content":"a","name":"n"}}"#);
            let last = format!(r#"{{"content":"a","name":"n","role":"{role}"}}"#);
            for text in [first, last] {
                let message: Message = serde_json::from_str(&text).unwrap();
                assert!(is_it(&message), "{text}");
                assert_eq!(message.tag(), role);
            }
        }
    }

    #[test]
    fn content_keeps_its_form() {
        for content in [json!("a"), json!(""), json!([]), json!([{"type": "text", "text": "a"}])] {
            message(&json!({"role": "user", "content": content}));
        }
    }

    #[test]
    fn an_assistant_message_keeps_everything_a_reply_had() {
        let json = json!({
            "role": "assistant",
            "content": null,
            "refusal": "no",
            "tool_calls": [
                {"type": "function", "id": "a", "function": {"name": "f", "arguments": "{\"x\": 1.0"}},
                {"type": "custom", "id": "b", "custom": {"name": "g", "input": "i"}}
            ],
            "function_call": {"name": "f", "arguments": ""},
            "audio": {"id": "audio_1"},
            "name": "n",
            "reasoning_content": "r",
            "reasoning": "r",
            "reasoning_details": [
                {"type": "reasoning.summary", "summary": "s", "id": "rs_1", "index": 0, "format": "openai-responses-v1"},
                {"type": "reasoning.encrypted", "data": "d", "id": "rs_1", "index": 1, "before": "call_1"},
                {"type": "reasoning.text", "text": "t", "signature": "x"},
                {"type": "reasoning.image", "image": "?"}
            ],
            "annotations": [
                {"type": "url_citation", "url_citation": {"url": "u", "title": "t", "start_index": 0, "end_index": 1}},
                {"type": "file_citation", "file_id": "f"}
            ]
        });
        let Message::Assistant(assistant) = message(&json) else { panic!("the role decides") };
        assert!(assistant.extra.is_empty(), "{:?}", assistant.extra);
        let calls = assistant.tool_calls.unwrap();
        assert!(matches!(calls.as_slice(), [ToolCall::Function(_), ToolCall::Custom(_)]));
        let details = assistant.reasoning_details.unwrap();
        assert!(matches!(
            details.as_slice(),
            [
                ReasoningDetail::Summary(_),
                ReasoningDetail::Encrypted(_),
                ReasoningDetail::Text(_),
                ReasoningDetail::Unknown(_)
            ]
        ));
    }

    #[test]
    fn null_content_of_an_assistant_is_written_as_null() {
        let message: Message = serde_json::from_str(r#"{"role":"assistant"}"#).unwrap();
        assert_eq!(serde_json::to_string(&message).unwrap(), r#"{"role":"assistant","content":null}"#);
    }

    #[test]
    fn parts_are_told_apart_by_type() {
        let json = json!({"role": "user", "content": [
            {"type": "text", "text": "see", "prompt_cache_breakpoint": {"mode": "explicit"}},
            {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
            {"type": "file", "file": {"file_id": "f", "file_data": "d", "filename": "n"}},
            {"type": "refusal", "refusal": "no"},
            {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}, {"type": "reference", "reference_ids": [1]}]},
            {"type": "video_url", "video_url": {"url": "u"}}
        ]});
        let Message::User(user) = message(&json) else { panic!("the role decides") };
        let Some(Content::Parts(parts)) = user.content else { panic!("a list stays a list") };
        assert!(matches!(
            parts.as_slice(),
            [
                Part::Text(_),
                Part::ImageUrl(_),
                Part::InputAudio(_),
                Part::File(_),
                Part::Refusal(_),
                Part::Thinking(_),
                Part::Unknown(_)
            ]
        ));
    }

    #[test]
    fn a_known_part_with_a_bad_payload_is_an_error() {
        for json in [
            r#"{"type":"image_url","image_url":1}"#,
            r#"{"image_url":1,"type":"image_url"}"#,
            r#"{"type":"text","text":{}}"#,
            r#"{"text":"a"}"#,
            r#"{"type":null,"text":"a"}"#,
        ] {
            assert!(serde_json::from_str::<Part>(json).is_err(), "{json}");
        }
    }

    /// Keys before a tag are read later, from a slice, and that starts serde_json's limit of recursion anew. So a part must not
    /// be able to hold parts.
    #[test]
    fn thoughts_within_thoughts_are_carried_unread() {
        let open = r#"{"thinking":["#.repeat(100_000);
        let close = r#"],"type":"thinking"}"#.repeat(100_000);
        let json = format!("{open}{close}");
        let part: Part = serde_json::from_str(&json).unwrap();
        let Part::Thinking(ThinkingPart { thinking: Some(Thinking::Parts(thoughts)), .. }) = &part else {
            panic!("thoughts")
        };
        assert!(matches!(thoughts.as_slice(), [Thought::Unknown(_)]));
    }
}

mod tools {
    use super::*;

    #[test]
    fn a_tool_is_a_function_custom_or_unknown() {
        let json = json!({"tools": [
            {"type": "function", "function": {"name": "f"}},
            {"type": "custom", "custom": {"name": "g", "description": "d", "format": {"type": "text"}}},
            {"type": "custom", "custom": {"name": "h", "format": {
                "type": "grammar", "grammar": {"syntax": "lark", "definition": "start: \"a\""}
            }}},
            {"type": "web_search", "filters": {}}
        ]});
        let request = read(&json);
        assert_eq!(written(&request), json);
        let tools = request.tools.unwrap();
        assert!(matches!(tools.as_slice(), [Tool::Function(_), Tool::Custom(_), Tool::Custom(_), Tool::Unknown(_)]));
        let Some(Tool::Custom(grammar)) = tools.get(2) else { panic!("custom") };
        let format = grammar.custom.as_ref().and_then(|custom| custom.format.as_ref());
        assert!(matches!(format, Some(CustomFormat::Grammar(_))));
    }

    #[test]
    fn a_tool_call_or_choice_without_type_is_what_it_contains() {
        assert_eq!(serde_json::from_str::<Tool>(r#"{"function":{"name":"f"}}"#).unwrap().tag(), "function");
        assert_eq!(serde_json::from_str::<Tool>(r#"{"custom":{"name":"f"}}"#).unwrap().tag(), "custom");
        assert_eq!(serde_json::from_str::<ToolCall>(r#"{"id":"a","custom":{"name":"f"}}"#).unwrap().tag(), "custom");
        let choice: NamedToolChoice = serde_json::from_str(r#"{"allowed_tools":{"mode":"auto","tools":[]}}"#).unwrap();
        assert_eq!(choice.tag(), "allowed_tools");
        assert!(serde_json::from_str::<Tool>(r#"{"name":"f"}"#).is_err());
    }

    #[test]
    fn a_choice_is_a_mode_or_names_tools() {
        let mode = read(&json!({"tool_choice": "any"})).tool_choice;
        assert_eq!(mode, Some(ToolChoice::Mode("any".to_owned())));

        let json = json!({"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [
            {"type": "function", "function": {"name": "f"}},
            {"type": "custom", "custom": {"name": "g"}},
            {"type": "mcp", "server_label": "s"}
        ]}}});
        let request = read(&json);
        assert_eq!(written(&request), json);
        let Some(ToolChoice::Named(NamedToolChoice::AllowedTools(choice))) = request.tool_choice else {
            panic!("allowed tools")
        };
        let tools = choice.allowed_tools.and_then(|allowed| allowed.tools).unwrap();
        assert!(matches!(
            tools.as_slice(),
            [ToolReference::Function(_), ToolReference::Custom(_), ToolReference::Unknown(_)]
        ));
    }

    #[test]
    fn the_legacy_choice_is_a_mode_or_a_name() {
        assert!(matches!(read(&json!({"function_call": "none"})).function_call, Some(FunctionChoice::Mode(_))));
        assert!(matches!(read(&json!({"function_call": {"name": "f"}})).function_call, Some(FunctionChoice::Named(_))));
    }
}

#[test]
fn response_formats_beyond_the_reference_are_unknown() {
    let json = json!({"response_format": {"type": "grammar", "grammar": "root ::= x"}});
    let request = read(&json);
    assert!(matches!(request.response_format, Some(ResponseFormat::Unknown(_))));
    assert_eq!(written(&request), json);
}
