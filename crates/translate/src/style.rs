//! What the client likes: how replies are written where its API leaves a choice.

use crate::settings::settings;

settings! {
    /// What the client likes of its replies, where its API leaves a choice.
    ///
    /// ```
    /// use interlingua_translate::Style;
    ///
    /// let terse = Style { reasoning_content: false, ..Style::default() };
    /// assert_eq!(terse.message_joiner, "\n\n");
    /// ```
    pub struct Style {
        /// What stands between the texts of two messages that become one.
        message_joiner: String = crate::MESSAGE_JOINER.to_owned(),
        /// Whether thoughts are shown in the clear where the client's API has no place of its own for them (Chat: `reasoning_content`).
        reasoning_content: bool = true,
        /// Whether a stream ends the items that were cut: all open ones before a failure, open calls before an incomplete end.
        /// Off for clients that act on an ended item whatever its status: the Codex CLI shows half a text again at every
        /// retry, and runs half a call. The last event tells of the items either way. Left open, the translator ends them and
        /// the gateway does not.
        close_cut_items: Option<bool> = None,
    }
}
