//! The items of a stream that is being written.

use interlingua_model::{ItemIndex, Opaque, Origin};
use interlingua_wire::responses as wire;

use super::open_item::OpenItem;

/// An item, and where it came from.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) index: ItemIndex,
    pub(super) origin: Origin,
    pub(super) written: WrittenItem,
}

#[derive(Debug)]
pub(super) enum WrittenItem {
    Open(OpenItem),
    /// What only this API has a word for, as it is so far.
    Carried {
        output_index: u32,
        item: wire::Item,
    },
    /// What only another API has a word for, as it began.
    Foreign(Box<Opaque>),
    Done(wire::Item),
    /// Nothing that a reply holds.
    Dropped,
}
