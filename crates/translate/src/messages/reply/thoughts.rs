//! Thoughts as blocks, as far as the client wants to see them.

use interlingua_model::{Api, Display, Origin, ReasoningItem};
use interlingua_wire::{Extra, messages as wire};

use crate::seals::kept_seal;
use crate::{Loss, LossCode};

/// What stands between two parts of a thought.
pub(in crate::messages) const THOUGHT_JOINER: &str = "\n\n";

/// A thought as a block; `None` for one that the client does not want, with a loss, or that holds nothing.
pub(in crate::messages) fn encode_thought(
    thought: &ReasoningItem,
    display: Display,
    origin: Origin,
    losses: &mut Vec<Loss>,
) -> Option<wire::Block> {
    let text = match display {
        Display::Nothing => {
            losses.push(unwanted(origin));
            return None;
        }
        Display::Sealed => String::new(),
        Display::Text => text_of(thought),
    };
    let signature = kept_seal(thought, Api::Messages);
    if let Some(data) = redacted(thought) {
        return Some(wire::Block::RedactedThinking(wire::RedactedThinking { data: Some(data), extra: Extra::new() }));
    }
    if text.is_empty() && signature.is_none() {
        return None;
    }
    let signature = Some(signature.unwrap_or_default());
    Some(wire::Block::Thinking(wire::Thinking { thinking: Some(text), signature, extra: Extra::new() }))
}

/// The thoughts that may not be shown, where servers of this API made them.
pub(in crate::messages) fn redacted(thought: &ReasoningItem) -> Option<String> {
    let seal = thought.seal.as_ref().filter(|seal| seal.maker == Api::Messages && seal.is_redacted)?;
    Some(seal.data.clone())
}

/// The loss of a thought that the client did not ask for.
pub(in crate::messages) fn unwanted(origin: Origin) -> Loss {
    let detail = "the request does not ask for thoughts, and clients take the first block for the answer";
    Loss::new(origin.path(), LossCode::DroppedReasoning, detail)
}

/// The thought itself, or its summary where that is all there is.
fn text_of(thought: &ReasoningItem) -> String {
    let parts = if thought.content.is_empty() { &thought.summary } else { &thought.content };
    parts.join(THOUGHT_JOINER)
}
