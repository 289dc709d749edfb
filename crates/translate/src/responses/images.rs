//! A picture that a model made, as an item of this API: its bytes in base64, and beside them what kind of picture it is.

use interlingua_model::{Api, ImageGeneration, ImageSource, Opaque, OpaqueClass};
use interlingua_wire::{Extra, Json, Unknown, responses as wire};

use super::item_class::opaque;
use crate::convert::{non_empty, wire_json};

/// The field that says what kind of picture the bytes are.
const OUTPUT_FORMAT: &str = "output_format";

/// What base64 of each kind of picture begins with.
const BEGINNINGS: [(&str, &str); 4] = [("iVBORw0KGgo", "png"), ("/9j/", "jpeg"), ("UklGR", "webp"), ("R0lGOD", "gif")];

/// The picture moves out of the item, which is kept beside it.
pub(in crate::responses) fn decode(mut call: wire::ImageGenerationCall) -> ImageGeneration {
    let image = non_empty(call.result.take()).map(|mut result| {
        // Some servers tell where the picture is instead of its bytes.
        if ["data:", "https://", "http://"].iter().any(|scheme| result.starts_with(scheme)) {
            call.result = Some(result.clone());
        } else {
            let said = call.extra.get(OUTPUT_FORMAT).and_then(|format| format.parse::<String>().ok());
            let format = non_empty(said).unwrap_or_else(|| looks_like(&result).to_owned());
            // Made as long as it is: to put the head in front would make room for as much again.
            let head = format!("data:image/{format};base64,");
            let mut url = String::with_capacity(head.len() + result.len());
            url.push_str(&head);
            url.push_str(&result);
            result = url;
        }
        ImageSource::Url(result)
    });
    let id = call.id.clone();
    let own = Some(opaque(&wire::Item::ImageGenerationCall(call), OpaqueClass::Settled));
    ImageGeneration { id, image, own }
}

/// What kind of picture it is by its first bytes; the usual kind where they do not say.
fn looks_like(base64: &str) -> &'static str {
    let known = BEGINNINGS.iter().find(|(beginning, _)| base64.starts_with(beginning));
    known.map_or("png", |(_, format)| *format)
}

/// The item; where another API told of the picture, `made_up` is its id. `None` for a picture that is not there as bytes.
pub(in crate::responses) fn encode(made: ImageGeneration, made_up: String) -> Option<wire::Item> {
    let ImageGeneration { id, image, own } = made;
    let bytes = image.and_then(bytes);
    if let Some(Opaque { api: Api::Responses, kind, class: _, raw }) = own {
        return Some(match serde_json::from_str(raw.text()) {
            Ok(wire::Item::ImageGenerationCall(mut call)) => {
                call.result = call.result.or(bytes.map(|(_, bytes)| bytes));
                wire::Item::ImageGenerationCall(call)
            }
            Ok(_) | Err(_) => wire::Item::Unknown(Unknown { kind, raw: wire_json(raw) }),
        });
    }
    let (format, bytes) = bytes?;
    let mut extra = Extra::new();
    if let Ok(format) = Json::from_value(&format) {
        extra.push(OUTPUT_FORMAT, format);
    }
    Some(wire::Item::ImageGenerationCall(wire::ImageGenerationCall {
        id: Some(id.unwrap_or(made_up)),
        status: Some(wire::Status::Completed),
        result: Some(bytes),
        extra,
        ..wire::ImageGenerationCall::default()
    }))
}

/// Whether a server of this API made a picture, and takes it back as it gave it.
pub(in crate::responses) fn is_own_image(made: &ImageGeneration) -> bool {
    made.own.as_ref().is_some_and(|own| own.api == Api::Responses)
}

/// The item before there was a picture, as far as it says who it is.
pub(in crate::responses) fn begun(item: &wire::Item) -> wire::Item {
    wire::Item::ImageGenerationCall(wire::ImageGenerationCall {
        id: item.id().map(str::to_owned),
        status: Some(wire::Status::InProgress),
        ..wire::ImageGenerationCall::default()
    })
}

/// The kind and the base64 of a picture that comes as data.
fn bytes(image: ImageSource) -> Option<(String, String)> {
    let ImageSource::Url(mut url) = image else { return None };
    let (head, _) = url.strip_prefix("data:")?.split_once(',')?;
    let media_type = head.strip_suffix(";base64")?;
    let media_type = media_type.split_once(';').map_or(media_type, |(media_type, _)| media_type);
    let format = media_type.strip_prefix("image/").unwrap_or("png").to_owned();
    url.drain(.."data:,".len() + head.len());
    Some((format, url))
}
