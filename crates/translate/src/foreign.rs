//! Parts of content in the words of another API than the one that is spoken, which clients send all the same.

use interlingua_model::{FilePart, ImagePart, ImageSource, PartKind, TextPart};
use interlingua_wire::{Json, Unknown};
use serde::Deserialize;

use crate::convert::non_empty;

/// What a part says that the API which is spoken has no such word for, where another has.
pub(crate) fn part(part: &Unknown) -> Option<PartKind> {
    let fields: Fields = part.raw.parse().ok()?;
    match part.kind.as_str() {
        "text" | "input_text" | "output_text" => {
            Some(PartKind::Text(TextPart { text: fields.text?, ..TextPart::default() }))
        }
        "image_url" | "input_image" => fields.addressed(),
        "image" => fields.shown(),
        "file" | "input_file" => fields.file(),
        _ => None,
    }
}

/// The fields that such parts have.
#[derive(Deserialize)]
struct Fields {
    text: Option<String>,
    /// An address, or an object with one.
    image_url: Option<Json>,
    detail: Option<String>,
    source: Option<Source>,
    data: Option<String>,
    #[serde(alias = "mimeType")]
    media_type: Option<String>,
    file: Option<File>,
    file_id: Option<String>,
    file_data: Option<String>,
    file_url: Option<String>,
    filename: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    r#type: String,
    media_type: Option<String>,
    data: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the APIs call them so")]
struct File {
    file_id: Option<String>,
    file_data: Option<String>,
    file_url: Option<String>,
    filename: Option<String>,
}

impl Fields {
    fn addressed(self) -> Option<PartKind> {
        #[derive(Deserialize)]
        struct Address {
            url: String,
            detail: Option<String>,
        }
        let Some(address) = self.image_url else {
            let id = non_empty(self.file_id)?;
            return Some(image(ImageSource::FileId(id), self.detail));
        };
        let (url, detail) = match address.parse::<String>() {
            Ok(url) => (url, None),
            Err(_) => address.parse::<Address>().ok().map(|Address { url, detail }| (url, detail))?,
        };
        Some(image(ImageSource::Url(non_empty(Some(url))?), self.detail.or(detail)))
    }

    fn shown(self) -> Option<PartKind> {
        let (media_type, data) = match self.source {
            Some(source) if source.r#type == "url" => return Some(image(ImageSource::Url(source.url?), None)),
            Some(source) if source.r#type == "base64" => (source.media_type?, source.data?),
            Some(_) => return None,
            None => (self.media_type?, self.data?),
        };
        Some(image(ImageSource::Url(format!("data:{media_type};base64,{data}")), None))
    }

    fn file(self) -> Option<PartKind> {
        let Self {
            text: _,
            image_url: _,
            detail: _,
            source: _,
            data: _,
            media_type: _,
            file,
            file_id,
            file_data,
            file_url,
            filename,
        } = self;
        let beside = File { file_id, file_data, file_url, filename };
        let File { file_id, file_data, file_url, filename } = file.unwrap_or(beside);
        if file_id.is_none() && file_data.is_none() && file_url.is_none() {
            return None;
        }
        Some(PartKind::File(FilePart { file_id, file_data, file_url, filename, detail: None }))
    }
}

fn image(source: ImageSource, detail: Option<String>) -> PartKind {
    PartKind::Image(ImagePart { source, detail })
}
