//! Blocks of what servers did.

use interlingua_model::{Api, Opaque, OpaqueClass};
use interlingua_wire::messages as wire;

use crate::convert::verbatim;

/// A block that only this API has a word for. The server that made it has dealt with it.
pub(in crate::messages) fn settled(block: &wire::Block) -> Opaque {
    let class = if matches!(block, wire::Block::Unknown(_)) { OpaqueClass::Unknown } else { OpaqueClass::Settled };
    Opaque { api: Api::Messages, kind: block.tag().to_owned(), class, raw: verbatim(block) }
}

/// A block that this API itself said; `None` for what another said, or what cannot be read.
pub(in crate::messages) fn own(opaque: &Opaque) -> Option<wire::Block> {
    if opaque.api == Api::Messages { serde_json::from_str(opaque.raw.text()).ok() } else { None }
}
