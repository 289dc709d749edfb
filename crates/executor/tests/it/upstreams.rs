//! The cases of `tests/upstreams/`: what one request becomes for an upstream, and what its client gets. A case is a file.
//!
//! | key | holds |
//! |---|---|
//! | `shows` | one sentence |
//! | `profile` | the name of a profile, or its tables |
//! | `client`, `asks` | the client's API and its request |
//! | `sends` | what the request becomes, as a pattern |
//! | `loses` | where something of the request is lost: these places and no others |
//! | `refuses` | the place for which the request is refused |
//! | `answers` | what the upstream answers: a list is a stream of chunks, an object a whole reply; `body` is a whole reply that is a list |
//! | `gets` | what the client gets in one piece, as a pattern, however the answer is cut |
//! | `fails` | how the reply fails: `status`, `code`, `message` |
//! | `next`, `sends_next` | what the client adds to its history and the reply, and what that request becomes |
//!
//! A pattern is JSON of which an object may have more and a list may not. `{"$absent": true}` is not there, `{"$has": [..]}` a list
//! with these among others, in this order, `{"$holds": [..]}` a text with these in it, `{"$least": n}` a text that long, `{"$letters": n}` so
//! many letters and digits, `{"$only": x}` that and nothing else, `{"$keys": [..]}` an object with these names. In `answers`, `$sent:NAME` is the
//! name under which the request offered a tool.

use std::fs;
use std::path::{Path, PathBuf};

use interlingua_executor::Profile;
use interlingua_translate::{Api, Outgoing, Reply, Stamp, Translator, failure_status};
use serde_json::{Map, Value, json};

const KEYS: &[&str] = &[
    "shows",
    "profile",
    "client",
    "asks",
    "sends",
    "loses",
    "refuses",
    "answers",
    "body",
    "gets",
    "fails",
    "next",
    "sends_next",
];

#[test]
fn every_case_holds() {
    let mut wrong = Vec::new();
    for (name, case) in cases() {
        if let Err(error) = judge(&case) {
            wrong.push(format!("{name}: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

/// The cases, by the names of their files.
pub(crate) fn cases() -> Vec<(String, Map<String, Value>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upstreams");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 60, "only {} cases", paths.len());
    let read = |path: &PathBuf| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    paths.iter().map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), read(path))).collect()
}

fn judge(case: &Map<String, Value>) -> Result<(), String> {
    if let Some(unknown) = case.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("`{unknown}` is no key of a case"));
    }
    let Some(profile) = profile(&case["profile"]) else { return Err("there is no such profile".to_owned()) };
    judge_with(case, &profile)
}

/// Whether a case holds with a profile in place of its own.
pub(crate) fn judge_with(case: &Map<String, Value>, profile: &Profile) -> Result<(), String> {
    let client: Api = case["client"].as_str().unwrap().parse().map_err(|_| "there is no such API")?;
    let asked = ask(client, profile, &case["asks"]);
    if let Some(place) = case.get("refuses") {
        return match asked {
            Ok(_) => Err("the request is not refused".to_owned()),
            Err(error) if error.param() == place.as_str() => Ok(()),
            Err(error) => Err(format!("refused for {:?}: {error}", error.param())),
        };
    }
    let Outgoing { body, losses, reply, .. } = asked.map_err(|error| error.to_string())?;
    let sent: Value = serde_json::from_slice(&body).unwrap();
    if let Some(pattern) = case.get("sends") {
        fits(pattern, Some(&sent), "sent")?;
    }
    if let Some(places) = case.get("loses") {
        let mut lost: Vec<_> = losses.iter().map(|loss| loss.path.as_str()).collect();
        lost.dedup();
        if json!(lost) != *places {
            return Err(format!("it loses {losses:?}"));
        }
    }
    let answer = match (case.get("answers"), case.get("body")) {
        (_, Some(body)) => body.to_string(),
        (Some(Value::Array(chunks)), None) => chunks.iter().map(|chunk| frame(chunk, &sent)).collect(),
        (Some(body @ Value::Object(_)), None) => renamed(body, &sent),
        _ => return Ok(()),
    };
    let whole = answered(&reply, answer.as_bytes(), answer.len())?;
    for size in (1..answer.len()).filter(|size| *size < 9 || size % 17 == 0) {
        let cut = answered(&reply, answer.as_bytes(), size)?;
        if cut != whole {
            return Err(format!("in pieces of {size} bytes another reply comes out:\n{cut:?}\n{whole:?}"));
        }
    }
    if let Some(pattern) = case.get("fails") {
        let Err(failure) = whole else { return Err("the reply does not fail".to_owned()) };
        return fits(pattern, Some(&failure), "failure");
    }
    let got = whole.map_err(|failure| format!("the reply fails: {failure}"))?;
    fits(case.get("gets").unwrap_or(&json!({})), Some(&got), "got")?;
    let (Some(next), Some(pattern)) = (case.get("next"), case.get("sends_next")) else { return Ok(()) };
    let next = next_request(client, &case["asks"], &got, next);
    let Outgoing { body, .. } = ask(client, profile, &next).map_err(|error| error.to_string())?;
    fits(pattern, Some(&serde_json::from_slice(&body).unwrap()), "sent next")
}

fn profile(named: &Value) -> Option<Profile> {
    match named {
        Value::String(name) => Profile::named(name, Api::Chat),
        tables => serde_json::from_value(tables.clone()).ok(),
    }
}

fn ask(client: Api, profile: &Profile, body: &Value) -> Result<Outgoing<Reply>, interlingua_translate::Error> {
    let stamp = Stamp { id: "1".to_owned(), created: 0 };
    Translator::new(client).request(body.to_string().as_bytes(), &profile.upstream, stamp)
}

fn frame(chunk: &Value, sent: &Value) -> String {
    match chunk {
        Value::String(text) => format!("data: {text}\n\n"),
        chunk => format!("data: {}\n\n", renamed(chunk, sent)),
    }
}

/// The answer, with the names of tools that the request gave them.
fn renamed(answer: &Value, sent: &Value) -> String {
    let mut text = answer.to_string();
    while let Some((_, rest)) = text.split_once("$sent:") {
        let name = rest.split('"').next().unwrap_or_default().to_owned();
        let tools = sent["tools"].as_array().unwrap();
        let names = tools.iter().filter_map(|tool| tool["function"]["name"].as_str());
        let own = names.into_iter().find(|own| own.starts_with(&name)).unwrap();
        text = text.replace(&format!("$sent:{name}"), own);
    }
    text
}

/// What the client gets in one piece of an answer that comes in pieces of so many bytes, or how it fails.
fn answered(reply: &Reply, bytes: &[u8], size: usize) -> Result<Result<Value, Value>, String> {
    let mut answer = reply.answer();
    let mut out = Vec::new();
    for piece in bytes.chunks(size) {
        let _ = answer.bytes(piece, &mut out);
    }
    let outcome = answer.finish(&mut out);
    if let Some(failure) = outcome.failure() {
        let status = failure_status(&failure);
        return Ok(Err(json!({"status": status, "code": failure.code, "message": failure.message})));
    }
    let text = String::from_utf8(out).map_err(|error| error.to_string())?;
    let data = text.trim().strip_prefix("data: ").unwrap_or(text.trim());
    serde_json::from_str(data).map(Ok).map_err(|error| format!("{error}: {text}"))
}

/// The request that goes on from a reply: the history, what the reply said, what the client adds.
fn next_request(client: Api, asked: &Value, got: &Value, next: &Value) -> Value {
    let mut request = asked.clone();
    let (list, said) = match client {
        Api::Responses => ("input", got["output"].as_array().cloned().unwrap_or_default()),
        Api::Chat => ("messages", vec![got["choices"][0]["message"].clone()]),
        Api::Messages => ("messages", vec![json!({"role": "assistant", "content": got["content"]})]),
    };
    let history = request[list].as_array().cloned().unwrap_or_default();
    let added = next[list].as_array().cloned().unwrap_or_default();
    request[list] = history.into_iter().chain(said).chain(added).collect();
    request
}

fn fits(pattern: &Value, value: Option<&Value>, path: &str) -> Result<(), String> {
    let shown = || value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    let fail = |wanted: &str| Err(format!("{path} should be {wanted} and is {}", shown()));
    let Value::Object(object) = pattern else {
        return match (pattern, value) {
            (Value::Array(patterns), Some(Value::Array(values))) if patterns.len() == values.len() => {
                let mut both = patterns.iter().zip(values).enumerate();
                both.try_for_each(|(at, (pattern, value))| fits(pattern, Some(value), &format!("{path}[{at}]")))
            }
            (Value::Array(patterns), _) => fail(&format!("a list of {}", patterns.len())),
            (pattern, Some(value)) if same(pattern, value) => Ok(()),
            (pattern, _) => fail(&pattern.to_string()),
        };
    };
    if object.is_empty() || object.keys().any(|name| !OPERATORS.contains(&name.as_str())) {
        let Some(Value::Object(value)) = value else { return fail("an object") };
        let mut fields = object.iter();
        return fields.try_for_each(|(name, pattern)| fits(pattern, value.get(name), &format!("{path}.{name}")));
    }
    let is_met = object.iter().all(|(name, operand)| is_met(name, operand, value, path));
    if is_met { Ok(()) } else { fail(&pattern.to_string()) }
}

const OPERATORS: &[&str] = &["$absent", "$has", "$holds", "$least", "$letters", "$only", "$keys"];

fn is_met(name: &str, operand: &Value, value: Option<&Value>, path: &str) -> bool {
    let text = value.and_then(Value::as_str).unwrap_or_default();
    match name {
        "$absent" => value.is_none_or(Value::is_null),
        "$has" => {
            let mut rest = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default().iter();
            operand.as_array().unwrap().iter().all(|pattern| rest.any(|value| fits(pattern, Some(value), path).is_ok()))
        }
        "$holds" => operand.as_array().unwrap().iter().all(|part| text.contains(part.as_str().unwrap())),
        "$least" => text.len() as u64 >= operand.as_u64().unwrap(),
        "$letters" => {
            text.len() as u64 == operand.as_u64().unwrap() && text.chars().all(|letter| letter.is_ascii_alphanumeric())
        }
        "$only" => value == Some(operand),
        "$keys" => {
            let mut names: Vec<_> =
                value.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name).collect();
            names.sort();
            let mut wanted: Vec<_> = operand.as_array().unwrap().iter().filter_map(Value::as_str).collect();
            wanted.sort_unstable();
            names == wanted
        }
        name => panic!("`{name}` is no operator"),
    }
}

/// The same value, numbers by what they are worth.
fn same(pattern: &Value, value: &Value) -> bool {
    match (pattern.as_f64(), value.as_f64()) {
        (Some(one), Some(other)) => (one - other).abs() < f64::EPSILON,
        _ => pattern == value,
    }
}
