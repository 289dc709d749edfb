//! Pictures and documents as blocks.

use interlingua_model::{FilePart, ImageGeneration, ImagePart, ImageSource, Origin};
use interlingua_wire::{Extra, messages as wire};

use super::writing::Writing;
use crate::base64;
use crate::{Error, LossCode, RequestCode};

/// The pictures that this API reads.
const IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];

pub(super) fn image(out: &mut Writing<'_>, image: ImagePart, origin: Origin) -> Result<wire::Image, Error> {
    let ImagePart { source, detail } = image;
    let path = || format!("{}.image_url", origin.path());
    if detail.is_some_and(|detail| detail != "auto") {
        let detail = "the Messages API looks at every picture alike";
        out.lose(format!("{}.detail", origin.path()), LossCode::DroppedDetail, detail);
    }
    let url = match source {
        ImageSource::Url(url) => url,
        ImageSource::FileId(_) => return Err(elsewhere(origin)),
    };
    let source = if let Some(rest) = url.strip_prefix("data:") {
        let Some((media_type, data)) = data_of(rest) else {
            return Err(unsupported(path(), "an image comes as base64 data, or by its address"));
        };
        if !IMAGES.contains(&media_type) {
            let message = format!("the Messages API reads no `{media_type}`; send jpeg, png, gif or webp");
            return Err(unsupported(path(), &message));
        }
        base64_source(media_type, data)
    } else if is_address(&url) {
        wire::Source::Url(wire::UrlSource { url: Some(url), extra: Extra::new() })
    } else {
        return Err(unsupported(path(), "an image comes as data, or by an http or https address"));
    };
    Ok(wire::Image { source: Some(source), ..wire::Image::default() })
}

/// Whether this API reads a picture that a model made.
pub(super) fn can_be_shown(made: &ImageGeneration) -> bool {
    let Some(ImageSource::Url(url)) = &made.image else { return false };
    let data = url.strip_prefix("data:").and_then(data_of);
    is_address(url) || data.is_some_and(|(media_type, _)| IMAGES.contains(&media_type))
}

pub(super) fn document(file: FilePart, origin: Origin) -> Result<wire::Document, Error> {
    // How closely to look is for the model to see.
    let FilePart { file_id, file_data, file_url, filename, detail: _ } = file;
    let source = match (file_data, file_url, file_id) {
        (Some(data), _, _) => inline(&data, filename.as_deref(), origin)?,
        (None, Some(url), _) => wire::Source::Url(wire::UrlSource { url: Some(url), extra: Extra::new() }),
        (None, None, _) => return Err(elsewhere(origin)),
    };
    Ok(wire::Document { source: Some(source), title: filename, ..wire::Document::default() })
}

/// A document that comes as data; without a `data:` in front, its name says what it is.
fn inline(data: &str, filename: Option<&str>, origin: Origin) -> Result<wire::Source, Error> {
    let (media_type, data) = match data.strip_prefix("data:") {
        Some(rest) => match data_of(rest) {
            Some(found) => found,
            None => return Err(unsupported(origin.path(), "a file comes as base64 data, or by its address")),
        },
        None if filename.is_some_and(is_text_name) => ("text/plain", data),
        None => ("application/pdf", data),
    };
    match media_type {
        "application/pdf" => Ok(base64_source(media_type, data)),
        text if text.starts_with("text/") => {
            let decoded = base64::decode(data).and_then(|bytes| String::from_utf8(bytes).ok());
            let Some(text) = decoded else {
                return Err(unsupported(origin.path(), "the file is no text in UTF-8"));
            };
            let media_type = Some("text/plain".to_owned());
            Ok(wire::Source::Text(wire::TextSource { media_type, data: Some(text), extra: Extra::new() }))
        }
        other => {
            let message = format!("the Messages API reads no `{other}`; send a PDF or text");
            Err(unsupported(origin.path(), &message))
        }
    }
}

/// Whether a file of this name holds text.
fn is_text_name(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| ["txt", "md", "csv"].iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// The type and the data of what follows `data:`; `None` for what is not base64.
fn data_of(rest: &str) -> Option<(&str, &str)> {
    let (head, data) = rest.split_once(',')?;
    let head = head.strip_suffix(";base64")?;
    Some((head.split(';').next().unwrap_or(head), data))
}

fn base64_source(media_type: &str, data: &str) -> wire::Source {
    let (media_type, data) = (Some(media_type.to_owned()), Some(data.to_owned()));
    wire::Source::Base64(wire::Base64Source { media_type, data, extra: Extra::new() })
}

fn is_address(text: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| text.starts_with(scheme))
}

fn elsewhere(origin: Origin) -> Error {
    unsupported(
        origin.path(),
        "what was uploaded to another provider cannot be read from here; send it as data or by its address",
    )
}

fn unsupported(path: String, message: &str) -> Error {
    Error::request(path, RequestCode::UnsupportedValue, message)
}
