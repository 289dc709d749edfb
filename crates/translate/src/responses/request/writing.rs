//! A request while it is being written, and what it may lose.

use interlingua_model::{Sourced, Sources};

use crate::call_ids::CallIds;
use crate::names::Names;
use crate::{Loss, LossCode, ResponsesProfile};

/// A request while it is being written.
pub(super) struct Writing<'p> {
    pub(super) profile: &'p ResponsesProfile,
    pub(super) names: Names,
    pub(super) call_ids: CallIds,
    pub(super) sources: Sources,
    pub(super) losses: Vec<Loss>,
}

impl Writing<'_> {
    pub(super) fn lose(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        self.losses.push(Loss::new(path, code, detail));
    }

    /// A field this upstream may refuse.
    pub(super) fn keep<T>(&mut self, field: &str, value: Option<Sourced<T>>) -> Option<T> {
        let Sourced { value, origin } = value?;
        if !self.profile.refuses(field) {
            return Some(value);
        }
        let detail = format!("this upstream refuses `{field}`");
        self.lose(self.sources.path(origin), LossCode::RefusedByUpstream, detail);
        None
    }

    /// A field that Responses does not have.
    pub(super) fn drop<T>(&mut self, value: Option<&Sourced<T>>, code: LossCode) {
        if let Some(Sourced { value: _, origin }) = value {
            self.lose(self.sources.path(*origin), code, "the Responses API has no such field");
        }
    }
}
