//! Files made from other files. One function decides between writing them and failing because they are stale.

use std::path::Path;
use std::{fs, io};

use anyhow::{Context as _, Result, bail};

use crate::project::Project;

/// The command that mends what `--check` complains about.
pub(crate) const COMMAND: &str = "cargo xtask regen-fixtures";

/// What to do about a derived file whose contents are not the expected ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Write the expected contents.
    Write,
    /// Change nothing and remember it as stale.
    Check,
}

/// Derived files seen so far, and which of them were not as expected.
#[derive(Debug)]
pub(crate) struct Generated<'a> {
    project: &'a Project,
    mode: Mode,
    stale: Vec<String>,
}

impl<'a> Generated<'a> {
    pub(crate) fn new(project: &'a Project, mode: Mode) -> Self {
        Self { project, mode, stale: Vec::new() }
    }

    pub(crate) fn project(&self) -> &'a Project {
        self.project
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// Makes sure that the file at `path` holds exactly `contents`.
    pub(crate) fn ensure(&mut self, path: &str, contents: &[u8]) -> Result<()> {
        let place = self.project.path(path);
        if read_if_there(&place)?.as_deref() == Some(contents) {
            return Ok(());
        }
        self.stale.push(path.to_owned());
        if self.mode == Mode::Write {
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
            }
            fs::write(&place, contents).with_context(|| format!("cannot write {path}"))?;
        }
        Ok(())
    }

    /// Makes sure that there is no file at `path`.
    pub(crate) fn ensure_absent(&mut self, path: &str) -> Result<()> {
        let place = self.project.path(path);
        if !place.exists() {
            return Ok(());
        }
        self.stale.push(path.to_owned());
        if self.mode == Mode::Write {
            fs::remove_file(&place).with_context(|| format!("cannot remove {path}"))?;
        }
        Ok(())
    }

    /// Records something stale that this type cannot mend itself.
    pub(crate) fn report(&mut self, what: String) {
        self.stale.push(what);
    }

    /// Everything that was not as expected: changed now, or an error that names it all.
    pub(crate) fn finish(self) -> Result<Vec<String>> {
        if self.mode == Mode::Check && !self.stale.is_empty() {
            bail!("stale, run `{COMMAND}` and read the difference:\n  {}", self.stale.join("\n  "));
        }
        Ok(self.stale)
    }
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_creates_changes_and_removes() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::at(folder.path());
        fs::write(project.path("gone.txt"), "x").unwrap();
        fs::write(project.path("same.txt"), "same").unwrap();

        let mut generated = Generated::new(&project, Mode::Write);
        generated.ensure("a/new.txt", b"new").unwrap();
        generated.ensure("same.txt", b"same").unwrap();
        generated.ensure_absent("gone.txt").unwrap();

        assert_eq!(generated.finish().unwrap(), ["a/new.txt", "gone.txt"]);
        assert_eq!(project.read("a/new.txt").unwrap(), "new");
        assert!(!project.path("gone.txt").exists());
    }

    #[test]
    fn check_changes_nothing_and_names_what_is_stale() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::at(folder.path());
        fs::write(project.path("old.txt"), "old").unwrap();

        let mut generated = Generated::new(&project, Mode::Check);
        generated.ensure("old.txt", b"new").unwrap();
        generated.ensure("missing.txt", b"new").unwrap();

        let error = generated.finish().unwrap_err().to_string();
        assert!(error.contains("old.txt") && error.contains("missing.txt"), "{error}");
        assert_eq!(project.read("old.txt").unwrap(), "old");
        assert!(!project.path("missing.txt").exists());
    }
}
