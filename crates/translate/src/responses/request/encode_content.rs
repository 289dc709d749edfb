//! Canonical content as content parts of a request.

use interlingua_model::{
    Annotation, Api, AudioPart, Content, FilePart, ImagePart, ImageSource, Opaque, Part, PartKind, TextPart,
};
use interlingua_wire::{Extra, Unknown, responses as wire};

use super::writing::Writing;
use crate::convert::wire_json;
use crate::responses::Field;
use crate::responses::reply::annotations::encode_annotation;
use crate::{Error, RequestCode};

/// Whose content it is: what goes in and what came out have different part types.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Input,
    Output,
}

pub(super) fn encode_content(out: &mut Writing<'_>, content: Content, side: Side) -> Result<wire::Content, Error> {
    match content {
        Content::Text(text) => Ok(wire::Content::Text(text)),
        Content::Parts(parts) => {
            // Not collected: that would be in the place of the parts, which are longer, and the rest be cut off.
            let mut written = Vec::with_capacity(parts.len());
            for part in parts {
                written.push(encode_part(out, part, side)?);
            }
            Ok(wire::Content::Parts(written))
        }
    }
}

fn encode_part(out: &mut Writing<'_>, part: Part, side: Side) -> Result<wire::ContentPart, Error> {
    let Part { origin, kind, cache_breakpoint } = part;
    let prompt_cache_breakpoint = out.boundary(Field::PromptCacheBreakpoint, cache_breakpoint);
    Ok(match kind {
        PartKind::Text(TextPart { text, annotations, logprobs: _ }) => match side {
            Side::Input => {
                wire::ContentPart::InputText(wire::InputText { text, prompt_cache_breakpoint, extra: Extra::new() })
            }
            // Strict hosts want the list even when it is empty.
            Side::Output => wire::ContentPart::OutputText(wire::OutputText {
                text: Some(text),
                annotations: Some(encode_annotations(out, annotations)),
                logprobs: None,
                extra: Extra::new(),
            }),
        },
        PartKind::Refusal(refusal) => {
            wire::ContentPart::Refusal(wire::Refusal { refusal: Some(refusal), extra: Extra::new() })
        }
        PartKind::Image(ImagePart { source, detail }) => {
            let (image_url, file_id) = match source {
                ImageSource::Url(url) => (Some(wire::ImageAddress::Url(url)), None),
                ImageSource::FileId(id) => (None, Some(id)),
            };
            wire::ContentPart::InputImage(wire::InputImage {
                image_url,
                file_id,
                // The reference requires the key.
                detail: Some(detail.unwrap_or_else(|| "auto".to_owned())),
                prompt_cache_breakpoint,
                extra: Extra::new(),
            })
        }
        PartKind::File(FilePart { file_id, file_data, file_url, filename, detail }) => {
            wire::ContentPart::InputFile(wire::InputFile {
                file_id,
                file_data,
                filename,
                file_url,
                detail,
                prompt_cache_breakpoint,
                extra: Extra::new(),
            })
        }
        PartKind::Audio(AudioPart { data: _, format: _ }) => {
            let message = "the Responses API takes no spoken input; send a transcript as text";
            return Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message));
        }
        PartKind::Opaque(Opaque { api: Api::Responses, kind, class: _, raw }) => {
            wire::ContentPart::Unknown(Unknown { kind, raw: wire_json(raw) })
        }
        PartKind::Opaque(opaque) => {
            let message = format!("a part of type `{}` cannot be carried over", opaque.kind);
            return Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message));
        }
    })
}

fn encode_annotations(out: &mut Writing<'_>, annotations: Vec<Annotation>) -> Vec<wire::Annotation> {
    let encoded = annotations.into_iter().map(encode_annotation);
    encoded.filter_map(|annotation| annotation.map_err(|loss| out.losses.push(loss)).ok()).collect()
}
