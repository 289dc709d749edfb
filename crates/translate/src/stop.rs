//! Stop sequences, kept here for upstreams that have none: the text of the answer ends before the first of them.
//!
//! A streamed reply is over with it, and the upstream can be let go; what the reply cost is then unknown, since upstreams
//! say it last. Reasoning, refusals and arguments are not text.

use std::borrow::Cow;

use interlingua_model::{
    Api, Content, Ending, Envelope, Event, Failure, Finish, ItemIndex, ItemKind, ItemStart, Origin, PartKind,
    ReplyOrigins, Response, Sink, Sourced, TextPart, TokenLogprob,
};

use crate::outcome::{End, Outcome};
use crate::surrogates::MendingDecoder;
use crate::{Loss, LossCode, Sent};

/// A decoder whose text ends at a stop sequence, where its upstream was not told of any.
#[derive(Debug)]
pub(crate) struct StoppingDecoder {
    decoder: MendingDecoder,
    stop: Option<Box<Stop>>,
}

impl StoppingDecoder {
    pub(crate) fn new(api: Api, sent: &Sent) -> Self {
        let sequences = sent.stop_sequences();
        let stop = (!sequences.is_empty()).then(|| Box::new(Stop::new(sequences.to_vec())));
        Self { decoder: MendingDecoder::bounded(api, sent), stop }
    }

    pub(crate) fn read(&mut self, data: &str, name: Option<&str>, out: &mut impl Sink) {
        match &mut self.stop {
            None => self.decoder.read(data, name, out),
            Some(stop) => self.decoder.read(data, name, &mut Watched { stop, out }),
        }
    }

    pub(crate) fn read_cut(&mut self, data: &str, name: Option<&str>, out: &mut impl Sink) {
        match &mut self.stop {
            None => self.decoder.read_cut(data, name, out),
            Some(stop) => self.decoder.read_cut(data, name, &mut Watched { stop, out }),
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.decoder.has_ended() || self.stop.as_ref().is_some_and(|stop| matches!(stop.phase, Phase::Ended))
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.has_ended() || self.decoder.is_complete()
    }

    pub(crate) fn finish(self, reason: Option<Failure>, out: &mut impl Sink) -> Outcome {
        let Self { decoder, stop } = self;
        let Some(mut stop) = stop else { return decoder.finish(reason, out) };
        let outcome = decoder.finish(reason, &mut Watched { stop: &mut stop, out });
        match stop.phase {
            Phase::Ended => {
                let Outcome { end: _, mut losses, usage: _, thoughts: _ } = outcome;
                let detail = "the answer ended at a stop sequence, before the upstream could say what it cost";
                losses.push(Loss::new(Origin::of("usage").path(), LossCode::UnknownUsage, detail));
                Outcome::new(End::Completed, losses)
            }
            Phase::Watching | Phase::Matched => outcome,
        }
    }
}

/// Ends a whole reply at the first of the sequences, if there is one in its text.
pub(crate) fn end_at(response: &mut Response, sequences: &[String]) {
    if sequences.is_empty() {
        return;
    }
    let mut met = None;
    let cut = response.items.iter_mut().position(|item| match &mut item.kind {
        ItemKind::Message(message) => {
            met = cut_content(&mut message.content, sequences);
            met.is_some()
        }
        ItemKind::ToolCall(_)
        | ItemKind::ToolResult(_)
        | ItemKind::Reasoning(_)
        | ItemKind::ImageGeneration(_)
        | ItemKind::Opaque(_) => false,
    });
    if let Some(index) = cut {
        response.items.truncate(index + 1);
        response.finish = Finish::Completed;
        response.stop_sequence = met.map(found);
    }
}

/// A sequence that was looked for here: it stands nowhere in the reply.
fn found(sequence: &str) -> Sourced<String> {
    Sourced { value: sequence.to_owned(), origin: Origin::default() }
}

fn cut_content<'s>(content: &mut Content, sequences: &'s [String]) -> Option<&'s str> {
    match content {
        Content::Text(text) => {
            let (at, sequence) = first(text, sequences)?;
            text.truncate(at);
            Some(sequence)
        }
        Content::Parts(parts) => {
            let mut met = None;
            let cut = parts.iter_mut().position(|part| match &mut part.kind {
                PartKind::Text(part) => {
                    met = cut_part(part, sequences);
                    met.is_some()
                }
                PartKind::Refusal(_)
                | PartKind::Image(_)
                | PartKind::Audio(_)
                | PartKind::File(_)
                | PartKind::Opaque(_) => false,
            });
            if let Some(index) = cut {
                parts.truncate(index + 1);
            }
            met
        }
    }
}

fn cut_part<'s>(part: &mut TextPart, sequences: &'s [String]) -> Option<&'s str> {
    let (at, sequence) = first(&part.text, sequences)?;
    part.text.truncate(at);
    let mut told = 0;
    part.logprobs.retain(|token| {
        told += token.token.len();
        told <= at
    });
    // What hangs on a text that is gone has nothing to hang on.
    part.annotations.clear();
    Some(sequence)
}

/// Where the first of the sequences begins, and which it is.
fn first<'s>(text: &str, sequences: &'s [String]) -> Option<(usize, &'s str)> {
    sequences.iter().filter_map(|sequence| Some((text.find(sequence.as_str())?, sequence.as_str()))).min()
}

/// Where the end of a text begins that may be the beginning of a sequence.
fn doubtful(text: &str, sequences: &[String]) -> usize {
    let starts = sequences.iter().filter_map(|sequence| {
        let inner = sequence.char_indices().skip(1).map(|(at, _)| at);
        inner.filter_map(|length| sequence.get(..length)).filter(|start| text.ends_with(start)).map(str::len).max()
    });
    text.len() - starts.max().unwrap_or(0)
}

#[derive(Debug)]
struct Stop {
    sequences: Vec<String>,
    phase: Phase,
    envelope: Envelope,
    /// Items that have begun and not ended, and whether each is a call.
    open: Vec<(ItemIndex, bool)>,
    held: Option<Held>,
    /// The sequence that came.
    met: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// No sequence has come.
    Watching,
    /// One has, and a call that had begun before it is still to be made.
    Matched,
    /// The reply is over.
    Ended,
}

/// Text that may be the beginning of a sequence, and its tokens.
#[derive(Debug)]
struct Held {
    index: ItemIndex,
    part: u32,
    text: String,
    tokens: Vec<TokenLogprob>,
}

impl Stop {
    fn new(sequences: Vec<String>) -> Self {
        Self {
            sequences,
            phase: Phase::Watching,
            envelope: Envelope::default(),
            open: Vec::new(),
            held: None,
            met: None,
        }
    }

    fn text(
        &mut self,
        index: ItemIndex,
        part: u32,
        text: Cow<'_, str>,
        tokens: Vec<TokenLogprob>,
        out: &mut impl Sink,
    ) {
        let held = match self.held.take() {
            Some(held) if (held.index, held.part) == (index, part) => Some(held),
            other => {
                self.held = other;
                self.release(out);
                None
            }
        };
        let (text, tokens) = match held {
            None => (text, tokens),
            Some(held) => (Cow::Owned(held.text + &text), [held.tokens, tokens].concat()),
        };
        if let Some((at, sequence)) = first(&text, &self.sequences) {
            self.met = Some(sequence.to_owned());
            let (said, _) = split(tokens, at);
            tell(index, part, text.get(..at).unwrap_or_default(), said, out);
            self.phase = Phase::Matched;
            return self.end(out);
        }
        let at = doubtful(&text, &self.sequences);
        if at == text.len() {
            return out.event(Event::TextDelta { index, part, text, logprobs: tokens });
        }
        let (said, tokens) = split(tokens, at);
        tell(index, part, text.get(..at).unwrap_or_default(), said, out);
        let text = text.get(at..).unwrap_or_default().to_owned();
        self.held = Some(Held { index, part, text, tokens });
    }

    /// Tells what was held after all: no sequence came of it.
    fn release(&mut self, out: &mut impl Sink) {
        if let Some(Held { index, part, text, tokens }) = self.held.take() {
            out.event(Event::TextDelta { index, part, text: Cow::Owned(text), logprobs: tokens });
        }
    }

    /// Ends the reply, unless a call is still being made.
    fn end(&mut self, out: &mut impl Sink) {
        if self.open.iter().any(|(_, is_call)| *is_call) {
            return;
        }
        self.phase = Phase::Ended;
        for (index, _) in self.open.drain(..) {
            out.event(Event::ItemFinished { index, item: None });
        }
        out.event(Event::Finished(Box::new(Ending {
            envelope: std::mem::take(&mut self.envelope),
            finish: Finish::Completed,
            stop_sequence: self.met.take().as_deref().map(found),
            usage: None,
            metadata: None,
            moderation: None,
            origins: ReplyOrigins::default(),
        })));
    }

    /// Whether an event is about a call that had begun before the text ended.
    fn is_of_open_call(&self, event: &Event<'_>) -> bool {
        let (Event::ArgumentsDelta { index, .. } | Event::ItemFinished { index, .. }) = event else { return false };
        self.open.iter().any(|(open, is_call)| open == index && *is_call)
    }
}

fn tell(index: ItemIndex, part: u32, text: &str, logprobs: Vec<TokenLogprob>, out: &mut impl Sink) {
    if !text.is_empty() {
        out.event(Event::TextDelta { index, part, text: Cow::Borrowed(text), logprobs });
    }
}

/// The tokens of the first so many bytes, and the rest.
fn split(mut tokens: Vec<TokenLogprob>, at: usize) -> (Vec<TokenLogprob>, Vec<TokenLogprob>) {
    let mut told = 0;
    let is_before = |token: &TokenLogprob| {
        told += token.token.len();
        told <= at
    };
    let count = tokens.iter().map(is_before).take_while(|is_before| *is_before).count();
    let rest = tokens.split_off(count);
    (tokens, rest)
}

/// The events of a decoder, watched for a sequence.
struct Watched<'s, S> {
    stop: &'s mut Stop,
    out: &'s mut S,
}

impl<S: Sink> Sink for Watched<'_, S> {
    fn event(&mut self, event: Event<'_>) {
        let Self { stop, out } = self;
        match stop.phase {
            Phase::Ended => return,
            Phase::Matched if !stop.is_of_open_call(&event) => {
                if let Event::Finished(_) | Event::Failed(_) = event {
                    // A call that was never made whole is not one to act on.
                    stop.phase = Phase::Watching;
                    out.event(event);
                }
                return;
            }
            Phase::Matched | Phase::Watching => {}
        }
        match event {
            Event::TextDelta { index, part, text, logprobs } => return stop.text(index, part, text, logprobs, *out),
            Event::Started(envelope) => {
                stop.envelope = envelope.clone();
                return out.event(Event::Started(envelope));
            }
            Event::ItemStarted { index, origin, item, beside } => {
                stop.release(*out);
                stop.open.push((index, matches!(item, ItemStart::ToolCall { .. })));
                return out.event(Event::ItemStarted { index, origin, item, beside });
            }
            Event::ItemFinished { index, item } => {
                stop.release(*out);
                stop.open.retain(|(open, _)| *open != index);
                out.event(Event::ItemFinished { index, item });
            }
            Event::Finished(_) | Event::Failed(_) | Event::RefusalDelta { .. } => {
                stop.release(*out);
                out.event(event);
            }
            Event::ReasoningDelta { .. }
            | Event::ArgumentsDelta { .. }
            | Event::Annotation { .. }
            | Event::Progress { .. }
            | Event::Opaque(_) => out.event(event),
        }
        if let Phase::Matched = stop.phase {
            stop.end(*out);
        }
    }
}
