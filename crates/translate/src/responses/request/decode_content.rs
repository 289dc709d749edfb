//! Content parts as canonical ones.

use interlingua_model::{
    Api, AudioPart, Breakpoint, Content, FilePart, ImagePart, ImageSource, Opaque, OpaqueClass, Origin, Part, PartKind,
    TextPart,
};
use interlingua_wire::{Unknown, responses as wire};
use serde::Deserialize;

use super::reading::Reading;
use crate::convert::{json, non_empty, to_json};
use crate::error::missing;
use crate::foreign;
use crate::path::Path;
use crate::{Error, RequestCode};

/// Reads content that stands under its owner; `parts_path` is the path that its parts have.
pub(super) fn decode_content(
    out: &mut Reading,
    content: wire::Content,
    path: Path<'_>,
    owner: Origin,
    parts_path: &'static str,
) -> Result<Content, Error> {
    let parts = match content {
        wire::Content::Text(text) => return Ok(Content::Text(text)),
        wire::Content::Parts(parts) => parts,
    };
    let boundary = match parts_path {
        "input[*].output[*]" => "input[*].output[*].prompt_cache_breakpoint",
        _ => "input[*].content[*].prompt_cache_breakpoint",
    };
    let mut decoded = Vec::with_capacity(parts.len());
    for (index, part) in parts.into_iter().enumerate() {
        let origin = owner.then_nth(parts_path, index);
        decoded.push(decode_part(out, part, path.nth(index), origin, boundary)?);
    }
    Ok(Content::Parts(decoded))
}

fn decode_part(
    out: &mut Reading,
    part: wire::ContentPart,
    path: Path<'_>,
    origin: Origin,
    boundary: &'static str,
) -> Result<Part, Error> {
    let (kind, cache_breakpoint) = match part {
        wire::ContentPart::InputText(wire::InputText { text, prompt_cache_breakpoint, extra }) => {
            out.unknown(path, &extra);
            (PartKind::Text(plain(text)), prompt_cache_breakpoint)
        }
        wire::ContentPart::OutputText(wire::OutputText { text, annotations: _, logprobs: _, extra }) => {
            // What hangs on the text is about the earlier reply; no request takes it back.
            out.unknown(path, &extra);
            (PartKind::Text(plain(text.unwrap_or_default())), None)
        }
        wire::ContentPart::Refusal(wire::Refusal { refusal, extra }) => {
            out.unknown(path, &extra);
            (PartKind::Refusal(refusal.unwrap_or_default()), None)
        }
        wire::ContentPart::InputImage(wire::InputImage {
            image_url,
            file_id,
            detail,
            prompt_cache_breakpoint,
            extra,
        }) => {
            out.unknown(path, &extra);
            let (image_url, detail) = match image_url {
                Some(wire::ImageAddress::Object(image)) => {
                    out.accept(path.then("image_url"), "the address of a picture is a text here; read all the same");
                    (image.url, detail.or(image.detail))
                }
                Some(wire::ImageAddress::Url(url)) => (Some(url), detail),
                None => (None, detail),
            };
            let source = match (non_empty(image_url), non_empty(file_id)) {
                (Some(url), _) => ImageSource::Url(url),
                (None, Some(id)) => ImageSource::FileId(id),
                (None, None) => return Err(missing(path, "an image needs an image_url or a file_id")),
            };
            (PartKind::Image(ImagePart { source, detail }), prompt_cache_breakpoint)
        }
        wire::ContentPart::InputFile(wire::InputFile {
            file_id,
            file_data,
            filename,
            file_url,
            detail,
            prompt_cache_breakpoint,
            extra,
        }) => {
            out.unknown(path, &extra);
            if file_id.is_none() && file_data.is_none() && file_url.is_none() {
                return Err(missing(path, "a file needs a file_id, file_data or file_url"));
            }
            let (file_data, file_url) = match file_data {
                Some(url) if file_url.is_none() && (url.starts_with("https://") || url.starts_with("http://")) => {
                    out.accept(format!("{path}.file_data"), "an address in place of the data is passed on as one");
                    (None, Some(url))
                }
                file_data => (file_data, file_url),
            };
            let file = FilePart { file_id, file_data, file_url, filename, detail };
            (PartKind::File(file), prompt_cache_breakpoint)
        }
        wire::ContentPart::InputAudio(wire::InputAudio { input_audio, extra }) => {
            out.unknown(path, &extra);
            (PartKind::Audio(decode_audio(input_audio, path)?), None)
        }
        wire::ContentPart::Unknown(unknown) => {
            if let Some(kind) = foreign::part(&unknown) {
                out.accept(path, "a part in the words of another API; read all the same");
                (kind, None)
            } else {
                let Unknown { kind, raw } = unknown;
                (opaque(kind, OpaqueClass::Unknown, json(raw)), None)
            }
        }
        part @ (wire::ContentPart::ReasoningText(_)
        | wire::ContentPart::SummaryText(_)
        | wire::ContentPart::EncryptedContent(_)) => {
            let kind = part.tag().to_owned();
            let raw = to_json(&part)
                .ok_or_else(|| Error::request(path, RequestCode::InvalidValue, "a part that cannot be written back"))?;
            (opaque(kind, OpaqueClass::Essential, raw), None)
        }
    };
    let cache_breakpoint = cache_breakpoint.map(|raw| {
        let origin = origin.then(boundary);
        Breakpoint { origin, ttl: None, raw: Some(json(raw)) }
    });
    Ok(Part { origin, kind, cache_breakpoint })
}

fn decode_audio(audio: Option<interlingua_wire::Json>, path: Path<'_>) -> Result<AudioPart, Error> {
    #[derive(Deserialize)]
    struct Audio {
        data: String,
        format: String,
    }
    let path = path.then("input_audio");
    let audio = audio.ok_or_else(|| missing(path, "an audio part needs its input_audio"))?;
    match audio.parse() {
        Ok(Audio { data, format }) => Ok(AudioPart { data, format }),
        Err(_) => Err(Error::request(path, RequestCode::InvalidValue, "audio is an object with data and format")),
    }
}

fn plain(text: String) -> TextPart {
    TextPart { text, ..TextPart::default() }
}

fn opaque(kind: String, class: OpaqueClass, raw: interlingua_model::Json) -> PartKind {
    PartKind::Opaque(Opaque { api: Api::Responses, kind, class, raw })
}

/// The texts of a thought's parts, in order.
pub(super) fn texts(parts: Vec<wire::ContentPart>) -> Vec<String> {
    let texts = parts.into_iter().filter_map(|part| match part {
        wire::ContentPart::SummaryText(part) => part.text,
        wire::ContentPart::ReasoningText(part) => part.text,
        wire::ContentPart::OutputText(part) => part.text,
        wire::ContentPart::InputText(part) => Some(part.text),
        wire::ContentPart::InputImage(_)
        | wire::ContentPart::InputFile(_)
        | wire::ContentPart::InputAudio(_)
        | wire::ContentPart::Refusal(_)
        | wire::ContentPart::EncryptedContent(_)
        | wire::ContentPart::Unknown(_) => None,
    });
    texts.collect()
}
