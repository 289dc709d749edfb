//! Stream events of the Responses API in the forms that servers really send.

use std::borrow::Cow;

use interlingua_wire::{
    Integer, Text,
    responses::{ErrorCode, ErrorValue, Event, Item},
};

#[expect(clippy::unwrap_used, reason = "what fails in a helper fails the test")]
fn parse(data: &str) -> Event<'_> {
    Event::parse(data, None).unwrap()
}

fn borrowed(text: &Text<'_>) -> bool {
    matches!(text.0, Cow::Borrowed(_))
}

#[test]
fn a_text_delta_borrows_all_its_text_wherever_its_type_stands() {
    for data in [
        r#"{"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hi","logprobs":[],"obfuscation":"zz"}"#,
        r#"{"content_index":0,"delta":"Hi","item_id":"msg_1","logprobs":[],"obfuscation":"zz","output_index":0,"sequence_number":4,"type":"response.output_text.delta"}"#,
    ] {
        let Event::OutputTextDelta(event) = parse(data) else { panic!("a text delta") };
        assert!(borrowed(&event.delta) && event.delta == "Hi");
        assert!(event.item_id.is_some_and(|id| borrowed(&id)));
        assert!(event.obfuscation.is_some_and(|padding| borrowed(&padding)));
        assert_eq!(event.sequence_number, Some(Integer(4)));
        assert_eq!(event.logprobs, Some(Vec::new()));
        assert!(event.extra.is_empty());
    }
}

#[test]
fn only_the_delta_of_a_delta_is_required() {
    assert_eq!(parse(r#"{"type":"response.output_text.delta","delta":""}"#).tag(), "response.output_text.delta");
    let nulls = r#"{"type":"response.function_call_arguments.delta","delta":"{","output_index":null,"item_id":null,"sequence_number":null}"#;
    assert_eq!(parse(nulls).tag(), "response.function_call_arguments.delta");
    let error = Event::parse(r#"{"type":"response.output_text.delta","item_id":"msg_1"}"#, None).unwrap_err();
    assert!(error.to_string().contains("missing field `delta`"), "{error}");
}

#[test]
fn a_known_event_with_a_broken_payload_is_an_error() {
    for data in [
        r#"{"type":"response.output_text.delta","delta":1}"#,
        r#"{"type":"response.output_text.delta","delta":null}"#,
        r#"{"type":"response.output_item.done"}"#,
        r#"{"type":"response.completed"}"#,
        r#"{"type":"response.completed","response":null}"#,
        r#"{"type":"response.completed","response":{"output":[{"type":"message","content":7}]}}"#,
        r#"{"type":"response.created"} {}"#,
        r#"{"type":7}"#,
        "[]",
        "",
    ] {
        assert!(Event::parse(data, None).is_err(), "{data}");
    }
}

#[test]
fn an_event_that_is_not_modelled_is_carried() {
    let data = r#"{"type":"response.future","sequence_number":3,"payload":{"a":1.0}}"#;
    let Event::Unknown(unknown) = parse(data) else { panic!("unknown") };
    assert_eq!((unknown.kind.as_str(), unknown.raw.get()), ("response.future", data));
}

#[test]
fn the_name_of_the_sse_event_stands_in_for_a_missing_type() {
    let data = r#"{"delta":"Hi"}"#;
    assert_eq!(Event::parse(data, Some("response.refusal.delta")).unwrap().tag(), "response.refusal.delta");
    assert_eq!(Event::parse(data, Some("keepalive")).unwrap().tag(), "keepalive");
    assert!(Event::parse(data, None).unwrap_err().to_string().contains("missing field `type` of Event"));
    let typed = r#"{"type":"response.refusal.delta","delta":"Hi"}"#;
    assert_eq!(Event::parse(typed, Some("response.output_text.delta")).unwrap().tag(), "response.refusal.delta");
}

#[test]
fn errors_come_flat_nested_bare_and_as_a_sentence() {
    let Event::Error(flat) =
        parse(r#"{"type":"error","code":"server_error","message":"m","param":null,"sequence_number":2}"#)
    else {
        panic!("an error")
    };
    assert_eq!(flat.code, Some(ErrorCode::Word("server_error".into())));
    assert_eq!(flat.message.as_deref(), Some("m"));

    for data in [
        r#"{"type":"error","sequence_number":2,"error":{"type":"t","code":429,"message":"m","param":null}}"#,
        r#"{"error":{"type":"t","code":429,"message":"m"}}"#,
    ] {
        let Event::Error(event) = Event::parse(data, Some("message")).unwrap() else { panic!("an error") };
        let Some(ErrorValue::Detail(detail)) = event.error else { panic!("nested") };
        assert_eq!(detail.code, Some(ErrorCode::Number(Integer(429))));
        assert_eq!(detail.message.as_deref(), Some("m"));
    }

    let Event::Error(event) = parse(r#"{"code":"bad","error":"it broke"}"#) else { panic!("an error") };
    assert_eq!(event.error, Some(ErrorValue::Text("it broke".into())));
}

#[test]
fn a_finished_response_may_lack_its_output() {
    let Event::Completed(event) =
        parse(r#"{"type":"response.completed","response":{"id":"resp_1","status":"completed"}}"#)
    else {
        panic!("completed")
    };
    assert_eq!(event.response.output, None);
}

#[test]
fn an_item_of_an_event_may_be_of_a_kind_that_is_not_modelled() {
    let data = r#"{"type":"response.output_item.done","output_index":0,"item":{"id":"x","type":"x_search_call"}}"#;
    let Event::OutputItemDone(event) = parse(data) else { panic!("an item") };
    assert!(
        matches!(*event.item, Item::Unknown(unknown) if unknown.raw.get() == r#"{"id":"x","type":"x_search_call"}"#)
    );
}
