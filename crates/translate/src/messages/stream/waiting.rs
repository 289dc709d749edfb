//! What other items say while a block is open, kept until its turn comes.

use interlingua_model::{Annotation, Item, ReasoningKind};

/// A piece of an item that waits.
#[derive(Debug)]
pub(super) enum Piece {
    /// The item begins to show.
    Begin,
    Text(String),
    Refusal(String),
    Thought {
        part: u32,
        kind: ReasoningKind,
        text: String,
    },
    Arguments(String),
    Annotation(Annotation),
    Finished(Option<Box<Item>>),
}

impl Piece {
    /// How much memory it takes, in bytes.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Begin | Self::Annotation(_) | Self::Finished(_) => 64,
            Self::Text(text)
            | Self::Refusal(text)
            | Self::Thought { part: _, kind: _, text }
            | Self::Arguments(text) => text.len(),
        }
    }
}
