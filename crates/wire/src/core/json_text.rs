//! JSON in a string, and what some servers write in its place.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use crate::Text;

/// A string that holds JSON. An object or a list that stands there itself is read as its own text, member by member
/// verbatim.
pub(crate) struct JsonText<'a>(pub(crate) Text<'a>);

impl<'de> Deserialize<'de> for JsonText<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonTextVisitor).map(Self)
    }
}

struct JsonTextVisitor;

impl<'de> de::Visitor<'de> for JsonTextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(text)))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut text = String::from("{");
        while let Some((name, value)) = members.next_entry::<String, Box<RawValue>>()? {
            separate(&mut text);
            text.push_str(&serde_json::to_string(&name).map_err(de::Error::custom)?);
            text.push(':');
            text.push_str(value.get());
        }
        text.push('}');
        Ok(Text(Cow::Owned(text)))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        let mut text = String::from("[");
        while let Some(value) = values.next_element::<Box<RawValue>>()? {
            separate(&mut text);
            text.push_str(value.get());
        }
        text.push(']');
        Ok(Text(Cow::Owned(text)))
    }
}

fn separate(text: &mut String) {
    if text.len() > 1 {
        text.push(',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_borrowed_and_json_is_its_text() {
        let read = |json: &'static str| serde_json::from_str::<JsonText<'_>>(json).map(|text| text.0.0);
        assert!(matches!(read(r#""{}""#), Ok(Cow::Borrowed("{}"))));
        assert_eq!(read(r#"{"b": 1.0, "a\n":[{ }]}"#).unwrap(), r#"{"b":1.0,"a\n":[{ }]}"#);
        assert_eq!(read("[1, {}]").unwrap(), "[1,{}]");
        assert!(read("1").is_err());
    }
}
