//! The items of a stream that is being written.

use interlingua_model::{ImageGeneration, ItemIndex, Opaque, Origin};
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
    /// A picture of another API's, which is told once it is there.
    Image(Box<ImageGeneration>),
    Done(wire::Item),
    /// Nothing that a reply holds.
    Dropped,
}

impl WrittenItem {
    /// Where the annotations of a part of a finished message are.
    pub(super) fn late_annotations(&mut self, part: u32) -> Option<&mut Vec<wire::Annotation>> {
        let Self::Done(item) = self else { return None };
        let wire::Item::Message(message) = item else { return None };
        let Some(wire::Content::Parts(parts)) = &mut message.content else { return None };
        match parts.get_mut(usize::try_from(part).ok()?)? {
            wire::ContentPart::OutputText(text) => Some(text.annotations.get_or_insert_default()),
            wire::ContentPart::InputText(_)
            | wire::ContentPart::InputImage(_)
            | wire::ContentPart::InputFile(_)
            | wire::ContentPart::InputAudio(_)
            | wire::ContentPart::Refusal(_)
            | wire::ContentPart::ReasoningText(_)
            | wire::ContentPart::SummaryText(_)
            | wire::ContentPart::EncryptedContent(_)
            | wire::ContentPart::Unknown(_) => None,
        }
    }
}
