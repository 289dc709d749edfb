//! The one block of a stream that is open while it is being written.

use interlingua_wire::{Extra, Integer, Maybe, Text, messages as wire};

/// Writes blocks one after the other, numbered without gaps.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// The number of the next block.
    next: i64,
    open: Option<Kind>,
}

/// What the open block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Thinking,
    ToolUse,
    /// What a server did, or a thought that may not be shown.
    Whole,
}

impl Blocks {
    pub(super) fn is_open(&self, kind: Kind) -> bool {
        self.open == Some(kind)
    }

    pub(super) fn has_any(&self) -> bool {
        self.next > 0
    }

    /// Opens a block, and closes the one before.
    pub(super) fn open(&mut self, kind: Kind, content_block: wire::Block, out: &mut impl FnMut(wire::Event<'_>)) {
        self.close(out);
        let index = Some(Integer(self.next));
        self.next += 1;
        self.open = Some(kind);
        out(wire::Event::ContentBlockStart(wire::BlockStart { index, content_block, extra: Extra::new() }));
    }

    /// Writes a piece of the open block.
    pub(super) fn delta(&self, delta: wire::Delta<'_>, out: &mut impl FnMut(wire::Event<'_>)) {
        let index = Some(Integer(self.next - 1));
        out(wire::Event::ContentBlockDelta(wire::BlockDelta { index, delta, extra: Extra::new() }));
    }

    /// Closes the open block, if one is.
    pub(super) fn close(&mut self, out: &mut impl FnMut(wire::Event<'_>)) {
        if self.open.take().is_some() {
            let index = Some(Integer(self.next - 1));
            out(wire::Event::ContentBlockStop(wire::BlockStop { index, extra: Extra::new() }));
        }
    }

    /// Writes text, in a block of its own if none is open for it.
    pub(super) fn text(&mut self, text: &str, out: &mut impl FnMut(wire::Event<'_>)) {
        if !self.is_open(Kind::Text) {
            let text = Some(String::new());
            let block = wire::TextBlock { text, cache_control: None, citations: Maybe::Absent, extra: Extra::new() };
            self.open(Kind::Text, wire::Block::Text(block), out);
        }
        let delta = wire::TextDelta { text: Text::from(text), extra: Extra::new() };
        self.delta(wire::Delta::Text(delta), out);
    }

    /// Opens a thought, if none is open.
    pub(super) fn think(&mut self, out: &mut impl FnMut(wire::Event<'_>)) {
        if !self.is_open(Kind::Thinking) {
            let block =
                wire::Thinking { thinking: Some(String::new()), signature: Some(String::new()), extra: Extra::new() };
            self.open(Kind::Thinking, wire::Block::Thinking(block), out);
        }
    }

    /// Writes a piece of a thought.
    pub(super) fn thought(&mut self, text: &str, out: &mut impl FnMut(wire::Event<'_>)) {
        self.think(out);
        let delta = wire::ThinkingDelta { thinking: Text::from(text), extra: Extra::new() };
        self.delta(wire::Delta::Thinking(delta), out);
    }

    /// Writes a piece of a call's input.
    pub(super) fn input(&self, text: &str, out: &mut impl FnMut(wire::Event<'_>)) {
        let delta = wire::InputJsonDelta { partial_json: Text::from(text), extra: Extra::new() };
        self.delta(wire::Delta::InputJson(delta), out);
    }
}
