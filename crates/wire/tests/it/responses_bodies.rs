//! Requests and responses of the Responses API, field by field: what is read is written again, and what is wrong is refused.

use interlingua_wire::responses::{
    Content, ContentPart, Input, Item, Request, Response, TextFormat, Tool, ToolChoice, ToolChoiceMode,
    ToolChoiceObject,
};
use serde_json::Value;

/// Reads and writes; the order of keys is not compared.
#[expect(clippy::unwrap_used, reason = "what fails in a helper fails the test")]
fn round_trip<T: serde::de::DeserializeOwned + serde::Serialize>(json: &str) -> T {
    let typed: T = serde_json::from_str(json).unwrap();
    let written: Value = serde_json::from_str(&serde_json::to_string(&typed).unwrap()).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(json).unwrap());
    typed
}

#[test]
fn content_and_input_keep_the_form_they_came_in() {
    assert_eq!(round_trip::<Content>(r#""hi""#), Content::Text("hi".into()));
    assert_eq!(round_trip::<Content>("[]"), Content::Parts(Vec::new()));
    assert_eq!(round_trip::<Input>(r#""hi""#), Input::Text("hi".into()));
    assert!(
        matches!(round_trip::<Input>(r#"[{"type":"item_reference","id":"rs_1"}]"#), Input::Items(items) if items.len() == 1)
    );
    let error = serde_json::from_str::<Content>("{}").unwrap_err().to_string();
    assert!(error.contains("expected a string or an array of content parts"), "{error}");
}

#[test]
fn every_part_is_known() {
    for json in [
        r#"{"type":"input_text","text":"a","prompt_cache_breakpoint":{"mode":"explicit"}}"#,
        r#"{"type":"input_image","image_url":"data:,","detail":"auto"}"#,
        r#"{"type":"input_file","file_id":"f","filename":"n"}"#,
        r#"{"type":"input_audio","input_audio":{"data":"","format":"wav"}}"#,
        r#"{"type":"output_text","text":"a","annotations":[{"type":"file_path","file_id":"f","index":0}],"logprobs":[{"token":"a","logprob":-0.1,"bytes":[97],"top_logprobs":[]}]}"#,
        r#"{"type":"refusal","refusal":"no"}"#,
        r#"{"type":"reasoning_text","text":"a"}"#,
        r#"{"type":"summary_text","text":"a"}"#,
    ] {
        let part = round_trip::<ContentPart>(json);
        assert!(!matches!(part, ContentPart::Unknown(_)), "{json}");
    }
}

#[test]
fn a_call_keeps_its_arguments_character_by_character() {
    let json = r#"{"type":"function_call","call_id":"call_1","name":"f","arguments":"{ \"a\" :1}","caller":{"type":"program","caller_id":"cm_1"}}"#;
    let Item::FunctionCall(call) = round_trip(json) else { panic!("a call") };
    assert_eq!(call.arguments.as_deref(), Some(r#"{ "a" :1}"#));
    assert_eq!(call.caller.unwrap().kind.as_deref(), Some("program"));
}

#[test]
fn a_tool_result_is_text_or_parts() {
    let json =
        r#"{"type":"function_call_output","call_id":"call_1","output":[{"type":"input_image","image_url":"data:,"}]}"#;
    let Item::FunctionCallOutput(result) = round_trip(json) else { panic!("a result") };
    assert!(matches!(result.output, Some(Content::Parts(parts)) if parts.len() == 1));
}

#[test]
fn a_known_item_with_a_broken_field_is_not_unknown() {
    for json in [
        r#"{"type":"message","role":"user","content":1}"#,
        r#"{"type":"function_call","name":{}}"#,
        r#"{"name":{},"type":"function_call"}"#,
        r#"{"type":"reasoning","summary":"short"}"#,
        r#"{"content":"neither type nor role nor id"}"#,
    ] {
        assert!(serde_json::from_str::<Item>(json).is_err(), "{json}");
    }
}

#[test]
fn schemas_and_grammars_are_carried_verbatim() {
    let json = r#"{"type":"function","name":"f","parameters":{"b": 1.0, "a": {}},"strict":false}"#;
    let Tool::Function(tool) = round_trip(json) else { panic!("a function") };
    assert_eq!(tool.parameters.unwrap().get(), r#"{"b": 1.0, "a": {}}"#);
    assert_eq!(tool.strict, Some(false));
    round_trip::<Tool>(
        r#"{"type":"custom","name":"c","format":{"type":"grammar","syntax":"lark","definition":"start: /.+/"}}"#,
    );
    round_trip::<Tool>(
        r#"{"type":"namespace","name":"n","tools":[{"type":"function","name":"f"},{"type":"custom","name":"c"}]}"#,
    );
}

#[test]
fn a_namespace_in_a_namespace_is_carried_unread() {
    let json = r#"{"type":"namespace","tools":[{"type":"namespace","tools":[]}]}"#;
    let Tool::Namespace(namespace) = round_trip(json) else { panic!("a namespace") };
    assert_eq!(namespace.tools.unwrap()[0].tag(), "namespace");
}

#[test]
fn debug_does_not_show_the_credentials_of_an_mcp_server() {
    let json =
        r#"{"type":"mcp","server_label":"s","authorization":"tok-1","headers":{"Authorization":"Bearer tok-2"}}"#;
    let shown = format!("{:?}", round_trip::<Tool>(json));
    assert!(shown.contains("server_label") && !shown.contains("tok-"), "{shown}");
}

#[test]
fn a_tool_choice_is_a_word_or_an_object() {
    assert_eq!(round_trip::<ToolChoice>(r#""required""#), ToolChoice::Mode(ToolChoiceMode::Required));
    assert_eq!(round_trip::<ToolChoice>(r#""maybe""#), ToolChoice::Mode(ToolChoiceMode::Other("maybe".into())));
    let json =
        r#"{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"},{"type":"web_search"}]}"#;
    let ToolChoice::Object(ToolChoiceObject::AllowedTools(allowed)) = round_trip(json) else { panic!("a choice") };
    assert_eq!(allowed.tools.unwrap()[1].kind.as_deref(), Some("web_search"));
}

#[test]
fn a_request_keeps_what_it_does_not_know() {
    let json = r#"{"model":"m","input":"hi","text":{"format":{"type":"json_schema","name":"s","schema":{}},"verbosity":"low"},"reasoning":{"effort":"xhigh","mode":"pro"},"store":false,"stop":["x"]}"#;
    let request = round_trip::<Request>(json);
    assert!(matches!(request.text.unwrap().format, Some(TextFormat::JsonSchema(format)) if format.strict.is_none()));
    assert_eq!(request.extra.keys().collect::<Vec<_>>(), ["stop"]);
    assert_eq!(request.store, Some(false));
}

#[test]
fn a_broken_echo_does_not_break_a_response() {
    let json = r#"{"id":"r","tools":7,"tool_choice":[],"metadata":"x","temperature":"hot","text":false}"#;
    let response: Response = serde_json::from_str(json).unwrap();
    assert_eq!(response.temperature.unwrap().get(), r#""hot""#);
}

#[test]
fn a_response_always_says_whether_it_failed() {
    assert_eq!(
        serde_json::to_string(&Response::default()).unwrap(),
        r#"{"completed_at":null,"error":null,"incomplete_details":null,"usage":null}"#
    );
}

#[test]
fn a_reply_keeps_what_it_says_of_its_input() {
    let json = r#"{"completed_at":null,"error":null,"incomplete_details":{"reason":"steered"},"usage":null,"access_programs":["cyber"],"image":{"size":"auto"},"input_transformations":[{"type":"compaction"}],"prompt_cache_diagnostics":{"hit":false}}"#;
    let reply = round_trip::<Response>(json);
    assert!(reply.extra.is_empty());
    assert_eq!(reply.input_transformations.unwrap().get(), r#"[{"type":"compaction"}]"#);
}

#[test]
fn an_error_and_arguments_may_have_another_form() {
    let reply: Response = serde_json::from_str(r#"{"error":"quota is gone"}"#).unwrap();
    assert_eq!(reply.error, Some(interlingua_wire::responses::ReplyError::Text("quota is gone".to_owned())));
    let json = r#"{"type":"function_call","call_id":"call_1","name":"f","arguments":{"p": 1}}"#;
    let Item::FunctionCall(call) = serde_json::from_str(json).unwrap() else { panic!("a call") };
    assert_eq!(call.arguments.as_deref(), Some(r#"{"p":1}"#));
}
