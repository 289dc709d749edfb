//! Verbatim JSON text.

use std::fmt;

use serde_json::value::RawValue;

/// A JSON value kept as the text it arrived in: unknown values, schemas, grammars.
///
/// Two values are equal when their texts are; key order, number spelling and big integers survive. `Debug` shows how long it
/// is and not what it says.
///
/// ```
/// use interlingua_model::Json;
///
/// let schema = Json::from_text(r#"{"maximum":123456789012345678901234567890}"#)?;
/// assert_eq!(schema.text(), r#"{"maximum":123456789012345678901234567890}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Json(Box<RawValue>);

impl Json {
    /// Checks `text` and keeps it.
    ///
    /// # Errors
    /// When `text` is not one JSON value.
    pub fn from_text(text: &str) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text.to_owned()).map(Self)
    }

    /// Takes text that a JSON parser has already checked.
    #[must_use]
    pub fn from_raw(raw: Box<RawValue>) -> Self {
        Self(raw)
    }

    /// Gives the checked text back without copying it.
    #[must_use]
    pub fn into_raw(self) -> Box<RawValue> {
        self.0
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Json {}

/// Only how much it is: what nobody looks into may hold a credential, such as the token of a server of tools.
impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({} bytes)", self.text().len())
    }
}
