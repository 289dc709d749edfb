//! Names that `include` has for what a reply may bring along.

use interlingua_model::{Display, Reasoning};

/// Sealed thoughts.
pub(super) const ENCRYPTED_REASONING: &str = "reasoning.encrypted_content";
/// Token probabilities.
pub(super) const LOGPROBS: &str = "message.output_text.logprobs";

/// Whether the caller wants thoughts back sealed, whatever it sees of them.
pub(super) fn is_sealed(reasoning: &Reasoning) -> bool {
    reasoning.display.as_ref().is_some_and(|display| display.value == Display::Sealed)
}
