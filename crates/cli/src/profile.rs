//! `--profile`: what a backend accepts and forces, where it lives and what its clients like, by name or from a file.

use std::fmt::Write as _;
use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use interlingua_executor::{Profile, ReadyProfile};
use interlingua_gateway::ApiError;
use interlingua_translate::Api;

use crate::keys::{self, Found};
use crate::terminal::to_stdout;

/// The built-in profile of that name, or else the one in that TOML file. `api` chooses where a name stands for several.
pub(crate) fn load(name: &str, api: Api) -> Result<Profile, ApiError> {
    if let Some(profile) = Profile::named(name, api) {
        return Ok(profile);
    }
    let text = fs::read_to_string(name).map_err(|error| {
        let known = Profile::names().collect::<Vec<_>>().join(", ");
        ApiError::bad_request(format!("profile `{name}` is none of {known}, and cannot be read as a file: {error}"))
    })?;
    toml::from_str(&text).map_err(|error| ApiError::bad_request(format!("profile {name} is wrong: {error}")))
}

/// The key that the environment has for the upstream of a ready profile.
pub(crate) fn key_of(ready: ReadyProfile) -> Option<Found> {
    keys::in_variable(&ready.about().ok()?.key_env?)
}

/// List the ready profiles, or print one as a TOML file
///
/// A profile says what an upstream takes and where it lives: `--upstream NAME` is enough where it says both. Proven ones are
/// shown right by recorded traffic or by a program in the tests; the others follow documentation.
#[derive(Debug, clap::Args)]
pub(crate) struct ProfilesArgs {
    /// The profile to print
    name: Option<String>,
}

/// Runs `interlingua profiles`.
pub(crate) fn profiles(args: &ProfilesArgs) -> Result<ExitCode> {
    let ProfilesArgs { name } = args;
    match name {
        Some(name) => {
            let ready = ReadyProfile::named(name).with_context(|| {
                let known = ReadyProfile::all().iter().map(|ready| ready.name).collect::<Vec<_>>().join(", ");
                format!("there is no ready profile `{name}`; there are {known}")
            })?;
            to_stdout(ready.toml)?;
        }
        None => to_stdout(&list()?)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list() -> Result<String> {
    let mut text = format!("{:<20}{:<11}{:<11}{:<58}{}\n", "NAME", "API", "", "BASE URL", "KEY");
    for ready in ReadyProfile::all() {
        let (about, profile) = (ready.about()?, ready.profile()?);
        let proof = if about.is_proven() { "proven" } else { "unproven" };
        let url = profile.backend.base_url.map_or_else(|| "-".to_owned(), |url| url.to_string());
        let key = about.key_env.unwrap_or_else(|| "-".to_owned());
        let _ = writeln!(text, "{:<20}{:<11}{proof:<11}{url:<58}{key}", ready.name, ready.api()?.name());
    }
    Ok(text)
}
