//! The two languages, as words on the command line.

use std::fmt;

use clap::ValueEnum;
use serde::Deserialize;

/// An API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dialect {
    /// Chat Completions
    Chat,
    /// Responses
    Responses,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
        })
    }
}

impl From<Dialect> for interlingua_executor::Dialect {
    fn from(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Chat => Self::Chat,
            Dialect::Responses => Self::Responses,
        }
    }
}
