//! Chat's messages as canonical items.

use std::collections::HashMap;

use interlingua_model::{
    AudioPart, Content, FilePart, ImagePart, ImageSource, Item, ItemKind, Message, Origin, Part, PartKind, Role, Step,
    TextPart, ToolKind, ToolResult,
};
use interlingua_wire::{Unknown, chat as wire};
use serde::Deserialize;

use super::decode::{Reading, missing};
use super::decode_assistant::decode_assistant;
use crate::convert::{json, non_empty};
use crate::{Error, LossCode, RequestCode};

pub(in crate::chat) fn decode_messages(out: &mut Reading, messages: Vec<wire::Message>) -> Result<(), Error> {
    if messages.is_empty() {
        return Err(missing("messages", "a conversation needs at least one message"));
    }
    let root = out.request.sources.root(Step::Key("messages"));
    let mut calls = Calls::default();
    for (index, message) in messages.into_iter().enumerate() {
        let path = format!("messages[{index}]");
        let origin = out.request.sources.child(root, Step::Index(u32::try_from(index).unwrap_or(u32::MAX)));
        let place = Place { index, path: &path, origin };
        match message {
            wire::Message::System(message) => plain(out, message, Role::System, &place)?,
            wire::Message::Developer(message) => plain(out, message, Role::Developer, &place)?,
            wire::Message::User(message) => plain(out, message, Role::User, &place)?,
            wire::Message::Assistant(message) => decode_assistant(out, *message, &place, &mut calls)?,
            wire::Message::Tool(message) => tool(out, message, &place, &calls)?,
            wire::Message::Function(message) => function(out, message, &place, &mut calls)?,
            wire::Message::Unknown(unknown) => {
                let message =
                    format!("`{}` is none of system, developer, user, assistant, tool and function", unknown.kind);
                return Err(Error::request(format!("{path}.role"), RequestCode::InvalidValue, message));
            }
        }
    }
    Ok(())
}

/// Where a message stands.
pub(in crate::chat) struct Place<'a> {
    pub(in crate::chat) index: usize,
    pub(in crate::chat) path: &'a str,
    pub(in crate::chat) origin: Origin,
}

/// The calls made so far, which tool messages answer.
#[derive(Default)]
pub(in crate::chat) struct Calls {
    /// The family of each call id; of the latest call, where an id is used again in a later turn.
    pub(in crate::chat) kinds: HashMap<String, ToolKind>,
    /// Calls in the deprecated form that nobody has answered yet, as function name and made-up call id.
    pub(in crate::chat) legacy: Vec<(String, String)>,
}

fn plain(out: &mut Reading, message: wire::PlainMessage, role: Role, place: &Place<'_>) -> Result<(), Error> {
    let wire::PlainMessage { content, name, extra } = message;
    out.unknown(place.path, &extra);
    let path = format!("{}.content", place.path);
    let content = content.ok_or_else(|| missing(&path, "a message needs content"))?;
    let content = decode_content(out, content, &path, place.origin, Speaker::Other)?;
    let kind = ItemKind::Message(Message { name, ..Message::new(role, content) });
    out.request.items.push(Item { origin: place.origin, kind });
    Ok(())
}

fn tool(out: &mut Reading, message: wire::ToolMessage, place: &Place<'_>, calls: &Calls) -> Result<(), Error> {
    let wire::ToolMessage { tool_call_id, content, name, extra } = message;
    out.unknown(place.path, &extra);
    let path = format!("{}.tool_call_id", place.path);
    let call_id = non_empty(tool_call_id).ok_or_else(|| missing(&path, "name the call that this result answers"))?;
    let Some(&kind) = calls.kinds.get(&call_id) else {
        let message = format!("no earlier assistant message has a tool call with the id `{call_id}`");
        return Err(Error::request(path, RequestCode::InvalidValue, message));
    };
    if name.is_some() {
        out.lose(format!("{}.name", place.path), LossCode::DroppedName, "the call already names the tool");
    }
    let output = match content {
        None => Content::Text(String::new()),
        Some(content) => decode_content(out, content, &format!("{}.content", place.path), place.origin, Speaker::Tool)?,
    };
    let result = ToolResult { id: None, call_id, kind, output, status: None };
    out.request.items.push(Item { origin: place.origin, kind: ItemKind::ToolResult(result) });
    Ok(())
}

fn function(
    out: &mut Reading,
    message: wire::FunctionMessage,
    place: &Place<'_>,
    calls: &mut Calls,
) -> Result<(), Error> {
    let wire::FunctionMessage { name, content, extra } = message;
    out.unknown(place.path, &extra);
    let path = format!("{}.name", place.path);
    let name = name.ok_or_else(|| missing(&path, "name the function that this result comes from"))?;
    let Some(newest) = calls.legacy.iter().rposition(|(function, _)| *function == name) else {
        let message = format!("no earlier assistant message calls `{name}` without an answer");
        return Err(Error::request(path, RequestCode::InvalidValue, message));
    };
    let (_, call_id) = calls.legacy.remove(newest);
    let output = match content {
        None => Content::Text(String::new()),
        Some(content) => decode_content(out, content, &format!("{}.content", place.path), place.origin, Speaker::Tool)?,
    };
    let result = ToolResult { id: None, call_id, kind: ToolKind::Function, output, status: None };
    out.request.items.push(Item { origin: place.origin, kind: ItemKind::ToolResult(result) });
    Ok(())
}

/// Whose content it is, which decides the parts it may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) enum Speaker {
    Tool,
    Other,
}

fn decode_content(
    out: &mut Reading,
    content: wire::Content,
    path: &str,
    origin: Origin,
    speaker: Speaker,
) -> Result<Content, Error> {
    let parts = match content {
        wire::Content::Text(text) => return Ok(Content::Text(text)),
        wire::Content::Parts(parts) => parts,
    };
    if parts.is_empty() {
        return Err(Error::request(path, RequestCode::InvalidValue, "an array of content needs at least one part"));
    }
    let root = out.request.sources.child(origin, Step::Key("content"));
    let mut decoded = Vec::with_capacity(parts.len());
    for (index, part) in parts.into_iter().enumerate() {
        let path = format!("{path}[{index}]");
        let origin = out.request.sources.child(root, Step::Index(u32::try_from(index).unwrap_or(u32::MAX)));
        decoded.push(decode_part(out, part, &path, origin, speaker)?);
    }
    Ok(Content::Parts(decoded))
}

fn decode_part(
    out: &mut Reading,
    part: wire::Part,
    path: &str,
    origin: Origin,
    speaker: Speaker,
) -> Result<Part, Error> {
    let (kind, cache_breakpoint) = match part {
        wire::Part::Text(wire::TextPart { text, prompt_cache_breakpoint, extra }) => {
            out.unknown(path, &extra);
            let text = text.ok_or_else(|| missing(format!("{path}.text"), "a text part needs its text"))?;
            (PartKind::Text(TextPart { text, ..TextPart::default() }), prompt_cache_breakpoint)
        }
        wire::Part::ImageUrl(wire::ImagePart { image_url, prompt_cache_breakpoint, extra }) => {
            out.unknown(path, &extra);
            let inner = format!("{path}.image_url");
            let image = image_url.ok_or_else(|| missing(&inner, "an image part needs its image_url"))?;
            let wire::ImageUrl { url, detail, extra } = image;
            out.unknown(&inner, &extra);
            let url = non_empty(url).ok_or_else(|| missing(format!("{inner}.url"), "an image needs its url"))?;
            (PartKind::Image(ImagePart { source: ImageSource::Url(url), detail }), prompt_cache_breakpoint)
        }
        wire::Part::File(wire::FilePart { file, prompt_cache_breakpoint, extra }) => {
            out.unknown(path, &extra);
            let inner = format!("{path}.file");
            let wire::File { file_id, file_data, filename, extra } =
                file.ok_or_else(|| missing(&inner, "a file part needs its file"))?;
            out.unknown(&inner, &extra);
            if file_id.is_none() && file_data.is_none() {
                return Err(missing(inner, "a file needs a file_id or file_data"));
            }
            let file = FilePart { file_id, file_data, filename, ..FilePart::default() };
            (PartKind::File(file), prompt_cache_breakpoint)
        }
        wire::Part::InputAudio(wire::AudioPart { input_audio, prompt_cache_breakpoint, extra }) => {
            out.unknown(path, &extra);
            let inner = format!("{path}.input_audio");
            let audio = input_audio.ok_or_else(|| missing(&inner, "an audio part needs its input_audio"))?;
            let wire::InputAudio { data, format, extra } = audio;
            out.unknown(&inner, &extra);
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
        wire::Part::Refusal(_) | wire::Part::Thinking(_) | wire::Part::Unknown(_) => {
            let message = format!("a part of type `{}` cannot stand here", part.tag());
            return Err(Error::request(path, RequestCode::UnsupportedValue, message));
        }
    };
    if speaker == Speaker::Tool && !matches!(kind, PartKind::Text(_)) {
        let detail = "the Chat Completions API documents only text in a tool message";
        out.lose(path, LossCode::ExtensionAccepted, detail);
    }
    Ok(Part { origin, kind, cache_breakpoint: cache_breakpoint.map(json) })
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
