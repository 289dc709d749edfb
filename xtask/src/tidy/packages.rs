//! What `cargo package` would put into each crate's package: sources, the README, both licences, and nothing of the tests.

use anyhow::{Result, bail};

use super::Finding;
use crate::project::{Project, has_extension};

/// What every package holds beside its sources.
const REQUIRED: [&str; 3] = ["LICENSE-APACHE", "LICENSE-MIT", "README.md"];
/// What cargo itself adds.
const CARGO: [&str; 4] = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig"];
/// Crates with files that are compiled in, and where those are.
const COMPILED_IN: [(&str, &str); 2] = [("replay", "cases/"), ("executor", "profiles/")];

/// Lists the package of every crate.
pub(super) fn check(project: &Project) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in project.files("crates")? {
        let name = path.strip_prefix("crates/").and_then(|path| path.strip_suffix("/Cargo.toml"));
        let Some(name) = name.filter(|name| !name.contains('/')) else { continue };
        let list = project.cargo(&["package", "--list", "--allow-dirty", "--locked", "--manifest-path", &path])?;
        let files: Vec<&str> = list.lines().collect();
        if !files.contains(&"Cargo.toml") {
            bail!("the list of {path} has no manifest: {list}");
        }
        findings.extend(problems(name, &files));
    }
    Ok(findings)
}

fn problems(name: &str, files: &[&str]) -> Vec<Finding> {
    let missing = REQUIRED.iter().filter(|file| !files.contains(file));
    let missing = missing.map(|file| Finding::new(format!("crates/{name}"), format!("its package has no {file}")));
    let strays = files.iter().filter(|file| !belongs(name, file)).map(|file| {
        let problem = "would be in the package, which holds sources only; see `include` in the manifest";
        Finding::new(format!("crates/{name}/{file}"), problem)
    });
    missing.chain(strays).collect()
}

fn belongs(name: &str, file: &str) -> bool {
    let is_source = file.starts_with("src/") && !file.contains("/snapshots/") && !has_extension(file, "snap");
    let is_compiled_in = COMPILED_IN.iter().any(|(of, folder)| *of == name && file.starts_with(folder));
    is_source || is_compiled_in || REQUIRED.contains(&file) || CARGO.contains(&file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_s_packages_hold_what_they_should() {
        super::super::assert_none(&check(&Project::here()).unwrap());
    }

    #[test]
    fn a_snapshot_a_fixture_and_a_missing_licence_are_found() {
        let fine = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "src/lib.rs"];
        assert_eq!(problems("sse", &fine), []);
        let found = problems("sse", &[&fine[..], &["tests/it.rs", "src/snapshots/a.snap", "cases/a.sse"]].concat());
        let places: Vec<&str> = found.iter().map(|finding| finding.place.as_str()).collect();
        assert_eq!(places, ["crates/sse/tests/it.rs", "crates/sse/src/snapshots/a.snap", "crates/sse/cases/a.sse"]);
        assert_eq!(problems("replay", &[&fine[..], &["cases/a.sse"]].concat()), []);
        let missing = problems("sse", &fine[2..]);
        assert_eq!(missing, [Finding::new("crates/sse", "its package has no LICENSE-APACHE")]);
    }
}
