//! Chat's content parts as canonical ones.

use interlingua_model::{
    AudioPart, Breakpoint, Content, FilePart, ImagePart, ImageSource, Origin, Part, PartKind, TextPart,
};
use interlingua_wire::{Json, Unknown, chat as wire};
use serde::Deserialize;

use super::mark::Mark;
use super::reading::Reading;
use crate::convert::{json, non_empty};
use crate::error::missing;
use crate::foreign;
use crate::path::Path;
use crate::{Error, LossCode, RequestCode};

/// Whose content it is, which decides the parts it may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    Tool,
    Other,
}

pub(super) fn decode_content(
    out: &mut Reading,
    content: wire::Content,
    path: Path<'_>,
    origin: Origin,
    speaker: Speaker,
) -> Result<Content, Error> {
    let parts = match content {
        wire::Content::Text(text) => return Ok(Content::Text(text)),
        wire::Content::Parts(parts) => parts,
    };
    let mut decoded = Vec::with_capacity(parts.len());
    for (index, part) in parts.into_iter().enumerate() {
        let path = path.nth(index);
        let origin = origin.then_nth("messages[*].content[*]", index);
        decoded.push(decode_part(out, part, path, origin, speaker)?);
    }
    Ok(Content::Parts(decoded))
}

fn decode_part(
    out: &mut Reading,
    part: wire::Part,
    path: Path<'_>,
    origin: Origin,
    speaker: Speaker,
) -> Result<Part, Error> {
    let mut marked = None;
    let (kind, cache_breakpoint) = match part {
        wire::Part::Text(wire::TextPart { text, prompt_cache_breakpoint, mut extra }) => {
            marked = Mark::take(out, &mut extra, path);
            out.unknown(path, &extra);
            let text = text.ok_or_else(|| missing(format!("{path}.text"), "a text part needs its text"))?;
            (PartKind::Text(TextPart { text, ..TextPart::default() }), prompt_cache_breakpoint)
        }
        wire::Part::ImageUrl(wire::ImagePart { image_url, prompt_cache_breakpoint, mut extra }) => {
            marked = Mark::take(out, &mut extra, path);
            out.unknown(path, &extra);
            let inner = path.then("image_url");
            let image = image_url.ok_or_else(|| missing(inner, "an image part needs its image_url"))?;
            let wire::ImageUrl { url, detail, extra } = match image {
                wire::ImageAddress::Object(image) => image,
                wire::ImageAddress::Url(url) => {
                    out.accept(inner, "the address of a picture stands in an object here; read all the same");
                    wire::ImageUrl { url: Some(url), ..wire::ImageUrl::default() }
                }
            };
            out.unknown(inner, &extra);
            let url = non_empty(url).ok_or_else(|| missing(format!("{inner}.url"), "an image needs its url"))?;
            (PartKind::Image(ImagePart { source: ImageSource::Url(url), detail }), prompt_cache_breakpoint)
        }
        wire::Part::File(wire::FilePart { file, prompt_cache_breakpoint, mut extra }) => {
            marked = Mark::take(out, &mut extra, path);
            out.unknown(path, &extra);
            let inner = path.then("file");
            let wire::File { file_id, file_data, filename, mut extra } =
                file.ok_or_else(|| missing(inner, "a file part needs its file"))?;
            let file_url = extra.get("file_url").and_then(|url| url.parse::<String>().ok());
            if file_url.is_some() {
                extra.take("file_url");
                out.accept(format!("{inner}.file_url"), "a file by its address is passed on as one");
            }
            out.unknown(inner, &extra);
            let (file_data, file_url) = match file_data {
                Some(url) if file_url.is_none() && is_address(&url) => {
                    out.accept(format!("{inner}.file_data"), "an address in place of the data is passed on as one");
                    (None, Some(url))
                }
                file_data => (file_data, file_url),
            };
            if file_id.is_none() && file_data.is_none() && file_url.is_none() {
                return Err(missing(inner, "a file needs a file_id or file_data"));
            }
            let file = FilePart { file_id, file_data, file_url, filename, detail: None };
            (PartKind::File(file), prompt_cache_breakpoint)
        }
        wire::Part::InputAudio(wire::AudioPart { input_audio, prompt_cache_breakpoint, mut extra }) => {
            marked = Mark::take(out, &mut extra, path);
            out.unknown(path, &extra);
            let inner = path.then("input_audio");
            let audio = input_audio.ok_or_else(|| missing(inner, "an audio part needs its input_audio"))?;
            let wire::InputAudio { data, format, extra } = audio;
            out.unknown(inner, &extra);
            let audio = AudioPart { data: data.unwrap_or_default(), format: format.unwrap_or_default() };
            (PartKind::Audio(audio), prompt_cache_breakpoint)
        }
        wire::Part::Unknown(unknown) if unknown.kind == "document_url" => {
            let Some(file) = document(&unknown) else {
                return Err(missing(format!("{path}.document_url"), "a document part needs its document_url"));
            };
            if speaker == Speaker::Other {
                let detail = "`document_url` is another server's word for a file; passed on as one";
                out.lose(path, LossCode::ExtensionAccepted, detail);
            }
            (PartKind::File(file), None)
        }
        wire::Part::Unknown(ref unknown) => {
            let Some(kind) = foreign::part(unknown) else { return Err(misplaced(&part, path)) };
            out.accept(path, "a part in the words of another API; read all the same");
            (kind, None)
        }
        wire::Part::Refusal(_) | wire::Part::Thinking(_) => return Err(misplaced(&part, path)),
    };
    if speaker == Speaker::Tool && !matches!(kind, PartKind::Text(_)) {
        let detail = "the Chat Completions API documents only text in a tool message";
        out.lose(path, LossCode::ExtensionAccepted, detail);
    }
    Ok(Part { origin, kind, cache_breakpoint: breakpoint(cache_breakpoint, marked, origin) })
}

/// The refusal of a part that has no place in what is said.
fn misplaced(part: &wire::Part, path: Path<'_>) -> Error {
    let message = format!("a part of type `{}` cannot stand here", part.tag());
    Error::request(path, RequestCode::UnsupportedValue, message)
}

/// A cache boundary behind a part; `marked` is one in the words of Claude's servers.
pub(super) fn breakpoint(raw: Option<Json>, marked: Option<Mark>, part: Origin) -> Option<Breakpoint> {
    let origin = part.then("messages[*].content[*].prompt_cache_breakpoint");
    let spoken = raw.map(|raw| Breakpoint { origin, ttl: None, raw: Some(json(raw)) });
    let origin = part.then("messages[*].content[*].cache_control");
    spoken.or_else(|| marked.map(|Mark { ttl }| Breakpoint { origin, ttl, raw: None }))
}

fn is_address(text: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme))
}

/// Mistral's part for a document by address, which may be a `data:` URL.
fn document(part: &Unknown) -> Option<FilePart> {
    #[derive(Deserialize)]
    struct Document {
        document_url: String,
        document_name: Option<String>,
    }
    let Document { document_url, document_name: filename } = part.raw.parse().ok()?;
    let (file_data, file_url) =
        if document_url.starts_with("data:") { (Some(document_url), None) } else { (None, Some(document_url)) };
    Some(FilePart { file_data, file_url, filename, ..FilePart::default() })
}
