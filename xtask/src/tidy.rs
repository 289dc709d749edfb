//! `cargo xtask tidy`: what holds for this repository and no compiler checks.
//! Each check is a function from the checkout to its findings, and a test of this package, so that `cargo test` runs it too.

mod arrows;
mod dependencies;
mod dialects;
mod finding;
mod fixtures;
mod modules;
mod packages;
mod promises;
mod rust;
mod snapshots;
mod sources;
mod texts;
mod unused;
mod words;

use anyhow::{Result, bail};

use crate::project::Project;

use self::finding::Finding;
#[cfg(test)]
use self::finding::assert_none;

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
