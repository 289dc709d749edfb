//! JSON inside a string, which some servers forget to put into one.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Json;

/// JSON as text, the arguments of a call: read from a string, and from the value itself where a server sends that;
/// always written as a string.
///
/// ```
/// use interlingua_wire::JsonText;
///
/// let text: JsonText = serde_json::from_str(r#""{\"p\": 1}""#)?;
/// assert_eq!(text, serde_json::from_str::<JsonText>(r#"{"p": 1}"#)?);
/// assert_eq!(serde_json::to_string(&text)?, r#""{\"p\": 1}""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JsonText(pub String);

impl Deref for JsonText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<String> for JsonText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for JsonText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Json::deserialize(deserializer)?;
        if value.get().starts_with('"') {
            return value.parse().map(Self).map_err(de::Error::custom);
        }
        Ok(Self(value.get().to_owned()))
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}
