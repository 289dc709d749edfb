//! Everything that an upstream can do wrong, in every pair, streamed and whole: what the client gets, and what becomes of the
//! connection.
//!
//! `docs/faults.md` is the print-out.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a setup that fails is a failed test")]

mod table;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use interlingua_executor::{HttpSettings, Profile, Proxy, RetryPolicy, Timeouts};
use interlingua_gateway::{Config, Gateway, InboundKey, Target, Upstream, UpstreamConfig};
use interlingua_replay::{Connection, Ending, Exchange, Log, Replay, Server};
use interlingua_translate::{Api, MessagesUpstream, Upstream as Ways};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::support::data;
use crate::support::log::TestLog;
use table::{FAULTS, Fault};

/// The upstream's key and the gateway's own, which upstreams repeat wherever they say anything.
const KEYS: [&str; 2] = ["sk-upstream-canary-0123456789abcdef", "inbound-canary-0123456789abcdef"];

/// Of which both sides may be, in this order: the client's, the upstream's.
const APIS: [Api; 3] = [Api::Chat, Api::Responses, Api::Messages];

/// How many are asked at once, and how many of those that keep a processor busy: all of them are on one thread with the
/// gateway and its upstreams.
const AT_ONCE: usize = 64;
const BUSY_AT_ONCE: usize = 2;

/// What a client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    /// Its reply, to the end.
    Reply,
    /// An error with a status.
    Status { status: u16, code: String },
    /// An error as the last event of a stream.
    InBand { code: String },
    /// Something that a client cannot tell from a reply, or cannot read.
    Lie(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply => f.write_str("the reply"),
            Self::Status { status, code } => write!(f, "{status} `{code}`"),
            Self::InBand { code } => write!(f, "stream, then `{code}`"),
            Self::Lie(what) => write!(f, "A LIE: {what}"),
        }
    }
}

/// One request: a fault, a pair, and whether a stream is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    fault: usize,
    is_streamed: bool,
    client: usize,
    upstream: usize,
}

impl Case {
    /// The model that is asked for, which tells the upstream what to do wrong.
    fn model(self) -> String {
        let Self { fault, is_streamed, client, upstream } = self;
        format!("fault-{fault}-{client}-{upstream}-{is_streamed}")
    }

    fn body(self) -> String {
        let content = json!([{"role": "user", "content": "Hello"}]);
        let input = if APIS[self.client] == Api::Responses { "input" } else { "messages" };
        let mut body = json!({"model": self.model(), "stream": self.is_streamed, input: content});
        if APIS[self.client] == Api::Messages {
            body["max_tokens"] = json!(99);
        }
        body.to_string()
    }
}

fn faults() -> impl Iterator<Item = &'static Fault> {
    FAULTS.iter().flat_map(|(_, faults)| faults.iter())
}

/// Every ordered pair of them: the client's place, the upstream's.
fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..APIS.len()).flat_map(|client| (0..APIS.len()).map(move |upstream| (client, upstream)))
}

fn cases() -> impl Iterator<Item = Case> {
    (0..faults().count()).flat_map(|fault| {
        [true, false].into_iter().flat_map(move |is_streamed| {
            pairs().map(move |(client, upstream)| Case { fault, is_streamed, client, upstream })
        })
    })
}

/// A gateway over an upstream of one API, which does everything wrong.
async fn gateway(upstream: usize) -> (Server, String) {
    let mut replay = Replay::embedded().remembering(usize::MAX);
    for case in cases().filter(|case| case.upstream == upstream) {
        let told = faults().nth(case.fault).unwrap().told(APIS[upstream]);
        replay = replay.faults_of(case.model(), told.parse().unwrap());
    }
    let replay = replay.spawn().await.unwrap();
    let limit = Duration::from_secs(6);
    let config = UpstreamConfig {
        target: Some(Target::Url(replay.base_url().parse().unwrap())),
        api: Some(APIS[upstream]),
        profile: (APIS[upstream] == Api::Messages).then(|| Profile {
            // What is asked for whole is to come whole.
            upstream: Ways::Messages(MessagesUpstream { always_stream: false, ..MessagesUpstream::default() }),
            ..Profile::anthropic()
        }),
        api_key: Some(KEYS[0].into()),
        timeouts: Timeouts {
            headers: limit,
            first_event: limit,
            idle: limit,
            tail: Duration::from_secs(1),
            error_body: Duration::from_secs(1),
            hold: 10 * limit,
        },
        retry: RetryPolicy { backoff: Duration::from_millis(10), ..RetryPolicy::default() },
        ..UpstreamConfig::default()
    };
    let config_of_ours = Config {
        listen: "127.0.0.1:0".to_owned(),
        inbound_key: Some(InboundKey::new(KEYS[1]).unwrap()),
        ..Config::default()
    };
    let gateway = Gateway::bind(config_of_ours, Upstream::open(config).await.unwrap()).await.unwrap();
    let url = format!("http://{}/v1", gateway.addr());
    tokio::spawn(gateway.serve(std::future::pending()));
    (replay, url)
}

/// What one request gets, and all that was seen of it.
async fn ask(client: Client, url: String, log: Log, case: Case) -> (Case, Outcome, String, String) {
    let path = Ways::usual(APIS[case.client]).path();
    let request = client.post(format!("{url}{path}")).bearer_auth(KEYS[1]).header("content-type", "application/json");
    let (outcome, seen) = match request.body(case.body()).send().await {
        Ok(response) => read(response, case).await,
        Err(error) => (Outcome::Lie(format!("no reply: {error}")), String::new()),
    };
    (case, outcome, connections(&log, case).await, seen)
}

async fn read(response: Response, case: Case) -> (Outcome, String) {
    let status = response.status().as_u16();
    let head = format!("{:?}", response.headers());
    let kind = response.headers()["content-type"].to_str().unwrap_or_default().to_owned();
    let body = match response.bytes().await {
        Ok(body) => String::from_utf8_lossy(&body).into_owned(),
        Err(error) => return (Outcome::Lie(format!("a body that breaks off: {error}")), head),
    };
    let is_stream = status == 200 && case.is_streamed;
    let outcome = if !kind.starts_with(if is_stream { "text/event-stream" } else { "application/json" }) {
        Outcome::Lie(format!("called {kind}"))
    } else if is_stream {
        of_stream(APIS[case.client], &body)
    } else {
        of_whole(APIS[case.client], status, &body)
    };
    (outcome, format!("{head}{body}"))
}

fn of_whole(api: Api, status: u16, body: &str) -> Outcome {
    let Ok(body) = serde_json::from_str::<Value>(body.trim_start_matches('\u{feff}')) else {
        return Outcome::Lie("no JSON".to_owned());
    };
    if status == 200 {
        let is_reply = match api {
            Api::Responses => body["status"] == "completed" && body["output"].is_array(),
            Api::Chat => body["choices"][0]["finish_reason"].is_string(),
            Api::Messages => body["type"] == "message" && body["stop_reason"].is_string(),
        };
        return if is_reply { Outcome::Reply } else { Outcome::Lie(format!("200 with {body}")) };
    }
    match word(&body["error"]).filter(|_| api != Api::Messages || body["type"] == "error") {
        Some(code) => Outcome::Status { status, code },
        None => Outcome::Lie(format!("{status} with {body}")),
    }
}

/// The word for an error, if it is one that says anything.
fn word(error: &Value) -> Option<String> {
    error["message"].as_str().filter(|message| !message.is_empty())?;
    let word = error["code"].as_str().or(error["type"].as_str());
    Some(word.unwrap_or("no code").to_owned())
}

fn of_stream(api: Api, body: &str) -> Outcome {
    let mut events: Vec<Value> = Vec::new();
    for data in data(body).into_iter().filter(|data| *data != "[DONE]") {
        match serde_json::from_str(data) {
            Ok(event) => events.push(event),
            Err(error) => return Outcome::Lie(format!("an event that is no JSON ({error}): {data:.80}")),
        }
    }
    let last = events.last().unwrap_or(&Value::Null);
    let failed = match last["type"].as_str() {
        Some("response.failed") => &last["response"]["error"],
        Some("error") if last["error"].is_null() => last,
        _ => &last["error"],
    };
    if let Some(code) = word(failed) {
        return Outcome::InBand { code };
    }
    let is_end = |event: &Value| match api {
        Api::Responses => event["type"] == "response.completed",
        Api::Chat => event["choices"][0]["finish_reason"].is_string(),
        Api::Messages => event["type"] == "message_stop",
    };
    let is_whole = events.iter().any(is_end);
    if is_whole { Outcome::Reply } else { Outcome::Lie(format!("a stream that ends with {last:.80}")) }
}

/// What becomes of the connections of a request within a second.
async fn connections(log: &Log, case: Case) -> String {
    let begun = Instant::now();
    loop {
        let model = case.model();
        let of_case =
            |exchange: &Exchange| String::from_utf8_lossy(&exchange.request).contains(&format!("\"{model}\""));
        let exchanges: Vec<_> = log.exchanges().into_iter().filter(of_case).collect();
        let is_open = |exchange: &&Exchange| exchange.connection.as_ref().is_some_and(Connection::is_open);
        let hangs = exchanges.iter().filter(is_open).any(|exchange| exchange.ending == Ending::Open);
        if !hangs && !exchanges.is_empty() {
            return String::new();
        }
        if begun.elapsed() > Duration::from_secs(1) {
            return format!("{} exchanges, and one is still open", exchanges.len());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn every_fault_is_told_in_every_pair_and_lets_the_connection_go() {
    let log = TestLog::read(tracing::Level::DEBUG);
    let over = [gateway(0).await, gateway(1).await, gateway(2).await];
    let client = HttpSettings { proxy: Proxy::Direct, ..HttpSettings::default() }.client().unwrap().http().clone();
    let asked = |case: Case| {
        let (replay, url) = &over[case.upstream];
        ask(client.clone(), url.clone(), replay.log(), case)
    };
    let (busy, others): (Vec<_>, Vec<_>) = cases().partition(|case| faults().nth(case.fault).unwrap().is_busy());
    let others = stream::iter(others).map(asked).buffer_unordered(AT_ONCE);
    let busy = stream::iter(busy).map(asked).buffer_unordered(BUSY_AT_ONCE);
    let answers: Vec<_> = others.chain(busy).collect().await;
    let mut wrong = Vec::new();
    let mut page = BTreeMap::new();
    for (case, outcome, connection, seen) in answers {
        let Fault { name, .. } = faults().nth(case.fault).unwrap();
        let what =
            format!("{name}, {} over {}, streamed: {}", APIS[case.client], APIS[case.upstream], case.is_streamed);
        let must = faults().nth(case.fault).unwrap().must(case.is_streamed);
        if !must.holds(APIS[case.client], &outcome) {
            wrong.push(format!("{what}: {outcome}, and it must {must:?}"));
        }
        if !connection.is_empty() {
            wrong.push(format!("{what}: {connection}"));
        }
        for key in KEYS {
            if seen.contains(key) {
                wrong.push(format!("{what}: a key has come through: {seen}"));
            }
        }
        page.insert(case, outcome);
    }
    let log = log.text();
    assert!(log.contains("no answer") && log.contains("a stream failed"), "the log is being read");
    wrong.extend(
        log.lines().filter(|line| KEYS.iter().any(|key| line.contains(key))).map(|line| format!("log: {line}")),
    );
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), page.len(), wrong.join("\n"));
    check(&written(&page));
}

fn check(page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/faults.md");
    if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        std::fs::write(&path, page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/faults.md is stale: run `cargo xtask regen-fixtures` and read the diff");
}

/// `docs/faults.md`.
fn written(outcomes: &BTreeMap<Case, Outcome>) -> String {
    let count = faults().count();
    let mut page = format!(
        "<!-- Generated by `cargo xtask regen-fixtures` from what the gateway really does; do not edit by hand. -->\n\n\
         # Faults\n\n\
         What an upstream may do wrong, and what a client gets then: {count} faults, in each pair of APIs, streamed and whole.\n\
         Beside what is shown here the same test sees to it that the upstream's connection is closed or can be used again\n\
         within a second, and that no key which the upstream repeats gets to the client or into the log.\n\n\
         *stream, then* is an error as the last event of a stream that has begun, in the client's own API; a number is the\n\
         status of an error, whose `code` (or else `type`, of Messages always that) stands behind it.\n"
    );
    let mut number = 0;
    for (title, faults) in FAULTS {
        let head =
            |(client, upstream): (usize, usize)| format!("{} over {}", APIS[client].name(), APIS[upstream].name());
        let heads: Vec<_> = pairs().map(head).collect();
        let _ = writeln!(page, "\n## {title}\n\n| the upstream | asked for | {} |", heads.join(" | "));
        let _ = writeln!(page, "|---|---|{}", "---|".repeat(heads.len()));
        for Fault { name, .. } in *faults {
            for is_streamed in [true, false] {
                let of_pair = |(client, upstream): (usize, usize)| {
                    outcomes[&Case { fault: number, is_streamed, client, upstream }].to_string()
                };
                let cells: Vec<_> = pairs().map(of_pair).collect();
                let form = if is_streamed { "stream" } else { "whole" };
                let _ = writeln!(page, "| {} | {form} | {} |", if is_streamed { name } else { &"" }, cells.join(" | "));
            }
            number += 1;
        }
    }
    page
}
