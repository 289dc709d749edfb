//! `reasoning_content`: thoughts as one plain text.

use interlingua_model::ReasoningItem;

/// What stands between the parts of `reasoning_content`.
pub(super) const REASONING_JOINER: &str = "\n\n";

/// The text of a thought for `reasoning_content`: the thought itself, else its summaries.
pub(super) fn reasoning_text(item: &ReasoningItem) -> String {
    let parts = if item.content.iter().any(|text| !text.is_empty()) { &item.content } else { &item.summary };
    parts.iter().filter(|text| !text.is_empty()).map(String::as_str).collect::<Vec<_>>().join(REASONING_JOINER)
}
