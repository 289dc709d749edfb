//! Worked cases of translation as data: what comes in, what goes out, and what is told to be lost.
//!
//! A new case is a new file in `cases/` and no Rust. Each says in a sentence what it shows and lists what is tried for it. A try
//! is a `request` (`"messages>codex"`: whose client, which upstream), a `reply` or a `stream` (whose upstream, whose client):
//!
//! * `ways`: keys of the upstream's table of a profile that are not as usual;
//! * `asked`: the request that a reply answers, in the client's words; without it, one that asks for thoughts where it can;
//! * `in`: a body, or the events of a stream; read as it is written here, blanks and all;
//! * `out`: what of the result matters. An object may have more keys, a list may not have more entries. A stream is the list of
//!   its events, and `last` its last one alone;
//! * `absent`: paths at which nothing may stand; `losses`: all that is told to be lost, path and code; `error`: the path and the
//!   code of a refusal; `ends`: how a stream ended.
#![cfg(test)]

mod support;

use std::path::Path;

use interlingua_translate::{
    Api, ChatUpstream, End, Loss, MessagesUpstream, Outcome, ResponsesUpstream, Translator, Upstream,
};
use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use support::{Received, stamp};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    says: String,
    tries: Vec<Try>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Try {
    request: Option<String>,
    reply: Option<String>,
    stream: Option<String>,
    #[serde(default)]
    ways: serde_json::Map<String, Value>,
    asked: Option<Value>,
    r#in: Box<RawValue>,
    out: Option<Value>,
    last: Option<Value>,
    #[serde(default)]
    absent: Vec<String>,
    losses: Option<Vec<String>>,
    error: Option<String>,
    ends: Option<String>,
}

/// What came out.
struct Result {
    out: Vec<Value>,
    losses: Vec<Loss>,
    ends: Option<&'static str>,
    /// The path and the code of a refusal.
    refused: Option<String>,
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 50, "hardly any cases in {}", folder.display());
    let mut trials = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        trials.push(Trial::test(name, move || check(&std::fs::read_to_string(&file)?)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn check(text: &str) -> std::result::Result<(), Failed> {
    let Case { says, tries } = serde_json::from_str(text)?;
    if tries.is_empty() {
        return Err("nothing is tried".into());
    }
    let mut wrong = Vec::new();
    for (number, tried) in tries.iter().enumerate() {
        if let Err(problem) = tried.check() {
            wrong.push(format!("try {number}: {problem}"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{says}\n{}", wrong.join("\n")).into()) }
}

impl Try {
    fn check(&self) -> std::result::Result<(), String> {
        let result = match (&self.request, &self.reply, &self.stream) {
            (Some(pair), None, None) => self.request(pair),
            (None, Some(pair), None) => self.answer(pair, false),
            (None, None, Some(pair)) => self.answer(pair, true),
            _ => return Err("say one of `request`, `reply` and `stream`".to_owned()),
        }?;
        let shown = || result.out.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
        let refused = result.refused.as_deref();
        if refused != self.error.as_deref() {
            return Err(format!("refused: {refused:?}, expected {:?}\n{}", self.error, shown()));
        }
        let mut wrong = Vec::new();
        if self.stream.is_none() {
            let expected = self.out.as_slice();
            compare(
                "",
                &Value::from(expected.to_vec()),
                &Value::from(result.out.get(..expected.len()).unwrap_or_default().to_vec()),
                &mut wrong,
            );
        } else if let Some(out) = &self.out {
            compare("", out, &Value::from(result.out.clone()), &mut wrong);
        }
        if let Some(last) = &self.last {
            compare("the last event", last, result.out.last().unwrap_or(&Value::Null), &mut wrong);
        }
        for path in &self.absent {
            let pointer = format!("/{}", path.replace('.', "/"));
            if result.out.iter().any(|out| out.pointer(&pointer).is_some_and(|value| !value.is_null())) {
                wrong.push(format!("`{path}` is there"));
            }
        }
        if let Some(expected) = &self.losses {
            let told: Vec<_> =
                result.losses.iter().map(|loss| format!("{} {}", loss.path, loss.code.as_str())).collect();
            if sorted(told.clone()) != sorted(expected.clone()) {
                wrong.push(format!("losses: {told:?}, expected {expected:?}"));
            }
        }
        if let Some(expected) = &self.ends
            && result.ends != Some(expected)
        {
            wrong.push(format!("it ended as {:?}, expected `{expected}`", result.ends));
        }
        if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n{}", wrong.join("\n"), shown())) }
    }

    fn request(&self, pair: &str) -> std::result::Result<Result, String> {
        let (client, upstream) = self.pair(pair, false)?;
        Ok(match Translator::new(client).request(self.r#in.get().as_bytes(), &upstream, stamp()) {
            Ok(written) => {
                let out = serde_json::from_slice(&written.body).map_err(|error| error.to_string())?;
                Result { out: vec![out], losses: written.losses, ends: None, refused: None }
            }
            Err(error) => Result {
                out: Vec::new(),
                losses: Vec::new(),
                ends: None,
                refused: Some(format!("{} {}", error.param().unwrap_or("-"), error.code().unwrap_or("-"))),
            },
        })
    }

    fn answer(&self, pair: &str, is_streamed: bool) -> std::result::Result<Result, String> {
        let (client, upstream) = self.pair(pair, true)?;
        let mut asked = self.asked.clone().unwrap_or_else(|| usual_question(client));
        asked["stream"] = is_streamed.into();
        let written = Translator::new(client).request(asked.to_string().as_bytes(), &upstream, stamp());
        let mut answer = written.map_err(|error| format!("the question: {error}"))?.reply.answer();
        let mut received = Received::default();
        if is_streamed {
            let events: Vec<Box<RawValue>> =
                serde_json::from_str(self.r#in.get()).map_err(|error| error.to_string())?;
            for event in events {
                // A string is the data of an event that is no JSON.
                let data = serde_json::from_str::<String>(event.get()).unwrap_or_else(|_| event.get().to_owned());
                let kind = serde_json::from_str::<Value>(&data)
                    .ok()
                    .and_then(|event| Some(event.get("type")?.as_str()?.to_owned()));
                answer.event(kind.as_deref(), &data, &mut received);
            }
        } else {
            answer.whole(self.r#in.get().as_bytes(), &mut received);
        }
        let Outcome { end, losses, .. } = answer.finish(&mut received);
        let out = received
            .0
            .iter()
            .map(|frame| serde_json::from_str(&frame.data).unwrap_or_else(|_| frame.data.clone().into()));
        let ends = Some(match &end {
            End::Completed => "completed",
            End::Incomplete(_) => "incomplete",
            End::Failed(_) => "failed",
            End::Truncated => "truncated",
        });
        let refused = match &end {
            End::Failed(failure) if !is_streamed => {
                Some(format!("{} {}", failure.param.as_deref().unwrap_or("-"), failure.code.as_deref().unwrap_or("-")))
            }
            End::Completed | End::Incomplete(_) | End::Failed(_) | End::Truncated => None,
        };
        Ok(Result { out: out.collect(), losses, ends, refused })
    }

    /// The client and the upstream of `client>upstream`, or of `upstream>client` in a reply.
    fn pair(&self, pair: &str, is_reply: bool) -> std::result::Result<(Api, Upstream), String> {
        let (from, to) = pair.split_once('>').ok_or_else(|| format!("`{pair}` is no pair"))?;
        let (client, upstream) = if is_reply { (to, from) } else { (from, to) };
        let client =
            Api::ALL.iter().find(|api| api.name() == client).ok_or_else(|| format!("there is no API `{client}`"))?;
        Ok((*client, upstream_of(upstream, &self.ways)?))
    }
}

/// An upstream by the name of its API or of one like it, with some of its ways changed.
fn upstream_of(name: &str, ways: &serde_json::Map<String, Value>) -> std::result::Result<Upstream, String> {
    let usual = match name {
        "chat" => Upstream::Chat(ChatUpstream::default()),
        "compatible" => Upstream::Chat(ChatUpstream::compatible()),
        "responses" => Upstream::Responses(ResponsesUpstream::default()),
        "codex" => Upstream::Responses(ResponsesUpstream::codex()),
        "messages" => Upstream::Messages(MessagesUpstream::default()),
        "smaller" => Upstream::Messages(MessagesUpstream::compatible()),
        _ => return Err(format!("there is no upstream `{name}`")),
    };
    if ways.is_empty() {
        return Ok(usual);
    }
    let ways = Value::Object(ways.clone());
    let read = match usual {
        Upstream::Chat(_) => serde_json::from_value(ways).map(Upstream::Chat),
        Upstream::Responses(usual) => serde_json::from_value(ways)
            .map(|ways: ResponsesUpstream| Upstream::Responses(ResponsesUpstream { efforts: ways.efforts, ..usual })),
        Upstream::Messages(_) => serde_json::from_value(ways).map(Upstream::Messages),
    };
    read.map_err(|error| error.to_string())
}

fn usual_question(client: Api) -> Value {
    let question = match client {
        Api::Chat => r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#,
        Api::Responses => r#"{"model":"m","input":"hi"}"#,
        Api::Messages => {
            r#"{"model":"m","max_tokens":9,"thinking":{"type":"adaptive","display":"summarized"},"messages":[{"role":"user","content":"hi"}]}"#
        }
    };
    question.parse().unwrap()
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list
}

/// Finds what of the expected is not there.
fn compare(path: &str, expected: &Value, found: &Value, wrong: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(fields), Value::Object(found)) => {
            for (key, value) in fields {
                // A field that is null may be left out.
                compare(&format!("{path}.{key}"), value, found.get(key).unwrap_or(&Value::Null), wrong);
            }
        }
        (Value::Array(values), Value::Array(found)) => {
            if values.len() != found.len() {
                wrong.push(format!("{path}: {} entries, expected {}", found.len(), values.len()));
            }
            for (index, (value, found)) in values.iter().zip(found).enumerate() {
                compare(&format!("{path}[{index}]"), value, found, wrong);
            }
        }
        (expected, found) if expected == found => {}
        (expected, found) => wrong.push(format!("{path}: {found}, expected {expected}")),
    }
}
