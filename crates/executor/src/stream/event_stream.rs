//! A reply as owned events of the model.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use interlingua_model::{Event, Failure, Fold, Opaque, Response, Sink};
use interlingua_translate::{End, Events, Loss, Outcome};

use crate::Scrubber;
use crate::error::{Error, Phase};
use crate::stream::chain::{Chain, Reader};

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
pub struct EventStream(Box<Chain<Told<Queue>>>);

/// The events of a reply, told to a sink.
pub(crate) struct Told<S> {
    /// Gone at the end.
    events: Option<Events>,
    noted: Noted<S>,
}

/// A sink, and what the chain has to know of what goes into it.
struct Noted<S> {
    sink: S,
    has_output: bool,
    asides: Vec<Opaque>,
    /// What its failures must not let out.
    scrubber: Scrubber,
}

/// Events that nobody took yet. This is the one place where events become owned.
#[derive(Default)]
pub(crate) struct Queue(VecDeque<Event<'static>>);

impl Sink for Queue {
    fn event(&mut self, event: Event<'_>) {
        self.0.push_back(event.into_owned());
    }
}

impl<S: Sink> Sink for Noted<S> {
    fn event(&mut self, mut event: Event<'_>) {
        self.has_output |= event.is_output();
        if let Event::Failed(failure) = &mut event {
            self.scrubber.failure(failure);
        }
        if let Event::Opaque(opaque) = &event {
            self.asides.push(opaque.clone());
        }
        self.sink.event(event);
    }
}

impl<S: Sink + Default> Told<S> {
    pub(crate) fn new(events: Events, scrubber: Scrubber) -> Self {
        let noted = Noted { sink: S::default(), has_output: false, asides: Vec::new(), scrubber };
        Self { events: Some(events), noted }
    }
}

impl<S: Sink> Reader for Told<S> {
    fn bytes(&mut self, bytes: &[u8]) {
        if let Some(events) = &mut self.events {
            events.bytes(bytes, &mut self.noted);
        }
    }

    fn has_heard(&self) -> bool {
        self.events.as_ref().is_none_or(Events::has_heard)
    }

    fn has_output(&self) -> bool {
        self.noted.has_output
    }

    fn is_complete(&self) -> bool {
        self.events.as_ref().is_none_or(Events::is_complete)
    }

    fn is_over(&self) -> bool {
        self.events.as_ref().is_none_or(Events::has_ended)
    }

    fn take_asides(&mut self) -> Vec<Opaque> {
        std::mem::take(&mut self.noted.asides)
    }

    fn end(&mut self, reason: Option<Failure>) -> Outcome {
        match (self.events.take(), reason) {
            (None, _) => Outcome::new(End::Truncated, Vec::new()),
            (Some(events), Some(reason)) => events.fail(reason, &mut self.noted),
            (Some(events), None) => events.finish(&mut self.noted),
        }
    }
}

impl EventStream {
    /// Hands a stream out, or the error if it has failed before any output.
    pub(crate) fn release(held: Chain<Told<Queue>>) -> Result<Self, Error> {
        let held = if held.reader.has_output() { held } else { held.or_error()? };
        Ok(Self(Box::new(held)))
    }

    /// How it ended and what it lost, once it has ended.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.0.outcome()
    }
}

/// The whole of a reply that has ended, or the error it is.
pub(crate) fn whole(held: Chain<Told<Fold>>) -> Result<(Response, Vec<Loss>), Error> {
    let ended = held.or_error()?;
    let losses = ended.outcome().map(|outcome| outcome.losses.clone()).unwrap_or_default();
    let fold = ended.reader.noted.sink;
    // Every reply ends in one way or the other, so nothing but a bug in the translator can be the matter.
    let response = fold.finish().map_err(|error| Error::malformed(Phase::MidStream, error.to_string()))?;
    Ok((response, losses))
}

impl Stream for EventStream {
    type Item = Event<'static>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chain = &mut self.0;
        ready!(chain.poll_until(cx, |reader| !reader.noted.sink.0.is_empty()));
        let event = chain.reader.noted.sink.0.pop_front();
        if event.is_none() {
            chain.read_rest(cx);
        }
        Poll::Ready(event)
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").field("outcome", &self.outcome()).finish_non_exhaustive()
    }
}
