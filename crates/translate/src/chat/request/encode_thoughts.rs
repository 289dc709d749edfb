//! Thoughts in a message of the history, where each server reads them.

use interlingua_wire::{Extra, chat as wire};

use super::encode_content::text_part;
use crate::chat::{ReasoningForm, Upstream};

/// Puts thoughts where this upstream reads them.
pub(super) fn put_thoughts(upstream: &Upstream, text: &str, message: &mut wire::AssistantMessage) {
    for form in &upstream.reasoning_as {
        match form {
            ReasoningForm::ReasoningContent => message.reasoning_content = Some(text.to_owned()),
            ReasoningForm::Reasoning => message.reasoning = Some(text.to_owned()),
            ReasoningForm::ReasoningDetails => {
                let detail = wire::TextDetail { text: Some(text.to_owned()), ..wire::TextDetail::default() };
                message.reasoning_details = Some(vec![wire::ReasoningDetail::Text(detail)]);
            }
            ReasoningForm::ThinkTags => {
                let tags = upstream.think_tags.first().map(|(open, close)| (open.as_str(), close.as_str()));
                let (open, close) = tags.filter(|(open, _)| !open.is_empty()).unwrap_or(("<think>", "</think>"));
                let tagged = format!("{open}{text}{close}\n\n");
                message.content = Some(match message.content.take() {
                    None => wire::Content::Text(tagged),
                    Some(wire::Content::Text(said)) => wire::Content::Text(tagged + &said),
                    Some(wire::Content::Parts(mut parts)) => {
                        parts.insert(0, text_part(tagged));
                        wire::Content::Parts(parts)
                    }
                });
            }
            ReasoningForm::ThinkingPart => {
                let thought = wire::TextPart { text: Some(text.to_owned()), ..wire::TextPart::default() };
                let thinking = Some(wire::Thinking::Parts(vec![wire::Thought::Text(thought)]));
                let part = wire::Part::Thinking(wire::ThinkingPart { thinking, extra: Extra::new() });
                let said = match message.content.take() {
                    None => Vec::new(),
                    Some(wire::Content::Text(said)) => vec![text_part(said)],
                    Some(wire::Content::Parts(parts)) => parts,
                };
                message.content = Some(wire::Content::Parts(std::iter::once(part).chain(said).collect()));
            }
        }
    }
}
