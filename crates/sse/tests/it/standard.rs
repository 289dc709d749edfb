//! The framing cases of `fixtures/sse`, fed in every way bytes can arrive.

use std::sync::LazyLock;
use std::time::Duration;

use interlingua_sse::{Eof, OwnedEvent, Parser};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

const FILES: [(&str, &str); 11] = [
    ("bom", include_str!("../../../../fixtures/sse/bom.json")),
    ("comments", include_str!("../../../../fixtures/sse/comments.json")),
    ("data", include_str!("../../../../fixtures/sse/data.json")),
    ("end", include_str!("../../../../fixtures/sse/end.json")),
    ("event", include_str!("../../../../fixtures/sse/event.json")),
    ("fields", include_str!("../../../../fixtures/sse/fields.json")),
    ("id", include_str!("../../../../fixtures/sse/id.json")),
    ("newlines", include_str!("../../../../fixtures/sse/newlines.json")),
    ("retry", include_str!("../../../../fixtures/sse/retry.json")),
    ("traffic", include_str!("../../../../fixtures/sse/traffic.json")),
    ("utf8", include_str!("../../../../fixtures/sse/utf8.json")),
];

/// Above this size a case is not cut at every place or byte by byte, which would take its size squared.
const SMALL: usize = 4096;

#[test]
fn there_are_as_many_cases_as_ever() {
    assert_eq!(cases().len(), 82);
}

#[test]
fn whole() {
    for case in cases() {
        case.check([case.stream.as_slice()]);
    }
}

#[test]
fn byte_by_byte() {
    for case in small_cases() {
        case.check(case.stream.chunks(1));
    }
}

#[test]
fn in_threes_with_empty_chunks_between() {
    for case in cases() {
        case.check(case.stream.chunks(3).flat_map(|chunk| [chunk, &[]]));
    }
}

#[test]
fn in_kibibytes() {
    for case in cases() {
        case.check(case.stream.chunks(1024));
    }
}

#[test]
fn cut_in_two_at_every_place() {
    for case in small_cases() {
        for at in 0..=case.stream.len() {
            let (head, tail) = case.stream.split_at(at);
            case.check([head, tail]);
        }
    }
}

proptest! {
    #[test]
    fn in_random_chunks(cuts in prop::collection::vec(any::<Index>(), 0..30)) {
        for case in small_cases() {
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(case.stream.len() + 1)).collect();
            places.extend([0, case.stream.len()]);
            places.sort_unstable();
            // Equal neighbours make empty chunks.
            case.check(places.windows(2).map(|pair| &case.stream[pair[0]..pair[1]]));
        }
    }
}

/// One case of a fixture file.
struct Case {
    name: String,
    stream: Vec<u8>,
    events: Vec<OwnedEvent>,
    cut: Option<OwnedEvent>,
    reconnect: Option<Duration>,
}

impl Case {
    /// The stream in these chunks gives the expected events, whether the end discards or flushes.
    #[track_caller]
    fn check<'a>(&self, chunks: impl IntoIterator<Item = &'a [u8], IntoIter: Clone>) {
        let Self { name, stream: _, events, cut, reconnect } = self;
        let chunks = chunks.into_iter();

        let (seen, retry) = parse(chunks.clone(), Eof::Discard);
        assert_eq!((&seen, retry), (events, *reconnect), "{name}");

        let (mut seen, _) = parse(chunks, Eof::Flush);
        let flushed = seen.split_off(events.len().min(seen.len()));
        assert_eq!((&seen, flushed.as_slice()), (events, cut.as_slice()), "{name}, flushed");
    }
}

fn parse<'a>(chunks: impl Iterator<Item = &'a [u8]>, eof: Eof) -> (Vec<OwnedEvent>, Option<Duration>) {
    let mut parser = Parser::new();
    let mut events = Vec::new();
    for chunk in chunks {
        parser.feed(chunk);
        while let Some(event) = parser.next_event().expect("no case is over the limit") {
            events.push(event.into_owned());
        }
    }
    parser.end(eof);
    while let Some(event) = parser.next_event().expect("no case is over the limit") {
        events.push(event.into_owned());
    }
    (events, parser.retry())
}

/// Every case of every file.
fn cases() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
        let mut cases = Vec::new();
        for (file, text) in FILES {
            let values: Vec<Value> = serde_json::from_str(text).unwrap_or_else(|error| panic!("{file}.json: {error}"));
            cases.extend(values.iter().map(case));
        }
        cases
    });
    &CASES
}

/// The cases that can be cut everywhere.
fn small_cases() -> impl Iterator<Item = &'static Case> {
    cases().iter().filter(|case| case.stream.len() <= SMALL)
}

fn case(case: &Value) -> Case {
    Case {
        name: case["name"].as_str().expect("a name").to_owned(),
        stream: bytes(&case["stream"]),
        events: case["events"].as_array().expect("events").iter().map(|value| event(value, false)).collect(),
        cut: case.get("cut").map(|value| event(value, true)),
        reconnect: case.get("reconnect").map(milliseconds),
    }
}

fn event(value: &Value, cut: bool) -> OwnedEvent {
    OwnedEvent {
        event: value.get("event").map(|name| name.as_str().expect("a string").to_owned()),
        data: String::from_utf8(bytes(&value["data"])).expect("data is UTF-8"),
        id: value.get("id").map_or("", |id| id.as_str().expect("a string")).to_owned(),
        retry: value.get("retry").map(milliseconds),
        cut,
    }
}

fn milliseconds(value: &Value) -> Duration {
    Duration::from_millis(value.as_u64().expect("milliseconds"))
}

/// A string, or a list of pieces.
fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        Value::Array(pieces) => pieces.iter().flat_map(bytes).collect(),
        Value::Object(piece) => match (piece.get("hex"), piece.get("repeat"), piece.get("times")) {
            (Some(Value::String(hex)), None, None) => unhex(hex),
            (None, Some(text), Some(times)) => {
                bytes(text).repeat(times.as_u64().and_then(|times| times.try_into().ok()).expect("a count"))
            }
            _ => panic!("no piece: {value}"),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => panic!("no bytes: {value}"),
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().map(|digit| digit.to_digit(16).expect("a hex digit")).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("two digits")).collect()
}
