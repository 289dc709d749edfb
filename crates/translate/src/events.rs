//! A reply as events of the model, for callers who speak no API.

use interlingua_model::{Event, Failure, Response, Sink};

use crate::outcome::{End, Outcome};
use crate::reply::Reading;
use crate::stop::StoppingDecoder;

/// Reads one reply of the upstream as events, whether it streams or answers in one piece. The events follow the grammar of
/// [`interlingua_model::Event`]: exactly one ending, and it is last.
///
/// ```
/// use interlingua_translate::model::{Collected, Request};
/// use interlingua_translate::{Api, End, Policy, Stamp, Upstream};
///
/// let stamp = Stamp { id: "1".into(), created: 0 };
/// # let mut request = Request::new("m");
/// # let message = interlingua_translate::model::Message::new(interlingua_translate::model::Role::User, interlingua_translate::model::Content::Text("hi".into()));
/// # request.items.push(interlingua_translate::model::Item::new(Default::default(), interlingua_translate::model::ItemKind::Message(message)));
/// let outgoing = Upstream::usual(Api::Chat).request(request, Policy::Lenient, stamp)?;
/// let mut events = outgoing.reply.events();
/// let mut seen = Collected::default();
/// events.event(None, r#"{"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}"#, &mut seen);
/// assert_eq!(events.finish(&mut seen).end, End::Completed);
/// # Ok::<(), interlingua_translate::Error>(())
/// ```
#[derive(Debug)]
pub struct Events {
    reading: Reading,
    state: State,
    #[cfg(feature = "sse")]
    pub(crate) feed: crate::feed::Feed,
}

#[derive(Debug)]
enum State {
    Reading(StoppingDecoder),
    Ended(Box<Outcome>),
}

impl Reading {
    /// Reads a reply as events, whether it is streamed or not.
    #[must_use]
    pub fn events(&self) -> Events {
        Events {
            state: State::Reading(StoppingDecoder::new(self.upstream, &self.sent)),
            reading: self.clone(),
            #[cfg(feature = "sse")]
            feed: crate::feed::Feed::default(),
        }
    }
}

impl Events {
    /// The same for events of up to so many bytes (16 MiB), not counting what they repeat of earlier ones. To be said before
    /// any bytes are given.
    #[cfg(feature = "sse")]
    #[must_use]
    pub fn with_event_limit(mut self, bytes: usize) -> Self {
        self.feed = crate::feed::Feed::with_event_limit(bytes);
        self
    }

    /// Takes one event of the upstream's stream: its name, and its data. After the end, events are ignored.
    pub fn event(&mut self, name: Option<&str>, data: &str, out: &mut impl Sink) {
        if let State::Reading(decoder) = &mut self.state {
            decoder.read(data, name, out);
            self.settle(out);
        }
    }

    /// Takes the event that the upstream's stream was cut in. It counts if its data is whole.
    pub fn cut_event(&mut self, name: Option<&str>, data: &str, out: &mut impl Sink) {
        if let State::Reading(decoder) = &mut self.state {
            decoder.read_cut(data, name, out);
            self.settle(out);
        }
    }

    /// Takes the whole reply of an upstream that answered in one piece.
    pub fn whole(&mut self, body: &[u8], out: &mut impl Sink) {
        if let State::Ended(_) = self.state {
            return;
        }
        let outcome = match self.reading.whole(body) {
            Ok(translated) => {
                let end = End::of(&translated.value.finish);
                Response::into_events(translated.value, out);
                Outcome::new(end, translated.losses)
            }
            Err(error) => {
                let failure = Box::new(error.into_failure());
                out.event(Event::Failed(failure.clone()));
                Outcome::new(End::Failed(failure), Vec::new())
            }
        };
        self.state = State::Ended(Box::new(outcome));
    }

    /// Whether the reply has come to its end: the upstream can be let go.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended(_))
    }

    /// Whether all that a good end needs has come, as [`Answer::is_complete`](crate::Answer::is_complete) says.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match &self.state {
            State::Reading(decoder) => decoder.is_complete(),
            State::Ended(_) => true,
        }
    }

    /// Ends a reply that cannot go on, as [`Answer::fail`](crate::Answer::fail) does.
    pub fn fail(mut self, failure: Failure, out: &mut impl Sink) -> Outcome {
        self.stop(Some(failure), out);
        self.outcome()
    }

    /// Ends a reply of which no more comes, as [`Answer::finish`](crate::Answer::finish) does.
    pub fn finish(mut self, out: &mut impl Sink) -> Outcome {
        #[cfg(feature = "sse")]
        self.end_of_bytes(out);
        self.stop(None, out);
        self.outcome()
    }

    fn outcome(self) -> Outcome {
        match self.state {
            State::Ended(outcome) => *outcome,
            State::Reading(_) => Outcome::new(End::Truncated, Vec::new()),
        }
    }

    fn settle(&mut self, out: &mut impl Sink) {
        if matches!(&self.state, State::Reading(decoder) if decoder.has_ended()) {
            self.stop(None, out);
        }
    }

    pub(crate) fn stop(&mut self, reason: Option<Failure>, out: &mut impl Sink) {
        let ended = State::Ended(Box::new(Outcome::new(End::Truncated, Vec::new())));
        self.state = match std::mem::replace(&mut self.state, ended) {
            State::Reading(decoder) => State::Ended(Box::new(decoder.finish(reason, out))),
            ended @ State::Ended(_) => ended,
        };
    }
}
