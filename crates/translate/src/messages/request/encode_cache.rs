//! Where prompts are cached.

use interlingua_wire::messages as wire;

use super::writing::{Writing, ephemeral};
use crate::messages::Field;

/// The most cache boundaries that a request may have.
const MOST_BOUNDARIES: usize = 4;

impl Writing<'_> {
    /// Marks what the caller did not: nothing is cached unasked. Of too many marks, the last ones stay.
    pub(super) fn cache(&mut self, wire: &mut wire::Request, system: &mut [wire::Block], is_worth_it: bool) {
        let mut marks: Vec<&mut Option<wire::CacheControl>> = Vec::new();
        marks.extend(wire.tools.iter_mut().flatten().filter_map(tool_mark));
        marks.extend(system.iter_mut().filter_map(block_mark));
        for message in wire.messages.iter_mut().flatten() {
            if let Some(wire::Content::Blocks(blocks)) = &mut message.content {
                marks.extend(blocks.iter_mut().filter_map(block_mark));
            }
        }
        marks.retain(|mark| mark.is_some());
        let too_many = marks.len().saturating_sub(MOST_BOUNDARIES);
        for mark in marks.iter_mut().take(too_many) {
            **mark = None;
        }
        if marks.is_empty() && is_worth_it && self.upstream.auto_cache && !self.upstream.refuses(Field::CacheControl) {
            wire.cache_control = Some(ephemeral(self.memory.ttl.clone()));
            if let Some(mark) = system.last_mut().and_then(block_mark) {
                *mark = Some(ephemeral(self.memory.ttl.clone()));
            }
        }
    }
}

fn tool_mark(tool: &mut wire::Tool) -> Option<&mut Option<wire::CacheControl>> {
    if let wire::Tool::Custom(tool) = tool { Some(&mut tool.cache_control) } else { None }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "blocks of no other kind are written with a mark")]
fn block_mark(block: &mut wire::Block) -> Option<&mut Option<wire::CacheControl>> {
    match block {
        wire::Block::Text(block) => Some(&mut block.cache_control),
        wire::Block::Image(block) => Some(&mut block.cache_control),
        wire::Block::Document(block) => Some(&mut block.cache_control),
        wire::Block::ToolResult(block) => Some(&mut block.cache_control),
        _ => None,
    }
}
