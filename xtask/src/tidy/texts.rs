//! The sources of a crate.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::sources::is_test;
use crate::project::{Project, has_extension};

/// The text of every file that is not only tests, by its path.
pub(super) type Texts = BTreeMap<String, String>;

/// The texts of the files in a folder.
pub(super) fn texts(project: &Project, folder: &str) -> Result<Texts> {
    let files = project.files(folder)?;
    let ours = files.into_iter().filter(|path| has_extension(path, "rs") && !is_test(path));
    let texts: Texts = ours.map(|path| project.read(&path).map(|text| (path, text))).collect::<Result<_>>()?;
    if texts.is_empty() {
        bail!("{folder} has no Rust files");
    }
    Ok(texts)
}
