//! Names that `include` has for what a reply may bring along.

/// Sealed thoughts.
pub(super) const ENCRYPTED_REASONING: &str = "reasoning.encrypted_content";
/// Token probabilities.
pub(super) const LOGPROBS: &str = "message.output_text.logprobs";
