//! An upstream's stream as events of the model.

use std::sync::Arc;
use std::task::{Context, Poll};

use interlingua_model::{Event, Failure, Sink};
use interlingua_translate::{Outcome, STREAM_INCOMPLETE, chat, responses};

use crate::config::Timeouts;
use crate::error::{Error, Phase};
use crate::limits::{LIMITS_EVENT, LastLimits};
use crate::params::Params;
use crate::source::{Fault, Pull, Source};
use crate::transport::{ByteStream, Transport};

/// Reads model events out of bytes. Every stream ends in exactly one `Finished` or `Failed`, whatever happens below.
#[derive(Debug)]
pub(crate) struct Decoding {
    source: Source,
    state: State,
    /// Leads the parameter of a failure back into the caller's request, where that is known.
    params: Option<Arc<Params>>,
    /// Where limits go that are told in mid-stream.
    limits: Arc<LastLimits>,
    /// Why the end came early, where no word of the upstream's explains it.
    fault: Option<Fault>,
}

enum State {
    Reading(Decoder),
    Over,
}

/// The decoder of either API.
pub(crate) enum Decoder {
    Chat(Box<chat::Decoder>),
    Responses(Box<responses::Decoder>),
}

impl Decoder {
    fn read(&mut self, data: &str, event_name: Option<&str>, sink: &mut impl Sink) {
        match self {
            Self::Chat(decoder) => decoder.read(data, event_name, sink),
            Self::Responses(decoder) => decoder.read(data, event_name, sink),
        }
    }

    fn has_ended(&self) -> bool {
        match self {
            Self::Chat(decoder) => decoder.has_ended(),
            Self::Responses(decoder) => decoder.has_ended(),
        }
    }

    fn finish(self, sink: &mut impl Sink) -> Outcome {
        match self {
            Self::Chat(decoder) => decoder.finish(sink),
            Self::Responses(decoder) => decoder.finish(sink),
        }
    }
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
        decoder: Decoder,
        params: Option<Arc<Params>>,
        limits: Arc<LastLimits>,
        transport: Arc<dyn Transport>,
        timeouts: Timeouts,
    ) -> Self {
        let source = Source::new(bytes, transport, timeouts);
        Self { source, state: State::Reading(decoder), params, limits, fault: None }
    }

    /// Waits for the next piece and hands its events to `sink`. Never called again after [`Step::Over`].
    pub(crate) fn poll_step(&mut self, cx: &mut Context<'_>, sink: &mut impl Sink) -> Poll<Step> {
        let State::Reading(decoder) = &mut self.state else { return Poll::Pending };
        let mut sink = Told { inner: sink, params: self.params.as_deref(), limits: &self.limits, reason: None };
        let pull = self.source.poll_pull(cx, |event| {
            if !decoder.has_ended() {
                decoder.read(event.data, event.event, &mut sink);
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
        sink.reason = fault.as_ref().map(Fault::failure);
        let outcome = decoder.finish(&mut sink);
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

/// Puts a failure into the caller's terms.
struct Told<'s, S> {
    inner: &'s mut S,
    params: Option<&'s Params>,
    limits: &'s LastLimits,
    /// Why the stream ended early, where the decoder can only say that it did.
    reason: Option<Failure>,
}

impl<S: Sink> Sink for Told<'_, S> {
    fn event(&mut self, mut event: Event<'_>) {
        if let Event::Failed(failure) = &mut event {
            self.tell(failure);
        }
        if let Event::Opaque(opaque) = &event
            && opaque.kind == LIMITS_EVENT
        {
            self.limits.report(opaque.raw.clone());
        }
        self.inner.event(event);
    }
}

impl<S> Told<'_, S> {
    fn tell(&self, failure: &mut Failure) {
        if let Some(reason) = self.reason.as_ref().filter(|_| failure.code.as_deref() == Some(STREAM_INCOMPLETE)) {
            *failure = reason.clone();
        }
        if let (Some(params), Some(param)) = (self.params, &failure.param) {
            failure.param = Some(params.callers(param));
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Reading(_) => "Reading",
            Self::Over => "Over",
        })
    }
}
