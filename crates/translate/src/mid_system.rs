//! Text of the operator in the middle of a conversation, for models that know it only at the beginning.

use crate::settings::names;

names! {
    /// What becomes of text of the operator in the middle of a conversation.
    #[derive(Default)]
    pub enum MidSystem: "a list of names" {
        /// It stays a message of the operator, in its place.
        #[default]
        Keep = "keep",
        /// It becomes a reminder at the end of the user's turn before it, for models that know no such message there.
        Reminder = "reminder",
    }
}

/// The text in the form in which it may stand in a user's turn.
pub(crate) fn reminder(text: &str) -> String {
    format!("<system-reminder>\n{text}\n</system-reminder>")
}
