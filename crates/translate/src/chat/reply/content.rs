//! What the parts of a reply say, and what becomes of an item that Chat has no place for.

use std::borrow::Cow;

use interlingua_wire::chat as wire;

use crate::LossCode;

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

/// Why an item is not in the reply.
pub(in crate::chat) fn dropped(kind: &str) -> (LossCode, String) {
    if kind == "custom_tool_call" {
        return (LossCode::HostedCall, "the upstream has already run this call itself".to_owned());
    }
    (LossCode::DroppedItem, format!("Chat has no place for a `{kind}`"))
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
