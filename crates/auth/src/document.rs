//! A JSON object that keeps what it does not know: key order, unknown keys and the exact text of every value.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// Fields in their order, values as the text they were read from.
///
/// Shows only its keys in `Debug`: any value may be a secret, the unknown ones included.
#[derive(Clone, Default)]
pub(crate) struct Document {
    fields: Vec<(String, Box<RawValue>)>,
}

impl Document {
    /// Reads one JSON object. A key that stands twice is an error: programs disagree on which of the two counts.
    pub(crate) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(key, _)| key.as_str())
    }

    pub(crate) fn get(&self, key: &str) -> Option<&RawValue> {
        self.fields.iter().find(|(name, _)| name == key).map(|(_, value)| &**value)
    }

    /// The string at `key`: `Ok(None)` where it is absent or null, `Err` where it is anything else.
    pub(crate) fn string(&self, key: &str) -> Result<Option<String>, String> {
        self.typed(key, "a string")
    }

    /// The object at `key`, by the same rule.
    pub(crate) fn object(&self, key: &str) -> Result<Option<Self>, String> {
        self.typed(key, "an object")
    }

    /// Sets a string, where the key stands or at the end.
    pub(crate) fn set_string(&mut self, key: &str, value: &str) -> Result<(), serde_json::Error> {
        let raw = serde_json::value::to_raw_value(value)?;
        self.set(key, raw);
        Ok(())
    }

    /// Sets a nested object, where the key stands or at the end.
    pub(crate) fn set_object(&mut self, key: &str, value: &Self) -> Result<(), serde_json::Error> {
        let raw = RawValue::from_string(value.to_text(1)?)?;
        self.set(key, raw);
        Ok(())
    }

    /// Sets `null`, where the key stands or at the end.
    pub(crate) fn set_null(&mut self, key: &str) {
        self.set(key, RawValue::NULL.to_owned());
    }

    fn set(&mut self, key: &str, raw: Box<RawValue>) {
        match self.fields.iter_mut().find(|(name, _)| name == key) {
            Some((_, value)) => *value = raw,
            None => self.fields.push((key.to_owned(), raw)),
        }
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.fields.retain(|(name, _)| name != key);
    }

    /// One field per line, two blanks per level: the style of the Codex CLI. Values keep their own text.
    pub(crate) fn to_text(&self, depth: usize) -> Result<String, serde_json::Error> {
        let indent = "  ".repeat(depth);
        let mut text = String::from("{");
        for (n, (key, value)) in self.fields.iter().enumerate() {
            text.push_str(if n == 0 { "\n" } else { ",\n" });
            text.push_str(&indent);
            text.push_str("  ");
            text.push_str(&serde_json::to_string(key)?);
            text.push_str(": ");
            text.push_str(value.get());
        }
        if !self.fields.is_empty() {
            text.push('\n');
            text.push_str(&indent);
        }
        text.push('}');
        Ok(text)
    }

    fn typed<T: for<'de> Deserialize<'de>>(&self, key: &str, what: &str) -> Result<Option<T>, String> {
        match self.get(key) {
            None => Ok(None),
            Some(raw) => serde_json::from_str(raw.get()).map_err(|_| format!("`{key}` is not {what}")),
        }
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys()).finish()
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let mut document = Document::default();
        while let Some(key) = map.next_key::<String>()? {
            if document.get(&key).is_some() {
                return Err(A::Error::custom("a key stands twice"));
            }
            let value = map.next_value::<Box<RawValue>>()?;
            document.fields.push((key, value));
        }
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
  "zeta": 1.50,
  "tokens": {
    "extra": [1,   2],
    "access_token": "old"
  },
  "big": 123456789012345678901234567890
}"#;

    #[test]
    fn what_is_not_set_keeps_its_place_and_its_text() {
        let mut document = Document::parse(FILE).unwrap();
        let mut tokens = document.object("tokens").unwrap().unwrap();
        tokens.set_string("access_token", "new").unwrap();
        document.set_object("tokens", &tokens).unwrap();
        assert_eq!(document.to_text(0).unwrap(), FILE.replace("old", "new"));
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        assert!(Document::parse(r#"{"a":1,"a":2}"#).is_err());
    }

    #[test]
    fn null_counts_as_absent_and_another_type_is_named_without_its_value() {
        let document = Document::parse(r#"{"a":null,"b":{"secret":1}}"#).unwrap();
        assert_eq!(document.string("a").unwrap(), None);
        assert_eq!(document.string("b").unwrap_err(), "`b` is not a string");
    }

    #[test]
    fn debug_shows_keys_only() {
        assert_eq!(format!("{:?}", Document::parse(r#"{"k":"secret"}"#).unwrap()), r#"["k"]"#);
    }
}
