//! A request while it is being written.

use crate::responses::{Field, Upstream};
use crate::writing::Ways;
use crate::{Api, writing};

/// A request while it is being written.
pub(super) type Writing<'p> = writing::Writing<'p, Upstream, ()>;

impl Ways for Upstream {
    const API: Api = Api::Responses;
    type Field = Field;

    fn refuses(&self, field: Field) -> bool {
        self.refuses(field)
    }

    fn spelled(field: Field) -> &'static str {
        field.as_str()
    }
}
