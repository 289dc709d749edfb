//! Chunks that have nothing but more of one text, which is what streams consist of.

use interlingua_wire::chat as wire;
use interlingua_wire::{Integer, Maybe};

use crate::shape::Hole;

/// Which text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextOf {
    Content,
    ReasoningContent,
    Reasoning,
    Arguments(Option<Integer>),
}

impl TextOf {
    /// What may change from chunk to chunk.
    pub(super) fn fields(self) -> &'static [(&'static str, Hole)] {
        const PADDING: (&str, Hole) = ("obfuscation", Hole::Padding);
        match self {
            Self::Content => &[("content", Hole::Text), PADDING],
            Self::ReasoningContent => &[("reasoning_content", Hole::Text), PADDING],
            Self::Reasoning => &[("reasoning", Hole::Text), PADDING],
            Self::Arguments(_) => &[("arguments", Hole::Text), PADDING],
        }
    }
}

/// Which text a chunk has more of that says nothing else, so that reading it changes nothing else.
pub(super) fn only_text(chunk: &wire::Chunk<'_>) -> Option<TextOf> {
    let wire::Chunk {
        id: _,
        object,
        created: _,
        model: _,
        service_tier: _,
        system_fingerprint: _,
        choices,
        usage,
        moderation: None,
        obfuscation: _,
        error: None,
        x_groq: None,
        extra,
    } = chunk
    else {
        return None;
    };
    let [
        wire::ChunkChoice {
            index,
            delta: Some(delta),
            message: None,
            logprobs: None,
            finish_reason: None,
            extra: more,
        },
    ] = choices.as_deref()?
    else {
        return None;
    };
    let is_plain = object.as_deref() != Some("error")
        && usage.value().is_none()
        && index.is_none_or(|index| index.0 == 0)
        && extra.is_empty()
        && more.is_empty();
    let wire::Delta {
        role: _,
        content,
        refusal: Maybe::Absent | Maybe::Null,
        tool_calls,
        function_call: None,
        reasoning_content,
        reasoning,
        reasoning_details: None,
        annotations: None,
        images: None,
        audio: None,
        extra,
    } = delta
    else {
        return None;
    };
    if !is_plain || !extra.is_empty() {
        return None;
    }
    let content = match content {
        Maybe::Absent | Maybe::Null => None,
        Maybe::Value(wire::DeltaContent::Text(text)) => Some(&**text),
        Maybe::Value(wire::DeltaContent::Parts(_)) => return None,
    };
    let is_filled = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
    let calls = tool_calls.as_deref().unwrap_or_default();
    match (is_filled(content), is_filled(reasoning_content.as_deref()), is_filled(reasoning.as_deref()), calls) {
        (true, false, false, []) => Some(TextOf::Content),
        (false, true, false, []) => Some(TextOf::ReasoningContent),
        (false, false, true, []) => Some(TextOf::Reasoning),
        (false, false, false, [call]) => more_arguments(call),
        _ => None,
    }
}

/// The arguments of a piece of a call that has nothing else.
fn more_arguments(call: &wire::ToolCallDelta<'_>) -> Option<TextOf> {
    let wire::ToolCallDelta { index, id: None, kind, function: Some(function), custom: None, extra } = call else {
        return None;
    };
    let wire::FunctionCallDelta { name: None, arguments: Some(text), extra: more } = function else { return None };
    let is_plain = matches!(kind, None | Some(wire::ToolKind::Function)) && extra.is_empty() && more.is_empty();
    (is_plain && !text.is_empty()).then_some(TextOf::Arguments(*index))
}
