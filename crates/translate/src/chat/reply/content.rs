//! What the parts of a reply say.

use interlingua_model::{ImageGeneration, Origin};
use interlingua_wire::{Extra, chat as wire};
use serde_json::{Map, Value};

use crate::chat::images::decode_image;
use crate::chat::losses::Losses;
use crate::chat::sealed::OF_MESSAGES;
use crate::convert::is_blank;
use crate::{Error, Loss, LossCode};

/// Another name of thoughts: Copilot's.
pub(in crate::chat) const REASONING_TEXT: &str = "reasoning_text";

/// What a part of a reply's content says; only Mistral's models answer in parts.
pub(in crate::chat) enum Said {
    Text(String),
    Refusal(String),
    Thought(String),
    Nothing,
}

/// Reads a part that stands at `place`.
pub(in crate::chat) fn decode_part(part: wire::Part, place: Origin, losses: &mut Losses) -> Said {
    match part {
        wire::Part::Text(wire::TextPart { text, prompt_cache_breakpoint: _, extra }) => {
            losses.unread(place, &extra);
            Said::Text(text.unwrap_or_default())
        }
        wire::Part::Refusal(wire::RefusalPart { refusal, extra }) => {
            losses.unread(place, &extra);
            Said::Refusal(refusal.unwrap_or_default())
        }
        wire::Part::Thinking(wire::ThinkingPart { thinking, extra }) => {
            // That a thought has come to its end is plain from what follows it.
            losses.unread_but(&["closed"], place, &extra);
            Said::Thought(thinking.map(|thinking| thoughts(thinking, place, losses)).unwrap_or_default())
        }
        wire::Part::ImageUrl(_) | wire::Part::InputAudio(_) | wire::Part::File(_) | wire::Part::Unknown(_) => {
            let detail = format!("the Responses API has no place for a `{}` in a reply", part.tag());
            losses.once(place.path(), LossCode::DroppedPart, detail);
            Said::Nothing
        }
    }
}

/// Reads a picture that the model made.
pub(in crate::chat) fn made_image(
    image: wire::MadeImage,
    place: Origin,
    losses: &mut Losses,
) -> Option<ImageGeneration> {
    let Some((made, unread)) = decode_image(image) else {
        losses.once(place.path(), LossCode::DroppedPart, "a picture without an address");
        return None;
    };
    for extra in &unread {
        losses.unread(place, extra);
    }
    Some(made)
}

/// What entries of `reasoning_details` say in the open, and the entries themselves, which their maker may want back.
pub(in crate::chat) fn decode_details(details: Vec<wire::ReasoningDetail>) -> (String, Vec<Map<String, Value>>) {
    let (mut text, mut entries) = (String::new(), Vec::with_capacity(details.len()));
    for detail in details {
        if let Ok(Value::Object(entry)) = serde_json::to_value(&detail) {
            entries.push(entry);
        }
        match detail {
            wire::ReasoningDetail::Summary(detail) => text.push_str(&detail.summary.unwrap_or_default()),
            wire::ReasoningDetail::Text(detail) => text.push_str(&detail.text.unwrap_or_default()),
            // Some servers do not say what kind of entry it is.
            wire::ReasoningDetail::Unknown(unknown) if unknown.kind.is_empty() => {
                let said = entries.last().and_then(|entry| entry.get("text")?.as_str());
                text.push_str(said.unwrap_or_default());
            }
            wire::ReasoningDetail::Encrypted(_) | wire::ReasoningDetail::Unknown(_) => {}
        }
    }
    (text, entries)
}

/// Takes from the fields of a message that no type names those that its maker may want back.
pub(in crate::chat) fn take_own_fields(extra: &mut Extra) -> Extra {
    let mut own = Extra::new();
    for name in OF_MESSAGES {
        if let Some(value) = extra.take(name).filter(|value| !is_blank(value)) {
            own.push(name, value);
        }
    }
    own
}

/// The loss of a part that is neither text nor a refusal.
pub(in crate::chat) fn lost_part(origin: Origin) -> Loss {
    Loss::new(origin.path(), LossCode::DroppedPart, "Chat carries only text and refusals in a reply")
}

/// The loss of what a model wrote behind the wrapping of a custom tool's input.
pub(in crate::chat) fn lost_behind(call: Origin) -> Loss {
    let detail = "the model wrote more behind the JSON that holds the tool's input";
    Loss::new(call.path(), LossCode::DroppedDetail, detail)
}

/// The refusal of a custom tool's input that breaks off although the reply says that it is complete.
pub(in crate::chat) fn cut_wrapping(call: Origin) -> Error {
    let message = "the JSON that holds a tool's input breaks off".to_owned();
    Error::Malformed { path: Some(call.path()), message }
}

fn thoughts(thinking: wire::Thinking, place: Origin, losses: &mut Losses) -> String {
    match thinking {
        wire::Thinking::Text(text) => text,
        wire::Thinking::Parts(parts) => {
            let mut said = String::new();
            for part in parts {
                match part {
                    wire::Thought::Text(part) => said.push_str(&part.text.unwrap_or_default()),
                    wire::Thought::Unknown(unknown) => {
                        let detail = format!("thoughts have no place for a `{}`", unknown.kind);
                        losses.once(place.path(), LossCode::DroppedReasoning, detail);
                    }
                }
            }
            said
        }
    }
}

/// The loss of a message beside the answer, where nothing but the answer may stand.
pub(in crate::chat) fn beside_answer(origin: Origin) -> Loss {
    let detail = "the content is JSON, so what was said beside the answer has no place";
    Loss::new(origin.path(), LossCode::DroppedItem, detail)
}

/// The loss of what such a message cites.
pub(in crate::chat) fn cited_beside_answer(origin: Origin) -> Loss {
    Loss::new(origin.path(), LossCode::DroppedAnnotation, "thoughts have no citations")
}
