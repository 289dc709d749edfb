//! What a reply holds beside what the model has a word for.

use interlingua_model::Origin;
use interlingua_wire::{Extra, Json, Maybe};

use crate::telemetry::is_telemetry;
use crate::{Loss, LossCode};

/// The losses of such fields, each place once, however often a stream repeats it.
#[derive(Debug, Clone, Default)]
pub(in crate::messages) struct Unread {
    pub(in crate::messages) losses: Vec<Loss>,
}

/// So that names made up anew in each event cannot pile up.
const MOST: usize = 64;

impl Unread {
    /// Takes the fields that what stood at `origin` is not known to have.
    pub(in crate::messages) fn fields(&mut self, origin: Origin, extra: &Extra) {
        for (name, value) in extra.iter() {
            if value.is_null() {
                continue;
            }
            let place = origin.path();
            let path = if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
            if is_telemetry(name) {
                self.once(path, LossCode::DroppedTelemetry, "how the reply was made is not carried over");
            } else {
                self.once(path, LossCode::UnknownField, &format!("`{name}` is not part of the Messages API"));
            }
        }
    }

    /// Takes a field that is known, and that nothing is made of.
    pub(in crate::messages) fn known(&mut self, name: &str, value: &Maybe<Json>) {
        if matches!(value, Maybe::Value(_)) {
            self.once(name.to_owned(), LossCode::DroppedDetail, &format!("`{name}` is not carried over"));
        }
    }

    /// Takes a loss that is told wherever it is.
    pub(in crate::messages) fn tell(&mut self, loss: Loss) {
        if self.losses.len() < MOST {
            self.losses.push(loss);
        }
    }

    pub(in crate::messages) fn once(&mut self, path: String, code: LossCode, detail: &str) {
        let is_new = !self.losses.iter().any(|loss| loss.path == path && loss.code == code);
        if is_new && self.losses.len() < MOST {
            self.losses.push(Loss::new(path, code, detail));
        }
    }
}
