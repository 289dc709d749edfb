//! A request while it is being written, and what it may lose.

use interlingua_model::Sourced;

use crate::chat::{Field, Upstream};
use crate::places::{At, Places, What};
use crate::{Loss, LossCode, Sent};

/// A request while it is being written.
pub(super) struct Writing<'p> {
    pub(super) upstream: &'p Upstream,
    pub(super) sent: &'p Sent,
    pub(super) losses: Vec<Loss>,
    /// Where each thing that is written came from.
    pub(super) places: Places,
}

impl Writing<'_> {
    pub(super) fn lose(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        self.losses.push(Loss::new(path, code, detail));
    }

    /// A field this upstream may refuse; `code` says how bad that is.
    pub(super) fn keep<T>(&mut self, field: Field, value: Option<Sourced<T>>, code: LossCode) -> Option<T> {
        let Sourced { value, origin } = value?;
        if !self.upstream.refuses(field) {
            self.places.add(At::Field(field.as_str()), What::Setting, origin);
            return Some(value);
        }
        self.lose(origin.path(), code, format!("this upstream refuses `{}`", field.as_str()));
        None
    }

    /// A field that Chat does not have.
    pub(super) fn drop<T>(&mut self, value: Option<&Sourced<T>>, code: LossCode) {
        if let Some(Sourced { value: _, origin }) = value {
            self.lose(origin.path(), code, "the Chat Completions API has no such field");
        }
    }
}
