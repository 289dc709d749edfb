//! The cases that the replay crate embeds: copies, since a published package holds only files of its own folder.
//!
//! Which cases those are is the replay crate's own decision (`crates/replay/src/embedded.rs`): one for each folder below its
//! `cases/`. This makes every such folder equal to the original.

use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::case::{self, PROTOCOLS};
use crate::generated::Generated;
use crate::project::Project;

const FOLDER: &str = "crates/replay/cases";

/// Copies the files of each embedded case, byte for byte, and removes what the original does not have.
pub(super) fn generate(generated: &mut Generated<'_>) -> Result<()> {
    let project = generated.project();
    let names = case::names(project)?;
    for name in embedded(project)? {
        if !names.contains(&name) {
            bail!(
                "{FOLDER}/{name} is a copy of a case that is gone; remove it and its line in crates/replay/src/embedded.rs"
            );
        }
        let original = case::path(&name, "");
        let copy = format!("{FOLDER}/{name}/");
        for path in project.files(&original)? {
            let bytes = fs::read(project.path(&path)).with_context(|| format!("cannot read {path}"))?;
            generated.ensure(&path.replace(&original, &copy), &bytes)?;
        }
        for path in project.files(&copy)? {
            if !project.path(&path.replace(&copy, &original)).exists() {
                generated.ensure_absent(&path)?;
            }
        }
    }
    Ok(())
}

/// The folders below `cases/`, as `protocol/case`, sorted; an empty one counts, so that a case is added by making its folder.
fn embedded(project: &Project) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for protocol in PROTOCOLS {
        let folder = project.path(&format!("{FOLDER}/{protocol}"));
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            names.push(format!("{protocol}/{}", entry?.file_name().to_string_lossy()));
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::Mode;

    /// A project with the case `chat/one`, and a folder for its copy that holds `file`.
    fn project(copy: &str, file: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let place = |path: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(&path).unwrap();
            path
        };
        fs::write(place("fixtures/chat/one").join("case.toml"), "case").unwrap();
        fs::write(place("fixtures/chat/one").join("stream.sse"), "data: 1\r\n\r\n").unwrap();
        fs::write(place(&format!("{FOLDER}/{copy}")).join(file), "old").unwrap();
        folder
    }

    #[test]
    fn a_copy_becomes_equal_to_its_original() {
        let folder = project("chat/one", "leftover.json");
        let project = Project::at(folder.path());
        let mut generated = Generated::new(&project, Mode::Write);
        generate(&mut generated).unwrap();
        assert_eq!(generated.finish().unwrap().len(), 3);
        assert_eq!(project.read(&format!("{FOLDER}/chat/one/stream.sse")).unwrap(), "data: 1\r\n\r\n");
        assert!(!project.path(&format!("{FOLDER}/chat/one/leftover.json")).exists());
    }

    #[test]
    fn a_copy_of_nothing_is_an_error_that_says_what_to_do() {
        let folder = project("chat/two", "case.toml");
        let project = Project::at(folder.path());
        let error = generate(&mut Generated::new(&project, Mode::Write)).unwrap_err().to_string();
        assert!(error.contains("chat/two is a copy of a case that is gone"), "{error}");
    }
}
