//! A reply as bytes for the client.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use interlingua_model::{Failure, Opaque, Usage};
use interlingua_translate::{Answer, End, Frames, Loss, Outcome, Passing, Stage};

use crate::Scrubber;
use crate::error::{Error, Phase};
use crate::http::transport::BoxFuture;
use crate::scrub::{Scrubbed, passed};
use crate::stream::chain::{Chain, Reader};
use crate::stream::keeper::{Keeper, Last};
use crate::stream::out::{Bytewise, Out};
use crate::stream::room;

/// The bytes of a stream: server-sent events of the API the caller speaks, ready to be sent.
///
/// It never fails: what goes wrong once it is handed out is its last event. A Chat Completions stream ends with `[DONE]`
/// or with an error in OpenAI's envelope, a Responses stream with `response.completed`, `.incomplete` or `.failed`.
/// Dropping it closes the upstream's connection. It is fused.
///
/// Whatever the upstream's connection has at once is one item, up to about 64 KiB; nothing waits for what comes later.
///
/// ```
/// use futures_util::StreamExt;
/// use interlingua_executor::SseStream;
///
/// async fn print(mut stream: SseStream) {
///     while let Some(bytes) = stream.next().await {
///         print!("{}", String::from_utf8_lossy(&bytes));
///     }
///     if let Some(failure) = stream.report().and_then(|report| report.failure) {
///         eprintln!("failed: {}", failure.message);
///     }
/// }
/// ```
pub struct SseStream {
    chain: Box<Held>,
    keeping: Keeping,
    is_dry: bool,
}

/// How far the end of a stream is with whoever keeps it.
enum Keeping {
    /// Nobody wants to see it, or has seen it.
    Over,
    /// Somebody wants to.
    Awaited(Arc<dyn Keeper>),
    /// Somebody does.
    Shown {
        /// What is handed out before it, if it is not by then.
        before: Vec<u8>,
        name: Option<String>,
        last: BoxFuture<'static, Bytes>,
    },
}

/// How a stream went, known at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The failure its last event told, if it failed.
    pub failure: Option<Failure>,
    /// How far it had come by then.
    pub phase: Phase,
    /// What the reply lost in translation.
    pub losses: Vec<Loss>,
    /// What the upstream said that it cost.
    pub usage: Option<Usage>,
}

/// A reply on its way to the client, and what of it nobody took yet.
pub(crate) struct Rendered<O> {
    way: Way,
    out: O,
    has_output: bool,
    /// What its failures must not let out.
    scrubber: Scrubber,
}

/// How a reply gets to the client.
enum Way {
    /// Translated.
    Answer(Box<Answer>),
    /// As it came. Where there may be several answers, the end of one is not the end of all.
    Passing {
        passing: Passing,
        is_one: bool,
    },
    Ended,
}

/// A reply that is not handed out yet.
pub(crate) type Held = Chain<Rendered<Bytewise>>;

impl<O: Out> Rendered<O> {
    pub(crate) fn new(answer: Answer, scrubber: Scrubber) -> Self {
        Self { way: Way::Answer(Box::new(answer)), out: O::default(), has_output: false, scrubber }
    }

    /// Whether there are bytes, and more in them than that a response has begun.
    pub(crate) fn is_worth_sending(&self) -> bool {
        self.has_output && !self.out.is_empty()
    }

    /// Whether there has been output that the client can be shown.
    pub(crate) fn has_shown_output(&self) -> bool {
        self.has_output
    }

    /// Whether there is anything to send to a client who has had the beginning.
    fn is_worth_sending_on(&self) -> bool {
        match &self.way {
            // What is passed on is not for us to hold back.
            Way::Passing { .. } => !self.out.is_empty(),
            Way::Answer(_) | Way::Ended => self.is_worth_sending(),
        }
    }

    /// What waits to be taken.
    pub(crate) fn out(&mut self) -> &mut O {
        &mut self.out
    }
}

impl Rendered<Bytewise> {
    /// A reply that is passed on; `is_one` says that no more than one answer was asked for.
    pub(crate) fn passing(passing: Passing, is_one: bool, scrubber: Scrubber) -> Self {
        Self { way: Way::Passing { passing, is_one }, out: Bytewise::default(), has_output: false, scrubber }
    }

    /// The same, for somebody who wants to see the last event.
    pub(crate) fn marking_last(mut self, marks_last: bool) -> Self {
        self.out.marks_last = marks_last;
        self
    }

    /// What has come, without secrets: whole events, or a document.
    fn take(&mut self) -> Bytes {
        let mut bytes = std::mem::take(&mut self.out.bytes);
        passed(&self.scrubber, &mut bytes);
        room::sent(bytes)
    }

    /// Whether so much waits that it is handed out before more is read.
    fn is_plenty(&self) -> bool {
        /// In bytes: more than one read of a socket makes, unless it asks for much more than it is told.
        const PLENTY: usize = 64 * 1024;
        self.out.bytes.len() >= PLENTY
    }
}

impl<O: Out> Reader for Rendered<O> {
    fn bytes(&mut self, bytes: &[u8]) {
        let Self { way, out, has_output, scrubber } = self;
        match way {
            Way::Answer(answer) => {
                let mut out = Scrubbed { out, scrubber: O::scrubber_of_frames(scrubber) };
                *has_output |= answer.bytes(bytes, &mut out) == Stage::Output;
            }
            Way::Passing { passing, .. } => {
                *has_output |= out.passed(|out| passing.bytes(bytes, out)) == Stage::Output;
            }
            Way::Ended => {}
        }
    }

    fn has_heard(&self) -> bool {
        match &self.way {
            Way::Answer(answer) => answer.has_heard(),
            Way::Passing { passing, .. } => passing.has_heard(),
            Way::Ended => true,
        }
    }

    fn has_output(&self) -> bool {
        match &self.way {
            Way::Answer(answer) => answer.has_output(),
            Way::Passing { passing, .. } => passing.has_output(),
            Way::Ended => self.has_output,
        }
    }

    fn is_complete(&self) -> bool {
        match &self.way {
            Way::Answer(answer) => answer.is_complete(),
            Way::Passing { passing, is_one } => *is_one && passing.is_complete(),
            Way::Ended => true,
        }
    }

    fn is_over(&self) -> bool {
        let stage = match &self.way {
            Way::Answer(answer) => answer.stage(),
            Way::Passing { passing, .. } => passing.stage(),
            Way::Ended => return true,
        };
        matches!(stage, Stage::Failed | Stage::Over)
    }

    fn waits(&mut self) {
        self.out.waits();
    }

    fn take_asides(&mut self) -> Vec<Opaque> {
        match &mut self.way {
            Way::Answer(answer) => answer.take_asides(),
            Way::Passing { passing, .. } => passing.take_asides(),
            Way::Ended => Vec::new(),
        }
    }

    fn end(&mut self, reason: Option<Failure>) -> Outcome {
        let Self { way, out, has_output, scrubber } = self;
        match std::mem::replace(way, Way::Ended) {
            Way::Answer(answer) => {
                *has_output |= answer.has_output();
                let mut out = Scrubbed { out, scrubber: O::scrubber_of_frames(scrubber) };
                match reason {
                    Some(reason) => answer.fail(reason, &mut out),
                    None => answer.finish(&mut out),
                }
            }
            Way::Passing { passing, .. } => {
                *has_output |= passing.has_output();
                out.passed(|out| match reason {
                    Some(reason) => passing.fail(reason, out),
                    None => passing.finish(out),
                })
            }
            Way::Ended => Outcome::new(End::Truncated, Vec::new()),
        }
    }
}

impl SseStream {
    /// Hands a stream out, or the error if it has failed before any output.
    pub(crate) fn release(held: Held, keeper: Option<Arc<dyn Keeper>>) -> Result<Self, Error> {
        let held = if held.reader.has_output { held } else { held.or_error()? };
        Ok(Self { chain: Box::new(held), keeping: keeper.map_or(Keeping::Over, Keeping::Awaited), is_dry: false })
    }

    /// Ends it before its time: what follows is a last event that tells why, unless it had all it needs. The upstream's
    /// connection is closed.
    pub fn stop(&mut self, reason: Failure) {
        self.chain.stop(reason);
        self.is_dry = false;
    }

    /// Whether the bytes it gave last were all that there were: it wakes whoever polled it then when there are more, and need
    /// not be polled before. That saves servers a look which write what they have when there is nothing more.
    #[must_use]
    pub fn is_dry(&self) -> bool {
        self.is_dry
    }

    /// How it went, once it has ended.
    #[must_use]
    pub fn report(&self) -> Option<Report> {
        report(&self.chain)
    }

    /// Shows the last event to whoever keeps replies, once it is there.
    fn show_last(&mut self) {
        let Some(outcome) = self.chain.outcome() else { return };
        if let Keeping::Awaited(keeper) = &self.keeping {
            let remembered = keeper.remember(outcome.thoughts.clone());
            let keeper = Arc::clone(keeper);
            let Rendered { out, scrubber, .. } = &mut self.chain.reader;
            let Bytewise { bytes, last, marks_last: _ } = std::mem::take(out);
            self.keeping = match last {
                Some((begin, name, data)) => {
                    let mut before = bytes;
                    before.truncate(begin);
                    passed(scrubber, &mut before);
                    if before.is_empty() {
                        room::give(std::mem::take(&mut before));
                    }
                    let data = scrubber.failures(&data).into_owned();
                    let shown = Last::Event { name: name.clone(), data: data.into() };
                    let last = Box::pin(async move {
                        remembered.await;
                        keeper.keep(shown).await
                    });
                    Keeping::Shown { before, name, last }
                }
                None => Keeping::Over,
            };
        }
    }
}

/// How a reply went, once it has ended.
pub(crate) fn report<O: Out>(chain: &Chain<Rendered<O>>) -> Option<Report> {
    let outcome = chain.outcome()?;
    let (losses, usage) = (outcome.losses.clone(), outcome.usage.clone());
    Some(Report { failure: outcome.failure(), phase: chain.phase(), losses, usage })
}

/// The whole of a reply that has ended, or the error it is.
pub(crate) fn whole(held: Held) -> Result<(Bytes, Outcome), Error> {
    let mut ended = held.or_error()?;
    let outcome = ended.outcome().cloned().unwrap_or_else(|| Outcome::new(End::Truncated, Vec::new()));
    Ok((ended.reader.take(), outcome))
}

impl Stream for SseStream {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.is_dry = false;
        ready!(self.chain.poll_until(cx, Rendered::is_worth_sending_on));
        // What has come together goes on together.
        self.is_dry = self.chain.gather(cx, Rendered::is_plenty);
        self.show_last();
        if let Keeping::Shown { before, name, last } = &mut self.keeping {
            let last = match last.as_mut().poll(cx) {
                Poll::Ready(last) => last,
                // What comes before it need not wait for it.
                Poll::Pending if !before.is_empty() => return Poll::Ready(Some(room::sent(std::mem::take(before)))),
                Poll::Pending => return Poll::Pending,
            };
            let mut bytes = std::mem::take(before);
            bytes.frame(name.as_deref(), |out| out.extend_from_slice(&last));
            self.keeping = Keeping::Over;
            return Poll::Ready(Some(room::sent(bytes)));
        }
        let bytes = self.chain.reader.take();
        if bytes.is_empty() {
            self.chain.read_rest(cx);
            return Poll::Ready(None);
        }
        Poll::Ready(Some(bytes))
    }
}

impl fmt::Debug for SseStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SseStream").field("report", &self.report()).finish_non_exhaustive()
    }
}
