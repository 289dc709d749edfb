//! `cargo xtask ci`: runs `.ci/run`, so that there is one list of steps and both places follow it.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::project::Project;

/// Runs the given steps, or all of them.
pub(crate) fn run(project: &Project, steps: &[String]) -> Result<()> {
    let status = Command::new("bash")
        .arg(project.path(".ci/run"))
        .args(steps)
        .status()
        .context("cannot start bash; the steps of .ci/run are written for it")?;
    if !status.success() {
        bail!("continuous integration would fail; the step above says why");
    }
    Ok(())
}
