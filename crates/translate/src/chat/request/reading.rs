//! A request while it is being read, and where its reader stands.

use std::collections::HashMap;

use interlingua_model::{Origin, Request, ToolKind};
use interlingua_wire::Extra;

use crate::{Loss, LossCode};

/// A request while it is being read.
pub(super) struct Reading {
    pub(super) request: Request,
    pub(super) losses: Vec<Loss>,
}

impl Reading {
    pub(super) fn lose(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        self.losses.push(Loss::new(path, code, detail));
    }

    /// Reports the fields of an object that its type does not know.
    pub(super) fn unknown(&mut self, object: &str, extra: &Extra) {
        // Null is what absent is, in a field that nobody knows as in any other.
        for (key, _) in extra.iter().filter(|(_, value)| !value.is_null()) {
            let path = if object.is_empty() { key.to_owned() } else { format!("{object}.{key}") };
            self.lose(path, LossCode::UnknownField, format!("`{key}` is not part of the Chat Completions API"));
        }
    }

    /// Reports a form that this API does not document and that is read all the same.
    pub(super) fn accept(&mut self, path: impl Into<String>, detail: &str) {
        self.lose(path, LossCode::ExtensionAccepted, detail);
    }
}

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
