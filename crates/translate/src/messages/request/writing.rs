//! What is remembered while a request is written.

use interlingua_model::Breakpoint;
use interlingua_wire::{Extra, messages as wire};

use crate::messages::{Field, Upstream};
use crate::writing::Ways;
use crate::{Api, LossCode, writing};

/// A request while it is being written.
pub(super) type Writing<'p> = writing::Writing<'p, Upstream, Memory>;

/// What is remembered while a request is written.
pub(super) struct Memory {
    /// How long a cache should keep what the caller marks without a time.
    pub(super) ttl: Option<String>,
}

impl Ways for Upstream {
    const API: Api = Api::Messages;
    type Field = Field;

    fn refuses(&self, field: Field) -> bool {
        self.refuses(field)
    }

    fn spelled(field: Field) -> &'static str {
        field.as_str()
    }
}

impl Writing<'_> {
    /// A cache boundary, where the upstream takes any.
    pub(super) fn cache_control(&mut self, given: Option<Breakpoint>) -> Option<wire::CacheControl> {
        let Breakpoint { origin, ttl, raw: _ } = given?;
        if self.upstream.refuses(Field::CacheControl) {
            self.lose(origin.path(), LossCode::DroppedHint, "this upstream refuses `cache_control`");
            return None;
        }
        Some(ephemeral(ttl.or_else(|| self.memory.ttl.clone())))
    }
}

/// A cache boundary.
pub(super) fn ephemeral(ttl: Option<String>) -> wire::CacheControl {
    wire::CacheControl { kind: Some("ephemeral".to_owned()), ttl, extra: Extra::new() }
}
