//! Strings that are borrowed from their input wherever the input allows it.

use std::{borrow::Cow, fmt, ops::Deref};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A string, borrowed from the parsed JSON unless an escape in it made a copy necessary.
///
/// `Option<Text>` borrows too, which `Option<Cow<str>>` with `#[serde(borrow)]` does not.
///
/// ```
/// use std::borrow::Cow;
/// use interlingua_wire::Text;
///
/// let plain: Text<'_> = serde_json::from_str(r#""Paris""#)?;
/// assert!(matches!(plain.0, Cow::Borrowed("Paris")));
/// let escaped: Text<'_> = serde_json::from_str(r#""two\nlines""#)?;
/// assert_eq!(&*escaped, "two\nlines");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    /// The same text, owned; copies only what is still borrowed.
    #[must_use]
    pub fn into_owned_text(self) -> Text<'static> {
        Text(Cow::Owned(self.0.into_owned()))
    }

    /// The string itself; copies only what is still borrowed.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0.into_owned()
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        text.into_string()
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

struct TextVisitor;

impl<'de> de::Visitor<'de> for TextVisitor {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_borrowed(text: &Text<'_>) -> bool {
        matches!(text.0, Cow::Borrowed(_))
    }

    #[test]
    fn borrows_without_escape_even_inside_option() {
        let text: Option<Text<'_>> = serde_json::from_str(r#""straße""#).unwrap();
        assert!(is_borrowed(&text.unwrap()));
        assert_eq!(serde_json::from_str::<Option<Text<'_>>>("null").unwrap(), None);
    }

    #[test]
    fn owns_where_an_escape_forces_a_copy() {
        let text: Text<'_> = serde_json::from_str(r#""a\u00dfb""#).unwrap();
        assert_eq!(text, "aßb");
        assert!(!is_borrowed(&text));
    }

    #[test]
    fn refuses_other_types() {
        assert!(serde_json::from_str::<Text<'_>>("1").is_err());
    }
}
