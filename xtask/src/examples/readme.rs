//! The program of the README in a crate of its own, whose one dependency is the translator, over a recording.

use std::collections::BTreeSet;
use std::{env, fs};

use anyhow::{Context as _, Result, ensure};

use super::traffic;
use crate::project::Project;

const README: &str = "README.md";
/// The section whose first block of Rust is the program.
const SECTION: &str = "## Use only the translator\n";
/// The README promises as much.
const MOST_LINES: usize = 12;
/// How many packages such a crate takes, the translator among them, and how the README says it.
const PACKAGES: (usize, &str) = (18, "is eighteen small packages");
/// Recorded from a real server, in pieces that end anywhere.
const RECORDING: &str = "fixtures/responses/llamacpp-text/stream.sse";

/// What the program leaves to its reader: a request, and an HTTP client.
const BEFORE: &str = r##"
fn main() -> Result<(), Box<dyn std::error::Error>> {
let chat_body = br#"{"model":"gpt-5.4","messages":[{"role":"user","content":"Hello?"}],"stop":"END","stream":true}"#;
let post = |path: &str, body: &[u8]| {
    assert_eq!(path, "/responses");
    assert!(body.starts_with(b"{"));
    include_bytes!("stream.sse").chunks(7)
};
"##;
const AFTER: &str = "
if let Some(failure) = outcome.failure() {
    return Err(failure.message.into());
}
print!(\"{}\", String::from_utf8(to_client)?);
Ok(())
}
";

/// Builds the crate without a network, at the versions of the workspace, and runs it.
pub(super) fn check(project: &Project) -> Result<()> {
    let readme = project.read(README)?;
    let program = program(&readme).with_context(|| format!("no program in {README}"))?;
    let lines = program.lines().count();
    ensure!(lines <= MOST_LINES, "the program has {lines} lines, more than {MOST_LINES}");

    let folder = tempfile::tempdir()?;
    let manifest = folder.path().join("Cargo.toml");
    fs::create_dir(folder.path().join("src"))?;
    fs::write(&manifest, manifest_text(project))?;
    fs::write(folder.path().join("src/main.rs"), [BEFORE, &program, AFTER].concat())?;
    fs::copy(project.path(RECORDING), folder.path().join("src/stream.sse"))?;
    fs::copy(project.path("Cargo.lock"), folder.path().join("Cargo.lock"))?;
    let manifest = manifest.to_str().context("the folder for temporary files is not UTF-8")?;

    let target = env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let place = ["--offline", "--manifest-path", manifest];
    let printed = project.cargo(&[&["run", "--quiet", "--target-dir", &target], &place[..]].concat())?;
    let expected = traffic::responses_text(&project.read(RECORDING)?)?;
    let text = traffic::chat_text(&printed)?;
    ensure!(text == expected, "the program says {text:?}, the recording {expected:?}");

    let tree = project.cargo(&[&["tree", "--prefix", "none", "--format", "{p}"], &place[..]].concat())?;
    let packages: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    let (count, words) = PACKAGES;
    // One of them is the crate itself.
    ensure!(packages.len() == count + 1, "it takes {} packages, not {count}: {packages:?}", packages.len() - 1);
    ensure!(readme.contains(words), "{README} does not say that it `{words}`");
    Ok(())
}

/// The lines of the program that a reader sees.
fn program(readme: &str) -> Option<String> {
    let (_, section) = readme.split_once(SECTION)?;
    let (_, block) = section.split_once("```rust\n")?;
    let (block, _) = block.split_once("```\n")?;
    let shown = block.lines().filter(|line| *line != "#" && !line.starts_with("# "));
    Some(shown.flat_map(|line| [line, "\n"]).collect())
}

fn manifest_text(project: &Project) -> String {
    format!(
        "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [workspace]\n\n\
         [dependencies]\ninterlingua-translate = {{ path = '{}' }}\n\n\
         [lints.rust]\nwarnings = \"deny\"\n\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n",
        project.path("crates/translate").display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_what_a_reader_sees_of_the_section_s_first_block() {
        let readme =
            format!("```rust\nno\n```\n{SECTION}```sh\nno\n```\n```rust\none\n# hidden\n#\n#[shown]\n```\nno\n");
        assert_eq!(program(&readme).unwrap(), "one\n#[shown]\n");
        assert_eq!(program("```rust\nno\n```\n"), None);
    }
}
