//! The key that summaries of conversations are sealed with.

use std::path::PathBuf;

use anyhow::Result;
use interlingua_gateway::{SealConfig, SealKey};

/// What all gateways of an installation are given.
const KEY: &str = "INTERLINGUA_SEAL_KEY";

/// The key of the environment, else one in a file of the user's that is made on first use. Without a home nothing outlives
/// the process.
pub(super) fn config() -> Result<SealConfig> {
    if let Some(key) = std::env::var(KEY).ok().filter(|key| !key.is_empty()) {
        return Ok(SealConfig::Key(SealKey::new(&key)?));
    }
    let path = folder(std::env::var_os("XDG_STATE_HOME").map(PathBuf::from), std::env::home_dir());
    Ok(path.map_or(SealConfig::Process, |folder| SealConfig::File(folder.join("interlingua").join("seal.key"))))
}

/// Where programs keep what is theirs (XDG Base Directory Specification).
fn folder(state: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    let home = || home.filter(|home| home.is_absolute()).map(|home| home.join(".local").join("state"));
    state.filter(|state| state.is_absolute()).or_else(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_the_users() {
        let at = |state: Option<&str>, home: Option<&str>| folder(state.map(PathBuf::from), home.map(PathBuf::from));
        assert_eq!(at(Some("/s"), Some("/h")), Some(PathBuf::from("/s")));
        assert_eq!(at(None, Some("/h")), Some(PathBuf::from("/h/.local/state")));
        assert_eq!(at(Some("relative"), None), None);
    }
}
