//! `--profile`: what a backend accepts and forces, by name or from a file.

use std::fs;

use interlingua_gateway::ApiError;
use interlingua_translate::Profile;

/// The built-in profile of that name, or else the one in that TOML file.
pub(crate) fn load(name: &str) -> Result<Profile, ApiError> {
    if let Some(profile) = Profile::named(name) {
        return Ok(profile);
    }
    let text = fs::read_to_string(name).map_err(|error| {
        let known = "not one of openai, codex and compatible, and cannot be read as a file";
        ApiError::bad_request(format!("profile `{name}` is {known}: {error}"))
    })?;
    toml::from_str(&text).map_err(|error| ApiError::bad_request(format!("profile {name} is wrong: {error}")))
}
