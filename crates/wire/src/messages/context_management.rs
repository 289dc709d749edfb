//! How the server shortens the conversation.

use crate::Json;
use crate::core::{object, tagged};

object! {
    /// How the server shortens the conversation. Messages (beta): `context_management`.
    #[derive(Default)]
    pub struct ContextManagement {
        /// What it does, in order. Messages: `context_management.edits`.
        optional edits: Vec<Edit>,
    }
}

tagged! {
    /// One way to shorten. Messages (beta): `context_management.edits[]`.
    pub enum Edit by "type" {
        /// Without old thoughts.
        ClearThinking(ClearThinking) = "clear_thinking_20251015",
        /// Without old calls.
        ClearToolUses(Box<ClearToolUses>) = "clear_tool_uses_20250919",
        /// By a summary.
        Compact(Box<Compact>) = "compact_20260112",
    }
}

object! {
    /// Without old thoughts. Messages (beta): `clear_thinking_20251015`.
    #[derive(Default)]
    pub struct ClearThinking {
        /// `all`, or how many turns keep theirs. Messages: `keep`.
        optional keep: Json,
    }
}

object! {
    /// Without old calls. Messages (beta): `clear_tool_uses_20250919`.
    #[derive(Default)]
    pub struct ClearToolUses {
        /// From when on. Messages: `trigger`.
        optional trigger: Json,
        /// How many calls stay. Messages: `keep`.
        optional keep: Json,
        /// How much must be won. Messages: `clear_at_least`.
        optional clear_at_least: Json,
        /// Whether inputs go too. Messages: `clear_tool_inputs`.
        optional clear_tool_inputs: Json,
        /// Whose calls stay. Messages: `exclude_tools`.
        optional exclude_tools: Vec<String>,
    }
}

object! {
    /// By a summary. Messages (beta): `compact_20260112`.
    #[derive(Default)]
    pub struct Compact {
        /// From when on. Messages: `trigger`.
        optional trigger: Json,
        /// How to sum up. Messages: `instructions`.
        optional instructions: String,
        /// Whether to stop behind the summary. Messages: `pause_after_compaction`.
        optional pause_after_compaction: bool,
    }
}
