//! Unions of objects that say what they are in a field of their own, `type` mostly.
//!
//! serde's own ways are not used: with `tag = ".."` raw values fail and nothing is borrowed, and with `other` or `untagged` a *known* tag with a
//! broken payload passes as unknown.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::de::{self, DeserializeSeed, Error, MapAccess};

use super::fields::{Before, Fields};
use crate::Text;

/// What [`tagged!`] generates for reading.
pub(crate) trait Tagged<'de>: Sized {
    /// The type's name, for messages.
    const NAME: &'static str;
    /// The name of the field that discriminates.
    const TAG: &'static str;

    /// The tag to assume for an object with these keys and no tag.
    fn resolve(keys: &[Cow<'de, str>]) -> Option<&'static str>;

    /// Reads what comes beside the tag.
    fn read_variant<A: MapAccess<'de>>(tag: Text<'de>, fields: Fields<'de, A>) -> Result<Self, A::Error>;
}

/// Reads a tagged object.
///
/// In the usual case the tag is the first key and everything happens in one pass. Keys before it are kept as slices of the input, which is why
/// tagged objects are read from text or bytes in memory, not from a reader or a `serde_json::Value`. Reading such a slice starts a new recursion
/// limit, so a tagged union must not contain itself.
pub(crate) struct TaggedVisitor<'n, T> {
    /// The tag to assume where neither the object nor the type says one.
    pub(crate) fallback: Option<&'n str>,
    kind: PhantomData<T>,
}

impl<'n, T> TaggedVisitor<'n, T> {
    pub(crate) fn new(fallback: Option<&'n str>) -> Self {
        Self { fallback, kind: PhantomData }
    }
}

impl<'de, T: Tagged<'de>> de::Visitor<'de> for TaggedVisitor<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with a `{}` ({})", T::TAG, T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut before = Before::default();
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if key != *T::TAG {
                before.push((key, map.next_value()?));
            } else if let Some(tag) = map.next_value::<Option<Text<'de>>>()? {
                let fields = Fields { tag: T::TAG, before, value: None, rest: Some(map) };
                return T::read_variant(tag, fields);
            }
        }
        let keys = before.keys();
        let tag = match (T::resolve(&keys), self.fallback) {
            (Some(tag), _) => Text::from(tag),
            (None, Some(tag)) => Text::from(tag.to_owned()),
            (None, None) => return Err(A::Error::custom(format_args!("missing field `{}` of {}", T::TAG, T::NAME))),
        };
        T::read_variant(tag, Fields::<A> { tag: T::TAG, before, value: None, rest: None })
    }
}

impl<'de, T: Tagged<'de>> DeserializeSeed<'de> for TaggedVisitor<'_, T> {
    type Value = T;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

/// Declares an enum discriminated by one field, with an `Unknown` variant for every tag that is not listed, and its serde.
///
/// ```ignore
/// tagged! {
///     /// Docs.
///     pub enum Item by "type" {
///         /// Docs.
///         Message(Box<Message>) = "message",
///     }
///     missing = resolve_item;       // optional: fn(&[Cow<str>]) -> Option<&'static str>, from the keys of an object without a tag
///     unsaid = "message";           // optional: the tag that is not written, because the API takes it for granted
/// }
/// ```
///
/// Payloads are types declared by `object!`, boxed or not, and must not name the tag among their own fields. A known tag with a bad payload is an
/// error, never `Unknown`; so are a tag given twice, a tag that is no string, and a missing (or null) tag that nothing resolves.
macro_rules! tagged {
    (
        $(#[$meta:meta])*
        pub enum $name:ident $(<$lt:lifetime>)? by $tag:literal {
            $( $(#[$variant_meta:meta])* $variant:ident($ty:ty) = $value:literal ),+ $(,)?
        }
        $(missing = $resolve:path;)?
        $(unsaid = $unsaid:literal;)?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name $(<$lt>)? {
            $(
                $(#[$variant_meta])*
                $variant($ty),
            )+
            /// A kind that is not modelled.
            Unknown($crate::Unknown),
        }

        impl $(<$lt>)? $name $(<$lt>)? {
            #[doc = concat!("The `", $tag, "`.")]
            #[must_use]
            pub fn tag(&self) -> &str {
                match self {
                    $( Self::$variant(_) => $value, )+
                    Self::Unknown(unknown) => &unknown.kind,
                }
            }
        }

        impl<'de $(: $lt, $lt)?> $crate::core::tagged::Tagged<'de> for $name $(<$lt>)? {
            const NAME: &'static str = stringify!($name);
            const TAG: &'static str = $tag;

            fn resolve(keys: &[::std::borrow::Cow<'de, str>]) -> ::std::option::Option<&'static str> {
                let resolve: fn(&[::std::borrow::Cow<'de, str>]) -> ::std::option::Option<&'static str> =
                    $crate::core::tagged::resolver!($($resolve)?);
                resolve(keys)
            }

            fn read_variant<A: ::serde::de::MapAccess<'de>>(
                tag: $crate::Text<'de>,
                fields: $crate::core::fields::Fields<'de, A>,
            ) -> ::std::result::Result<Self, A::Error> {
                match &*tag {
                    $(
                        $value => <$ty as $crate::core::object::ReadFields<'de>>::read_fields(fields, Some($tag))
                            .map(Self::$variant),
                    )+
                    _ => fields.into_unknown(tag).map(Self::Unknown),
                }
            }
        }

        impl<'de $(: $lt, $lt)?> ::serde::Deserialize<'de> for $name $(<$lt>)? {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                deserializer.deserialize_map($crate::core::tagged::TaggedVisitor::new(None))
            }
        }

        impl $(<$lt>)? ::serde::Serialize for $name $(<$lt>)? {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                use ::serde::ser::SerializeMap as _;

                let unsaid: &[&str] = &[$($unsaid)?];
                match self {
                    $(
                        Self::$variant(fields) => {
                            let mut map = serializer.serialize_map(None)?;
                            if !unsaid.contains(&$value) {
                                map.serialize_entry($tag, $value)?;
                            }
                            $crate::core::object::WriteFields::write_fields(fields, &mut map)?;
                            map.end()
                        }
                    )+
                    Self::Unknown(unknown) => unknown.serialize(serializer),
                }
            }
        }
    };
}

macro_rules! resolver {
    () => {
        |_| None
    };
    ($resolve:path) => {
        $resolve
    };
}

pub(crate) use {resolver, tagged};

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macros declare public types, and these are local to the tests")]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::{Integer, Json, core::object};

    object! {
        /// A circle.
        pub struct Circle<'a> {
            /// Its radius.
            required radius: Integer,
            /// Its name.
            optional name: Text<'a>,
            /// Anything.
            optional data: Json,
        }
    }

    object! {
        /// A square.
        pub struct Square {
            /// Its side.
            required side: Integer,
        }
    }

    tagged! {
        /// A shape.
        pub enum Shape<'a> by "type" {
            /// Round.
            Circle(Circle<'a>) = "circle",
            /// Not round.
            Square(Box<Square>) = "square",
        }
        missing = resolve_shape;
    }

    tagged! {
        /// A shape that must say what it is.
        pub enum Strict by "kind" {
            /// Not round.
            Square(Square) = "square",
        }
    }

    fn resolve_shape(keys: &[Cow<'_, str>]) -> Option<&'static str> {
        keys.iter().any(|key| key == "side").then_some("square")
    }

    fn error<'a, T: Deserialize<'a> + fmt::Debug>(json: &'a str) -> String {
        serde_json::from_str::<T>(json).unwrap_err().to_string()
    }

    #[test]
    fn the_tag_may_come_first_or_last() {
        let first: Shape<'_> = serde_json::from_str(r#"{"type":"circle","radius":1,"data":{"a": 1.0}}"#).unwrap();
        let last: Shape<'_> = serde_json::from_str(r#"{"radius":1,"data":{"a": 1.0},"type":"circle"}"#).unwrap();
        let middle: Shape<'_> = serde_json::from_str(r#"{"radius":1,"type":"circle","data":{"a": 1.0}}"#).unwrap();
        assert_eq!(first, last);
        assert_eq!(first, middle);
        assert_eq!(serde_json::to_string(&last).unwrap(), r#"{"type":"circle","radius":1,"data":{"a": 1.0}}"#);
        assert_eq!(first.tag(), "circle");
    }

    #[test]
    fn text_is_borrowed_wherever_the_tag_stands() {
        for json in [r#"{"type":"circle","radius":1,"name":"o"}"#, r#"{"radius":1,"name":"o","type":"circle"}"#] {
            let Shape::Circle(circle) = serde_json::from_str(json).unwrap() else { panic!("a circle") };
            assert!(matches!(circle.name.unwrap().0, Cow::Borrowed("o")), "{json}");
        }
    }

    #[test]
    fn an_escaped_key_is_still_that_key() {
        let json = r#"{"r\u0061dius":1,"typ\u0065":"circl\u0065"}"#;
        let Shape::Circle(circle) = serde_json::from_str(json).unwrap() else { panic!("a circle") };
        assert_eq!(circle.radius, Integer(1));
        assert!(circle.extra.is_empty());
    }

    #[test]
    fn an_unknown_tag_keeps_the_whole_object() {
        let json = r#"{"b":[1, 2],"type":"he\"x","a\n":1.0,"data":{}}"#;
        let Shape::Unknown(unknown) = serde_json::from_str(json).unwrap() else { panic!("unknown") };
        assert_eq!(unknown.kind, "he\"x");
        assert_eq!(unknown.raw.get(), json);
        assert_eq!(serde_json::to_string(&Shape::Unknown(unknown)).unwrap(), json);
    }

    #[test]
    fn a_known_tag_with_a_bad_payload_is_an_error() {
        for json in [
            r#"{"type":"circle"}"#,
            r#"{"type":"circle","radius":"1"}"#,
            r#"{"radius":"1","type":"circle"}"#,
            r#"{"type":"square","side":null}"#,
        ] {
            assert!(serde_json::from_str::<Shape<'_>>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_missing_or_null_tag_is_resolved_or_an_error() {
        let square = Shape::Square(Box::new(Square { side: Integer(2), extra: crate::Extra::new() }));
        assert_eq!(serde_json::from_str::<Shape<'_>>(r#"{"side":2}"#).unwrap(), square);
        assert_eq!(serde_json::from_str::<Shape<'_>>(r#"{"type":null,"side":2}"#).unwrap(), square);
        assert!(error::<Shape<'_>>(r#"{"radius":2}"#).contains("missing field `type` of Shape"));
        assert!(error::<Strict>(r#"{"side":2}"#).contains("missing field `kind` of Strict"));
        assert_eq!(serde_json::from_str::<Strict>(r#"{"kind":"square","side":2}"#).unwrap().tag(), "square");
        assert!(error::<Strict>("[]").contains("an object with a `kind` (Strict)"));
    }

    #[test]
    fn a_tag_given_twice_or_of_another_type_is_an_error() {
        for json in [
            r#"{"type":"circle","radius":1,"type":"circle"}"#,
            r#"{"radius":1,"type":"circle","type":"square"}"#,
            r#"{"type":"hexagon","type":"circle","radius":1}"#,
        ] {
            assert!(error::<Shape<'_>>(json).contains("duplicate field `type`"), "{json}");
        }
        assert!(error::<Shape<'_>>(r#"{"type":1,"radius":1}"#).contains("expected a string"));
    }

    #[test]
    fn a_fallback_is_used_only_without_tag_and_resolver() {
        let read = |json: &'static str| {
            let mut deserializer = serde_json::Deserializer::from_str(json);
            TaggedVisitor::<Shape<'_>>::new(Some("circle")).deserialize(&mut deserializer).unwrap()
        };
        assert_eq!(read(r#"{"radius":1}"#).tag(), "circle");
        assert_eq!(read(r#"{"side":1}"#).tag(), "square");
        assert_eq!(read(r#"{"type":"hexagon"}"#).tag(), "hexagon");
    }

    #[test]
    fn unknown_fields_of_known_kinds_survive() {
        let json = r#"{"type":"square","side":1,"colour":"red"}"#;
        let shape: Shape<'_> = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&shape).unwrap(), json);
    }
}
