//! What an API brings: its six halves and what goes with them, in names that are the same for each.

use std::fmt;
use std::ops::Range;

use interlingua_model::{Event, Failure, Request, Response, Sink};

use crate::outcome::Outcome;
use crate::places::Places;
use crate::{Api, Error, Frames, Kept, Loss, Sent, Stamp, Style, Translated};

/// One API: its halves under one roof. Implemented once per API, by [`Chat`](crate::chat::Chat),
/// [`Responses`](crate::responses::Responses) and [`Messages`](crate::messages::Messages).
///
/// Bodies are JSON text here, so that the types of `wire`, which borrow, stay behind it. Whoever works with those types
/// uses the functions of the module itself.
pub trait Dialect {
    /// Which API it is.
    const API: Api;
    /// Where requests are sent, beside the base URL: `/responses`.
    const PATH: &'static str;
    /// Where the texts of a streamed reply stand.
    const TEXTS: &'static str;
    /// Words that only the last event of a stream has, in its data or as its name: what an event that cannot be read is
    /// judged by.
    const LAST_WORDS: &'static [&'static str] = &[];

    /// What an upstream of this API accepts and forces.
    type Upstream: fmt::Debug + Clone + Default;
    /// What a client of this API wants of its reply.
    type Context: fmt::Debug + Clone;
    /// Reads a streamed reply.
    type Decoder: Decode;
    /// Writes a streamed reply.
    type Encoder: Encode;

    /// Reads a request.
    ///
    /// # Errors
    /// [`Error::Request`] with the path at fault.
    fn decode_request(body: &[u8]) -> Result<Translated<Request>, Error>;

    /// Whether a body, a request of this API by its shape, is in this API's own words, or in those of another that are read
    /// all the same.
    ///
    /// # Errors
    /// [`Error::Request`] with the path at fault.
    fn check_request(body: &[u8]) -> Result<bool, Error>;

    /// Writes a request.
    ///
    /// # Errors
    /// [`Error::Request`] for what this API cannot express and no answer could do without.
    fn encode_request(request: Request, upstream: &Self::Upstream, sent: &Sent) -> Result<Written, Error>;

    /// Reads a whole reply.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::Reply`] and [`Error::Upstream`].
    fn decode_response(body: &[u8], sent: &Sent) -> Result<Translated<Response>, Error>;

    /// Writes a whole reply, appended to `out`.
    ///
    /// # Errors
    /// [`Error::Reply`] for what this API cannot carry.
    fn encode_response(response: Response, context: &Self::Context, out: &mut Vec<u8>) -> Result<Vec<Loss>, Error>;

    /// A decoder for the reply of one request.
    fn decoder(sent: &Sent) -> Self::Decoder;

    /// An encoder for the reply of one request.
    fn encoder(context: Self::Context) -> Self::Encoder;

    /// What the client of a request wants of its reply.
    fn context(request: &Request, style: &Style, stamp: Stamp) -> Self::Context;

    /// Says of the reply, where this API has words for it, that it is kept by whoever translates.
    fn keep(_context: &mut Self::Context, _kept: &Kept) {
        // No reply says where it goes on.
    }

    /// Says what the reply calls the model, where clients of this API hold that against what they asked for.
    fn name(_context: &mut Self::Context, _model: &str) {
        // Clients read there which model it was.
    }

    /// Where a whole reply, or an event of a streamed one, names its model, and what is to stand there instead: JSON for JSON.
    /// `None` where it names none or the right one.
    #[must_use]
    fn renamed(_context: &Self::Context, _document: &str) -> Option<(Range<usize>, String)> {
        None
    }

    /// What the request is sent as.
    fn sent(request: &Request, upstream: &Self::Upstream, stamp: &Stamp) -> Sent;

    /// A failure that a server of this API told by a status, in words of the model where the API has others.
    #[must_use]
    fn understood(failure: Failure) -> Failure {
        failure
    }

    /// The body of a request once more, without what its upstream has refused it for, where the API's documentation says that
    /// this is the way on.
    #[must_use]
    fn without_refused(_body: &[u8], _failure: &Failure) -> Option<Vec<u8>> {
        None
    }
}

/// A request as it goes out.
#[derive(Debug)]
pub struct Written {
    /// The body.
    pub body: Vec<u8>,
    /// Whether a stream is asked for.
    pub is_streamed: bool,
    /// The id of the conversation, where this upstream wants one.
    pub session: Option<String>,
    /// Features that the body makes use of and that have to be asked for by name beside it.
    pub features: Vec<&'static str>,
    /// What was lost on the way.
    pub losses: Vec<Loss>,
    /// Where each thing came from.
    pub(crate) places: Places,
}

/// Reads the events of a streamed reply.
pub trait Decode {
    /// Takes the data of one server-sent event, and its name for data that does not say its type.
    fn read(&mut self, data: &str, name: Option<&str>, out: &mut impl Sink);

    /// Takes the data of the event that the stream was cut in; it counts if it is whole.
    fn read_cut(&mut self, data: &str, name: Option<&str>, out: &mut impl Sink);

    /// Whether the stream has come to its end; nothing after it counts.
    fn has_ended(&self) -> bool;

    /// Whether all that a good end needs has come: what may still follow is what the reply cost, or a mark of the end.
    fn is_complete(&self) -> bool {
        self.has_ended()
    }

    /// Says that no more comes. A stream that has not ended of its own ends as failed, with `reason` where there is a better
    /// one than that it stopped.
    fn finish(self, reason: Option<Failure>, out: &mut impl Sink) -> Outcome;
}

/// Writes the events of a streamed reply.
pub trait Encode {
    /// Takes one event and writes the frames it causes.
    fn push(&mut self, event: Event<'_>, out: &mut impl Frames);

    /// Says that the client has had so many frames of this reply already, for APIs that number theirs.
    fn resume(&mut self, _frames: u64) {}

    /// Why the stream failed, once it has.
    fn failure(&self) -> Option<&Failure>;

    /// What the stream lost.
    fn finish(self) -> Vec<Loss>;
}

/// Writes those members of [`Dialect`], [`Decode`] and [`Encode`] that only hand over to what the folder they are written in
/// calls by the same name. What is left in the folder is what its API does in its own way.
macro_rules! halves {
    (Dialect) => {
        type Upstream = Upstream;
        type Context = Context;
        type Decoder = Decoder;
        type Encoder = Encoder;

        fn decode_request(body: &[u8]) -> Result<Translated<Request>, Error> {
            read_request(body, decode_request)
        }

        fn check_request(body: &[u8]) -> Result<bool, Error> {
            let is_own = |request: wire::Request| Ok(Translated { value: is_own(&request), losses: Vec::new() });
            read_request(body, is_own).map(|Translated { value, losses: _ }| value)
        }

        fn encode_response(response: Response, context: &Context, out: &mut Vec<u8>) -> Result<Vec<Loss>, Error> {
            let Translated { value, losses } = encode_response(response, context)?;
            write_json(out, &value);
            Ok(losses)
        }

        fn decoder(sent: &Sent) -> Decoder {
            Decoder::new(sent)
        }

        fn encoder(context: Context) -> Encoder {
            Encoder::new(context)
        }

        fn context(request: &Request, style: &Style, stamp: Stamp) -> Context {
            Context::new(request, style, stamp)
        }

        fn sent(request: &Request, upstream: &Upstream, stamp: &Stamp) -> Sent {
            sent(request, upstream, stamp)
        }
    };
    (Decode) => {
        fn read(&mut self, data: &str, name: Option<&str>, out: &mut impl Sink) {
            self.read(data, name, out);
        }

        fn read_cut(&mut self, data: &str, name: Option<&str>, out: &mut impl Sink) {
            self.read_cut(data, name, out);
        }

        fn has_ended(&self) -> bool {
            self.has_ended()
        }

        fn is_complete(&self) -> bool {
            self.is_complete()
        }

        fn finish(self, reason: Option<Failure>, out: &mut impl Sink) -> Outcome {
            self.finish_for(reason, out)
        }
    };
    (Encode) => {
        fn failure(&self) -> Option<&Failure> {
            self.failure()
        }

        fn finish(self) -> Vec<Loss> {
            self.finish()
        }
    };
}
pub(crate) use halves;
