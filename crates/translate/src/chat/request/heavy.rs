//! The texts of a request that may outweigh all the rest of it.

use interlingua_wire::chat as wire;

/// Gives each of them to a function.
pub(in crate::chat) fn heavy_texts(request: &mut wire::Request, take: &mut dyn FnMut(&mut String)) {
    for message in request.messages.iter_mut().flatten() {
        let content = match message {
            wire::Message::System(message) | wire::Message::Developer(message) | wire::Message::User(message) => {
                message.content.as_mut()
            }
            wire::Message::Assistant(message) => message.content.as_mut(),
            wire::Message::Tool(message) => message.content.as_mut(),
            wire::Message::Function(message) => message.content.as_mut(),
            wire::Message::Unknown(_) => None,
        };
        let Some(wire::Content::Parts(parts)) = content else { continue };
        for part in parts {
            let text = match part {
                wire::Part::ImageUrl(part) => part.image_url.as_mut().and_then(wire::ImageAddress::url_mut),
                wire::Part::InputAudio(part) => part.input_audio.as_mut().and_then(|audio| audio.data.as_mut()),
                wire::Part::File(part) => part.file.as_mut().and_then(|file| file.file_data.as_mut()),
                wire::Part::Text(_) | wire::Part::Refusal(_) | wire::Part::Thinking(_) | wire::Part::Unknown(_) => None,
            };
            text.into_iter().for_each(&mut *take);
        }
    }
}
