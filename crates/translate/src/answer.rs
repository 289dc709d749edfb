//! A reply on its way to the client, as the client asked for it, whatever the upstream sends.

use interlingua_model::{Event, Failure, Fold, FoldError, Opaque, Response, Sink, Usage};

use crate::api::{Context, Encoder};
use crate::outcome::{End, Outcome};
use crate::reply::Reply;
use crate::stop::StoppingDecoder;
use crate::thoughts::Memory;
use crate::{Error, Frames, Loss};

/// Turns one reply of the upstream into one for the client.
///
/// The upstream may stream or answer in one piece, and so may the client have asked; all four ways are the same to whoever
/// uses this. A client that asked for a stream gets frames as they are due, any other gets one frame at the end.
///
/// ```
/// use interlingua_translate::{Api, Stage, Stamp, Translator, Upstream};
///
/// let stamp = Stamp { id: "1".into(), created: 0 };
/// let body = br#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;
/// let outgoing = Translator::new(Api::Chat).request(body, &Upstream::usual(Api::Responses), stamp)?;
///
/// let mut answer = outgoing.reply.answer();
/// let mut out = Vec::new();
/// let delta = r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi"}"#;
/// assert_eq!(answer.event(None, delta, &mut out), Stage::Silent, "a whole reply was asked for");
/// answer.event(None, r#"{"type":"response.completed","response":{"id":"resp_1"}}"#, &mut out);
/// let outcome = answer.finish(&mut out);
/// assert!(outcome.failure().is_none());
/// # Ok::<(), interlingua_translate::Error>(())
/// ```
#[derive(Debug)]
pub struct Answer {
    reply: Reply,
    reader: Reader,
    writer: Writer,
    asides: Vec<Opaque>,
    has_output: bool,
    /// What it cost, as the upstream said.
    usage: Option<Box<Usage>>,
    /// What gathers its sealed thoughts, where somebody keeps them.
    memory: Option<Box<Memory>>,
    #[cfg(feature = "sse")]
    pub(crate) feed: crate::feed::Feed,
}

/// How far a reply has come. What it is at [`Stage::Failed`] can still be an HTTP status, if nothing has been sent yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing to show yet: what is written so far is worth nothing alone.
    Silent,
    /// Some of the answer is written, and there is more to come.
    Output,
    /// It failed before there was any output.
    Failed,
    /// It has come to its end, good or bad: the upstream can be let go.
    Over,
}

#[derive(Debug)]
enum Reader {
    Reading(StoppingDecoder),
    /// Ended, with what reading it lost.
    Ended(Box<Outcome>),
}

/// How the client asked to be answered.
#[derive(Debug)]
enum Writer {
    Stream(Encoder),
    /// One frame, once all is there.
    Whole(Box<Whole>),
}

#[derive(Debug)]
enum Whole {
    Gathering(Fold),
    Written(Vec<Loss>),
    Failed(Failure),
}

impl Reply {
    /// The reply for the client, as it was asked for.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let writer = if self.is_streamed() {
            Writer::Stream(self.context().encoder())
        } else {
            Writer::Whole(Box::new(Whole::Gathering(Fold::default())))
        };
        Answer {
            reader: Reader::Reading(StoppingDecoder::new(self.upstream(), self.sent())),
            writer,
            reply: self.clone(),
            asides: Vec::new(),
            has_output: false,
            usage: None,
            memory: self.remembers().then(Box::default),
            #[cfg(feature = "sse")]
            feed: crate::feed::Feed::default(),
        }
    }
}

impl Answer {
    /// Takes one event of the upstream's stream: its name, and its data. After the end, events are ignored.
    pub fn event(&mut self, name: Option<&str>, data: &str, out: &mut impl Frames) -> Stage {
        let Self { reply, reader, writer, asides, has_output, usage, memory, .. } = self;
        if let Reader::Reading(decoder) = reader {
            decoder.read(data, name, &mut Writing { reply, writer, asides, has_output, usage, memory, out });
        }
        self.settle(out)
    }

    /// Takes the event that the upstream's stream was cut in. It counts if its data is whole.
    pub fn cut_event(&mut self, name: Option<&str>, data: &str, out: &mut impl Frames) -> Stage {
        let Self { reply, reader, writer, asides, has_output, usage, memory, .. } = self;
        if let Reader::Reading(decoder) = reader {
            decoder.read_cut(data, name, &mut Writing { reply, writer, asides, has_output, usage, memory, out });
        }
        self.settle(out)
    }

    /// Takes the whole reply of an upstream that answered in one piece.
    pub fn whole(&mut self, body: &[u8], out: &mut impl Frames) -> Stage {
        if let Reader::Reading(_) = &self.reader {
            let outcome = match self.reply.reading().whole(body) {
                Ok(translated) => {
                    let end = End::of(&translated.value.finish);
                    self.usage = translated.value.usage.clone().map(Box::new);
                    self.render(translated.value, out);
                    Outcome::new(end, translated.losses)
                }
                Err(error) => {
                    let failure = Box::new(error.into_failure());
                    self.writing(out).event(Event::Failed(failure.clone()));
                    Outcome::new(End::Failed(failure), Vec::new())
                }
            };
            self.reader = Reader::Ended(Box::new(outcome));
        }
        self.stage()
    }

    /// The same for events of up to so many bytes (16 MiB), not counting what they repeat of earlier ones. To be said before
    /// any bytes are given.
    #[cfg(feature = "sse")]
    #[must_use]
    pub fn with_event_limit(mut self, bytes: usize) -> Self {
        self.feed = crate::feed::Feed::with_event_limit(bytes);
        self
    }

    #[cfg(feature = "sse")]
    pub(crate) fn asks_for_stream(&self) -> bool {
        self.reply.asks_for_stream()
    }

    /// How far it has come.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match &self.writer {
            Writer::Stream(encoder) => match (encoder.failure(), self.has_output) {
                (Some(_), false) => Stage::Failed,
                (Some(_), true) => Stage::Over,
                (None, _) if matches!(self.reader, Reader::Ended(_)) => Stage::Over,
                (None, true) => Stage::Output,
                (None, false) => Stage::Silent,
            },
            Writer::Whole(whole) => match &**whole {
                Whole::Gathering(_) => Stage::Silent,
                Whole::Written(_) => Stage::Over,
                Whole::Failed(_) => Stage::Failed,
            },
        }
    }

    /// Whether the upstream has said any of its answer, shown or not.
    #[must_use]
    pub fn has_output(&self) -> bool {
        self.has_output
    }

    /// Whether all that a good end needs has come. What may still follow, what the reply cost and a mark of the end, is not
    /// worth waiting long for.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match &self.reader {
            Reader::Reading(decoder) => decoder.is_complete(),
            Reader::Ended(_) => true,
        }
    }

    /// What the upstream said beside the answer since the last call: events that no API documents, such as its limits. Of
    /// each kind the last one, and of a few kinds only.
    pub fn take_asides(&mut self) -> Vec<Opaque> {
        std::mem::take(&mut self.asides)
    }

    /// Ends a reply that cannot go on: cut, idle, too big, shut down. A reply that has all it needs ends well nevertheless,
    /// any other with `failure`, told in the client's language.
    pub fn fail(self, failure: Failure, out: &mut impl Frames) -> Outcome {
        self.end(Some(failure), out)
    }

    /// Ends a reply of which no more comes. One without an end of its own ends as failed, with the code `stream_incomplete`.
    pub fn finish(self, out: &mut impl Frames) -> Outcome {
        self.end(None, out)
    }

    fn end(mut self, reason: Option<Failure>, out: &mut impl Frames) -> Outcome {
        #[cfg(feature = "sse")]
        if reason.is_none() {
            self.end_of_bytes(out);
        }
        self.stop(reason, out);
        let Self { reader: Reader::Ended(outcome), writer, usage, memory, .. } = self else {
            return Outcome::new(End::Truncated, Vec::new());
        };
        let Outcome { end, mut losses, usage: _, thoughts: _ } = *outcome;
        // The client's side may refuse what the upstream's side thought sound.
        let refused = match writer {
            Writer::Stream(encoder) => {
                let failure = encoder.failure().cloned();
                losses.extend(encoder.finish());
                failure
            }
            Writer::Whole(whole) => match *whole {
                Whole::Written(lost) => {
                    losses.extend(lost);
                    None
                }
                Whole::Failed(failure) => Some(failure),
                Whole::Gathering(_) => None,
            },
        };
        let end = match (refused, end) {
            (Some(_), End::Truncated) => End::Truncated,
            (Some(failure), _) => End::Failed(Box::new(failure)),
            (None, end) => end,
        };
        let thoughts = memory.map(|memory| memory.finish()).unwrap_or_default();
        Outcome { end, losses, usage: usage.map(|usage| *usage), thoughts }
    }

    fn writing<'w, F>(&'w mut self, out: &'w mut F) -> Writing<'w, F> {
        let Self { reply, reader: _, writer, asides, has_output, usage, memory, .. } = self;
        Writing { reply, writer, asides, has_output, usage, memory, out }
    }

    /// Writes what a decoder that has just ended amounts to.
    fn settle(&mut self, out: &mut impl Frames) -> Stage {
        if matches!(&self.reader, Reader::Reading(decoder) if decoder.has_ended()) {
            self.stop(None, out);
        }
        self.stage()
    }

    pub(crate) fn stop(&mut self, reason: Option<Failure>, out: &mut impl Frames) {
        let ended = Reader::Ended(Box::new(Outcome::new(End::Truncated, Vec::new())));
        match std::mem::replace(&mut self.reader, ended) {
            ended @ Reader::Ended(_) => self.reader = ended,
            Reader::Reading(decoder) => {
                let outcome = decoder.finish(reason, &mut self.writing(out));
                self.reader = Reader::Ended(Box::new(outcome));
            }
        }
    }

    /// Writes a reply that is all there.
    fn render(&mut self, response: Response, out: &mut impl Frames) {
        match &mut self.writer {
            Writer::Whole(whole) => {
                if let Some(memory) = &mut self.memory {
                    memory.items(&response.items);
                }
                **whole = Whole::write(response, self.reply.context(), out);
            }
            Writer::Stream(_) => response.into_events(&mut self.writing(out)),
        }
    }
}

impl Reply {
    /// Writes a reply that came about without an upstream's bytes, as the client asked for it.
    pub fn render(&self, response: Response, out: &mut impl Frames) -> Outcome {
        let mut answer = self.answer();
        let end = End::of(&response.finish);
        answer.usage = response.usage.clone().map(Box::new);
        answer.render(response, out);
        answer.reader = Reader::Ended(Box::new(Outcome::new(end, Vec::new())));
        answer.finish(out)
    }
}

impl Whole {
    fn write(response: Response, context: &Context, out: &mut impl Frames) -> Self {
        let mut body = Vec::new();
        match context.encode_response(response, &mut body) {
            Ok(losses) => {
                out.whole(|out| out.append(&mut body));
                Self::Written(losses)
            }
            Err(error) => Self::Failed(error.into_failure()),
        }
    }
}

/// Model events into frames of the client: the one place that decides what counts as output.
struct Writing<'w, F> {
    reply: &'w Reply,
    writer: &'w mut Writer,
    asides: &'w mut Vec<Opaque>,
    has_output: &'w mut bool,
    usage: &'w mut Option<Box<Usage>>,
    memory: &'w mut Option<Box<Memory>>,
    out: &'w mut F,
}

impl<F: Frames> Sink for Writing<'_, F> {
    fn event(&mut self, mut event: Event<'_>) {
        if let Event::Failed(failure) = &mut event
            && let Some(param) = failure.param.take()
        {
            failure.param = self.reply.param(&param);
        }
        if let Event::Opaque(opaque) = &event {
            keep_aside(self.asides, opaque);
        }
        if let Event::Finished(ending) = &event {
            *self.usage = ending.usage.clone().map(Box::new);
        }
        if let Some(memory) = self.memory {
            memory.event(&event);
        }
        let is_output = event.is_output();
        match self.writer {
            Writer::Stream(encoder) => {
                let mut counted = Counted { frames: &mut *self.out, count: 0 };
                encoder.push(event, &mut counted);
                *self.has_output |= is_output && counted.count > 0 && encoder.failure().is_none();
            }
            Writer::Whole(whole) => {
                let Whole::Gathering(fold) = &mut **whole else { return };
                *self.has_output |= is_output;
                let is_end = matches!(event, Event::Finished(_) | Event::Failed(_));
                fold.event(event);
                if is_end {
                    let next = match std::mem::take(fold).finish() {
                        Ok(response) => Whole::write(response, self.reply.context(), self.out),
                        Err(FoldError::Failed(failure)) => Whole::Failed(*failure),
                        Err(error) => {
                            Whole::Failed(Error::Malformed { path: None, message: error.to_string() }.into_failure())
                        }
                    };
                    **whole = next;
                }
            }
        }
    }
}

/// Keeps what was said beside the answer, in bounds.
pub(crate) fn keep_aside(asides: &mut Vec<Opaque>, opaque: &Opaque) {
    const MOST_KINDS: usize = 8;
    if let Some(known) = asides.iter_mut().find(|known| known.kind == opaque.kind) {
        *known = opaque.clone();
    } else if asides.len() < MOST_KINDS {
        asides.push(opaque.clone());
    }
}

/// Frames, counted.
struct Counted<'f, F> {
    frames: &'f mut F,
    count: usize,
}

impl<F: Frames> Frames for Counted<'_, F> {
    fn frame(&mut self, name: Option<&str>, write: impl FnOnce(&mut Vec<u8>)) {
        self.count += 1;
        self.frames.frame(name, write);
    }
}
