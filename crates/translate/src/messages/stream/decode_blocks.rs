//! The blocks of a stream that is being read, as items.

use std::borrow::Cow;

use interlingua_model::{Event, Item, ItemIndex, ItemKind, ItemStart, Opaque, Origin, ReasoningKind, Sink};
use interlingua_wire::{Integer, Json, messages as wire};

use super::blocks::{Call, CallState, Content, Ended, HeldCall, OpenBlock, Server, Thought, place};
use super::decoder::Decoder;
use crate::arguments::{Pieces, mended_arguments};
use crate::custom_input::{Rest, Unwrapper};
use crate::messages::reply::call::{Called, decode_call};
use crate::messages::reply::citations::decode_citation;
use crate::messages::reply::server::{answers, joined, settled};
use crate::{Error, LossCode};

impl Decoder {
    pub(super) fn find(&self, index: Option<Integer>) -> Option<usize> {
        match index {
            Some(Integer(number)) => self.open.iter().rposition(|block| block.number == number),
            None => self.open.len().checked_sub(1),
        }
    }

    pub(super) fn next(&mut self) -> ItemIndex {
        let index = ItemIndex(self.items);
        self.items += 1;
        index
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "what servers did is told by no other API")]
    pub(super) fn start(&mut self, block: wire::Block, number: i64, out: &mut impl Sink) -> Result<(), Error> {
        self.started(out);
        let origin = place(number);
        if let wire::Block::Text(text) = block {
            self.start_text(text, number, out);
            return Ok(());
        }
        if let Some(call) = self.answered(&block) {
            let Ended { index, origin, whole: _ } = call.0;
            let server = Server { call: Some(call.1), block, input: String::new() };
            self.open.push(OpenBlock { number, index, origin, content: Content::Server(Box::new(server)) });
            return Ok(());
        }
        self.end_message(out);
        self.tell_ended(out);
        let index = self.next();
        let content = match block {
            wire::Block::Thinking(wire::Thinking { thinking, signature, extra }) => {
                self.unread.fields(origin, &extra);
                out.event(Event::ItemStarted {
                    index,
                    origin,
                    item: ItemStart::Reasoning { id: None },
                    beside: Vec::new(),
                });
                let mut thought = Thought { seal: signature.unwrap_or_default(), ..Thought::default() };
                think(&mut thought, index, &thinking.unwrap_or_default(), out);
                Content::Thought(thought)
            }
            wire::Block::RedactedThinking(wire::RedactedThinking { data, extra }) => {
                self.unread.fields(origin, &extra);
                out.event(Event::ItemStarted {
                    index,
                    origin,
                    item: ItemStart::Reasoning { id: None },
                    beside: Vec::new(),
                });
                Content::Thought(Thought { text: String::new(), seal: data.unwrap_or_default(), is_redacted: true })
            }
            wire::Block::ToolUse(call) => Content::Call(self.start_call(*call, index, origin, out)?),
            block => {
                out.event(Event::ItemStarted {
                    index,
                    origin,
                    item: ItemStart::Opaque(settled(&block)),
                    beside: Vec::new(),
                });
                Content::Server(Box::new(Server { call: None, block, input: String::new() }))
            }
        };
        self.open.push(OpenBlock { number, index, origin, content });
        Ok(())
    }

    /// The item that has just ended, if a block tells what came of it: the two are one.
    fn answered(&mut self, block: &wire::Block) -> Option<(Ended, Opaque)> {
        let is_answered =
            |ended: &mut Ended| matches!(&ended.whole, Some(ItemKind::Opaque(call)) if answers(block, call));
        let mut ended = self.ended.take_if(is_answered)?;
        match ended.whole.take() {
            Some(ItemKind::Opaque(call)) => Some((ended, call)),
            _ => None,
        }
    }

    fn start_text(&mut self, text: wire::TextBlock, number: i64, out: &mut impl Sink) {
        let wire::TextBlock { text, cache_control: _, citations, extra } = text;
        let origin = place(number);
        self.unread.fields(origin, &extra);
        let (index, start) = self.message.unwrap_or_else(|| self.open_message(origin, out));
        let citations = citations.into_value().unwrap_or_default();
        self.open.push(OpenBlock { number, index, origin, content: Content::Text { start, citations } });
        self.say(index, Cow::Owned(text.unwrap_or_default()), out);
    }

    /// Begins a message, which the texts that follow are all in.
    fn open_message(&mut self, origin: Origin, out: &mut impl Sink) -> (ItemIndex, u64) {
        self.tell_ended(out);
        let index = self.next();
        out.event(Event::ItemStarted {
            index,
            origin,
            item: ItemStart::Message { id: None, phase: None },
            beside: Vec::new(),
        });
        self.message = Some((index, 0));
        (index, 0)
    }

    /// The message that an open block of text is in: another one, where a block of another kind has ended its first.
    fn goes_on(&mut self, at: usize, out: &mut impl Sink) -> Option<ItemIndex> {
        let (index, origin) = self.open.get(at).map(|block| (block.index, block.origin))?;
        if self.message.is_some_and(|(open, _)| open == index) {
            return Some(index);
        }
        let (index, from) = self.message.unwrap_or_else(|| self.open_message(origin, out));
        let block = self.open.get_mut(at)?;
        block.index = index;
        if let Content::Text { start, citations: _ } = &mut block.content {
            *start = from;
        }
        Some(index)
    }

    fn say(&mut self, index: ItemIndex, text: Cow<'_, str>, out: &mut impl Sink) {
        if text.is_empty() {
            return;
        }
        if let Some((_, characters)) = &mut self.message {
            *characters += crate::messages::reply::characters(&text);
        }
        out.event(Event::TextDelta { index, part: 0, text, logprobs: Vec::new() });
    }

    fn start_call(
        &mut self,
        call: wire::ToolUse,
        index: ItemIndex,
        origin: Origin,
        out: &mut impl Sink,
    ) -> Result<Call, Error> {
        let called = decode_call(call, origin, &self.sent, &mut self.unread)?;
        let Called { call_id: id, name, namespace, is_custom, input } = called;
        let unwrapper = is_custom.then(Box::<Unwrapper>::default);
        let Some(place) = self.calls.begin(&id, &name) else {
            let held = HeldCall { id, name, namespace, input: String::new() };
            return Ok(Call {
                state: CallState::Held(Box::new(held)),
                unwrapper,
                given: input,
                has_input: false,
                pieces: Pieces::default(),
            });
        };
        let call = Call {
            state: CallState::Begun(place),
            unwrapper,
            given: input,
            has_input: false,
            pieces: Pieces::default(),
        };
        out.event(call.begun(index, origin, id, name, namespace));
        Ok(call)
    }

    /// Ends a call. `None` for one that has been told before.
    fn end_call(&mut self, mut call: Call, index: ItemIndex, origin: Origin, out: &mut impl Sink) -> Option<ItemIndex> {
        let held = match call.state {
            CallState::Begun(_) => None,
            CallState::Held(ref mut held) => Some(std::mem::take(held)),
        };
        let mut index = index;
        if let Some(held) = held {
            let HeldCall { id, name, namespace, input } = *held;
            let given = call.given.as_ref().map(Json::get);
            let whole = if input.is_empty() { given.unwrap_or_default() } else { &input };
            if self.calls.has(&id, &name, whole) {
                return None;
            }
            self.end_message(out);
            self.tell_ended(out);
            index = self.next();
            let (place, id) = self.calls.begin_anew(&id, &name);
            call = Call { state: CallState::Begun(place), has_input: false, ..call };
            out.event(call.begun(index, origin, id, name, namespace));
            call.take(index, Cow::Owned(input), &mut self.calls, out);
        }
        let (rest, is_mended) = call.end(index, &mut self.calls, out);
        if rest == Rest::Cut {
            self.cut = Some(origin);
        }
        if is_mended {
            self.unread.tell(mended_arguments(origin));
        }
        Some(index)
    }

    /// The block that a piece is of: an open one of its kind, or one of its own for a text or a thought that has none. Some
    /// servers never say that a block begins, or write thoughts into a block of text.
    fn place_of(&mut self, number: Option<Integer>, delta: &wire::Delta<'_>, out: &mut impl Sink) -> Option<usize> {
        let at = self.find(number);
        let content = at.and_then(|at| self.open.get(at)).map(|block| &block.content);
        let block = match (content, delta) {
            (None | Some(Content::Thought(_)), wire::Delta::Text(_)) => wire::Block::Text(wire::TextBlock::default()),
            (None | Some(Content::Text { start: _, citations: _ }), wire::Delta::Thinking(_)) => {
                wire::Block::Thinking(wire::Thinking::default())
            }
            _ => return at,
        };
        let number = match at {
            Some(at) => {
                let other = self.open.remove(at);
                let number = other.number;
                self.end_block(other, out);
                number
            }
            None => number.map_or(0, |Integer(number)| number),
        };
        let detail = "a piece that no block of its kind was begun for; it has one of its own";
        self.unread.once(place(number).path(), LossCode::StreamMismatch, detail);
        // Only a call can be begun wrongly.
        self.start(block, number, out).ok()?;
        self.open.len().checked_sub(1)
    }

    pub(super) fn delta(&mut self, number: Option<Integer>, delta: wire::Delta<'_>, out: &mut impl Sink) {
        let Some(at) = self.place_of(number, &delta, out) else {
            let number = number.map_or(0, |Integer(number)| number);
            let detail = "a piece of a block that is not open";
            return self.unread.once(place(number).path(), LossCode::StreamMismatch, detail);
        };
        let Some(block) = self.open.get_mut(at) else { return };
        let (index, origin) = (block.index, block.origin);
        match (&mut block.content, delta) {
            (Content::Text { start: _, citations: _ }, wire::Delta::Text(delta)) => {
                let index = self.goes_on(at, out).unwrap_or(index);
                self.say(index, delta.text.0, out);
            }
            (Content::Text { start: _, citations }, wire::Delta::Citations(delta)) => citations.push(delta.citation),
            (Content::Thought(thought), wire::Delta::Thinking(delta)) => think(thought, index, &delta.thinking, out),
            (Content::Thought(thought), wire::Delta::Signature(delta)) => thought.seal.push_str(&delta.signature),
            (Content::Call(call), wire::Delta::InputJson(delta)) => {
                call.take(index, delta.partial_json.0, &mut self.calls, out);
            }
            (Content::Server(server), wire::Delta::InputJson(delta)) => server.input.push_str(&delta.partial_json),
            (Content::Server(server), wire::Delta::Compaction(delta)) => {
                if let wire::Block::Compaction(block) = &mut server.block {
                    block.content = delta.content;
                    block.encrypted_content = delta.encrypted_content;
                }
            }
            (_, delta) => {
                let detail = format!("a `{}` in a block of another kind", delta.tag());
                self.unread.once(origin.path(), LossCode::StreamMismatch, &detail);
            }
        }
    }

    pub(super) fn end_block(&mut self, block: OpenBlock, out: &mut impl Sink) {
        let OpenBlock { number: _, mut index, origin, content } = block;
        let whole = match content {
            Content::Text { start, citations } => {
                if !citations.is_empty() && self.message.is_none_or(|(open, _)| open != index) {
                    let detail = "what refers to a text that has already ended";
                    return self.unread.once(origin.path(), LossCode::DroppedAnnotation, detail);
                }
                let end = self.message.map_or(start, |(_, characters)| characters);
                for (number, citation) in citations.into_iter().enumerate() {
                    let place = origin.then_nth("content[*].citations[*]", number);
                    let annotation = decode_citation(citation, start, end, place);
                    out.event(Event::Annotation { index, part: 0, annotation });
                }
                return;
            }
            Content::Thought(thought) => Some(ItemKind::Reasoning(thought.into_item())),
            Content::Call(call) => match self.end_call(call, index, origin, out) {
                Some(told) => {
                    index = told;
                    None
                }
                None => return,
            },
            Content::Server(mut server) => Some(ItemKind::Opaque(match server.call.take() {
                Some(call) => joined(&call, &server.whole()),
                None => settled(&server.whole()),
            })),
        };
        self.tell_ended(out);
        self.ended = Some(Ended { index, origin, whole });
    }

    pub(super) fn end_message(&mut self, out: &mut impl Sink) {
        if let Some((index, _)) = self.message.take() {
            out.event(Event::ItemFinished { index, item: None });
        }
    }

    pub(super) fn tell_ended(&mut self, out: &mut impl Sink) {
        if let Some(Ended { index, origin, whole }) = self.ended.take() {
            let item = whole.map(|kind| Box::new(Item::new(origin, kind)));
            out.event(Event::ItemFinished { index, item });
        }
    }

    /// What a refusal says in words, behind whatever was said before.
    pub(super) fn refusal(&mut self, text: String, out: &mut impl Sink) {
        let origin = Origin::of("stop_details.explanation");
        let part = u32::from(self.message.is_some());
        let (index, _) = self.message.unwrap_or_else(|| self.open_message(origin, out));
        out.event(Event::RefusalDelta { index, part, text: Cow::Owned(text) });
    }
}

fn think(thought: &mut Thought, index: ItemIndex, text: &str, out: &mut impl Sink) {
    if text.is_empty() {
        return;
    }
    thought.text.push_str(text);
    // What this API shows of a thought is what is meant for people.
    let kind = ReasoningKind::Summary;
    out.event(Event::ReasoningDelta { index, part: 0, kind, text: Cow::Borrowed(text) });
}
