//! What the operator says before the conversation, in front of any API.

use interlingua_model::{Api, Breakpoint, Content, OpaqueClass, PartKind};

use crate::{Loss, LossCode};

/// The operator's text without what only another API has a use for, such as the mark a client leaves for its own backend.
pub(crate) fn said_to(content: Content, api: Api, losses: &mut Vec<Loss>) -> Content {
    let Content::Parts(mut parts) = content else { return content };
    parts.retain(|part| {
        let PartKind::Opaque(opaque) = &part.kind else { return true };
        let is_foreign = opaque.api != api && opaque.class == OpaqueClass::Settled;
        if is_foreign {
            let detail = format!("a note for a backend of the {} API", opaque.api.title());
            losses.push(Loss::new(part.origin.path(), LossCode::DroppedHint, detail));
        }
        !is_foreign
    });
    Content::Parts(parts)
}

/// The operator's text as one string.
pub(crate) fn joined(content: &Content) -> String {
    content.texts().collect::<Vec<_>>().join(crate::MESSAGE_JOINER)
}

/// The cache boundaries in the operator's text.
pub(crate) fn boundaries(content: &Content) -> impl Iterator<Item = &Breakpoint> {
    let parts = match content {
        Content::Text(_) => &[][..],
        Content::Parts(parts) => parts,
    };
    parts.iter().filter_map(|part| part.cache_breakpoint.as_ref())
}
