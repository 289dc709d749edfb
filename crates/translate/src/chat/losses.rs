//! What a stream loses.

use crate::{Loss, LossCode};

/// Losses that a stream meets again and again, each reported once.
#[derive(Debug, Clone, Default)]
pub(super) struct Losses {
    pub(super) list: Vec<Loss>,
}

impl Losses {
    pub(super) fn once(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        let path = path.into();
        if !self.list.iter().any(|loss| loss.code == code && loss.path == path) {
            self.list.push(Loss::new(path, code, detail));
        }
    }
}
