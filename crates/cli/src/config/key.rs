//! `[[key]]`: one caller of several, as the file has it.

use anyhow::{Context, Result};
use interlingua_gateway::{CallerKey, CallerLimits};
use interlingua_translate::settings;

settings! {
    /// A caller with a key of its own.
    pub(crate) struct KeyTable {
        /// Whose it is: in the log, in the numbers, in refusals.
        name: String = String::new(),
        /// The SHA-256 of the key, in hexadecimal. `interlingua config key NAME` makes a key and this table.
        sha256: String = String::new(),
        /// The models it may ask for, by the names it asks with, with `*` for any text. Empty: all.
        models: Vec<String> = Vec::new(),
        /// How many requests it may make in a minute.
        requests_per_minute: Option<usize> = None,
        /// How many tokens it may use in a minute, in and out. A reply may overdraw it, and the next request waits.
        tokens_per_minute: Option<usize> = None,
        /// How many requests it may make at a time.
        at_once: Option<usize> = None,
    }
}

impl KeyTable {
    pub(crate) fn caller(self) -> Result<CallerKey> {
        let Self { name, sha256, models, requests_per_minute, tokens_per_minute, at_once } = self;
        let limit = |key: &str, limit: Option<usize>| {
            let number = limit.map(u32::try_from).transpose();
            number.with_context(|| format!("key `{name}`: `{key}` is too large"))
        };
        let limits = CallerLimits {
            requests_per_minute: limit("requests_per_minute", requests_per_minute)?,
            tokens_per_minute: limit("tokens_per_minute", tokens_per_minute)?,
            at_once: limit("at_once", at_once)?,
        };
        let mut key = CallerKey::new(name, &sha256)?;
        key.models = models;
        key.limits = limits;
        Ok(key)
    }
}
