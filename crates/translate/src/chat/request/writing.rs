//! What is remembered while a request is written.

use serde_json::{Map, Value};

use super::plan::Plan;
use crate::chat::{Field, Upstream};
use crate::writing::Ways;
use crate::{Api, writing};

/// A request while it is being written.
pub(super) type Writing<'p> = writing::Writing<'p, Upstream, Memory>;

/// What is remembered while a request is written.
pub(super) struct Memory {
    pub(super) plan: Plan,
    /// Whether thoughts go back.
    pub(super) has_thoughts: bool,
    /// Fields of the body in the upstream's own spelling.
    pub(super) body: Map<String, Value>,
}

impl Ways for Upstream {
    const API: Api = Api::Chat;
    type Field = Field;

    fn refuses(&self, field: Field) -> bool {
        self.refuses(field)
    }

    fn spelled(field: Field) -> &'static str {
        field.as_str()
    }
}
