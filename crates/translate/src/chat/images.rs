//! `images`: pictures in a message of the model's, as OpenRouter writes them; not part of the official API.

use interlingua_model::{ImageGeneration, ImageSource};
use interlingua_wire::{Extra, Integer, chat as wire};

/// A picture as an entry of the list, which says its place in it; `None` for one that only another API's server has.
pub(super) fn encode_image(image: ImageSource, index: usize) -> Option<wire::MadeImage> {
    let ImageSource::Url(url) = image else { return None };
    let image_url = Some(wire::ImageUrl { url: Some(url), detail: None, extra: Extra::new() });
    let index = Some(Integer(i64::try_from(index).unwrap_or(i64::MAX)));
    let kind = Some("image_url".to_owned());
    Some(wire::MadeImage::Entry(wire::ImageEntry { kind, image_url, index, extra: Extra::new() }))
}

/// An entry as the picture that it is, and its fields that are nobody's; `None` for one that shows nothing.
pub(super) fn decode_image(image: wire::MadeImage) -> Option<(ImageGeneration, [Extra; 2])> {
    let (url, extra) = match image {
        wire::MadeImage::Url(url) => (url, [Extra::new(), Extra::new()]),
        wire::MadeImage::Entry(wire::ImageEntry { kind: _, image_url, index: _, extra }) => {
            let wire::ImageUrl { url, detail: _, extra: inner } = image_url?;
            (url?, [extra, inner])
        }
    };
    let made = ImageGeneration { id: None, image: Some(ImageSource::Url(url)), own: None };
    made.image.as_ref().is_some_and(shows_something).then_some((made, extra))
}

fn shows_something(image: &ImageSource) -> bool {
    !matches!(image, ImageSource::Url(url) if url.is_empty())
}
