//! Writing the items of a stream, each as its blocks.

use interlingua_model::{
    Annotation, Display, Item, ItemKind, ItemStatus, Message, Opaque, Origin, ReasoningItem, ReasoningKind,
};
use interlingua_wire::{Extra, Json, messages as wire};

use super::encoder::Encoder;
use super::item::{ItemState, Refusal};
use super::open_block::Kind;
use super::waiting::Piece;
use crate::custom_input::wrap;
use crate::messages::hosted::write;
use crate::messages::reply::citations::encode_citation;
use crate::messages::reply::server::own;
use crate::messages::reply::thoughts::{THOUGHT_JOINER, redacted, unwanted};
use crate::messages::reply::{lost_part, told_as_text};
use crate::opaque::{hosted, untold_parts};
use crate::seals::kept_seal;
use crate::{Api, Loss, LossCode};

/// The item as it is when it has ended, where the protocol repeats it.
type Whole = Option<Box<Item>>;

impl Encoder {
    /// Writes a piece of an item that has its turn. Whether it shows.
    pub(super) fn write_piece(
        &mut self,
        state: &mut ItemState,
        origin: Origin,
        piece: Piece,
        out: &mut impl FnMut(wire::Event<'_>),
    ) -> bool {
        match (&mut *state, piece) {
            (ItemState::Message { text, refusal: _ }, Piece::Text(more)) => {
                self.begin(out);
                self.blocks.text(&more, out);
                text.push_str(&more);
                true
            }
            (ItemState::Message { text: _, refusal }, Piece::Refusal(more)) => {
                self.begin(out);
                *refusal = match std::mem::replace(refusal, Refusal::Text) {
                    Refusal::None => Refusal::Held(more),
                    Refusal::Held(first) => {
                        self.refuse_in_words(Refusal::Held(first), origin, out);
                        self.blocks.text(&more, out);
                        Refusal::Text
                    }
                    Refusal::Text => {
                        self.blocks.text(&more, out);
                        Refusal::Text
                    }
                };
                true
            }
            (ItemState::Message { text, refusal: _ }, Piece::Annotation(annotation)) => {
                self.cite(annotation, text, out);
                false
            }
            (ItemState::Message { text: _, refusal }, Piece::Finished(whole)) => {
                if !is_cut(whole.as_deref()) {
                    self.refuse_in_words(std::mem::replace(refusal, Refusal::None), origin, out);
                    *state = ItemState::Ended;
                }
                self.lose_parts(whole);
                false
            }
            (ItemState::Thought { shown }, Piece::Thought { part, kind, text }) => {
                self.think(shown, part, kind, &text, out)
            }
            (ItemState::Thought { shown }, Piece::Finished(whole)) => {
                let has_shown = shown.is_some();
                *state = ItemState::Ended;
                self.finish_thought(has_shown, origin, whole, out);
                false
            }
            (ItemState::Call { id, name, is_custom: _, arguments: _ }, Piece::Begin) => {
                self.begin(out);
                let block = wire::ToolUse {
                    id: Some(id.clone()),
                    name: Some(name.clone()),
                    input: "{}".parse::<Json>().ok(),
                    ..wire::ToolUse::default()
                };
                self.blocks.open(Kind::ToolUse, wire::Block::ToolUse(Box::new(block)), out);
                true
            }
            (ItemState::Call { id: _, name: _, is_custom, arguments }, Piece::Arguments(more)) => {
                let held = std::mem::take(arguments);
                let was_held = "null".starts_with(held.trim());
                *arguments = held + &more;
                // The text of a custom tool becomes a string of an object, which is written once it is whole; and some models
                // write nothing as `null`.
                if !self.blocks.is_open(Kind::ToolUse) && !more.trim().is_empty() {
                    let detail = "more of a call's input, behind the object that it is";
                    let loss = Loss::new(origin.path(), LossCode::StreamMismatch, detail);
                    if !self.losses.contains(&loss) {
                        self.losses.push(loss);
                    }
                }
                if !*is_custom && self.blocks.is_open(Kind::ToolUse) && !"null".starts_with(arguments.trim()) {
                    self.blocks.input(if was_held { arguments } else { &more }, out);
                }
                true
            }
            (ItemState::Call { id: _, name: _, is_custom, arguments }, Piece::Finished(_)) => {
                if *is_custom && self.blocks.is_open(Kind::ToolUse) {
                    self.blocks.input(&wrap(arguments), out);
                }
                *state = ItemState::Ended;
                false
            }
            (ItemState::Opaque(begun), Piece::Finished(whole)) => {
                let opaque = match whole.map(|item| item.kind) {
                    Some(ItemKind::Opaque(opaque)) => opaque,
                    _ => (**begun).clone(),
                };
                *state = ItemState::Ended;
                self.finish_opaque(&opaque, origin, out);
                false
            }
            _ => false,
        }
    }

    /// Writes a refusal that was held as the text that it is here.
    pub(super) fn refuse_in_words(&mut self, refusal: Refusal, origin: Origin, out: &mut impl FnMut(wire::Event<'_>)) {
        if let Refusal::Held(words) = refusal {
            self.losses.push(told_as_text(origin));
            self.blocks.text(&words, out);
        }
    }

    fn cite(&mut self, annotation: Annotation, text: &str, out: &mut impl FnMut(wire::Event<'_>)) {
        match encode_citation(annotation, text) {
            Ok(citation) if self.blocks.is_open(Kind::Text) => {
                self.cited.cite(&citation);
                let delta = wire::CitationsDelta { citation, extra: Extra::new() };
                self.blocks.delta(wire::Delta::Citations(delta), out);
            }
            Ok(_) => {}
            Err(loss) => self.losses.push(loss),
        }
    }

    /// Reports the parts of a message that no delta has told.
    fn lose_parts(&mut self, whole: Whole) {
        let Some(ItemKind::Message(Message { id: _, role: _, content, name: _, phase: _, status: _ })) =
            whole.map(|item| item.kind)
        else {
            return;
        };
        self.losses.extend(untold_parts(content).map(lost_part));
    }

    /// Writes a piece of a thought; its two texts say the same, and the first that comes is shown.
    fn think(
        &mut self,
        shown: &mut Option<(ReasoningKind, u32)>,
        part: u32,
        kind: ReasoningKind,
        text: &str,
        out: &mut impl FnMut(wire::Event<'_>),
    ) -> bool {
        let (known, last) = *shown.get_or_insert((kind, part));
        if known != kind {
            return false;
        }
        *shown = Some((kind, part));
        if self.context.display != Display::Text {
            return false;
        }
        self.begin(out);
        if last != part {
            self.blocks.thought(THOUGHT_JOINER, out);
        }
        self.blocks.thought(text, out);
        true
    }

    fn finish_thought(&mut self, has_shown: bool, origin: Origin, whole: Whole, out: &mut impl FnMut(wire::Event<'_>)) {
        let thought = match whole.map(|item| item.kind) {
            Some(ItemKind::Reasoning(thought)) => thought,
            _ => ReasoningItem::default(),
        };
        if self.context.display == Display::Nothing {
            return self.losses.push(unwanted(origin));
        }
        if let Some(data) = redacted(&thought) {
            self.begin(out);
            let block = wire::RedactedThinking { data: Some(data), extra: Extra::new() };
            return self.blocks.open(Kind::Whole, wire::Block::RedactedThinking(block), out);
        }
        // A view of the whole may tell what no delta has.
        let untold = if has_shown {
            Vec::new()
        } else if thought.content.is_empty() {
            thought.summary.clone()
        } else {
            thought.content.clone()
        };
        let untold = untold.join(THOUGHT_JOINER);
        if self.context.display == Display::Text && !untold.is_empty() {
            self.begin(out);
            self.blocks.thought(&untold, out);
        }
        if let Some(signature) = kept_seal(&thought, Api::Messages) {
            self.begin(out);
            self.blocks.think(out);
            let delta = wire::SignatureDelta { signature, extra: Extra::new() };
            self.blocks.delta(wire::Delta::Signature(delta), out);
        }
    }

    /// Writes what a server did, of this API or in words that this one has too.
    fn finish_opaque(&mut self, opaque: &Opaque, origin: Origin, out: &mut impl FnMut(wire::Event<'_>)) {
        let mut blocks = own(opaque);
        if blocks.is_empty() {
            let Some(hosted) = hosted(opaque).filter(|hosted| self.context.knows(hosted)) else {
                return self.leave_out(opaque, origin, out);
            };
            let (written, search) = write(hosted);
            self.cited.search(search);
            blocks = written;
        }
        for block in blocks {
            self.of_server(block, out);
        }
    }

    /// Writes a block of what a server did; its input comes in deltas, where clients look for it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other block of a server has an input")]
    fn of_server(&mut self, mut block: wire::Block, out: &mut impl FnMut(wire::Event<'_>)) {
        let input = match &mut block {
            wire::Block::ServerToolUse(call) => call.input.take(),
            wire::Block::McpToolUse(call) => call.input.take(),
            _ => None,
        };
        match &mut block {
            wire::Block::ServerToolUse(call) => call.input = "{}".parse().ok(),
            wire::Block::McpToolUse(call) => call.input = "{}".parse().ok(),
            _ => {}
        }
        self.begin(out);
        self.blocks.open(Kind::Whole, block, out);
        if let Some(input) = input.filter(|input| input.get() != "{}") {
            self.blocks.input(input.get(), out);
        }
    }
}

/// Whether a message ended before its end.
fn is_cut(whole: Option<&Item>) -> bool {
    match whole.map(|item| &item.kind) {
        Some(ItemKind::Message(message)) => message.status == Some(ItemStatus::Incomplete),
        Some(
            ItemKind::ToolCall(_)
            | ItemKind::ToolResult(_)
            | ItemKind::Reasoning(_)
            | ItemKind::ImageGeneration(_)
            | ItemKind::Opaque(_),
        )
        | None => false,
    }
}
