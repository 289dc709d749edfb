//! `reasoning_content`: thoughts as one plain text.

use interlingua_model::ReasoningItem;

/// What stands between the parts of `reasoning_content`.
pub(super) const REASONING_JOINER: &str = "\n\n";

/// The text of a thought for `reasoning_content`: its summaries, else the thought itself.
pub(super) fn reasoning_text(item: &ReasoningItem) -> String {
    let parts = if item.summary.iter().any(|text| !text.is_empty()) { &item.summary } else { &item.content };
    parts.iter().filter(|text| !text.is_empty()).map(String::as_str).collect::<Vec<_>>().join(REASONING_JOINER)
}
