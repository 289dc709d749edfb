//! Bodies of the Messages API as the reference has them: what is known is read, what is not survives, what is broken is an error.

use interlingua_wire::messages::{
    Block, Content, Delta, ErrorBody, Event, Message, Request, Response, StopReason, Tool,
};

use crate::support::round_trip;

/// Reads a body and checks that it is written as it was.
fn verbatim<'a, T: serde::Deserialize<'a> + serde::Serialize>(text: &'a str) -> T {
    let typed: T = round_trip("body", text);
    assert_eq!(serde_json::to_string(&typed).ok().as_deref(), Some(text));
    typed
}

/// One block of each kind, with every field the reference has for it.
const BLOCKS: &[(&str, &str)] = &[
    (
        "text",
        r#"{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"},"citations":[{"type":"char_location","cited_text":"a","document_index":0,"document_title":"t","start_char_index":0,"end_char_index":1,"file_id":null},{"type":"page_location","cited_text":"a","document_index":0,"document_title":null,"start_page_number":1,"end_page_number":2},{"type":"content_block_location","cited_text":"a","document_index":0,"start_block_index":0,"end_block_index":1},{"type":"web_search_result_location","cited_text":"a","url":"u","title":"t","encrypted_index":"e"},{"type":"search_result_location","cited_text":"a","source":"s","title":"t","search_result_index":0,"start_block_index":0,"end_block_index":1}]}"#,
    ),
    (
        "image",
        r#"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVA="},"transformations":[{"type":"crop"}]}"#,
    ),
    ("image", r#"{"type":"image","source":{"type":"url","url":"https://a"}}"#),
    ("image", r#"{"type":"image","source":{"type":"file","file_id":"file_1"}}"#),
    (
        "document",
        r#"{"type":"document","source":{"type":"text","media_type":"text/plain","data":"d"},"title":"t","context":"c","citations":{"enabled":true}}"#,
    ),
    (
        "document",
        r#"{"type":"document","source":{"type":"content","content":[{"type":"text","text":"a"},{"type":"image","source":{"type":"url","url":"u"}}]}}"#,
    ),
    ("document", r#"{"type":"document","source":{"type":"content","content":"a"}}"#),
    (
        "search_result",
        r#"{"type":"search_result","source":"s","title":"t","content":[{"type":"text","text":"a"}],"citations":{"enabled":false}}"#,
    ),
    ("container_upload", r#"{"type":"container_upload","file_id":"file_1"}"#),
    ("thinking", r#"{"type":"thinking","thinking":"T","signature":"S"}"#),
    ("redacted_thinking", r#"{"type":"redacted_thinking","data":"D"}"#),
    (
        "tool_use",
        r#"{"type":"tool_use","id":"t","name":"f","input":{"a": 1.0},"caller":{"type":"direct"},"toolset_name":"browser"}"#,
    ),
    (
        "tool_use",
        r#"{"type":"tool_use","id":"t","name":"f","input":{},"caller":{"type":"code_execution_20250825","tool_id":"srvtoolu_1"}}"#,
    ),
    (
        "tool_result",
        r#"{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"r"},{"type":"image","source":{"type":"url","url":"u"}},{"type":"document","source":{"type":"url","url":"u"}},{"type":"search_result","source":"s","title":"t","content":[]},{"type":"tool_reference","tool_name":"B"},{"type":"browser_state","state":{"x": 1}}],"is_error":true,"toolset_name":"browser"}"#,
    ),
    ("server_tool_use", r#"{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}}"#),
    (
        "web_search_tool_result",
        r#"{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"u","title":"t","encrypted_content":"e","page_age":null}],"caller":{"type":"direct"}}"#,
    ),
    (
        "web_search_tool_result",
        r#"{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":{"type":"web_search_tool_result_error","error_code":"unavailable"}}"#,
    ),
    (
        "web_fetch_tool_result",
        r#"{"type":"web_fetch_tool_result","tool_use_id":"srvtoolu_1","content":{"type":"web_fetch_result","url":"u"}}"#,
    ),
    (
        "code_execution_tool_result",
        r#"{"type":"code_execution_tool_result","tool_use_id":"srvtoolu_1","content":{"type":"code_execution_result","stdout":""}}"#,
    ),
    (
        "bash_code_execution_tool_result",
        r#"{"type":"bash_code_execution_tool_result","tool_use_id":"srvtoolu_1","content":{"type":"bash_code_execution_result"}}"#,
    ),
    (
        "text_editor_code_execution_tool_result",
        r#"{"type":"text_editor_code_execution_tool_result","tool_use_id":"srvtoolu_1","content":{}}"#,
    ),
    (
        "tool_search_tool_result",
        r#"{"type":"tool_search_tool_result","tool_use_id":"srvtoolu_1","content":{"type":"tool_search_tool_search_result","tool_references":[{"type":"tool_reference","tool_name":"B"}]}}"#,
    ),
    (
        "advisor_tool_result",
        r#"{"type":"advisor_tool_result","tool_use_id":"srvtoolu_1","content":{"type":"advisor_result","text":"a"}}"#,
    ),
    ("mcp_tool_use", r#"{"type":"mcp_tool_use","id":"mcptoolu_1","name":"f","server_name":"s","input":{}}"#),
    (
        "mcp_tool_result",
        r#"{"type":"mcp_tool_result","tool_use_id":"mcptoolu_1","is_error":false,"content":[{"type":"text","text":"r"}]}"#,
    ),
    ("mcp_tool_listing", r#"{"type":"mcp_tool_listing","server_name":"s","tools":[]}"#),
    ("compaction", r#"{"type":"compaction","content":"c","encrypted_content":"e","signature":"s","tool_changes":[]}"#),
    (
        "fallback",
        r#"{"type":"fallback","from":{"model":"a"},"to":{"model":"b"},"trigger":{"type":"refusal","category":null}}"#,
    ),
    ("tool_addition", r#"{"type":"tool_addition","tool":{"type":"tool_reference","name":"B"}}"#),
    ("tool_removal", r#"{"type":"tool_removal","tool":{"type":"mcp_tool_reference","server_name":"s","name":"f"}}"#),
    (
        "tool_addition",
        r#"{"type":"tool_addition","tool":{"type":"tool_definition","definition":{"name":"B","input_schema":{"type":"object"}}}}"#,
    ),
];

#[test]
fn every_block_is_known_and_written_as_it_was() {
    for (kind, text) in BLOCKS {
        let block: Block = verbatim(text);
        assert_eq!(block.tag(), *kind);
        assert!(!matches!(block, Block::Unknown(_)), "{text}");
        assert!(!format!("{block:?}").contains("Unknown("), "a piece of it is not known: {text}");
    }
}

#[test]
fn every_field_of_a_request_is_known() {
    let request: Request = verbatim(
        r#"{"model":"m","max_tokens":9,"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":"a"},{"role":"system","content":[],"clear_at":"next_user_message","output_config":{"effort":"low"}}],"tools":[],"tool_choice":{"type":"any","disable_parallel_tool_use":true},"thinking":{"type":"between_tools","display":"updates","block_binding":{}},"output_config":{"effort":"max","format":{"type":"json_schema","schema":{"type": "object"}},"task_budget":{"type":"tokens","total":9,"remaining":1}},"stop_sequences":["x"],"stream":true,"temperature":0.5,"top_p":0.1,"top_k":3,"metadata":{"user_id":"u"},"service_tier":"standard_only","speed":"fast","cache_control":{"type":"ephemeral"},"container":{"id":"c","skills":[]},"diagnostics":{"previous_message_id":"msg_1"},"inference_geo":"eu","user_profile_id":"p","workspace_id":"w","context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"},{"type":"clear_tool_uses_20250919","trigger":{},"keep":{},"clear_at_least":{},"clear_tool_inputs":true,"exclude_tools":["f"]},{"type":"compact_20260112","trigger":{},"instructions":"i","pause_after_compaction":true}]},"compaction":{"type":"summarize"},"mcp_servers":[{"type":"url","name":"s","url":"u","authorization_token":"secret","tool_configuration":{"enabled":true}}],"thread":{"type":"create"},"fallbacks":[],"fallback_credit_token":"secret","billing_policy":{}}"#,
    );
    assert!(request.extra.is_empty());
    let shown = format!("{request:?}");
    assert!(!shown.contains("secret"), "tokens are not shown: {shown}");
    assert!(!shown.contains("Unknown("), "a piece of it is not known: {shown}");
}

#[test]
fn a_tool_without_a_type_is_the_clients_own_and_has_none_when_written() {
    let own = r#"{"name":"f","description":"d","input_schema":{"type": "object"},"strict":true,"defer_loading":true,"allowed_callers":["direct"],"input_examples":[{}],"eager_input_streaming":true}"#;
    assert!(matches!(verbatim(own), Tool::Custom(_)));
    for typed in [r#"{"type":"custom","name":"f"}"#, r#"{"name":"f","type":null}"#] {
        let tool: Tool = serde_json::from_str(typed).unwrap();
        assert_eq!(tool.tag(), "custom");
        assert_eq!(serde_json::to_string(&tool).unwrap(), r#"{"name":"f"}"#);
    }
    for text in [
        r#"{"type":"web_search_20250305","name":"web_search","max_uses":8,"allowed_domains":["a.org"],"user_location":{"type":"approximate","city":"c"}}"#,
        r#"{"type":"bash_20250124","name":"bash"}"#,
        r#"{"type":"advisor_20260301","name":"advisor","model":"m","max_tokens":9}"#,
        r#"{"type":"mcp_toolset","mcp_server_name":"s","default_config":{},"configs":{}}"#,
    ] {
        assert!(!matches!(verbatim(text), Tool::Unknown(_)), "{text}");
    }
}

#[test]
fn what_is_newer_survives() {
    for text in [r#"{"type":"hologram","depth": 3.0}"#, r#"{"type":"text","text":"a","newer":[1, 2]}"#] {
        let block: Block = serde_json::from_str(text).unwrap();
        let written: serde_json::Value = serde_json::from_str(&serde_json::to_string(&block).unwrap()).unwrap();
        assert_eq!(written, serde_json::from_str::<serde_json::Value>(text).unwrap());
    }
    let message: Message = verbatim(r#"{"role":"critic","content":[{"type":"hologram"}],"mood":"good"}"#);
    let Some(Content::Blocks(blocks)) = message.content else { panic!("blocks") };
    assert!(matches!(blocks.as_slice(), [Block::Unknown(_)]));
    let reply: Response = serde_json::from_str(r#"{"stop_reason":"bored","verdict":1}"#).unwrap();
    assert_eq!(reply.stop_reason, Some(StopReason::Other("bored".into())));
    assert_eq!(reply.extra.keys().collect::<Vec<_>>(), ["verdict"]);
}

#[test]
fn a_known_kind_with_a_broken_payload_is_an_error() {
    for text in [
        r#"{"type":"text","text":1}"#,
        r#"{"type":"thinking","thinking":"t","signature":{}}"#,
        r#"{"type":"image","source":"u"}"#,
        r#"{"type":"document","source":{"type":"url","url":1}}"#,
        r#"{"type":"tool_use","id":1}"#,
        r#"{"type":"tool_result","content":{}}"#,
        r#"{"type":"tool_result","content":[{"type":"text","text":[]}]}"#,
        r#"{"type":"web_search_tool_result","content":"none"}"#,
        r#"{"text":"a"}"#,
    ] {
        assert!(serde_json::from_str::<Block>(text).is_err(), "{text}");
    }
    for text in [
        r#"{"type":"content_block_delta","index":0}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"text":"a"}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":null,"citations":1}}"#,
        r#"{"type":"message_start"}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":1}}"#,
        r#"{"type":"error"}"#,
    ] {
        assert!(Event::parse(text, None).is_err(), "{text}");
    }
    for text in
        [r#"{"messages":{}}"#, r#"{"system":1}"#, r#"{"tools":[{"type":"custom","name":1}]}"#, r#"{"thinking":{}}"#]
    {
        assert!(serde_json::from_str::<Request>(text).is_err(), "{text}");
    }
}

#[test]
fn an_event_without_a_type_goes_by_its_name_but_an_error_is_one_by_any() {
    let data = r#"{"index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\""}}"#;
    let Event::ContentBlockDelta(event) = Event::parse(data, Some("content_block_delta")).unwrap() else {
        panic!("a delta")
    };
    assert!(matches!(&event.delta, Delta::InputJson(delta) if delta.partial_json == "{\"a\""));
    let data = r#"{"error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#;
    assert!(matches!(Event::parse(data, Some("message_stop")), Ok(Event::Error(_))));
    let body: ErrorBody = verbatim(
        r#"{"type":"error","error":{"type":"api_error","message":"boom","details":{"error_code":"x"}},"request_id":"req_1"}"#,
    );
    assert_eq!(body.error.message.as_deref(), Some("boom"));
}
