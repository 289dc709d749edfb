//! A reply as owned events of the model.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use interlingua_model::{Event, ItemStart, Sink};
use interlingua_translate::Outcome;

use crate::decoding::{Decoding, Step};
use crate::error::{Error, Phase};

/// The events of a reply, owned. Their order is the grammar of [`interlingua_model::Event`]: the last one is `Finished`
/// or `Failed`, and there is exactly one of these. Dropping it closes the upstream's connection. It is fused.
///
/// ```
/// use futures_util::StreamExt;
/// use interlingua_executor::EventStream;
/// use interlingua_model::Event;
///
/// async fn text_of(mut stream: EventStream) -> Result<String, String> {
///     let mut text = String::new();
///     while let Some(event) = stream.next().await {
///         match event {
///             Event::TextDelta { text: more, .. } => text.push_str(&more),
///             Event::Failed(failure) => return Err(failure.message),
///             _ => {}
///         }
///     }
///     Ok(text)
/// }
/// ```
pub struct EventStream {
    decoding: Decoding,
    ready: Ready,
    outcome: Option<Outcome>,
}

/// Events that nobody took yet. This is the one place where events become owned.
#[derive(Default)]
struct Ready {
    events: VecDeque<Event<'static>>,
    released: bool,
}

impl Sink for Ready {
    fn event(&mut self, event: Event<'_>) {
        self.released = self.released || is_output(&event);
        self.events.push_back(event.into_owned());
    }
}

/// Whether an event is part of the answer, and not only a sign of life.
pub(crate) fn is_output(event: &Event<'_>) -> bool {
    match event {
        Event::Started(_) | Event::Progress { .. } | Event::Opaque(_) | Event::Failed(_) => false,
        Event::ItemStarted { item, .. } => matches!(item, ItemStart::ToolCall { .. }),
        Event::TextDelta { .. }
        | Event::RefusalDelta { .. }
        | Event::ReasoningDelta { .. }
        | Event::ArgumentsDelta { .. }
        | Event::Annotation { .. }
        | Event::ItemFinished { .. }
        | Event::Finished(_) => true,
    }
}

impl EventStream {
    pub(crate) fn new(decoding: Decoding) -> Self {
        Self { decoding, ready: Ready::default(), outcome: None }
    }

    /// How it ended and what it lost, once it has ended.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// Waits for the first output or the end.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.ready.released && self.outcome.is_none() {
            ready!(self.poll_step(cx));
        }
        Poll::Ready(())
    }

    /// Hands the stream out, or the error if it failed before any output.
    pub(crate) fn release(self) -> Result<Self, Error> {
        match self.ready.events.back() {
            Some(Event::Failed(failure)) if !self.ready.released => {
                let failure = (**failure).clone();
                Err(self.decoding.into_error(failure, Phase::FirstEvent))
            }
            _ => Ok(self),
        }
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match ready!(self.decoding.poll_step(cx, &mut self.ready)) {
            Step::More => {}
            Step::Over(outcome) => self.outcome = Some(outcome),
        }
        Poll::Ready(())
    }
}

impl Stream for EventStream {
    type Item = Event<'static>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(event) = self.ready.events.pop_front() {
                return Poll::Ready(Some(event));
            }
            if self.outcome.is_some() {
                self.decoding.read_rest(cx);
                return Poll::Ready(None);
            }
            ready!(self.poll_step(cx));
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").field("outcome", &self.outcome).finish_non_exhaustive()
    }
}
