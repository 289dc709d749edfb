//! A thought while it is being written.

use interlingua_model::ReasoningKind;
use interlingua_wire::responses as wire;

use super::events::{Events, ItemRef};
use crate::responses::reply::content::{reasoning_text_part, summary_part};

#[derive(Debug, Default)]
pub(super) struct Reasoning {
    pub(super) summary: Vec<wire::ContentPart>,
    pub(super) content: Vec<wire::ContentPart>,
    pub(super) open: Option<OpenReasoning>,
    pub(super) encrypted: Option<String>,
}

#[derive(Debug)]
pub(super) struct OpenReasoning {
    pub(super) number: u32,
    pub(super) kind: ReasoningKind,
    pub(super) text: String,
}

impl Reasoning {
    pub(super) fn count(&self, kind: ReasoningKind) -> usize {
        match kind {
            ReasoningKind::Summary => self.summary.len(),
            ReasoningKind::Text => self.content.len(),
        }
    }

    pub(super) fn close(&mut self, this: ItemRef<'_>, events: &mut Events, out: &mut impl FnMut(wire::Event<'_>)) {
        let Some(OpenReasoning { number: _, kind, text }) = self.open.take() else { return };
        let part = reasoning_part(kind, text.clone());
        events.reasoning_done(this, kind, self.count(kind), (&text, part.clone()), out);
        match kind {
            ReasoningKind::Summary => self.summary.push(part),
            ReasoningKind::Text => self.content.push(part),
        }
    }
}

pub(super) fn reasoning_part(kind: ReasoningKind, text: String) -> wire::ContentPart {
    match kind {
        ReasoningKind::Summary => summary_part(text),
        ReasoningKind::Text => reasoning_text_part(text),
    }
}
