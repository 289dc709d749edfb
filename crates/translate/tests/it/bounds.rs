//! How much of a reply is kept, and how much of it one event may be.

use interlingua_translate::{Answer, Api, End, Stamp, Translator, UPSTREAM_MALFORMED, Upstream};
use serde_json::{Value, json};

const MIB: usize = 1024 * 1024;

fn answer(client: Api, upstream: Api, stream: bool) -> Answer {
    let messages = json!([{"role": "user", "content": "hi"}]);
    let input = if client == Api::Chat { "messages" } else { "input" };
    let body = json!({"model": "m", "stream": stream, input: messages}).to_string();
    let stamp = Stamp { id: "1".into(), created: 0 };
    Translator::new(client).request(body.as_bytes(), &Upstream::usual(upstream), stamp).unwrap().reply.answer()
}

fn delta(upstream: Api, text: &str) -> String {
    if upstream == Api::Chat {
        json!({"choices": [{"index": 0, "delta": {"content": text}}]}).to_string()
    } else {
        let place =
            json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": "a"});
        let mut event = place;
        event["delta"] = text.into();
        event.to_string()
    }
}

#[test]
fn a_stream_has_no_more_text_than_a_whole_reply_may() {
    let piece = "x".repeat(MIB);
    for (client, upstream, stream) in [(Api::Chat, Api::Responses, true), (Api::Responses, Api::Chat, false)] {
        let mut answer = answer(client, upstream, stream);
        let event = delta(upstream, &piece);
        let mut written = 0;
        for _ in 0..70 {
            let mut out = Vec::new();
            answer.event(None, &event, &mut out);
            written += out.len();
        }
        let outcome = answer.finish(&mut Vec::new());
        let End::Failed(failure) = &outcome.end else { panic!("{client:?}: {:?}", outcome.end) };
        assert_eq!(failure.code.as_deref(), Some(UPSTREAM_MALFORMED));
        assert!(failure.message.contains("64 MiB"), "{}", failure.message);
        assert!(written < 66 * MIB, "{client:?}, streamed {stream}: {written}");
    }
}

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

fn image(index: usize, size: usize) -> Value {
    json!({"type": "image_generation_call", "id": format!("ig_{index}"), "status": "completed", "result": "A".repeat(size)})
}

#[test]
fn the_last_event_may_repeat_what_came_and_no_event_may_be_larger_than_that() {
    let done = |index: usize| {
        event(&json!({"type": "response.output_item.done", "output_index": index, "item": image(index, 900 * 1024)}))
    };
    let completed = |count: usize| {
        let output: Vec<_> = (0..count).map(|index| image(index, 900 * 1024)).collect();
        event(&json!({"type": "response.completed", "response": {"id": "r", "status": "completed", "output": output}}))
    };
    let read = |events: &[String]| {
        let mut answer = answer(Api::Chat, Api::Responses, true).with_event_limit(MIB);
        let mut out = Vec::new();
        for event in events {
            answer.bytes(event.as_bytes(), &mut out);
        }
        answer.finish(&mut out).failure().and_then(|failure| failure.code)
    };
    assert_eq!(read(&[done(0), done(1), done(2), completed(3)]), None, "2.7 MiB, all of which has been there");
    assert_eq!(read(&[done(0), completed(3)]).as_deref(), Some(UPSTREAM_MALFORMED), "1.8 MiB are new");
    let large = delta(Api::Responses, &"x".repeat(MIB + 1));
    assert_eq!(read(&[format!("data: {large}\n\n")]).as_deref(), Some(UPSTREAM_MALFORMED));
}
