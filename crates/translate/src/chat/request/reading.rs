//! A request while it is being read, and where its reader stands.

use std::collections::HashMap;

use interlingua_model::{Item, ItemKind, Origin, ToolKind};

use crate::path::Path;
use crate::{Api, reading};

/// A request while it is being read.
pub(super) type Reading = reading::Reading<KnownCalls>;

/// Where a message stands.
pub(super) struct Place<'a> {
    pub(super) index: usize,
    pub(super) path: Path<'a>,
    pub(super) origin: Origin,
}

/// What is remembered of the calls made so far, which tool messages answer.
#[derive(Default)]
pub(super) struct KnownCalls {
    /// The family of each call, filled as far as somebody has asked for one that is far back.
    kinds: HashMap<String, ToolKind>,
    /// How many items have been looked at for it.
    seen: usize,
    /// Calls in the deprecated form that nobody has answered yet, as function name and made-up call id.
    pub(super) legacy: Vec<(String, String)>,
    /// Room for the calls of one message, which are put into their order; empty between messages.
    pub(super) calls: Vec<Item>,
}

impl KnownCalls {
    /// The family of a call among the items; of the latest one, where an id is used again in a later turn.
    pub(super) fn kind(&mut self, id: &str, items: &[Item]) -> Option<ToolKind> {
        /// Results stand close behind their calls; who is further off is looked up.
        const NEAR: usize = 32;
        let near = items.iter().rev().take(NEAR).find_map(|item| match &item.kind {
            ItemKind::ToolCall(call) if call.call_id == id => Some(call.arguments.kind()),
            ItemKind::ToolCall(_)
            | ItemKind::Message(_)
            | ItemKind::ToolResult(_)
            | ItemKind::Reasoning(_)
            | ItemKind::ImageGeneration(_)
            | ItemKind::Opaque(_) => None,
        });
        if near.is_some() {
            return near;
        }
        for item in items.get(self.seen..).unwrap_or_default() {
            if let ItemKind::ToolCall(call) = &item.kind {
                self.kinds.insert(call.call_id.clone(), call.arguments.kind());
            }
        }
        self.seen = items.len();
        self.kinds.get(id).copied()
    }
}

impl reading::Memory for KnownCalls {
    const API: Api = Api::Chat;
}
