//! The configuration file.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use interlingua_translate::Api;
use serde::Deserialize;

use crate::api;
use crate::upstream::UpstreamArgs;

/// What the file says; flags and variables win over it.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) listen: Option<String>,
    pub(super) upstream: UpstreamArgs,
    pub(super) strict: bool,
    pub(super) inbound_key: Option<String>,
    pub(super) allowed_hosts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    listen: Option<String>,
    upstream: Option<String>,
    #[serde(default, deserialize_with = "api::named")]
    dialect: Option<Api>,
    base_url: Option<String>,
    profile: Option<String>,
    strict: Option<bool>,
    inbound_key: Option<String>,
    allowed_hosts: Option<Vec<String>>,
}

/// Reads the file. What it does not know it refuses, with the line.
pub(super) fn read(path: &Path) -> Result<Settings> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let written = toml::from_str(&text).map_err(|mut error: toml::de::Error| {
        // The line at fault may be the one with the key in it.
        error.set_input(None);
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        anyhow::anyhow!("{} is wrong in line {line}: {}", path.display(), error.message())
    })?;
    let Written { listen, upstream, dialect, base_url, profile, strict, inbound_key, allowed_hosts } = written;
    let upstream = UpstreamArgs { upstream, dialect, base_url, profile };
    let allowed_hosts = allowed_hosts.unwrap_or_default();
    Ok(Settings { listen, upstream, strict: strict.unwrap_or(false), inbound_key, allowed_hosts })
}
