//! JSON as strict as its readers may be: no key twice in one object.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Whether some text is JSON, and names every key of an object once.
///
/// # Errors
/// What is wrong, and where.
pub fn check(text: &str) -> Result<(), String> {
    serde_json::from_str::<&RawValue>(text).map_err(|error| format!("no JSON: {error}"))?;
    match serde_json::from_str::<Strict>(text) {
        Err(error) if is_nested_too_deep(&error) => Ok(()),
        read => read.map(|Strict| ()).map_err(|error| error.to_string()),
    }
}

/// Whether some text is JSON with a key twice in one object.
pub fn has_doubled_key(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok() && check(text).is_err()
}

/// Below 128 levels the parser does not look.
fn is_nested_too_deep(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("recursion limit exceeded")
}

/// Any value whose objects name each key once.
struct Strict;

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while let Some(Self) = list.next_element()? {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self, A::Error> {
        let mut keys = HashSet::new();
        while let Some((key, Self)) = object.next_entry::<String, Self>()? {
            if let Some(doubled) = keys.replace(key) {
                return Err(A::Error::custom(format_args!("the key `{doubled}` twice")));
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubled_key_is_found_at_any_depth() {
        assert_eq!(check(r#"{"a":{"b":1},"c":[{"b":null}],"d":-1.5e3}"#), Ok(()));
        assert!(check(r#"{"a":[{"b":1,"b":1}]}"#).unwrap_err().contains("`b` twice"));
        assert!(check("{").unwrap_err().contains("no JSON"));
        assert!(has_doubled_key(r#"{"a":1,"a":2}"#));
        assert!(!has_doubled_key("{"));
    }
}
