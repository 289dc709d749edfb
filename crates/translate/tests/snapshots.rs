//! Every translation of every fixture, as snapshots for people to read.
//!
//! Neither a new fixture nor a new API needs new code here.
//! `cargo xtask regen-fixtures` rewrites the snapshots; accepting a change is reading its diff. A snapshot shows a change, not
//! truth: what must hold is in `laws/`.
//!
//! Not every fixture is shown in every way, since nobody would read them all. What is made of a fixture's document shows in front
//! of one other API, its [`counterpart`]; in front of a third only what no fixture before has shown of the writing there. Whole
//! replies are shown where the fixture has no stream of the same: a law says that the stream put together is the reply. And a
//! fixture whose translation differs from another one's only by what its author had to write into it anyway would be read twice
//! and say nothing. What makes two translations the same is the way's [`Rule`]; of those that are the same, the one with the
//! shortest name is shown, since plain cases have plain names. Which files there are follows from that alone, and one that does
//! not is an error.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "the rules of the library do not bind its tests: this one lists its files"
)]

#[path = "support/outline.rs"]
mod outline;
mod support;
#[path = "support/transcript.rs"]
mod transcript;

use std::collections::BTreeSet;
use std::path::Path;

use interlingua_model::{Collected, Content, Item, ItemKind, Message, Origin, Request, Role};
use interlingua_translate::{Api, Outgoing, Policy, Translator, Upstream, failure_kind, failure_status};
use libtest_mimic::{Arguments, Failed, Trial};
use outline::{code, outline, outline_of, outlines, words, written};
use serde::Deserialize;
use serde_json::Value;
use support::{Case, Frame, Received, curious, fixtures, frames, stamp, upstreams};
use transcript::{Transcript, indented, list};

/// A kind of document, named as the folder of its snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Request,
    Response,
    Stream,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Stream => "stream",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Request => "request.json",
            Self::Response => "response.json",
            Self::Stream => "stream.sse",
        }
    }
}

/// One way to translate one kind of document.
#[derive(Debug, Clone)]
struct Way {
    kind: Kind,
    from: Api,
    /// `chat-to-codex`.
    name: String,
    to: To,
    rule: Rule,
}

#[derive(Debug, Clone)]
enum To {
    /// The upstream of a request.
    Upstream(Box<Upstream>),
    /// The client of a reply.
    Client(Api),
    /// Nobody: the events themselves.
    Model,
}

/// What makes two translations in one way the same.
#[derive(Debug, Clone)]
enum Rule {
    /// That what comes in and what goes out have the same [`outline`].
    Exchange,
    /// That what goes out has the same outline, of a reply the same [`words`]: what comes in is shown in front of another API.
    Written,
    /// That the requests, and what becomes of them, are the same but for [`OWN_WORDS`].
    Shape,
    /// That they differ in the same fields from what is written for another upstream of the API.
    DifferenceFrom(Box<Upstream>),
    /// That the same kinds of events come, in the same order, however often in a row.
    KindsOfEvents,
}

/// What no two requests have in common, since each fixture asks something else: the model, the texts, and what is made of them.
const OWN_WORDS: [&str; 4] = ["model", "content", "text", "prompt_cache_key"];

/// APIs whose events are shown themselves. Those of Chat show in what a Responses client is told, one for one.
const EVENTS_OF: [Api; 1] = [Api::Responses];

/// The API in front of which everything that an API says is shown.
fn counterpart(api: Api) -> Api {
    if api == Api::Responses { Api::Chat } else { Api::Responses }
}

/// Every way there is: from each API to each other.
fn ways() -> Vec<Way> {
    let mut ways = Vec::new();
    for &from in Api::ALL {
        for &to in Api::ALL.iter().filter(|to| **to != from) {
            for (name, upstream) in upstreams(to) {
                let (upstream, usual) = (Box::new(upstream), Box::new(Upstream::usual(to)));
                let rule = match (upstream == usual, to == counterpart(from)) {
                    (true, true) => Rule::Shape,
                    (true, false) => Rule::Written,
                    (false, _) => Rule::DifferenceFrom(usual),
                };
                let name = format!("{from}-to-{name}");
                ways.push(Way { kind: Kind::Request, from, name, to: To::Upstream(upstream), rule });
            }
            for kind in [Kind::Response, Kind::Stream] {
                let rule = if to == counterpart(from) { Rule::Exchange } else { Rule::Written };
                ways.push(Way { kind, from, name: format!("{from}-to-{to}"), to: To::Client(to), rule });
            }
        }
        if EVENTS_OF.contains(&from) {
            let name = format!("{from}-to-model");
            ways.push(Way { kind: Kind::Stream, from, name, to: To::Model, rule: Rule::KindsOfEvents });
        }
    }
    ways
}

fn main() {
    let mut trials = Vec::new();
    let mut shown = BTreeSet::new();
    for way in ways() {
        let mut seen = BTreeSet::new();
        let mut cases = fixtures(way.from);
        cases.sort_by_key(|case| case.name.len());
        for case in cases {
            let Some(bytes) = case.file(way.kind.file()) else { continue };
            if way.kind == Kind::Response && case.file(Kind::Stream.file()).is_some() {
                continue;
            }
            if seen.insert(way.sameness(&bytes)) {
                let name = format!("{}/{}.{}", way.kind.folder(), case.short_name(), way.name);
                shown.insert(format!("{name}.snap"));
                let way = way.clone();
                trials.push(Trial::test(name, move || {
                    way.check(&case, &bytes);
                    Ok(())
                }));
            }
        }
    }
    trials.push(Trial::test("there is no other snapshot", move || nothing_else(&shown)));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Finds snapshots that no fixture has, or none has to have. Those are no error while they are being rewritten: whoever does that
/// removes them afterwards.
fn nothing_else(shown: &BTreeSet<String>) -> Result<(), Failed> {
    if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        return Ok(());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let mut others = Vec::new();
    for folder in std::fs::read_dir(&root)? {
        let folder = folder?;
        for file in std::fs::read_dir(folder.path())? {
            let file = file?.path();
            let is_snapshot = file.extension().is_some_and(|extension| extension == "snap");
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let path = format!("{}/{name}", folder.file_name().to_string_lossy());
            if is_snapshot && !shown.contains(&path) {
                others.push(path);
            }
        }
    }
    if others.is_empty() {
        return Ok(());
    }
    Err(format!("remove these, or run `cargo xtask regen-fixtures`:\n{}", others.join("\n")).into())
}

impl Way {
    fn check(&self, case: &Case, bytes: &[u8]) {
        let mut settings = insta::Settings::new();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_snapshot_path(format!("snapshots/{}", self.kind.folder()));
        settings.set_description(format!("fixtures/{}/{}", case.name, self.kind.file()));
        let text = self.show(bytes);
        settings.bind(|| insta::assert_snapshot!(format!("{}.{}", case.short_name(), self.name), text));
    }

    fn show(&self, bytes: &[u8]) -> String {
        match (&self.to, self.kind) {
            (To::Upstream(upstream), _) => request(self.from, upstream, bytes),
            (To::Client(to), Kind::Stream) => stream(self.from, *to, bytes),
            (To::Client(to), Kind::Request | Kind::Response) => response(self.from, *to, bytes),
            (To::Model, _) => events(self.from, bytes),
        }
    }

    /// The same for two fixtures of which one is enough.
    fn sameness(&self, bytes: &[u8]) -> String {
        match &self.rule {
            Rule::Exchange => outlines(&self.show(bytes), outline) + &outline_of(bytes),
            Rule::Written if self.kind == Kind::Request => outlines(&self.show(bytes), outline),
            Rule::Written => outlines(&self.show(bytes), words),
            Rule::Shape => {
                let source = String::from_utf8_lossy(bytes);
                let (written, losses) = written(&self.show(bytes));
                format!("{}\n{}\n{losses}", without_own_words(&source), without_own_words(&written))
            }
            Rule::DifferenceFrom(usual) => {
                let (usual, lost_anyway) = written(&request(self.from, usual, bytes));
                let (this, lost) = written(&self.show(bytes));
                let usual = leaves(&usual);
                let this = leaves(&this);
                let fields: BTreeSet<_> = usual.symmetric_difference(&this).map(|(path, _)| path).collect();
                let losses: Vec<_> = lost.lines().filter(|loss| !lost_anyway.contains(loss)).map(code).collect();
                format!("{fields:?} {losses:?}")
            }
            Rule::KindsOfEvents => {
                let told = self.show(bytes);
                let of_events =
                    told.lines().filter_map(|line| line.strip_prefix("  > ").or(line.strip_prefix("end: ")));
                let mut kinds: Vec<_> = of_events.map(|event| event.split([' ', '(']).next()).collect();
                kinds.dedup();
                format!("{kinds:?}")
            }
        }
    }
}

fn without_own_words(json: &str) -> String {
    fn blank(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    if value.is_string() && OWN_WORDS.contains(&key.as_str()) {
                        *value = Value::Null;
                    }
                    blank(value);
                }
            }
            Value::Array(values) => values.iter_mut().for_each(blank),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let Ok(mut value) = serde_json::from_str(json) else { return json.to_owned() };
    blank(&mut value);
    value.to_string()
}

/// Every value that holds no others, by its path without positions.
fn leaves(json: &str) -> BTreeSet<(String, String)> {
    fn walk(value: &Value, path: &str, out: &mut BTreeSet<(String, String)>) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(key, value)| walk(value, &format!("{path}.{key}"), out)),
            Value::Array(values) => values.iter().for_each(|value| walk(value, &format!("{path}[]"), out)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                out.insert((path.to_owned(), value.to_string()));
            }
        }
    }
    let mut out = BTreeSet::new();
    match serde_json::from_str(json) {
        Ok(value) => walk(&value, "", &mut out),
        Err(_) => _ = out.insert((String::new(), json.to_owned())),
    }
    out
}

fn request(from: Api, upstream: &Upstream, body: &[u8]) -> String {
    match Translator::new(from).request(body, upstream, stamp()) {
        Ok(Outgoing {
            path: _,
            body,
            is_streamed: _,
            session: _,
            features: _,
            is_opening: _,
            has_images: _,
            losses,
            reply: _,
        }) => indented(&String::from_utf8_lossy(&body)) + &list(&losses),
        Err(error) => refused(error.status(), error.kind(), error.code(), error.param(), &error.message()),
    }
}

fn response(from: Api, to: Api, body: &[u8]) -> String {
    let mut answer = asked(to, false).reply(&Upstream::usual(from), stamp()).answer();
    let mut received = Received::default();
    answer.whole(body, &mut received);
    let outcome = answer.finish(&mut received);
    match outcome.failure() {
        None => indented(&received.0.remove(0).data) + &list(&outcome.losses),
        Some(failure) => {
            let (code, param) = (failure.code.as_deref(), failure.param.as_deref());
            refused(failure_status(&failure), failure_kind(&failure), code, param, &failure.message)
        }
    }
}

/// Each input frame as a `<` line, and under it what it caused.
fn stream(from: Api, to: Api, bytes: &[u8]) -> String {
    let mut answer = asked(to, true).reply(&Upstream::usual(from), stamp()).answer();
    let mut transcript = Transcript::default();
    for Frame { name, data, cut } in frames(bytes) {
        transcript.heard(&data);
        let mut received = Received::default();
        if cut {
            answer.cut_event(name.as_deref(), &data, &mut received);
        } else {
            answer.event(name.as_deref(), &data, &mut received);
        }
        transcript.told(&received);
    }
    let mut received = Received::default();
    let outcome = answer.finish(&mut received);
    transcript.text.push_str("finish:\n");
    transcript.told(&received);
    transcript.ended(&outcome)
}

fn events(from: Api, bytes: &[u8]) -> String {
    let mut request = curious(Request::new("asked-for"));
    let hi = ItemKind::Message(Message::new(Role::User, Content::Text("hi".to_owned())));
    request.items.push(Item::new(Origin::default(), hi));
    let reading = Upstream::usual(from).request(request, Policy::Lenient, stamp()).unwrap().reply;
    let mut events = reading.events();
    let mut transcript = Transcript::default();
    for Frame { name, data, cut } in frames(bytes) {
        let mut seen = Collected::default();
        if cut {
            events.cut_event(name.as_deref(), &data, &mut seen);
        } else {
            events.event(name.as_deref(), &data, &mut seen);
        }
        match serde_json::from_str::<Tag>(&data) {
            Ok(tag) => transcript.line("< ", &tag.r#type),
            Err(_) => transcript.heard(&data),
        }
        transcript.seen(&seen.0);
    }
    let mut seen = Collected::default();
    let outcome = events.finish(&mut seen);
    transcript.text.push_str("finish:\n");
    transcript.seen(&seen.0);
    transcript.ended(&outcome)
}

#[derive(Deserialize)]
struct Tag {
    r#type: String,
}

/// A client that wants to see everything.
fn asked(client: Api, is_streamed: bool) -> interlingua_translate::Asked {
    let mut request = curious(Request::new("asked-for"));
    request.stream.enabled = is_streamed;
    Translator::new(client).asked(request)
}

fn refused(status: u16, kind: &str, code: Option<&str>, param: Option<&str>, message: &str) -> String {
    let (code, param) = (code.unwrap_or("-"), param.unwrap_or("-"));
    format!("refused: {status} {kind} {code}\nparam: {param}\nmessage: {message}\n")
}
