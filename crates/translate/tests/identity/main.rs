//! The same API on both sides is the identity: what a half reads, the other half of the same API writes again.
//!
//! Wherever the two differ, either the translation has reported a loss there, or the difference is one of the few that this
//! page lists, each with its reason. In replies the encoder of the upstream's own API loses nothing at all.
#![cfg(test)]
#![expect(clippy::wildcard_enum_match_arm, reason = "a law looks at the kinds it is about")]

mod messages;
#[path = "../support/mod.rs"]
mod support;

use interlingua_model::{CallStyle, Collected, Event, Fold, FoldError, Logprobs, Origin, Request, Response, Sink};
use interlingua_translate::{Api, Decode, Encode, Error, Loss, Sent, Style, Translated, chat, responses};
use serde_json::Value;
use support::difference::{Allowed, explained};
use support::{Frame, Received, fixtures, frames, recordings, stamp};

/// What a Responses reply repeats of its request, which is not at hand here.
const REPEATED: &[&str] = &[
    "background",
    "context_management",
    "conversation",
    "frequency_penalty",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "presence_penalty",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

const REPLIES: Allowed = &[
    ("content", "neighbouring texts are one"),
    ("content[].caller", "the default is left out"),
    ("content[].citations[].cited_text", "what of a page is meant is told by the text that refers to it"),
    ("content[].citations[].encrypted_index", "where in a page it stands only the server that searched knows"),
    ("usage.cache_creation_input_tokens", "clients add up the counts of the cache, which are 0 where nothing is said"),
    ("usage.cache_read_input_tokens", "clients add up the counts of the cache, which are 0 where nothing is said"),
    ("stop_reason", "a reply with calls in it waits for them"),
    ("stop_details", "that nothing is said of a refusal is said"),
    ("id", "one that is missing is made, and each API's ids have their prefix"),
    ("created", "one that is missing is the stamp's"),
    ("created_at", "one that is missing is the stamp's"),
    ("completed_at", "the second it was begun in is the only one that a translator without a clock has seen"),
    ("output_text", "the output once more"),
    ("output[].content[].type", "a part of type `text` is text of the model"),
    ("output[].arguments", "an object is written as its text"),
    ("incomplete_details", "a reply that is less complete than it says needs a reason"),
    ("service_tier", "every reply says one, and the usual one where the upstream says none"),
    ("object", "the one there is"),
    ("model", "one that is missing is the one asked for"),
    ("output[].id", "one that is missing is made"),
    ("output[].status", "an item of a reply that says none is as far as the reply"),
    ("output[].content[].annotations[].title", "a citation without one has an empty one"),
    ("output[].content[].annotations[].start_index", "a citation of no place is one of the beginning"),
    ("output[].content[].annotations[].end_index", "a citation of no place is one of the beginning"),
    ("choices", "the parts of one reply are one choice"),
    ("choices[].finish_reason", "a word of the server's own is written in the reference's"),
    ("choices[].delta", "a message is written where the reference has it"),
    ("choices[].message", "a message is written where the reference has it"),
    ("choices[].message.audio", "what is there with nothing in it is left out"),
    ("choices[].message.function_call", "what is there with nothing in it is left out"),
    ("choices[].message.tool_calls", "a call told twice is told once"),
    ("choices[].message.tool_calls[].index", "a whole call is where it stands"),
    (
        "choices[].message.tool_calls[].function.arguments",
        "a function called with nothing is called with an empty object",
    ),
    ("choices[].message.tool_calls[].id", "each call has an id of its own"),
    ("choices[].message.tool_calls[].type", "a call that does not say is one of a function"),
    ("choices[].message.reasoning", "thoughts are written in the spelling that most clients know"),
    ("choices[].message.reasoning_content", "thoughts are written in the spelling that most clients know"),
    ("choices[].message.reasoning_details", "thoughts are written in the spelling that most clients know"),
    ("choices[].message.images[].index", "each picture says its place, by which clients put a stream together"),
    ("usage.prompt_tokens", "the other API's names are written in this one's"),
    ("usage.completion_tokens", "the other API's names are written in this one's"),
    ("usage.input_tokens", "the other API's names are written in this one's"),
    ("usage.output_tokens", "the other API's names are written in this one's"),
    ("usage.input_tokens_details", "what the reference requires is 0 where nothing is said"),
    ("usage.input_tokens_details.cache_write_tokens", "what the reference requires is 0 where nothing is said"),
    ("usage.output_tokens_details", "what the reference requires is 0 where nothing is said"),
    ("usage.prompt_tokens_details", "the tokens read from a cache are told where the reference has them"),
    ("usage.prompt_tokens_details.audio_tokens", "what the reference requires is 0 where nothing is said"),
    ("usage.completion_tokens_details.audio_tokens", "what the reference requires is 0 where nothing is said"),
    (
        "usage.completion_tokens_details.accepted_prediction_tokens",
        "what the reference requires is 0 where nothing is said",
    ),
    (
        "usage.completion_tokens_details.rejected_prediction_tokens",
        "what the reference requires is 0 where nothing is said",
    ),
];

const STREAMS: Allowed = &[
    ("content[].citations[].cited_text", "what refers to a page is the whole of the text block"),
    ("id", "the first one stands, where a server tells another with each event"),
    ("output[].id", "the first one stands, where a server tells another with each event"),
    ("output[].status", "an item that says none has ended before the reply is cut short"),
];

const CHAT_REQUESTS: Allowed = &[
    ("store", "the default is spelled out"),
    ("stream", "the default is left out"),
    ("stream_options", "a stream is always asked for its usage"),
    ("n", "the default is left out"),
    ("reasoning_effort", "an effort that came in an object has a place of its own"),
    ("max_tokens", "written by its newer name"),
    ("max_completion_tokens", "written by its newer name"),
    (
        "messages[].content[].prompt_cache_breakpoint",
        "a cache boundary in another API's words is written in this one's",
    ),
    ("tools[].function.strict", "the default is spelled out"),
    ("tools[].type", "the one there was before there were others is spelled out"),
    ("tool_choice", "a server's own word for `required`"),
    ("tool_choice.type", "the one there was before there were others is spelled out"),
    ("functions", "the deprecated form is written in the newer one"),
    ("function_call", "the deprecated form is written in the newer one"),
    ("tools", "the deprecated form is written in the newer one"),
    ("parallel_tool_calls", "the deprecated form allows one call at a time"),
    ("messages[].role", "the deprecated form is written in the newer one"),
    ("messages[].name", "the deprecated form is written in the newer one"),
    ("messages[].function_call", "the deprecated form is written in the newer one"),
    ("messages[].tool_calls", "the deprecated form is written in the newer one"),
    ("messages[].tool_call_id", "the deprecated form is written in the newer one"),
];

const RESPONSES_REQUESTS: Allowed = &[
    ("store", "the default is spelled out"),
    ("stream", "the default is left out"),
    ("include", "thoughts are asked for in the form that can be sent back"),
    ("input", "a text is a list of one message; thoughts that cannot be sent back are left out"),
    ("input[].type", "spelled out"),
    ("input[].id", "sent back beside the thoughts it came with, and nowhere else"),
    ("input[].status", "sent back beside the thoughts it came with, and nowhere else"),
    ("input[].namespace", "a tool of a group goes by a name of its own"),
    ("input[].name", "a tool of a group goes by a name of its own"),
    ("input[].content[].type", "the model's own words are output"),
    ("reasoning.generate_summary", "written by its newer name"),
    ("reasoning.summary", "written by its newer name"),
    ("tools", "the tools of a group, and those that stand in the input, are offered one by one"),
    ("tools[].name", "the tools of a group are offered one by one"),
    ("tools[].parameters", "the tools of a group are offered one by one"),
    ("tools[].tools", "the tools of a group are offered one by one"),
    ("tools[].type", "the tools of a group are offered one by one"),
    ("tools[].strict", "the default is spelled out"),
    ("top_logprobs", "the default is spelled out"),
];

pub(crate) fn hold(checked: Vec<(String, Result<(), String>)>, at_least: usize) {
    assert!(checked.len() >= at_least, "only {} to look at", checked.len());
    let failed: Vec<_> = checked.into_iter().filter_map(|(name, result)| Some((name, result.err()?))).collect();
    let text: Vec<String> = failed.iter().take(20).map(|(name, problem)| format!("{name}: {problem}")).collect();
    assert!(failed.is_empty(), "{} differ:\n{}", failed.len(), text.join("\n"));
}

pub(crate) fn all(api: Api, file: &str, kind: &str) -> Vec<(String, Vec<u8>)> {
    let fixtures = fixtures(api).into_iter().filter_map(|case| Some((case.name.clone(), case.file(file)?)));
    fixtures.chain(recordings(kind)).collect()
}

#[test]
fn a_chat_request_is_itself() {
    let mut checked = Vec::new();
    for (name, body) in all(Api::Chat, "request.json", "chat_requests") {
        let Ok(wire) = serde_json::from_slice(&body) else { continue };
        let Ok(Translated { value, mut losses }) = chat::decode_request(wire) else { continue };
        let Ok(written) = chat::encode_request(value, &chat::Upstream::default(), &stamp()) else { continue };
        losses.extend(written.losses);
        checked.push((name, explained(&body, &written.value, &losses, CHAT_REQUESTS, &[])));
    }
    hold(checked, 50);
}

#[test]
fn a_responses_request_is_itself() {
    let mut checked = Vec::new();
    for (name, body) in all(Api::Responses, "request.json", "responses_requests") {
        let Ok(wire) = serde_json::from_slice(&body) else { continue };
        let Ok(Translated { value, mut losses }) = responses::decode_request(wire) else { continue };
        let Ok(written) = responses::encode_request(value, &responses::Upstream::default(), &stamp()) else { continue };
        losses.extend(written.losses);
        checked.push((name, explained(&body, &written.value, &losses, RESPONSES_REQUESTS, &[])));
    }
    hold(checked, 50);
}

/// The context of a client that asked for what the reply has.
fn chat_context(reply: &str) -> chat::Context {
    let mut request = Request::new("asked-for");
    request.stream.include_usage = true;
    if reply.contains(r#""function_call""#) && !reply.contains(r#""tool_calls""#) {
        request.call_style = CallStyle::LegacyFunctions;
    }
    if reply.contains(r#""top_logprobs""#) {
        request.output.logprobs = Some(Logprobs { origin: Origin::default(), top: None });
    }
    chat::Context::new(&request, &Style { message_joiner: String::new(), ..Style::default() }, stamp())
}

#[test]
fn a_whole_chat_reply_is_itself() {
    let mut checked = Vec::new();
    for (name, body) in all(Api::Chat, "response.json", "chat_json") {
        let Ok(wire) = serde_json::from_slice(&body) else { continue };
        let Ok(reply) = chat::decode_response(wire, &Sent::unknown(&stamp())) else { continue };
        let written = chat::encode_response(reply.value, &chat_context(&String::from_utf8_lossy(&body)));
        checked.push((name, whole_reply(&body, written, &reply.losses, &[])));
    }
    hold(checked, 30);
}

#[test]
fn a_whole_responses_reply_is_itself() {
    let mut checked = Vec::new();
    for (name, body) in all(Api::Responses, "response.json", "responses_json") {
        let Ok(wire) = serde_json::from_slice::<interlingua_wire::responses::Response>(&body) else { continue };
        if wire.output.is_none() {
            // The body of an error status.
            continue;
        }
        let Ok(reply) = responses::decode_response(wire, &Sent::unknown(&stamp())) else { continue };
        let written = responses::encode_response(reply.value, &responses::Context::unknown(stamp()));
        checked.push((name, whole_reply(&body, written, &reply.losses, &[REPEATED])));
    }
    hold(checked, 30);
}

pub(crate) fn whole_reply<T: serde::Serialize>(
    body: &[u8],
    written: Result<Translated<T>, Error>,
    losses: &[Loss],
    ignored: &[&[&str]],
) -> Result<(), String> {
    let written = written.map_err(|error| error.to_string())?;
    nothing_lost(&written.losses)?;
    explained(body, &written.value, losses, REPLIES, ignored)
}

fn nothing_lost(losses: &[Loss]) -> Result<(), String> {
    // That nothing was said is reported, and not a loss of anything that was.
    let lost: Vec<_> = losses.iter().filter(|loss| loss.code.as_str() != "empty_completion").collect();
    if lost.is_empty() { Ok(()) } else { Err(format!("its own API loses {lost:?}")) }
}

#[test]
fn a_chat_stream_folds_to_the_same_reply() {
    let mut checked = Vec::new();
    for (name, bytes) in all(Api::Chat, "stream.sse", "chat_stream") {
        let events = read(chat::Decoder::new(&Sent::unknown(&stamp())), &frames(&bytes));
        let (written, lost) = written(chat::Encoder::new(chat_context(&String::from_utf8_lossy(&bytes))), &events);
        let again = read(chat::Decoder::new(&Sent::unknown(&stamp())), &written.0);
        checked.push((
            name,
            same_reply(&events, &again, &lost, |reply| {
                chat::encode_response(reply, &chat_context(&String::from_utf8_lossy(&bytes)))
            }),
        ));
    }
    hold(checked, 30);
}

#[test]
fn a_responses_stream_folds_to_the_same_reply() {
    let mut checked = Vec::new();
    for (name, bytes) in all(Api::Responses, "stream.sse", "responses_stream") {
        let events = read(responses::Decoder::new(&Sent::unknown(&stamp())), &frames(&bytes));
        let (written, lost) = written(responses::Encoder::new(responses::Context::unknown(stamp())), &events);
        let again = read(responses::Decoder::new(&Sent::unknown(&stamp())), &written.0);
        let verdict = same_reply(&events, &again, &lost, |reply| {
            responses::encode_response(reply, &responses::Context::unknown(stamp()))
        })
        .and_then(|()| same_asides(&events, &again));
        checked.push((name, verdict.and_then(|()| numbered(&written.0))));
    }
    hold(checked, 30);
}

/// The events that a decoder reads in frames.
pub(crate) fn read(mut decoder: impl Decode, frames: &[Frame]) -> Vec<Event<'static>> {
    let mut events = Collected::default();
    for Frame { name, data, cut } in frames {
        if *cut {
            decoder.read_cut(data, name.as_deref(), &mut events);
        } else {
            decoder.read(data, name.as_deref(), &mut events);
        }
    }
    let _ = decoder.finish(None, &mut events);
    events.0
}

/// What an encoder writes of events, and loses.
pub(crate) fn written(mut encoder: impl Encode, events: &[Event<'static>]) -> (Received, Vec<Loss>) {
    let mut written = Received::default();
    for event in events {
        encoder.push(event.clone(), &mut written);
    }
    (written, encoder.finish())
}

fn fold(events: &[Event<'static>]) -> Result<Response, FoldError> {
    let mut fold = Fold::default();
    for event in events {
        fold.event(event.clone());
    }
    fold.finish()
}

/// The replies are one, told by what each of them is as a whole reply.
pub(crate) fn same_reply<T: serde::Serialize>(
    theirs: &[Event<'static>],
    ours: &[Event<'static>],
    lost: &[Loss],
    whole: impl Fn(Response) -> Result<Translated<T>, Error>,
) -> Result<(), String> {
    match (fold(theirs), fold(ours)) {
        (Ok(theirs), Ok(ours)) => {
            nothing_lost(lost)?;
            let json = |reply| {
                serde_json::to_vec(&whole(reply).map_err(|error| error.to_string())?.value).map_err(|e| e.to_string())
            };
            let ours: Value = serde_json::from_slice(&json(ours)?).unwrap();
            explained(&json(theirs)?, &ours, &[], STREAMS, &[])
        }
        (Err(_), Err(_)) => Ok(()),
        (theirs, ours) => Err(format!("{theirs:?}\n  {ours:?}")),
    }
}

/// What a stream says beside its reply: hosted tools at work, and events that no reference knows.
fn same_asides(theirs: &[Event<'static>], ours: &[Event<'static>]) -> Result<(), String> {
    let asides = |events: &[Event<'static>]| -> Vec<String> {
        let kinds = events.iter().filter_map(|event| match event {
            Event::Progress { index, api: _, step, raw } => Some(format!("{index:?} {step} {}", unnumbered(raw))),
            Event::Opaque(opaque) => Some(format!("{} {}", opaque.kind, unnumbered(opaque.raw.text()))),
            _ => None,
        });
        kinds.collect()
    };
    let (theirs, ours) = (asides(theirs), asides(ours));
    if theirs == ours { Ok(()) } else { Err(format!("\n  {theirs:?}\n  {ours:?}")) }
}

/// An event without the numbers that are those of its stream.
fn unnumbered(raw: &str) -> Value {
    let mut event: Value = serde_json::from_str(raw).unwrap();
    for number in ["sequence_number", "output_index"] {
        event.as_object_mut().unwrap().remove(number);
    }
    event
}

/// Events are numbered without a gap; those that came without a number have none.
fn numbered(written: &[Frame]) -> Result<(), String> {
    let numbers = written.iter().filter_map(|frame| {
        let event: Value = serde_json::from_str(&frame.data).unwrap();
        event.get("sequence_number").and_then(Value::as_u64)
    });
    let numbers: Vec<u64> = numbers.collect();
    if numbers.iter().copied().eq(0..numbers.len() as u64) { Ok(()) } else { Err(format!("numbered {numbers:?}")) }
}
