//! Fixtures and recordings, and the ways tests run them through the translator.
#![cfg(test)]
#![allow(dead_code, reason = "each test target uses its own part of this module")]
#![expect(clippy::disallowed_methods, reason = "the rules of the library do not bind its tests: these read fixtures")]

use std::path::{Path, PathBuf};

use interlingua_model::{Collected, Event, Logprobs, Request, Sink};
use interlingua_sse::{Eof, Parser};
use interlingua_translate::{Context, Outcome, Profile, Stamp, chat, responses};
use interlingua_wire as wire;

/// One fixture, or one recording.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// `responses/text`, or the file name of a recording.
    pub(crate) name: String,
    pub(crate) dir: PathBuf,
}

impl Case {
    pub(crate) fn short_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap()
    }

    pub(crate) fn file(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.dir.join(name)).ok()
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.file(name).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// `case.toml`.
    pub(crate) fn about(&self) -> toml::Table {
        self.text("case.toml").unwrap().parse().unwrap()
    }

    /// How a reply ends, by its table in `case.toml`: `stream` or `response`.
    pub(crate) fn ends(&self, reply: &str) -> Option<String> {
        Some(self.about().get(reply)?.get("ends")?.as_str()?.to_owned())
    }
}

/// Every fixture of a protocol, in order of name. There must be some: an empty list would pass every test.
pub(crate) fn fixtures(protocol: &str) -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(protocol);
    let mut cases: Vec<_> = std::fs::read_dir(&root)
        .unwrap_or_else(|error| panic!("{}: {error}", root.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("case.toml").is_file())
        .map(|dir| Case { name: format!("{protocol}/{}", dir.file_name().unwrap().to_str().unwrap()), dir })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!cases.is_empty(), "no fixtures in {}", root.display());
    cases
}

/// The recordings of a kind, as name and bytes; empty, with a word on stderr, where the folder is not at hand.
pub(crate) fn recordings(kind: &str) -> Vec<(String, Vec<u8>)> {
    let root = std::env::var_os("INTERLINGUA_RECORDINGS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings"), PathBuf::from);
    let Ok(entries) = std::fs::read_dir(root.join(kind)) else {
        eprintln!("no recordings in {}: the laws run over the fixtures alone", root.join(kind).display());
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read(path).unwrap())
    };
    files.into_iter().map(read).collect()
}

/// The stamp of every test.
pub(crate) fn stamp() -> Stamp {
    Stamp { id: "stamp".to_owned(), created: 1_700_000_000 }
}

/// The context of a Chat client that wants to see everything: usage, and token probabilities.
pub(crate) fn curious_context() -> Context {
    let mut request = Request::new("asked-for");
    request.stream.include_usage = true;
    request.output.logprobs = Some(Logprobs { top: None });
    Context::new(&request, &Profile::openai(), stamp())
}

/// One server-sent event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    pub(crate) name: Option<String>,
    pub(crate) data: String,
    /// Whether the stream was cut in it.
    pub(crate) cut: bool,
}

/// The events in some bytes, fed in the given pieces.
pub(crate) fn frames<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Frame> {
    let mut parser = Parser::new();
    let mut frames = Vec::new();
    let mut drain = |parser: &mut Parser| {
        while let Some(event) = parser.next_event().unwrap() {
            frames.push(Frame { name: event.event.map(str::to_owned), data: event.data.to_owned(), cut: event.cut });
        }
    };
    for piece in pieces {
        parser.feed(piece);
        drain(&mut parser);
    }
    parser.end(Eof::Flush);
    drain(&mut parser);
    frames
}

/// Gives one event to a decoder.
pub(crate) fn read(decoder: &mut responses::Decoder, frame: &Frame, out: &mut impl Sink) {
    if frame.cut {
        decoder.read_cut(&frame.data, frame.name.as_deref(), out);
    } else {
        decoder.read(&frame.data, frame.name.as_deref(), out);
    }
}

/// Decodes a Responses stream into a sink.
pub(crate) fn decode_responses(frames: &[Frame], context: &Context, out: &mut impl Sink) -> Outcome {
    let mut decoder = responses::Decoder::new(context);
    for frame in frames {
        read(&mut decoder, frame, out);
    }
    decoder.finish(out)
}

/// The canonical events of a Responses stream.
pub(crate) fn events_of_responses(frames: &[Frame], context: &Context) -> (Vec<Event<'static>>, Outcome) {
    let mut events = Collected::default();
    let outcome = decode_responses(frames, context, &mut events);
    (events.0, outcome)
}

/// A frame of a Chat stream, as the text that goes over the wire.
pub(crate) fn chat_frame(frame: &chat::Frame<'_>) -> String {
    match frame {
        chat::Frame::Chunk(chunk) => serde_json::to_string(chunk).unwrap(),
        chat::Frame::Failed(body) => serde_json::to_string(body).unwrap(),
        chat::Frame::Done => "[DONE]".to_owned(),
    }
}

/// What a Chat client receives, told together again.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ChatReply {
    pub(crate) content: String,
    pub(crate) refusal: String,
    pub(crate) reasoning: String,
    pub(crate) annotations: Vec<wire::chat::Annotation>,
    pub(crate) details: Vec<wire::chat::ReasoningDetail>,
    pub(crate) calls: Vec<(String, String, String)>,
    pub(crate) finish: Option<wire::chat::FinishReason>,
    pub(crate) usage: Option<wire::chat::Usage>,
}
