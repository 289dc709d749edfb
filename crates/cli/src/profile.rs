//! `--profile`: what a backend accepts and forces, where it lives and what its clients like, by name or from a file.

use std::fs;

use interlingua_executor::Profile;
use interlingua_gateway::ApiError;
use interlingua_translate::Api;

/// The built-in profile of that name, or else the one in that TOML file. `api` chooses where a name stands for several.
pub(crate) fn load(name: &str, api: Api) -> Result<Profile, ApiError> {
    if let Some(profile) = Profile::named(name, api) {
        return Ok(profile);
    }
    let text = fs::read_to_string(name).map_err(|error| {
        let known = Profile::NAMES.join(", ");
        ApiError::bad_request(format!("profile `{name}` is none of {known}, and cannot be read as a file: {error}"))
    })?;
    toml::from_str(&text).map_err(|error| ApiError::bad_request(format!("profile {name} is wrong: {error}")))
}
