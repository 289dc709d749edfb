//! The bytes of a reply, with a limit on every wait.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use interlingua_model::Failure;

use crate::config::Timeouts;
use crate::error::{self, Error, Phase};
use crate::http::transport::{ByteStream, Transport, TransportError};
use crate::http::wait::Timer;

/// Gives bytes as they come.
pub(crate) struct Source {
    /// Gone once they have ended, for whatever reason.
    bytes: Option<ByteStream>,
    timer: Timer,
    timeouts: Timeouts,
    /// Bytes taken in a row without waiting.
    in_a_row: usize,
}

/// How far a reply has come, as far as waiting goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before its first event.
    Beginning,
    Middle,
    /// All that it needs has come.
    Tail,
}

/// What one look at the source brought.
#[derive(Debug)]
pub(crate) enum Pull {
    /// One more piece.
    Piece(Bytes),
    /// The end.
    End,
    /// The end, before its time.
    Fault(Fault),
}

/// Why a reply cannot go on, by no word of the upstream's.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The bytes broke off.
    Cut(TransportError),
    /// No first event in time.
    NoEvent(Duration),
    /// Nothing more in time.
    Idle(Duration),
}

impl Source {
    pub(crate) fn new(bytes: ByteStream, transport: Arc<dyn Transport>, timeouts: Timeouts) -> Self {
        Self { bytes: Some(bytes), timer: Timer::new(transport), timeouts, in_a_row: 0 }
    }

    /// Waits for the next piece. Only in the middle of a reply does a piece make the wait longer: before it, comments keep a
    /// connection alive and say nothing, and behind it nothing is worth more time.
    pub(crate) fn poll_pull(&mut self, cx: &mut Context<'_>, place: Place) -> Poll<Pull> {
        let Some(bytes) = &mut self.bytes else { return Poll::Ready(Pull::End) };
        if self.in_a_row >= MOST_IN_A_ROW {
            self.in_a_row = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let pull = match bytes.as_mut().poll_next(cx) {
            Poll::Ready(Some(Ok(piece))) => {
                self.in_a_row += piece.len().max(LEAST);
                if place == Place::Middle {
                    self.timer.reset();
                }
                return Poll::Ready(Pull::Piece(piece));
            }
            Poll::Ready(Some(Err(error))) => Pull::Fault(Fault::Cut(error)),
            Poll::Ready(None) => Pull::End,
            Poll::Pending => {
                self.in_a_row = 0;
                let Timeouts { first_event, idle, tail, .. } = self.timeouts;
                let (limit, pull) = match place {
                    Place::Beginning => (first_event, Pull::Fault(Fault::NoEvent(first_event))),
                    Place::Middle => (idle, Pull::Fault(Fault::Idle(idle))),
                    Place::Tail => (tail, Pull::End),
                };
                match self.timer.poll_elapsed(cx, limit) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(()) => pull,
                }
            }
        };
        self.bytes = None;
        Poll::Ready(pull)
    }

    /// The reply has come to another place, where another limit holds.
    pub(crate) fn moved_on(&mut self) {
        self.timer.reset();
    }

    /// Takes no more.
    pub(crate) fn close(&mut self) {
        self.bytes = None;
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
}

/// An upstream that always has more but never says anything must not keep the thread to itself. In bytes: more than one read of
/// a socket brings.
const MOST_IN_A_ROW: usize = 128 * 1024;
/// What a piece counts at least, since an empty one takes time as well.
const LEAST: usize = 128;

impl Fault {
    /// The failure a stream reports in-band.
    pub(crate) fn failure(&self) -> Failure {
        match self {
            Self::Cut(error) => error::cut_failure(error),
            Self::NoEvent(limit) => error::timeout_failure(Phase::FirstEvent, *limit),
            Self::Idle(limit) => error::timeout_failure(Phase::MidStream, *limit),
        }
    }

    /// The error of a call that has handed out nothing yet; `phase` is how far it had come.
    pub(crate) fn into_error(self, phase: Phase) -> Error {
        match self {
            Self::Cut(error) => Error::cut(phase, error),
            Self::NoEvent(limit) => Error::timeout(Phase::FirstEvent, limit),
            Self::Idle(limit) => Error::timeout(Phase::MidStream, limit),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("has_ended", &self.bytes.is_none()).finish_non_exhaustive()
    }
}
