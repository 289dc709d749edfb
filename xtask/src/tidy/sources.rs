//! Source files: each says what it is for, none is long without a reason, and the pure crates keep their guard.

use anyhow::Result;

use super::Finding;
use crate::project::{Project, has_extension};

/// A longer file says why, in a line that begins with [`REASON`] near its top.
const MAX_LINES: usize = 400;
const REASON: &str = "// Long because: ";
/// How far down "near its top" goes.
const TOP: usize = 40;

/// Folders with Rust sources.
const RUST_FOLDERS: [&str; 5] = ["crates", "xtask", "fuzz", "bench", "examples"];
/// Kinds of files whose lines end where their text does.
const TRIMMED: [&str; 7] = ["rs", "toml", "md", "sh", "yml", "py", "mjs"];

/// Crates that read no clock, draw no random number and do no input or output.
/// The wasm target cannot be built everywhere, so a list of methods they must not call stands in for it.
const PURE: [&str; 4] = ["model", "sse", "translate", "wire"];
const GUARDED: [&str; 6] = [
    "std::time::SystemTime::now",
    "std::time::Instant::now",
    "std::env::var",
    "std::fs::read",
    "std::thread::spawn",
    "std::net::TcpStream::connect",
];

/// Checks every file of the project that people write.
pub(super) fn check(project: &Project) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for folder in RUST_FOLDERS {
        for path in project.files(folder)?.iter().filter(|path| has_extension(path, "rs")) {
            let text = project.read(path)?;
            findings.extend(undocumented(path, &text));
            findings.extend(too_long(path, &text));
        }
    }
    for path in project.files("")? {
        let written = TRIMMED.iter().any(|extension| has_extension(&path, extension)) || path == ".ci/run";
        if written && !path.contains("/snapshots/") {
            findings.extend(ragged(&path, &project.read(&path)?));
        }
    }
    for name in PURE {
        let path = format!("crates/{name}/clippy.toml");
        match project.read(&path) {
            Ok(text) => findings.extend(unguarded(&path, &text)),
            Err(_) => {
                findings.push(Finding::new(path, "is missing: a pure crate bans clocks, files and sockets in it"));
            }
        }
    }
    Ok(findings)
}

/// Whether a file holds nothing but tests.
pub(super) fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.contains("/tests/") || name == "tests.rs" || name.ends_with("_tests.rs")
}

fn undocumented(path: &str, text: &str) -> Option<Finding> {
    let documented = is_test(path) || text.starts_with("//!");
    (!documented).then(|| Finding::new(format!("{path}:1"), "must begin with `//!` and say what the module is for"))
}

fn too_long(path: &str, text: &str) -> Option<Finding> {
    let lines = text.lines().count();
    let excused = text.lines().take(TOP).any(|line| line.trim_start().starts_with(REASON));
    (lines > MAX_LINES && !excused).then(|| {
        let problem = format!("has {lines} lines, more than {MAX_LINES}; split it, or say `{REASON}..` near its top");
        Finding::new(path, problem)
    })
}

fn ragged(path: &str, text: &str) -> Vec<Finding> {
    let ends_with_space = |line: &str| line.ends_with([' ', '\t', '\r']);
    let lines = (1..).zip(text.split('\n')).filter(|(_, line)| ends_with_space(line));
    let mut findings: Vec<Finding> =
        lines.map(|(number, _)| Finding::new(format!("{path}:{number}"), "has space at its end")).collect();
    if !text.is_empty() && !text.ends_with('\n') {
        findings.push(Finding::new(path, "must end with a newline"));
    }
    findings
}

fn unguarded(path: &str, text: &str) -> Vec<Finding> {
    let missing = GUARDED.iter().filter(|method| !text.contains(&format!("\"{method}\"")));
    missing.map(|method| Finding::new(path, format!("must list {method} under disallowed-methods"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_s_sources_are_tidy() {
        super::super::assert_none(&check(&Project::here()).unwrap());
    }

    #[test]
    fn a_module_says_what_it_is_for() {
        assert!(undocumented("crates/x/src/a.rs", "use std::fmt;\n").is_some());
        assert_eq!(undocumented("crates/x/src/a.rs", "//! A.\n"), None);
        assert_eq!(undocumented("crates/x/tests/a.rs", "use std::fmt;\n"), None);
        assert_eq!(undocumented("crates/x/src/a_tests.rs", "use std::fmt;\n"), None);
    }

    #[test]
    fn a_long_file_needs_a_reason_near_its_top() {
        let long = "\n".repeat(MAX_LINES + 1);
        assert!(too_long("a.rs", &long).is_some());
        assert_eq!(too_long("a.rs", &"\n".repeat(MAX_LINES)), None);
        assert_eq!(too_long("a.rs", &format!("//! A.\n{REASON}one table.\n{long}")), None);
        assert!(too_long("a.rs", &format!("{long}{REASON}one table.\n")).is_some());
    }

    #[test]
    fn space_at_the_end_of_a_line_and_a_missing_newline_are_found() {
        let places: Vec<String> =
            ragged("a.md", "one\ntwo \nthree\t\nfour").into_iter().map(|finding| finding.place).collect();
        assert_eq!(places, ["a.md:2", "a.md:3", "a.md"]);
        assert_eq!(ragged("a.md", "one\n\ntwo\n"), []);
        assert_eq!(ragged("a.md", ""), []);
    }

    #[test]
    fn a_pure_crate_bans_clocks_and_sockets() {
        assert_eq!(unguarded("clippy.toml", "").len(), GUARDED.len());
    }
}
