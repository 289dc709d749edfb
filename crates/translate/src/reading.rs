//! A request while an API's decoder reads it.

use std::fmt;

use interlingua_model::{Api, Request};
use interlingua_wire::Extra;

use crate::{Loss, LossCode};

/// A request while it is being read.
pub(crate) struct Reading<M> {
    pub(crate) request: Request,
    pub(crate) losses: Vec<Loss>,
    pub(crate) memory: M,
}

/// What a decoder remembers of what it has read, and what it knows of its API's clients.
pub(crate) trait Memory: Default {
    /// The API that is read.
    const API: Api;
    /// Fields that clients send to backends of their own, and that no answer depends on.
    const PRIVATE_NOTES: &'static [&'static str] = &[];
}

impl<M: Memory> Reading<M> {
    /// The beginning of a request, or one that something is added to.
    pub(crate) fn of(request: Request) -> Self {
        Self { request, losses: Vec::new(), memory: M::default() }
    }

    pub(crate) fn lose(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        self.losses.push(Loss::new(path, code, detail));
    }

    /// Reports the fields of an object that its type does not know.
    pub(crate) fn unknown(&mut self, object: impl fmt::Display, extra: &Extra) {
        if !extra.is_empty() {
            self.report_unknown(&object.to_string(), extra);
        }
    }

    fn report_unknown(&mut self, object: &str, extra: &Extra) {
        // Null is what absent is, in a field that nobody knows as in any other.
        for (key, _) in extra.iter().filter(|(_, value)| !value.is_null()) {
            let path = if object.is_empty() { key.to_owned() } else { format!("{object}.{key}") };
            if M::PRIVATE_NOTES.contains(&key) {
                self.lose(path, LossCode::DroppedHint, "a note of the client to its own backend");
            } else {
                let detail = format!("`{key}` is not part of the {} API", M::API.title());
                self.lose(path, LossCode::UnknownField, detail);
            }
        }
    }

    /// Reports a form that the API does not document and that is read all the same.
    pub(crate) fn accept(&mut self, path: impl Into<String>, detail: &str) {
        self.lose(path, LossCode::ExtensionAccepted, detail);
    }
}
