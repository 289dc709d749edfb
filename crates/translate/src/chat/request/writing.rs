//! A request while it is being written, and what it may lose.

use interlingua_model::{Sourced, Sources};

use crate::names::Names;
use crate::{ChatProfile, Loss, LossCode};

/// A request while it is being written.
pub(super) struct Writing<'p> {
    pub(super) profile: &'p ChatProfile,
    /// What stands between the texts of two messages that become one.
    pub(super) joiner: &'p str,
    pub(super) names: Names,
    pub(super) sources: Sources,
    pub(super) losses: Vec<Loss>,
}

impl Writing<'_> {
    pub(super) fn lose(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        self.losses.push(Loss::new(path, code, detail));
    }

    /// A field this upstream may refuse; `code` says how bad that is.
    pub(super) fn keep<T>(&mut self, field: &str, value: Option<Sourced<T>>, code: LossCode) -> Option<T> {
        let Sourced { value, origin } = value?;
        if !self.profile.refuses(field) {
            return Some(value);
        }
        self.lose(self.sources.path(origin), code, format!("this upstream refuses `{field}`"));
        None
    }

    /// A field that Chat does not have.
    pub(super) fn drop<T>(&mut self, value: Option<&Sourced<T>>, code: LossCode) {
        if let Some(Sourced { value: _, origin }) = value {
            self.lose(self.sources.path(*origin), code, "the Chat Completions API has no such field");
        }
    }
}
