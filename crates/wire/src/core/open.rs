//! String enums that the APIs may extend at any time.

/// Declares an enum of strings with an `Other(String)` for every value that is not listed.
///
/// Generates `as_str`, `From<&str>`, `From<String>`, `Display` and serde as a plain string; anything but a string is an error.
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $text:literal ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $(
                $(#[$variant_meta])*
                #[doc = concat!("Written `", $text, "`.")]
                $variant,
            )*
            /// Any other string, kept as it is.
            Other(String),
        }

        impl $name {
            /// The string on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )*
                    Self::Other(text) => text,
                }
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $( $text => Self::$variant, )*
                    _ => Self::Other(text.to_owned()),
                }
            }
        }

        impl ::std::convert::From<::std::string::String> for $name {
            fn from(text: ::std::string::String) -> Self {
                match text.as_str() {
                    $( $text => Self::$variant, )*
                    _ => Self::Other(text),
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                let text = <$crate::Text<'de> as ::serde::Deserialize<'de>>::deserialize(deserializer)?;
                Ok(match text.0 {
                    ::std::borrow::Cow::Borrowed(text) => Self::from(text),
                    ::std::borrow::Cow::Owned(text) => Self::from(text),
                })
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

pub(crate) use open_enum;

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macros declare public types, and these are local to the tests")]
mod tests {
    open_enum! {
        /// Who speaks.
        pub enum Role {
            System = "system",
            User = "user",
        }
    }

    #[test]
    fn known_and_unknown_values_survive() {
        for (json, expected) in [
            (r#""system""#, Role::System),
            (r#""us\u0065r""#, Role::User),
            (r#""critic""#, Role::Other("critic".to_owned())),
            (r#""""#, Role::Other(String::new())),
        ] {
            let role: Role = serde_json::from_str(json).unwrap();
            assert_eq!(role, expected);
            assert_eq!(serde_json::to_value(&role).unwrap(), serde_json::from_str::<serde_json::Value>(json).unwrap());
        }
    }

    #[test]
    fn other_types_are_refused() {
        assert!(serde_json::from_str::<Role>("1").is_err());
        assert!(serde_json::from_str::<Role>("null").is_err());
    }
}
