//! The `sha256` of each body in its `case.toml`.

use std::fs;

use anyhow::{Context as _, Result, bail};
use toml_edit::{DocumentMut, value};

use crate::case::{self, CASE_FILE, Case, Origin};
use crate::generated::Generated;

/// Corrects the hashes of all cases that people write. Recorded bytes are evidence: a wrong hash there means that somebody
/// changed them, and nothing here makes that right.
pub(super) fn generate(generated: &mut Generated<'_>) -> Result<()> {
    for name in case::names(generated.project())? {
        let case = case::read(generated.project(), &name)?;
        let path = case::path(&name, CASE_FILE);
        let mut document: DocumentMut = generated.project().read(&path)?.parse()?;
        for (section, file, hash) in wrong_hashes(generated, &name, &case)? {
            if case.origin == Origin::Recorded {
                bail!("{} was recorded and has changed; restore it, or record it again", case::path(&name, &file));
            }
            let entry = document.get_mut(section).and_then(|part| part.get_mut("sha256"));
            replace(entry.with_context(|| format!("{path}: [{section}] has no sha256"))?, hash);
        }
        generated.ensure(&path, document.to_string().as_bytes())?;
    }
    Ok(())
}

fn wrong_hashes(generated: &Generated<'_>, name: &str, case: &Case) -> Result<Vec<(&'static str, String, String)>> {
    let mut wrong = Vec::new();
    for (section, file, part) in case.parts() {
        let path = case::path(name, file);
        let bytes = fs::read(generated.project().path(&path)).with_context(|| format!("cannot read {path}"))?;
        let hash = case::sha256(&bytes);
        if hash != part.sha256 {
            wrong.push((section, file.to_owned(), hash));
        }
    }
    Ok(wrong)
}

/// Replaces a value and keeps the space and comment around it.
fn replace(entry: &mut toml_edit::Item, hash: String) {
    let decor = entry.as_value().map(|old| old.decor().clone());
    *entry = value(hash);
    if let (Some(decor), Some(new)) = (decor, entry.as_value_mut()) {
        *new.decor_mut() = decor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::Mode;
    use crate::project::Project;

    const CASE: &str = "schema = 1\nshows = \"x\"\norigin = \"handmade\"\nwhy = \"y\"\nendpoint = \"POST /v1/responses\"\n\
        upstream = \"u\"\nmodel = \"m\"\n\n[response]\nstatus = 200\nsha256 = \"old\" # of the bytes\n";

    fn project(case: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("fixtures/responses/one");
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("case.toml"), case).unwrap();
        fs::write(place.join("response.json"), "abc").unwrap();
        folder
    }

    #[test]
    fn corrects_the_hash_and_nothing_else() {
        let folder = project(CASE);
        let project = Project::at(folder.path());
        generate(&mut Generated::new(&project, Mode::Write)).unwrap();
        let expected = CASE.replace("old", &case::sha256(b"abc"));
        assert_eq!(project.read("fixtures/responses/one/case.toml").unwrap(), expected);
    }

    #[test]
    fn never_blesses_recorded_bytes_that_changed() {
        let folder = project(&CASE.replace("handmade", "recorded"));
        let project = Project::at(folder.path());
        let error = generate(&mut Generated::new(&project, Mode::Write)).unwrap_err().to_string();
        assert!(error.contains("response.json was recorded and has changed"), "{error}");
    }
}
