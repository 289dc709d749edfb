//! Pictures, documents and search results as canonical parts.

use interlingua_model::{FilePart, ImagePart, ImageSource, Origin, Part, PartKind};
use interlingua_wire::messages as wire;

use super::reading::{Reading, elsewhere, text_part};
use crate::convert::non_empty;
use crate::error::missing;
use crate::path::Path;
use crate::{Error, LossCode, RequestCode};

/// The name of a document that has no title.
const UNTITLED: &str = "document.pdf";

pub(super) fn image(
    out: &mut Reading,
    image: wire::Image,
    path: Path<'_>,
    origin: Origin,
    boundary: &'static str,
) -> Result<Part, Error> {
    let wire::Image { source, transformations, cache_control, extra } = image;
    out.unknown(path, &extra);
    if transformations.is_some() {
        let detail = "the picture is sent as it is";
        out.lose(format!("{path}.transformations"), LossCode::DroppedHint, detail);
    }
    let inner = path.then("source");
    let source = source.ok_or_else(|| missing(inner, "an image needs its source"))?;
    let url = match source {
        wire::Source::Base64(wire::Base64Source { media_type, data, extra }) => {
            out.unknown(inner, &extra);
            data_url(media_type.as_deref().unwrap_or("image/png"), data, inner)?
        }
        wire::Source::Url(wire::UrlSource { url, extra }) => {
            out.unknown(inner, &extra);
            non_empty(url).ok_or_else(|| missing(format!("{inner}.url"), "say where the image is"))?
        }
        wire::Source::File(_) => return Err(elsewhere(inner)),
        source @ (wire::Source::Text(_) | wire::Source::Content(_) | wire::Source::Unknown(_)) => {
            return Err(strange(&source, inner));
        }
    };
    let cache_breakpoint = out.breakpoint(cache_control, origin.then(boundary));
    let kind = PartKind::Image(ImagePart { source: ImageSource::Url(url), detail: None });
    Ok(Part { origin, kind, cache_breakpoint })
}

pub(super) fn document(
    out: &mut Reading,
    document: wire::Document,
    path: Path<'_>,
    origin: Origin,
    boundary: &'static str,
) -> Result<Vec<Part>, Error> {
    let wire::Document { source, title, context, citations, cache_control, extra } = document;
    out.unknown(path, &extra);
    if citations.is_some_and(|citations| citations.enabled == Some(true)) {
        let detail = "no answer of another API cites a document of the request";
        out.lose(format!("{path}.citations"), LossCode::DroppedParameter, detail);
    }
    let inner = path.then("source");
    let source = source.ok_or_else(|| missing(inner, "a document needs its source"))?;
    let (title, context) = (non_empty(title), non_empty(context));
    let mut parts = match source {
        wire::Source::Base64(wire::Base64Source { media_type, data, extra }) => {
            out.unknown(inner, &extra);
            let url = data_url(media_type.as_deref().unwrap_or("application/pdf"), data, inner)?;
            let filename = Some(title.unwrap_or_else(|| UNTITLED.to_owned()));
            let file = FilePart { file_data: Some(url), filename, ..FilePart::default() };
            about(context, origin, PartKind::File(file))
        }
        wire::Source::Url(wire::UrlSource { url, extra }) => {
            out.unknown(inner, &extra);
            let url = non_empty(url).ok_or_else(|| missing(format!("{inner}.url"), "say where the document is"))?;
            let file = FilePart { file_url: Some(url), filename: title, ..FilePart::default() };
            about(context, origin, PartKind::File(file))
        }
        wire::Source::Text(wire::TextSource { media_type: _, data, extra }) => {
            out.unknown(inner, &extra);
            vec![text_part(lines([title, context, data]), inside(origin))]
        }
        wire::Source::Content(wire::ContentSource { content, extra }) => {
            out.unknown(inner, &extra);
            blocks(out, content, (title, context), inner, origin, boundary)?
        }
        wire::Source::File(_) => return Err(elsewhere(inner)),
        source @ wire::Source::Unknown(_) => return Err(strange(&source, inner)),
    };
    let cache_breakpoint = out.breakpoint(cache_control, origin.then(boundary));
    if let Some(last) = parts.last_mut() {
        last.cache_breakpoint = cache_breakpoint;
    }
    Ok(parts)
}

/// A file, and in front of it what is said about it.
fn about(context: Option<String>, origin: Origin, file: PartKind) -> Vec<Part> {
    let context = context.map(|context| text_part(context, origin));
    context.into_iter().chain([Part { origin, kind: file, cache_breakpoint: None }]).collect()
}

/// A document of blocks: its texts as one, its pictures as they are.
fn blocks(
    out: &mut Reading,
    content: Option<wire::SourceContent>,
    (title, about): (Option<String>, Option<String>),
    path: Path<'_>,
    origin: Origin,
    boundary: &'static str,
) -> Result<Vec<Part>, Error> {
    let mut texts = vec![title, about];
    let mut images = Vec::new();
    match content {
        None => {}
        Some(wire::SourceContent::Text(text)) => texts.push(Some(text)),
        Some(wire::SourceContent::Blocks(blocks)) => {
            for (index, block) in blocks.into_iter().enumerate() {
                let path = path.then_nth("content", index);
                match block {
                    wire::SourcePart::Text(text) => texts.push(text.text),
                    wire::SourcePart::Image(block) => images.push(image(out, *block, path, origin, boundary)?),
                    wire::SourcePart::Unknown(unknown) => {
                        let message = format!("a part of type `{}` cannot be carried over", unknown.kind);
                        return Err(Error::request(path, RequestCode::UnsupportedValue, message));
                    }
                }
            }
        }
    }
    let text = lines(texts);
    let text = Some(text).filter(|text| !text.is_empty()).map(|text| text_part(text, inside(origin)));
    Ok(text.into_iter().chain(images).collect())
}

pub(super) fn search_result(
    out: &mut Reading,
    result: wire::SearchResult,
    path: Path<'_>,
    origin: Origin,
    boundary: &'static str,
) -> Part {
    let wire::SearchResult { source, title, content, citations, cache_control, extra } = result;
    out.unknown(path, &extra);
    if citations.is_some_and(|citations| citations.enabled == Some(true)) {
        let detail = "no answer of another API cites a result of the request";
        out.lose(format!("{path}.citations"), LossCode::DroppedParameter, detail);
    }
    let texts = content.unwrap_or_default().into_iter().map(|part| match part {
        wire::SourcePart::Text(text) => text.text,
        wire::SourcePart::Image(_) | wire::SourcePart::Unknown(_) => None,
    });
    let text = lines([title, source].into_iter().chain(texts));
    let cache_breakpoint = out.breakpoint(cache_control, origin.then(boundary));
    Part { cache_breakpoint, ..text_part(text, inside(origin)) }
}

/// The place of a text that was made of a source.
fn inside(origin: Origin) -> Origin {
    match origin.depth() {
        3 => origin.then("messages[*].content[*].content[*].source"),
        _ => origin.then("messages[*].content[*].source"),
    }
}

/// Texts, one a line; those that are not there have none.
fn lines(texts: impl IntoIterator<Item = Option<String>>) -> String {
    let texts: Vec<String> = texts.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    texts.join("\n")
}

fn data_url(media_type: &str, data: Option<String>, path: Path<'_>) -> Result<String, Error> {
    let data = non_empty(data).ok_or_else(|| missing(format!("{path}.data"), "the source holds no data"))?;
    Ok(format!("data:{media_type};base64,{data}"))
}

fn strange(source: &wire::Source, path: Path<'_>) -> Error {
    let message = format!("a source of type `{}` cannot be carried over", source.tag());
    Error::request(path, RequestCode::UnsupportedValue, message)
}
