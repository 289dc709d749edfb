//! The texts of several messages as one, while they stream.

use std::collections::VecDeque;

use interlingua_model::{Annotation, Api, ItemIndex, Opaque, TokenLogprob};
use interlingua_wire::{Unknown, chat as wire};

use crate::Loss;
use crate::chat::reply::annotations::{characters, encode_citation};
use crate::convert::wire_json;
use crate::opaque::lost_annotation;

/// Joins messages in the order they began: while one is open, the text of later ones waits.
#[derive(Debug)]
pub(super) struct TextJoin {
    joiner: String,
    /// Open or waiting messages, the one being written first.
    queue: VecDeque<Waiting>,
    /// Characters written so far, joiners included.
    written: u64,
    /// Which message wrote last.
    last: Option<ItemIndex>,
    /// How many characters stood before each part.
    bases: Vec<(ItemIndex, u32, u64)>,
    annotations: Vec<(ItemIndex, u32, Annotation)>,
    /// The text of the message that wrote last.
    said: String,
    /// The message after it, as long as it says the same from its beginning on.
    echo: Option<Echo>,
    /// Messages that said what the one before them had said, and were not written again.
    repeated: Vec<ItemIndex>,
}

#[derive(Debug)]
struct Echo {
    index: ItemIndex,
    text: String,
    pieces: Vec<(u32, String, Vec<TokenLogprob>)>,
}

/// Text to write now.
#[derive(Debug)]
pub(super) struct TextPiece<'a> {
    pub(super) text: &'a str,
    pub(super) logprobs: Vec<TokenLogprob>,
}

#[derive(Debug)]
struct Waiting {
    index: ItemIndex,
    is_closed: bool,
    pieces: Vec<(u32, String, Vec<TokenLogprob>)>,
}

impl TextJoin {
    pub(super) fn new(joiner: String) -> Self {
        Self {
            joiner,
            queue: VecDeque::new(),
            written: 0,
            last: None,
            bases: Vec::new(),
            annotations: Vec::new(),
            said: String::new(),
            echo: None,
            repeated: Vec::new(),
        }
    }

    pub(super) fn open(&mut self, index: ItemIndex) {
        self.queue.push_back(Waiting { index, is_closed: false, pieces: Vec::new() });
    }

    pub(super) fn write(
        &mut self,
        index: ItemIndex,
        part: u32,
        text: &str,
        logprobs: Vec<TokenLogprob>,
        out: &mut impl FnMut(TextPiece<'_>),
    ) {
        if self.queue.front().is_none_or(|first| first.index == index) {
            return self.emit(index, part, text, logprobs, out);
        }
        if let Some(waiting) = self.queue.iter_mut().find(|waiting| waiting.index == index) {
            waiting.pieces.push((part, text.to_owned(), logprobs));
        }
    }

    pub(super) fn close(&mut self, index: ItemIndex, out: &mut impl FnMut(TextPiece<'_>)) {
        if let Some(waiting) = self.queue.iter_mut().find(|waiting| waiting.index == index) {
            waiting.is_closed = true;
        }
        while self.queue.front().is_some_and(|first| first.is_closed) {
            self.queue.pop_front();
            self.end_echo(out);
            self.catch_up(out);
        }
    }

    /// Writes what still waits, whether its messages ended or not.
    pub(super) fn drain(&mut self, out: &mut impl FnMut(TextPiece<'_>)) {
        while self.queue.pop_front().is_some() {
            self.end_echo(out);
            self.catch_up(out);
        }
    }

    pub(super) fn annotate(&mut self, index: ItemIndex, part: u32, annotation: Annotation) {
        self.annotations.push((index, part, annotation));
    }

    /// The citations, moved to where their texts stand now, and those Chat has no place for.
    pub(super) fn take_citations(&mut self) -> (Vec<wire::Annotation>, Vec<Loss>) {
        let (mut citations, mut losses) = (Vec::new(), Vec::new());
        for (index, part, annotation) in std::mem::take(&mut self.annotations) {
            match annotation {
                Annotation::UrlCitation(citation) => {
                    let citation = encode_citation(citation, self.base(index, part));
                    if !(self.repeated.contains(&index) && citations.contains(&citation)) {
                        citations.push(citation);
                    }
                }
                Annotation::Opaque { origin: _, annotation: Opaque { api: Api::Chat, kind, class: _, raw } } => {
                    citations.push(wire::Annotation::Unknown(Unknown { kind, raw: wire_json(raw) }));
                }
                Annotation::Opaque { origin, annotation } => {
                    losses.push(lost_annotation(&annotation, origin, Api::Chat));
                }
            }
        }
        (citations, losses)
    }

    /// Writes what the message that is now first has been waiting to say.
    fn catch_up(&mut self, out: &mut impl FnMut(TextPiece<'_>)) {
        let Some(first) = self.queue.front_mut() else { return };
        let index = first.index;
        for (part, text, logprobs) in std::mem::take(&mut first.pieces) {
            self.emit(index, part, &text, logprobs, out);
        }
    }

    /// Writes, unless it may be the message before said once more.
    fn emit(
        &mut self,
        index: ItemIndex,
        part: u32,
        text: &str,
        logprobs: Vec<TokenLogprob>,
        out: &mut impl FnMut(TextPiece<'_>),
    ) {
        let begins = !text.is_empty() && !self.said.is_empty() && self.last != Some(index);
        if self.echo.is_none() && !begins {
            return self.put(index, part, text, logprobs, out);
        }
        let echo = self.echo.get_or_insert_with(|| Echo { index, text: String::new(), pieces: Vec::new() });
        echo.text.push_str(text);
        echo.pieces.push((part, text.to_owned(), logprobs));
        if !self.said.starts_with(&echo.text) {
            self.put_echo(out);
        }
    }

    /// Takes the end of the message that is written: one that said all that was said before it is not said again.
    fn end_echo(&mut self, out: &mut impl FnMut(TextPiece<'_>)) {
        let Some(Echo { index, text: _, pieces: _ }) = self.echo.take_if(|echo| echo.text == self.said) else {
            return self.put_echo(out);
        };
        let bases = self.bases.iter().filter(|(at, _, _)| Some(*at) == self.last);
        let bases: Vec<_> = bases.map(|&(_, part, base)| (index, part, base)).collect();
        self.bases.extend(bases);
        self.repeated.push(index);
    }

    fn put_echo(&mut self, out: &mut impl FnMut(TextPiece<'_>)) {
        let Some(Echo { index, text: _, pieces }) = self.echo.take() else { return };
        for (part, text, logprobs) in pieces {
            self.put(index, part, &text, logprobs, out);
        }
    }

    fn put(
        &mut self,
        index: ItemIndex,
        part: u32,
        text: &str,
        logprobs: Vec<TokenLogprob>,
        out: &mut impl FnMut(TextPiece<'_>),
    ) {
        if !text.is_empty() && self.last != Some(index) {
            self.said.clear();
            if self.last.is_some() && !self.joiner.is_empty() {
                out(TextPiece { text: &self.joiner, logprobs: Vec::new() });
                self.written += characters(&self.joiner);
            }
            self.last = Some(index);
        }
        if !self.bases.iter().rev().any(|&(at, number, _)| (at, number) == (index, part)) {
            self.bases.push((index, part, self.written));
        }
        self.written += characters(text);
        self.said.push_str(text);
        out(TextPiece { text, logprobs });
    }

    fn base(&self, index: ItemIndex, part: u32) -> u64 {
        let known = self.bases.iter().find(|&&(at, number, _)| (at, number) == (index, part));
        known.map_or(self.written, |&(_, _, base)| base)
    }
}
