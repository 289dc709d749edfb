//! What a reply holds beside what the model has a word for.

use std::collections::HashSet;

use interlingua_model::Origin;
use interlingua_wire::{Extra, Json, responses as wire};

use crate::telemetry::is_telemetry;
use crate::{Loss, LossCode};

/// The losses of such fields, one for each place whatever its positions, however often a stream repeats it.
#[derive(Debug, Clone, Default)]
pub(in crate::responses) struct Unread {
    pub(in crate::responses) losses: Vec<Loss>,
    seen: HashSet<String>,
}

impl Unread {
    /// Takes the fields that the reply itself is not known to have.
    pub(in crate::responses) fn reply(&mut self, extra: &Extra) {
        self.take("", extra);
    }

    /// Takes a field of the reply that is known, and that nothing is made of.
    pub(in crate::responses) fn known(&mut self, name: &str, value: Option<&Json>) {
        if let Some(value) = value {
            self.field("", name, value, LossCode::DroppedDetail);
        }
    }

    /// Takes the fields that what stood at `origin` is not known to have.
    pub(in crate::responses) fn fields(&mut self, origin: Origin, extra: &Extra) {
        if !extra.is_empty() {
            self.take(&origin.path(), extra);
        }
    }

    /// Takes the fields that an event is not known to have.
    pub(in crate::responses) fn event(&mut self, event: &wire::Event<'_>) {
        if let Some(extra) = event.extra().filter(|extra| !extra.is_empty()) {
            self.take(event.tag(), extra);
        }
    }

    fn take(&mut self, at: &str, extra: &Extra) {
        for (name, value) in extra.iter() {
            self.field(at, name, value, LossCode::UnknownField);
        }
    }

    fn field(&mut self, at: &str, name: &str, value: &Json, code: LossCode) {
        /// So that names made up anew in each event cannot pile up.
        const MOST: usize = 64;
        if value.is_null() || self.seen.len() == MOST {
            return;
        }
        let path = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        let place = path.chars().filter(|character| !character.is_ascii_digit()).collect();
        if !self.seen.insert(place) {
            return;
        }
        let (code, detail) = if is_telemetry(name) {
            (LossCode::DroppedTelemetry, "how the reply was made is not carried over".to_owned())
        } else if code == LossCode::UnknownField {
            (code, format!("`{name}` is not part of the Responses API"))
        } else {
            (code, format!("`{name}` is not carried over"))
        };
        self.losses.push(Loss::new(path, code, detail));
    }
}
