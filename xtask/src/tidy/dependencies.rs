//! Licences, sources and bans of every package in the lock file, held to `deny.toml`.
//! `cargo deny` reads the same file; this needs nothing installed and no network.

use std::path::Path;

use anyhow::{Context as _, Result};
use cargo_metadata::{Metadata, MetadataCommand, Package};
use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

use super::Finding;
use crate::project::Project;

/// The file that holds the line.
const POLICY: &str = "deny.toml";

/// The parts of `deny.toml` that this check reads; `cargo deny` knows more of them.
#[derive(Deserialize)]
struct Policy {
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    package: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    unknown_registry: String,
    unknown_git: String,
}

/// Holds every package of the workspace's graph, on all platforms and with all features, to the policy.
pub(super) fn check(project: &Project) -> Result<Vec<Finding>> {
    let policy: Policy =
        toml_edit::de::from_str(&project.read(POLICY)?).with_context(|| format!("{POLICY} does not parse"))?;
    let allowed = policy.licensees()?;
    let metadata = metadata(project)?;

    let mut findings = policy.check_itself();
    for package in &metadata.packages {
        let problems = [
            source_problem(package, metadata.workspace_root.as_std_path()),
            license_problem(package.license.as_deref(), &allowed),
            policy.ban_problem(&package.name),
        ];
        let place = format!("{} {}", package.name, package.version);
        findings.extend(problems.into_iter().flatten().map(|problem| Finding::new(&place, problem)));
    }
    Ok(findings)
}

fn metadata(project: &Project) -> Result<Metadata> {
    MetadataCommand::new()
        .cargo_path(project.cargo_command().get_program())
        .manifest_path(project.path("Cargo.toml"))
        .other_options(["--locked".to_owned(), "--all-features".to_owned()])
        .exec()
        .context("cargo metadata failed")
}

impl Policy {
    fn licensees(&self) -> Result<Vec<Licensee>> {
        let parse =
            |text: &String| Licensee::parse(text).with_context(|| format!("{POLICY}: `{text}` is no SPDX licence"));
        self.licenses.allow.iter().map(parse).collect()
    }

    /// This check refuses foreign sources whatever the policy says, so the policy must say the same.
    fn check_itself(&self) -> Vec<Finding> {
        let denies = self.sources.unknown_registry == "deny" && self.sources.unknown_git == "deny";
        let problem = "[sources] must deny unknown registries and git, as this check does";
        if denies { Vec::new() } else { vec![Finding::new(POLICY, problem)] }
    }

    fn ban_problem(&self, name: &str) -> Option<String> {
        let ban = self.bans.deny.iter().find(|ban| ban.package == name)?;
        Some(format!("is banned by {POLICY}: {}", ban.reason))
    }
}

/// A package comes from the registry everybody uses, or is a member of this workspace.
fn source_problem(package: &Package, root: &Path) -> Option<String> {
    match &package.source {
        Some(source) if source.is_crates_io() => None,
        Some(source) => Some(format!("comes from {source}; only the public crates registry is allowed")),
        None if package.manifest_path.as_std_path().starts_with(root) => None,
        None => Some(format!("comes from {}, outside this workspace", package.manifest_path)),
    }
}

fn license_problem(license: Option<&str>, allowed: &[Licensee]) -> Option<String> {
    let Some(text) = license else {
        return Some("declares no licence".to_owned());
    };
    // Lax: old packages write `MIT/Apache-2.0`.
    let expression = match Expression::parse_mode(text, ParseMode::LAX) {
        Ok(expression) => expression,
        Err(error) => {
            return Some(format!("declares the licence `{text}`, which is no SPDX expression: {}", error.reason));
        }
    };
    let accepted = expression.evaluate(|requirement| allowed.iter().any(|licensee| licensee.satisfies(requirement)));
    (!accepted).then(|| format!("has the licence `{text}`, which {POLICY} does not allow"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(names: &[&str]) -> Vec<Licensee> {
        names.iter().map(|name| Licensee::parse(name).unwrap()).collect()
    }

    #[test]
    fn the_project_keeps_its_policy() {
        super::super::assert_none(&check(&Project::here()).unwrap());
    }

    #[test]
    fn licences_are_expressions_and_not_strings() {
        let allowed = allowed(&["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"]);
        for fine in ["MIT", "GPL-3.0-only OR MIT", "MIT/GPL-3.0", "MIT AND ISC", "(GPL-2.0-only OR ISC) AND MIT"] {
            assert_eq!(license_problem(Some(fine), &allowed), None, "{fine}");
        }
        for refused in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "Apache-2.0", "MIT AND (ISC AND Zlib)", "Mitt", ""] {
            assert!(license_problem(Some(refused), &allowed).is_some(), "{refused}");
        }
        assert!(license_problem(None, &allowed).is_some());
        assert_eq!(license_problem(Some("Apache-2.0 WITH LLVM-exception"), &allowed), None);
    }

    #[test]
    fn sources_other_than_the_registry_and_the_workspace_are_refused() {
        let metadata = metadata(&Project::here()).unwrap();
        let root = metadata.workspace_root.as_std_path();
        let serde = metadata.packages.iter().find(|package| package.name.as_str() == "serde").unwrap();
        let wire = metadata.packages.iter().find(|package| package.name.as_str() == "interlingua-wire").unwrap();

        assert_eq!(source_problem(serde, root), None);
        assert_eq!(source_problem(wire, root), None);
        assert!(source_problem(wire, &root.join("elsewhere")).is_some());
        let git = serde_json::from_str("\"git+https://example.com/serde?rev=1#abc\"").unwrap();
        let mut from_git = serde.clone();
        from_git.source = Some(git);
        assert!(source_problem(&from_git, root).is_some());
    }

    #[test]
    fn banned_packages_are_named_with_the_reason() {
        let policy: Policy = toml_edit::de::from_str(&Project::here().read(POLICY).unwrap()).unwrap();
        for name in ["aws-lc-rs", "aws-lc-sys", "openssl-sys", "native-tls", "cmake"] {
            assert!(policy.ban_problem(name).is_some(), "{name}");
        }
        assert_eq!(policy.ban_problem("ring"), None);
    }
}
