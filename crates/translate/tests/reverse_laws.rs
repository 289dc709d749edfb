//! Laws of the reverse direction, a Responses client over a Chat upstream, that hold for every fixture and every
//! recording.
#![cfg(test)]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test names the kinds it is about")]

mod support;

use std::collections::BTreeMap;

use interlingua_model::{Collected, Event, Fold, ItemKind, PartKind, Response};
use interlingua_translate::{Context, End, Outcome, Profile, chat, responses};
use support::{Frame, fixtures, frames, recordings, stamp};

/// How many prefixes of a stream are tried.
const CUTS: usize = 12;

fn context() -> Context {
    // The custom tool is the one that the fixtures call: a reply that calls another has run it itself.
    let body = r#"{"model":"asked-for","input":"x","store":false,"tools":[{"type":"custom","name":"run_sql"}]}"#;
    let request = responses::decode_request(serde_json::from_str(body).unwrap()).unwrap().value;
    Context::for_chat_upstream(&request, &Profile::openai(), stamp())
}

fn streams() -> Vec<(String, Vec<u8>)> {
    let fixtures = fixtures("chat").into_iter();
    let mut streams: Vec<_> = fixtures.filter_map(|case| Some((case.name.clone(), case.file("stream.sse")?))).collect();
    assert!(streams.len() > 30, "the fixtures have streams");
    streams.extend(recordings("chat_stream"));
    streams
}

fn decode(frames: &[Frame], out: &mut impl interlingua_model::Sink) -> Outcome {
    let mut decoder = chat::Decoder::new(&context());
    for frame in frames {
        if frame.cut {
            decoder.read_cut(&frame.data, frame.name.as_deref(), out);
        } else {
            decoder.read(&frame.data, frame.name.as_deref(), out);
        }
    }
    decoder.finish(out)
}

/// The events a Responses client receives, as the JSON that goes over the wire.
fn emitted(frames: &[Frame]) -> (Vec<String>, Outcome) {
    let mut events = Vec::new();
    let mut encoder = responses::Encoder::new(context());
    let outcome = decode(frames, &mut encoder.sink(|event| events.push(serde_json::to_string(&event).unwrap())));
    (events, outcome)
}

#[test]
fn every_fixture_ends_as_its_case_says() {
    for case in fixtures("chat") {
        let (Some(bytes), Some(ends)) = (case.file("stream.sse"), case.ends("stream")) else { continue };
        let end = match decode(&frames([&bytes[..]]), &mut Collected::default()).end {
            End::Completed => "completed",
            End::Incomplete(_) => "incomplete",
            End::Failed(_) => "failed",
            End::Truncated => "truncated",
        };
        assert_eq!(end, ends, "{}", case.name);
    }
}

#[test]
fn what_is_emitted_reads_back_as_the_same_reply() {
    for (name, bytes) in streams() {
        let frames = frames([&bytes[..]]);
        let mut direct = Fold::default();
        let outcome = decode(&frames, &mut direct);
        let (events, _) = emitted(&frames);
        let mut back = Fold::default();
        let mut decoder = responses::Decoder::new(&context());
        for event in &events {
            decoder.read(event, None, &mut back);
        }
        let read_back = decoder.finish(&mut back);
        match outcome.end {
            End::Completed | End::Incomplete(_) => {
                assert_eq!(read_back.end, outcome.end, "{name}");
                let (back, direct) = (back.finish().unwrap(), direct.finish().unwrap());
                assert_eq!(shapes(&back), shapes(&direct), "{name}");
                assert_eq!(call_ids(&back), call_ids(&direct), "{name}");
            }
            End::Failed(_) | End::Truncated => {
                assert!(matches!(read_back.end, End::Failed(_)), "{name}: {:?}", read_back.end);
            }
        }
        assert!(read_back.losses.is_empty(), "{name}: {:?}", read_back.losses);
    }
}

#[test]
fn a_stream_and_the_same_reply_whole_are_one_reply() {
    for case in fixtures("chat") {
        let (Some(stream), Some(whole)) = (case.file("stream.sse"), case.file("response.json")) else { continue };
        let mut fold = Fold::default();
        let _ = decode(&frames([&stream[..]]), &mut fold);
        let Ok(streamed) = fold.finish() else { continue };
        let whole = chat::decode_response(serde_json::from_slice(&whole).unwrap(), &context()).unwrap().value;
        assert_eq!(shapes(&streamed), shapes(&whole), "{}", case.name);
        assert_eq!(streamed.finish, whole.finish, "{}", case.name);
    }
}

#[test]
fn every_prefix_of_a_stream_is_a_legal_stream_that_never_ends_well() {
    for (name, bytes) in streams() {
        let all = frames([&bytes[..]]);
        let (_, whole) = emitted(&all);
        if !matches!(whole.end, End::Completed | End::Incomplete(_)) {
            continue;
        }
        let reason = all.iter().position(|frame| has_finish_reason(&frame.data)).unwrap_or(all.len());
        for cut in (0..reason).step_by(reason / CUTS + 1) {
            let (events, outcome) = emitted(&all[..cut]);
            assert_eq!(outcome.end, End::Truncated, "{name} after {cut} events");
            lifecycle(&events).unwrap_or_else(|error| panic!("{name} after {cut} events: {error}"));
        }
    }
}

#[test]
fn every_emitted_stream_keeps_the_order() {
    for (name, bytes) in streams() {
        let (events, _) = emitted(&frames([&bytes[..]]));
        lifecycle(&events).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

fn has_finish_reason(data: &str) -> bool {
    let Ok(chunk) = serde_json::from_str::<serde_json::Value>(data) else { return data == "[DONE]" };
    chunk["choices"].as_array().into_iter().flatten().any(|choice| choice["finish_reason"].is_string())
}

/// Items without the ids that each encoder makes up, and without parts that say nothing.
fn shapes(response: &Response) -> Vec<String> {
    response.items.iter().map(|item| shape(&item.kind)).collect()
}

/// The ids that results will name, which a recorded stream and its whole twin have each of their own.
fn call_ids(response: &Response) -> Vec<&str> {
    let ids = response.items.iter().filter_map(|item| match &item.kind {
        ItemKind::ToolCall(call) => Some(call.call_id.as_str()),
        _ => None,
    });
    ids.collect()
}

fn shape(kind: &ItemKind) -> String {
    match kind {
        ItemKind::Message(message) => {
            let interlingua_model::Content::Parts(parts) = &message.content else { panic!("replies come in parts") };
            let parts: Vec<_> = parts
                .iter()
                .map(|part| match &part.kind {
                    PartKind::Text(text) => {
                        let tokens: Vec<_> = text.logprobs.iter().map(|token| &token.token).collect();
                        format!("{:?} {:?} {tokens:?}", text.text, text.annotations)
                    }
                    PartKind::Refusal(text) => format!("refusal {text:?}"),
                    other => panic!("{other:?}"),
                })
                .collect();
            format!("message {parts:?} {:?}", message.status)
        }
        ItemKind::ToolCall(call) => {
            format!("call {} {:?} {:?}", call.name, call.arguments, call.status)
        }
        ItemKind::Reasoning(reasoning) => format!("{:?} {:?}", reasoning.summary, reasoning.content),
        other => panic!("{other:?}"),
    }
}

/// The legal order of events, stated a second time and on the wire's own JSON.
fn lifecycle(events: &[String]) -> Result<(), String> {
    let events: Vec<serde_json::Value> = events.iter().map(|event| serde_json::from_str(event).unwrap()).collect();
    let kind = |event: &serde_json::Value| event["type"].as_str().unwrap().to_owned();
    let mut open: BTreeMap<u64, (String, Option<String>)> = BTreeMap::new();
    let mut done = Vec::new();
    let mut texts: BTreeMap<(u64, u64, bool), String> = BTreeMap::new();
    let mut added = 0;
    for (number, event) in events.iter().enumerate() {
        let name = kind(event);
        let fail = |what: &str| Err(format!("event {number} ({name}): {what}"));
        if event["sequence_number"] != number {
            return fail("sequence_number");
        }
        let expected = match number {
            0 => Some("response.created"),
            1 => Some("response.in_progress"),
            _ => None,
        };
        if expected.is_some_and(|expected| expected != name) {
            return fail("not the opening");
        }
        let is_terminal = matches!(name.as_str(), "response.completed" | "response.incomplete" | "response.failed");
        if is_terminal != (number + 1 == events.len()) {
            return fail("a terminal event is the last, and only the last");
        }
        if is_terminal {
            let output = event["response"]["output"].as_array().unwrap();
            if !open.is_empty() || *output != done {
                return fail("the output is not what the done events said");
            }
            continue;
        }
        let Some(place) = event["output_index"].as_u64() else { continue };
        if name == "response.output_item.added" {
            if place != added {
                return fail("places are dense");
            }
            added += 1;
            open.insert(place, (event["item"]["id"].as_str().unwrap().to_owned(), None));
            continue;
        }
        let Some((id, part)) = open.get_mut(&place) else { return fail("the item is not open") };
        if name == "response.output_item.done" {
            if part.is_some() || event["item"]["id"] != **id {
                return fail("a part is open, or the id has changed");
            }
            open.remove(&place);
            // In the order of their places, whatever order they ended in.
            let at = usize::try_from(place).unwrap().min(done.len());
            done.insert(at, event["item"].clone());
            continue;
        }
        if event["item_id"] != **id {
            return fail("the id has changed");
        }
        let is_summary = event.get("summary_index").is_some();
        let index = if is_summary { &event["summary_index"] } else { &event["content_index"] };
        let key = (place, index.as_u64().unwrap_or(0), is_summary);
        let is_call = name.contains("arguments") || name.contains("input");
        if name.ends_with("part.added") {
            if part.replace(format!("{key:?}")).is_some() || texts.insert(key, String::new()).is_some() {
                return fail("one part at a time");
            }
        } else if name.ends_with("part.done") {
            let said = event["part"]["text"].as_str().or(event["part"]["refusal"].as_str());
            if part.take() != Some(format!("{key:?}")) || said != texts.get(&key).map(String::as_str) {
                return fail("the part is not the one that is open, or says something else");
            }
        } else if let Some(delta) = event["delta"].as_str() {
            if !is_call && *part != Some(format!("{key:?}")) {
                return fail("a delta outside of its part");
            }
            texts.entry(key).or_default().push_str(delta);
        } else if name.rsplit('.').next() == Some("done") {
            let said = ["text", "refusal", "arguments", "input"].iter().find_map(|key| event[key].as_str());
            if said != Some(texts.get(&key).map_or("", String::as_str)) {
                return fail("done is not the joined deltas");
            }
        }
    }
    Ok(())
}

/// Events that a sink collects are owned; nothing of the stream has to live on.
#[test]
fn events_outlive_their_chunk() {
    let mut events = Collected::default();
    let mut decoder = chat::Decoder::new(&context());
    {
        let data = r#"{"id":"a","choices":[{"delta":{"content":"Hi"}}]}"#.to_owned();
        decoder.read(&data, None, &mut events);
    }
    assert!(
        matches!(&events.0[..], [Event::Started(_), Event::ItemStarted { .. }, Event::TextDelta { text, .. }] if text == "Hi")
    );
}
