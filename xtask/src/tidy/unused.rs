//! Dependencies that nothing uses: an entry of the workspace that no member takes, and a crate's that its sources never name.
//!
//! A search of the text, so it may miss one that hides behind a module of the same name; it needs no build and no nightly compiler.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use regex::Regex;
use toml_edit::{DocumentMut, TableLike};

use super::Finding;
use crate::project::{Project, has_extension};

const ROOT: &str = "Cargo.toml";
/// Packages beside those in `crates/`.
const OTHERS: [&str; 4] = ["bench", "examples/snapshot-tests", "fuzz", "xtask"];
/// Folders of a package whose files are built with its development dependencies.
const DEVELOPMENT: [&str; 3] = ["benches", "examples", "tests"];

/// A dependency that is there without being named.
struct Exception {
    /// The folder of the package.
    package: &'static str,
    dependency: &'static str,
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[];

/// Checks the workspace's table, and every package of the repository.
pub(super) fn check(project: &Project) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut taken = BTreeSet::new();
    for package in packages(project)? {
        let manifest = format!("{package}/Cargo.toml");
        let sources = Sources::read(project, &package)?;
        for Dependency { name, is_development } in dependencies(&parse(project, &manifest)?) {
            let excuse = EXCEPTIONS.iter().find(|excuse| (excuse.package, excuse.dependency) == (&*package, &*name));
            let problem = match (sources.name(&name, is_development)?, excuse) {
                (false, None) => Some("is named nowhere in the sources".to_owned()),
                (true, Some(excuse)) => Some(format!("is named, so it needs no exception ({})", excuse.reason)),
                (true, None) | (false, Some(_)) => None,
            };
            let table = if is_development { "[dev-dependencies]" } else { "[dependencies]" };
            findings.extend(problem.map(|problem| Finding::new(&manifest, format!("`{name}` in {table} {problem}"))));
            taken.insert(name);
        }
    }
    let root = parse(project, ROOT)?;
    let shared = root.get("workspace").and_then(|workspace| workspace.get("dependencies")?.as_table_like());
    for (name, _) in shared.into_iter().flat_map(TableLike::iter).filter(|(name, _)| !taken.contains(*name)) {
        findings.push(Finding::new(ROOT, format!("`{name}` in [workspace.dependencies] is taken by no member")));
    }
    Ok(findings)
}

/// The folders of all packages.
fn packages(project: &Project) -> Result<Vec<String>> {
    let crates = project.files("crates")?.into_iter().filter_map(|path| {
        let folder = path.strip_suffix("/Cargo.toml")?;
        (folder.matches('/').count() == 1).then(|| folder.to_owned())
    });
    let others = OTHERS.iter().filter(|folder| project.path(folder).join("Cargo.toml").is_file());
    Ok(crates.chain(others.map(|&folder| folder.to_owned())).collect())
}

fn parse(project: &Project, manifest: &str) -> Result<DocumentMut> {
    project.read(manifest)?.parse().with_context(|| format!("{manifest} does not parse"))
}

#[derive(Debug, PartialEq, Eq)]
struct Dependency {
    name: String,
    is_development: bool,
}

/// What a manifest names, for every platform.
fn dependencies(manifest: &DocumentMut) -> Vec<Dependency> {
    let platforms = manifest.get("target").and_then(|target| target.as_table_like());
    let platforms = platforms.into_iter().flat_map(TableLike::iter).filter_map(|(_, table)| table.as_table_like());
    let mut found = Vec::new();
    for table in std::iter::once(manifest.as_table() as &dyn TableLike).chain(platforms) {
        for (key, is_development) in [("dependencies", false), ("dev-dependencies", true)] {
            let names = table.get(key).and_then(|table| table.as_table_like());
            let names = names.into_iter().flat_map(TableLike::iter);
            found.extend(names.map(|(name, _)| Dependency { name: name.to_owned(), is_development }));
        }
    }
    found
}

/// The text of a package's sources.
struct Sources {
    /// Without comments: what stands in them is built as documentation tests, if at all.
    code: String,
    /// All of it, with the folders that only development builds.
    all: String,
}

impl Sources {
    fn read(project: &Project, package: &str) -> Result<Self> {
        let mut sources = Self { code: String::new(), all: String::new() };
        for path in project.files(package)?.iter().filter(|path| has_extension(path, "rs")) {
            let text = project.read(path)?;
            let is_development = DEVELOPMENT.iter().any(|folder| path.starts_with(&format!("{package}/{folder}/")));
            if !is_development {
                let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                sources.code.extend(code.flat_map(|line| [line, "\n"]));
            }
            sources.all.push_str(&text);
        }
        Ok(sources)
    }

    fn name(&self, dependency: &str, is_development: bool) -> Result<bool> {
        let name = regex::escape(&dependency.replace('-', "_"));
        // Not the end of another path, as `crate::http::` is.
        let used = Regex::new(&format!(r"(?m)(?:^|[^0-9A-Za-z_:])(?:::)?{name}::|(?-u:\b)use (?:::)?{name}(?-u:\b)"))?;
        Ok(used.is_match(if is_development { &self.all } else { &self.code }))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_project_uses_what_it_depends_on() {
        super::super::assert_none(&check(&Project::here()).unwrap());
    }

    #[test]
    fn what_nobody_uses_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::at(folder.path());
        let write = |path: &str, text: &str| {
            let path = project.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "Cargo.toml",
            "[workspace.dependencies]\nserde = \"1\"\nlonely = \"1\"\ntower-http = \"1\"\nhttp = \"1\"\nonly-tests = \"1\"\n",
        );
        write(
            "crates/one/Cargo.toml",
            "[dependencies]\nserde.workspace = true\ntower-http.workspace = true\nhttp.workspace = true\nonly-tests.workspace = true\n\
             [target.'cfg(unix)'.dependencies]\nlibc = \"1\"\n[dev-dependencies]\ncriterion = \"1\"\nidle = \"1\"\n",
        );
        write("crates/one/src/lib.rs", "use serde as _;\n// tower_http::cors\nfn f() { crate::http::go() }\n");
        write("crates/one/tests/it.rs", "use {criterion::Criterion, only_tests::T};\n");

        let found: Vec<String> = check(&project).unwrap().iter().map(ToString::to_string).collect();
        let unused = |name: &str, table: &str| {
            format!("crates/one/Cargo.toml: `{name}` in [{table}] is named nowhere in the sources")
        };
        let expected = [
            unused("tower-http", "dependencies"),
            unused("http", "dependencies"),
            unused("only-tests", "dependencies"),
            unused("idle", "dev-dependencies"),
            unused("libc", "dependencies"),
            "Cargo.toml: `lonely` in [workspace.dependencies] is taken by no member".to_owned(),
        ];
        assert_eq!(found, expected);
    }
}
