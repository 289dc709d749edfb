//! Blocks of what servers did.
//!
//! A call and what came of it are two blocks here. Where the second stands directly behind the first they are one item, which
//! holds both as they came; where it does not, each is an item of its own.

use interlingua_model::{Api, Json, Opaque, OpaqueClass};
use interlingua_wire::messages as wire;

use crate::convert::{json, verbatim};

/// A block that only this API has a word for. The server that made it has dealt with it.
pub(in crate::messages) fn settled(block: &wire::Block) -> Opaque {
    let class = if matches!(block, wire::Block::Unknown(_)) { OpaqueClass::Unknown } else { OpaqueClass::Settled };
    Opaque { api: Api::Messages, kind: block.tag().to_owned(), class, raw: verbatim(block) }
}

/// The blocks of which this API itself told; none for what another said, or what cannot be read.
pub(in crate::messages) fn own(opaque: &Opaque) -> Vec<wire::Block> {
    if opaque.api == Api::Messages { blocks(&opaque.raw) } else { Vec::new() }
}

/// The blocks of an item: one, or a call and what came of it.
pub(in crate::messages) fn blocks(raw: &Json) -> Vec<wire::Block> {
    let text = raw.text();
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).unwrap_or_default();
    }
    serde_json::from_str(text).into_iter().collect()
}

/// Whether a block tells what came of the call that an item is.
#[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is told in two blocks")]
pub(in crate::messages) fn answers(block: &wire::Block, call: &Opaque) -> bool {
    let answered = match block {
        wire::Block::WebSearchToolResult(result) => result.tool_use_id.as_deref(),
        wire::Block::McpToolResult(result) => result.tool_use_id.as_deref(),
        _ => None,
    };
    let Some(answered) = answered.filter(|id| !id.is_empty()) else { return false };
    let id = match own(call).as_slice() {
        [wire::Block::ServerToolUse(call)] => call.id.clone(),
        [wire::Block::McpToolUse(call)] => call.id.clone(),
        _ => None,
    };
    id.as_deref() == Some(answered)
}

/// A call and what came of it as one item.
pub(in crate::messages) fn joined(call: &Opaque, result: &wire::Block) -> Opaque {
    let both = format!("[{},{}]", call.raw.text(), verbatim(result).text());
    Opaque { raw: both.parse().map_or_else(|_| call.raw.clone(), json), ..call.clone() }
}
