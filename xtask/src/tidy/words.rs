//! Words that have no place in a finished file: marks of unfinished work, addresses of package registries, paths of one machine.

use anyhow::Result;

use super::Finding;
use crate::project::Project;

/// A word, and what is wrong with it. The words are joined from pieces so that this file does not hold them.
struct Word {
    pieces: &'static [&'static str],
    problem: &'static str,
}

const REGISTRY: &str = "names a package registry's host; clients know theirs, and a mirror's users have another";
const UNFINISHED: &str = "marks unfinished work; finish it or file an issue";

const WORDS: &[Word] = &[
    Word { pieces: &["to", "do!"], problem: UNFINISHED },
    Word { pieces: &["FIX", "ME"], problem: UNFINISHED },
    Word { pieces: &["crates", ".io"], problem: REGISTRY },
    Word { pieces: &["pypi", ".org"], problem: REGISTRY },
    Word { pieces: &["python", "hosted.org"], problem: REGISTRY },
    Word { pieces: &["npmjs", ".org"], problem: REGISTRY },
    Word { pieces: &["npmjs", ".com"], problem: REGISTRY },
    Word { pieces: &["/wo", "rk/"], problem: "is a path of one machine" },
    Word { pieces: &["/ho", "me/"], problem: "is a path of one machine" },
];

/// Whether people wrote it: not recorded traffic, not what git keeps, not the lock file, which cargo writes with its
/// registry's name.
fn is_ours(path: &str) -> bool {
    let cases = [
        "fixtures/chat/",
        "fixtures/responses/",
        "fixtures/sse/",
        "crates/replay/cases/",
        "crates/translate/tests/snapshots/",
    ];
    // In a checkout that shares another's history, `.git` is a file that says where that lies.
    !cases.iter().any(|folder| path.starts_with(folder)) && !path.ends_with("Cargo.lock") && path != ".git"
}

/// Looks through every text file of the project.
pub(super) fn check(project: &Project) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in project.files("")?.iter().filter(|path| is_ours(path)) {
        // What is not UTF-8 is no text.
        if let Ok(text) = project.read(path) {
            findings.extend(find(path, &text));
        }
    }
    Ok(findings)
}

fn find(path: &str, text: &str) -> Vec<Finding> {
    let words: Vec<(String, &str)> = WORDS.iter().map(|word| (word.pieces.concat(), word.problem)).collect();
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for (word, problem) in &words {
            if line.contains(word.as_str()) {
                findings.push(Finding::new(format!("{path}:{number}"), format!("`{word}` {problem}")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_holds_none_of_these_words() {
        super::super::assert_none(&check(&Project::here()).unwrap());
    }

    #[test]
    fn each_word_is_found_with_its_line() {
        for word in WORDS {
            let text = format!("fine\nsome {} here\n", word.pieces.concat());
            let places: Vec<String> = find("a.md", &text).into_iter().map(|finding| finding.place).collect();
            assert_eq!(places, ["a.md:2"]);
        }
        assert_eq!(find("a.md", "a framework/layer, a fixed message\n"), []);
    }

    #[test]
    fn recorded_bytes_may_say_what_they_like() {
        assert!(!is_ours("fixtures/responses/text/stream.sse"));
        assert!(!is_ours("Cargo.lock"));
        assert!(!is_ours(".git") && is_ours(".gitignore"));
        assert!(is_ours("fixtures/README.md"));
        assert!(is_ours("README.md"));
    }
}
