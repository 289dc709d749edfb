//! A reply as single frames, for connections that are no event stream.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use interlingua_model::Failure;
use interlingua_translate::Frames;

use crate::Scrubber;
use crate::error::Error;
use crate::stream::chain::Chain;
use crate::stream::out::Out;
use crate::stream::sse_stream::{Rendered, Report, report};

/// One event of a reply in the client's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its name, where the API names its events.
    pub name: Option<String>,
    /// Its data: one line of JSON, or `[DONE]` at the end of a Chat stream.
    pub data: Bytes,
}

/// The frames of a streamed reply, as a WebSocket carries them.
///
/// As [`SseStream`](crate::SseStream) is, but for the framing: it never fails, its last frame says how it ended, and
/// dropping it closes the upstream's connection.
pub struct FrameStream(Box<Chain<Rendered<Messages>>>);

/// Frames that nobody took yet.
#[derive(Debug, Default)]
pub(crate) struct Messages(VecDeque<Frame>);

impl Frames for Messages {
    fn frame(&mut self, name: Option<&str>, write: impl FnOnce(&mut Vec<u8>)) {
        let mut data = Vec::new();
        write(&mut data);
        self.0.push_back(Frame { name: name.map(str::to_owned), data: data.into() });
    }
}

impl Out for Messages {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn scrubber_of_frames(scrubber: &Scrubber) -> Option<&Scrubber> {
        Some(scrubber)
    }
}

impl FrameStream {
    /// Hands a stream out, or the error if it has failed before any output.
    pub(crate) fn release(held: Chain<Rendered<Messages>>) -> Result<Self, Error> {
        let held = if held.reader.has_shown_output() { held } else { held.or_error()? };
        Ok(Self(Box::new(held)))
    }

    /// Ends it before its time, as [`SseStream::stop`](crate::SseStream::stop) does.
    pub fn stop(&mut self, reason: Failure) {
        self.0.stop(reason);
    }

    /// How it went, once it has ended.
    #[must_use]
    pub fn report(&self) -> Option<Report> {
        report(&self.0)
    }
}

impl Stream for FrameStream {
    type Item = Frame;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Frame>> {
        let chain = &mut self.0;
        if chain.reader.out().0.is_empty() {
            ready!(chain.poll_until(cx, Rendered::is_worth_sending));
        }
        let frame = chain.reader.out().0.pop_front();
        if frame.is_none() {
            chain.read_rest(cx);
        }
        Poll::Ready(frame)
    }
}

impl fmt::Debug for FrameStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameStream").field("report", &self.report()).finish_non_exhaustive()
    }
}
