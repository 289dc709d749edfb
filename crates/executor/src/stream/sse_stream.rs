//! A reply as bytes for the client.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use interlingua_model::{Failure, Opaque};
use interlingua_translate::{Answer, End, Loss, Outcome, Stage};

use crate::Scrubber;
use crate::error::Error;
use crate::scrub::Scrubbed;
use crate::stream::chain::{Chain, Reader};

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
///     if let Some(failure) = stream.report().and_then(|report| report.failure) {
///         eprintln!("failed: {}", failure.message);
///     }
/// }
/// ```
pub struct SseStream(Box<Chain<Rendered>>);

/// How a stream went, known at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The failure its last event told, if it failed.
    pub failure: Option<Failure>,
    /// What the reply lost in translation.
    pub losses: Vec<Loss>,
}

/// An answer, and what of it nobody took yet.
pub(crate) struct Rendered {
    /// Gone at the end.
    answer: Option<Answer>,
    bytes: Vec<u8>,
    has_output: bool,
    /// What its failures must not let out.
    scrubber: Scrubber,
}

/// A reply that is not handed out yet.
pub(crate) type Held = Chain<Rendered>;

impl Rendered {
    pub(crate) fn new(answer: Answer, scrubber: Scrubber) -> Self {
        Self { answer: Some(answer), bytes: Vec::new(), has_output: false, scrubber }
    }

    /// Whether there are bytes, and more in them than that a response has begun.
    pub(crate) fn is_worth_sending(&self) -> bool {
        self.has_output && !self.bytes.is_empty()
    }

    fn take(&mut self) -> Bytes {
        std::mem::take(&mut self.bytes).into()
    }
}

impl Reader for Rendered {
    fn bytes(&mut self, bytes: &[u8]) {
        if let Some(answer) = &mut self.answer {
            let mut out = Scrubbed { out: &mut self.bytes, scrubber: &self.scrubber };
            self.has_output |= answer.bytes(bytes, &mut out) == Stage::Output;
        }
    }

    fn has_heard(&self) -> bool {
        self.answer.as_ref().is_none_or(Answer::has_heard)
    }

    fn has_output(&self) -> bool {
        self.answer.as_ref().map_or(self.has_output, Answer::has_output)
    }

    fn is_over(&self) -> bool {
        self.answer.as_ref().is_none_or(|answer| matches!(answer.stage(), Stage::Failed | Stage::Over))
    }

    fn take_asides(&mut self) -> Vec<Opaque> {
        self.answer.as_mut().map(Answer::take_asides).unwrap_or_default()
    }

    fn end(&mut self, reason: Option<Failure>) -> Outcome {
        let Some(answer) = self.answer.take() else {
            return Outcome { end: End::Truncated, losses: Vec::new() };
        };
        self.has_output |= answer.has_output();
        let mut out = Scrubbed { out: &mut self.bytes, scrubber: &self.scrubber };
        match reason {
            Some(reason) => answer.fail(reason, &mut out),
            None => answer.finish(&mut out),
        }
    }
}

impl SseStream {
    /// Hands a stream out, or the error if it has failed before any output.
    pub(crate) fn release(held: Held) -> Result<Self, Error> {
        let held = if held.reader.has_output { held } else { held.or_error()? };
        Ok(Self(Box::new(held)))
    }

    /// How it went, once it has ended.
    #[must_use]
    pub fn report(&self) -> Option<Report> {
        let outcome = self.0.outcome()?;
        Some(Report { failure: outcome.failure(), losses: outcome.losses.clone() })
    }
}

/// The whole of a reply that has ended, or the error it is.
pub(crate) fn whole(held: Held) -> Result<(Bytes, Vec<Loss>), Error> {
    let mut ended = held.or_error()?;
    let losses = ended.outcome().map(|outcome| outcome.losses.clone()).unwrap_or_default();
    Ok((ended.reader.take(), losses))
}

impl Stream for SseStream {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let chain = &mut self.0;
        ready!(chain.poll_until(cx, Rendered::is_worth_sending));
        let bytes = chain.reader.take();
        if bytes.is_empty() {
            chain.read_rest(cx);
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
