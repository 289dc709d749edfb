//! Events beside the answer, documented or not: which of them do not matter.

use serde::Deserialize;

/// What an upstream sends beside the answer, which nobody misses.
pub(super) fn is_housekeeping(kind: &str) -> bool {
    // How a turn is steered, added to and made shorter is between the client and its upstream.
    let of_the_turn = ["response.compaction.", "response.inject", "response.steer."];
    matches!(kind, "keepalive" | "ping" | "response.metadata")
        || kind.starts_with("codex.")
        || of_the_turn.iter().any(|prefix| kind.starts_with(prefix))
}

/// Whether an event does not say its type.
pub(super) fn is_untyped(data: &str) -> bool {
    #[derive(Deserialize)]
    struct Head {
        r#type: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_str::<Head>(data).is_ok_and(|head| head.r#type.is_none())
}
