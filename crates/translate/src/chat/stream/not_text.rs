//! What an item holds beside its text: a picture, parts and items that only another API has a word for.

use interlingua_model::{Api, Content, ImageGeneration, Opaque, Origin, Part, PartKind};

use super::encoder::Encoder;
use super::frame::Out;
use crate::chat::images::encode_image;
use crate::chat::reply::content::lost_part;
use crate::opaque::{leave_out_of_reply, lost_image};

impl Encoder {
    pub(super) fn image(&mut self, made: ImageGeneration, origin: Origin, out: &mut impl Out) {
        let lost = lost_image(&made.begun(), origin, Api::Chat);
        match made.image.and_then(|image| encode_image(image, self.images)) {
            Some(image) => {
                self.images += 1;
                self.chunks.image(image, out);
            }
            None => self.losses.push(lost),
        }
    }

    /// Reports the parts of a message that no delta has told.
    pub(super) fn lose_parts(&mut self, content: Content) {
        let Content::Parts(parts) = content else { return };
        for Part { origin, kind, cache_breakpoint: _ } in parts {
            match kind {
                PartKind::Text(_) | PartKind::Refusal(_) => {}
                PartKind::Image(_) | PartKind::File(_) | PartKind::Audio(_) | PartKind::Opaque(_) => {
                    self.losses.push(lost_part(origin));
                }
            }
        }
    }

    pub(super) fn finish_opaque(&mut self, origin: Origin, opaque: &Opaque, out: &mut impl Out) {
        if let Err(error) = leave_out_of_reply(opaque, origin, Api::Chat, &mut self.losses) {
            self.refuse(error, out);
        }
    }
}
