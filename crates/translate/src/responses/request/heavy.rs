//! The texts of a request that may outweigh all the rest of it.

use interlingua_wire::responses as wire;

/// Gives each of them to a function.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other item has content that a client sends files in")]
pub(in crate::responses) fn heavy_texts(request: &mut wire::Request, take: &mut dyn FnMut(&mut String)) {
    let Some(wire::Input::Items(items)) = &mut request.input else { return };
    for item in items {
        let content = match item {
            wire::Item::ImageGenerationCall(made) => {
                made.result.iter_mut().for_each(&mut *take);
                None
            }
            wire::Item::Message(message) => message.content.as_mut(),
            wire::Item::FunctionCallOutput(result) => result.output.as_mut(),
            wire::Item::CustomToolCallOutput(result) => result.output.as_mut(),
            _ => None,
        };
        let Some(wire::Content::Parts(parts)) = content else { continue };
        for part in parts {
            match part {
                wire::ContentPart::InputImage(image) => {
                    image.image_url.iter_mut().filter_map(wire::ImageAddress::url_mut).for_each(&mut *take);
                }
                wire::ContentPart::InputFile(file) => file.file_data.iter_mut().for_each(&mut *take),
                _ => {}
            }
        }
    }
}
