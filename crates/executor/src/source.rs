//! The events of an upstream's stream, with a limit on every wait.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use interlingua_model::Failure;
use interlingua_sse::{Eof, Event, Parser};
use serde::de::IgnoredAny;

use crate::config::Timeouts;
use crate::error::{self, Error, Phase};
use crate::transport::{ByteStream, Transport, TransportError};
use crate::watch::Watch;

/// Reads events out of bytes.
pub(crate) struct Source {
    /// Gone once they have ended, for whatever reason.
    bytes: Option<ByteStream>,
    parser: Parser,
    watch: Watch,
    timeouts: Timeouts,
    heard: Heard,
    /// Pieces taken in a row without waiting.
    in_a_row: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Nothing,
    Events,
}

/// What one look at the source brought.
#[derive(Debug)]
pub(crate) enum Pull {
    /// One more piece; its events have been handed out.
    More,
    /// The end, after the last events.
    End,
    /// The end, before its time.
    Fault(Fault),
}

/// Why a stream cannot go on, by no word of the upstream's.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The bytes broke off.
    Cut(TransportError),
    /// The bytes are no event stream that fits in memory.
    Oversized(interlingua_sse::Error),
    /// No first event in time.
    NoEvent(Duration),
    /// Nothing more in time.
    Idle(Duration),
}

impl Source {
    pub(crate) fn new(bytes: ByteStream, transport: Arc<dyn Transport>, timeouts: Timeouts) -> Self {
        Self {
            bytes: Some(bytes),
            parser: Parser::new(),
            watch: Watch::new(transport),
            timeouts,
            heard: Heard::Nothing,
            in_a_row: 0,
        }
    }

    /// Waits for the next piece and hands every event in it to `take`. Lets go of the bytes at the end.
    pub(crate) fn poll_pull(&mut self, cx: &mut Context<'_>, take: impl FnMut(Event<'_>)) -> Poll<Pull> {
        let pull = ready!(self.poll_piece(cx, take));
        if !matches!(pull, Pull::More) {
            self.bytes = None;
        }
        Poll::Ready(pull)
    }

    /// Reads on to the end of the bytes as far as they are there already, so that the connection can be used again.
    pub(crate) fn read_rest(&mut self, cx: &mut Context<'_>) {
        const PIECES: usize = 4;
        let Some(mut bytes) = self.bytes.take() else { return };
        for _ in 0..PIECES {
            if !matches!(bytes.as_mut().poll_next(cx), Poll::Ready(Some(Ok(_)))) {
                return;
            }
        }
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>, take: impl FnMut(Event<'_>)) -> Poll<Pull> {
        let Some(bytes) = &mut self.bytes else { return Poll::Ready(Pull::End) };
        if self.in_a_row == MOST_IN_A_ROW {
            self.in_a_row = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match bytes.as_mut().poll_next(cx) {
            Poll::Ready(Some(Ok(chunk))) => {
                self.in_a_row += 1;
                if self.heard == Heard::Events {
                    self.watch.reset();
                }
                self.parser.feed(&chunk);
                Poll::Ready(self.drain(take).map_or_else(Pull::Fault, |()| Pull::More))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Pull::Fault(Fault::Cut(error))),
            Poll::Ready(None) => {
                self.parser.end(Eof::Flush);
                Poll::Ready(self.drain(take).map_or_else(Pull::Fault, |()| Pull::End))
            }
            Poll::Pending => {
                self.in_a_row = 0;
                self.poll_watch(cx).map(Pull::Fault)
            }
        }
    }

    fn drain(&mut self, mut take: impl FnMut(Event<'_>)) -> Result<(), Fault> {
        while let Some(event) = self.parser.next_event().map_err(Fault::Oversized)? {
            if self.heard == Heard::Nothing {
                self.heard = Heard::Events;
                self.watch.reset();
            }
            // An event cut by the end of the bytes counts only if its data happens to be whole: half an event is a
            // stream that was cut, not an upstream that sends nonsense.
            if !event.cut || is_whole(event.data) {
                take(event);
            }
        }
        Ok(())
    }

    fn poll_watch(&mut self, cx: &mut Context<'_>) -> Poll<Fault> {
        let (limit, fault): (Duration, fn(Duration) -> Fault) = match self.heard {
            Heard::Nothing => (self.timeouts.first_event, Fault::NoEvent),
            Heard::Events => (self.timeouts.idle, Fault::Idle),
        };
        self.watch.poll_elapsed(cx, limit).map(|()| fault(limit))
    }
}

/// An upstream that always has more but never says anything must not keep the thread to itself.
const MOST_IN_A_ROW: u8 = 64;

fn is_whole(data: &str) -> bool {
    data == "[DONE]" || serde_json::from_str::<IgnoredAny>(data).is_ok()
}

impl Fault {
    /// The failure a stream reports in-band.
    pub(crate) fn failure(&self) -> Failure {
        match self {
            Self::Cut(error) => error::cut_failure(error),
            Self::Oversized(error) => error::malformed_failure(error.to_string()),
            Self::NoEvent(limit) => error::timeout_failure(Phase::FirstEvent, *limit),
            Self::Idle(limit) => error::timeout_failure(Phase::MidStream, *limit),
        }
    }

    /// The error of a call that has handed out nothing yet; `phase` is how far it had come.
    pub(crate) fn into_error(self, phase: Phase) -> Error {
        match self {
            Self::Cut(error) => Error::cut(phase, error),
            Self::Oversized(error) => Error::malformed(phase, error.to_string()),
            Self::NoEvent(limit) => Error::timeout(Phase::FirstEvent, limit),
            Self::Idle(limit) => Error::timeout(Phase::MidStream, limit),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("parser", &self.parser).field("heard", &self.heard).finish_non_exhaustive()
    }
}
