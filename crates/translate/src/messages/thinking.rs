//! Thoughts as blocks, read.

use interlingua_model::{Api, ReasoningItem};

use crate::convert::non_empty;
use crate::seals::give_seal;

/// A thought that is shown, and its signature.
pub(super) fn decode_thinking(thinking: Option<String>, signature: Option<String>) -> ReasoningItem {
    let summary = non_empty(thinking).into_iter().collect();
    sealed(ReasoningItem { summary, ..ReasoningItem::default() }, signature, false)
}

/// A thought of which there is nothing but its seal.
pub(super) fn decode_redacted(data: Option<String>) -> ReasoningItem {
    sealed(ReasoningItem::default(), data, true)
}

fn sealed(mut thought: ReasoningItem, seal: Option<String>, is_redacted: bool) -> ReasoningItem {
    if let Some(seal) = non_empty(seal) {
        give_seal(&mut thought, seal, Api::Messages, is_redacted);
    }
    thought
}
