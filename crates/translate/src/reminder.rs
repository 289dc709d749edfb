//! Text of the operator in the middle of a conversation, for models that know it only at the beginning.

/// The text in the form in which it may stand in a user's turn.
pub(crate) fn reminder(text: &str) -> String {
    format!("<system-reminder>\n{text}\n</system-reminder>")
}
