//! What the chunks of a stream look like, and that their text is borrowed.

#![expect(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::borrow::Cow;

use interlingua_wire::chat::{
    Chunk, ChunkChoice, CustomCallDelta, Delta, DeltaContent, ErrorValue, FinishReason, FunctionCallDelta, Part, Role,
    ToolCallDelta, ToolKind, Usage,
};
use interlingua_wire::{Integer, Maybe, Text};

fn read(json: &str) -> Chunk<'_> {
    serde_json::from_str(json).unwrap()
}

fn written(chunk: &Chunk<'_>) -> String {
    serde_json::to_string(chunk).unwrap()
}

fn delta(json: &str) -> Delta<'_> {
    serde_json::from_str(json).unwrap()
}

fn is_borrowed(text: Option<&Text<'_>>) -> bool {
    matches!(text, Some(Text(Cow::Borrowed(_))))
}

/// A chunk as an encoder makes it.
fn chunk(delta: Delta<'_>) -> Chunk<'_> {
    Chunk {
        id: Some("chatcmpl-1".into()),
        object: Some("chat.completion.chunk".into()),
        created: Some(Integer(5)),
        model: Some("m".into()),
        choices: Some(vec![ChunkChoice { index: Some(Integer(0)), delta: Some(delta), ..ChunkChoice::default() }]),
        ..Chunk::default()
    }
}

mod as_openai_writes_them {
    use super::*;

    #[test]
    fn the_first_of_a_text() {
        let first = Delta {
            role: Some(Role::Assistant),
            content: Maybe::Value(DeltaContent::Text("".into())),
            refusal: Maybe::Null,
            ..Delta::default()
        };
        assert_eq!(
            written(&chunk(first)),
            concat!(
                r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":5,"model":"m","choices":["#,
                r#"{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}"#
            )
        );
    }

    #[test]
    fn the_first_of_a_tool_call_and_the_next() {
        let function =
            FunctionCallDelta { name: Some("f".into()), arguments: Some("".into()), ..FunctionCallDelta::default() };
        let call = ToolCallDelta {
            index: Some(Integer(0)),
            id: Some("call_a".into()),
            kind: Some(ToolKind::Function),
            function: Some(function),
            ..ToolCallDelta::default()
        };
        let first = Delta {
            role: Some(Role::Assistant),
            content: Maybe::Null,
            refusal: Maybe::Null,
            tool_calls: Some(vec![call]),
            ..Delta::default()
        };
        assert_eq!(
            serde_json::to_string(&first).unwrap(),
            concat!(
                r#"{"role":"assistant","content":null,"refusal":null,"tool_calls":["#,
                r#"{"index":0,"id":"call_a","type":"function","function":{"name":"f","arguments":""}}]}"#
            )
        );

        let next = r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\""}}]}"#;
        assert_eq!(serde_json::to_string(&delta(next)).unwrap(), next);
    }

    #[test]
    fn the_last() {
        let mut last = chunk(Delta::default());
        last.choices.as_mut().unwrap()[0].finish_reason = Some(FinishReason::Stop);
        assert!(
            written(&last).ends_with(r#""choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}"#)
        );
    }

    #[test]
    fn usage_is_absent_null_or_there() {
        assert!(!written(&Chunk::default()).contains("usage"));
        let before_last = Chunk { usage: Maybe::Null, ..Chunk::default() };
        assert_eq!(written(&before_last), r#"{"usage":null}"#);
        let usage = Usage { total_tokens: Some(Integer(3)), ..Usage::default() };
        let last = Chunk { choices: Some(Vec::new()), usage: Maybe::Value(Box::new(usage)), ..Chunk::default() };
        assert_eq!(written(&last), r#"{"choices":[],"usage":{"total_tokens":3}}"#);
        assert_eq!(read(r#"{"usage":null}"#).usage, Maybe::Null);
        assert_eq!(read("{}").usage, Maybe::Absent);
    }
}

mod borrowing {
    use super::*;

    #[test]
    fn everything_on_the_hot_path_is_borrowed() {
        let json = r#"{"id":"i","object":"o","created":1,"model":"m","service_tier":"t","system_fingerprint":"fp","obfuscation":"zz","choices":[{"index":0,"delta":{"content":"Grüße","refusal":"r","reasoning_content":"c","reasoning":"d","tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"1"},"custom":{"name":"g","input":"x"}}],"function_call":{"name":"f","arguments":"1"}},"logprobs":null,"finish_reason":null}]}"#;
        let chunk = read(json);
        assert!(chunk.extra.is_empty());
        for text in
            [&chunk.id, &chunk.object, &chunk.model, &chunk.service_tier, &chunk.system_fingerprint, &chunk.obfuscation]
        {
            assert!(is_borrowed(text.as_ref()), "{text:?}");
        }
        let choices = chunk.choices.unwrap();
        let delta = choices[0].delta.as_ref().unwrap();
        let Maybe::Value(DeltaContent::Text(content)) = &delta.content else { panic!("text") };
        assert!(is_borrowed(Some(content)));
        assert!(is_borrowed(delta.refusal.value()));
        assert!(is_borrowed(delta.reasoning_content.as_ref()));
        assert!(is_borrowed(delta.reasoning.as_ref()));
        let call = &delta.tool_calls.as_ref().unwrap()[0];
        let function = call.function.as_ref().unwrap();
        let custom: &CustomCallDelta<'_> = call.custom.as_ref().unwrap();
        let legacy = delta.function_call.as_ref().unwrap();
        for text in [
            &call.id,
            &function.name,
            &function.arguments,
            &custom.name,
            &custom.input,
            &legacy.name,
            &legacy.arguments,
        ] {
            assert!(is_borrowed(text.as_ref()), "{text:?}");
        }
    }

    #[test]
    fn text_with_an_escape_is_decoded() {
        let delta = delta(r#"{"content":"two\nlines"}"#);
        assert_eq!(delta.content, Maybe::Value(DeltaContent::Text("two\nlines".into())));
    }
}

mod as_others_write_them {
    use super::*;

    #[test]
    fn azure_begins_with_an_empty_one() {
        let chunk = read(r#"{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[]}"#);
        assert_eq!(chunk.id, Some("".into()));
        assert_eq!(chunk.extra.keys().collect::<Vec<_>>(), ["prompt_filter_results"]);
    }

    #[test]
    fn fields_may_be_null() {
        let delta =
            delta(r#"{"role":null,"content":null,"tool_calls":null,"reasoning_details":[],"function_call":null}"#);
        assert_eq!(delta.content, Maybe::Null);
        assert_eq!(delta.role, None);
        read(r#"{"id":null,"object":null,"created":null,"model":null,"choices":null,"system_fingerprint":null}"#);
    }

    #[test]
    fn a_later_piece_of_a_call_may_repeat_its_names_as_null_or_nothing() {
        let delta = delta(r#"{"tool_calls":[{"id":"","type":null,"function":{"name":null,"arguments":"}"}}]}"#);
        let call = &delta.tool_calls.unwrap()[0];
        assert_eq!((&call.index, &call.id, &call.kind), (&None, &Some("".into()), &None));
    }

    #[test]
    fn mistral_sends_parts() {
        let delta = delta(r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]}"#);
        let Maybe::Value(DeltaContent::Parts(parts)) = delta.content else { panic!("a list stays a list") };
        assert!(matches!(parts.as_slice(), [Part::Thinking(_)]));
    }

    #[test]
    fn groq_puts_the_usage_elsewhere() {
        let chunk = read(r#"{"choices":[],"x_groq":{"id":"req_1","usage":{"total_tokens":3,"queue_time":0.5}}}"#);
        let usage = chunk.x_groq.unwrap().usage.unwrap();
        assert_eq!(usage.total_tokens, Some(Integer(3)));
    }

    #[test]
    fn perplexity_repeats_the_message() {
        let chunk = read(r#"{"choices":[{"delta":{"content":"a"},"message":{"role":"assistant","content":"a"}}]}"#);
        assert!(chunk.choices.unwrap()[0].message.is_some());
    }

    #[test]
    fn an_error_is_an_object_or_a_sentence() {
        assert!(matches!(read(r#"{"error":{"message":"m","code":400}}"#).error, Some(ErrorValue::Detail(_))));
        assert!(matches!(read(r#"{"error":"m"}"#).error, Some(ErrorValue::Text(_))));
    }
}

#[test]
fn a_broken_chunk_is_an_error() {
    for json in [
        r#"{"choices":{}}"#,
        r#"{"choices":[{"delta":"a"}]}"#,
        r#"{"choices":[{"delta":{"content":1}}]}"#,
        r#"{"choices":[{"delta":{"tool_calls":[{"index":"0"}]}}]}"#,
        r#"{"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.text","text":1}]}}]}"#,
        r#"{"usage":{"total_tokens":"3"}}"#,
        r#"{"id":"a","id":"b"}"#,
        r#"{"id":"a""#,
    ] {
        assert!(serde_json::from_str::<Chunk<'_>>(json).is_err(), "{json}");
    }
}
