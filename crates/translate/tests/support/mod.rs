//! Fixtures and recordings, and the ways tests run them through the translator.
#![cfg(test)]
#![allow(dead_code, reason = "each test target uses its own part of this module")]
#![expect(clippy::disallowed_methods, reason = "the rules of the library do not bind its tests: these read fixtures")]

pub(crate) mod difference;
pub(crate) mod newer;

use std::path::{Path, PathBuf};

use interlingua_model::{Logprobs, Request};
use interlingua_sse::{Eof, Parser};
use interlingua_translate::{Api, ChatUpstream, Frames, MessagesUpstream, ResponsesUpstream, Stamp, Upstream};

/// One fixture.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// `responses/text`.
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

/// Every fixture of an API, in order of name. There must be some: an empty list would pass every test.
pub(crate) fn fixtures(api: Api) -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(api.name());
    let mut cases: Vec<_> = std::fs::read_dir(&root)
        .unwrap_or_else(|error| panic!("{}: {error}", root.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("case.toml").is_file())
        .map(|dir| Case { name: format!("{api}/{}", dir.file_name().unwrap().to_str().unwrap()), dir })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(cases.len() > 20, "hardly any fixtures in {}", root.display());
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
        (format!("recordings/{kind}/{name}"), std::fs::read(path).unwrap())
    };
    files.into_iter().map(read).collect()
}

/// The stamp of every test.
pub(crate) fn stamp() -> Stamp {
    Stamp { id: "stamp".to_owned(), created: 1_700_000_000 }
}

/// The upstreams of an API that requests are written for, the usual one first.
pub(crate) fn upstreams(api: Api) -> Vec<(&'static str, Upstream)> {
    let mut upstreams = vec![(api.name(), Upstream::usual(api))];
    match api {
        Api::Chat => upstreams.push(("compatible", Upstream::Chat(ChatUpstream::compatible()))),
        Api::Responses => upstreams.push(("codex", Upstream::Responses(ResponsesUpstream::codex()))),
        Api::Messages => upstreams.push(("smaller", Upstream::Messages(MessagesUpstream::compatible()))),
    }
    upstreams
}

/// A request that wants to see everything: usage, and token probabilities.
pub(crate) fn curious(mut request: Request) -> Request {
    request.stream.include_usage = true;
    request.output.logprobs.get_or_insert(Logprobs { origin: interlingua_model::Origin::default(), top: None });
    request
}

/// One frame: a server-sent event, or a whole reply.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    pub(crate) name: Option<String>,
    pub(crate) data: String,
    /// Whether the stream was cut in it.
    pub(crate) cut: bool,
}

/// What a client receives.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Received(pub(crate) Vec<Frame>);

impl Frames for Received {
    fn frame(&mut self, name: Option<&str>, write: impl FnOnce(&mut Vec<u8>)) {
        let mut data = Vec::new();
        write(&mut data);
        let data = String::from_utf8(data).unwrap();
        self.0.push(Frame { name: name.map(str::to_owned), data, cut: false });
    }
}

/// The events in some bytes.
pub(crate) fn frames(bytes: &[u8]) -> Vec<Frame> {
    let mut parser = Parser::new();
    let mut frames = Vec::new();
    let mut drain = |parser: &mut Parser| {
        while let Some(event) = parser.next_event().unwrap() {
            frames.push(Frame { name: event.event.map(str::to_owned), data: event.data.to_owned(), cut: event.cut });
        }
    };
    parser.feed(bytes);
    drain(&mut parser);
    parser.end(Eof::Flush);
    drain(&mut parser);
    frames
}
