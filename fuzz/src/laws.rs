//! The laws, one function each.

use interlingua_model::Event;
use interlingua_translate::{End, Outcome};

use crate::Api;
use crate::over_messages::over_messages;
use crate::streams::{Emitted, client_sent, decode, encode, upstream_sent};
use crate::told::{Ending, ending, over_chat, over_responses, read_as_chat};
use crate::{exceptions, grammar, json, typed};

/// Holds a stream to every law.
///
/// # Errors
/// The law that it breaks, and how.
pub fn hold(upstream: Api, bytes: &[u8]) -> Result<(), String> {
    let sent = upstream_sent(upstream);
    let (events, outcome) = decode(upstream, &sent, [bytes]);
    let named = |law: &'static str| move |problem: String| format!("{law}: {problem}");

    for (how, pieces) in [("byte by byte", chunks(bytes, 1)), ("in pieces of seven", chunks(bytes, 7))] {
        if decode(upstream, &sent, pieces) != (events.clone(), outcome.clone()) {
            return Err(format!("chunking does not matter: {how} the stream has other events or losses"));
        }
    }
    typed::reads(upstream, &sent, bytes, &events).map_err(named("a stream is read as its types read it"))?;
    outcome_is_the_ending(&events, &outcome).map_err(named("the outcome is the ending"))?;
    grammar::check(&events).map_err(named("events follow the grammar"))?;

    let upstream_doubles = exceptions::doubles_keys(bytes);
    for &client in Api::ALL {
        let emitted = encode(client, &events);
        typed::writes(client, &events, &emitted).map_err(named("a stream is written as its types are written"))?;
        if !upstream_doubles {
            emitted_is_json(&emitted).map_err(named("what is emitted is JSON without a doubled key"))?;
        }
        let law = match client {
            Api::Chat => "a Chat client reads the same reply",
            Api::Responses => "a Responses client reads the same reply",
            Api::Messages => "a Messages client reads the same reply",
        };
        reads_back(client, &events, &emitted).map_err(named(law))?;
    }
    Ok(())
}

fn chunks(bytes: &[u8], size: usize) -> impl Iterator<Item = &[u8]> {
    bytes.chunks(size)
}

fn outcome_is_the_ending(events: &[Event<'static>], outcome: &Outcome) -> Result<(), String> {
    let said = match &outcome.end {
        End::Completed => Ending::Completed,
        End::Incomplete(reason) => Ending::Incomplete(reason.clone()),
        End::Failed(_) | End::Truncated => Ending::Failed,
    };
    same(&said, &ending(events))
}

fn emitted_is_json(emitted: &Emitted) -> Result<(), String> {
    for data in emitted.data.iter().filter(|data| *data != "[DONE]") {
        json::check(data).map_err(|problem| format!("{problem}: {data}"))?;
    }
    Ok(())
}

/// What an encoder has written is whole by the same rules as what came in, and tells the same.
fn reads_back(client: Api, events: &[Event<'static>], emitted: &Emitted) -> Result<(), String> {
    let (read, outcome) = decode(client, &client_sent(), [emitted.bytes.as_slice()]);
    grammar::check(&read).map_err(|problem| format!("what was written reads as no stream: {problem}"))?;
    match (&outcome.end, emitted.has_failed) {
        (End::Failed(_), true) => {}
        (End::Completed | End::Incomplete(_), false) => {}
        (end, _) => return Err(format!("the encoder's failure is {}, and it reads as {end:?}", emitted.has_failed)),
    }
    if ending(events) == Ending::Failed && !emitted.has_failed {
        return Err("a failure was written as an answer".to_owned());
    }
    match client {
        // Of a reply that fails, a Chat client may have been told less.
        Api::Chat if emitted.has_failed => Ok(()),
        Api::Chat => same(&over_chat(events), &read_as_chat(&read)),
        Api::Responses => same(&over_responses(events), &over_responses(&read)),
        // So may a Messages client, to whom nothing is told behind the failure.
        Api::Messages if emitted.has_failed => Ok(()),
        Api::Messages => same(&over_messages(events), &over_messages(&read)),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(said: &T, read: &T) -> Result<(), String> {
    if said == read { Ok(()) } else { Err(format!("\n  was: {said:?}\n is: {read:?}")) }
}

#[cfg(test)]
mod tests {
    use interlingua_model::{Event, Finish, IncompleteReason};

    use super::reads_back;
    use crate::streams::{decode, encode, upstream_sent};
    use crate::{Api, check, check_damaged, fixtures};

    #[test]
    fn every_fixture_keeps_the_laws() {
        for (upstream, least) in [(Api::Chat, 30), (Api::Responses, 60), (Api::Messages, 25)] {
            let streams = fixtures::streams(upstream);
            assert!(streams.len() >= least, "{} streams of {upstream:?}", streams.len());
            for (_, bytes) in streams {
                check(upstream, bytes);
            }
        }
    }

    #[test]
    fn every_fixture_keeps_the_laws_wherever_it_is_cut() {
        for &upstream in Api::ALL {
            for (number, (_, bytes)) in fixtures::streams(upstream).iter().enumerate() {
                // Other places in each, so that all of them together are cut everywhere.
                for cut in (number % 97..bytes.len()).step_by(bytes.len() / 6 + 1) {
                    check(upstream, &bytes[..cut]);
                }
            }
        }
    }

    /// The same plans on every run; the fuzzer finds its own.
    #[test]
    fn damaged_fixtures_keep_the_laws() {
        let mut seed = 1_u64;
        for _ in 0..2000 {
            let plan: Vec<u8> = std::iter::repeat_with(|| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 56) as u8
            })
            .take(11)
            .collect();
            check_damaged(&plan);
        }
    }

    #[test]
    fn a_piece_that_is_not_written_is_found() {
        let is_piece = |event: &Event<'_>| matches!(event, Event::TextDelta { text, .. } | Event::ArgumentsDelta { text, .. } if !text.is_empty());
        for &upstream in Api::ALL {
            let (_, bytes) = fixtures::streams(upstream).iter().find(|(name, _)| name == "text-then-tool").unwrap();
            let (events, _) = decode(upstream, &upstream_sent(upstream), [bytes.as_slice()]);
            for place in (0..events.len()).filter(|&place| is_piece(&events[place])) {
                let mut fewer = events.clone();
                fewer.remove(place);
                for &client in Api::ALL {
                    assert_eq!(reads_back(client, &events, &encode(client, &events)), Ok(()));
                    assert!(reads_back(client, &events, &encode(client, &fewer)).is_err(), "event {place}");
                }
            }
        }
    }

    /// Deltas of each kind, that come before their item and behind it, whatever the item then is.
    #[test]
    fn deltas_that_are_not_their_items_keep_the_laws() {
        const DELTAS: [&str; 5] = [
            r#""type":"response.function_call_arguments.delta","delta":"\":\"""#,
            r#""type":"response.custom_tool_call_input.delta","delta":"{}""#,
            r#""type":"response.output_text.delta","content_index":0,"delta":"a""#,
            r#""type":"response.refusal.delta","content_index":0,"delta":"a""#,
            r#""type":"response.reasoning_summary_text.delta","summary_index":0,"delta":"a""#,
        ];
        const ITEMS: [&str; 6] = [
            r#"{"type":"message","id":"msg_1","role":"assistant","content":[]}"#,
            r#"{"type":"reasoning","id":"rs_1","summary":[]}"#,
            r#"{"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":""}"#,
            r#"{"type":"custom_tool_call","id":"ctc_1","call_id":"call_1","name":"run_sql","input":""}"#,
            r#"{"type":"image_generation_call","id":"ig_1","status":"in_progress"}"#,
            r#"{"type":"shell_call","id":"sh_1","call_id":"call_1","status":"in_progress","action":{"commands":[]}}"#,
        ];
        for (before, behind) in DELTAS.iter().flat_map(|before| DELTAS.map(|behind| (before, behind))) {
            for item in ITEMS {
                let stream = format!(
                    "data: {{{before},\"output_index\":0}}\n\n\
                     data: {{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{item}}}\n\n\
                     data: {{{behind},\"output_index\":0}}\n\n"
                );
                let end = format!(
                    "data: {{\"type\":\"response.completed\",\"response\":{{\"id\":\"resp_1\",\"output\":[{item}]}}}}\n\n"
                );
                check(Api::Responses, stream.as_bytes());
                check(Api::Responses, (stream + &end).as_bytes());
            }
        }
    }

    /// Every way a reply can be cut short, and none that a fixture has to show first.
    #[test]
    fn every_ending_keeps_the_laws() {
        let reasons = [
            IncompleteReason::MaxOutputTokens,
            IncompleteReason::ContentFilter,
            IncompleteReason::Paused,
            IncompleteReason::ContextWindow,
            IncompleteReason::Other("newer".to_owned()),
            IncompleteReason::Other(String::new()),
        ];
        for &upstream in Api::ALL {
            for (_, bytes) in fixtures::streams(upstream) {
                let (events, _) = decode(upstream, &upstream_sent(upstream), [bytes.as_slice()]);
                for reason in &reasons {
                    let mut events = events.clone();
                    let Some(Event::Finished(ending)) = events.last_mut() else { continue };
                    ending.finish = Finish::Incomplete(reason.clone());
                    for &client in Api::ALL {
                        let emitted = encode(client, &events);
                        assert_eq!(reads_back(client, &events, &emitted), Ok(()), "{upstream:?} to {client:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn bytes_that_are_no_stream_keep_the_laws() {
        for bytes in
            [&b""[..], b"\n\n", b"data: [DONE]\n\n", b"data: {\n\n", b"event: error\ndata: {}\n\n", b"\xff\xfe"]
        {
            for &upstream in Api::ALL {
                check(upstream, bytes);
            }
        }
    }
}
