//! An upstream's bytes into what reads them: the one chain that all replies go through.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use interlingua_model::{Failure, Opaque};
use interlingua_translate::{End as ReplyEnd, Outcome};

use crate::Scrubber;
use crate::codex::limits::{LIMITS_EVENT, LastLimits};
use crate::error::{Error, Phase};
use crate::stream::source::{Fault, Place, Pull, Source};

/// What reads a reply, and keeps what it made of it until somebody takes that.
pub(crate) trait Reader {
    /// Takes the next bytes.
    fn bytes(&mut self, bytes: &[u8]);
    /// Whether anything of a reply has come.
    fn has_heard(&self) -> bool;
    /// Whether the upstream has said any of its answer.
    fn has_output(&self) -> bool;
    /// Whether all that a good end needs has come.
    fn is_complete(&self) -> bool;
    /// Whether the reply has come to its end.
    fn is_over(&self) -> bool;
    /// Nobody takes what it made by now, and nothing comes for a while.
    fn waits(&mut self) {}
    /// What the upstream said beside the answer.
    fn take_asides(&mut self) -> Vec<Opaque>;
    /// Takes the end of the bytes, with the reason if it came too early.
    fn end(&mut self, reason: Option<Failure>) -> Outcome;
}

#[derive(Debug)]
pub(crate) struct Chain<R> {
    source: Source,
    pub(crate) reader: R,
    end: Option<End>,
    /// Where limits go that are told in mid-stream.
    limits: Arc<LastLimits>,
    scrubber: Scrubber,
}

#[derive(Debug)]
struct End {
    outcome: Outcome,
    /// Why it came early, where no word of the upstream's explains it.
    fault: Option<Fault>,
}

impl<R: Reader> Chain<R> {
    pub(crate) fn new(source: Source, reader: R, limits: Arc<LastLimits>, scrubber: Scrubber) -> Self {
        Self { source, reader, end: None, limits, scrubber }
    }

    /// How it ended, once it has.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.end.as_ref().map(|end| &end.outcome)
    }

    /// Reads on until `is_enough`, or to the end.
    pub(crate) fn poll_until(&mut self, cx: &mut Context<'_>, is_enough: impl Fn(&R) -> bool) -> Poll<()> {
        while self.end.is_none() && !is_enough(&self.reader) {
            if self.poll_step(cx).is_pending() {
                self.reader.waits();
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    /// Reads on through what has come by now, but no further than `is_enough`. Waits for nothing, and says whether it has come
    /// to where one has to.
    pub(crate) fn gather(&mut self, cx: &mut Context<'_>, is_enough: impl Fn(&R) -> bool) -> bool {
        while self.end.is_none() && !is_enough(&self.reader) {
            if self.poll_step(cx).is_pending() {
                return true;
            }
        }
        false
    }

    /// After the end: lets go of the upstream as gently as possible without waiting.
    pub(crate) fn read_rest(&mut self, cx: &mut Context<'_>) {
        self.source.read_rest(cx);
    }

    /// The error of a reply that failed before anything was handed out; itself in any other case.
    pub(crate) fn or_error(mut self) -> Result<Self, Error> {
        let Some(failure) = self.outcome().and_then(Outcome::failure) else { return Ok(self) };
        let phase = self.phase();
        let fault = self.end.as_mut().and_then(|end| end.fault.take());
        Err(fault.map_or_else(|| Error::in_reply(phase, failure), |fault| fault.into_error(phase)))
    }

    /// Ends the reply for a reason of ours; what it says of that can still be taken.
    pub(crate) fn stop(&mut self, reason: Failure) {
        if self.end.is_none() {
            let outcome = self.reader.end(Some(reason));
            self.source.close();
            self.end = Some(End { outcome, fault: None });
        }
    }

    /// How far it has come.
    pub(crate) fn phase(&self) -> Phase {
        if self.reader.has_output() { Phase::MidStream } else { Phase::FirstEvent }
    }

    fn place(&self) -> Place {
        match (self.reader.has_heard(), self.reader.is_complete()) {
            (false, _) => Place::Beginning,
            (true, false) => Place::Middle,
            (true, true) => Place::Tail,
        }
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let place = self.place();
        let fault = match ready!(self.source.poll_pull(cx, place)) {
            Pull::Piece(piece) => {
                self.reader.bytes(&piece);
                if self.place() != place {
                    self.source.moved_on();
                }
                for aside in self.reader.take_asides() {
                    if aside.kind == LIMITS_EVENT {
                        self.limits.report(self.scrubber.json(aside.raw));
                    }
                }
                if !self.reader.is_over() {
                    return Poll::Ready(());
                }
                None
            }
            Pull::End => None,
            Pull::Fault(fault) => Some(fault),
        };
        let reason = fault.as_ref().map(Fault::failure);
        let mut outcome = self.reader.end(reason.clone());
        // A reply that had all it needed is none the worse for the fault.
        let fault = fault.filter(|_| outcome.failure() == reason);
        self.scrubber.losses(&mut outcome.losses);
        if let ReplyEnd::Failed(failure) = &mut outcome.end {
            self.scrubber.failure(failure);
        }
        self.end = Some(End { outcome, fault });
        Poll::Ready(())
    }
}
