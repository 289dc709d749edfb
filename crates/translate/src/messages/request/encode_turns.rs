//! The turns of a conversation while they are gathered: what one side says and does in a row is one message.

use interlingua_model::Origin;
use interlingua_wire::messages as wire;

use super::encode_content::text_block;
use super::writing::Writing;
use crate::mid_system::reminder;
use crate::places::{At, What};
use crate::{Error, FILLER, LossCode, MidSystem, RequestCode};

/// A block, what it is, and where it came from.
pub(super) struct Placed {
    pub(super) block: wire::Block,
    pub(super) what: What,
    pub(super) origin: Origin,
}

/// A side of the conversation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    User,
    Model,
}

/// What one side says and does in a row.
pub(super) struct Turn {
    pub(super) side: Side,
    /// Results, which stand before all else.
    results: Vec<Placed>,
    blocks: Vec<Placed>,
    /// Whether all it holds is one string, which stays one.
    is_string: bool,
    /// The operator's text behind this turn.
    system: Vec<(Origin, Vec<wire::Block>)>,
}

/// The turns so far, and operator's text that waits for a turn to stand behind.
#[derive(Default)]
pub(super) struct Turns {
    pub(super) turns: Vec<Turn>,
    waiting: Vec<(Origin, Vec<wire::Block>)>,
}

impl Turns {
    /// The turn that a side's next words belong to.
    fn open(&mut self, side: Side) -> usize {
        // Behind text of the operator a side begins anew.
        let goes_on = |turn: &Turn| turn.side == side && (side == Side::User || turn.system.is_empty());
        if !self.turns.last().is_some_and(goes_on) {
            self.turns.push(Turn {
                side,
                results: Vec::new(),
                blocks: Vec::new(),
                is_string: false,
                system: Vec::new(),
            });
        }
        self.turns.len() - 1
    }

    /// One side says something.
    pub(super) fn say(
        &mut self,
        out: &mut Writing<'_>,
        side: Side,
        blocks: impl IntoIterator<Item = Placed>,
        is_string: bool,
    ) {
        let mut blocks = blocks.into_iter().peekable();
        if blocks.peek().is_none() {
            return;
        }
        let index = self.open(side);
        let waiting = if side == Side::User { std::mem::take(&mut self.waiting) } else { Vec::new() };
        let Some(turn) = self.turns.get_mut(index) else { return };
        // The operator's text stands behind all that the user says in a row.
        moved(out, &turn.system);
        moved(out, &waiting);
        turn.system.extend(waiting);
        turn.is_string = is_string && turn.blocks.is_empty() && turn.results.is_empty();
        turn.blocks.extend(blocks);
    }

    /// The client answers a call, in the turn behind the one that made it.
    pub(super) fn answer(
        &mut self,
        out: &mut Writing<'_>,
        result: wire::ToolResult,
        origin: Origin,
    ) -> Result<(), Error> {
        let call_id = result.tool_use_id.as_deref().unwrap_or_default();
        let Some(caller) = self.turns.iter().rposition(|turn| turn.calls(call_id)) else {
            let call_id = out.sent.call_ids().original(call_id);
            let message = format!("no earlier call of the conversation has the id `{call_id}`");
            return Err(Error::request(origin.path(), RequestCode::InvalidValue, message));
        };
        let is_last = caller + 1 == self.turns.len();
        let index = if is_last { self.open(Side::User) } else { caller + 1 };
        let Some(turn) = self.turns.get_mut(index) else { return Ok(()) };
        if !turn.blocks.is_empty() {
            out.lose(origin.path(), LossCode::MovedItem, "the result moved up, behind its call");
        }
        turn.is_string = false;
        turn.results.push(Placed { block: wire::Block::ToolResult(Box::new(result)), what: What::Result, origin });
        if is_last {
            let waiting = std::mem::take(&mut self.waiting);
            moved(out, &waiting);
            if let Some(turn) = self.turns.get_mut(index) {
                turn.system.extend(waiting);
            }
        }
        Ok(())
    }

    /// The operator says something in the middle of the conversation: as a reminder, only the user can say it.
    pub(super) fn direct(&mut self, way: MidSystem, origin: Origin, blocks: Vec<wire::Block>) {
        if blocks.is_empty() {
            return;
        }
        match self.turns.last_mut() {
            Some(turn) if turn.side == Side::User || (way == MidSystem::Keep && turn.ends_with_server()) => {
                turn.system.push((origin, blocks));
            }
            Some(_) | None => self.waiting.push((origin, blocks)),
        }
    }

    /// Lets the user begin and end the conversation.
    pub(super) fn frame(&mut self, out: &mut Writing<'_>) {
        if let Some(first) = self.turns.first().filter(|turn| turn.side == Side::Model) {
            let detail = "a conversation begins with the user here; a sign stands for what they said";
            out.lose(first.origin().path(), LossCode::ChangedValue, detail);
            self.turns.insert(0, filler());
        }
        let Some(last) = self.turns.last().filter(|turn| turn.side == Side::Model) else { return };
        if out.upstream.prefill && self.waiting.is_empty() {
            return;
        }
        let detail = "a conversation ends with the user here; a sign stands for what they say";
        out.lose(last.origin().path(), LossCode::ChangedValue, detail);
        let mut turn = filler();
        turn.system = std::mem::take(&mut self.waiting);
        self.turns.push(turn);
    }

    /// Writes the messages, and notes where each thing came from.
    pub(super) fn write(self, out: &mut Writing<'_>) -> Vec<wire::Message> {
        let mut messages = Vec::with_capacity(self.turns.len());
        for turn in self.turns {
            turn.write(out, &mut messages);
        }
        messages
    }
}

/// Reports operator's text that does not stand where it stood.
fn moved(out: &mut Writing<'_>, texts: &[(Origin, Vec<wire::Block>)]) {
    for (origin, _) in texts {
        out.lose(
            origin.path(),
            LossCode::MovedItem,
            "the text moved behind what the user says next, where it has its place",
        );
    }
}

fn filler() -> Turn {
    let block = text_block(FILLER.to_owned(), None);
    let placed = Placed { block, what: What::Setting, origin: Origin::default() };
    Turn { side: Side::User, results: Vec::new(), blocks: vec![placed], is_string: true, system: Vec::new() }
}

impl Turn {
    /// Whether it begins with a thought.
    pub(super) fn begins_with_thought(&self) -> bool {
        let first = self.blocks.first().map(|placed| &placed.block);
        matches!(first, Some(wire::Block::Thinking(_) | wire::Block::RedactedThinking(_)))
    }

    /// Whether the last thing in it is what a server did, behind which the operator may speak.
    fn ends_with_server(&self) -> bool {
        match self.blocks.last().map(|placed| &placed.block) {
            None
            | Some(
                wire::Block::Text(_)
                | wire::Block::ToolUse(_)
                | wire::Block::Thinking(_)
                | wire::Block::RedactedThinking(_),
            ) => false,
            Some(_) => true,
        }
    }

    /// Whether it is nothing but results, so that the turn before it is not over.
    pub(super) fn is_answer(&self) -> bool {
        self.side == Side::User && !self.results.is_empty() && self.blocks.is_empty()
    }

    fn origin(&self) -> Origin {
        self.blocks.first().map(|placed| placed.origin).unwrap_or_default()
    }

    fn calls(&self, call_id: &str) -> bool {
        let is_it =
            |block: &wire::Block| matches!(block, wire::Block::ToolUse(call) if call.id.as_deref() == Some(call_id));
        self.blocks.iter().any(|placed| is_it(&placed.block))
    }

    fn write(self, out: &mut Writing<'_>, messages: &mut Vec<wire::Message>) {
        let Self { side, results, mut blocks, is_string, mut system } = self;
        if out.upstream.mid_system == MidSystem::Reminder && !system.is_empty() {
            let text = told(std::mem::take(&mut system));
            let placed = Placed { block: text_block(text, None), what: What::Setting, origin: Origin::default() };
            if is_string {
                // Two texts are a list.
                blocks.push(placed);
                return Self { side, results, blocks, is_string: false, system }.write(out, messages);
            }
            blocks.push(placed);
        }
        let index = messages.len();
        let role = Some(if side == Side::User { wire::Role::User } else { wire::Role::Assistant });
        let mut written = Vec::with_capacity(results.len() + blocks.len());
        for Placed { block, what, origin } in results.into_iter().chain(blocks) {
            out.places.add(At::Inner("messages", index, "content", written.len()), what, origin);
            if written.is_empty() {
                let what = if is_string { What::Message } else { What::Setting };
                out.places.add(At::Item("messages", index), what, origin);
            }
            written.push(block);
        }
        let content = match only_text(&mut written, is_string) {
            Some(text) => wire::Content::Text(text),
            None => wire::Content::Blocks(written),
        };
        messages.push(wire::Message { role, content: Some(content), ..wire::Message::default() });
        if !system.is_empty() {
            let blocks = system.into_iter().flat_map(|(_, blocks)| blocks).collect();
            let content = Some(wire::Content::Blocks(blocks));
            messages.push(wire::Message { role: Some(wire::Role::System), content, ..wire::Message::default() });
        }
    }
}

/// The text of a turn that is one string and has no mark.
fn only_text(blocks: &mut [wire::Block], is_string: bool) -> Option<String> {
    match blocks {
        [wire::Block::Text(text)] if is_string && text.cache_control.is_none() => text.text.take(),
        _ => None,
    }
}

/// Operator's text in the form in which it may stand in a user's turn.
fn told(texts: Vec<(Origin, Vec<wire::Block>)>) -> String {
    let mut lines = Vec::new();
    for (_, blocks) in texts {
        for block in blocks {
            if let wire::Block::Text(wire::TextBlock { text: Some(text), cache_control: _, citations: _, extra: _ }) =
                block
            {
                lines.push(text);
            }
        }
    }
    reminder(&lines.join(crate::MESSAGE_JOINER))
}
