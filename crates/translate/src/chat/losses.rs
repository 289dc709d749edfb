//! What a reply loses, whole or streamed.

use interlingua_model::Origin;
use interlingua_wire::Extra;

use crate::telemetry::is_telemetry;
use crate::{Loss, LossCode};

/// Losses that a reply meets again and again, each reported once.
#[derive(Debug, Clone, Default)]
pub(super) struct Losses {
    pub(super) list: Vec<Loss>,
    unread: usize,
}

impl Losses {
    pub(super) fn once(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        let path = path.into();
        if !self.list.iter().any(|loss| loss.code == code && loss.path == path) {
            self.list.push(Loss::new(path, code, detail));
        }
    }

    /// Reports the fields of an object that nothing here has read; null is as good as absent.
    pub(super) fn unread(&mut self, place: Origin, extra: &Extra) {
        self.unread_but(&[], place, extra);
    }

    /// Reports a field of that kind that a type names.
    pub(super) fn telemetry(&mut self, path: &str) {
        if !self.list.iter().any(|loss| loss.path == path) {
            let detail = format!("`{path}` tells of the upstream's work and has no place in another API");
            self.once(path, LossCode::DroppedTelemetry, detail);
        }
    }

    /// Reports unread fields of an object of which more has been read than its type names.
    pub(super) fn unread_but(&mut self, read: &[&str], place: Origin, extra: &Extra) {
        /// So that names made up anew in each chunk cannot pile up.
        const MOST: usize = 64;
        if extra.is_empty() {
            return;
        }
        let place = place.path();
        for (name, value) in extra.iter() {
            if value.is_null() || read.contains(&name) || self.unread == MOST {
                continue;
            }
            let path = if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
            let count = self.list.len();
            if is_telemetry(name) {
                let detail = format!("`{name}` tells of the upstream's work and has no place in another API");
                self.once(path, LossCode::DroppedTelemetry, detail);
            } else {
                let detail = format!("`{name}` is not part of the Chat Completions API");
                self.once(path, LossCode::UnknownField, detail);
            }
            self.unread += self.list.len() - count;
        }
    }
}
