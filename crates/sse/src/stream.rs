//! The parser behind a stream of byte chunks: the body of an HTTP response, for instance.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::{Eof, Error, OwnedEvent, Parser};

pin_project! {
    /// The events of a stream of byte chunks.
    ///
    /// It ends when the source does, or after the first error. It is fused: after its end it stays at its end.
    /// No event is held back: each comes out before the source is asked for more.
    ///
    /// ```
    /// use futures_util::{StreamExt, stream};
    /// use interlingua_sse::{Eof, Events, Parser};
    ///
    /// # let example = async {
    /// let chunks = stream::iter([Ok::<_, std::io::Error>("data: o"), Ok("ne\n\ndata: two\n\n")]);
    /// let mut events = Events::new(chunks, Parser::new(), Eof::Flush);
    /// let mut seen = Vec::new();
    /// while let Some(event) = events.next().await {
    ///     seen.push(event?.data);
    /// }
    /// assert_eq!(seen, ["one", "two"]);
    /// # Ok::<(), interlingua_sse::EventsError<std::io::Error>>(())
    /// # };
    /// # futures_util::FutureExt::now_or_never(example).expect("nothing waits").expect("nothing fails");
    /// ```
    pub struct Events<S> {
        #[pin]
        source: S,
        parser: Parser,
        eof: Eof,
        phase: Phase,
    }
}

impl<S> Events<S> {
    /// Reads events out of `source`, whose items are `Result<B, E>` with a `B` that holds bytes.
    ///
    /// The parser brings the limit; `eof` says what becomes of an event that the end of the source cuts off.
    /// A source that ends in an error flushes nothing, as the error itself says that something is missing.
    pub fn new(source: S, parser: Parser, eof: Eof) -> Self {
        Self { source, parser, eof, phase: Phase::Reading }
    }
}

impl<S, B, E> Stream for Events<S>
where
    S: Stream<Item = Result<B, E>>,
    B: AsRef<[u8]>,
{
    type Item = Result<OwnedEvent, EventsError<E>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        loop {
            if *this.phase == Phase::Failed {
                return Poll::Ready(None);
            }
            match this.parser.next_event() {
                Ok(Some(event)) => return Poll::Ready(Some(Ok(event.into_owned()))),
                Ok(None) => {}
                Err(error) => {
                    *this.phase = Phase::Failed;
                    return Poll::Ready(Some(Err(EventsError::Parser(error))));
                }
            }
            if *this.phase == Phase::Draining {
                return Poll::Ready(None);
            }
            match ready!(this.source.as_mut().poll_next(cx)) {
                Some(Ok(bytes)) => _ = this.parser.feed(bytes.as_ref()),
                Some(Err(error)) => {
                    *this.phase = Phase::Failed;
                    return Poll::Ready(Some(Err(EventsError::Source(error))));
                }
                None => {
                    this.parser.end(*this.eof);
                    *this.phase = Phase::Draining;
                }
            }
        }
    }
}

impl<S> fmt::Debug for Events<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("parser", &self.parser).field("phase", &self.phase).finish_non_exhaustive()
    }
}

/// Why [`Events`] ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventsError<E> {
    /// The source of the bytes failed.
    Source(E),
    /// The bytes could not be read as events.
    Parser(Error),
}

impl<E> fmt::Display for EventsError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(_) => f.write_str("the event stream broke off"),
            Self::Parser(error) => error.fmt(f),
        }
    }
}

impl<E: StdError + 'static> StdError for EventsError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Source(error) => Some(error),
            Self::Parser(error) => error.source(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Reading,
    /// The source has ended; the parser may still hold events.
    Draining,
    /// An error was the last word; neither the source nor the parser is asked any more.
    Failed,
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
