//! A reply as the bytes of a Chat Completions stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use interlingua_model::Failure;
use interlingua_sse::write_event_with;
use interlingua_translate::{Loss, chat, failure_kind};
use interlingua_wire::chat::{ErrorBody, ErrorCode, ErrorDetail};

use crate::decoding::{Decoding, Step};
use crate::error::{Error, Phase, cut_failure};
use crate::watch::Paced;

/// The bytes of a Chat Completions stream: server-sent events, ready to be sent to a client.
///
/// It never fails: what goes wrong once it is handed out is its last event, in OpenAI's error envelope. It ends with
/// `[DONE]` or with that error. Dropping it closes the upstream's connection. It is fused.
///
/// ```
/// use futures_util::StreamExt;
/// use interlingua_executor::ChatStream;
///
/// async fn print(mut stream: ChatStream) {
///     while let Some(bytes) = stream.next().await {
///         print!("{}", String::from_utf8_lossy(&bytes));
///     }
///     if let Some(failure) = stream.report().and_then(|report| report.failure.as_ref()) {
///         eprintln!("failed: {}", failure.message);
///     }
/// }
/// ```
pub struct ChatStream(Inner);

enum Inner {
    Translated(Box<Chain>),
    Passed(Box<Passed>),
}

/// How a stream went, known at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The failure its last event told, if it failed.
    pub failure: Option<Failure>,
    /// What the reply lost in translation.
    pub losses: Vec<Loss>,
}

/// Bytes of one API to bytes of the other, without an owned event in between.
struct Chain {
    decoding: Decoding,
    state: State,
    frames: Frames,
}

enum State {
    Streaming(Box<chat::Encoder>),
    Ended(Report),
}

/// What the encoder wrote and nobody took yet.
#[derive(Default)]
struct Frames {
    bytes: Vec<u8>,
    first: First,
}

/// The first frame decides: a failure may still become an HTTP status, anything else is the beginning of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum First {
    #[default]
    None,
    Output,
    Failure,
}

/// The bytes of an upstream that speaks Chat itself.
struct Passed {
    bytes: Paced,
    report: Option<Report>,
}

/// A translated stream that is not handed out yet.
pub(crate) struct Held(Box<Chain>);

impl Held {
    pub(crate) fn new(decoding: Decoding, encoder: chat::Encoder) -> Self {
        let state = State::Streaming(Box::new(encoder));
        Self(Box::new(Chain { decoding, state, frames: Frames::default() }))
    }

    /// Waits for the first output or the end.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_fill(cx)
    }

    /// Hands the stream out, or the error if it failed before any output.
    pub(crate) fn release(self) -> Result<ChatStream, Error> {
        match (&self.0.state, self.0.frames.first) {
            (State::Ended(Report { failure: Some(failure), losses: _ }), First::Failure) => {
                let failure = failure.clone();
                Err(self.0.decoding.into_error(failure, Phase::FirstEvent))
            }
            _ => Ok(ChatStream(Inner::Translated(self.0))),
        }
    }
}

impl ChatStream {
    pub(crate) fn passed(bytes: Paced) -> Self {
        Self(Inner::Passed(Box::new(Passed { bytes, report: None })))
    }

    /// How it went, once it has ended.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        match &self.0 {
            Inner::Translated(chain) => match &chain.state {
                State::Streaming(_) => None,
                State::Ended(report) => Some(report),
            },
            Inner::Passed(passed) => passed.report.as_ref(),
        }
    }
}

impl Stream for ChatStream {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match &mut self.0 {
            Inner::Translated(chain) => {
                ready!(chain.poll_fill(cx));
                if chain.frames.bytes.is_empty() {
                    chain.decoding.read_rest(cx);
                    return Poll::Ready(None);
                }
                Poll::Ready(Some(std::mem::take(&mut chain.frames.bytes).into()))
            }
            Inner::Passed(passed) => passed.poll_next(cx),
        }
    }
}

impl Chain {
    /// Reads on until there are bytes to hand out or the stream is over.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let State::Streaming(encoder) = &mut self.state else { return Poll::Ready(()) };
            if !self.frames.bytes.is_empty() {
                return Poll::Ready(());
            }
            let frames = &mut self.frames;
            let step = ready!(self.decoding.poll_step(cx, &mut encoder.sink(|frame| frames.write(&frame))));
            if let Step::Over(outcome) = step {
                self.end(outcome.losses);
            }
        }
    }

    fn end(&mut self, mut losses: Vec<Loss>) {
        let ended = State::Ended(Report { failure: None, losses: Vec::new() });
        if let State::Streaming(encoder) = std::mem::replace(&mut self.state, ended) {
            let failure = encoder.failure().cloned();
            losses.extend(encoder.finish());
            self.state = State::Ended(Report { failure, losses });
        }
    }
}

impl Frames {
    fn write(&mut self, frame: &chat::Frame<'_>) {
        let (first, written) = match frame {
            chat::Frame::Chunk(chunk) => {
                (First::Output, write_event_with(&mut self.bytes, None, |out| serde_json::to_writer(out, chunk)))
            }
            chat::Frame::Failed(body) => {
                (First::Failure, write_event_with(&mut self.bytes, None, |out| serde_json::to_writer(out, body)))
            }
            chat::Frame::Done => {
                interlingua_sse::write_event(&mut self.bytes, None, "[DONE]");
                (First::Output, Ok(()))
            }
        };
        // Memory takes all bytes, and wire types have string keys only: there is nothing that can fail.
        debug_assert!(written.is_ok(), "a frame is always JSON");
        if self.first == First::None {
            self.first = first;
        }
    }
}

impl Passed {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.report.is_some() {
            return Poll::Ready(None);
        }
        match ready!(Pin::new(&mut self.bytes).poll_next(cx)) {
            Some(Ok(bytes)) => Poll::Ready(Some(bytes)),
            Some(Err(error)) => {
                let failure = cut_failure(&error);
                let frame = frame_of(&failure);
                self.report = Some(Report { failure: Some(failure), losses: Vec::new() });
                Poll::Ready(Some(frame))
            }
            None => {
                self.report = Some(Report { failure: None, losses: Vec::new() });
                Poll::Ready(None)
            }
        }
    }
}

/// The event that ends a failed stream. It begins with a blank line, as the bytes before it may stop anywhere.
fn frame_of(failure: &Failure) -> Bytes {
    let error = ErrorDetail {
        message: Some(failure.message.clone()),
        kind: Some(failure_kind(failure).to_owned()),
        param: failure.param.clone(),
        code: failure.code.clone().map(ErrorCode::Word),
        ..ErrorDetail::default()
    };
    let body = ErrorBody { error, ..ErrorBody::default() };
    let mut bytes = b"\n\n".to_vec();
    let written = write_event_with(&mut bytes, None, |out| serde_json::to_writer(out, &body));
    debug_assert!(written.is_ok(), "an error body is always JSON");
    bytes.into()
}

impl fmt::Debug for ChatStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatStream").field("report", &self.report()).finish_non_exhaustive()
    }
}
