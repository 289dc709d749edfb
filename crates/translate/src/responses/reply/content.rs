//! The parts and the calls that the items of a response are made of.

use interlingua_model::{Arguments, ItemStatus, Opaque, PartKind, Protocol, TextPart};
use interlingua_wire::{Extra, responses as wire};

use super::annotations::decode_annotation;
use super::finish::encode_status;
use super::logprobs::decode_logprobs;
use crate::convert::verbatim;

#[expect(clippy::wildcard_enum_match_arm, reason = "every other part is carried as it is")]
pub(in crate::responses) fn decode_part(part: wire::ContentPart) -> PartKind {
    match part {
        wire::ContentPart::OutputText(wire::OutputText { text, annotations, logprobs, extra: _ }) => {
            PartKind::Text(TextPart {
                text: text.unwrap_or_default(),
                annotations: annotations.unwrap_or_default().into_iter().map(decode_annotation).collect(),
                logprobs: decode_logprobs(logprobs),
            })
        }
        wire::ContentPart::Refusal(wire::Refusal { refusal, extra: _ }) => {
            PartKind::Refusal(refusal.unwrap_or_default())
        }
        wire::ContentPart::InputText(wire::InputText { text, prompt_cache_breakpoint: _, extra: _ }) => {
            PartKind::Text(TextPart { text, ..TextPart::default() })
        }
        wire::ContentPart::ReasoningText(wire::ReasoningText { text, extra: _ })
        | wire::ContentPart::SummaryText(wire::SummaryText { text, extra: _ }) => {
            PartKind::Text(TextPart { text: text.unwrap_or_default(), ..TextPart::default() })
        }
        other => PartKind::Opaque(Opaque {
            protocol: Protocol::Responses,
            kind: other.tag().to_owned(),
            needs_client: false,
            raw: verbatim(&other),
        }),
    }
}

pub(in crate::responses) fn text_part(
    text: String,
    annotations: Vec<wire::Annotation>,
    logprobs: Vec<wire::Logprob>,
) -> wire::ContentPart {
    wire::ContentPart::OutputText(wire::OutputText {
        text: Some(text),
        annotations: Some(annotations),
        logprobs: Some(logprobs),
        extra: Extra::new(),
    })
}

pub(in crate::responses) fn refusal_part(text: String) -> wire::ContentPart {
    wire::ContentPart::Refusal(wire::Refusal { refusal: Some(text), extra: Extra::new() })
}

pub(in crate::responses) fn summary_part(text: String) -> wire::ContentPart {
    wire::ContentPart::SummaryText(wire::SummaryText { text: Some(text), extra: Extra::new() })
}

pub(in crate::responses) fn reasoning_text_part(text: String) -> wire::ContentPart {
    wire::ContentPart::ReasoningText(wire::ReasoningText { text: Some(text), extra: Extra::new() })
}

/// A call as an item.
pub(in crate::responses) fn call_item(
    id: String,
    call_id: String,
    (namespace, name): (Option<String>, String),
    arguments: Arguments,
    how_far: ItemStatus,
) -> wire::Item {
    let (id, call_id, name, status) = (Some(id), Some(call_id), Some(name), Some(encode_status(how_far)));
    match arguments {
        Arguments::Function(arguments) => wire::Item::FunctionCall(wire::FunctionCall {
            id,
            call_id,
            caller: None,
            namespace,
            name,
            arguments: Some(arguments),
            status,
            extra: Extra::new(),
        }),
        Arguments::Custom(input) => wire::Item::CustomToolCall(wire::CustomToolCall {
            id,
            call_id,
            caller: None,
            namespace,
            name,
            input: Some(input),
            status,
            extra: Extra::new(),
        }),
    }
}
