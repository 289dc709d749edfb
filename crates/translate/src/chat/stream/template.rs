//! Chunks that differ in one text alone: the first is written by its type, and the next repeat its bytes around theirs.

use interlingua_model::ToolKind;
use interlingua_wire::chat::{self as wire, ChunkChoice, Delta, DeltaContent};
use interlingua_wire::{Extra, Integer, Maybe, Text, write_escaped};

use crate::frames::write_json;

/// What every chunk of a stream repeats.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) id: Option<String>,
    pub(super) created: Integer,
    pub(super) model: String,
    pub(super) service_tier: Option<String>,
    pub(super) fallback_id: String,
}

/// A chunk that has nothing but more of a text.
pub(in crate::chat) struct More<'a> {
    pub(super) head: &'a Head,
    pub(super) wants_usage: bool,
    pub(super) of: TextOf,
    pub(super) text: &'a str,
    pub(super) templates: &'a mut Templates,
}

/// Which text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextOf {
    Content,
    Refusal,
    Thought,
    Arguments { index: u32, kind: ToolKind },
    LegacyArguments,
}

/// The chunks of one stream, by the text they carry. All of them go when the envelope changes.
#[derive(Debug, Default)]
pub(super) struct Templates(Vec<(TextOf, Template)>);

/// A chunk around a text.
#[derive(Debug)]
pub(super) struct Template {
    before: Vec<u8>,
    after: Vec<u8>,
}

/// Stands where the text goes, and nowhere else: no JSON has this byte as it is, neither around its strings nor in them.
const HOLE: &[u8] = b"\\u001a";
const IN_HOLE: &str = "\u{1a}";

impl Templates {
    /// How many there are; calls that are made at once have one each.
    const MOST: usize = 16;

    /// The chunk around a text, which `chunk` makes of it.
    pub(super) fn of<'c>(&mut self, of: TextOf, chunk: impl FnOnce(&'static str) -> wire::Chunk<'c>) -> &Template {
        let at = self.0.iter().position(|(known, _)| *known == of).unwrap_or_else(|| {
            self.0.truncate(Self::MOST - 1);
            self.0.push((of, Template::new(&chunk(IN_HOLE))));
            self.0.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the position was just found or made")]
        &self.0[at].1
    }
}

impl Template {
    fn new(chunk: &wire::Chunk<'_>) -> Self {
        let mut before = Vec::new();
        write_json(&mut before, chunk);
        // The envelope stands before the text and may have such a character in it, too; nothing behind the text may.
        let at = before.windows(HOLE.len()).rposition(|bytes| bytes == HOLE).unwrap_or(before.len());
        let mut after = before.split_off(at);
        after.drain(..HOLE.len().min(after.len()));
        Self { before, after }
    }

    pub(super) fn write(&self, text: &str, out: &mut Vec<u8>) {
        let Self { before, after } = self;
        out.reserve(before.len() + text.len() + after.len());
        out.extend_from_slice(before);
        write_escaped(text, out);
        out.extend_from_slice(after);
    }
}

impl Head {
    pub(super) fn chunk_of<'a>(
        &'a self,
        delta: Delta<'a>,
        logprobs: Option<wire::ChoiceLogprobs>,
        finish_reason: Option<wire::FinishReason>,
        wants_usage: bool,
    ) -> wire::Chunk<'a> {
        let choice =
            ChunkChoice { index: Some(Integer(0)), delta: Some(delta), logprobs, finish_reason, ..Default::default() };
        let usage = if wants_usage { Maybe::Null } else { Maybe::Absent };
        wire::Chunk { usage, ..self.chunk(vec![choice]) }
    }

    pub(super) fn chunk<'a>(&'a self, choices: Vec<ChunkChoice<'a>>) -> wire::Chunk<'a> {
        let Self { id, created, model, service_tier, fallback_id } = self;
        wire::Chunk {
            id: Some(Text::from(id.as_deref().unwrap_or(fallback_id))),
            object: Some(Text::from("chat.completion.chunk")),
            created: Some(*created),
            model: Some(Text::from(model.as_str())),
            service_tier: service_tier.as_deref().map(Text::from),
            choices: Some(choices),
            ..wire::Chunk::default()
        }
    }
}

impl More<'_> {
    /// The chunk.
    pub(super) fn chunk(&self) -> wire::Chunk<'_> {
        let Self { head, wants_usage, of, text, templates: _ } = self;
        head.chunk_of(of.delta(text), None, None, *wants_usage)
    }

    /// Appends the chunk as JSON.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        let Self { head, wants_usage, of, text, templates } = self;
        templates.of(of, |text| head.chunk_of(of.delta(text), None, None, wants_usage)).write(text, out);
    }
}

impl TextOf {
    pub(super) fn delta(self, text: &str) -> Delta<'_> {
        match self {
            Self::Content => Delta { content: Maybe::Value(DeltaContent::Text(Text::from(text))), ..Delta::default() },
            Self::Refusal => Delta { refusal: Maybe::Value(Text::from(text)), ..Delta::default() },
            Self::Thought => Delta { reasoning_content: Some(Text::from(text)), ..Delta::default() },
            Self::Arguments { index, kind } => {
                let (function, custom) = match kind {
                    ToolKind::Function => (Some(function_delta(None, text)), None),
                    ToolKind::Custom => (None, Some(custom_delta(None, text))),
                };
                let index = Some(Integer::from(index));
                let call = wire::ToolCallDelta { index, id: None, kind: None, function, custom, extra: Extra::new() };
                Delta { tool_calls: Some(vec![call]), ..Delta::default() }
            }
            Self::LegacyArguments => {
                Delta { function_call: Some(Box::new(function_delta(None, text))), ..Delta::default() }
            }
        }
    }
}

pub(super) fn function_delta<'a>(name: Option<&'a str>, arguments: &'a str) -> wire::FunctionCallDelta<'a> {
    wire::FunctionCallDelta { name: name.map(Text::from), arguments: Some(Text::from(arguments)), extra: Extra::new() }
}

pub(super) fn custom_delta<'a>(name: Option<&'a str>, input: &'a str) -> wire::CustomCallDelta<'a> {
    wire::CustomCallDelta { name: name.map(Text::from), input: Some(Text::from(input)), extra: Extra::new() }
}
