//! `cargo xtask regen-fixtures`: rebuilds everything that is derived from fixtures, without network and always the same.
//!
//! Accepting a change is then reading the difference it makes; `--check` changes nothing and fails where there would be one.

mod hashes;
mod index;
mod pages;
mod replay_cases;
mod snapshots;

use anyhow::Result;

use crate::generated::{Generated, Mode};
use crate::project::Project;

type Generator = fn(&mut Generated<'_>) -> Result<()>;

/// In the order of their needs: copies and snapshots are made from cases whose hashes are right.
const GENERATORS: [Generator; 5] =
    [hashes::generate, index::generate, replay_cases::generate, snapshots::generate, pages::generate];

/// Rebuilds, or in [`Mode::Check`] names what is stale.
pub(crate) fn run(project: &Project, mode: Mode) -> Result<()> {
    let mut generated = Generated::new(project, mode);
    for generate in GENERATORS {
        generate(&mut generated)?;
    }
    let changed = generated.finish()?;
    for path in &changed {
        println!("changed {path}");
    }
    if changed.is_empty() {
        println!("everything derived is up to date");
    }
    Ok(())
}
