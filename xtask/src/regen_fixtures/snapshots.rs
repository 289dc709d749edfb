//! The insta snapshots of every translation of every fixture.
//!
//! The tests that make them are run with insta told to accept everything, or, when checking, nothing.
//! insta lists the snapshots it used; those it did not use belong to no test any more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use tempfile::NamedTempFile;

use crate::generated::{Generated, Mode};
use crate::project::{Project, has_extension};

/// Of the whole workspace, as `cargo test` builds it: one package alone would have other features, and be built once more.
const TEST: [&str; 6] = ["test", "--quiet", "--locked", "--workspace", "--test=snapshots", "--test=matrix"];
const TEST_FILE: &str = "crates/translate/tests/snapshots.rs";
const FOLDER: &str = "crates/translate/tests/snapshots";
/// The field matrix, which a test beside the snapshots writes by the same rule.
const MATRIX: &str = "docs/mapping.md";

/// Runs the tests, and reports every snapshot that they changed, made or no longer use.
pub(super) fn generate(generated: &mut Generated<'_>) -> Result<()> {
    let project = generated.project();
    if !project.path(TEST_FILE).is_file() {
        bail!("{TEST_FILE} is missing, so no snapshot can be made");
    }
    let before = contents(project)?;
    let matrix = project.read(MATRIX).unwrap_or_default();
    let references = NamedTempFile::new().context("cannot create a temporary file")?;
    let passed = run_tests(project, generated.mode(), references.path())?;
    match (passed, generated.mode()) {
        (true, _) => {}
        (false, Mode::Check) => {
            generated.report(format!("{FOLDER} or {MATRIX}: the failures above name what is stale"));
            return Ok(());
        }
        (false, Mode::Write) => bail!("the tests that make the snapshots fail, and not for a difference; see above"),
    }

    let after = contents(project)?;
    let changed = after.iter().filter(|(path, text)| before.get(*path) != Some(text));
    changed.for_each(|(path, _)| generated.report(path.clone()));

    if project.read(MATRIX)? != matrix {
        generated.report(MATRIX.to_owned());
    }

    let used = used(&fs::read_to_string(references.path()).context("cannot read what insta used")?);
    for path in after.keys().filter(|path| !used.contains(&project.path(path))) {
        generated.ensure_absent(path)?;
    }
    Ok(())
}

fn run_tests(project: &Project, mode: Mode, references: &Path) -> Result<bool> {
    let update = match mode {
        Mode::Write => "always",
        Mode::Check => "no",
    };
    let mut command = project.cargo_command();
    command.args(TEST);
    command.env("INSTA_UPDATE", update);
    // The header counts as well: it names the fixture.
    command.env("INSTA_REQUIRE_FULL_MATCH", "1");
    command.env("INSTA_SNAPSHOT_REFERENCES_FILE", references);
    Ok(command.status().context("cannot start cargo")?.success())
}

/// The text of every snapshot there is.
fn contents(project: &Project) -> Result<BTreeMap<String, String>> {
    let paths = project.files(FOLDER)?;
    let paths = paths.into_iter().filter(|path| has_extension(path, "snap"));
    paths.map(|path| Ok((path.clone(), project.read(&path)?))).collect()
}

/// The paths in insta's list, which may hold `..`.
fn used(list: &str) -> BTreeSet<PathBuf> {
    list.lines().filter_map(|line| fs::canonicalize(line).ok()).collect()
}
