//! A request while it is being read.

use interlingua_model::{Request, Sourced};
use interlingua_wire::Extra;

use crate::{Loss, LossCode};

/// Fields that clients send to backends of their own, and that no answer depends on.
const PRIVATE_NOTES: [&str; 1] = ["internal_chat_message_metadata_passthrough"];

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
            if PRIVATE_NOTES.contains(&key) {
                self.lose(path, LossCode::DroppedHint, "a note of the client to its own backend");
            } else {
                self.lose(path, LossCode::UnknownField, format!("`{key}` is not part of the Responses API"));
            }
        }
    }

    /// Reports a form that this API does not document and that is read all the same.
    pub(super) fn accept(&mut self, path: impl Into<String>, detail: &str) {
        self.lose(path, LossCode::ExtensionAccepted, detail);
    }
}

/// A value that may not be there, and its place.
pub(super) fn at<T>(path: &'static str, value: Option<T>) -> Option<Sourced<T>> {
    value.map(|value| Sourced::at(path, value))
}
