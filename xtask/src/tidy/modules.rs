//! Arrows between the files of one crate: none leads back, and the dialects of the translator know nothing of each other.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};

use super::Finding;
use super::dialects;
use super::rust::paths;
use super::sources::is_test;
use crate::project::{Project, has_extension};

/// Crates whose files must not import each other in a circle.
const CRATES: [&str; 4] = ["model", "wire", "sse", "translate"];

/// The text of every file that is not only tests, by its path.
pub(super) type Texts = BTreeMap<String, String>;

/// Checks the crates listed above.
pub(super) fn check(project: &Project) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for name in CRATES {
        let folder = format!("crates/{name}/src");
        let texts = texts(project, &folder)?;
        findings.extend(circles(&folder, &texts));
    }
    findings.extend(dialects::check(&texts(project, dialects::TRANSLATE)?));
    Ok(findings)
}

fn texts(project: &Project, folder: &str) -> Result<Texts> {
    let files = project.files(folder)?;
    let ours = files.into_iter().filter(|path| has_extension(path, "rs") && !is_test(path));
    let texts: Texts = ours.map(|path| project.read(&path).map(|text| (path, text))).collect::<Result<_>>()?;
    if texts.is_empty() {
        bail!("{folder} has no Rust files");
    }
    Ok(texts)
}

/// Circles of imports, each told once. What a `mod.rs` or `lib.rs` only passes on leads no further.
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
    let modules: BTreeMap<Vec<&str>, &str> =
        texts.keys().filter_map(|path| Some((module(folder, path)?, path.as_str()))).collect();
    let mut arrows = BTreeMap::new();
    for (path, text) in texts.iter().filter(|(path, _)| !is_root(path)) {
        let Some(here) = module(folder, path) else { continue };
        let targets = paths(text).into_iter().filter_map(|named| target(&modules, &here, &named.segments));
        arrows.insert(path.as_str(), targets.filter(|to| to != path && !is_root(to)).collect());
    }
    arrows
}

fn is_root(path: &str) -> bool {
    path.ends_with("/mod.rs") || path.ends_with("/lib.rs")
}

/// The module that a file is, as the names that lead to it.
fn module<'p>(folder: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let inside = path.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".rs")?;
    let inside = inside.strip_suffix("/mod").unwrap_or(inside);
    Some(if inside == "lib" { Vec::new() } else { inside.split('/').collect() })
}

/// The file that a path leads into: the innermost module on the way. `None` for what is of another crate.
fn target<'t>(modules: &BTreeMap<Vec<&str>, &'t str>, here: &[&str], segments: &[String]) -> Option<&'t str> {
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
    for segment in rest {
        match segment {
            "crate" | "self" => {}
            "super" => {
                way.pop();
            }
            name => way.push(name),
        }
    }
    while !modules.contains_key(&way) {
        way.pop()?;
    }
    modules.get(&way).copied()
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
    fn what_a_parent_passes_on_is_no_import_of_its_children() {
        let tree = tree(&[
            ("lib.rs", "mod a;\nmod b;\npub use a::A;"),
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::A;\nuse super::A as Same;"),
        ]);
        assert_eq!(circles(TRANSLATE, &tree), []);
    }
}
