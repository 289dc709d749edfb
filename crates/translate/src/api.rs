//! The APIs as one table, and the enums that choose among them.
//!
//! A new API is a folder with a type that implements [`Dialect`], and one line in the table at the end of this file.

#[cfg(feature = "sse")]
use std::ops::Range;

use interlingua_model::{Api, Event, Failure, Origin, Request, Response, Sink};

use crate::dialect::{Decode, Dialect, Encode, Written};
use crate::frames::{AnyFrames, Through};
use crate::heartbeat::is_heartbeat;
use crate::outcome::Outcome;
use crate::places::Words;
use crate::{Error, Kept, Loss, Sent, Stamp, Style, Translated, chat, messages, responses};

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

        pub(crate) fn check_request(api: Api, body: &[u8]) -> Result<bool, Error> {
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
