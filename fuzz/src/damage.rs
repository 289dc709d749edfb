//! Recorded streams, damaged frame by frame as some bytes say: deeper than random bytes ever reach.

use std::fmt::Write as _;
use std::sync::LazyLock;

use interlingua_sse::{Eof, OwnedEvent, Parser, write_event};
use serde_json::Value;

use crate::Api;
use crate::fixtures::streams;

static CHAT: LazyLock<Vec<Vec<OwnedEvent>>> = LazyLock::new(|| all(Api::Chat));
static RESPONSES: LazyLock<Vec<Vec<OwnedEvent>>> = LazyLock::new(|| all(Api::Responses));
static MESSAGES: LazyLock<Vec<Vec<OwnedEvent>>> = LazyLock::new(|| all(Api::Messages));
/// The same without sequence numbers, by which the decoder leaves out what comes twice or late.
static UNNUMBERED: LazyLock<Vec<Vec<OwnedEvent>>> = LazyLock::new(|| {
    let mut all = RESPONSES.clone();
    all.iter_mut().flatten().for_each(unnumber);
    all
});

/// More damage than this tells nothing new.
const MAX_DAMAGES: usize = 16;

/// What a value is replaced by.
const VALUES: [&str; 17] = [
    "null",
    "true",
    "0",
    "1",
    "2",
    "-1",
    "4294967296",
    "1.5",
    "\"\"",
    "\"x\"",
    "\"stop\"",
    "\"end_turn\"",
    "\"completed\"",
    "[]",
    "{}",
    "[null]",
    "[{}]",
];

/// The stream that a plan makes: its first three bytes choose a fixture, then four each are one damage.
pub fn stream(plan: &[u8]) -> (Api, Vec<u8>) {
    let mut plan = Plan(plan);
    let (upstream, fixtures) = match plan.next() % 4 {
        0 => (Api::Chat, &*CHAT),
        1 => (Api::Responses, &*RESPONSES),
        2 => (Api::Messages, &*MESSAGES),
        _ => (Api::Responses, &*UNNUMBERED),
    };
    let mut frames = fixtures[plan.number() % fixtures.len()].clone();
    let mut cut = None;
    for _ in 0..MAX_DAMAGES {
        if plan.0.is_empty() {
            break;
        }
        let (how, at, by) = (plan.next(), plan.next(), plan.number());
        if frames.is_empty() {
            break;
        }
        let at = usize::from(at) % frames.len();
        match how % 9 {
            0 => drop(frames.remove(at)),
            1 => frames.insert(by % (frames.len() + 1), frames[at].clone()),
            2 => {
                let frame = frames.remove(at);
                frames.insert(by % (frames.len() + 1), frame);
            }
            3 => truncate(&mut frames[at].data, by),
            4 => frames.truncate(at),
            5 => {
                let other = &fixtures[by % fixtures.len()];
                if let Some(frame) = other.get(by / fixtures.len() % other.len().max(1)) {
                    frames[at] = frame.clone();
                }
            }
            6 => change(&mut frames[at].data, by, Change::Remove),
            7 => change(&mut frames[at].data, by / VALUES.len(), Change::Replace(VALUES[by % VALUES.len()])),
            _ => cut = Some(by),
        }
    }
    let mut bytes = Vec::new();
    for OwnedEvent { event, data, .. } in &frames {
        write_event(&mut bytes, event.as_deref(), data);
    }
    if let Some(cut) = cut {
        bytes.truncate(bytes.len().saturating_sub(cut % 512));
    }
    (upstream, bytes)
}

/// Bytes, and zeros after them.
struct Plan<'a>(&'a [u8]);

impl Plan<'_> {
    fn next(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn number(&mut self) -> usize {
        usize::from(u16::from_le_bytes([self.next(), self.next()]))
    }
}

/// The frames of every fixture.
fn all(upstream: Api) -> Vec<Vec<OwnedEvent>> {
    streams(upstream).iter().map(|(_, bytes)| frames(bytes)).collect()
}

fn frames(bytes: &[u8]) -> Vec<OwnedEvent> {
    let mut parser = Parser::new();
    parser.feed(bytes);
    parser.end(Eof::Flush);
    std::iter::from_fn(|| parser.next_event().ok().flatten().map(interlingua_sse::Event::into_owned)).collect()
}

fn unnumber(frame: &mut OwnedEvent) {
    if let Ok(Value::Object(mut object)) = serde_json::from_str(&frame.data) {
        object.remove("sequence_number");
        frame.data = Value::Object(object).to_string();
    }
}

fn truncate(data: &mut String, by: usize) {
    let mut end = by % (data.len() + 1);
    while !data.is_char_boundary(end) {
        end -= 1;
    }
    data.truncate(end);
}

#[derive(Clone, Copy)]
enum Change {
    Remove,
    Replace(&'static str),
}

/// Changes one value of the data, the root not counted, in order of appearance.
fn change(data: &mut String, number: usize, how: Change) {
    let Ok(mut value) = serde_json::from_str::<Value>(data) else { return };
    let count = count(&value);
    if count == 0 {
        return;
    }
    let mut left = number % count;
    apply(&mut value, &mut left, how);
    data.clear();
    let _ = write!(data, "{value}");
}

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(list) => Box::new(list.iter()),
        Value::Object(object) => Box::new(object.values()),
        _ => Box::new(std::iter::empty()),
    }
}

fn count(value: &Value) -> usize {
    children(value).map(|child| 1 + count(child)).sum()
}

/// Whether the change has been made; `left` counts the values to pass by.
fn apply(value: &mut Value, left: &mut usize, how: Change) -> bool {
    match value {
        Value::Array(list) => {
            for place in 0..list.len() {
                if *left == 0 {
                    match how {
                        Change::Remove => drop(list.remove(place)),
                        Change::Replace(text) => list[place] = parsed(text),
                    }
                    return true;
                }
                *left -= 1;
                if apply(&mut list[place], left, how) {
                    return true;
                }
            }
        }
        Value::Object(object) => {
            let keys: Vec<String> = object.keys().cloned().collect();
            for key in keys {
                if *left == 0 {
                    match how {
                        Change::Remove => drop(object.remove(&key)),
                        Change::Replace(text) => drop(object.insert(key, parsed(text))),
                    }
                    return true;
                }
                *left -= 1;
                if object.get_mut(&key).is_some_and(|child| apply(child, left, how)) {
                    return true;
                }
            }
        }
        _ => {}
    }
    false
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_plan_damages_nothing() {
        let (upstream, bytes) = stream(&[]);
        assert_eq!(upstream, Api::Chat);
        assert_eq!(frames(&bytes), frames(&streams(Api::Chat)[0].1));
    }

    #[test]
    fn every_value_can_be_changed() {
        let text = r#"{"a":[1,{"b":2}],"c":3}"#;
        let changed = |number, how| {
            let mut data = text.to_owned();
            change(&mut data, number, how);
            data
        };
        assert_eq!(changed(0, Change::Remove), r#"{"c":3}"#);
        assert_eq!(changed(1, Change::Remove), r#"{"a":[{"b":2}],"c":3}"#);
        assert_eq!(changed(3, Change::Replace("\"x\"")), r#"{"a":[1,{"b":"x"}],"c":3}"#);
        assert_eq!(changed(4, Change::Replace("[]")), r#"{"a":[1,{"b":2}],"c":[]}"#);
        assert_eq!(changed(5, Change::Remove), changed(0, Change::Remove));
    }
}
