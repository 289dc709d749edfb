//! Objects: a struct per JSON object, with every field that the struct does not name kept in `extra`.
//!
//! serde's `flatten` would do the same by way of an intermediate tree, which loses raw values, borrowed text and the order of fields.

use serde::{
    Deserialize,
    de::{Error, MapAccess},
    ser::SerializeMap,
};

use crate::Maybe;

/// A type that is a JSON object, read field by field. Implemented by [`object!`]; `Box` keeps big variants of a union small.
pub(crate) trait ReadFields<'de>: Sized {
    /// Reads the rest of the object. `tag` names a field that has been read already and so must not occur again.
    fn read_fields<A: MapAccess<'de>>(map: A, tag: Option<&'static str>) -> Result<Self, A::Error>;
}

/// A type that is a JSON object, written field by field after whatever the caller has written.
pub(crate) trait WriteFields {
    fn write_fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
}

impl<'de, T: ReadFields<'de>> ReadFields<'de> for Box<T> {
    fn read_fields<A: MapAccess<'de>>(map: A, tag: Option<&'static str>) -> Result<Self, A::Error> {
        T::read_fields(map, tag).map(Self::new)
    }
}

impl<T: WriteFields> WriteFields for Box<T> {
    fn write_fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        T::write_fields(self, map)
    }
}

/// Reads a field into its place; the second time is an error.
#[inline]
pub(crate) fn read_once<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    place: &mut Option<T>,
    name: &'static str,
    map: &mut A,
) -> Result<(), A::Error> {
    if place.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *place = Some(map.next_value()?);
    Ok(())
}

/// Writes a three-state field.
pub(crate) fn write_maybe<T: serde::Serialize, M: SerializeMap>(
    value: &Maybe<T>,
    name: &'static str,
    map: &mut M,
) -> Result<(), M::Error> {
    match value {
        Maybe::Absent => Ok(()),
        Maybe::Null => map.serialize_entry(name, &()),
        Maybe::Value(value) => map.serialize_entry(name, value),
    }
}

/// Declares a JSON object as a struct with a public `extra: Extra` for unknown fields, and its serde, through one visitor.
///
/// ```ignore
/// object! {
///     /// Docs of the struct.
///     pub struct FunctionTool {
///         /// `T`; an error when it is missing.
///         required name: String,
///         /// `Option<T>`; missing and null are `None`; `None` is not written.
///         optional description: String,
///         /// `Option<T>`; missing and null are `None`; `None` is written as null.
///         nullable content: Content,
///         /// A JSON name of its own.
///         optional kind as "type": String,
///         /// Like `optional`, for JSON in a string: JSON that is no string is read as its text.
///         json_text arguments: String,
///         /// `Maybe<T>`: missing, null and a value survive.
///         maybe usage: Usage,
///     }
/// }
/// ```
///
/// One lifetime parameter is allowed. A named field given twice is an error, and so is one of the wrong JSON type.
macro_rules! object {
    (
        $(#[$meta:meta])*
        pub struct $name:ident $(<$lt:lifetime>)? {
            $( $(#[$field_meta:meta])* $kind:ident $field:ident $(as $json:literal)? : $ty:ty ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name $(<$lt>)? {
            $(
                $(#[$field_meta])*
                pub $field: $crate::core::object::field_type!($kind $ty),
            )*
            /// The fields this type does not name.
            pub extra: $crate::Extra,
        }

        impl<'de $(: $lt, $lt)?> $crate::core::object::ReadFields<'de> for $name $(<$lt>)? {
            fn read_fields<A: ::serde::de::MapAccess<'de>>(
                mut map: A,
                tag: ::std::option::Option<&'static str>,
            ) -> ::std::result::Result<Self, A::Error> {
                $( let mut $field: ::std::option::Option<$crate::core::object::field_type!($kind $ty)> = None; )*
                let mut extra = $crate::Extra::new();
                while let Some(key) = map.next_key::<$crate::Text<'de>>()? {
                    match &*key {
                        $(
                            $crate::core::object::field_name!($field $($json)?) => $crate::core::object::read_field!(
                                $kind $field, $crate::core::object::field_name!($field $($json)?), map
                            ),
                        )*
                        _ => extra.read(key, tag, &mut map)?,
                    }
                }
                Ok(Self {
                    $(
                        $field: $crate::core::object::field_value!(
                            $kind $field, $crate::core::object::field_name!($field $($json)?)
                        ),
                    )*
                    extra,
                })
            }
        }

        impl $(<$lt>)? $crate::core::object::WriteFields for $name $(<$lt>)? {
            fn write_fields<M: ::serde::ser::SerializeMap>(&self, map: &mut M) -> ::std::result::Result<(), M::Error> {
                $(
                    $crate::core::object::write_field!(
                        $kind map, self.$field, $crate::core::object::field_name!($field $($json)?)
                    );
                )*
                self.extra.write(map)
            }
        }

        impl<'de $(: $lt, $lt)?> ::serde::Deserialize<'de> for $name $(<$lt>)? {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                struct Visitor<T>(::std::marker::PhantomData<T>);

                impl<'de, T: $crate::core::object::ReadFields<'de>> ::serde::de::Visitor<'de> for Visitor<T> {
                    type Value = T;

                    fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str(concat!("an object (", stringify!($name), ")"))
                    }

                    fn visit_map<A: ::serde::de::MapAccess<'de>>(self, map: A) -> ::std::result::Result<T, A::Error> {
                        T::read_fields(map, None)
                    }
                }

                deserializer.deserialize_map(Visitor(::std::marker::PhantomData))
            }
        }

        impl $(<$lt>)? ::serde::Serialize for $name $(<$lt>)? {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                $crate::core::object::WriteFields::write_fields(self, &mut map)?;
                ::serde::ser::SerializeMap::end(map)
            }
        }
    };
}

macro_rules! field_type {
    (required $ty:ty) => { $ty };
    (optional $ty:ty) => { ::std::option::Option<$ty> };
    (nullable $ty:ty) => { ::std::option::Option<$ty> };
    (json_text $ty:ty) => { ::std::option::Option<$ty> };
    (maybe $ty:ty) => { $crate::Maybe<$ty> };
}

macro_rules! field_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $json:literal) => {
        $json
    };
}

macro_rules! read_field {
    (json_text $field:ident, $name:expr, $map:ident) => {{
        let mut text: ::std::option::Option<::std::option::Option<$crate::core::json_text::JsonText<'de>>> =
            $field.take().map(|_| None);
        $crate::core::object::read_once(&mut text, $name, &mut $map)?;
        $field = text.map(|text| text.map(|text| text.0.into()));
    }};
    ($kind:ident $field:ident, $name:expr, $map:ident) => {
        $crate::core::object::read_once(&mut $field, $name, &mut $map)?
    };
}

macro_rules! field_value {
    (required $field:ident, $name:expr) => {
        match $field {
            Some(value) => value,
            None => return Err(::serde::de::Error::missing_field($name)),
        }
    };
    ($kind:ident $field:ident, $name:expr) => {
        $field.unwrap_or_default()
    };
}

macro_rules! write_field {
    (required $map:ident, $value:expr, $name:expr) => {
        $map.serialize_entry($name, &$value)?
    };
    (nullable $map:ident, $value:expr, $name:expr) => {
        $map.serialize_entry($name, &$value)?
    };
    (json_text $map:ident, $value:expr, $name:expr) => {
        $crate::core::object::write_field!(optional $map, $value, $name)
    };
    (optional $map:ident, $value:expr, $name:expr) => {
        if let Some(value) = &$value {
            $map.serialize_entry($name, value)?;
        }
    };
    (maybe $map:ident, $value:expr, $name:expr) => {
        $crate::core::object::write_maybe(&$value, $name, $map)?
    };
}

pub(crate) use {field_name, field_type, field_value, object, read_field, write_field};

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macros declare public types, and these are local to the tests")]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::{Integer, Text};

    object! {
        /// One field of each kind.
        pub struct Sample {
            /// Must be there.
            required name: String,
            /// May be missing.
            optional kind as "type": String,
            /// Is always written.
            nullable content: Integer,
            /// Keeps its three states.
            maybe usage: Integer,
        }
    }

    object! {
        /// Borrows.
        pub struct Borrowing<'a> {
            /// Borrowed text.
            required delta: Text<'a>,
            /// Borrowed text that may be missing.
            optional id: Text<'a>,
        }
    }

    fn round_trip(json: &str) -> String {
        serde_json::to_string(&serde_json::from_str::<Sample>(json).unwrap()).unwrap()
    }

    #[test]
    fn missing_optional_fields_are_not_written_but_nullable_ones_are() {
        assert_eq!(round_trip(r#"{"name":"a"}"#), r#"{"name":"a","content":null}"#);
        assert_eq!(round_trip(r#"{"name":"a","type":null,"content":1}"#), r#"{"name":"a","content":1}"#);
    }

    #[test]
    fn maybe_keeps_missing_null_and_value_apart() {
        let read = |json: &str| serde_json::from_str::<Sample>(json).unwrap().usage;
        assert_eq!(read(r#"{"name":"a"}"#), Maybe::Absent);
        assert_eq!(read(r#"{"name":"a","usage":null}"#), Maybe::Null);
        assert_eq!(read(r#"{"name":"a","usage":3}"#), Maybe::Value(Integer(3)));
        assert_eq!(round_trip(r#"{"name":"a","usage":null}"#), r#"{"name":"a","content":null,"usage":null}"#);
    }

    #[test]
    fn unknown_fields_survive_verbatim_and_in_order() {
        let sample: Sample = serde_json::from_str(r#"{"z":1.0,"name":"a","b":{"x": 1e2},"z":null}"#).unwrap();
        assert_eq!(sample.extra.keys().collect::<Vec<_>>(), ["z", "b", "z"]);
        assert_eq!(
            serde_json::to_string(&sample).unwrap(),
            r#"{"name":"a","content":null,"z":1.0,"b":{"x": 1e2},"z":null}"#
        );
    }

    #[test]
    fn errors_name_the_field() {
        for (json, expected) in [
            ("{}", "missing field `name`"),
            (r#"{"name":"a","name":"b"}"#, "duplicate field `name`"),
            (r#"{"name":1}"#, "expected a string"),
            ("[]", "expected an object (Sample)"),
            (r#"{"name":"a","content":"1"}"#, "expected a whole number"),
        ] {
            let error = serde_json::from_str::<Sample>(json).unwrap_err().to_string();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }

    #[test]
    fn text_is_borrowed_from_the_input() {
        let object: Borrowing<'_> = serde_json::from_str(r#"{"delta":"a","id":"b"}"#).unwrap();
        assert!(matches!(object.delta.0, Cow::Borrowed("a")));
        assert!(matches!(object.id.unwrap().0, Cow::Borrowed("b")));
    }
}
