//! One block of a stream that is being read.

use interlingua_model::{ItemIndex, ItemKind, ItemStatus, Opaque, Origin, ReasoningItem};
use interlingua_wire::{Json, messages as wire};

use super::told_calls::CallPlace;
use crate::Api;
use crate::arguments::Pieces;
use crate::convert::non_empty;
use crate::custom_input::Unwrapper;
use crate::seals::give_seal;

/// A block that has begun and not ended.
#[derive(Debug, Clone)]
pub(super) struct OpenBlock {
    /// Its number in the stream.
    pub(super) number: i64,
    pub(super) index: ItemIndex,
    pub(super) origin: Origin,
    pub(super) content: Content,
}

/// What a block holds so far, as far as it is needed later.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// Text: where in its message it begins, and what it refers to.
    Text {
        start: u64,
        citations: Vec<wire::Citation>,
    },
    Thought(Thought),
    Call(Call),
    Server(Box<Server>),
}

/// A thought, which is told once more when it is whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Thought {
    pub(super) text: String,
    pub(super) seal: String,
    pub(super) is_redacted: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) state: CallState,
    /// Takes the input of a custom tool out of the function that stands for it.
    pub(super) unwrapper: Option<Box<Unwrapper>>,
    /// The input that stands in the beginning, for servers that send no deltas.
    pub(super) given: Option<Json>,
    pub(super) has_input: bool,
    pub(super) pieces: Pieces,
}

/// How far a call is told.
#[derive(Debug, Clone)]
pub(super) enum CallState {
    /// Its item has begun.
    Begun(CallPlace),
    /// Another call had its id: it waits until it is known whether it is the same.
    Held(Box<HeldCall>),
}

/// A call that waits.
#[derive(Debug, Clone, Default)]
pub(super) struct HeldCall {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    /// What came of its input in deltas.
    pub(super) input: String,
}

/// What a server did.
#[derive(Debug, Clone)]
pub(super) struct Server {
    /// The call whose result this is, where it stood directly before.
    pub(super) call: Option<Opaque>,
    pub(super) block: wire::Block,
    /// What came of its input in deltas.
    pub(super) input: String,
}

/// A block that has ended, and whose item is told to end once it is known whether the reply was cut in it.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) index: ItemIndex,
    pub(super) origin: Origin,
    /// The whole item, where it says more than its deltas.
    pub(super) whole: Option<ItemKind>,
}

impl Thought {
    /// The thought as an item.
    pub(super) fn into_item(self) -> ReasoningItem {
        let Self { text, seal, is_redacted } = self;
        let summary = non_empty(Some(text)).into_iter().collect();
        let mut item = ReasoningItem { summary, status: Some(ItemStatus::Completed), ..ReasoningItem::default() };
        if !seal.is_empty() {
            give_seal(&mut item, seal, Api::Messages, is_redacted);
        }
        item
    }
}

impl Server {
    /// The block with the input that came in deltas.
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other block of a server has an input")]
    pub(super) fn whole(self) -> wire::Block {
        let Self { call: _, mut block, input } = self;
        let Ok(read) = input.parse::<Json>() else { return block };
        match &mut block {
            wire::Block::ServerToolUse(call) => call.input = Some(read),
            wire::Block::McpToolUse(call) => call.input = Some(read),
            _ => {}
        }
        block
    }
}

/// Where a block stands in the message that the stream amounts to.
pub(super) fn place(number: i64) -> Origin {
    Origin::nth("content[*]", usize::try_from(number).unwrap_or(usize::MAX))
}
