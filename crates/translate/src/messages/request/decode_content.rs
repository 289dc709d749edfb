//! Blocks as canonical parts of content.

use interlingua_model::{Breakpoint, Content, Origin, Part};
use interlingua_wire::{Maybe, messages as wire};

use super::decode_media::{document, image, search_result};
use super::reading::{Reading, elsewhere, text_part};
use crate::error::missing;
use crate::path::Path;
use crate::{Error, LossCode, RequestCode};

/// Where a cache boundary behind a block of a turn stands.
const BOUNDARY: &str = "messages[*].content[*].cache_control";
/// Where one stands behind a block of a result.
const INNER_BOUNDARY: &str = "messages[*].content[*].content[*].cache_control";

/// A block of text; `None` for an empty one, which says nothing.
pub(super) fn plain_text(
    out: &mut Reading,
    text: wire::TextBlock,
    path: Path<'_>,
    origin: Origin,
    boundary: &'static str,
) -> Result<Option<Part>, Error> {
    let wire::TextBlock { text, cache_control, citations, extra } = text;
    out.unknown(path, &extra);
    if matches!(citations, Maybe::Value(citations) if !citations.is_empty()) {
        let detail = "what a text of the history refers to is not told again";
        out.lose(format!("{path}.citations"), LossCode::DroppedAnnotation, detail);
    }
    let text = text.ok_or_else(|| missing(format!("{path}.text"), "a text block needs its text"))?;
    if text.is_empty() {
        return Ok(None);
    }
    let cache_breakpoint = out.breakpoint(cache_control, origin.then(boundary));
    Ok(Some(Part { cache_breakpoint, ..text_part(text, origin) }))
}

/// A block of a user's turn.
#[expect(clippy::wildcard_enum_match_arm, reason = "a user says nothing of any other kind")]
pub(super) fn decode_part(
    out: &mut Reading,
    block: wire::Block,
    path: Path<'_>,
    origin: Origin,
) -> Result<Vec<Part>, Error> {
    match block {
        wire::Block::Text(text) => Ok(plain_text(out, text, path, origin, BOUNDARY)?.into_iter().collect()),
        wire::Block::Image(block) => image(out, *block, path, origin, BOUNDARY).map(|part| vec![part]),
        wire::Block::Document(block) => document(out, *block, path, origin, BOUNDARY),
        wire::Block::SearchResult(block) => Ok(vec![search_result(out, *block, path, origin, BOUNDARY)]),
        wire::Block::ContainerUpload(_) => Err(elsewhere(path)),
        block => {
            let message = format!("a `{}` cannot stand in a user message", block.tag());
            Err(Error::request(path, RequestCode::UnsupportedValue, message))
        }
    }
}

/// What a call was answered with; a cache boundary behind the result stands behind its last part.
pub(super) fn decode_result(
    out: &mut Reading,
    content: Option<wire::ResultContent>,
    path: Path<'_>,
    origin: Origin,
    boundary: Option<Breakpoint>,
) -> Result<Content, Error> {
    let parts = match (content, &boundary) {
        (None, _) => return Ok(Content::Text(String::new())),
        (Some(wire::ResultContent::Text(text)), None) => return Ok(Content::Text(text)),
        (Some(wire::ResultContent::Text(text)), Some(_)) => {
            let part = text_part(text, origin);
            return Ok(Content::Parts(vec![Part { cache_breakpoint: boundary, ..part }]));
        }
        (Some(wire::ResultContent::Parts(parts)), _) => parts,
    };
    let mut decoded = Vec::with_capacity(parts.len());
    for (index, part) in parts.into_iter().enumerate() {
        let origin = origin.then_nth("messages[*].content[*].content[*]", index);
        decoded.extend(result_part(out, part, path.then_nth("content", index), origin)?);
    }
    if decoded.is_empty() {
        return Ok(Content::Text(String::new()));
    }
    if let Some(last) = decoded.last_mut()
        && last.cache_breakpoint.is_none()
    {
        last.cache_breakpoint = boundary;
    }
    Ok(Content::Parts(decoded))
}

fn result_part(out: &mut Reading, part: wire::ResultPart, path: Path<'_>, origin: Origin) -> Result<Vec<Part>, Error> {
    Ok(match part {
        wire::ResultPart::Text(text) => plain_text(out, text, path, origin, INNER_BOUNDARY)?.into_iter().collect(),
        wire::ResultPart::Image(block) => vec![image(out, *block, path, origin, INNER_BOUNDARY)?],
        wire::ResultPart::Document(block) => document(out, *block, path, origin, INNER_BOUNDARY)?,
        wire::ResultPart::SearchResult(block) => vec![search_result(out, *block, path, origin, INNER_BOUNDARY)],
        wire::ResultPart::ToolReference(wire::ToolReference { tool_name, cache_control: _, extra }) => {
            out.unknown(path, &extra);
            let name = tool_name.ok_or_else(|| missing(format!("{path}.tool_name"), "name the tool"))?;
            out.name_tool(&name);
            let origin = origin.then("messages[*].content[*].content[*].tool_name");
            vec![text_part(format!("Tool loaded: {name}"), origin)]
        }
        wire::ResultPart::BrowserState(_) => {
            out.lose(path, LossCode::DroppedPart, "what a browser shows is told in pictures and text only");
            Vec::new()
        }
        wire::ResultPart::Unknown(unknown) => {
            let message = format!("a part of type `{}` cannot be carried over", unknown.kind);
            return Err(Error::request(path, RequestCode::UnsupportedValue, message));
        }
    })
}
