//! Where it was measured, and against which versions.

use std::process::Command;
use std::{fs, thread};

use anyhow::{Context as _, Result};
use toml_edit::DocumentMut;

use crate::project::Project;

/// Peers that are measured beside ours, where they are built.
const PEERS: [&str; 6] =
    ["aigw-openai", "eventsource-stream", "serde_json", "sse-stream", "switchyard-translation", "tokio"];

/// One sentence each: the machine, the compiler, the source, the peers.
pub(super) fn describe(project: &Project) -> Result<Vec<String>> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let processor = fs::read_to_string("/proc/cpuinfo").ok();
    let processor = processor.as_deref().and_then(model_name).unwrap_or("an unnamed processor");
    let compiler = said(Command::new("rustc").arg("--version"))?;
    let commit = said(Command::new("git").current_dir(project.path("")).args(["rev-parse", "--short", "HEAD"]))?;
    let lock: DocumentMut = project.read("bench/Cargo.lock")?.parse().context("bench/Cargo.lock")?;
    Ok(vec![
        format!("Machine: {processor}, {cores} cores, {} {}.", std::env::consts::OS, std::env::consts::ARCH),
        format!("Compiler: {compiler}, profile `measure` of `bench/`."),
        format!("Source: after {commit}."),
        format!("Beside it: {}.", versions(&lock).join(", ")),
    ])
}

fn model_name(info: &str) -> Option<&str> {
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim())
}

fn said(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn versions(lock: &DocumentMut) -> Vec<String> {
    let packages = lock.get("package").and_then(|packages| packages.as_array_of_tables());
    let named = packages.into_iter().flatten().filter_map(|package| {
        let (name, version) = (package.get("name")?.as_str()?, package.get("version")?.as_str()?);
        PEERS.contains(&name).then(|| format!("{name} {version}"))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_and_the_versions_are_named() {
        assert_eq!(model_name("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n"), Some("Some CPU @ 2 GHz"));
        let lock =
            "[[package]]\nname = \"serde_json\"\nversion = \"1.0.9\"\n[[package]]\nname = \"x\"\nversion = \"1.0.0\"\n";
        assert_eq!(versions(&lock.parse().unwrap()), ["serde_json 1.0.9"]);
    }
}
