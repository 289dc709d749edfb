//! Replies of Responses upstreams for Chat clients.

use interlingua_translate::{Api, LossCode, Outcome, Style, Translator, Upstream};
use serde_json::{Value, json};

use crate::support::{Received, stamp};

/// The message that a client puts together of what it receives, streamed or whole.
fn receive(style: Style, format: &Value, items: &[Value], streamed: bool) -> (Value, Outcome) {
    let request = json!({"model": "m", "messages": [{"role": "user", "content": "q"}], "response_format": format});
    let translator = Translator { style, ..Translator::new(Api::Chat) };
    let mut asked = translator.read(request.to_string().as_bytes()).unwrap();
    asked.request().stream.enabled = streamed;
    let mut answer = asked.to(&Upstream::usual(Api::Responses), stamp()).unwrap().reply.answer();
    let mut received = Received::default();
    let whole = json!({"id": "resp_1", "object": "response", "status": "completed", "output": items});
    if streamed {
        for (index, item) in items.iter().enumerate() {
            let mut begun = item.clone();
            begun["content"] = json!([]);
            let added = json!({"type": "response.output_item.added", "output_index": index, "item": begun});
            answer.event(None, &added.to_string(), &mut received);
            let text = item["content"][0]["text"].as_str().unwrap();
            let (first, rest) = text.split_at(text.len() / 2);
            for delta in [first, rest] {
                let delta = json!({"type": "response.output_text.delta", "output_index": index, "delta": delta});
                answer.event(None, &delta.to_string(), &mut received);
            }
            let done = json!({"type": "response.output_item.done", "output_index": index, "item": item});
            answer.event(None, &done.to_string(), &mut received);
        }
        answer.event(None, &json!({"type": "response.completed", "response": whole}).to_string(), &mut received);
    } else {
        answer.whole(whole.to_string().as_bytes(), &mut received);
    }
    let outcome = answer.finish(&mut received);
    let mut message = json!({"content": "", "reasoning_content": ""});
    for frame in received.0.iter().filter(|frame| frame.data != "[DONE]") {
        let frame: Value = serde_json::from_str(&frame.data).unwrap();
        let choice = &frame["choices"][0];
        let said = if streamed { &choice["delta"] } else { &choice["message"] };
        for key in ["content", "reasoning_content"] {
            let known = message[key].as_str().unwrap().to_owned();
            message[key] = json!(known + said[key].as_str().unwrap_or_default());
        }
    }
    (message, outcome)
}

fn message(id: &str, phase: Option<&str>, text: &str) -> Value {
    let part = json!({"type": "output_text", "text": text, "annotations": []});
    let message = json!({"type": "message", "id": id, "role": "assistant", "status": "completed", "content": [part]});
    match phase {
        Some(phase) => {
            let mut message = message;
            message["phase"] = json!(phase);
            message
        }
        None => message,
    }
}

fn code_of(outcome: &Outcome, code: LossCode) -> bool {
    outcome.losses.iter().any(|loss| loss.code == code)
}

#[test]
fn what_is_said_twice_in_a_row_is_said_once() {
    let text = json!({"type": "text"});
    for streamed in [true, false] {
        let twice = [message("a", Some("commentary"), "Done."), message("b", Some("final_answer"), "Done.")];
        assert_eq!(receive(Style::default(), &text, &twice, streamed).0["content"], "Done.");
        let longer = [message("a", None, "Yes"), message("b", None, "Yes, sure"), message("c", None, "Yes")];
        assert_eq!(receive(Style::default(), &text, &longer, streamed).0["content"], "Yes\n\nYes, sure\n\nYes");
    }
}

#[test]
fn where_json_is_asked_for_the_content_is_the_answer_alone() {
    let format = json!({"type": "json_object"});
    let said = [message("a", Some("commentary"), "Checking."), message("b", Some("final_answer"), "{\"a\":1}")];
    for streamed in [true, false] {
        let (reply, outcome) = receive(Style::default(), &format, &said, streamed);
        assert_eq!(reply, json!({"content": "{\"a\":1}", "reasoning_content": "Checking."}), "streamed: {streamed}");
        assert!(!code_of(&outcome, LossCode::DroppedItem));
        let style = Style { reasoning_content: false, ..Style::default() };
        let (reply, outcome) = receive(style, &format, &said, streamed);
        assert_eq!(reply, json!({"content": "{\"a\":1}", "reasoning_content": ""}), "streamed: {streamed}");
        assert!(code_of(&outcome, LossCode::DroppedItem));
        // A commentary that is all there is, is the answer.
        let (reply, _) = receive(Style::default(), &format, &said[..1], streamed);
        assert_eq!(reply, json!({"content": "Checking.", "reasoning_content": ""}), "streamed: {streamed}");
    }
}

#[test]
fn a_failure_without_a_type_keeps_its_words() {
    for data in [r#"{"object":"error","message":"engine died","code":500}"#, r#"{"detail":"engine died"}"#] {
        let asked = Translator::new(Api::Chat)
            .read(br#"{"model":"m","messages":[{"role":"user","content":"q"}],"stream":true}"#)
            .unwrap();
        let mut answer = asked.to(&Upstream::usual(Api::Responses), stamp()).unwrap().reply.answer();
        answer.event(None, data, &mut Received::default());
        assert_eq!(answer.finish(&mut Received::default()).failure().unwrap().message, "engine died");
    }
}

/// An answer could name neither of them alone.
#[test]
fn two_calls_with_one_id_get_two() {
    let call = |name: &str, arguments: &str| json!({"type": "function_call", "call_id": "call_1", "name": name, "arguments": arguments, "status": "completed"});
    let items = [call("a", "{}"), call("b", "{}"), call("b", "{}"), call("a", r#"{"x":1}"#)];
    let ids = |received: &Received, streamed: bool| -> Vec<String> {
        let frames = received.0.iter().filter(|frame| frame.data != "[DONE]");
        let calls = frames.flat_map(|frame| {
            let frame: Value = serde_json::from_str(&frame.data).unwrap();
            let choice = frame["choices"][0].clone();
            let said = if streamed { &choice["delta"] } else { &choice["message"] };
            said["tool_calls"].as_array().cloned().unwrap_or_default()
        });
        calls.filter_map(|call| call["id"].as_str().map(str::to_owned)).collect()
    };
    for streamed in [false, true] {
        let request = json!({"model": "m", "messages": [{"role": "user", "content": "q"}], "stream": streamed});
        let translator = Translator::new(Api::Chat);
        let outgoing = translator.request(request.to_string().as_bytes(), &Upstream::usual(Api::Responses), stamp());
        let mut answer = outgoing.unwrap().reply.answer();
        let mut received = Received::default();
        let whole = json!({"id": "resp_1", "object": "response", "status": "completed", "output": items});
        if streamed {
            for (index, item) in items.iter().enumerate() {
                for step in ["added", "done"] {
                    let kind = format!("response.output_item.{step}");
                    let event = json!({"type": kind, "output_index": index, "item": item});
                    answer.event(None, &event.to_string(), &mut received);
                }
            }
            answer.event(None, &json!({"type": "response.completed", "response": whole}).to_string(), &mut received);
        } else {
            answer.whole(whole.to_string().as_bytes(), &mut received);
        }
        assert_eq!(ids(&received, streamed), ["call_1", "call_1_1", "call_1_3"], "streamed: {streamed}");
    }
}
