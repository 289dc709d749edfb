//! `docs/profiles.md`, which a test of the executor writes from the types.

use anyhow::{Context as _, Result, bail};

use crate::generated::{Generated, Mode};

const TEST: [&str; 8] =
    ["test", "--quiet", "--locked", "--package", "interlingua-executor", "--test", "it", "profiles::the_page"];
const PAGE: &str = "docs/profiles.md";

/// Runs the test, and reports the page if it changed.
pub(super) fn generate(generated: &mut Generated<'_>) -> Result<()> {
    let project = generated.project();
    let before = project.read(PAGE).unwrap_or_default();
    let mut command = project.cargo_command();
    command.args(TEST);
    command.env("INSTA_UPDATE", if generated.mode() == Mode::Write { "always" } else { "no" });
    let passed = command.status().context("cannot start cargo")?.success();
    match (passed, generated.mode()) {
        (true, _) => {}
        (false, Mode::Check) => generated.report(PAGE.to_owned()),
        (false, Mode::Write) => bail!("the test that writes {PAGE} fails; see above"),
    }
    if generated.project().read(PAGE)? != before {
        generated.report(PAGE.to_owned());
    }
    Ok(())
}
