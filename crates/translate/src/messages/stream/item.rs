//! The items of a stream that is being written, and what of them is.

use std::collections::VecDeque;

use interlingua_model::{ImageGeneration, ItemIndex, Opaque, Origin, ReasoningKind};

use super::waiting::Piece;

/// An item, what of it is written, and what waits.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) index: ItemIndex,
    pub(super) origin: Origin,
    pub(super) state: ItemState,
    pub(super) waiting: VecDeque<Piece>,
}

/// A refusal in words: a text, or why the reply was withheld. The latter comes in one piece, and the end of the reply tells them
/// apart, so the first piece waits for what follows.
#[derive(Debug)]
pub(super) enum Refusal {
    None,
    Held(String),
    /// It is a text, and written as it comes.
    Text,
}

#[derive(Debug)]
pub(super) enum ItemState {
    /// A text, as far as it is told: what refers to it says where.
    Message {
        text: String,
        refusal: Refusal,
    },
    /// A thought: which of its two texts is shown, and the last part of it.
    Thought {
        shown: Option<(ReasoningKind, u32)>,
    },
    Call {
        id: String,
        name: String,
        is_custom: bool,
        arguments: String,
    },
    /// A picture, which this API has no place for, as it began.
    Image(Box<ImageGeneration>),
    Opaque(Box<Opaque>),
    Ended,
}

impl ItemState {
    pub(super) fn message() -> Self {
        Self::Message { text: String::new(), refusal: Refusal::None }
    }

    pub(super) fn thought() -> Self {
        Self::Thought { shown: None }
    }

    pub(super) fn call(id: String, name: String, is_custom: bool) -> Self {
        Self::Call { id, name, is_custom, arguments: String::new() }
    }

    /// Whether it is a call whose arguments are at the end of their JSON.
    pub(super) fn is_whole_call(&self) -> bool {
        match self {
            Self::Call { id: _, name: _, is_custom: false, arguments } => {
                arguments.trim_ascii_end().ends_with('}')
                    && serde_json::from_str::<serde::de::IgnoredAny>(arguments).is_ok()
            }
            Self::Call { id: _, name: _, is_custom: true, arguments: _ }
            | Self::Message { text: _, refusal: _ }
            | Self::Thought { shown: _ }
            | Self::Image(_)
            | Self::Opaque(_)
            | Self::Ended => false,
        }
    }
}
