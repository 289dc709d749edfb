//! Values that the API writes in two ways (`content`, `input`, `stop`, `tool_choice`).

/// Declares an enum of forms (`string`, `number`, `array` and `object`), told apart by the JSON type of the value.
///
/// ```ignore
/// union! {
///     /// Docs.
///     pub enum Stop expects "a string or an array of strings" {
///         /// Docs.
///         string One(String),
///         /// Docs.
///         array Many(Vec<String>),
///     }
/// }
/// ```
///
/// Read through a visitor, not `#[serde(untagged)]`: that buffers the value, which loses the verbatim JSON inside it, and answers
/// every mistake with "did not match any variant".
macro_rules! union {
    (
        $(#[$meta:meta])*
        pub enum $name:ident $(<$life:lifetime>)? expects $expecting:literal {
            $( $(#[$form_meta:meta])* $form:ident $variant:ident($ty:ty) ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name $(<$life>)? {
            $(
                $(#[$form_meta])*
                $variant($ty),
            )+
        }

        impl $(<$life>)? ::serde::Serialize for $name $(<$life>)? {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                match self {
                    $( Self::$variant(value) => value.serialize(serializer), )+
                }
            }
        }

        impl<'de $(: $life, $life)?> ::serde::Deserialize<'de> for $name $(<$life>)? {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                use ::serde::de::{self, Deserialize as _};

                struct Visitor<T>(::std::marker::PhantomData<T>);

                impl<'de $(: $life, $life)?> de::Visitor<'de> for Visitor<$name $(<$life>)?> {
                    type Value = $name $(<$life>)?;

                    fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str($expecting)
                    }

                    $( $crate::core::union::visit!($form $name::$variant($ty)); )+
                }

                deserializer.deserialize_any(Visitor(::std::marker::PhantomData))
            }
        }
    };
}

macro_rules! visit {
    (string $name:ident::$variant:ident($ty:ty)) => {
        fn visit_str<E: de::Error>(self, text: &str) -> ::std::result::Result<Self::Value, E> {
            <$ty>::deserialize(de::value::StrDeserializer::new(text)).map($name::$variant)
        }

        fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> ::std::result::Result<Self::Value, E> {
            <$ty>::deserialize(de::value::BorrowedStrDeserializer::new(text)).map($name::$variant)
        }

        fn visit_string<E: de::Error>(self, text: ::std::string::String) -> ::std::result::Result<Self::Value, E> {
            <$ty>::deserialize(de::value::StringDeserializer::new(text)).map($name::$variant)
        }
    };
    (array $name:ident::$variant:ident($ty:ty)) => {
        fn visit_seq<A: de::SeqAccess<'de>>(self, items: A) -> ::std::result::Result<Self::Value, A::Error> {
            <$ty>::deserialize(de::value::SeqAccessDeserializer::new(items)).map($name::$variant)
        }
    };
    (object $name:ident::$variant:ident($ty:ty)) => {
        fn visit_map<A: de::MapAccess<'de>>(self, fields: A) -> ::std::result::Result<Self::Value, A::Error> {
            <$ty>::deserialize(de::value::MapAccessDeserializer::new(fields)).map($name::$variant)
        }
    };
    (number $name:ident::$variant:ident($ty:ty)) => {
        fn visit_i64<E: de::Error>(self, number: i64) -> ::std::result::Result<Self::Value, E> {
            <$ty>::deserialize(de::value::I64Deserializer::new(number)).map($name::$variant)
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> ::std::result::Result<Self::Value, E> {
            <$ty>::deserialize(de::value::U64Deserializer::new(number)).map($name::$variant)
        }

        fn visit_f64<E: de::Error>(self, number: f64) -> ::std::result::Result<Self::Value, E> {
            <$ty>::deserialize(de::value::F64Deserializer::new(number)).map($name::$variant)
        }
    };
}

pub(crate) use {union, visit};
