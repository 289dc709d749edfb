//! The fields of an object beside its tag, wherever the tag stood.

use std::{borrow::Cow, collections::VecDeque};

use serde::{
    Serialize, Serializer,
    de::{
        DeserializeSeed, Error, MapAccess,
        value::{BorrowedStrDeserializer, StringDeserializer},
    },
};
use serde_json::value::RawValue;

use super::read::Reader;
use crate::{Json, Text};

/// An object of a kind that is not modelled, carried whole.
///
/// ```
/// use interlingua_wire::responses::Item;
///
/// let json = r#"{"type":"hologram","id":"h_1","depth": 3.0}"#;
/// let Item::Unknown(unknown) = serde_json::from_str(json)? else { panic!("no such item yet") };
/// assert_eq!(unknown.kind, "hologram");
/// assert_eq!(unknown.raw.get(), r#"{"type":"hologram","id":"h_1","depth":3.0}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The tag.
    pub kind: String,
    /// The whole object, the tag included; values verbatim, without the white space between them.
    pub raw: Json,
}

impl Serialize for Unknown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

/// The fields of a tagged object without the tag: those read before it was found, then the rest.
pub(crate) struct Fields<'de, A> {
    pub(crate) tag: &'static str,
    /// Empty where the tag comes first.
    pub(crate) before: Before<'de>,
    pub(crate) value: Option<&'de RawValue>,
    pub(crate) rest: Option<A>,
}

/// The fields that came before the tag, in their order. One, such as the `id` of a call, needs no memory of its own.
#[derive(Default)]
pub(crate) struct Before<'de> {
    first: Option<Field<'de>>,
    more: VecDeque<Field<'de>>,
}

type Field<'de> = (Text<'de>, &'de RawValue);

impl<'de> Before<'de> {
    pub(crate) fn push(&mut self, field: Field<'de>) {
        if self.first.is_none() {
            self.first = Some(field);
        } else {
            self.more.push_back(field);
        }
    }

    pub(crate) fn keys(&self) -> Vec<Cow<'de, str>> {
        self.first.iter().chain(&self.more).map(|(name, _)| name.0.clone()).collect()
    }
}

impl<'de> Iterator for Before<'de> {
    type Item = Field<'de>;

    fn next(&mut self) -> Option<Field<'de>> {
        self.first.take().or_else(|| self.more.pop_front())
    }
}

impl<'de, A: MapAccess<'de>> Fields<'de, A> {
    /// Rebuilds the object of an unknown kind.
    pub(crate) fn into_unknown(self, kind: Text<'de>) -> Result<Unknown, A::Error> {
        let Self { tag, before, value: _, mut rest } = self;
        let kind_json = Json::from_value(&kind).map_err(A::Error::custom)?;
        let mut text = String::from("{");
        let mut write = |name: &str, value: &str| -> Result<(), A::Error> {
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&serde_json::to_string(name).map_err(A::Error::custom)?);
            text.push(':');
            text.push_str(value);
            Ok(())
        };
        for (name, value) in before {
            write(&name, value.get())?;
        }
        write(tag, kind_json.get())?;
        while let Some(map) = &mut rest
            && let Some(name) = map.next_key::<Text<'de>>()?
        {
            if name == *tag {
                return Err(A::Error::duplicate_field(tag));
            }
            write(&name, map.next_value::<&RawValue>()?.get())?;
        }
        text.push('}');
        let raw = RawValue::from_string(text).map_err(A::Error::custom)?;
        Ok(Unknown { kind: kind.into_string(), raw: Json::from_raw(raw) })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        if let Some((name, value)) = self.before.next() {
            self.value = Some(value);
            return match name.0 {
                Cow::Borrowed(name) => seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some),
                Cow::Owned(name) => seed.deserialize(StringDeserializer::new(name)).map(Some),
            };
        }
        match &mut self.rest {
            Some(rest) => rest.next_key_seed(seed),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match (self.value.take(), &mut self.rest) {
            (Some(value), _) => seed.deserialize(&mut Reader::new(value.get())).map_err(A::Error::custom),
            (None, Some(rest)) => rest.next_value_seed(seed),
            (None, None) => Err(A::Error::custom("a value was asked for before its key")),
        }
    }
}
