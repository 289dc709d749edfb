//! The members of a JSON object, of which few are looked at and the others go on as they were written.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// An object's members in their order, each as it was written.
#[derive(Debug, Default)]
pub(crate) struct Members<'j>(Vec<(Cow<'j, str>, Cow<'j, RawValue>)>);

impl<'j> Members<'j> {
    /// Reads an object; `None` for what is none.
    pub(crate) fn read(json: &'j [u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// A member's value.
    pub(crate) fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// A member's value as a `T`; `None` where there is none, or it is something else.
    pub(crate) fn parsed<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.get(name)?.get()).ok()
    }

    /// Takes a member away.
    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// Sets a member where it stands, or behind all others.
    pub(crate) fn set(&mut self, name: &'static str, value: Box<RawValue>) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = Cow::Owned(value),
            None => self.0.push((Cow::Borrowed(name), Cow::Owned(value))),
        }
    }

    /// The object as JSON.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        // Keys are strings and values are JSON: there is nothing that can fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// A value as JSON.
pub(crate) fn raw(value: &impl Serialize) -> Box<RawValue> {
    // What is written here has string keys only: there is nothing that can fail.
    serde_json::value::to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, &**value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, Cow::Borrowed(map.next_value::<&'de RawValue>()?)));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// A name, borrowed where nothing in it is escaped: a plain `Cow` never is.
#[derive(Deserialize)]
struct Name<'j>(#[serde(borrow)] Cow<'j, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_touched_stays_as_it_was() {
        let json = br#"{"a" : 1.0, "b\u0062":{"store": true}, "store":true, "z":[ 1e2 ]}"#;
        let mut members = Members::read(json).unwrap();
        assert_eq!(members.parsed::<bool>("store"), Some(true));
        members.set("store", raw(&false));
        members.set("new", raw(&"x"));
        members.remove("a");
        let written = String::from_utf8(members.to_vec()).unwrap();
        assert_eq!(written, r#"{"bb":{"store": true},"store":false,"z":[ 1e2 ],"new":"x"}"#);
    }

    #[test]
    fn only_objects_have_members() {
        for json in ["", "[]", "{", "7", "{} x"] {
            assert!(Members::read(json.as_bytes()).is_none(), "{json}");
        }
    }
}
