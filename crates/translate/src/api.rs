//! The APIs as one table: what each brings, and the enums that choose among them.
//!
//! A new API is a folder with a type that implements [`Dialect`], and one line in the table at the end of this file.

// Long because: it is one table, with the macro that writes the enums over it.

use std::fmt;
use std::ops::Range;

use interlingua_model::{Api, Event, Failure, Origin, Request, Response, Sink};

use crate::frames::{AnyFrames, Through};
use crate::heartbeat::is_heartbeat;
use crate::outcome::Outcome;
use crate::places::{Places, Words};
use crate::{Error, Frames, Kept, Loss, Sent, Stamp, Style, Translated, chat, messages, responses};

/// One API: its halves under one roof. Implemented once per API, by [`chat::Chat`], [`responses::Responses`] and
/// [`messages::Messages`].
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

    /// Whether a body is a request of this API by its shape, whatever it says.
    ///
    /// # Errors
    /// [`Error::Request`] with the path at fault.
    fn check_request(body: &[u8]) -> Result<(), Error>;

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

        fn check_request(body: &[u8]) -> Result<(), Error> {
            read_request(body, |_: wire::Request| Ok(Translated { value: (), losses: Vec::new() })).map(drop)
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

/// Writes the table: for each API its folder, which is also the name of its type there.
macro_rules! dialects {
    ($($(#[$doc:meta])* $api:ident: $module:ident;)*) => {
        /// What the far side takes: which API, and its ways with it, as one value.
        ///
        /// ```
        /// use interlingua_translate::{Api, ChatUpstream, Upstream};
        ///
        /// let local = Upstream::Chat(ChatUpstream { developer_as_system: true, ..ChatUpstream::compatible() });
        /// assert_eq!(local.api(), Api::Chat);
        /// ```
        #[expect(clippy::large_enum_variant, reason = "there is one for each upstream, and a request borrows it")]
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Upstream {
            $($(#[$doc])* $api(<$module::$api as Dialect>::Upstream),)*
        }

        impl Upstream {
            /// The usual ways of an API: those of OpenAI's own.
            #[must_use]
            pub fn usual(api: Api) -> Self {
                match api { $(Api::$api => Self::$api(Default::default()),)* }
            }

            /// The API it speaks.
            #[must_use]
            pub const fn api(&self) -> Api {
                match self { $(Self::$api(_) => Api::$api,)* }
            }

            /// Where requests are sent, beside the base URL.
            #[must_use]
            pub const fn path(&self) -> &'static str {
                match self { $(Self::$api(_) => <$module::$api as Dialect>::PATH,)* }
            }

            /// A failure that such a server told by a status and an error object, whose class and code are in its own words:
            /// in words of the model, which clients of every API are told in theirs.
            ///
            /// ```
            /// use interlingua_translate::{Api, Upstream, model::Failure};
            ///
            /// let told = Failure { kind: Some("overloaded_error".into()), ..Failure::default() };
            /// let failure = Upstream::usual(Api::Messages).understood(told);
            /// assert_eq!(failure.code.as_deref(), Some("server_is_overloaded"));
            /// ```
            #[must_use]
            pub fn understood(&self, failure: Failure) -> Failure {
                match self { $(Self::$api(_) => $module::$api::understood(failure),)* }
            }

            /// The body of a request that such a server has refused, once more without what it was refused for, where the
            /// documentation of its API says that this is the way on: thoughts of earlier turns that it does not take back.
            #[must_use]
            pub fn without_refused(&self, body: &[u8], failure: &Failure) -> Option<Vec<u8>> {
                match self { $(Self::$api(_) => $module::$api::without_refused(body, failure),)* }
            }

            pub(crate) fn sent(&self, request: &Request, stamp: &Stamp) -> Sent {
                match self { $(Self::$api(upstream) => $module::$api::sent(request, upstream, stamp),)* }
            }

            pub(crate) fn encode_request(&self, request: Request, sent: &Sent) -> Result<Written, Error> {
                match self { $(Self::$api(upstream) => $module::$api::encode_request(request, upstream, sent),)* }
            }
        }

        pub(crate) fn decode_request(api: Api, body: &[u8]) -> Result<Translated<Request>, Error> {
            match api { $(Api::$api => $module::$api::decode_request(body),)* }
        }

        pub(crate) fn check_request(api: Api, body: &[u8]) -> Result<(), Error> {
            match api { $(Api::$api => $module::$api::check_request(body),)* }
        }

        pub(crate) fn decode_response(api: Api, body: &[u8], sent: &Sent) -> Result<Translated<Response>, Error> {
            match api { $(Api::$api => $module::$api::decode_response(body, sent),)* }
        }

        pub(crate) fn last_words(api: Api) -> &'static [&'static str] {
            match api { $(Api::$api => <$module::$api as Dialect>::LAST_WORDS,)* }
        }

        /// How an API spells what stands inside things.
        pub(crate) fn words(api: Api) -> Words {
            match api { $(Api::$api => $module::WORDS,)* }
        }

        /// The context of a client of any API.
        #[derive(Debug, Clone)]
        pub(crate) enum Context {
            $($api(<$module::$api as Dialect>::Context),)*
        }

        impl Context {
            pub(crate) fn new(api: Api, request: &Request, style: &Style, stamp: Stamp) -> Self {
                match api { $(Api::$api => Self::$api($module::$api::context(request, style, stamp)),)* }
            }

            pub(crate) fn keep(&mut self, kept: &Kept) {
                match self { $(Self::$api(context) => $module::$api::keep(context, kept),)* }
            }

            pub(crate) fn name(&mut self, model: &str) {
                match self { $(Self::$api(context) => $module::$api::name(context, model),)* }
            }

            /// See [`Dialect::renamed`].
            #[cfg(feature = "sse")]
            pub(crate) fn renamed(&self, document: &str) -> Option<(Range<usize>, String)> {
                match self { $(Self::$api(context) => $module::$api::renamed(context, document),)* }
            }

            pub(crate) fn api(&self) -> Api {
                match self { $(Self::$api(_) => Api::$api,)* }
            }

            pub(crate) fn encode_response(&self, response: Response, out: &mut Vec<u8>) -> Result<Vec<Loss>, Error> {
                match self { $(Self::$api(context) => $module::$api::encode_response(response, context, out),)* }
            }

            pub(crate) fn encoder(&self) -> Encoder {
                match self { $(Self::$api(context) => Encoder::$api(Box::new($module::$api::encoder(context.clone()))),)* }
            }
        }

        /// The decoder of any API, matched once per event. What it says goes to a sink of any type: there is one decoder of
        /// each API in a program, and not one for each place that replies go to.
        #[derive(Debug)]
        pub(crate) enum Decoder {
            $($api(Box<<$module::$api as Dialect>::Decoder>),)*
        }

        impl Decoder {
            pub(crate) fn new(api: Api, sent: &Sent) -> Self {
                match api { $(Api::$api => Self::$api(Box::new($module::$api::decoder(sent))),)* }
            }

            pub(crate) fn read(&mut self, data: &str, name: Option<&str>, mut out: &mut dyn Sink) {
                if is_heartbeat(name, data) {
                    return;
                }
                match self { $(Self::$api(decoder) => Decode::read(&mut **decoder, data, name, &mut out),)* }
            }

            pub(crate) fn read_cut(&mut self, data: &str, name: Option<&str>, mut out: &mut dyn Sink) {
                if is_heartbeat(name, data) {
                    return;
                }
                match self { $(Self::$api(decoder) => Decode::read_cut(&mut **decoder, data, name, &mut out),)* }
            }

            /// Where the texts of the stream stand.
            pub(crate) fn texts(&self) -> Origin {
                Origin::of(match self { $(Self::$api(_) => $module::$api::TEXTS,)* })
            }

            pub(crate) fn has_ended(&self) -> bool {
                match self { $(Self::$api(decoder) => Decode::has_ended(&**decoder),)* }
            }

            pub(crate) fn is_complete(&self) -> bool {
                match self { $(Self::$api(decoder) => Decode::is_complete(&**decoder),)* }
            }

            pub(crate) fn finish(self, reason: Option<Failure>, mut out: &mut dyn Sink) -> Outcome {
                match self { $(Self::$api(decoder) => Decode::finish(*decoder, reason, &mut out),)* }
            }
        }

        /// The encoder of any API, matched once per event.
        #[derive(Debug)]
        pub(crate) enum Encoder {
            $($api(Box<<$module::$api as Dialect>::Encoder>),)*
        }

        impl Encoder {
            pub(crate) fn push(&mut self, event: Event<'_>, out: &mut dyn AnyFrames) {
                let mut out = Through(out);
                match self { $(Self::$api(encoder) => Encode::push(&mut **encoder, event, &mut out),)* }
            }

            pub(crate) fn resume(&mut self, frames: u64) {
                match self { $(Self::$api(encoder) => Encode::resume(&mut **encoder, frames),)* }
            }

            pub(crate) fn failure(&self) -> Option<&Failure> {
                match self { $(Self::$api(encoder) => Encode::failure(&**encoder),)* }
            }

            pub(crate) fn finish(self) -> Vec<Loss> {
                match self { $(Self::$api(encoder) => Encode::finish(*encoder),)* }
            }
        }
    };
}

dialects! {
    /// A Chat Completions server.
    Chat: chat;
    /// A Responses server.
    Responses: responses;
    /// A Messages server.
    Messages: messages;
}
