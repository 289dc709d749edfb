//! A reply whose bytes are passed on as they are, and watched as they go by.

use std::ops::Range;

use interlingua_model::{Failure, Opaque};
use interlingua_sse::{DEFAULT_LIMIT, Eof, Parser};
use serde_json::{Map, Value};

use crate::answer::{Answer, Stage};
use crate::error::{MAX_REPLY, too_large, upstream_malformed};
use crate::feed::{Room, Shape, empty};
use crate::lines::Lines;
use crate::outcome::{End, Outcome};
use crate::reply::Reply;
use crate::{Error, Frames, Watch};

/// Passes the bytes of an upstream on to a client of the same API, and sees to it that nothing else than a reply passes for
/// one.
///
/// A stream goes on event by event: what is written always ends where an event does, so that something may be put in
/// between, and an event that was cut is not begun. One without an end of its own gets an error as its last event. A whole
/// reply goes on when all of it is there. What is not what was asked for, JSON for a stream or events for a whole reply, is
/// turned into it; which it is, is seen by how it begins, whatever it was called. Of the bytes one thing is changed, where
/// whoever asks said [`Asked::keep_name`](crate::Asked::keep_name): a reply of Messages calls its model so.
///
/// ```
/// use interlingua_translate::{Api, Stamp, Translator, Upstream};
///
/// let stamp = Stamp { id: "1".into(), created: 0 };
/// let body = br#"{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}"#;
/// let reply = Translator::new(Api::Chat).read(body)?.alone(stamp);
///
/// let mut passing = reply.passing();
/// let mut out = Vec::new();
/// passing.bytes(b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: {\"cho", &mut out);
/// assert!(out.ends_with(b"\"Hi\"}}]}\n\n"), "whole events only");
/// assert!(passing.finish(&mut out).failure().is_some());
/// assert!(String::from_utf8_lossy(&out).contains("stream_incomplete"), "the client is told");
/// # Ok::<(), interlingua_translate::Error>(())
/// ```
#[derive(Debug)]
pub struct Passing {
    reply: Reply,
    body: Body,
    has_output: bool,
    event_limit: usize,
}

#[derive(Debug)]
enum Body {
    /// Nothing yet to tell by.
    Blank(Vec<u8>),
    /// Events for a client that asked for them.
    Events(Box<Events>),
    /// JSON for a client that asked for it.
    Document(Vec<u8>),
    /// Something else than the client asked for.
    Answer(Box<Answer>),
    Failed(Box<Failure>),
}

#[derive(Debug)]
struct Events {
    parser: Parser,
    room: Room,
    watch: Watch,
    lines: Lines,
    /// The beginning of an event that is not whole yet, as it came.
    held: Vec<u8>,
    /// How many bytes there were before any of an answer.
    silent: usize,
    has_heard: bool,
    /// What the event that was read last has to say otherwise.
    renamed: Option<Renamed>,
}

/// An event that calls the model as the client does not know it.
#[derive(Debug)]
struct Renamed {
    event: Option<String>,
    data: String,
    /// Where the name stands in the data.
    place: Range<usize>,
    name: String,
}

/// How many bytes of a stream may come before any of an answer.
const MOST_SILENT: usize = 64 * 1024 * 1024;

impl Reply {
    /// What passes a reply on unchanged and watches it go by, since both sides speak the same API.
    #[must_use]
    pub fn passing(&self) -> Passing {
        Passing { reply: self.clone(), body: Body::Blank(Vec::new()), has_output: false, event_limit: DEFAULT_LIMIT }
    }
}

impl Passing {
    /// The same for events of up to so many bytes (16 MiB), not counting what they repeat of earlier ones. To be said before
    /// any bytes are given.
    #[must_use]
    pub fn with_event_limit(mut self, bytes: usize) -> Self {
        self.event_limit = bytes;
        self
    }

    /// Takes the next bytes of the upstream's reply, cut wherever they are, and writes what may go on.
    pub fn bytes(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Stage {
        if let Body::Blank(beginning) = &mut self.body {
            beginning.extend_from_slice(bytes);
            let shape = Shape::of(beginning);
            if shape.is_none() && beginning.len() <= MAX_REPLY {
                return Stage::Silent;
            }
            let beginning = std::mem::take(beginning);
            self.body = match (shape, self.reply.is_streamed()) {
                (Some(Shape::Events), true) => Body::Events(Box::new(Events::new(&self.reply, self.event_limit))),
                (Some(Shape::Json), false) => Body::Document(Vec::new()),
                (Some(_), _) => Body::Answer(Box::new(self.reply.answer().with_event_limit(self.event_limit))),
                (None, _) => Body::Failed(Box::new(too_large())),
            };
            self.more(&beginning, out)
        } else {
            self.more(bytes, out)
        }
    }

    fn more(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Stage {
        match &mut self.body {
            Body::Events(events) => {
                let pushed = events.push(bytes, out);
                self.has_output = events.watch.has_output();
                if let Err(failure) = pushed {
                    return self.give_up(failure, out);
                }
            }
            Body::Document(document) if document.len() + bytes.len() > MAX_REPLY => {
                self.body = Body::Failed(Box::new(too_large()));
            }
            Body::Document(document) => document.extend_from_slice(bytes),
            Body::Answer(answer) => {
                answer.bytes(bytes, out);
                self.has_output = answer.has_output();
            }
            Body::Blank(_) | Body::Failed(_) => {}
        }
        self.stage()
    }

    /// Ends a stream that cannot be read, with a word for the client.
    fn give_up(&mut self, failure: Failure, out: &mut Vec<u8>) -> Stage {
        let failed = Body::Failed(Box::new(failure.clone()));
        if let Body::Events(events) = std::mem::replace(&mut self.body, failed) {
            let _told = events.watch.fail(failure, out);
        }
        self.stage()
    }

    /// How far it has come. A stream that has come to its end of its own may still go on: what follows goes on as well.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match &self.body {
            Body::Blank(_) | Body::Document(_) => Stage::Silent,
            Body::Events(events) => match events.watch.stage() {
                Stage::Over => Stage::Output,
                stage @ (Stage::Silent | Stage::Output | Stage::Failed) => stage,
            },
            Body::Answer(answer) => answer.stage(),
            Body::Failed(_) if self.has_output => Stage::Over,
            Body::Failed(_) => Stage::Failed,
        }
    }

    /// Whether the client asked for a stream.
    #[must_use]
    pub fn is_streamed(&self) -> bool {
        self.reply.is_streamed()
    }

    /// Whether an event has come, or the beginning of a document; comments and white space are none.
    #[must_use]
    pub fn has_heard(&self) -> bool {
        match &self.body {
            Body::Blank(_) => false,
            Body::Events(events) => events.has_heard,
            Body::Document(_) | Body::Failed(_) => true,
            Body::Answer(answer) => answer.has_heard(),
        }
    }

    /// Whether any of an answer has come.
    #[must_use]
    pub fn has_output(&self) -> bool {
        self.has_output
    }

    /// Whether all that a good end needs has come, as [`Answer::is_complete`] says.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match &self.body {
            Body::Blank(_) | Body::Document(_) => false,
            Body::Events(events) => events.watch.is_complete(),
            Body::Answer(answer) => answer.is_complete(),
            Body::Failed(_) => true,
        }
    }

    /// What the upstream said beside the answer, as [`Answer::take_asides`] does.
    pub fn take_asides(&mut self) -> Vec<Opaque> {
        match &mut self.body {
            Body::Events(events) => events.watch.take_asides(),
            Body::Answer(answer) => answer.take_asides(),
            Body::Blank(_) | Body::Document(_) | Body::Failed(_) => Vec::new(),
        }
    }

    /// Ends a reply that cannot go on, as [`Answer::fail`] does.
    pub fn fail(self, failure: Failure, out: &mut Vec<u8>) -> Outcome {
        self.end(Some(failure), out)
    }

    /// Ends a reply of which no more comes, as [`Answer::finish`] does.
    pub fn finish(self, out: &mut Vec<u8>) -> Outcome {
        self.end(None, out)
    }

    fn end(self, reason: Option<Failure>, out: &mut Vec<u8>) -> Outcome {
        let Self { reply, body, has_output: _, event_limit } = self;
        match (body, reason) {
            (Body::Failed(failure), _) => failed(*failure),
            (Body::Events(events), reason) => events.end(reason, out),
            (Body::Answer(answer), Some(reason)) => answer.fail(reason, out),
            (Body::Answer(answer), None) => answer.finish(out),
            (Body::Document(_), Some(reason)) => failed(reason),
            (Body::Document(document), None) => judge(&reply, document, out),
            // Events say how a stream ends that has not begun.
            (Body::Blank(_), reason) if reply.is_streamed() => {
                Box::new(Events::new(&reply, event_limit)).end(reason, out)
            }
            (Body::Blank(_), Some(reason)) => failed(reason),
            (Body::Blank(beginning), None) if beginning.trim_ascii().is_empty() => failed(empty()),
            (Body::Blank(beginning), None) => {
                let mut answer = reply.answer();
                answer.bytes(&beginning, out);
                answer.finish(out)
            }
        }
    }
}

fn failed(failure: Failure) -> Outcome {
    Outcome::new(End::Failed(Box::new(failure)), Vec::new())
}

/// Passes a whole reply on, unless it is none.
fn judge(reply: &Reply, mut document: Vec<u8>, out: &mut Vec<u8>) -> Outcome {
    let (end, usage) = match reply.reading().whole(&document) {
        Ok(read) => (End::of(&read.value.finish), read.value.usage),
        // There is a reply, of which only we cannot read one place.
        Err(Error::Malformed { path: Some(path), message: _ }) if has(&document, &path) => (End::Completed, None),
        // Or that another API could not carry.
        Err(Error::Reply { .. }) => (End::Completed, None),
        Err(error) => return failed(error.into_failure()),
    };
    if let Some((place, name)) = std::str::from_utf8(&document).ok().and_then(|text| reply.context().renamed(text)) {
        document.splice(place, name.into_bytes());
    }
    out.append(&mut document);
    Outcome { usage, ..Outcome::new(end, Vec::new()) }
}

/// Whether there is anything in a document at the beginning of a path.
fn has(document: &[u8], path: &str) -> bool {
    let key = path.split(['.', '[']).next().unwrap_or_default();
    let Ok(document) = serde_json::from_slice::<Map<String, Value>>(document) else { return false };
    match document.get(key) {
        None | Some(Value::Null) => false,
        Some(Value::Array(values)) => !values.is_empty(),
        Some(Value::Object(object)) => !object.is_empty(),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Bool(_) | Value::Number(_)) => true,
    }
}

impl Events {
    fn new(reply: &Reply, event_limit: usize) -> Self {
        Self {
            parser: Parser::new(),
            room: Room::new(event_limit),
            watch: reply.watch(),
            lines: Lines::default(),
            held: Vec::new(),
            silent: 0,
            has_heard: false,
            renamed: None,
        }
    }

    /// Takes bytes and writes the events that are whole. A failure says why no more of them can be taken.
    fn push(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        while let Some((event, rest)) = self.lines.cut(bytes) {
            self.parser.feed(event);
            self.look()?;
            let begin = out.len();
            out.append(&mut self.held);
            out.extend_from_slice(event);
            if let Some(renamed) = self.renamed.take() {
                renamed.write(begin, out);
            }
            bytes = rest;
            if !self.watch.has_output() {
                self.silent += event.len();
            }
        }
        if self.silent > MOST_SILENT {
            let most = MOST_SILENT >> 20;
            return Err(upstream_malformed(format!("the upstream sent {most} MiB and nothing of an answer")));
        }
        self.parser.feed(bytes);
        self.held.extend_from_slice(bytes);
        // It may be too large already.
        self.look()
    }

    fn look(&mut self) -> Result<(), Failure> {
        loop {
            self.parser.set_limit(self.room.size());
            match self.parser.next_event() {
                Ok(None) => return Ok(()),
                Ok(Some(event)) => {
                    self.has_heard = true;
                    self.room.saw(event.data.len());
                    if !self.watch.has_output()
                        && let Some((place, name)) = self.watch.reply().context().renamed(event.data)
                    {
                        let (event, data) = (event.event.map(str::to_owned), event.data.to_owned());
                        self.renamed = Some(Renamed { event, data, place, name });
                    }
                    if event.cut {
                        self.watch.cut_event(event.event, event.data);
                    } else {
                        self.watch.event(event.event, event.data);
                    }
                    // It is told in words that the client knows, and nothing of what follows garbage can be trusted.
                    if let Some(failure) = self.watch.unsaid() {
                        return Err(failure.clone());
                    }
                }
                Err(error) => return Err(upstream_malformed(error.to_string())),
            }
        }
    }

    fn end(mut self: Box<Self>, reason: Option<Failure>, out: &mut Vec<u8>) -> Outcome {
        if let Some(reason) = reason {
            return self.watch.fail(reason, out);
        }
        self.parser.end(Eof::Flush);
        if let Err(failure) = self.look() {
            return self.watch.fail(failure, out);
        }
        let Self { watch, mut held, .. } = *self;
        let mut word = Vec::new();
        let outcome = watch.finish(&mut word);
        if word.is_empty() {
            out.append(&mut held);
        } else {
            out.append(&mut word);
        }
        outcome
    }
}

impl Renamed {
    /// Puts the name into the event that has been written from `begin` on; nothing else of it is changed.
    fn write(self, begin: usize, out: &mut Vec<u8>) {
        let Self { event, mut data, place, name } = self;
        let written = out.get(begin..).and_then(|written| std::str::from_utf8(written).ok());
        if let Some(at) = written.and_then(|written| written.find(&data)) {
            let at = begin + at;
            out.splice(at + place.start..at + place.end, name.into_bytes());
        } else {
            // The data came in several lines.
            out.truncate(begin);
            data.replace_range(place, &name);
            out.frame(event.as_deref(), |out| out.extend_from_slice(data.as_bytes()));
        }
    }
}
