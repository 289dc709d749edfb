//! A request while it is being written, and what it may lose.

use interlingua_model::{Breakpoint, Origin, Sourced};
use interlingua_wire::{Extra, messages as wire};

use crate::messages::{Field, Upstream};
use crate::places::{At, Places, What};
use crate::{Loss, LossCode, Sent};

/// A request while it is being written.
pub(super) struct Writing<'p> {
    pub(super) upstream: &'p Upstream,
    pub(super) sent: &'p Sent,
    pub(super) losses: Vec<Loss>,
    /// Where each thing that is written came from.
    pub(super) places: Places,
    /// How long a cache should keep what the caller marks without a time.
    pub(super) ttl: Option<String>,
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

    /// A field that Messages does not have.
    pub(super) fn drop<T>(&mut self, value: Option<&Sourced<T>>, code: LossCode) {
        if let Some(Sourced { value: _, origin }) = value {
            // What a decoder filled in for itself has no place, and nobody misses it.
            if *origin != Origin::default() {
                self.lose(origin.path(), code, "the Messages API has no such field");
            }
        }
    }

    /// A cache boundary, where the upstream takes any.
    pub(super) fn boundary(&mut self, given: Option<Breakpoint>) -> Option<wire::CacheControl> {
        let Breakpoint { origin, ttl, raw: _ } = given?;
        if self.upstream.refuses(Field::CacheControl) {
            self.lose(origin.path(), LossCode::DroppedHint, "this upstream refuses `cache_control`");
            return None;
        }
        Some(ephemeral(ttl.or_else(|| self.ttl.clone())))
    }
}

/// A cache boundary.
pub(super) fn ephemeral(ttl: Option<String>) -> wire::CacheControl {
    wire::CacheControl { kind: Some("ephemeral".to_owned()), ttl, extra: Extra::new() }
}
