//! What of a translation makes it another one than those that are shown already.
#![cfg(test)]

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Frame, frames};

/// The keys whose values are words of the API.
const WORDS: [&str; 8] = ["type", "object", "role", "status", "finish_reason", "stop_reason", "reason", "code"];

/// The outlines of what goes out, each once in a row; of losses the codes.
pub(crate) fn outlines(shown: &str, outline: fn(&str, &Value) -> String) -> String {
    let (document, losses) = written(shown);
    let mut lines: Vec<String> = if let Ok(document) = serde_json::from_str::<Value>(&document) {
        vec![outline("", &document)]
    } else {
        let outlined = |line: &str| {
            if let Some(end) = line.strip_prefix("end: ") {
                return end.split('(').next().unwrap_or_default().to_owned();
            }
            let json = line.trim_start_matches("  > ").replace("{…,", "{");
            serde_json::from_str(&json).map_or(json, |value: Value| outline("", &value))
        };
        document.lines().filter(|line| !line.starts_with("< ")).map(outlined).collect()
    };
    lines.dedup();
    let codes: BTreeSet<_> = losses.lines().map(code).collect();
    format!("{}\n{codes:?}\n", lines.join("\n"))
}

/// The outline of what came in.
pub(crate) fn outline_of(bytes: &[u8]) -> String {
    if let Ok(document) = serde_json::from_slice::<Value>(bytes) {
        return outline("", &document);
    }
    let mut lines: Vec<_> = frames(bytes)
        .into_iter()
        .map(|Frame { name, data, cut }| {
            let data = serde_json::from_str(&data).map_or(data, |value: Value| outline("", &value));
            format!("{name:?} {cut} {data}")
        })
        .collect();
    lines.dedup();
    lines.join("\n")
}

/// A value without its texts and numbers: which keys there are, what is empty, and the words of the API.
pub(crate) fn outline(key: &str, value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| format!("{key}:{}", outline(key, value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => {
            let mut values: Vec<_> = values.iter().map(|value| outline(key, value)).collect();
            values.dedup();
            format!("[{}]", values.join(","))
        }
        Value::String(text) if WORDS.contains(&key) || text.is_empty() => format!("{text:?}"),
        Value::String(_) => "text".to_owned(),
        Value::Number(number) => if number.as_f64() == Some(0.0) { "0" } else { "number" }.to_owned(),
        Value::Bool(_) | Value::Null => value.to_string(),
    }
}

/// The words of the API in a value, in their order.
pub(crate) fn words(key: &str, value: &Value) -> String {
    match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| words(key, value)).collect(),
        Value::Array(values) => {
            let mut values: Vec<_> = values.iter().map(|value| words(key, value)).collect();
            values.dedup();
            values.concat()
        }
        Value::String(text) if WORDS.contains(&key) => format!("{text} "),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => String::new(),
    }
}

/// A request as it is shown, and what it lost.
pub(crate) fn written(shown: &str) -> (String, String) {
    let (written, losses) = shown.split_once("losses:\n").unwrap_or((shown, ""));
    (written.to_owned(), losses.to_owned())
}

/// The code of a loss, which stands at its end.
pub(crate) fn code(loss: &str) -> &str {
    loss.rsplit('(').next().unwrap_or(loss)
}
