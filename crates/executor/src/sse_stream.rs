//! A reply as the bytes of a stream in the caller's language.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use interlingua_model::Failure;
use interlingua_sse::write_event_with;
use interlingua_translate::{Loss, failure_kind};
use interlingua_wire::chat::{ErrorBody, ErrorCode, ErrorDetail};

use crate::decoding::{Decoding, Step};
use crate::error::{Error, Phase, cut_failure};
use crate::frames::{Encoder, First, Frames};
use crate::watch::Paced;

/// The bytes of a stream: server-sent events of the API the caller speaks, ready to be sent.
///
/// It never fails: what goes wrong once it is handed out is its last event. A Chat Completions stream ends with `[DONE]`
/// or with an error in OpenAI's envelope, a Responses stream with `response.completed`, `.incomplete` or `.failed`.
/// Dropping it closes the upstream's connection. It is fused.
///
/// ```
/// use futures_util::StreamExt;
/// use interlingua_executor::SseStream;
///
/// async fn print(mut stream: SseStream) {
///     while let Some(bytes) = stream.next().await {
///         print!("{}", String::from_utf8_lossy(&bytes));
///     }
///     if let Some(failure) = stream.report().and_then(|report| report.failure.as_ref()) {
///         eprintln!("failed: {}", failure.message);
///     }
/// }
/// ```
pub struct SseStream(Inner);

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
    Streaming(Encoder),
    Ended(Report),
}

/// The bytes of an upstream that speaks the caller's language.
struct Passed {
    bytes: Paced,
    report: Option<Report>,
}

/// A translated stream that is not handed out yet.
pub(crate) struct Held(Box<Chain>);

impl Held {
    pub(crate) fn new(decoding: Decoding, encoder: Encoder) -> Self {
        Self(Box::new(Chain { decoding, state: State::Streaming(encoder), frames: Frames::default() }))
    }

    /// Waits for the first output or the end.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_fill(cx)
    }

    /// Hands the stream out, or the error if it failed before any output.
    pub(crate) fn release(self) -> Result<SseStream, Error> {
        match (&self.0.state, self.0.frames.first()) {
            (State::Ended(Report { failure: Some(failure), losses: _ }), First::Failure) => {
                let failure = failure.clone();
                Err(self.0.decoding.into_error(failure, Phase::FirstEvent))
            }
            _ => Ok(SseStream(Inner::Translated(self.0))),
        }
    }
}

impl SseStream {
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

impl Stream for SseStream {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match &mut self.0 {
            Inner::Translated(chain) => {
                ready!(chain.poll_fill(cx));
                let bytes = chain.frames.take();
                if bytes.is_empty() {
                    chain.decoding.read_rest(cx);
                    return Poll::Ready(None);
                }
                Poll::Ready(Some(bytes))
            }
            Inner::Passed(passed) => passed.poll_next(cx),
        }
    }
}

impl Chain {
    /// Reads on until there is something worth handing out or the stream is over.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let State::Streaming(encoder) = &mut self.state else { return Poll::Ready(()) };
            if self.frames.are_worth_sending() {
                return Poll::Ready(());
            }
            if let Step::Over(outcome) = ready!(encoder.poll_step(&mut self.decoding, cx, &mut self.frames)) {
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

impl fmt::Debug for SseStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SseStream").field("report", &self.report()).finish_non_exhaustive()
    }
}
