//! `cargo xtask tidy`: what holds for this repository and no compiler checks.
//! Each check is a function from the checkout to its findings, and a test of this package, so that `cargo test` runs it too.

mod arrows;
mod dependencies;
mod dialects;
mod fixtures;
mod modules;
mod packages;
mod promises;
mod rust;
mod snapshots;
mod sources;
mod unused;
mod words;

use std::fmt;

use anyhow::{Result, bail};

use crate::project::Project;

type Check = fn(&Project) -> Result<Vec<Finding>>;

const CHECKS: [(&str, Check); 10] = [
    ("arrows between crates", arrows::check),
    ("licences and sources of dependencies", dependencies::check),
    ("unused dependencies", unused::check),
    ("packages", packages::check),
    ("source files", sources::check),
    ("arrows between files", modules::check),
    ("words", words::check),
    ("promises", promises::check),
    ("fixtures", fixtures::check),
    ("snapshots", snapshots::check),
];

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// A path, with a line where there is one, or the name of a package.
    pub(crate) place: String,
    /// What is wrong, and what to do where that is not plain.
    pub(crate) problem: String,
}

impl Finding {
    pub(crate) fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.problem)
    }
}

/// Runs every check, prints what each found, and fails if any found something.
pub(crate) fn run(project: &Project) -> Result<()> {
    let mut total = 0;
    for (name, check) in CHECKS {
        let findings = check(project)?;
        println!("{name}: {}", if findings.is_empty() { "ok".to_owned() } else { findings.len().to_string() });
        for finding in &findings {
            println!("  {finding}");
        }
        total += findings.len();
    }
    if total > 0 {
        bail!("{total} findings, each listed above");
    }
    Ok(())
}

/// Fails a test with all findings, one a line.
#[cfg(test)]
#[track_caller]
fn assert_none(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "\n{}\n", lines.join("\n"));
}
