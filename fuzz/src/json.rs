//! JSON as strict as its readers may be: no key twice in one object.

use serde_json::value::RawValue;

// The translator's laws hold their writing against the same reader.
#[path = "../../crates/translate/tests/laws/keys.rs"]
mod keys;

/// Whether some text is JSON, and names every key of an object once.
///
/// # Errors
/// What is wrong, and where.
pub fn check(text: &str) -> Result<(), String> {
    serde_json::from_str::<&RawValue>(text).map_err(|error| format!("no JSON: {error}"))?;
    match keys::check(text) {
        Err(error) if is_nested_too_deep(&error) => Ok(()),
        checked => checked,
    }
}

/// Whether some text is JSON with a key twice in one object.
pub fn has_doubled_key(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok() && check(text).is_err()
}

/// Below 128 levels the parser does not look.
fn is_nested_too_deep(error: &str) -> bool {
    error.starts_with("recursion limit exceeded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubled_key_is_found_at_any_depth() {
        assert_eq!(check(r#"{"a":{"b":1},"c":[{"b":null}],"d":-1.5e3}"#), Ok(()));
        assert!(check(r#"{"a":[{"b":1,"b":1}]}"#).unwrap_err().contains("`b` stands twice"));
        assert!(check("{").unwrap_err().contains("no JSON"));
        assert!(has_doubled_key(r#"{"a":1,"a":2}"#));
        assert!(!has_doubled_key("{"));
    }
}
