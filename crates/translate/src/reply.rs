//! What is kept of a request for its reply.

use std::sync::Arc;

use interlingua_model::{Api, Response};

use crate::api::{self, Context};
use crate::places::Places;
use crate::stop;
use crate::{Error, Sent, Translated};

/// All a reply needs to know of its request: the client's API and wishes, the upstream's API, the names and ids that were
/// sent. Computed once, never chosen by hand; cheap to clone.
#[derive(Debug, Clone)]
pub struct Reply(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    context: Context,
    is_streamed: bool,
    /// Whether somebody keeps its sealed thoughts.
    remembers: bool,
    reading: Reading,
}

/// What reads the reply of an upstream for callers who work with the model and speak no API of their own.
#[derive(Debug, Clone)]
pub struct Reading {
    pub(crate) upstream: Api,
    pub(crate) sent: Sent,
    pub(crate) places: Arc<Places>,
    /// Whether the upstream was asked to stream.
    #[cfg_attr(not(feature = "sse"), expect(dead_code, reason = "only of bytes it matters whether there are none"))]
    pub(crate) asks_for_stream: bool,
}

impl Reading {
    /// Reads a whole reply.
    ///
    /// # Errors
    /// [`Error::Malformed`] for what is no reply, [`Error::Upstream`] for one that says it failed.
    pub fn whole(&self, body: &[u8]) -> Result<Translated<Response>, Error> {
        let mut read = api::decode_response(self.upstream, body, &self.sent)?;
        stop::end_at(&mut read.value, self.sent.stop_sequences());
        Ok(read)
    }
}

impl Reply {
    pub(crate) fn new(context: Context, is_streamed: bool, reading: Reading) -> Self {
        Self(Arc::new(Inner { context, is_streamed, remembers: false, reading }))
    }

    /// The same, whose sealed thoughts somebody keeps. Said while nobody else has it yet.
    pub(crate) fn remembering(mut self, remembers: bool) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.remembers = remembers;
        }
        self
    }

    pub(crate) fn remembers(&self) -> bool {
        self.0.remembers
    }

    /// Whether the client asked for a stream.
    #[must_use]
    pub fn is_streamed(&self) -> bool {
        self.0.is_streamed
    }

    /// The API the client speaks.
    #[must_use]
    pub fn client(&self) -> Api {
        self.0.context.api()
    }

    /// The API the upstream speaks.
    #[must_use]
    pub fn upstream(&self) -> Api {
        self.0.reading.upstream
    }

    /// The place in the client's document of a path in the upstream's request, for errors that name one. `None` for what the
    /// client did not say.
    ///
    /// ```
    /// use interlingua_translate::{Api, Stamp, Translator, Upstream};
    ///
    /// let stamp = Stamp { id: "1".into(), created: 0 };
    /// let body = br#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#;
    /// let outgoing = Translator::new(Api::Chat).request(body, &Upstream::usual(Api::Responses), stamp)?;
    /// assert_eq!(outgoing.reply.param("input[0].content").as_deref(), Some("messages[0].content"));
    /// assert_eq!(outgoing.reply.param("max_output_tokens").as_deref(), Some("max_tokens"));
    /// assert_eq!(outgoing.reply.param("store"), None);
    /// # Ok::<(), interlingua_translate::Error>(())
    /// ```
    #[must_use]
    pub fn param(&self, upstreams: &str) -> Option<String> {
        let Inner { context, is_streamed: _, remembers: _, reading } = &*self.0;
        reading.places.callers(upstreams, api::words(reading.upstream), api::words(context.api()))
    }

    /// Whether the upstream was asked to stream.
    #[cfg(feature = "sse")]
    pub(crate) fn asks_for_stream(&self) -> bool {
        self.0.reading.asks_for_stream
    }

    pub(crate) fn reading(&self) -> &Reading {
        &self.0.reading
    }

    pub(crate) fn context(&self) -> &Context {
        &self.0.context
    }

    pub(crate) fn sent(&self) -> &Sent {
        &self.0.reading.sent
    }
}
