//! The promises of `SECURITY.md`: each names the tests that show it, and they are there.

use anyhow::Result;

use super::Finding;
use crate::project::Project;

const PAGE: &str = "SECURITY.md";

/// Looks up every test that the page names.
pub(super) fn check(project: &Project) -> Result<Vec<Finding>> {
    let page = project.read(PAGE)?;
    Ok(unproven(&page).into_iter().chain(missing(&page, |path| project.read(path).ok())).collect())
}

/// Promises, which are paragraphs in bold of their own, without a test below them.
fn unproven(page: &str) -> Vec<Finding> {
    let Some((before, promised)) = page.split_once("\n## What is promised\n") else {
        return vec![Finding::new(PAGE, "has no heading `## What is promised`")];
    };
    let first = before.lines().count() + 3;
    let mut findings = Vec::new();
    let mut open = None;
    for (number, line) in (first..).zip(promised.lines()) {
        if line.starts_with("**") {
            findings.extend(open.replace(number));
        } else if tests(line).next().is_some() {
            open = None;
        }
    }
    findings.extend(open);
    let found = |number| Finding::new(format!("{PAGE}:{number}"), "promises what no test shows");
    findings.into_iter().map(found).collect()
}

/// Tests that are not where the page says.
fn missing(page: &str, read: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(page.lines()) {
        for (name, path) in tests(line) {
            let defined = ["fn", "def"].map(|word| format!("{word} {name}("));
            let is_there = read(path).is_some_and(|text| defined.iter().any(|definition| text.contains(definition)));
            if !is_there {
                findings.push(Finding::new(format!("{PAGE}:{number}"), format!("there is no `{name}` in {path}")));
            }
        }
    }
    findings
}

/// The tests that a line links to, each by its name in backticks.
fn tests(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.split("[`").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once("`](")?;
        let (path, _) = rest.split_once(')')?;
        Some((name, path))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_that_is_named_is_there() {
        super::super::assert_none(&check(&Project::here()).unwrap());
    }

    #[test]
    fn a_test_that_is_gone_and_a_promise_without_one_are_found() {
        let page = "# x\n\n## What is promised\n\n**One.**\n\n- [`here`](a.rs), [`gone`](a.rs), [`py`](b.py)\n\n**Two.**\nWords.\n";
        let read = |path: &str| match path {
            "a.rs" => Some("async fn here() {}\nfn here_too() {}".to_owned()),
            "b.py" => Some("def py(place):".to_owned()),
            _ => None,
        };
        let found: Vec<_> = missing(page, read).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["SECURITY.md:7: there is no `gone` in a.rs"]);
        let found: Vec<_> = unproven(page).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["SECURITY.md:9: promises what no test shows"]);
    }
}
