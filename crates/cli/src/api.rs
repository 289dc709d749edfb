//! APIs as words on the command line and in files.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use interlingua_translate::{Api, SettingValue};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Reads the name of an API.
pub(crate) fn parser() -> impl TypedValueParser<Value = Api> {
    let known = Api::ALL.iter().map(|api| PossibleValue::new(api.name()).help(api.title()));
    PossibleValuesParser::new(known).try_map(|word| word.parse::<Api>())
}

/// An API by its name, in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ApiName(pub(crate) Api);

impl<'de> Deserialize<'de> for ApiName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(D::Error::custom)
    }
}

impl SettingValue for ApiName {
    const KIND: &'static str = "the name of an API";
}
