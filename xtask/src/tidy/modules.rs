//! Arrows between the files of one crate: none leads back, and the dialects of the translator know nothing of each other.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::Finding;
use super::dialects;
use super::rust::{Named, Purpose, paths};
use super::texts::{Texts, texts};
use crate::project::Project;

/// Where the crates of the workspace lie, each in a folder of its own, and the one that lies alone.
const CRATES: &str = "crates";
const XTASK: &str = "xtask/src";

/// Checks every crate of the workspace.
pub(super) fn check(project: &Project) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for folder in folders(project)? {
        let texts = texts(project, &folder)?;
        findings.extend(circles(&folder, &texts));
    }
    findings.extend(dialects::check(&texts(project, dialects::TRANSLATE)?));
    Ok(findings)
}

/// The folder of each crate's sources.
fn folders(project: &Project) -> Result<BTreeSet<String>> {
    let files = project.files(CRATES)?;
    let ours = files.iter().filter_map(|path| {
        let (name, inside) = path.strip_prefix(CRATES)?.strip_prefix('/')?.split_once('/')?;
        (inside == "Cargo.toml").then(|| format!("{CRATES}/{name}/src"))
    });
    Ok(ours.chain([XTASK.to_owned()]).collect())
}

/// Circles of imports, each told once. A file that only passes a name on, as a `mod.rs` does, stands in none for it.
fn circles(folder: &str, texts: &Texts) -> Vec<Finding> {
    let mut arrows = arrows(folder, texts);
    let mut findings = Vec::new();
    loop {
        // Whoever imports nothing that is left, or is imported by nothing that is left, stands in no circle.
        loop {
            let imported: BTreeSet<&str> = arrows.values().flatten().copied().collect();
            let outside: Vec<&str> = arrows
                .iter()
                .filter(|(file, to)| to.is_empty() || !imported.contains(*file))
                .map(|(file, _)| *file)
                .collect();
            if outside.is_empty() {
                break;
            }
            arrows.retain(|file, _| !outside.contains(file));
            for to in arrows.values_mut() {
                to.retain(|file| !outside.contains(file));
            }
        }
        let Some(circle) = circle(&arrows) else { return findings };
        let mut names: Vec<&str> = circle.iter().filter_map(|file| file.strip_prefix(folder)?.get(1..)).collect();
        names.extend(names.first().copied());
        let problem = format!("imports itself: {}; what they share belongs in a file of its own", names.join(" -> "));
        if let [first, .., last] | [first @ last] = circle.as_slice() {
            findings.push(Finding::new(*first, problem));
            arrows.entry(last).or_default().remove(first);
        }
    }
}

/// The files that each file imports.
fn arrows<'t>(folder: &str, texts: &'t Texts) -> BTreeMap<&'t str, BTreeSet<&'t str>> {
    let modules: Modules<'t> = texts
        .iter()
        .filter_map(|(path, text)| Some((module(folder, path)?, File { path, names: paths(text) })))
        .collect();
    let imports = modules.iter().map(|(here, file)| {
        let own = file.names.iter().filter(|named| named.purpose != Purpose::PubUse);
        let targets = own.filter_map(|named| target(&modules, here, &named.segments, MOST_DOORS));
        (file.path, targets.filter(|to| *to != file.path).collect())
    });
    imports.collect()
}

/// The files of a crate by the names that lead to them.
type Modules<'t> = BTreeMap<Vec<&'t str>, File<'t>>;

struct File<'t> {
    path: &'t str,
    names: Vec<Named>,
}

/// How many files may pass a name on, one to the next, before it is taken to be where it was found.
const MOST_DOORS: usize = 8;

/// The module that a file is, as the names that lead to it.
fn module<'p>(folder: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let inside = path.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".rs")?;
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    Some(if matches!(inside, "lib" | "main") { Vec::new() } else { inside.split('/').collect() })
}

/// The file that says what a path names: the innermost module on the way, or where that has the name from. `None` for what is
/// of another crate.
fn target<'t>(modules: &Modules<'t>, here: &[&str], segments: &[String], doors: usize) -> Option<&'t str> {
    let mut way: Vec<&str> = here.to_vec();
    let mut rest = segments.iter().map(String::as_str).peekable();
    match rest.peek() {
        Some(&"crate") => way.clear(),
        Some(&("self" | "super")) => {}
        Some(child) => {
            way.push(child);
            modules.get(&way)?;
            way.pop();
        }
        None => return None,
    }
    let mut name = None;
    for segment in rest {
        match segment {
            "crate" | "self" => {}
            "super" => {
                way.pop();
            }
            segment => {
                way.push(segment);
                if !modules.contains_key(&way) {
                    way.pop();
                    name = Some(segment);
                    break;
                }
            }
        }
    }
    let file = modules.get(&way)?;
    let from = name.filter(|_| doors > 0 && way != here).and_then(|name| {
        let door = file.names.iter().find(|named| named.purpose != Purpose::Code && named.called == name)?;
        target(modules, &way, &door.segments, doors - 1)
    });
    Some(from.unwrap_or(file.path))
}

/// A circle among files of which each imports another of them.
fn circle<'t>(arrows: &BTreeMap<&'t str, BTreeSet<&'t str>>) -> Option<Vec<&'t str>> {
    let mut way: Vec<&str> = vec![*arrows.keys().next()?];
    loop {
        let next = *arrows.get(way.last()?)?.first()?;
        if let Some(start) = way.iter().position(|file| *file == next) {
            return Some(way.split_off(start));
        }
        way.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialects::TRANSLATE;
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Texts {
        files.iter().map(|(path, text)| (format!("{TRANSLATE}/{path}"), (*text).to_owned())).collect()
    }

    fn problems(findings: Vec<Finding>) -> Vec<String> {
        findings.into_iter().map(|finding| finding.to_string().replace(&format!("{TRANSLATE}/"), "")).collect()
    }

    #[test]
    fn the_project_s_files_keep_to_their_arrows() {
        super::super::assert_none(&check(&Project::here()).unwrap());
    }

    #[test]
    fn two_files_that_import_each_other_are_found() {
        let tree = tree(&[
            ("lib.rs", "mod a;\nmod b;\nmod c;"),
            ("a.rs", "use super::b::B;\nuse crate::c::C;"),
            ("b.rs", "fn f() { crate::a::g() }"),
            ("c.rs", "//! For [`crate::a`].\n\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}"),
        ]);
        assert_eq!(
            problems(circles(TRANSLATE, &tree)),
            ["a.rs: imports itself: a.rs -> b.rs -> a.rs; what they share belongs in a file of its own"]
        );
    }

    #[test]
    fn a_circle_of_any_length_is_found_and_told_once() {
        let tree = tree(&[
            ("user.rs", "use crate::x::a::A;"),
            ("x/mod.rs", "mod a;\nmod b;\nmod c;\npub use a::A;"),
            ("x/a.rs", "use super::{b::B, Other};"),
            ("x/b.rs", "use super::c::{C, D};\nuse crate::used::U;"),
            ("x/c.rs", "use crate::x::a::A;"),
            ("used.rs", "use std::fmt::Debug;"),
        ]);
        let problems = problems(circles(TRANSLATE, &tree));
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("x/a.rs -> x/b.rs -> x/c.rs -> x/a.rs"), "{problems:?}");
    }

    #[test]
    fn every_one_of_two_circles_is_found() {
        let tree = tree(&[
            ("a.rs", "use crate::b::B;\nuse crate::c::C;"),
            ("b.rs", "use crate::a::A;"),
            ("c.rs", "use crate::a::A;"),
        ]);
        assert_eq!(circles(TRANSLATE, &tree).len(), 2);
    }

    #[test]
    fn what_a_parent_passes_on_is_no_import_of_its_own() {
        let tree = tree(&[
            ("lib.rs", "mod a;\nmod b;\npub use a::A;"),
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use std::fmt::Debug;\nuse crate::error::Error;"),
        ]);
        assert_eq!(circles(TRANSLATE, &tree), []);
    }

    #[test]
    fn a_name_that_others_pass_on_is_followed_to_its_file() {
        let tree = tree(&[
            ("lib.rs", "mod x;\nmod b;\npub use x::A as Same;"),
            ("x/mod.rs", "mod a;\npub(crate) use self::a::A;"),
            ("x/a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::Same;"),
        ]);
        assert_eq!(
            problems(circles(TRANSLATE, &tree)),
            ["b.rs: imports itself: b.rs -> x/a.rs -> b.rs; what they share belongs in a file of its own"]
        );
    }

    #[test]
    fn a_parent_that_says_something_itself_is_a_file_like_any_other() {
        let tree = tree(&[
            ("x/mod.rs", "mod a;\nfn shared() {}\nfn f() { a::g() }"),
            ("x/a.rs", "use super::shared;\nuse crate::run;"),
            ("main.rs", "mod x;\npub fn run() { x::f() }"),
        ]);
        let problems = problems(circles(TRANSLATE, &tree));
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems.iter().any(|problem| problem.contains("x/a.rs -> x/mod.rs -> x/a.rs")), "{problems:?}");
        assert!(problems.iter().any(|problem| problem.contains("main.rs -> ")), "{problems:?}");
    }

    #[test]
    fn every_crate_of_the_workspace_is_checked() {
        let manifest = Project::here().read("Cargo.toml").unwrap();
        // The example is one file.
        let members = "members = [\"crates/*\", \"examples/snapshot-tests\", \"xtask\"]";
        assert!(manifest.contains(members), "there are members that nobody looks at");
        let folders = folders(&Project::here()).unwrap();
        for name in ["model", "wire", "sse", "translate", "auth", "executor", "replay", "gateway", "cli"] {
            assert!(folders.contains(&format!("{CRATES}/{name}/src")), "{name}");
        }
        assert!(folders.contains(XTASK));
    }
}
