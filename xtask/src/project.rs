//! The checkout that a task works on: where it is, which files it has, and cargo run inside it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

/// What holds no source: what builds and version control leave behind. In a linked working tree `.git` is a file.
const SKIPPED: [&str; 3] = [".git", "target", "node_modules"];

/// A checkout of this repository.
#[derive(Debug)]
pub(crate) struct Project {
    root: PathBuf,
}

impl Project {
    /// The checkout this tool was built from.
    pub(crate) fn here() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self { root: manifest.parent().unwrap_or(manifest).to_owned() }
    }

    #[cfg(test)]
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The absolute path of `relative`, which is written with `/`.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The text of a file, named in the error when it cannot be read.
    pub(crate) fn read(&self, relative: &str) -> Result<String> {
        fs::read_to_string(self.path(relative)).with_context(|| format!("cannot read {relative}"))
    }

    /// All files under `folder` (`""` is the root), sorted, as paths relative to the root and written with `/`.
    /// A folder that does not exist has none.
    pub(crate) fn files(&self, folder: &str) -> Result<Vec<String>> {
        let mut files = Vec::new();
        let start = self.path(folder);
        if start.is_dir() {
            self.walk(&start, &mut files)?;
        }
        files.sort();
        Ok(files)
    }

    /// Runs cargo in the root and returns what it printed.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Result<String> {
        let output = self.cargo_command().args(arguments).output().context("cannot start cargo")?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            bail!("cargo {} failed: {}", arguments.join(" "), complaint.trim());
        }
        String::from_utf8(output.stdout).context("cargo printed something that is not UTF-8")
    }

    /// The cargo that runs this tool, in the root.
    pub(crate) fn cargo_command(&self) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root);
        command
    }

    fn walk(&self, folder: &Path, files: &mut Vec<String>) -> Result<()> {
        for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let entry = entry?;
            let path = entry.path();
            let kind = entry.file_type()?;
            if SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
                continue;
            }
            if kind.is_dir() {
                self.walk(&path, files)?;
            } else if kind.is_file() {
                let relative = path.strip_prefix(&self.root)?;
                let relative = relative.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
                files.push(relative.replace('\\', "/"));
            }
        }
        Ok(())
    }
}

/// Whether the name of a file ends in `.extension`.
pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    path.strip_suffix(extension).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_files_below_a_folder_relative_to_the_root() {
        let files = Project::here().files("xtask").unwrap();
        assert!(files.contains(&"xtask/src/project.rs".to_owned()), "{files:?}");
        assert!(Project::here().files("no/such/folder").unwrap().is_empty());
    }

    #[test]
    fn names_the_cargo_command_that_failed() {
        let error = Project::here().cargo(&["no-such-command"]).unwrap_err().to_string();
        assert!(error.starts_with("cargo no-such-command failed"), "{error}");
    }
}
