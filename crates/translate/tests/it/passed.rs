//! Replies whose bytes are passed on.

use interlingua_translate::{Api, End, Outcome, Translator};

use crate::support::stamp;

const START: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\
                     \"role\":\"assistant\", \"model\" : \"upstream-1\",\"content\":[],\"usage\":{\"input_tokens\":1}}}\n\n";
const REST: &str = "event: ping\r\ndata: {\"type\": \"ping\"}\r\n\r\n\
    event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n\
    event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"\\\"model\\\":\\\"upstream-1\\\"\"}}\n\n\
    event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
    event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\n\
    event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
const WHOLE: &str = r#"{ "model":"upstream-1", "id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"\"model\":\"upstream-1\""}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}}"#;

/// What a client of an API gets of a reply that is passed on in pieces.
fn passed(api: Api, named: Option<&str>, is_streamed: bool, reply: &str, size: usize) -> (String, Outcome) {
    let body = r#"{"model":"upstream-1","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"input":"hi"}"#;
    let mut asked = Translator::new(api).read(body.as_bytes()).unwrap();
    asked.request().stream.enabled = is_streamed;
    if let Some(name) = named {
        name.clone_into(&mut asked.request().model);
        asked.keep_name();
    }
    let (mut passing, mut out) = (asked.alone(stamp()).passing(), Vec::new());
    reply.as_bytes().chunks(size).for_each(|piece| {
        passing.bytes(piece, &mut out);
    });
    let outcome = passing.finish(&mut out);
    (String::from_utf8(out).unwrap(), outcome)
}

#[test]
fn a_reply_that_is_passed_on_calls_its_model_as_it_was_asked_for_and_is_the_same_otherwise() {
    let stream = [START, REST].concat();
    let named = r#"fast "one""#;
    for size in [1, 7, 300, stream.len()] {
        for (is_streamed, reply) in [(true, &*stream), (false, WHOLE)] {
            let wanted = reply.replacen(r#""upstream-1""#, r#""fast \"one\"""#, 1);
            let (got, outcome) = passed(Api::Messages, Some(named), is_streamed, reply, size);
            assert_eq!((got, outcome.end), (wanted, End::Completed), "in pieces of {size}");
            let (got, outcome) = passed(Api::Messages, None, is_streamed, reply, size);
            assert_eq!((&*got, outcome.end), (reply, End::Completed), "nobody asked for another name");
        }
    }
}

#[test]
fn a_name_is_put_into_an_event_of_several_lines() {
    let (head, tail) = START.split_once("\"message\":{").unwrap();
    let split = [head, "\ndata: \"message\":{", tail, REST].concat();
    let (got, outcome) = passed(Api::Messages, Some("fast"), true, &split, 11);
    let (begin, rest) = got.split_once("\n\n").unwrap();
    assert!(begin.starts_with("event: message_start\ndata: ") && begin.contains(r#""model" : "fast""#), "{begin}");
    assert_eq!((rest, outcome.end), (REST, End::Completed));
}

/// Their clients read there which model it was.
#[test]
fn replies_of_other_apis_keep_the_name_that_they_have() {
    let chat = r#"{"model":"upstream-1","choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}"#;
    let responses = r#"{"model":"upstream-1","status":"completed","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"hi"}]}]}"#;
    for (api, reply) in [(Api::Chat, chat), (Api::Responses, responses)] {
        assert_eq!(passed(api, Some("fast"), false, reply, 9).0, reply);
    }
}
