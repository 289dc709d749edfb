//! What the Responses API has gained comes through a translation into the same API as it was, and is told of to any other.

use interlingua_translate::{Error, Sent, chat, responses};
use serde_json::{Value, json};

use crate::support::newer::{Example, NAMES, Place, examples, reply, request, stream};
use crate::support::{Received, stamp};

/// Whether everything in `wanted` is in `found`, which may have more fields.
fn holds(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| found.get(key).is_some_and(|found| holds(found, wanted)))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| holds(found, wanted))
        }
        (found, wanted) => found == wanted,
    }
}

fn asked_again(example: &Example) -> Value {
    let body = request(&example.fields).to_string();
    let read = responses::decode_request(serde_json::from_str(&body).unwrap()).unwrap();
    assert_eq!(read.losses, [], "{}", example.name);
    let written = responses::encode_request(read.value, &responses::Upstream::default(), &stamp()).unwrap();
    assert_eq!(written.losses, [], "{}", example.name);
    serde_json::to_value(&written.value).unwrap()
}

fn answered_again(example: &Example) -> Value {
    let body = reply(&example.fields).to_string();
    let read = match responses::decode_response(serde_json::from_str(&body).unwrap(), &Sent::unknown(&stamp())) {
        Ok(read) => read,
        Err(Error::Upstream(failure)) => {
            assert_eq!(failure.code.as_deref(), Some("misalignment_policy_violation"), "{}", example.name);
            return merged_failure(serde_json::to_value(chat::error_body(&failure)).unwrap());
        }
        Err(error) => panic!("{}: {error}", example.name),
    };
    assert_eq!(read.losses, [], "{}", example.name);
    let written = responses::encode_response(read.value, &responses::Context::unknown(stamp())).unwrap();
    assert_eq!(written.losses, [], "{}", example.name);
    serde_json::to_value(&written.value).unwrap()
}

/// A failure is the status and the body of an error where nothing has gone out yet.
fn merged_failure(mut body: Value) -> Value {
    body["status"] = json!("failed");
    body
}

fn streamed_again(example: &Example) -> Vec<Value> {
    let mut decoder = responses::Decoder::new(&Sent::unknown(&stamp()));
    let mut encoder = responses::Encoder::new(responses::Context::unknown(stamp()));
    let mut received = Received::default();
    for event in stream(example) {
        let mut sink = encoder.sink(|event| {
            let data = serde_json::to_string(&event).unwrap();
            received.0.push(crate::support::Frame { name: None, data, cut: false });
        });
        decoder.read(&event.to_string(), None, &mut sink);
    }
    let outcome = decoder.finish(&mut interlingua_model::Collected::default());
    assert_eq!(outcome.losses, [], "{}", example.name);
    assert_eq!(encoder.finish(), [], "{}", example.name);
    received.0.iter().map(|frame| serde_json::from_str(&frame.data).unwrap()).collect()
}

/// A failed stream of an item keeps none of the fields that a field of the reply stands for.
#[test]
fn every_name_comes_through_its_own_api() {
    let examples = examples();
    for name in NAMES {
        assert!(examples.iter().any(|example| example.name == *name), "give `{name}` an example");
    }
    for example in &examples {
        let name = example.name;
        assert!(NAMES.contains(&name), "`{name}` is in no list");
        if example.place == Place::Request {
            let asked = asked_again(example);
            assert!(holds(&asked, &example.fields), "{name}\n  {}\n  {asked}", example.fields);
            continue;
        }
        if example.place == Place::Reply {
            let answered = answered_again(example);
            assert!(holds(&answered, &example.fields), "{name}\n  {}\n  {answered}", example.fields);
        }
        let events = streamed_again(example);
        let unnumbered = |event: &Value| {
            let mut event = event.clone();
            event.as_object_mut().unwrap().remove("sequence_number");
            event
        };
        for theirs in stream(example).iter().map(unnumbered) {
            // What a reply was before it ended, its end says again.
            if theirs["type"] != "response.created" {
                let is_there = events.iter().any(|ours| holds(ours, &theirs));
                assert!(is_there, "{name}, streamed\n  {theirs}\n  {events:#?}");
            }
        }
    }
}

#[test]
fn every_name_has_a_row_in_the_matrix() {
    let page = include_str!("../../../../docs/mapping.md");
    for name in NAMES {
        assert!(page.contains(&format!("| `{name}` | ")), "docs/mapping.md has no row for `{name}`");
    }
}

/// The wire has a word for each of them: nothing of an example is left among the fields or kinds that nobody knows.
#[test]
fn the_wire_knows_every_name() {
    use interlingua_wire::responses as wire;
    for example in examples() {
        match example.place {
            Place::Request => {
                let request: wire::Request = serde_json::from_str(&request(&example.fields).to_string()).unwrap();
                assert!(request.extra.is_empty(), "{}: {request:?}", example.name);
                let Some(wire::Input::Items(items)) = &request.input else { panic!("{}", example.name) };
                assert!(!format!("{:?} {items:?}", request.tools).contains("Unknown("), "{}", example.name);
            }
            Place::Reply => {
                let reply: wire::Response = serde_json::from_str(&reply(&example.fields).to_string()).unwrap();
                assert!(reply.extra.is_empty(), "{}: {reply:?}", example.name);
                assert!(!format!("{:?}", reply.output).contains("Unknown("), "{}", example.name);
            }
            Place::Event => {
                let text = example.fields.to_string();
                let event = wire::Event::parse(&text, None).unwrap();
                assert!(event.extra().is_some_and(interlingua_wire::Extra::is_empty), "{}: {event:?}", example.name);
            }
        }
    }
}
