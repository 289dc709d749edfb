//! What an item holds beside its text: a picture, parts and items that only another API has a word for.

use interlingua_model::{Api, Content, ImageGeneration, Opaque, Origin};

use super::encoder::Encoder;
use super::frame::Out;
use crate::chat::images::encode_image;
use crate::chat::reply::content::lost_part;
use crate::opaque::{leave_out_of_reply, lost_image, untold_parts};

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
        self.losses.extend(untold_parts(content).map(lost_part));
    }

    pub(super) fn finish_opaque(&mut self, origin: Origin, opaque: &Opaque, out: &mut impl Out) {
        if let Err(error) = leave_out_of_reply(opaque, origin, Api::Chat, &mut self.losses) {
            self.refuse(error, out);
        }
    }
}
