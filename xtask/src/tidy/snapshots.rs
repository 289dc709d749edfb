//! Snapshots: none waits for a decision, and none outlives the fixture it was made from.

use anyhow::Result;

use super::Finding;
use crate::case::FIXTURES;
use crate::generated::COMMAND;
use crate::project::{Project, has_extension};

/// The key of a snapshot's header that names its fixture.
const SOURCE: &str = "description: ";

/// Checks every snapshot of every package.
pub(super) fn check(project: &Project) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in project.files("")? {
        if has_extension(&path, "snap.new") || has_extension(&path, "pending-snap") {
            findings.push(Finding::new(
                path,
                format!("waits for a decision; run `{COMMAND}`, read the difference, commit or mend"),
            ));
        } else if has_extension(&path, "snap") {
            let orphaned = fixture_of(&project.read(&path)?).filter(|fixture| !project.path(fixture).exists());
            findings
                .extend(orphaned.map(|fixture| Finding::new(&path, format!("was made from {fixture}, which is gone"))));
        }
    }
    Ok(findings)
}

/// The fixture that a snapshot says it was made from.
fn fixture_of(snapshot: &str) -> Option<String> {
    let header = snapshot.strip_prefix("---\n")?.split("\n---\n").next()?;
    let source = header.lines().find_map(|line| line.strip_prefix(SOURCE))?.trim_matches('"');
    source.starts_with(FIXTURES).then(|| source.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_project_s_snapshots_are_tidy() {
        super::super::assert_none(&check(&Project::here()).unwrap());
    }

    #[test]
    fn undecided_and_orphaned_snapshots_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::at(folder.path());
        fs::create_dir_all(project.path("fixtures/chat/here")).unwrap();
        fs::write(project.path("a.snap.new"), "").unwrap();
        fs::write(project.path("b.snap"), "---\nsource: x.rs\ndescription: fixtures/chat/gone\n---\ntext\n").unwrap();
        fs::write(project.path("c.snap"), "---\ndescription: fixtures/chat/here\n---\ntext\n").unwrap();

        let places: Vec<String> = check(&project).unwrap().into_iter().map(|finding| finding.place).collect();
        assert_eq!(places, ["a.snap.new", "b.snap"]);
    }
}
