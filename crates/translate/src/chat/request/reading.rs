//! A request while it is being read, and where its reader stands.

use std::collections::HashMap;

use interlingua_model::{Origin, ToolKind};

use crate::{Api, reading};

/// A request while it is being read.
pub(super) type Reading = reading::Reading<KnownCalls>;

/// Where a message stands.
pub(super) struct Place<'a> {
    pub(super) index: usize,
    pub(super) path: &'a str,
    pub(super) origin: Origin,
}

/// The calls made so far, which tool messages answer.
#[derive(Default)]
pub(super) struct KnownCalls {
    /// The family of each call id; of the latest call, where an id is used again in a later turn.
    pub(super) kinds: HashMap<String, ToolKind>,
    /// Calls in the deprecated form that nobody has answered yet, as function name and made-up call id.
    pub(super) legacy: Vec<(String, String)>,
}

impl reading::Memory for KnownCalls {
    const API: Api = Api::Chat;
}
