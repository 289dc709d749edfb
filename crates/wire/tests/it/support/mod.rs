//! Recorded bodies, and how one compares with what became of it.
//!
//! The recordings are not part of the project: `INTERLINGUA_RECORDINGS` says where they are, and without them nothing is compared, with a word on
//! stderr.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "what fails in a helper fails the test, a skip is told, and files are what these tests are about"
)]

use std::{fs, path::PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Name and text of every recording of a kind.
pub(crate) fn recordings(kind: &str) -> Vec<(String, String)> {
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/recordings"));
    let folder = std::env::var_os("INTERLINGUA_RECORDINGS").map_or(beside, PathBuf::from).join(kind);
    let Ok(entries) = fs::read_dir(&folder) else {
        eprintln!("no recordings at {}: nothing is compared", folder.display());
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()))
        .collect()
}

/// The `data` of every event of a recorded stream, without the `[DONE]`.
pub(crate) fn events(stream: &str) -> impl Iterator<Item = &str> {
    stream.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim).filter(|data| *data != "[DONE]")
}

/// Reads a body, writes it, and compares the two.
pub(crate) fn round_trip<'a, T: Deserialize<'a> + Serialize>(name: &str, text: &'a str) -> T {
    let typed: T = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
    let before: Value = serde_json::from_str(text).unwrap();
    let after: Value = serde_json::from_str(&serde_json::to_string(&typed).unwrap()).unwrap();
    if let Err(difference) = same(&before, &after, "") {
        panic!("{name}: {difference}");
    }
    typed
}

/// Equal but for nulls, the form of numbers, and a `type` that only the other keys told.
fn same(before: &Value, after: &Value, path: &str) -> Result<(), String> {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for name in old.keys().chain(new.keys()) {
                let path = format!("{path}.{name}");
                match (old.get(name), new.get(name)) {
                    (Some(old), Some(new)) => same(old, new, &path)?,
                    (Some(Value::Null), None) | (None, Some(Value::Null)) => {}
                    (None, Some(Value::String(kind))) if name == "type" && told_by_keys(kind, old) => {}
                    (old, new) => return Err(format!("{path}: {old:?} became {new:?}")),
                }
            }
            Ok(())
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => old
            .iter()
            .zip(new)
            .enumerate()
            .try_for_each(|(index, (old, new))| same(old, new, &format!("{path}[{index}]"))),
        (Value::Number(old), Value::Number(new)) if old.as_f64() == new.as_f64() => Ok(()),
        (old, new) if old == new => Ok(()),
        (old, new) => Err(format!("{path}: {old} became {new}")),
    }
}

/// A Chat tool or call by the key that bears its name, a Responses message by its role.
fn told_by_keys(kind: &str, object: &serde_json::Map<String, Value>) -> bool {
    object.contains_key(kind) || (kind == "message" && object.contains_key("role"))
}
