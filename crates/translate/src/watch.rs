//! A reply that is passed on unchanged, watched as it goes by.

use interlingua_model::{Envelope, Event, Failure, Sink};

use crate::api::Encoder;
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
#[derive(Debug)]
pub struct Watch {
    reply: Reply,
    decoder: MendingDecoder,
    seen: Seen,
}

/// What has gone by.
#[derive(Debug, Default)]
struct Seen {
    begun: Option<Envelope>,
    has_output: bool,
    failure: Option<Failure>,
}

impl Sink for Seen {
    fn event(&mut self, event: Event<'_>) {
        self.has_output |= event.is_output();
        let begun = self.begun.get_or_insert_default();
        if let Event::Started(envelope) = event {
            *begun = envelope;
        } else if let Event::Failed(failure) = event {
            self.failure = Some(*failure);
        }
    }
}

impl Watch {
    pub(crate) fn new(reply: &Reply) -> Self {
        Self { decoder: MendingDecoder::new(reply.client(), reply.sent()), reply: reply.clone(), seen: Seen::default() }
    }

    /// Looks at one event that goes by.
    pub fn event(&mut self, name: Option<&str>, data: &str) -> Stage {
        self.decoder.read(data, name, &mut self.seen);
        match (&self.seen, self.decoder.has_ended()) {
            (Seen { has_output: false, failure: Some(_), begun: _ }, _) => Stage::Failed,
            (_, true) => Stage::Over,
            (Seen { has_output: true, .. }, false) => Stage::Output,
            (Seen { has_output: false, .. }, false) => Stage::Silent,
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
        let Self { reply, decoder, mut seen } = self;
        if decoder.has_ended() {
            return decoder.finish(reason, &mut seen);
        }
        // How the stream ends is no part of what the client has had.
        let begun = seen.begun.take();
        let outcome = decoder.finish(reason, &mut seen);
        if let (End::Truncated | End::Failed(_), Some(failure)) = (&outcome.end, seen.failure) {
            let mut encoder: Encoder = reply.context().encoder();
            let failure = Event::Failed(Box::new(failure));
            match begun {
                None => encoder.push(failure, out),
                // The client has had the beginning, of this very reply.
                Some(envelope) => {
                    let mut last = Last::default();
                    encoder.push(Event::Started(envelope), &mut last);
                    encoder.push(failure, &mut last);
                    let Last { name, mut data } = last;
                    out.frame(name.as_deref(), |out| out.append(&mut data));
                }
            }
        }
        outcome
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
