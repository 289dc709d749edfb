//! Canonical content as Chat's.

use interlingua_model::{
    Api, AudioPart, Content, FilePart, ImageGeneration, ImagePart, ImageSource, Opaque, Origin, Part, PartKind, Role,
    TextPart,
};
use interlingua_wire::{Extra, Unknown, chat as wire};

use super::writing::Writing;
use crate::chat::{Field, Upstream};
use crate::convert::wire_json;
use crate::{Error, LossCode, RequestCode};

/// What stands in a tool message for media that follow in a user message.
const MOVED: &str = "[shown in the next user message]";

/// Writes what a user, system or developer message says.
pub(super) fn encode_content(out: &mut Writing<'_>, content: Content, role: &Role) -> Result<wire::Content, Error> {
    let parts = match content {
        Content::Text(text) => return Ok(wire::Content::Text(text)),
        Content::Parts(parts) => parts,
    };
    let mut encoded = Vec::with_capacity(parts.len());
    for part in parts {
        if *role != Role::User && !matches!(part.kind, PartKind::Text(_)) {
            let message = "only a user message may hold anything but text";
            return Err(unsupported(part.origin, message));
        }
        encoded.push(encode_part(out, part)?);
    }
    Ok(gather(out, encoded, "\n"))
}

/// Writes what a tool answered, and the media that have to follow in a user message.
pub(super) fn encode_result(out: &mut Writing<'_>, output: Content) -> Result<(wire::Content, Vec<wire::Part>), Error> {
    let parts = match output {
        Content::Text(text) => return Ok((wire::Content::Text(text), Vec::new())),
        Content::Parts(parts) => parts,
    };
    let (mut texts, mut media) = (Vec::new(), Vec::new());
    for part in parts {
        let origin = part.origin;
        let is_text = matches!(part.kind, PartKind::Text(_));
        let part = encode_part(out, part)?;
        if is_text || out.upstream.media_in_tool_results {
            texts.push(part);
        } else {
            let detail = "a tool message holds only text, so this follows in a user message";
            out.lose(origin.path(), LossCode::MovedMedia, detail);
            media.push(part);
        }
    }
    let content = match (texts.is_empty(), media.is_empty()) {
        (false, _) => gather(out, texts, "\n"),
        (true, false) => wire::Content::Text(MOVED.to_owned()),
        (true, true) => wire::Content::Text(String::new()),
    };
    Ok((content, media))
}

/// A list of parts, or one string where that is all this upstream reads.
pub(super) fn gather(out: &Writing<'_>, parts: Vec<wire::Part>, joiner: &str) -> wire::Content {
    let is_plain = |part: &wire::Part| matches!(part, wire::Part::Text(part) if part.extra.is_empty());
    if !out.upstream.plain_text || !parts.iter().all(is_plain) {
        return wire::Content::Parts(parts);
    }
    let texts = parts.into_iter().map(|part| match part {
        wire::Part::Text(part) => part.text.unwrap_or_default(),
        wire::Part::ImageUrl(_)
        | wire::Part::InputAudio(_)
        | wire::Part::File(_)
        | wire::Part::Refusal(_)
        | wire::Part::Thinking(_)
        | wire::Part::Unknown(_) => String::new(),
    });
    wire::Content::Text(texts.collect::<Vec<_>>().join(joiner))
}

/// A part that is nothing but text.
pub(super) fn text_part(text: String) -> wire::Part {
    wire::Part::Text(wire::TextPart { text: Some(text), ..wire::TextPart::default() })
}

pub(super) fn encode_part(out: &mut Writing<'_>, part: Part) -> Result<wire::Part, Error> {
    let Part { origin, kind, cache_breakpoint } = part;
    let (prompt_cache_breakpoint, extra) = out.cached(cache_breakpoint);
    Ok(match kind {
        PartKind::Text(TextPart { text, annotations: _, logprobs: _ }) => {
            wire::Part::Text(wire::TextPart { text: Some(text), prompt_cache_breakpoint, extra })
        }
        PartKind::Image(image) => {
            out.refuse_part(Field::Image, origin, "pictures")?;
            if !is_data(&image.source) {
                out.refuse_part(Field::ImageAddress, origin, "pictures by their address, only as data")?;
            }
            let image_url = Some(encode_image(out, image, origin)?);
            wire::Part::ImageUrl(wire::ImagePart { image_url, prompt_cache_breakpoint, extra })
        }
        PartKind::File(file) => {
            out.refuse_part(Field::File, origin, "files")?;
            let file = Some(encode_file(out, file, origin)?);
            wire::Part::File(wire::FilePart { file, prompt_cache_breakpoint, extra })
        }
        PartKind::Audio(AudioPart { data, format }) => {
            out.refuse_part(Field::Audio, origin, "sound")?;
            let input_audio = Some(wire::InputAudio { data: Some(data), format: Some(format), extra: Extra::new() });
            wire::Part::InputAudio(wire::AudioPart { input_audio, prompt_cache_breakpoint, extra })
        }
        PartKind::Refusal(_) => {
            return Err(unsupported(origin, "only an assistant message may hold a refusal"));
        }
        PartKind::Opaque(Opaque { api: Api::Chat, kind, class: _, raw }) => {
            wire::Part::Unknown(Unknown { kind, raw: wire_json(raw) })
        }
        PartKind::Opaque(opaque) => {
            let message = format!("a part of type `{}` cannot be carried over", opaque.kind);
            return Err(unsupported(origin, message));
        }
    })
}

impl Writing<'_> {
    /// What an answer could not do without is no loss.
    fn refuse_part(&self, part: Field, origin: Origin, what: &str) -> Result<(), Error> {
        if self.upstream.refuses(part) {
            let message = format!("this upstream takes no {what}; leave this part out, or say in words what it shows");
            return Err(unsupported(origin, message));
        }
        Ok(())
    }
}

/// Whether this upstream reads a picture that a model made.
pub(super) fn can_be_shown(upstream: &Upstream, made: &ImageGeneration) -> bool {
    let Some(image @ ImageSource::Url(_)) = &made.image else { return false };
    !upstream.refuses(Field::Image) && (is_data(image) || !upstream.refuses(Field::ImageAddress))
}

fn is_data(image: &ImageSource) -> bool {
    matches!(image, ImageSource::Url(url) if url.starts_with("data:"))
}

fn encode_image(out: &mut Writing<'_>, image: ImagePart, origin: Origin) -> Result<wire::ImageAddress, Error> {
    let ImagePart { source, detail } = image;
    let ImageSource::Url(url) = source else {
        let message = "the Chat Completions API takes images by address or as data, not by file_id";
        return Err(unsupported(origin, message));
    };
    let detail = match detail.as_deref() {
        Some("original") => {
            let path = format!("{}.detail", origin.path());
            out.lose(path, LossCode::ChangedValue, "the closest look Chat has is `high`");
            Some("high".to_owned())
        }
        Some(_) | None => detail,
    };
    Ok(wire::ImageAddress::Object(wire::ImageUrl { url: Some(url), detail, extra: Extra::new() }))
}

fn encode_file(out: &mut Writing<'_>, file: FilePart, origin: Origin) -> Result<wire::File, Error> {
    let FilePart { file_id, file_data, file_url, filename, detail } = file;
    if file_url.is_some() && file_id.is_none() && file_data.is_none() {
        let message = "the Chat Completions API takes files by id or as data, not by address";
        return Err(unsupported(origin, message));
    }
    if detail.is_some() {
        let path = format!("{}.detail", origin.path());
        out.lose(path, LossCode::DroppedDetail, "Chat does not say how closely to look at a file");
    }
    Ok(wire::File { file_id, file_data, filename, extra: Extra::new() })
}

fn unsupported(origin: Origin, message: impl Into<String>) -> Error {
    Error::request(origin.path(), RequestCode::UnsupportedValue, message)
}
