//! The bytes of an upstream's reply: server-sent events, or one JSON document, told apart by how they begin.

use interlingua_model::Failure;
use interlingua_sse::{DEFAULT_LIMIT, Eof, Parser};

use crate::convert::cut;
use crate::error::{MAX_REPLY, too_large, upstream_malformed};

/// How much is kept, in bytes, of a text that is no reply, for whoever is told of it.
const MOST_WORDS: usize = 1024;

/// The bytes so far.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    body: Body,
    has_heard: bool,
    room: Room,
}

/// How large the next event may be. The last event of a reply repeats what came before it, images included, so there is room
/// for one event and everything before it, but never for more than a whole reply has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// The largest event that repeats nothing, in bytes.
    event: usize,
    /// How many bytes of data there have been.
    seen: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self::new(DEFAULT_LIMIT)
    }
}

impl Room {
    pub(crate) fn new(event: usize) -> Self {
        Self { event, seen: 0 }
    }

    pub(crate) fn saw(&mut self, bytes: usize) {
        self.seen = self.seen.saturating_add(bytes);
    }

    pub(crate) fn size(self) -> usize {
        self.event.saturating_add(self.seen).min(self.event.max(MAX_REPLY))
    }
}

#[derive(Debug)]
enum Body {
    /// Nothing yet to tell by.
    Blank(Vec<u8>),
    Events(Box<Parser>),
    /// It begins like no event, but what comes may be one all the same.
    Words(Box<Parser>, Vec<u8>),
    Json(Vec<u8>),
    /// No reply, which is still to be told.
    Broken(Box<Failure>),
    Ended,
}

impl Default for Body {
    fn default() -> Self {
        Self::Blank(Vec::new())
    }
}

/// What a reply is, by how it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Events,
    /// A line that is none of an event.
    Words,
    Json,
    Page,
}

impl Shape {
    /// `None` while there is too little to tell by.
    pub(crate) fn of(beginning: &[u8]) -> Option<Self> {
        const FIELDS: [&[u8]; 5] = [b"data", b"event", b"id", b"retry", b":"];
        let rest = without_bom(beginning)?.trim_ascii_start();
        match rest.first()? {
            b'{' | b'[' => Some(Self::Json),
            b'<' => Some(Self::Page),
            _ if FIELDS.iter().any(|field| rest.starts_with(field)) => Some(Self::Events),
            _ if FIELDS.iter().any(|field| field.starts_with(rest)) => None,
            _ => Some(Self::Words),
        }
    }
}

/// The bytes behind a byte order mark; `None` while there may be one.
fn without_bom(bytes: &[u8]) -> Option<&[u8]> {
    const BOM: &[u8] = "\u{feff}".as_bytes();
    match bytes.strip_prefix(BOM) {
        Some(rest) => Some(rest),
        None if BOM.starts_with(bytes) => None,
        None => Some(bytes),
    }
}

/// What the bytes say.
pub(crate) enum Heard<'a> {
    Event { name: Option<&'a str>, data: &'a str, cut: bool },
    Whole(&'a [u8]),
    Broken(Failure),
}

impl Feed {
    /// The same, which has heard nothing yet, for events of up to so many bytes.
    pub(crate) fn with_event_limit(bytes: usize) -> Self {
        Self { room: Room::new(bytes), ..Self::default() }
    }

    /// Takes what is less than an event, so that whoever is given many small pieces need not ask after each: what
    /// [`Feed::hear`] is to be given, where there may be something to hear.
    #[inline]
    pub(crate) fn take_small<'b>(&mut self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        /// In bytes.
        const EVENT: usize = 128;
        if bytes.len() >= EVENT { Some(bytes) } else { self.take(bytes).then_some(&[]) }
    }

    /// Takes bytes as they come, and tells what there is to hear by now.
    pub(crate) fn hear(&mut self, bytes: &[u8], mut take: impl FnMut(Heard<'_>)) {
        if matches!(&self.body, Body::Blank(before) if before.is_empty()) && Shape::of(bytes) == Some(Shape::Events) {
            self.body = Body::Events(self.parser());
        }
        if let Body::Events(_) = &self.body {
            self.drain(bytes, &mut take);
        } else if bytes.is_empty() || self.take(bytes) {
            self.tell(take);
        }
    }

    /// Takes bytes as they come; none are the end. Whether there may be something to hear in them, which [`Feed::tell`] tells.
    #[inline]
    fn take(&mut self, bytes: &[u8]) -> bool {
        if let Body::Events(parser) = &mut self.body { parser.feed(bytes) } else { self.take_other(bytes) }
    }

    /// The same for what is no stream of events, or not known to be one.
    fn take_other(&mut self, bytes: &[u8]) -> bool {
        match &mut self.body {
            Body::Events(parser) => parser.feed(bytes),
            Body::Words(parser, words) => {
                words.extend(bytes.iter().take(MOST_WORDS.saturating_sub(words.len())));
                parser.feed(bytes)
            }
            Body::Json(body) if body.len() + bytes.len() > MAX_REPLY => {
                self.body = Body::Broken(Box::new(too_large()));
                true
            }
            Body::Json(body) => {
                body.extend_from_slice(bytes);
                false
            }
            Body::Blank(beginning) => {
                beginning.extend_from_slice(bytes);
                let beginning = std::mem::take(beginning);
                self.begin(beginning)
            }
            Body::Broken(_) => true,
            Body::Ended => false,
        }
    }

    /// Sees what there is by the bytes so far.
    fn begin(&mut self, mut beginning: Vec<u8>) -> bool {
        let Some(shape) = Shape::of(&beginning) else {
            if without_bom(&beginning).is_some_and(|rest| rest.trim_ascii_start().is_empty()) {
                beginning.clear();
            }
            self.body = Body::Blank(beginning);
            return false;
        };
        self.body = match shape {
            Shape::Events => Body::Events(self.parser()),
            Shape::Words => Body::Words(self.parser(), Vec::new()),
            Shape::Json => Body::Json(Vec::new()),
            Shape::Page => Body::Broken(Box::new(web_page())),
        };
        self.has_heard = matches!(shape, Shape::Json | Shape::Page);
        let skipped = if shape == Shape::Json { without_bom(&beginning) } else { None };
        self.take(skipped.unwrap_or(&beginning))
    }

    fn parser(&self) -> Box<Parser> {
        Box::new(Parser::with_limit(self.room.size()))
    }

    /// Tells what there is to hear.
    fn tell(&mut self, mut take: impl FnMut(Heard<'_>)) {
        match &mut self.body {
            Body::Events(_) | Body::Words(..) => self.drain(&[], &mut take),
            Body::Broken(_) => {
                if let Body::Broken(failure) = std::mem::replace(&mut self.body, Body::Ended) {
                    take(Heard::Broken(*failure));
                }
            }
            Body::Blank(_) | Body::Json(_) | Body::Ended => {}
        }
    }

    /// Takes the end of the bytes.
    pub(crate) fn end(&mut self, mut take: impl FnMut(Heard<'_>)) {
        if let Body::Blank(beginning) = &mut self.body
            && !beginning.is_empty()
        {
            let words = std::mem::take(beginning);
            self.body = Body::Words(self.parser(), words);
        }
        if let Body::Events(parser) | Body::Words(parser, _) = &mut self.body {
            parser.end(Eof::Flush);
            self.drain(&[], &mut take);
        }
        match std::mem::replace(&mut self.body, Body::Ended) {
            Body::Json(body) => take(Heard::Whole(&body)),
            Body::Broken(failure) => take(Heard::Broken(*failure)),
            Body::Words(_, words) if !self.has_heard => take(Heard::Broken(no_reply(&words))),
            Body::Blank(_) | Body::Events(_) | Body::Words(..) | Body::Ended => {}
        }
    }

    /// Whether there was nothing but white space.
    pub(crate) fn is_blank(&self) -> bool {
        matches!(&self.body, Body::Blank(beginning) if beginning.is_empty())
    }

    /// Whether an event has come; comments are none.
    pub(crate) fn has_heard(&self) -> bool {
        self.has_heard
    }

    /// Tells what there is to hear in what was taken before and in `bytes`.
    fn drain(&mut self, mut bytes: &[u8], take: &mut impl FnMut(Heard<'_>)) {
        let (Body::Events(parser) | Body::Words(parser, _)) = &mut self.body else { return };
        loop {
            parser.set_limit(self.room.size());
            match parser.next_of(&mut bytes) {
                Ok(None) => return,
                Ok(Some(event)) => {
                    self.has_heard = true;
                    let size = event.data.len();
                    take(Heard::Event { name: event.event, data: event.data, cut: event.cut });
                    self.room.saw(size);
                }
                Err(error) => {
                    self.body = Body::Ended;
                    return take(Heard::Broken(upstream_malformed(error.to_string())));
                }
            }
        }
    }
}

pub(crate) fn web_page() -> Failure {
    let message = "the upstream answered with a web page instead of an API reply; check the base URL";
    upstream_malformed(message.to_owned())
}

pub(crate) fn empty() -> Failure {
    upstream_malformed("the upstream's reply is empty".to_owned())
}

/// A text that is neither events nor JSON, in its own words.
pub(crate) fn no_reply(words: &[u8]) -> Failure {
    const MOST: usize = 200;
    let words = String::from_utf8_lossy(words);
    let words: Vec<&str> =
        words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    upstream_malformed(format!("the upstream answered with what is no API reply: {}", cut(&words.join(" "), MOST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_told_by_how_it_begins() {
        for (beginning, shape) in [
            ("data: {}", Some(Shape::Events)),
            ("\u{feff}\n event: x", Some(Shape::Events)),
            (": ping", Some(Shape::Events)),
            (" {\"a\"", Some(Shape::Json)),
            ("[", Some(Shape::Json)),
            ("\u{feff}{", Some(Shape::Json)),
            ("<html>", Some(Shape::Page)),
            ("upstream connect error", Some(Shape::Words)),
            ("null", Some(Shape::Words)),
            ("", None),
            (" \r\n", None),
            ("ret", None),
        ] {
            assert_eq!(Shape::of(beginning.as_bytes()), shape, "{beginning:?}");
        }
        assert_eq!(Shape::of(b"\xef\xbb"), None, "half a byte order mark");
    }

    #[test]
    fn what_comes_in_pieces_is_read_as_if_it_came_at_once() {
        for (body, expected) in [
            ("\u{feff}data: {\"a\":1}\n\n", "event {\"a\":1}"),
            ("\u{feff} {\"a\":1}", "whole {\"a\":1}"),
            ("no healthy\r\n upstream", "broken the upstream answered with what is no API reply: no healthy upstream"),
            ("date: 1\ndata: 2\n\n", "event 2"),
            ("dat", "broken the upstream answered with what is no API reply: dat"),
        ] {
            for size in 1..=body.len() {
                let mut feed = Feed::default();
                let mut heard = Vec::new();
                let mut take = |it: Heard<'_>| {
                    heard.push(match it {
                        Heard::Event { name: _, data, cut: _ } => format!("event {data}"),
                        Heard::Whole(body) => {
                            format!("whole {}", String::from_utf8_lossy(body).trim_start_matches('\u{feff}').trim())
                        }
                        Heard::Broken(failure) => format!("broken {}", failure.message),
                    });
                };
                for piece in body.as_bytes().chunks(size) {
                    if let Some(piece) = feed.take_small(piece) {
                        feed.hear(piece, &mut take);
                    }
                }
                feed.end(&mut take);
                assert_eq!(heard, [expected], "in pieces of {size}");
            }
        }
    }
}
