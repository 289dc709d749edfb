//! Stop sequences of Chat clients over upstreams that have none.

use interlingua_translate::{Api, ChatUpstream, End, LossCode, Outcome, Stage, Translator, Upstream};
use serde_json::{Value, json};

use crate::support::{Received, stamp};

fn request(stop: &Value, is_streamed: bool) -> String {
    let mut request = json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "stop": stop});
    if is_streamed {
        request["stream"] = true.into();
        request["stream_options"] = json!({"include_usage": true});
    }
    request.to_string()
}

/// What a client of the sequences `stop` receives, streamed or not, of an upstream that sends these events.
fn receive(stop: &Value, is_streamed: bool, events: &[Value]) -> (Value, Outcome, usize) {
    let request = request(stop, is_streamed);
    let outgoing =
        Translator::new(Api::Chat).request(request.as_bytes(), &Upstream::usual(Api::Responses), stamp()).unwrap();
    assert_eq!(outgoing.losses.iter().map(|loss| loss.code).collect::<Vec<_>>(), [LossCode::Emulated]);
    let mut answer = outgoing.reply.answer();
    let mut frames = Received::default();
    let mut read = 0;
    for event in events {
        read += 1;
        if answer.event(None, &event.to_string(), &mut frames) == Stage::Over {
            break;
        }
    }
    let outcome = answer.finish(&mut frames);
    (told(&frames), outcome, read)
}

/// A Chat reply in one piece: its text, reasoning, arguments, finish reason and usage.
fn told(frames: &Received) -> Value {
    let mut told = json!({"text": "", "reasoning": "", "arguments": "", "finish": null, "usage": null});
    let mut add = |key: &str, more: &Value| {
        let text = told[key].as_str().unwrap_or_default().to_owned() + more.as_str().unwrap_or_default();
        told[key] = text.into();
    };
    for frame in frames.0.iter().filter(|frame| frame.data != "[DONE]") {
        let chunk: Value = serde_json::from_str(&frame.data).unwrap();
        let choice = &chunk["choices"][0];
        let said = if choice["delta"].is_null() { &choice["message"] } else { &choice["delta"] };
        add("text", &said["content"]);
        add("reasoning", &said["reasoning_content"]);
        for call in said["tool_calls"].as_array().into_iter().flatten() {
            add("arguments", &call["function"]["arguments"]);
        }
        add("finish", &choice["finish_reason"]);
        if !chunk["usage"].is_null() {
            add("usage", &json!(chunk["usage"]["total_tokens"].to_string()));
        }
    }
    told
}

fn text(deltas: &[&str]) -> Vec<Value> {
    let mut events = vec![
        json!({"type": "response.created", "response": {"id": "resp_1", "output": []}}),
        json!({"type": "response.output_item.added", "output_index": 0,
            "item": {"type": "message", "id": "msg_1", "role": "assistant", "content": []}}),
    ];
    events.extend(deltas.iter().map(|delta| {
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": "msg_1",
            "delta": delta})
    }));
    let content = json!([{"type": "output_text", "text": deltas.concat()}]);
    let output = json!([{"type": "message", "id": "msg_1", "role": "assistant", "content": content}]);
    events.push(completed(&output));
    events
}

fn completed(output: &Value) -> Value {
    json!({"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": output,
        "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}}})
}

#[test]
fn a_stream_ends_before_the_sequence_however_it_is_cut() {
    let whole = "One two END three END";
    for size in 1..=whole.len() {
        let deltas: Vec<_> = whole.as_bytes().chunks(size).map(|piece| std::str::from_utf8(piece).unwrap()).collect();
        for is_streamed in [true, false] {
            let (told, outcome, read) = receive(&json!("END"), is_streamed, &text(&deltas));
            assert_eq!((&told["text"], &told["finish"]), (&json!("One two "), &json!("stop")), "{size}");
            assert_eq!((&outcome.end, told["usage"].is_null()), (&End::Completed, true), "{size}");
            assert_eq!(outcome.losses.iter().map(|loss| loss.code).collect::<Vec<_>>(), [LossCode::UnknownUsage]);
            // The upstream is let go with the sequence, before its end.
            assert!(read < text(&deltas).len(), "{size}: {read}");
        }
    }
}

#[test]
fn the_first_of_two_sequences_counts() {
    let (told, _, _) = receive(&json!(["STOP", "\n\n"]), true, &text(&["a\n", "\nb STOP"]));
    assert_eq!(told["text"], "a");
    let (told, _, _) = receive(&json!(["\n\n", "STOP"]), true, &text(&["a ST", "OP\n\n"]));
    assert_eq!(told["text"], "a ");
}

#[test]
fn what_only_begins_like_a_sequence_is_told() {
    for deltas in [&["EN", "E", "N", "x EN"][..], &["ENENx EN"], &["E", "N", "ENx EN"]] {
        let (told, outcome, _) = receive(&json!("END"), true, &text(deltas));
        assert_eq!((told["text"].as_str(), told["usage"].as_str()), (Some(&*deltas.concat()), Some("3")), "{told}");
        assert_eq!(outcome.losses, []);
    }
    let (told, _, _) = receive(&json!(["é!"]), true, &text(&["caf", "é", "?"]));
    assert_eq!(told["text"], "café?");
}

#[test]
fn reasoning_and_arguments_are_no_text() {
    let reasoning =
        json!({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "END is near"}]});
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{\"a\":\"END\"}"});
    let message = json!({"type": "message", "id": "msg_1", "role": "assistant",
        "content": [{"type": "output_text", "text": "Well"}]});
    let events = [completed(&json!([reasoning, message, call]))];
    let (told, outcome, _) = receive(&json!("END"), true, &events);
    assert_eq!(told["reasoning"], "END is near");
    assert_eq!((&told["text"], &told["arguments"]), (&json!("Well"), &json!("{\"a\":\"END\"}")));
    assert_eq!((&told["finish"], outcome.losses.len()), (&json!("tool_calls"), 0));
}

#[test]
fn what_comes_behind_the_sequence_is_not_told() {
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"});
    let message = json!({"type": "message", "id": "msg_1", "role": "assistant",
        "content": [{"type": "output_text", "text": "Well END"}]});
    let (told, _, _) = receive(&json!("END"), true, &[completed(&json!([message, call]))]);
    assert_eq!((&told["text"], &told["arguments"], &told["finish"]), (&json!("Well "), &json!(""), &json!("stop")));
}

#[test]
fn a_whole_reply_keeps_what_it_cost() {
    let Value::Object(completed) = text(&["One END two"]).pop().unwrap() else { panic!("no object") };
    for is_streamed in [true, false] {
        let request = request(&json!(["END"]), is_streamed);
        let upstream = Upstream::usual(Api::Responses);
        let outgoing = Translator::new(Api::Chat).request(request.as_bytes(), &upstream, stamp()).unwrap();
        let (mut answer, mut frames) = (outgoing.reply.answer(), Received::default());
        answer.whole(completed["response"].to_string().as_bytes(), &mut frames);
        assert_eq!(answer.finish(&mut frames).losses, []);
        let told = told(&frames);
        assert_eq!((&told["text"], &told["finish"], &told["usage"]), (&json!("One "), &json!("stop"), &json!("3")));
    }
}

#[test]
fn a_chat_upstream_that_refuses_them_is_one_without() {
    let request = br#"{"model":"m","messages":[{"role":"user","content":"x"}],"stop":"END"}"#;
    let upstream = ChatUpstream { refused: vec![interlingua_translate::chat::Field::Stop], ..ChatUpstream::default() };
    for (upstream, text) in [(ChatUpstream::default(), "a END b"), (upstream, "a ")] {
        let outgoing = Translator::new(Api::Chat).request(request, &Upstream::Chat(upstream), stamp()).unwrap();
        let (mut answer, mut frames) = (outgoing.reply.answer(), Received::default());
        let reply = json!({"choices": [{"message": {"content": "a END b"}, "finish_reason": "stop"}]}).to_string();
        answer.whole(reply.as_bytes(), &mut frames);
        assert_eq!(told(&frames)["text"], text);
    }
}
