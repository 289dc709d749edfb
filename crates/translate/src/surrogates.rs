//! Lone surrogates: JSON can spell half a character, and no text can hold it.
//!
//! Servers that cut a text between the halves of an emoji send one half in each delta; those are joined again. A half without
//! the other becomes U+FFFD, which is a loss. Only JSON that spells such a half is touched; escapes inside the text of
//! arguments are text.

use std::borrow::Cow;

use interlingua_model::{Api, Event, Failure, Sink};

use crate::api::Decoder;
use crate::error::{MAX_REPLY, too_large};
use crate::{Loss, LossCode, Outcome, Sent};

/// A body whose lone halves are replaced, and where they stood; `None` for one that has none.
pub(crate) fn mend(body: &[u8]) -> Option<(String, Vec<Loss>)> {
    let text = std::str::from_utf8(body).ok().filter(|text| may_hold_half(text))?;
    let halves = lone_halves(text);
    let losses = halves.iter().map(|half| loss(half.path.clone())).collect();
    (!halves.is_empty()).then(|| (replaced(text, &halves), losses))
}

fn loss(path: String) -> Loss {
    Loss::new(path, LossCode::LoneSurrogate, "half a character; U+FFFD stands in its place")
}

/// A decoder that reads halves of characters.
#[derive(Debug)]
pub(crate) struct MendingDecoder {
    decoder: Decoder,
    held: Option<Held>,
    losses: Vec<Loss>,
    text: TextRoom,
}

/// An event whose text ends in the first half of a character; the second may begin the next one.
#[derive(Debug)]
struct Held {
    name: Option<String>,
    data: String,
    half: Half,
}

impl MendingDecoder {
    pub(crate) fn new(api: Api, sent: &Sent) -> Self {
        Self { decoder: Decoder::new(api, sent), held: None, losses: Vec::new(), text: TextRoom::default() }
    }

    /// The same for a reply that is written anew, of which no more text is kept than a whole reply has.
    pub(crate) fn bounded(api: Api, sent: &Sent) -> Self {
        Self { text: TextRoom { left: Some(MAX_REPLY) }, ..Self::new(api, sent) }
    }

    pub(crate) fn read(&mut self, data: &str, name: Option<&str>, out: &mut impl Sink) {
        if self.held.is_none() && !may_hold_half(data) {
            return self.decoder.read(data, name, &mut self.text.before(out));
        }
        let data = self.join(data, out);
        let mut halves = lone_halves(&data);
        let held = halves.pop_if(|half| half.ends_delta());
        self.losses.extend(halves.iter().map(|_| loss(self.decoder.texts().path())));
        let data = replaced(&data, &halves);
        match held {
            Some(half) => self.held = Some(Held { name: name.map(str::to_owned), data, half }),
            None => self.decoder.read(&data, name, &mut self.text.before(out)),
        }
    }

    pub(crate) fn read_cut(&mut self, data: &str, name: Option<&str>, out: &mut impl Sink) {
        let data = self.join(data, out);
        let data = mend(data.as_bytes()).map_or(data, |(data, _)| Cow::Owned(data));
        self.decoder.read_cut(&data, name, &mut self.text.before(out));
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.decoder.has_ended() || self.text.is_full()
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.held.is_none() && self.decoder.is_complete()
    }

    pub(crate) fn finish(mut self, reason: Option<Failure>, out: &mut impl Sink) -> Outcome {
        self.join("", out);
        let Self { decoder, held: _, losses: mut all, text } = self;
        let reason = if text.is_full() { Some(too_large()) } else { reason };
        let Outcome { end, losses, usage: _, thoughts: _ } = decoder.finish(reason, out);
        all.extend(losses);
        Outcome::new(end, all)
    }

    /// Reads the event that is held, with the half that this one begins with, and gives the rest of this one.
    fn join<'d>(&mut self, data: &'d str, out: &mut impl Sink) -> Cow<'d, str> {
        let Some(Held { name, data: mut first, half }) = self.held.take() else { return Cow::Borrowed(data) };
        let second = lone_halves(data).into_iter().find(Half::begins_delta);
        let escape = second.and_then(|second| Some((second.at, data.get(second.at..second.at + ESCAPE)?)));
        let rest = if let Some((at, escape)) = escape {
            first.insert_str(half.at + ESCAPE, escape);
            let (before, after) = (data.get(..at).unwrap_or_default(), data.get(at + ESCAPE..).unwrap_or_default());
            Cow::Owned([before, after].concat())
        } else {
            self.losses.push(loss(self.decoder.texts().path()));
            first = replaced(&first, &[half]);
            Cow::Borrowed(data)
        };
        self.decoder.read(&first, name.as_deref(), &mut self.text.before(out));
        rest
    }
}

/// How much text there may still be, if there is a limit; both the reader and the writer of a stream keep what they have had,
/// to compare it with what comes and to repeat it.
#[derive(Debug, Default)]
struct TextRoom {
    left: Option<usize>,
}

impl TextRoom {
    fn is_full(&self) -> bool {
        self.left == Some(0)
    }

    fn before<'r, S>(&'r mut self, out: &'r mut S) -> Measured<'r, S> {
        Measured { room: self, out }
    }
}

/// Passes events on as long as there is room.
struct Measured<'r, S> {
    room: &'r mut TextRoom,
    out: &'r mut S,
}

impl<S: Sink> Sink for Measured<'_, S> {
    fn event(&mut self, event: Event<'_>) {
        if let Some(left) = &mut self.room.left {
            *left = left.saturating_sub(event.text_len());
            if *left == 0 {
                return;
            }
        }
        self.out.event(event);
    }
}

/// The length of `\ud83d`.
const ESCAPE: usize = 6;

/// Whether a text may spell half a character.
fn may_hold_half(text: &str) -> bool {
    // Hardly any event has an escape, and to look for one byte is what the library does by words, however this is built.
    text.as_bytes().contains(&b'\\') && may_hold_escaped_half(text)
}

fn may_hold_escaped_half(text: &str) -> bool {
    text.split('\\').skip(1).any(|rest| matches!(rest.as_bytes(), [b'u', b'd' | b'D', ..]))
}

/// A half of a character, alone.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Half {
    /// Where its escape begins.
    at: usize,
    /// Whether it is the first half of one.
    is_first: bool,
    begins_text: bool,
    ends_text: bool,
    /// Where in the document its text stands.
    path: String,
}

impl Half {
    /// Whether the text of this delta goes on in another event.
    fn ends_delta(&self) -> bool {
        self.is_first && self.ends_text && self.is_delta()
    }

    fn begins_delta(&self) -> bool {
        !self.is_first && self.begins_text && self.is_delta()
    }

    fn is_delta(&self) -> bool {
        self.path == "delta" || self.path.starts_with("delta.") || self.path.contains(".delta.")
    }
}

/// The text with U+FFFD for each of the halves. Its escape is as long as theirs, so that places stay what they are.
fn replaced(text: &str, halves: &[Half]) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut from = 0;
    for Half { at, .. } in halves {
        mended.push_str(text.get(from..*at).unwrap_or_default());
        mended.push_str("\\ufffd");
        from = at + ESCAPE;
    }
    mended.push_str(text.get(from..).unwrap_or_default());
    mended
}

/// Where a walk through a document is.
#[derive(Debug)]
enum Step {
    Index(usize),
    Key(String),
}

/// The lone halves of a document's strings, keys apart, in order. What is no JSON has whatever is found.
fn lone_halves(text: &str) -> Vec<Half> {
    let mut halves = Vec::new();
    let mut steps = Vec::new();
    let mut is_key = false;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'{' => {
                steps.push(Step::Key(String::new()));
                is_key = true;
            }
            b'[' => {
                steps.push(Step::Index(0));
                is_key = false;
            }
            b'}' | b']' => {
                steps.pop();
                is_key = false;
            }
            b':' => is_key = false,
            b',' => match steps.last_mut() {
                Some(Step::Index(index)) => *index += 1,
                Some(Step::Key(_)) => is_key = true,
                None => {}
            },
            b'"' => {
                let inside = inside(text, at + 1);
                if !inside.is_empty() {
                    bytes.nth(inside.len() - 1);
                }
                bytes.next();
                match steps.last_mut() {
                    Some(Step::Key(key)) if is_key => inside.clone_into(key),
                    _ => string(inside, at + 1, &steps, &mut halves),
                }
            }
            _ => {}
        }
    }
    halves
}

/// What stands between the quotation marks of the string that begins here.
fn inside(text: &str, from: usize) -> &str {
    let rest = text.get(from..).unwrap_or_default();
    let mut is_escaped = false;
    let end = rest.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest)
}

fn string(inside: &str, from: usize, steps: &[Step], halves: &mut Vec<Half>) {
    let mut at = 0;
    while let Some(found) = inside.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        let Some(unit) = unit(inside, at) else {
            // Another escape: its second character is none of ours.
            at += 2;
            continue;
        };
        let is_pair = is_first(unit) && self::unit(inside, at + ESCAPE).is_some_and(is_second);
        if !is_pair && (is_first(unit) || is_second(unit)) {
            halves.push(Half {
                at: from + at,
                is_first: is_first(unit),
                begins_text: at == 0,
                ends_text: at + ESCAPE == inside.len(),
                path: path(steps),
            });
        }
        at += if is_pair { 2 * ESCAPE } else { ESCAPE };
    }
}

/// The UTF-16 unit that an escape spells.
fn unit(inside: &str, at: usize) -> Option<u16> {
    u16::from_str_radix(inside.get(at..at + ESCAPE)?.strip_prefix("\\u")?, 16).ok()
}

fn is_first(unit: u16) -> bool {
    (0xd800..0xdc00).contains(&unit)
}

fn is_second(unit: u16) -> bool {
    (0xdc00..0xe000).contains(&unit)
}

fn path(steps: &[Step]) -> String {
    steps.iter().fold(String::new(), |path, step| match step {
        Step::Index(index) => format!("{path}[{index}]"),
        Step::Key(key) if path.is_empty() => key.clone(),
        Step::Key(key) => format!("{path}.{key}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(text: &str) -> Option<(String, Vec<String>)> {
        let (mended, losses) = mend(text.as_bytes())?;
        Some((mended, losses.into_iter().map(|loss| loss.path).collect()))
    }

    #[test]
    fn a_half_alone_is_replaced_and_its_place_is_told() {
        let cases = [
            (r#"{"a":[1,{"b":"x\ud83d"}]}"#, r#"{"a":[1,{"b":"x\ufffd"}]}"#, &["a[1].b"][..]),
            (r#"["\uDE00","\ud83d\ud83d\ude00"]"#, r#"["\ufffd","\ufffd\ud83d\ude00"]"#, &["[0]", "[1]"]),
            (r#"{"a":"[,{","b":"\\\ud800\""}"#, r#"{"a":"[,{","b":"\\\ufffd\""}"#, &["b"]),
        ];
        for (text, expected, paths) in cases {
            let (mended, found) = mended(text).unwrap();
            assert_eq!((mended.as_str(), found), (expected, paths.iter().map(|path| (*path).to_owned()).collect()));
        }
    }

    #[test]
    fn whole_characters_and_escapes_of_escapes_are_left() {
        for text in
            [r#"{"a":"\ud83d\ude00"}"#, r#"{"a":"{\"t\":\"\\ud83d\"}"}"#, r#"{"a":"\u00e9 \\ud83d"}"#, "\\ud8", ""]
        {
            assert_eq!(mended(text), None, "{text}");
        }
    }
}
