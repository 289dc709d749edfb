//! An upstream's stream as events of the model.

use std::sync::Arc;
use std::task::{Context, Poll};

use interlingua_model::{Event, Failure, Sink};
use interlingua_translate::{Outcome, STREAM_INCOMPLETE, responses};

use crate::config::Timeouts;
use crate::error::{Error, Phase};
use crate::source::{Fault, Pull, Source};
use crate::transport::{ByteStream, Transport};

/// Reads model events out of bytes. Every stream ends in exactly one `Finished` or `Failed`, whatever happens below.
#[derive(Debug)]
pub(crate) struct Decoding {
    source: Source,
    state: State,
    /// Why the end came early, where no word of the upstream's explains it.
    fault: Option<Fault>,
}

enum State {
    Reading(Box<responses::Decoder>),
    Over,
}

/// What one look at the stream brought.
#[derive(Debug)]
pub(crate) enum Step {
    /// Perhaps some events, and there may be more.
    More,
    /// The last events; the stream is over.
    Over(Outcome),
}

impl Decoding {
    pub(crate) fn new(
        bytes: ByteStream,
        decoder: responses::Decoder,
        transport: Arc<dyn Transport>,
        timeouts: Timeouts,
    ) -> Self {
        let source = Source::new(bytes, transport, timeouts);
        Self { source, state: State::Reading(Box::new(decoder)), fault: None }
    }

    /// Waits for the next piece and hands its events to `sink`. Never called again after [`Step::Over`].
    pub(crate) fn poll_step(&mut self, cx: &mut Context<'_>, sink: &mut impl Sink) -> Poll<Step> {
        let State::Reading(decoder) = &mut self.state else { return Poll::Pending };
        let pull = self.source.poll_pull(cx, |event| {
            if !decoder.has_ended() {
                decoder.read(event.data, event.event, sink);
            }
        });
        let fault = match pull {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Pull::More) if !decoder.has_ended() => return Poll::Ready(Step::More),
            Poll::Ready(Pull::More | Pull::End) => None,
            Poll::Ready(Pull::Fault(fault)) => Some(fault),
        };
        let State::Reading(decoder) = std::mem::replace(&mut self.state, State::Over) else { return Poll::Pending };
        let was_over = decoder.has_ended();
        let outcome = match &fault {
            Some(fault) => decoder.finish(&mut Explained { inner: sink, reason: fault.failure() }),
            None => decoder.finish(sink),
        };
        self.fault = fault.filter(|_| !was_over);
        Poll::Ready(Step::Over(outcome))
    }

    /// After the end: lets go of the upstream as gently as possible without waiting.
    pub(crate) fn read_rest(&mut self, cx: &mut Context<'_>) {
        self.source.read_rest(cx);
    }

    /// The error of a stream that failed before anything was handed out.
    pub(crate) fn into_error(self, failure: Failure, phase: Phase) -> Error {
        match self.fault {
            Some(fault) if fault.failure() == failure => fault.into_error(phase),
            Some(_) | None => Error::in_reply(phase, failure),
        }
    }
}

/// Says why a stream ended early where the decoder can only say that it did.
struct Explained<'s, S> {
    inner: &'s mut S,
    reason: Failure,
}

impl<S: Sink> Sink for Explained<'_, S> {
    fn event(&mut self, event: Event<'_>) {
        let event = if is_cut(&event) { Event::Failed(Box::new(self.reason.clone())) } else { event };
        self.inner.event(event);
    }
}

fn is_cut(event: &Event<'_>) -> bool {
    matches!(event, Event::Failed(failure) if failure.code.as_deref() == Some(STREAM_INCOMPLETE))
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Reading(_) => "Reading",
            Self::Over => "Over",
        })
    }
}
