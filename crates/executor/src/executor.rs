//! The calls.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use http::{HeaderMap, Method};
use interlingua_model::{Event, Fold, FoldError, Request, Response, Sink};
use interlingua_translate::{Loss, Translated};
use interlingua_wire::{chat as wire_chat, responses as wire_responses};
use serde::de::DeserializeOwned;

use crate::answer::{Answer, Reply};
use crate::caller::{Caller, ChatCaller, ResponsesCaller};
use crate::config::{Config, Dialect, MAX_ERROR_BODY, MAX_REPLY};
use crate::decoding::{Decoding, Step};
use crate::error::{Error, Phase};
use crate::error_body;
use crate::event_stream::{EventStream, is_output};
use crate::exchange::{EVENT_STREAM, JSON, Opened, Outgoing, Remote};
use crate::key::Key;
use crate::limits::RateLimits;
use crate::params::Params;
use crate::passthrough::pass_responses;
use crate::prepared::{Form, Prepared, read_json, to_json};
use crate::sse_stream::{Held, SseStream};
use crate::transport::{ByteStream, Transport};

/// Sends requests to one upstream and gives its replies back in the caller's terms.
///
/// Cheap to clone; clones share connections and the last rate limits. Every wait has a limit ([`Timeouts`]), every buffer
/// too: 16 MiB for one event, 64 MiB for a whole reply, 64 KiB for the body of an error. Dropping a call, or the stream it
/// gave, closes the upstream's connection. A request is sent again by [`RetryPolicy`](crate::RetryPolicy) alone.
///
/// ```no_run
/// use interlingua_executor::{Config, Executor, Reply};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # #[cfg(feature = "reqwest")] {
/// let executor = Executor::over_http(Config::default())?.with_bearer(&std::env::var("OPENAI_API_KEY")?)?;
/// let request = r#"{"model":"gpt-5.4","messages":[{"role":"user","content":"hi"}]}"#;
/// let answer = executor.chat(serde_json::from_str(request)?).await?;
/// if let Reply::Complete(response) = answer.value {
///     println!("{}", serde_json::to_string(&response)?);
/// }
/// # }
/// # Ok(()) }
/// ```
///
/// [`Timeouts`]: crate::Timeouts
#[derive(Clone)]
pub struct Executor {
    pub(crate) remote: Arc<Remote>,
    pub(crate) key: Key,
}

impl Executor {
    /// An executor without credentials over a transport of your own.
    ///
    /// # Errors
    /// The profile holds a header that cannot be sent.
    pub fn new(config: Config, transport: Arc<dyn Transport>) -> Result<Self, Error> {
        Ok(Self { remote: Arc::new(Remote::new(config, transport)?), key: Key::None })
    }

    /// An executor without credentials over HTTP, with the proxy the environment names.
    ///
    /// # Errors
    /// As [`new`](Self::new), and when the HTTP client cannot be built.
    #[cfg(feature = "reqwest")]
    pub fn over_http(config: Config) -> Result<Self, Error> {
        let client = interlingua_auth::transport::Transport::default().client().map_err(Error::credentials)?;
        Self::new(config, Arc::new(crate::ReqwestTransport::new(&client)))
    }

    /// The same upstream over the same connections, with a bearer token. The token is never refreshed.
    ///
    /// # Errors
    /// The token is empty or holds what no header may carry.
    pub fn with_bearer(&self, token: &str) -> Result<Self, Error> {
        Ok(Self { remote: Arc::clone(&self.remote), key: Key::bearer(token)? })
    }

    /// The same upstream over the same connections, with credentials that are asked before every request.
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn with_credentials(&self, credentials: Arc<dyn interlingua_auth::Credentials>) -> Self {
        Self { remote: Arc::clone(&self.remote), key: Key::Credentials(credentials) }
    }

    /// What it was made with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.remote.config
    }

    /// What the upstream last said about its limits, whoever asked.
    #[must_use]
    pub fn rate_limits(&self) -> Option<RateLimits> {
        self.remote.last_limits()
    }

    /// Answers a Chat Completions request, streamed or whole as it asks.
    ///
    /// A stream is held back until its first output is there, so that a refusal inside a 200 is an error with its real
    /// status. After [`Timeouts::hold`](crate::Timeouts::hold) it is handed out as it is, and a later failure is its last
    /// event.
    ///
    /// # Errors
    /// Any [`Error`]; its `param` is a path in `request`.
    pub async fn chat(&self, request: wire_chat::Request) -> Result<Answer<Reply>, Error> {
        match self.remote.config.dialect {
            Dialect::Responses => self.translated::<ChatCaller>(request).await,
            Dialect::Chat => {
                let is_streamed = request.stream == Some(true);
                self.passed(self.pass_chat(to_json(&request)?).await?, is_streamed).await
            }
        }
    }

    /// Answers a Responses request, streamed or whole as it asks, as [`chat`](Self::chat) does.
    ///
    /// Over a Chat upstream usage is always asked for. What needs a server that remembers (`previous_response_id`,
    /// `conversation`, `background`) is refused before anything is sent.
    ///
    /// # Errors
    /// Any [`Error`]; its `param` is a path in `request`.
    pub async fn responses(
        &self,
        request: wire_responses::Request,
    ) -> Result<Answer<Reply<wire_responses::Response>>, Error> {
        match self.remote.config.dialect {
            Dialect::Chat => self.translated::<ResponsesCaller>(request).await,
            Dialect::Responses => {
                let is_streamed = request.stream == Some(true);
                self.passed(pass_responses(to_json(&request)?, is_streamed, HeaderMap::new()), is_streamed).await
            }
        }
    }

    /// Answers a request of the model with the whole reply.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn complete(&self, request: Request) -> Result<Answer<Response>, Error> {
        let prepared = self.prepare(request, Form::Whole).await?;
        let mut tries = self.remote.tries();
        loop {
            match self.complete_once(&prepared).await {
                Err(error) => tries.again(error).await?,
                answer => return answer,
            }
        }
    }

    /// Answers a request of the model with the events of the reply. They are held back as [`chat`](Self::chat) says.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn stream(&self, request: Request) -> Result<Answer<EventStream>, Error> {
        let prepared = self.prepare(request, Form::Stream).await?;
        let mut tries = self.remote.tries();
        loop {
            match self.stream_once(&prepared).await {
                Err(error) => tries.again(error).await?,
                answer => return answer,
            }
        }
    }
}

impl Executor {
    /// The request in the upstream's words, by its ways with this model.
    async fn prepare(&self, request: Request, form: Form) -> Result<Prepared, Error> {
        let catalogue = self.catalogue().await;
        let known = catalogue.as_deref().and_then(|catalogue| catalogue.profile(&request.model));
        let config = &self.remote.config;
        Prepared::new(request, form, config, known.unwrap_or(&config.profile))
    }

    async fn complete_once(&self, prepared: &Prepared) -> Result<Answer<Response>, Error> {
        let opened = self.open(prepared).await?;
        let started = opened.meta();
        let (value, reply_losses) = self.whole(opened, prepared).await?;
        Ok(Answer { value, meta: started.ready([prepared.losses.clone(), reply_losses].concat()) })
    }

    async fn stream_once(&self, prepared: &Prepared) -> Result<Answer<EventStream>, Error> {
        let opened = self.open(prepared).await?;
        let started = opened.meta();
        let body = self.event_stream(opened).await?;
        let mut stream = EventStream::new(self.decoding(body, prepared, None));
        self.hold(|cx| stream.poll_ready(cx)).await;
        let value = stream.release().map_err(|error| error.with_head(&started.head))?;
        Ok(Answer { value, meta: started.ready(prepared.losses.clone()) })
    }

    /// Answers a caller of either API over an upstream of either.
    async fn translated<C: Caller>(&self, request: C::Request) -> Result<Answer<Reply<C::Response>>, Error> {
        let decoded = C::decode(request).and_then(|it| it.under(self.remote.config.policy));
        let Translated { value: request, losses } = decoded.map_err(Error::translation)?;
        let form = if request.stream.enabled { Form::Stream } else { Form::Whole };
        let mut prepared = self.prepare(request, form).await?;
        prepared.losses.splice(0..0, losses);
        let mut tries = self.remote.tries();
        loop {
            let answer = match form {
                Form::Whole => self.whole_for::<C>(&prepared).await,
                Form::Stream => self.streamed_for::<C>(&prepared).await,
            };
            let Err(error) = answer else { return answer };
            let again = tries.again(error).await;
            again.map_err(|error| error.map_param(|param| prepared.params.callers(param)))?;
        }
    }

    async fn whole_for<C: Caller>(&self, prepared: &Prepared) -> Result<Answer<Reply<C::Response>>, Error> {
        let opened = self.open(prepared).await?;
        let started = opened.meta();
        let (response, decoding) = self.whole(opened, prepared).await?;
        let encoded = C::encode(response, &prepared.context);
        let Translated { value, losses: encoding } =
            encoded.map_err(|error| Error::translation(error).with_head(&started.head))?;
        let losses = [prepared.losses.clone(), decoding, encoding].concat();
        Ok(Answer { value: Reply::Complete(Box::new(value)), meta: started.ready(losses) })
    }

    async fn streamed_for<C: Caller>(&self, prepared: &Prepared) -> Result<Answer<Reply<C::Response>>, Error> {
        let opened = self.open(prepared).await?;
        let started = opened.meta();
        let body = self.event_stream(opened).await?;
        let decoding = self.decoding(body, prepared, Some(Arc::clone(&prepared.params)));
        let mut held = Held::new(decoding, C::encoder(prepared.context.clone()));
        self.hold(|cx| held.poll_ready(cx)).await;
        let stream = held.release().map_err(|error| error.with_head(&started.head))?;
        Ok(Answer { value: Reply::Stream(stream), meta: started.ready(prepared.losses.clone()) })
    }

    /// An upstream that speaks the caller's language answers in its own words.
    async fn passed<T: DeserializeOwned>(
        &self,
        outgoing: Outgoing,
        is_streamed: bool,
    ) -> Result<Answer<Reply<T>>, Error> {
        let mut tries = self.remote.tries();
        let opened = loop {
            match self.remote.open_readable(outgoing.clone(), &self.key).await {
                Ok(opened) => break opened,
                Err(error) => tries.again(error).await?,
            }
        };
        let started = opened.meta();
        if opened.is_event_stream(is_streamed) {
            let stream = SseStream::passed(self.remote.paced(opened.body));
            return Ok(Answer { value: Reply::Stream(stream), meta: started.ready(Vec::new()) });
        }
        let bytes = self.remote.read_whole(&opened.head, opened.body, MAX_REPLY).await?;
        let value = read_json(&started.head, &bytes)?;
        Ok(Answer { value: Reply::Complete(Box::new(value)), meta: started.ready(Vec::new()) })
    }

    async fn open(&self, prepared: &Prepared) -> Result<Opened, Error> {
        let accept = match prepared.form {
            Form::Whole => JSON,
            Form::Stream => EVENT_STREAM,
        };
        let (headers, body) = (prepared.headers.clone(), prepared.body.clone());
        let outgoing = Outgoing { method: Method::POST, endpoint: prepared.endpoint(), accept, headers, body };
        self.remote.open_readable(outgoing, &self.key).await
    }

    fn decoding(&self, body: ByteStream, prepared: &Prepared, params: Option<Arc<Params>>) -> Decoding {
        let Remote { config, transport, last_limits, .. } = &*self.remote;
        let limits = Arc::clone(last_limits);
        Decoding::new(body, prepared.decoder(), params, limits, Arc::clone(transport), config.timeouts)
    }

    /// The bytes of a reply that has to be a stream.
    async fn event_stream(&self, opened: Opened) -> Result<ByteStream, Error> {
        if opened.is_event_stream(true) {
            return Ok(opened.body);
        }
        let head = opened.head;
        let bytes = self.remote.read_whole(&head, opened.body, MAX_ERROR_BODY).await.unwrap_or_default();
        let failure = std::str::from_utf8(&bytes).ok().and_then(error_body::from_json);
        let error = failure.map_or_else(
            || {
                let kind = head.content_type();
                Error::malformed(Phase::Headers, format!("the upstream was asked for an event stream and sent {kind}"))
            },
            |failure| Error::in_reply(Phase::Headers, failure),
        );
        Err(error.with_head(&head))
    }

    /// The reply as a whole: plain JSON, or the events of a stream folded.
    async fn whole(&self, opened: Opened, prepared: &Prepared) -> Result<(Response, Vec<Loss>), Error> {
        let streamed = opened.is_event_stream(prepared.form == Form::Stream);
        let Opened { head, body, .. } = opened;
        if streamed {
            return self.folded(body, prepared).await.map_err(|error| error.with_head(&head));
        }
        let bytes = self.remote.read_whole(&head, body, MAX_REPLY).await?;
        let decoded = prepared.decode(&head, &bytes).map_err(|error| error.with_head(&head))?;
        Ok((decoded.value, decoded.losses))
    }

    async fn folded(&self, body: ByteStream, prepared: &Prepared) -> Result<(Response, Vec<Loss>), Error> {
        let mut decoding = self.decoding(body, prepared, None);
        let mut fold = Watched { fold: Fold::default(), seen: Phase::FirstEvent };
        let outcome = loop {
            match std::future::poll_fn(|cx| decoding.poll_step(cx, &mut fold)).await {
                Step::More => {}
                Step::Over(outcome) => break outcome,
            }
        };
        let Watched { fold, seen } = fold;
        match fold.finish() {
            Ok(response) => Ok((response, outcome.losses)),
            Err(FoldError::Failed(failure)) => Err(decoding.into_error(*failure, seen)),
            // The decoder ends every stream, so nothing else can be the matter.
            Err(error) => Err(Error::malformed(Phase::MidStream, error.to_string())),
        }
    }

    /// Waits for `ready`, but not longer than a stream is held back.
    async fn hold(&self, mut ready: impl FnMut(&mut Task<'_>) -> Poll<()>) {
        let mut timer = self.remote.transport.sleep(self.remote.config.timeouts.hold);
        std::future::poll_fn(|cx| match ready(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => Pin::new(&mut timer).poll(cx),
        })
        .await;
    }
}

/// A fold, and how far its reply has come.
struct Watched {
    fold: Fold,
    seen: Phase,
}

impl Sink for Watched {
    fn event(&mut self, event: Event<'_>) {
        if is_output(&event) {
            self.seen = Phase::MidStream;
        }
        self.fold.event(event);
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("config", self.config()).field("key", &self.key).finish_non_exhaustive()
    }
}
