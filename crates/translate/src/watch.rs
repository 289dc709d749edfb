//! A reply that is passed on unchanged, watched as it goes by.

use interlingua_model::{Envelope, Event, Failure, Opaque, Sink, Usage};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::answer::keep_aside;
use crate::api::{Encoder, last_words};
use crate::error::is_word_of_ours;
use crate::outcome::{End, Outcome};
use crate::reply::Reply;
use crate::surrogates::MendingDecoder;
use crate::{Frames, Stage};

/// Judges a stream whose bytes go to the client as they are, since both sides speak the same API: how far it is, and whether
/// it came to an end of its own.
///
/// ```
/// use interlingua_translate::{Api, End, Stage, Stamp, Translator, Upstream};
///
/// let stamp = Stamp { id: "1".into(), created: 0 };
/// let body = br#"{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}"#;
/// let outgoing = Translator::new(Api::Chat).request(body, &Upstream::usual(Api::Chat), stamp)?;
///
/// let mut watch = outgoing.reply.watch();
/// assert_eq!(watch.event(None, r#"{"choices":[{"delta":{"content":"Hi"}}]}"#), Stage::Output);
/// let mut out = Vec::new();
/// assert_eq!(watch.finish(&mut out).end, End::Truncated);
/// assert!(String::from_utf8_lossy(&out).contains("stream_incomplete"), "the client is told");
/// # Ok::<(), interlingua_translate::Error>(())
/// ```
///
/// It judges and never stands in the way: an event that is JSON and that only we cannot read, since its API has moved on,
/// goes by like any other.
#[derive(Debug)]
pub struct Watch {
    reply: Reply,
    decoder: MendingDecoder,
    seen: Seen,
    /// How many events have gone by.
    events: u64,
    /// Whether an event that we cannot read looked like the last one.
    has_last_words: bool,
    /// Whether it has failed in an event that tells the client nothing: garbage, a bare text, a mark of the end in the middle.
    is_unsaid: bool,
}

/// What clients look for in an event to know a failure by.
#[derive(Deserialize)]
struct Words {
    error: Option<IgnoredAny>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Words {
    fn tell(&self) -> bool {
        self.error.is_some() || matches!(self.kind.as_deref(), Some("error" | "response.failed"))
    }
}

/// What has gone by.
#[derive(Debug, Default)]
struct Seen {
    begun: Option<Envelope>,
    has_output: bool,
    failure: Option<Failure>,
    asides: Vec<Opaque>,
    usage: Option<Usage>,
}

impl Sink for Seen {
    fn event(&mut self, event: Event<'_>) {
        self.has_output |= event.is_output();
        let begun = self.begun.get_or_insert_default();
        if let Event::Started(envelope) = event {
            *begun = envelope;
        } else if let Event::Failed(failure) = event {
            self.failure = Some(*failure);
        } else if let Event::Opaque(opaque) = event {
            keep_aside(&mut self.asides, &opaque);
        } else if let Event::Finished(ending) = event {
            self.usage = ending.usage;
        }
    }
}

impl Reply {
    /// A judge of a reply that is passed on unchanged, since both sides speak the same API.
    #[must_use]
    pub fn watch(&self) -> Watch {
        let decoder = MendingDecoder::new(self.client(), self.sent());
        Watch {
            decoder,
            reply: self.clone(),
            seen: Seen::default(),
            events: 0,
            has_last_words: false,
            is_unsaid: false,
        }
    }
}

impl Watch {
    /// The reply that it judges.
    #[cfg(feature = "sse")]
    pub(crate) fn reply(&self) -> &Reply {
        &self.reply
    }

    /// Looks at one event that goes by.
    pub fn event(&mut self, name: Option<&str>, data: &str) -> Stage {
        self.events += 1;
        if !self.decoder.has_ended() {
            self.decoder.read(data, name, &mut self.seen);
            self.consider(name, data);
        }
        self.stage()
    }

    /// Looks at the event that the stream was cut in. It counts if its data is whole.
    pub fn cut_event(&mut self, name: Option<&str>, data: &str) -> Stage {
        if !self.decoder.has_ended() {
            self.decoder.read_cut(data, name, &mut self.seen);
            self.consider(name, data);
        }
        self.stage()
    }

    /// How far it is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match (&self.seen, self.decoder.has_ended()) {
            (Seen { has_output: false, failure: Some(_), .. }, _) => Stage::Failed,
            (_, true) => Stage::Over,
            (Seen { has_output: true, .. }, false) => Stage::Output,
            (Seen { has_output: false, .. }, false) => Stage::Silent,
        }
    }

    /// Whether any of an answer has gone by.
    #[must_use]
    pub fn has_output(&self) -> bool {
        self.seen.has_output
    }

    /// The failure that has gone by, if one has.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        self.seen.failure.as_ref()
    }

    /// Whether all that a good end needs has gone by, as [`Answer::is_complete`](crate::Answer::is_complete) says.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.decoder.is_complete()
    }

    /// What the upstream said beside the answer, as [`Answer::take_asides`](crate::Answer::take_asides) does.
    pub fn take_asides(&mut self) -> Vec<Opaque> {
        std::mem::take(&mut self.seen.asides)
    }

    /// The failure that has gone by in words that no client looks for: garbage, a bare text, a mark of the end in the middle.
    #[cfg(feature = "sse")]
    pub(crate) fn unsaid(&self) -> Option<&Failure> {
        self.seen.failure.as_ref().filter(|_| self.is_unsaid)
    }

    /// What to do about a failure that this event has brought. One that is no word of the upstream's is ours: the event goes
    /// by, and reading begins anew behind it. One in words that clients do not look for is still to be told.
    fn consider(&mut self, name: Option<&str>, data: &str) {
        let Some(failure) = &self.seen.failure else { return };
        let words: Option<Words> = serde_json::from_str(data).ok();
        if words.is_some() && is_word_of_ours(failure) {
            let api = self.reply.client();
            self.decoder = MendingDecoder::new(api, self.reply.sent());
            self.seen = Seen { begun: self.seen.begun.take(), has_output: true, ..Seen::default() };
            self.has_last_words |= last_words(api).iter().any(|words| name == Some(*words) || data.contains(words));
        } else {
            self.is_unsaid = !words.is_some_and(|words| words.tell());
        }
    }

    /// Ends a stream that cannot go on. One that had ended of its own is left as it is; to any other, what `failure` says is
    /// added in the client's language.
    pub fn fail(self, failure: Failure, out: &mut impl Frames) -> Outcome {
        self.end(Some(failure), out)
    }

    /// Ends a stream of which no more comes, with a word for the client if it was cut.
    pub fn finish(self, out: &mut impl Frames) -> Outcome {
        self.end(None, out)
    }

    fn end(self, reason: Option<Failure>, out: &mut impl Frames) -> Outcome {
        let Self { reply, decoder, mut seen, events, has_last_words, is_unsaid } = self;
        // What the upstream has ended itself, in words for the client, the client has had.
        if decoder.has_ended() && !is_unsaid {
            let outcome = decoder.finish(reason, &mut seen);
            return Outcome { usage: seen.usage, ..outcome };
        }
        if has_last_words {
            return Outcome::new(End::Completed, Vec::new());
        }
        // How the stream ends is no part of what the client has had.
        let begun = seen.begun.take();
        let outcome = decoder.finish(reason, &mut seen);
        let usage = seen.usage.take();
        if let (End::Truncated | End::Failed(_), Some(failure)) = (&outcome.end, seen.failure) {
            let mut encoder: Encoder = reply.context().encoder();
            let failure = Event::Failed(Box::new(failure));
            match begun {
                None => encoder.push(failure, out),
                // The client has had the beginning, of this very reply.
                Some(envelope) => {
                    let mut last = Last::default();
                    encoder.resume(events);
                    encoder.push(Event::Started(envelope), &mut last);
                    encoder.push(failure, &mut last);
                    let Last { name, mut data } = last;
                    out.frame(name.as_deref(), |out| out.append(&mut data));
                }
            }
        }
        Outcome { usage, ..outcome }
    }
}

/// Keeps the last frame only.
#[derive(Default)]
struct Last {
    name: Option<String>,
    data: Vec<u8>,
}

impl Frames for Last {
    fn frame(&mut self, name: Option<&str>, write: impl FnOnce(&mut Vec<u8>)) {
        self.name = name.map(str::to_owned);
        self.data.clear();
        write(&mut self.data);
    }
}
