//! What the parts of a reply say.

use std::borrow::Cow;

use interlingua_model::Origin;
use interlingua_wire::chat as wire;

use crate::{Loss, LossCode};

/// What a part of a reply's content says; only Mistral's models answer in parts.
pub(in crate::chat) enum Said {
    Text(String),
    Refusal(String),
    Thought(String),
    /// A part of this kind, which a reply in Responses has no place for.
    Other(String),
}

pub(in crate::chat) fn decode_part(part: wire::Part) -> Said {
    match part {
        wire::Part::Text(part) => Said::Text(part.text.unwrap_or_default()),
        wire::Part::Refusal(part) => Said::Refusal(part.refusal.unwrap_or_default()),
        wire::Part::Thinking(part) => Said::Thought(part.thinking.map(thoughts).unwrap_or_default()),
        wire::Part::ImageUrl(_) | wire::Part::InputAudio(_) | wire::Part::File(_) | wire::Part::Unknown(_) => {
            Said::Other(part.tag().to_owned())
        }
    }
}

/// What entries of `reasoning_details` say in the open, and whether any of them is sealed.
pub(in crate::chat) fn decode_details(details: Vec<wire::ReasoningDetail>) -> (String, bool) {
    let (mut text, mut is_sealed) = (String::new(), false);
    for detail in details {
        match detail {
            wire::ReasoningDetail::Summary(detail) => text.push_str(&detail.summary.unwrap_or_default()),
            wire::ReasoningDetail::Text(detail) => text.push_str(&detail.text.unwrap_or_default()),
            wire::ReasoningDetail::Encrypted(_) => is_sealed = true,
            wire::ReasoningDetail::Unknown(_) => {}
        }
    }
    (text, is_sealed)
}

/// The loss of a part that is neither text nor a refusal.
pub(in crate::chat) fn lost_part(origin: Origin) -> Loss {
    Loss::new(origin.path(), LossCode::DroppedPart, "Chat carries only text and refusals in a reply")
}

/// A tool's name for a client that knows no groups.
pub(in crate::chat) fn flat_name<'a>(namespace: Option<&str>, name: Cow<'a, str>) -> Cow<'a, str> {
    match namespace {
        Some(namespace) => Cow::Owned(format!("{namespace}__{name}")),
        None => name,
    }
}

fn thoughts(thinking: wire::Thinking) -> String {
    match thinking {
        wire::Thinking::Text(text) => text,
        wire::Thinking::Parts(parts) => {
            let texts = parts.into_iter().filter_map(|part| match part {
                wire::Thought::Text(part) => part.text,
                wire::Thought::Unknown(_) => None,
            });
            texts.collect()
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
