//! Where two JSON documents differ, and whether that is accounted for.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use interlingua_translate::Loss;
use serde_json::Value;

/// What may differ although nothing was lost: a path without positions, and the reason.
pub(crate) type Allowed = &'static [(&'static str, &'static str)];

struct Difference {
    path: String,
    what: String,
}

/// Where two values differ; what says nothing (null, an empty text, an empty list) is as good as absent.
fn compare(theirs: &Value, ours: &Value, path: &str, found: &mut Vec<Difference>) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            let keys: BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
            for key in keys {
                let inside = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let of = |object: &serde_json::Map<String, Value>| object.get(key).cloned().unwrap_or(Value::Null);
                compare(&of(theirs), &of(ours), &inside, found);
            }
        }
        (Value::Array(theirs), Value::Array(ours)) if theirs.len() == ours.len() => {
            for (index, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
                compare(theirs, ours, &format!("{path}[{index}]"), found);
            }
        }
        (theirs, ours) if theirs == ours || (is_nothing(theirs) && is_nothing(ours)) => {}
        // Whole numbers that a server writes with a fraction.
        (Value::Number(theirs), Value::Number(ours)) if theirs.as_f64().map(f64::trunc) == ours.as_f64() => {}
        (theirs, ours) => found.push(Difference { path: path.to_owned(), what: format!("{theirs} -> {ours}") }),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// A path without the positions in it.
fn pattern(path: &str) -> String {
    let mut pieces = path.split('[');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |pattern, piece| format!("{pattern}[{}", piece.trim_start_matches(|c: char| c.is_ascii_digit())))
}

/// Whether a place is another or lies in it.
fn inside(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Every difference is either reported or allowed.
pub(crate) fn explained(
    theirs: &[u8],
    ours: &impl serde::Serialize,
    losses: &[Loss],
    allowed: Allowed,
    ignored: &[&[&str]],
) -> Result<(), String> {
    let (theirs, ours): (Value, Value) = (serde_json::from_slice(theirs).unwrap(), serde_json::to_value(ours).unwrap());
    let mut found = Vec::new();
    compare(&theirs, &ours, "", &mut found);
    let is_reported = |path: &str| {
        losses.iter().any(|loss| {
            // A list that lost an entry differs as a whole.
            inside(&loss.path, path) || inside(path, &loss.path)
        })
    };
    let is_allowed = |path: &str| {
        let pattern = pattern(path);
        allowed.iter().any(|(known, _)| *known == pattern)
            || ignored.iter().flat_map(|list| list.iter()).any(|outer| inside(outer, &pattern))
    };
    found.retain(|difference| !is_reported(&difference.path) && !is_allowed(&difference.path));
    if found.is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    for Difference { path, what } in found {
        let what: String = what.chars().take(200).collect();
        let _ = write!(text, "\n    {path}: {what}");
    }
    Err(text)
}
