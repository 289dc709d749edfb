//! Settings that know their own documentation: one declaration gives the type, its defaults, how it is read and its page.

use std::fmt::Debug;

use serde::de::{Deserialize, Deserializer, Error};

/// One key of a table of settings, for a page that lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub key: &'static str,
    /// What it holds, for a person: `true or false`, `a list of names`.
    pub kind: &'static str,
    /// Its value, as a settings file has it; `unset` for none.
    pub value: String,
    /// What it does.
    pub doc: String,
}

/// A value that a setting holds.
pub trait SettingValue: Debug {
    /// What it holds, for a person.
    const KIND: &'static str;

    /// The value as a settings file has it.
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

impl SettingValue for bool {
    const KIND: &'static str = "true or false";
}

impl SettingValue for String {
    const KIND: &'static str = "text";
}

impl SettingValue for usize {
    const KIND: &'static str = "a number";
}

impl SettingValue for i64 {
    const KIND: &'static str = "a number";
}

impl SettingValue for Vec<String> {
    const KIND: &'static str = "a list of texts";
}

impl SettingValue for Vec<(String, String)> {
    const KIND: &'static str = "a list of pairs";

    fn shown(&self) -> String {
        let pairs: Vec<_> = self.iter().map(|(from, to)| format!("[{from:?}, {to:?}]")).collect();
        format!("[{}]", pairs.join(", "))
    }
}

impl SettingValue for serde_json::Number {
    const KIND: &'static str = "a number";

    fn shown(&self) -> String {
        self.to_string()
    }
}

impl<T: SettingValue> SettingValue for Option<T> {
    const KIND: &'static str = T::KIND;

    fn shown(&self) -> String {
        self.as_ref().map_or_else(|| "unset".to_owned(), SettingValue::shown)
    }
}

/// Declares a table of settings: a struct with public fields, `Default`, `Deserialize` that refuses unknown keys, and
/// `settings`, which lists the keys with their values and documentation.
///
/// With `by model Name` it has one more key, `models`: a list of tables of the type `Name`, each with the `names` of the models
/// it is for and any of the same keys; `for_model` gives what holds for one model.
#[doc(hidden)]
#[macro_export]
macro_rules! settings {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident by model $(#[$changes_meta:meta])* $changes:ident {
            $( $(#[doc = $doc:literal])+ $key:ident: $kind:ty = $default:expr, )*
        }
    ) => {
        $crate::settings! {
            $(#[$meta])*
            $vis struct $name {
                $( $(#[doc = $doc])+ $key: $kind = $default, )*
                /// What differs for some models: tables with their `names`, in which `*` stands for any text, and any of these
                /// keys. Where several fit, the later ones win.
                models: ::std::vec::Vec<$changes> = ::std::vec::Vec::new(),
            }
        }

        $(#[$changes_meta])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, ::serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        $vis struct $changes {
            /// The models it is for; `*` stands for any text, and capital letters make no difference.
            $vis names: ::std::vec::Vec<::std::string::String>,
            $( $(#[doc = $doc])+ $vis $key: ::std::option::Option<$kind>, )*
        }

        impl $name {
            /// What holds for a model of this name: these settings, but for what `models` says of it.
            #[must_use]
            $vis fn for_model(&self, model: &str) -> ::std::borrow::Cow<'_, Self> {
                let fits = |changes: &&$changes| changes.names.iter().any(|name| $crate::pattern::fits(name, model));
                if !self.models.iter().any(|changes| fits(&changes)) {
                    return ::std::borrow::Cow::Borrowed(self);
                }
                let mut settings = self.clone();
                for changes in ::std::mem::take(&mut settings.models).into_iter().filter(|changes| fits(&changes)) {
                    let $changes { names: _, $($key,)* } = changes;
                    $( if let ::std::option::Option::Some($key) = $key { settings.$key = $key; } )*
                }
                ::std::borrow::Cow::Owned(settings)
            }
        }

        impl $crate::SettingValue for ::std::vec::Vec<$changes> {
            const KIND: &'static str = "a list of tables";

            fn shown(&self) -> ::std::string::String {
                let tables: ::std::vec::Vec<_> = self.iter().map(|changes| {
                    let mut pairs = ::std::vec![::std::format!("names = {:?}", changes.names)];
                    $( if let ::std::option::Option::Some(value) = &changes.$key {
                        pairs.push(::std::format!("{} = {}", ::std::stringify!($key), $crate::SettingValue::shown(value)));
                    } )*
                    ::std::format!("{{ {} }}", pairs.join(", "))
                }).collect();
                ::std::format!("[{}]", tables.join(", "))
            }
        }
    };
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $( $(#[doc = $doc:literal])+ $key:ident: $kind:ty = $default:expr, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, ::serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        $vis struct $name {
            $( $(#[doc = $doc])+ $vis $key: $kind, )*
        }

        impl ::std::default::Default for $name {
            fn default() -> Self {
                Self { $( $key: $default, )* }
            }
        }

        impl $name {
            /// Every key with its value and what it does, in the order of the type.
            #[must_use]
            $vis fn settings(&self) -> ::std::vec::Vec<$crate::Setting> {
                ::std::vec![ $( $crate::Setting {
                    key: ::std::stringify!($key),
                    kind: <$kind as $crate::SettingValue>::KIND,
                    value: $crate::SettingValue::shown(&self.$key),
                    doc: [$($doc),+].map(str::trim).join(" "),
                }, )* ]
            }
        }
    };
}

pub(crate) use settings;

/// Declares a closed set of names: an enum that reads and writes them, and refuses any other with the nearest right one.
macro_rules! names {
    (
        $(#[$meta:meta])*
        pub enum $name:ident: $kind:literal {
            $( $(#[$variant_meta:meta])* $variant:ident = $text:literal, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $( $(#[$variant_meta])* $variant, )* }

        impl $name {
            /// Every name there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name as the API spells it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                $crate::settings::read_name(deserializer, Self::ALL, Self::as_str)
            }
        }

        impl $crate::SettingValue for $name {
            const KIND: &'static str = concat!("one of", $(" `", $text, "`"),*);

            fn shown(&self) -> String {
                format!("{:?}", self.as_str())
            }
        }

        impl $crate::SettingValue for ::std::vec::Vec<$name> {
            const KIND: &'static str = $kind;

            fn shown(&self) -> String {
                format!("{:?}", self.iter().map(|name| name.as_str()).collect::<::std::vec::Vec<_>>())
            }
        }
    };
}

pub(crate) use names;

/// Reads a name of a closed set.
pub(crate) fn read_name<'de, D: Deserializer<'de>, T: Copy>(
    deserializer: D,
    all: &[T],
    spelled: fn(T) -> &'static str,
) -> Result<T, D::Error> {
    let word = String::deserialize(deserializer)?;
    let known = all.iter().find(|name| spelled(**name) == word).copied();
    known.ok_or_else(|| {
        let names = || all.iter().map(|name| spelled(*name));
        if let Some(name) = nearest(&word, names()) {
            return D::Error::custom(format_args!("`{word}` is no name here; did you mean `{name}`?"));
        }
        let names: Vec<_> = names().collect();
        D::Error::custom(format_args!("`{word}` is no name here; there are {}", names.join(", ")))
    })
}

/// The name that differs least from a word, where they have more in common than not.
pub fn nearest<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let (distance, name) = names.map(|name| (distance(word, name), name)).min()?;
    (distance <= word.chars().count().max(name.chars().count()) / 2).then_some(name)
}

/// How many letters have to be put in, taken out or changed (Levenshtein, one row at a time).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (place, other) in row.iter_mut().skip(1).zip(&b) {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = *place;
            left = changed.min(diagonal + 1).min(left + 1);
            *place = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_nonsense_has_none() {
        let names = || ["max_output_tokens", "metadata", "temperature", "top_p"].into_iter();
        assert_eq!(nearest("max_tokens", names()), Some("max_output_tokens"));
        assert_eq!(nearest("temprature", names()), Some("temperature"));
        assert_eq!(nearest("zzzzzz", names()), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }
}
