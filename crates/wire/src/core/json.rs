//! JSON that is carried, not read.

use std::{fmt, hash, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A JSON value as it was written: schemas, grammars, echoes and everything else nobody has to look into.
///
/// The text is valid JSON and is written back byte for byte. Two values are equal if their *texts* are, so `1.0` is not `1`.
///
/// ```
/// use interlingua_wire::Json;
///
/// let schema: Json = serde_json::from_str(r#"{"b": 1.0, "a": 2}"#)?;
/// assert_eq!(serde_json::to_string(&schema)?, r#"{"b": 1.0, "a": 2}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub struct Json(Box<RawValue>);

impl Json {
    /// Wraps text that serde_json has already checked.
    #[must_use]
    pub fn from_raw(raw: Box<RawValue>) -> Self {
        Self(raw)
    }

    /// Checks that a text is one JSON value and keeps it as it is, without a copy where it has no more room than it needs.
    ///
    /// # Errors
    /// The text is not valid JSON.
    pub fn from_text(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).map(Self)
    }

    /// The text of any serialisable value.
    ///
    /// # Errors
    /// Whatever the value's own `Serialize` reports, and map keys that are not strings.
    pub fn from_value(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::value::to_raw_value(value).map(Self)
    }

    /// The value `null`.
    #[must_use]
    pub fn null() -> Self {
        Self(RawValue::NULL.to_owned())
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.get() == "null"
    }

    /// The text.
    #[must_use]
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// The text, as serde_json has it.
    #[must_use]
    pub fn raw(&self) -> &RawValue {
        &self.0
    }

    /// Gives the text away without a copy.
    #[must_use]
    pub fn into_raw(self) -> Box<RawValue> {
        self.0
    }

    /// Reads the value as a `T`, which may borrow from the text.
    ///
    /// # Errors
    /// The text is valid JSON but not a `T`.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.get())
    }
}

impl FromStr for Json {
    type Err = serde_json::Error;

    /// Checks that the text is one JSON value and keeps it as it is.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_text(text.to_owned())
    }
}

impl Clone for Json {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Only how much it is: what nobody looks into may hold a credential, such as the token of a server of tools.
impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({} bytes)", self.get().len())
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Json {}

impl hash::Hash for Json {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.get().hash(state);
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_says_is_written_and_never_shown() {
        let json: Json = serde_json::from_str(r#""hunter2""#).unwrap();
        assert_eq!(format!("{json:?}"), "Json(9 bytes)");
        assert_eq!(serde_json::to_string(&json).unwrap(), r#""hunter2""#);
    }

    #[test]
    fn keeps_order_spaces_and_number_forms() {
        let text = r#"{"z": 1.0, "a" :[1e2, "\u0041"]}"#;
        let json: Json = serde_json::from_str(text).unwrap();
        assert_eq!(json.get(), text);
        assert_eq!(serde_json::to_string(&json).unwrap(), text);
    }

    #[test]
    fn refuses_what_is_not_json() {
        assert!("{".parse::<Json>().is_err());
        assert!("1 2".parse::<Json>().is_err());
    }

    #[test]
    fn null_is_null() {
        assert!(Json::null().is_null());
        assert!(!"0".parse::<Json>().unwrap().is_null());
    }

    #[test]
    fn parse_reads_and_from_value_writes() {
        let json = Json::from_value(&vec![1, 2]).unwrap();
        assert_eq!(json.get(), "[1,2]");
        assert_eq!(json.parse::<Vec<u8>>().unwrap(), [1, 2]);
        assert!(json.parse::<String>().is_err());
    }
}
