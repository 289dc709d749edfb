//! Chat streams for Responses clients.

use interlingua_translate::{Api, ChatUpstream, End, LossCode, Outcome, Stage, Style, Translator, Upstream};
use serde_json::{Value, json};

use crate::support::{Received as Frames, stamp};

/// What a client receives: events as JSON, and how the stream ended.
struct Received {
    events: Vec<Value>,
    outcome: Outcome,
    /// Whether it was seen to have failed before there was any output.
    failed_early: bool,
}

impl Received {
    fn types(&self) -> Vec<&str> {
        self.events.iter().map(|event| event["type"].as_str().unwrap()).collect()
    }

    fn all(&self, kind: &str) -> Vec<&Value> {
        self.events.iter().filter(|event| event["type"] == kind).collect()
    }

    fn response(&self) -> &Value {
        &self.events.last().unwrap()["response"]
    }
}

fn receive(request: &Value, upstream: &ChatUpstream, data: &[&str]) -> Received {
    receive_as(Style::default(), request, upstream, data)
}

fn receive_as(style: Style, request: &Value, upstream: &ChatUpstream, data: &[&str]) -> Received {
    let translator = Translator { style, ..Translator::new(Api::Responses) };
    let mut asked = translator.read(request.to_string().as_bytes()).unwrap();
    asked.request().stream.enabled = true;
    let mut answer = asked.to(&Upstream::Chat(upstream.clone()), stamp()).unwrap().reply.answer();
    let (mut frames, mut failed_early) = (Frames::default(), false);
    for data in data {
        failed_early |= answer.event(None, data, &mut frames) == Stage::Failed;
    }
    let outcome = answer.finish(&mut frames);
    let events = frames.0.iter().map(|frame| serde_json::from_str(&frame.data).unwrap()).collect();
    Received { events, outcome, failed_early }
}

fn plain(data: &[&str]) -> Received {
    receive(&json!({"model": "m", "input": "x", "store": false}), &ChatUpstream::default(), data)
}

fn delta(delta: &Value) -> String {
    json!({"id": "chatcmpl-1", "created": 5, "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
        .to_string()
}

fn finish(reason: &str) -> String {
    json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}).to_string()
}

#[test]
fn a_text_turn_has_exactly_these_events() {
    let received = plain(&[
        &delta(&json!({"role": "assistant", "content": ""})),
        &delta(&json!({"content": "Hi"})),
        &finish("stop"),
        "[DONE]",
    ]);
    assert_eq!(
        received.types(),
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    assert_eq!(received.response()["id"], "resp_1");
    assert_eq!(received.response()["output"][0]["id"], "msg_1_0");
    assert_eq!(received.outcome.end, End::Completed);
}

#[test]
fn a_custom_tool_sent_as_a_function_streams_its_input_unwrapped() {
    let request = json!({"model": "m", "input": "x", "tools": [{"type": "custom", "name": "apply_patch"}]});
    let call = |arguments: &str| delta(&json!({"tool_calls": [{"index": 0, "function": {"arguments": arguments}}]}));
    let first =
        json!({"tool_calls": [{"index": 0, "id": "call_a", "function": {"name": "apply_patch", "arguments": ""}}]});
    let received = receive(
        &request,
        &ChatUpstream::compatible(),
        &[
            &delta(&first),
            &call("{\"inp"),
            &call("ut\":\"a\\"),
            &call("n\\ud83d"),
            &call("\\ude00b\"}"),
            &finish("tool_calls"),
            "[DONE]",
        ],
    );
    let deltas: Vec<_> =
        received.all("response.custom_tool_call_input.delta").iter().map(|event| event["delta"].clone()).collect();
    assert_eq!(deltas, ["a", "\n", "\u{1F600}b"]);
    assert_eq!(received.all("response.custom_tool_call_input.done")[0]["input"], "a\n\u{1F600}b");
    let item = &received.response()["output"][0];
    assert_eq!((&item["type"], &item["input"]), (&json!("custom_tool_call"), &json!("a\n\u{1F600}b")));
    assert_eq!(received.all("response.function_call_arguments.delta").len(), 0);
}

#[test]
fn a_groups_tool_is_called_by_its_own_name_and_group() {
    let request = json!({"model": "m", "input": "x", "tools": [
        {"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "get", "parameters": {}}]}]});
    let call = json!({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "crm__get", "arguments": "{}"}}]});
    let received = receive(&request, &ChatUpstream::default(), &[&delta(&call), &finish("tool_calls"), "[DONE]"]);
    let added = &received.all("response.output_item.added")[0]["item"];
    assert_eq!((&added["namespace"], &added["name"]), (&json!("crm"), &json!("get")));
    assert_eq!(received.response()["tools"][0]["type"], "namespace");
}

#[test]
fn a_failure_before_any_output_comes_with_its_events_in_one_push() {
    let received = plain(&[
        &delta(&json!({"role": "assistant", "content": ""})),
        r#"{"error":{"message":"slow down","type":"rate_limit_error","code":429}}"#,
    ]);
    assert_eq!(received.types(), ["response.created", "response.in_progress", "response.failed"]);
    assert_eq!(received.response()["error"], json!({"code": "rate_limit_exceeded", "message": "slow down"}));
    assert!(received.failed_early);
}

#[test]
fn a_failure_in_mid_stream_closes_what_is_open_as_incomplete() {
    let received = plain(&[&delta(&json!({"content": "Hel"})), r#"{"error":"the provider went away"}"#]);
    assert_eq!(
        received.types()[5..],
        ["response.output_text.done", "response.content_part.done", "response.output_item.done", "response.failed",]
    );
    assert_eq!(received.response()["output"][0]["status"], "incomplete");
    assert_eq!(received.response()["error"]["message"], "the provider went away");
}

#[test]
fn the_end_is_a_finish_reason_or_a_done_behind_an_answer() {
    let text = delta(&json!({"content": "Hi"}));
    assert_eq!(plain(&[&text, &finish("stop")]).outcome.end, End::Completed);
    assert_eq!(plain(&[&text]).outcome.end, End::Truncated);
    let done = plain(&[&text, "[DONE]"]);
    assert_eq!(done.outcome.end, End::Completed, "some servers give no reason");
    assert_eq!(done.outcome.losses[0].path, "choices[0].finish_reason");
    assert_eq!(plain(&["[DONE]"]).outcome.end, End::Truncated, "there is no answer");
    assert_eq!(plain(&[&delta(&json!({"reasoning": "Hm"})), "[DONE]"]).outcome.end, End::Truncated);
    let call = |arguments: &str| {
        delta(&json!({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": arguments}}]}))
    };
    assert_eq!(plain(&[&call("{}"), "[DONE]"]).outcome.end, End::Completed);
    assert_eq!(plain(&[&call("{\"a\":"), "[DONE]"]).outcome.end, End::Truncated, "the call may be cut");
    assert_eq!(plain(&[&text, &finish(""), "[DONE]"]).outcome.end, End::Completed, "some servers have no word for it");
}

#[test]
fn only_the_item_that_was_cut_is_incomplete() {
    let call = |index: u32, id: &str| {
        delta(&json!({"tool_calls": [{"index": index, "id": id, "function": {"name": "f", "arguments": "{"}}]}))
    };
    let received =
        plain(&[&delta(&json!({"content": "A"})), &call(0, "a"), &call(1, "b"), &finish("length"), "[DONE]"]);
    let statuses: Vec<_> =
        received.response()["output"].as_array().unwrap().iter().map(|item| &item["status"]).collect();
    assert_eq!(statuses, ["completed", "completed", "incomplete"]);
    assert_eq!(received.types().last(), Some(&"response.incomplete"));
}

#[test]
fn usage_counts_wherever_it_stands() {
    let usage = json!({"prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}});
    for last in [
        json!({"choices": [], "usage": usage}),
        json!({"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}], "usage": usage}),
        json!({"choices": [], "x_groq": {"id": "r", "usage": usage}}),
    ] {
        let received = plain(&[&delta(&json!({"content": "Hi"})), &finish("stop"), &last.to_string(), "[DONE]"]);
        let got = &received.response()["usage"];
        assert_eq!(got["total_tokens"], 3, "{last}");
        assert_eq!(got["input_tokens_details"], json!({"cached_tokens": 1, "cache_write_tokens": 0}), "{last}");
    }
}

#[test]
fn calls_keep_apart_whatever_their_index_and_id_say() {
    let piece = |call: &Value| delta(&json!({"tool_calls": [call]}));
    let function = |name: &str, arguments: &str| json!({"name": name, "arguments": arguments});
    for (what, pieces) in [
        (
            "one index for all",
            vec![
                json!({"index": 0, "id": "a", "function": function("f", "{}")}),
                json!({"index": 0, "id": "b", "function": function("g", "[]")}),
            ],
        ),
        (
            "no index",
            vec![
                json!({"id": "a", "function": function("f", "{")}),
                json!({"function": {"arguments": "}"}}),
                json!({"id": "b", "function": function("g", "[]")}),
            ],
        ),
        (
            "ids repeated in every piece",
            vec![
                json!({"index": 0, "id": "a", "function": function("f", "{")}),
                json!({"index": 1, "id": "b", "function": function("g", "[")}),
                json!({"index": 0, "id": "a", "function": {"arguments": "}"}}),
                json!({"index": 1, "id": "b", "function": function("", "]")}),
            ],
        ),
    ] {
        let mut data: Vec<String> = pieces.iter().map(piece).collect();
        data.push(finish("tool_calls"));
        let received = plain(&data.iter().map(String::as_str).collect::<Vec<_>>());
        let calls: Vec<_> = received.response()["output"]
            .as_array()
            .unwrap()
            .iter()
            .map(|call| {
                (call["call_id"].as_str().unwrap(), call["name"].as_str().unwrap(), call["arguments"].as_str().unwrap())
            })
            .collect();
        assert_eq!(calls, [("a", "f", "{}"), ("b", "g", "[]")], "{what}");
    }
}

#[test]
fn a_call_without_an_id_gets_one_and_a_call_without_a_name_fails() {
    let call = |function: &Value| delta(&json!({"tool_calls": [{"index": 0, "id": "", "function": function}]}));
    let nameless = plain(&[&call(&json!({"arguments": "{}"})), &finish("tool_calls"), "[DONE]"]);
    assert_eq!(nameless.types().last(), Some(&"response.failed"));
    let without_id = plain(&[&call(&json!({"name": "f", "arguments": "{}"})), &finish("tool_calls"), "[DONE]"]);
    assert_eq!(without_id.response()["output"][0]["call_id"], "call_1_0");
}

#[test]
fn thoughts_in_any_of_their_fields_are_one_item_before_the_text() {
    for thought in [
        json!({"reasoning_content": "think"}),
        json!({"reasoning": "think"}),
        json!({"reasoning": "think", "reasoning_details": [{"type": "reasoning.text", "text": "think"}]}),
        json!({"reasoning_details": [{"type": "reasoning.text", "text": "think"}]}),
        json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "think"}]}]}),
    ] {
        let received = plain(&[&delta(&thought), &delta(&json!({"content": "Hi"})), &finish("stop"), "[DONE]"]);
        let output = received.response()["output"].as_array().unwrap();
        assert_eq!(output.len(), 2, "{thought}");
        assert_eq!(output[0]["summary"], json!([{"type": "summary_text", "text": "think"}]), "{thought}");
        assert_eq!(output[1]["content"][0]["text"], "Hi");
    }
}

#[test]
fn a_refusal_closes_the_text_and_is_a_part_of_its_own() {
    let received =
        plain(&[&delta(&json!({"content": "Well, "})), &delta(&json!({"refusal": "no."})), &finish("stop"), "[DONE]"]);
    let content = received.response()["output"][0]["content"].as_array().unwrap();
    assert_eq!(content[1], json!({"type": "refusal", "refusal": "no."}));
    assert_eq!(received.all("response.refusal.delta")[0]["content_index"], 1);
}

#[test]
fn an_answer_that_says_and_costs_nothing_is_an_empty_message_with_a_loss() {
    let received = plain(&[&delta(&json!({"role": "assistant"})), &finish("stop"), "[DONE]"]);
    assert_eq!(received.response()["output"][0]["content"][0]["text"], "");
    assert_eq!(received.outcome.losses[0].code, LossCode::EmptyCompletion);
}

#[test]
fn a_broken_chunk_ends_the_stream_as_malformed() {
    let received = plain(&[&delta(&json!({"content": "Hi"})), r#"{"choices":[{"delta":{"content":7}}]}"#]);
    let End::Failed(failure) = &received.outcome.end else { panic!("{:?}", received.outcome.end) };
    assert_eq!(failure.code.as_deref(), Some("upstream_malformed"));
    assert_eq!(received.types().last(), Some(&"response.failed"));
}

#[test]
fn the_reply_repeats_the_request() {
    let request = json!({
        "model": "m", "input": "x", "instructions": "I", "temperature": 0.5, "metadata": {"k": "v"}, "max_output_tokens": 99,
        "text": {"format": {"type": "json_object"}}, "reasoning": {"effort": "low"}, "parallel_tool_calls": false,
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}, "additionalProperties": false}}],
        "tool_choice": {"type": "function", "name": "f"},
    });
    let received = receive(&request, &ChatUpstream::default(), &[&finish("stop"), "[DONE]"]);
    let response = received.response();
    for key in ["instructions", "temperature", "metadata", "max_output_tokens", "parallel_tool_calls", "tool_choice"] {
        assert_eq!(response[key], request[key], "{key}");
    }
    assert_eq!(response["tools"][0]["strict"], true, "the strictness that was in force, not the one that was left out");
    assert_eq!(response["text"]["format"]["type"], "json_object");
    assert_eq!(response["reasoning"]["effort"], "low");
    assert_eq!(response["store"], false, "whatever was asked");
    assert_eq!((&response["top_p"], &response["truncation"]), (&json!(1.0), &json!("disabled")));
}

/// For clients that act on an ended item whatever its status, what was cut is told by the last event alone.
#[test]
fn a_client_that_runs_what_ends_is_not_given_half_a_call() {
    let style = Style { close_cut_items: Some(false), ..Style::default() };
    let request = json!({"model": "m", "input": "x", "store": false});
    let text = delta(&json!({"content": "Hi"}));
    let call = json!({"index": 0, "id": "call_a", "type": "function", "function": {"name": "f", "arguments": "{\"a"}});
    let call = delta(&json!({"tool_calls": [call]}));
    let length = finish("length");
    for (last, end) in [(&[][..], "response.failed"), (&[&*length, "[DONE]"][..], "response.incomplete")] {
        let data = [&[&*text, &*call], last].concat();
        let received = receive_as(style.clone(), &request, &ChatUpstream::default(), &data);
        let types = received.types();
        assert_eq!(
            received.all("response.output_item.done").len(),
            1,
            "the message ended, the call never did: {types:?}"
        );
        assert_eq!(types.last(), Some(&end));
        let numbers: Vec<_> = received.events.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (0..).take(types.len()).collect::<Vec<_>>(), "numbered without a gap");
    }
}

/// A reply's call of a custom tool that was sent as a function, with these arguments in pieces.
fn custom_call(pieces: &[&str], reason: &str) -> Received {
    let request = json!({"model": "m", "input": "x", "tools": [{"type": "custom", "name": "patch"}]});
    let head = json!({"tool_calls": [{"index": 0, "id": "call_a", "function": {"name": "patch", "arguments": ""}}]});
    let more =
        pieces.iter().map(|piece| delta(&json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})));
    let data: Vec<String> =
        std::iter::once(delta(&head)).chain(more).chain([finish(reason), "[DONE]".to_owned()]).collect();
    let data: Vec<&str> = data.iter().map(String::as_str).collect();
    receive(&request, &ChatUpstream::compatible(), &data)
}

#[test]
fn a_custom_tool_s_input_is_found_in_whatever_wraps_it() {
    for pieces in [
        [r#"{"inp"#, r#"ut":"a b"}"#],
        [r#"{"patch":"a"#, r#" b"}"#],
        [r#"{"command":["apply_patch","#, r#""a b"]}"#],
        ["\"a", " b\""],
        ["a", " b"],
    ] {
        let received = custom_call(&pieces, "tool_calls");
        assert_eq!(received.response()["output"][0]["input"], "a b", "{pieces:?}");
        assert_eq!((&received.outcome.end, received.outcome.losses.len()), (&End::Completed, 0), "{pieces:?}");
    }
    let received = custom_call(&[r#"{"input":"a"}"#, " and more"], "tool_calls");
    assert_eq!(received.response()["output"][0]["input"], "a");
    assert_eq!(received.outcome.losses[0].path, "choices[0].delta.tool_calls[0]");
}

#[test]
fn a_custom_tool_s_input_that_breaks_off_never_counts_as_whole() {
    for arguments in [r#"{"input":"a b"#, r#"{"patch":"a b"#, r#"{"input":"a b""#] {
        let received = custom_call(&[arguments], "tool_calls");
        assert!(matches!(received.outcome.end, End::Failed(_)), "{arguments}");
        assert_eq!(received.types().last(), Some(&"response.failed"), "{arguments}");
        assert_eq!(received.response()["output"][0]["status"], "incomplete", "{arguments}");
    }
    let received = custom_call(&[r#"{"input":"a b"#], "length");
    assert_eq!(received.response()["output"][0]["input"], "a b", "a reply that was cut short keeps what came");
}

#[test]
fn arguments_that_are_cut_stay_as_they_are() {
    let call = json!({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}]});
    let arguments =
        |reason: &str| plain(&[&delta(&call), &finish(reason)]).response()["output"][0]["arguments"].clone();
    assert_eq!(arguments("tool_calls"), "{}");
    assert_eq!(arguments("length"), "");
}

#[test]
fn names_made_up_in_each_chunk_do_not_pile_up() {
    let chunks: Vec<String> =
        (0..500).map(|n| format!(r#"{{"id":"c","choices":[],"x{n}":{n}}}"#)).chain([finish("stop")]).collect();
    let chunks: Vec<&str> = chunks.iter().map(String::as_str).collect();
    assert!(plain(&chunks).outcome.losses.len() < 100);
}
