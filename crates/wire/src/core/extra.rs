//! Fields that a type does not name.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Error, MapAccess},
    ser::SerializeMap,
};

use crate::{Json, Text};

/// The fields of an object that its type does not name, in their order, values verbatim.
///
/// A name that occurs twice is kept twice. An empty list holds no memory.
///
/// ```
/// use interlingua_wire::responses::Usage;
///
/// let usage: Usage = serde_json::from_str(r#"{"input_tokens":1,"cost":{"usd": 0.10}}"#)?;
/// assert_eq!(usage.extra.get("cost").map(|cost| cost.get()), Some(r#"{"usd": 0.10}"#));
///
/// // By itself it is an object of which nobody knows a field.
/// let mut object: interlingua_wire::Extra = serde_json::from_str(r#"{"b": 1.0, "a": 2}"#)?;
/// object.replace("a", "3".parse()?);
/// assert_eq!(serde_json::to_string(&object)?, r#"{"b":1.0,"a":3}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Extra(Option<Box<Fields>>);

/// Never empty. Boxed, since nearly every object is without: each is shorter for it, and is moved many times on its way.
#[derive(Clone, PartialEq, Eq)]
struct Fields(Vec<(String, Json)>);

impl Extra {
    /// No fields.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Whether the object had no field beyond those of its type.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Names and values, in the order of the object.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.fields().iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The names, in the order of the object.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields().iter().map(|(name, _)| name.as_str())
    }

    /// The first value of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The first value of that name, which is one of the fields no more.
    pub fn take(&mut self, name: &str) -> Option<Json> {
        let Fields(fields) = self.0.as_deref_mut()?;
        let index = fields.iter().position(|(known, _)| known == name)?;
        let (_, value) = fields.remove(index);
        if fields.is_empty() {
            self.0 = None;
        }
        Some(value)
    }

    /// Appends a field.
    pub fn push(&mut self, name: impl Into<String>, value: Json) {
        let Fields(fields) = &mut **self.0.get_or_insert_with(|| Box::new(Fields(Vec::new())));
        fields.push((name.into(), value));
    }

    /// Puts another value where the object has a field of that name.
    pub fn replace(&mut self, name: &str, value: Json) {
        let mut fields = self.0.iter_mut().flat_map(|fields| &mut fields.0);
        if let Some((_, known)) = fields.find(|(known, _)| known == name) {
            *known = value;
        }
    }

    /// Reads the value of a key no field claimed. `tag` is the discriminator a surrounding union has already read.
    pub(crate) fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: Text<'de>,
        tag: Option<&'static str>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match tag {
            Some(tag) if name == *tag => Err(A::Error::duplicate_field(tag)),
            _ => {
                self.push(name, map.next_value()?);
                Ok(())
            }
        }
    }

    pub(crate) fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        self.fields().iter().try_for_each(|(name, value)| map.serialize_entry(name, value))
    }

    fn fields(&self) -> &[(String, Json)] {
        self.0.as_deref().map_or(&[], |Fields(fields)| fields)
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Extra").field(&self.fields()).finish()
    }
}

impl<'de> Deserialize<'de> for Extra {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Extra;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Extra, A::Error> {
                let mut fields = Extra::new();
                while let Some(name) = map.next_key::<Text<'de>>()? {
                    fields.read(name, None, &mut map)?;
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

impl Serialize for Extra {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields().len()))?;
        self.write(&mut map)?;
        map.end()
    }
}
