//! Who may depend on whom, compared with what `cargo tree` says.
//!
//! Only what is listed is allowed, so a new dependency is a decision somebody wrote down.
//! A bare `cargo tree -i tokio` would pass when its package name is misspelt; this cannot, since the tree of an unknown package is an error.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};

use super::Finding;
use crate::project::Project;

/// What one package may depend on, under one set of features.
struct Rule {
    package: &'static str,
    features: &'static [&'static str],
    /// Packages of this workspace that it may name in `[dependencies]`.
    ours: &'static [&'static str],
    /// Everything else it brings along, directly or not.
    others: Others,
}

enum Others {
    /// Exactly these: a package that appears and one that disappears are both findings.
    Exactly(&'static [&'static [&'static str]]),
    /// Any but these.
    Without(&'static [&'static str]),
}

/// What serde and its JSON bring.
const SERDE: &[&str] = &[
    "itoa",
    "memchr",
    "proc-macro2",
    "quote",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "syn",
    "unicode-ident",
    "zmij",
];
/// What translating needs beside.
const TRANSLATION: &[&str] = &["sha1_smol", "thiserror", "thiserror-impl"];
/// What a first build would wait for, and what there is in its place: unicode-rs by way of `idna_adapter` 1.1, streams
/// without a macro, and ruzstd. The vocabulary that tokens are counted with is worth its `regex-automata`.
const SLOW: &[&str] = &["async-stream", "icu_properties", "zstd-sys"];
const NETWORK: &[&str] = &["axum", "hyper", "hyper-util", "reqwest", "rustls"];

const RULES: &[Rule] = &[
    Rule { package: "interlingua-model", features: &[], ours: &[], others: Others::Exactly(&[SERDE]) },
    Rule { package: "interlingua-wire", features: &[], ours: &[], others: Others::Exactly(&[SERDE]) },
    Rule { package: "interlingua-sse", features: &[], ours: &[], others: Others::Exactly(&[&["memchr"]]) },
    Rule {
        package: "interlingua-sse",
        features: &["--features", "stream"],
        ours: &[],
        others: Others::Exactly(&[&["futures-core", "memchr", "pin-project-lite"]]),
    },
    Rule {
        package: "interlingua-translate",
        features: &["--no-default-features"],
        ours: &["interlingua-model", "interlingua-wire"],
        others: Others::Exactly(&[SERDE, TRANSLATION]),
    },
    Rule {
        package: "interlingua-translate",
        features: &["--all-features"],
        ours: &["interlingua-model", "interlingua-sse", "interlingua-wire"],
        others: Others::Exactly(&[SERDE, TRANSLATION]),
    },
    Rule { package: "interlingua-auth", features: &["--all-features"], ours: &[], others: Others::Without(&["axum"]) },
    Rule {
        package: "interlingua-executor",
        features: &["--no-default-features"],
        ours: &["interlingua-model", "interlingua-sse", "interlingua-translate", "interlingua-wire"],
        others: Others::Without(NETWORK),
    },
    Rule {
        package: "interlingua-executor",
        features: &["--all-features"],
        ours: &[
            "interlingua-auth",
            "interlingua-model",
            "interlingua-sse",
            "interlingua-translate",
            "interlingua-wire",
        ],
        others: Others::Without(&["axum"]),
    },
    Rule {
        package: "interlingua-replay",
        features: &["--all-features"],
        ours: &["interlingua-model", "interlingua-sse", "interlingua-wire"],
        others: Others::Without(&["reqwest"]),
    },
    Rule {
        package: "interlingua-gateway",
        features: &["--all-features"],
        ours: &[
            "interlingua-auth",
            "interlingua-executor",
            "interlingua-model",
            "interlingua-replay",
            "interlingua-sse",
            "interlingua-translate",
            "interlingua-wire",
        ],
        others: Others::Without(&["clap"]),
    },
    Rule {
        package: "interlingua",
        features: &["--all-features"],
        ours: &[
            "interlingua-auth",
            "interlingua-executor",
            "interlingua-gateway",
            "interlingua-model",
            "interlingua-replay",
            "interlingua-sse",
            "interlingua-translate",
            "interlingua-wire",
        ],
        others: Others::Without(SLOW),
    },
];

/// Compares every rule with the tree of its package.
pub(super) fn check(project: &Project) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for rule in RULES {
        findings.extend(rule.check(&tree(project, rule)?));
    }
    findings.extend(unruled(project)?);
    Ok(findings)
}

/// Crates of the workspace that no rule speaks of.
fn unruled(project: &Project) -> Result<Vec<Finding>> {
    let manifests = project.files("crates")?;
    let manifests = manifests.iter().filter(|path| path.ends_with("/Cargo.toml"));
    let mut findings = Vec::new();
    for path in manifests {
        let named = |rule: &Rule| rule.package.strip_prefix("interlingua-").unwrap_or("cli");
        let ruled = RULES.iter().any(|rule| format!("crates/{}/Cargo.toml", named(rule)) == *path);
        if !ruled {
            findings.push(Finding::new(path, "no rule in xtask/src/tidy/arrows.rs says what this crate may depend on"));
        }
    }
    Ok(findings)
}

/// A package in another's tree.
#[derive(Debug, PartialEq, Eq)]
struct Node {
    depth: usize,
    name: String,
}

/// The normal dependencies of `package` for every platform, itself at depth 0.
fn tree(project: &Project, rule: &Rule) -> Result<Vec<Node>> {
    let mut arguments = vec![
        "tree",
        "--locked",
        "--package",
        rule.package,
        "--edges",
        "normal",
        "--prefix",
        "depth",
        "--format",
        " {p}",
    ];
    // What is allowed is allowed everywhere; what a build waits for is what it compiles here.
    if let Others::Exactly(_) = rule.others {
        arguments.extend(["--target", "all"]);
    }
    arguments.extend(rule.features);
    parse_tree(&project.cargo(&arguments)?)
}

fn parse_tree(text: &str) -> Result<Vec<Node>> {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let mut words = line.split(' ');
            let depth =
                words.next().and_then(|word| word.parse().ok()).with_context(|| format!("no depth in `{line}`"))?;
            let name = words.next().with_context(|| format!("no package in `{line}`"))?.to_owned();
            Ok(Node { depth, name })
        })
        .collect()
}

impl Rule {
    fn check(&self, tree: &[Node]) -> Vec<Finding> {
        let mut findings = Vec::new();
        let place = [&[self.package], self.features].concat().join(" ");
        let is_ours = |name: &str| name == "interlingua" || name.starts_with("interlingua-");

        for node in tree.iter().filter(|node| node.depth == 1 && is_ours(&node.name)) {
            if !self.ours.contains(&node.name.as_str()) {
                findings.push(Finding::new(&place, format!("must not depend on {}", node.name)));
            }
        }
        let found: BTreeSet<&str> = tree.iter().map(|node| node.name.as_str()).filter(|name| !is_ours(name)).collect();
        match self.others {
            Others::Exactly(lists) => {
                let allowed: BTreeSet<&str> = lists.iter().flat_map(|list| list.iter().copied()).collect();
                for name in found.difference(&allowed) {
                    findings.push(Finding::new(&place, format!("brings {name}, which is not on its list of packages")));
                }
                for name in allowed.difference(&found) {
                    findings.push(Finding::new(
                        &place,
                        format!("no longer brings {name}; take it off its list of packages"),
                    ));
                }
            }
            Others::Without(banned) => {
                for name in banned.iter().filter(|name| found.contains(*name)) {
                    findings.push(Finding::new(&place, format!("must do without {name}")));
                }
            }
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_has_only_the_arrows_of_its_architecture() {
        super::super::assert_none(&check(&Project::here()).unwrap());
    }

    fn exactly(package: &'static str, features: &'static [&'static str]) -> Rule {
        Rule { package, features, ours: &[], others: Others::Exactly(&[]) }
    }

    #[test]
    fn a_misspelt_package_is_an_error_and_not_an_empty_tree() {
        let error = tree(&Project::here(), &exactly("interlingua-trnslate", &[])).unwrap_err().to_string();
        assert!(error.contains("interlingua-trnslate"), "{error}");
    }

    #[test]
    fn depending_on_translate_alone_costs_about_fifteen_packages() {
        let tree = tree(&Project::here(), &exactly("interlingua-translate", &["--no-default-features"])).unwrap();
        let names: BTreeSet<&str> = tree.iter().map(|node| node.name.as_str()).collect();
        assert!(names.len() <= 18, "{}: {names:?}", names.len());
        for heavy in ["tokio", "reqwest", "hyper", "axum", "futures", "futures-core"] {
            assert!(!names.contains(heavy), "{heavy}");
        }
    }

    #[test]
    fn every_package_of_ours_in_a_rule_exists() {
        for rule in RULES {
            for package in rule.ours {
                assert!(RULES.iter().any(|other| other.package == *package), "{package}");
            }
        }
    }

    #[test]
    fn what_is_not_listed_is_found() {
        let rule = Rule {
            package: "interlingua-wire",
            features: &[],
            ours: &["interlingua-model"],
            others: Others::Exactly(&[&["serde", "memchr"]]),
        };
        let tree = parse_tree(
            "0 interlingua-wire v0.1.0 (/somewhere)\n1 serde v1.0.0\n2 serde_core v1.0.0\n1 interlingua-sse v0.1.0\n2 interlingua-model v0.1.0 (*)\n",
        )
        .unwrap();
        let problems: Vec<String> = rule.check(&tree).into_iter().map(|finding| finding.problem).collect();
        assert_eq!(
            problems,
            [
                "must not depend on interlingua-sse",
                "brings serde_core, which is not on its list of packages",
                "no longer brings memchr; take it off its list of packages",
            ]
        );
    }

    #[test]
    fn what_is_banned_is_found_at_any_depth() {
        let rule = Rule { package: "interlingua-executor", features: &[], ours: &[], others: Others::Without(NETWORK) };
        let tree = parse_tree("0 interlingua-executor v0.1.0\n1 a v1.0.0\n2 hyper v1.0.0\n").unwrap();
        assert_eq!(rule.check(&tree), [Finding::new("interlingua-executor", "must do without hyper")]);
    }
}
