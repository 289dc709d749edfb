//! APIs as words on the command line and in files.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use interlingua_translate::Api;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Reads the name of an API.
pub(crate) fn parser() -> impl TypedValueParser<Value = Api> {
    let known = Api::ALL.iter().map(|api| PossibleValue::new(api.name()).help(api.title()));
    PossibleValuesParser::new(known).try_map(|word| word.parse::<Api>())
}

/// For serde: the name of an API, or none.
pub(crate) fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Api>, D::Error> {
    let word = Option::<String>::deserialize(deserializer)?;
    word.map(|word| word.parse().map_err(D::Error::custom)).transpose()
}
