//! Pages of `docs/` that tests write from the types.

use anyhow::{Context as _, Result, bail};

use crate::generated::{Generated, Mode};

/// The page, and the arguments of cargo that run the test which writes it, of the whole workspace as `cargo test` builds it.
const PAGES: [(&str, &[&str]); 2] = [
    ("docs/profiles.md", &["--test=it", "profiles::the_page"]),
    ("docs/configuration.md", &["--bins", "config::tests::the_page"]),
];

/// Pages whose tests take long, and find by themselves what is old in them: they are written here, and checked where the tests
/// run.
const LONG: [(&str, &[&str]); 2] =
    [("docs/faults.md", &["--test=it", "faults::every_fault"]), ("docs/laws.md", &["--test=laws"])];

/// Runs the tests, and reports the pages that changed.
pub(super) fn generate(generated: &mut Generated<'_>) -> Result<()> {
    let long = (generated.mode() == Mode::Write).then_some(LONG).into_iter().flatten();
    for (page, test) in PAGES.into_iter().chain(long) {
        let project = generated.project();
        let before = project.read(page).unwrap_or_default();
        let mut command = project.cargo_command();
        command.args(["test", "--quiet", "--locked", "--workspace"]).args(test);
        command.env("INSTA_UPDATE", if generated.mode() == Mode::Write { "always" } else { "no" });
        let passed = command.status().context("cannot start cargo")?.success();
        match (passed, generated.mode()) {
            (true, _) => {}
            (false, Mode::Check) => generated.report(page.to_owned()),
            (false, Mode::Write) => bail!("the test that writes {page} fails; see above"),
        }
        if generated.project().read(page)? != before {
            generated.report(page.to_owned());
        }
    }
    Ok(())
}
