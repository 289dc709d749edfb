//! Canonical content as blocks.

use interlingua_model::{Api, Content, Opaque, Origin, Part, PartKind, TextPart};
use interlingua_wire::{Extra, Maybe, messages as wire};

use super::encode_media::{document, image};
use super::writing::Writing;
use crate::{Error, LossCode, RequestCode};

/// A block of text.
pub(super) fn text_block(text: String, cache_control: Option<wire::CacheControl>) -> wire::Block {
    wire::Block::Text(wire::TextBlock {
        text: Some(text),
        cache_control,
        citations: Maybe::Absent,
        extra: Extra::new(),
    })
}

/// Text of the operator, a block each.
pub(super) fn texts(out: &mut Writing<'_>, content: Content, origin: Origin) -> Result<Vec<wire::Block>, Error> {
    let parts = match content {
        Content::Text(text) => vec![plain(text, origin)],
        Content::Parts(parts) => parts,
    };
    let mut blocks = Vec::with_capacity(parts.len());
    for Part { origin, kind, cache_breakpoint } in parts {
        let cache_control = out.cache_control(cache_breakpoint);
        match kind {
            PartKind::Text(TextPart { text, annotations: _, logprobs: _ }) => {
                if says_something(out, &text, origin) {
                    blocks.push(text_block(text, cache_control));
                }
            }
            PartKind::Opaque(Opaque { api: Api::Messages, kind: _, class: _, raw }) => blocks.extend(own(&raw)),
            PartKind::Refusal(_)
            | PartKind::Image(_)
            | PartKind::File(_)
            | PartKind::Audio(_)
            | PartKind::Opaque(_) => {
                let message = "text of the operator is nothing but text";
                return Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message));
            }
        }
    }
    Ok(blocks)
}

fn plain(text: String, origin: Origin) -> Part {
    Part { origin, kind: PartKind::Text(TextPart { text, ..TextPart::default() }), cache_breakpoint: None }
}

/// Whether a text may stand in a block of its own: this API refuses one that is blank.
pub(super) fn says_something(out: &mut Writing<'_>, text: &str, origin: Origin) -> bool {
    let is_blank = text.trim().is_empty();
    if is_blank && !text.is_empty() {
        out.lose(origin.path(), LossCode::DroppedDetail, "the Messages API takes no text that is blank");
    }
    !is_blank
}

/// What this API itself said.
pub(super) fn own(raw: &interlingua_model::Json) -> Option<wire::Block> {
    serde_json::from_str(raw.text()).ok()
}

/// A part of a message as blocks; none for one that says nothing.
pub(super) fn encode_part(out: &mut Writing<'_>, part: Part) -> Result<Option<wire::Block>, Error> {
    let Part { origin, kind, cache_breakpoint } = part;
    let cache_control = out.cache_control(cache_breakpoint);
    Ok(match kind {
        PartKind::Text(TextPart { text, annotations: _, logprobs: _ }) => {
            says_something(out, &text, origin).then(|| text_block(text, cache_control))
        }
        PartKind::Refusal(text) => {
            out.lose(origin.path(), LossCode::DroppedDetail, "a refusal of the history is told as text");
            says_something(out, &text, origin).then(|| text_block(text, cache_control))
        }
        PartKind::Image(part) => {
            let block = image(out, part, origin)?;
            Some(wire::Block::Image(Box::new(wire::Image { cache_control, ..block })))
        }
        PartKind::File(part) => {
            let block = document(part, origin)?;
            Some(wire::Block::Document(Box::new(wire::Document { cache_control, ..block })))
        }
        PartKind::Audio(_) => {
            let message = "the Messages API takes no spoken input; send a transcript as text";
            return Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message));
        }
        PartKind::Opaque(Opaque { api: Api::Messages, kind: _, class: _, raw }) => own(&raw),
        PartKind::Opaque(opaque) => {
            let message = format!("a part of type `{}` cannot be carried over", opaque.kind);
            return Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message));
        }
    })
}

/// What a tool answered.
pub(super) fn encode_result(
    out: &mut Writing<'_>,
    output: Content,
) -> Result<(wire::ResultContent, Option<wire::CacheControl>), Error> {
    let parts = match output {
        Content::Text(text) => return Ok((wire::ResultContent::Text(text), None)),
        Content::Parts(parts) => parts,
    };
    let mut content = Vec::with_capacity(parts.len());
    let mut boundary = None;
    for part in parts {
        let block = encode_part(out, part)?;
        let part = match block {
            None => continue,
            Some(wire::Block::Text(mut block)) => {
                boundary = block.cache_control.take();
                wire::ResultPart::Text(block)
            }
            Some(wire::Block::Image(mut block)) => {
                boundary = block.cache_control.take();
                wire::ResultPart::Image(block)
            }
            Some(wire::Block::Document(mut block)) => {
                boundary = block.cache_control.take();
                wire::ResultPart::Document(block)
            }
            Some(_) => continue,
        };
        content.push(part);
    }
    if content.is_empty() {
        return Ok((wire::ResultContent::Text(String::new()), boundary));
    }
    Ok((wire::ResultContent::Parts(content), boundary))
}
