//! The parts and the calls that the items of a response are made of.

use std::borrow::Cow;

use interlingua_model::{Api, Arguments, ItemStatus, Opaque, OpaqueClass, Origin, PartKind, TextPart};
use interlingua_wire::{self as json, Extra, Unknown, responses as wire};

use super::annotations::decode_annotation;
use super::finish::encode_status;
use super::logprobs::decode_logprobs;
use super::unread::Unread;
use crate::convert::{verbatim, wire_json};
use crate::{Loss, LossCode};

/// The path of an annotation of a part.
pub(in crate::responses) const ANNOTATION: &str = "output[*].content[*].annotations[*]";

/// The text of a part that has one.
pub(in crate::responses) fn part_text(part: &wire::ContentPart) -> Option<Cow<'_, str>> {
    let text = match part {
        wire::ContentPart::OutputText(part) => part.text.as_deref(),
        wire::ContentPart::Refusal(part) => part.refusal.as_deref(),
        wire::ContentPart::InputText(part) => Some(part.text.as_str()),
        wire::ContentPart::ReasoningText(part) => part.text.as_deref(),
        wire::ContentPart::SummaryText(part) => part.text.as_deref(),
        wire::ContentPart::InputImage(_)
        | wire::ContentPart::InputFile(_)
        | wire::ContentPart::InputAudio(_)
        | wire::ContentPart::EncryptedContent(_) => {
            return None;
        }
        wire::ContentPart::Unknown(unknown) => {
            return plain_text(unknown).map(|part| part.text.unwrap_or_default().into());
        }
    };
    Some(Cow::Borrowed(text.unwrap_or_default()))
}

/// A part of type `text`, which some servers send where the API has `output_text`.
fn plain_text(unknown: &Unknown) -> Option<wire::OutputText> {
    let Unknown { kind, raw } = unknown;
    if kind != "text" {
        return None;
    }
    let part: wire::OutputText = raw.parse().ok()?;
    // What says its type is no field beside it.
    let mut extra = Extra::new();
    for (name, value) in part.extra.iter().filter(|(name, _)| *name != "type") {
        extra.push(name, value.clone());
    }
    Some(wire::OutputText { extra, ..part })
}

/// Reads a part of an item, which stood at `origin`.
pub(in crate::responses) fn decode_part(part: wire::ContentPart, origin: Origin, unread: &mut Unread) -> PartKind {
    let known = if let wire::ContentPart::Unknown(unknown) = &part { plain_text(unknown) } else { None };
    let part = known.map_or(part, wire::ContentPart::OutputText);
    match part {
        wire::ContentPart::OutputText(wire::OutputText { text, annotations, logprobs, extra }) => {
            unread.fields(origin, &extra);
            let annotations = annotations.unwrap_or_default().into_iter().enumerate();
            PartKind::Text(TextPart {
                text: text.unwrap_or_default(),
                annotations: annotations
                    .map(|(index, annotation)| {
                        decode_annotation(annotation, origin.then_nth(ANNOTATION, index), unread)
                    })
                    .collect(),
                logprobs: decode_logprobs(logprobs),
            })
        }
        wire::ContentPart::Refusal(wire::Refusal { refusal, extra }) => {
            unread.fields(origin, &extra);
            PartKind::Refusal(refusal.unwrap_or_default())
        }
        wire::ContentPart::InputText(wire::InputText { text, prompt_cache_breakpoint: _, extra }) => {
            unread.fields(origin, &extra);
            PartKind::Text(TextPart { text, ..TextPart::default() })
        }
        wire::ContentPart::ReasoningText(wire::ReasoningText { text, extra })
        | wire::ContentPart::SummaryText(wire::SummaryText { text, extra }) => {
            unread.fields(origin, &extra);
            PartKind::Text(TextPart { text: text.unwrap_or_default(), ..TextPart::default() })
        }
        wire::ContentPart::InputImage(_)
        | wire::ContentPart::InputFile(_)
        | wire::ContentPart::InputAudio(_)
        | wire::ContentPart::EncryptedContent(_) => opaque(&part, OpaqueClass::Essential),
        wire::ContentPart::Unknown(_) => opaque(&part, OpaqueClass::Unknown),
    }
}

fn opaque(part: &wire::ContentPart, class: OpaqueClass) -> PartKind {
    PartKind::Opaque(Opaque { api: Api::Responses, kind: part.tag().to_owned(), class, raw: verbatim(part) })
}

/// Writes a part that is neither text nor a refusal, if this API has a word for it.
pub(in crate::responses) fn carried_part(
    kind: PartKind,
    origin: Origin,
    losses: &mut Vec<Loss>,
) -> Option<wire::ContentPart> {
    if let PartKind::Opaque(Opaque { api: Api::Responses, kind, class: _, raw }) = kind {
        return Some(wire::ContentPart::Unknown(Unknown { kind, raw: wire_json(raw) }));
    }
    losses.push(Loss::new(origin.path(), LossCode::DroppedPart, "a reply holds only text and refusals"));
    None
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

/// A call that stands for the client's search for tools, as the search it is.
pub(in crate::responses) fn search_item(
    id: String,
    call_id: String,
    arguments: &Arguments,
    how_far: ItemStatus,
) -> wire::Item {
    // An object where it is one; a call that was cut has only its text.
    let text = arguments.text();
    let arguments = text.parse().or_else(|_| json::Json::from_value(&text)).ok();
    wire::Item::ToolSearchCall(wire::ToolSearchCall {
        id: Some(id),
        call_id: Some(call_id),
        execution: Some("client".to_owned()),
        arguments,
        status: Some(encode_status(how_far)),
        ..wire::ToolSearchCall::default()
    })
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
            namespace,
            name,
            arguments: Some(arguments),
            status,
            ..wire::FunctionCall::default()
        }),
        Arguments::Custom(input) => wire::Item::CustomToolCall(wire::CustomToolCall {
            id,
            call_id,
            namespace,
            name,
            input: Some(input),
            status,
            ..wire::CustomToolCall::default()
        }),
    }
}
