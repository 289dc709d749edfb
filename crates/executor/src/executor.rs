//! The calls.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::SystemTime;

use http::{HeaderMap, Method};
use interlingua_model::{Fold, Request, Response, Sink};
use interlingua_translate::{self as translate, Asked, Loss, Outcome, Outgoing, Reading, Stamp, Upstream};
use uuid::Uuid;

use crate::Scrubber;
use crate::answer::{Answer, Meta, Reply};
use crate::backend::Nature;
use crate::codex::limits::RateLimits;
use crate::config::Config;
use crate::error::Error;
use crate::http::exchange::{Call, EVENT_STREAM, JSON, Opened, Remote};
use crate::http::headers::of_session;
use crate::http::key::Key;
use crate::http::transport::BoxFuture;
use crate::http::transport::Transport;
use crate::stream::chain::{Chain, Reader};
use crate::stream::event_stream::{self, EventStream, Told};
use crate::stream::frame_stream::FrameStream;
use crate::stream::keeper::{Keeper, Last};
use crate::stream::out::{Bytewise, Out};
use crate::stream::source::Source;
use crate::stream::sse_stream::{self, Rendered, SseStream};

/// Sends requests to one upstream and gives its replies back in the caller's terms.
///
/// Cheap to clone; clones share connections and the last rate limits. Every wait has a limit ([`Timeouts`]), every buffer
/// too: 16 MiB for one event (a setting), 64 MiB for a whole reply or the text of a streamed one, 64 KiB for the body of an error. Dropping a call, or the stream it
/// gave, closes the upstream's connection. A request is sent again by [`RetryPolicy`](crate::RetryPolicy) alone.
///
/// Its futures are boxed, so that they are compiled here and not once more in every crate that awaits them.
///
/// ```no_run
/// use interlingua_executor::{Config, Executor, Reply};
/// use interlingua_translate::{Api, Translator};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # #[cfg(feature = "reqwest")] {
/// let executor = Executor::over_http(Config::default())?.with_bearer(&std::env::var("OPENAI_API_KEY")?)?;
/// let body = br#"{"model":"gpt-5.4","messages":[{"role":"user","content":"hi"}]}"#;
/// let answer = executor.ask(Translator::new(Api::Chat).read(body)?).await?;
/// if let Reply::Whole(completion) = answer.value {
///     println!("{}", String::from_utf8_lossy(&completion));
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
        Ok(Self { remote: Arc::new(Remote::new(config, transport)?), key: Key::none() })
    }

    /// An executor without credentials over HTTP, with the proxy the environment names.
    ///
    /// # Errors
    /// As [`new`](Self::new), and when the HTTP client cannot be built.
    #[cfg(feature = "reqwest")]
    pub fn over_http(config: Config) -> Result<Self, Error> {
        let client = interlingua_auth::HttpSettings::default().client().map_err(Error::credentials)?;
        Self::new(config, Arc::new(crate::ReqwestTransport::new(&client)))
    }

    /// The same upstream over the same connections, with a bearer token. The token is never refreshed.
    ///
    /// # Errors
    /// The token is empty or holds what no header may carry.
    pub fn with_bearer(&self, token: &str) -> Result<Self, Error> {
        Ok(Self { remote: Arc::clone(&self.remote), key: self.key.with_bearer(token)? })
    }

    /// The same with a token that goes out as `authorization: Bearer` wherever the upstream wants its API keys.
    ///
    /// # Errors
    /// As [`with_bearer`](Self::with_bearer).
    pub fn with_token(&self, token: &str) -> Result<Self, Error> {
        Ok(Self { remote: Arc::clone(&self.remote), key: self.key.with_token(token)? })
    }

    /// The same upstream over the same connections, with credentials that are asked before every request.
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn with_credentials(&self, credentials: Arc<dyn interlingua_auth::Credentials>) -> Self {
        Self { remote: Arc::clone(&self.remote), key: self.key.with_credentials(credentials) }
    }

    /// The same upstream with the same credentials, and with more secrets that no error, header, failure or loss may repeat:
    /// the key that callers of a gateway present, for instance. Its own credentials it knows anyway.
    #[must_use]
    pub fn hiding(&self, secrets: &Scrubber) -> Self {
        Self { remote: Arc::clone(&self.remote), key: self.key.hiding(secrets) }
    }

    /// The same, with the headers that a client has sent of its session, its trace and the features it asks for: for an
    /// upstream that speaks the client's API. Its identity and its credentials stay here.
    #[must_use]
    pub fn with_session_of(&self, client: &HeaderMap) -> Self {
        self.with_headers(&of_session(client).collect())
    }

    /// The same, with headers that go along with every request: those of a proxy, for instance. They replace what the profile
    /// says.
    #[must_use]
    pub fn with_headers(&self, headers: &HeaderMap) -> Self {
        Self { remote: Arc::clone(&self.remote), key: self.key.with_headers(headers) }
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

    /// Answers a request of a client, in its API, streamed or whole as it asks; what the upstream speaks makes no difference.
    ///
    /// A stream is held back until its first output is there, so that a refusal inside a 200 is an error with its real
    /// status. After [`Timeouts::hold`](crate::Timeouts::hold) it is handed out as it is, and a later failure is its last
    /// event.
    ///
    /// # Errors
    /// Any [`Error`]; its `param` is a path in the client's request.
    pub fn ask(&self, asked: Asked) -> BoxFuture<'_, Result<Answer<Reply>, Error>> {
        self.asking(asked, None)
    }

    /// As [`ask`](Self::ask); `keeper` is shown the end of the reply before it is handed out.
    ///
    /// # Errors
    /// As `ask`.
    pub fn ask_kept(&self, asked: Asked, keeper: Arc<dyn Keeper>) -> BoxFuture<'_, Result<Answer<Reply>, Error>> {
        self.asking(asked, Some(keeper))
    }

    fn asking(&self, asked: Asked, keeper: Option<Arc<dyn Keeper>>) -> BoxFuture<'_, Result<Answer<Reply>, Error>> {
        Box::pin(async move {
            let is_streamed = asked.is_streamed();
            let client = asked.client();
            let Ready { call, losses, reply } = self.written(asked).await?;
            let attempt = || async {
                let opened = self.open(&call, &reply).await?;
                let reader = self.rendered(&opened, &reply).marking_last(keeper.is_some());
                self.answer(opened, reader, is_streamed, &losses, keeper.clone()).await
            };
            self.remote.tries_for(client).until(attempt).await
        })
    }

    /// Answers a request of a client that streams, with the frames of the reply one by one. They are held back as
    /// [`ask`](Self::ask) says.
    ///
    /// `headers` are the client's: those of its session go along to an upstream that speaks its API, as with
    /// [`pass`](Self::pass).
    ///
    /// # Errors
    /// As `ask`.
    pub fn frames<'a>(
        &'a self,
        asked: Asked,
        headers: &'a HeaderMap,
    ) -> BoxFuture<'a, Result<Answer<FrameStream>, Error>> {
        Box::pin(async move {
            let client = asked.client();
            let is_same = client == self.remote.config.upstream.api();
            let Ready { mut call, losses, reply } = self.written(asked).await?;
            if is_same {
                call.headers.extend(of_session(headers));
            }
            let attempt = || async { self.framed(self.open(&call, &reply).await?, &reply, &losses).await };
            self.remote.tries_for(client).until(attempt).await
        })
    }

    /// Answers a request of the model with the whole reply.
    ///
    /// # Errors
    /// Any [`Error`].
    pub fn complete(&self, request: Request) -> BoxFuture<'_, Result<Answer<Response>, Error>> {
        Box::pin(async move {
            let Ready { call, losses, reply } = self.prepare(request, false).await?;
            self.remote.tries().until(|| self.complete_once(call.clone(), &reply, &losses)).await
        })
    }

    /// Answers a request of the model with the events of the reply. They are held back as [`ask`](Self::ask) says.
    ///
    /// # Errors
    /// Any [`Error`].
    pub fn stream(&self, request: Request) -> BoxFuture<'_, Result<Answer<EventStream>, Error>> {
        Box::pin(async move {
            let Ready { call, losses, reply } = self.prepare(request, true).await?;
            self.remote.tries().until(|| self.stream_once(call.clone(), &reply, &losses)).await
        })
    }
}

/// A request that can be sent as often as need be.
struct Ready<R> {
    call: Call,
    /// What the request lost.
    losses: Vec<Loss>,
    reply: R,
}

impl Executor {
    /// The upstream's ways with a model.
    async fn upstream_for(&self, model: &str) -> Upstream {
        // Boxed, since hardly any upstream has one, and every request would have the room for it.
        let catalogue = if self.has_catalogue() { Box::pin(self.catalogue()).await } else { None };
        let known = catalogue.as_deref().and_then(|catalogue| catalogue.upstream(model));
        known.unwrap_or(&self.remote.config.upstream).clone()
    }

    /// A client's request in the upstream's words.
    async fn written(&self, asked: Asked) -> Result<Ready<translate::Reply>, Error> {
        let upstream = self.upstream_for(asked.model()).await;
        let outgoing = asked.to(&upstream, stamp()).map_err(Error::translation)?;
        self.ready(outgoing, &upstream)
    }

    /// Sends it; what the upstream complains of is named as the client wrote it.
    async fn open(&self, call: &Call, reply: &translate::Reply) -> Result<Opened, Error> {
        let opened = self.remote.open_readable(call.clone(), &self.key).await;
        opened.map_err(|error| error.map_param(|param| reply.param(param)))
    }

    /// A request of the model in the upstream's words.
    async fn prepare(&self, mut request: Request, is_streamed: bool) -> Result<Ready<Reading>, Error> {
        request.stream.enabled = is_streamed;
        let upstream = self.upstream_for(&request.model).await;
        let outgoing = upstream.request(request, self.remote.config.policy, stamp()).map_err(Error::translation)?;
        self.ready(outgoing, &upstream)
    }

    fn ready<R>(&self, outgoing: Outgoing<R>, upstream: &Upstream) -> Result<Ready<R>, Error> {
        let Outgoing { path, mut body, is_streamed, session, features, is_opening, has_images, losses, reply } =
            outgoing;
        // It is held until its answer begins, and was written into more room than it took.
        body.shrink_to_fit();
        let nature = Nature { is_opening, has_images };
        let headers = self.remote.config.backend.request_headers(
            upstream,
            session.as_deref(),
            (&features, nature),
            self.key.headers(),
        )?;
        let accept = if is_streamed { EVENT_STREAM } else { JSON };
        let call = Call { method: Method::POST, endpoint: path, accept, headers, body: body.into() };
        Ok(Ready { call, losses, reply })
    }

    pub(crate) async fn answer(
        &self,
        opened: Opened,
        reader: Rendered<Bytewise>,
        is_streamed: bool,
        losses: &[Loss],
        keeper: Option<Arc<dyn Keeper>>,
    ) -> Result<Answer<Reply>, Error> {
        let started = opened.meta();
        let mut chain = self.chain(opened, reader);
        if is_streamed {
            self.hold(|cx| chain.poll_until(cx, Rendered::is_worth_sending)).await;
            let stream = SseStream::release(chain, keeper).map_err(|error| error.with_head(&started.head))?;
            return Ok(Answer { value: Reply::Stream(stream), meta: started.ready(losses.to_vec()) });
        }
        std::future::poll_fn(|cx| chain.poll_until(cx, |_| false)).await;
        let (mut body, outcome) = sse_stream::whole(chain).map_err(|error| error.with_head(&started.head))?;
        let Outcome { end: _, losses: lost, usage, thoughts } = outcome;
        if let Some(keeper) = keeper {
            keeper.remember(thoughts).await;
            body = keeper.keep(Last::Whole(body)).await;
        }
        let meta = Meta { usage, ..started.ready([losses, &lost].concat()) };
        Ok(Answer { value: Reply::Whole(body), meta })
    }

    async fn framed(
        &self,
        opened: Opened,
        reply: &translate::Reply,
        losses: &[Loss],
    ) -> Result<Answer<FrameStream>, Error> {
        let started = opened.meta();
        let reader = self.rendered(&opened, reply);
        let mut chain = self.chain(opened, reader);
        self.hold(|cx| chain.poll_until(cx, Rendered::is_worth_sending)).await;
        let stream = FrameStream::release(chain).map_err(|error| error.with_head(&started.head))?;
        Ok(Answer { value: stream, meta: started.ready(losses.to_vec()) })
    }

    async fn complete_once(&self, call: Call, reading: &Reading, losses: &[Loss]) -> Result<Answer<Response>, Error> {
        let opened = self.remote.open_readable(call, &self.key).await?;
        let started = opened.meta();
        let reader = self.told::<Fold>(&opened, reading);
        let mut chain = self.chain(opened, reader);
        std::future::poll_fn(|cx| chain.poll_until(cx, |_| false)).await;
        let (value, lost) = event_stream::whole(chain).map_err(|error| error.with_head(&started.head))?;
        Ok(Answer { value, meta: started.ready([losses, &lost].concat()) })
    }

    async fn stream_once(&self, call: Call, reading: &Reading, losses: &[Loss]) -> Result<Answer<EventStream>, Error> {
        let opened = self.remote.open_readable(call, &self.key).await?;
        let started = opened.meta();
        let reader = self.told(&opened, reading);
        let mut chain = self.chain(opened, reader);
        self.hold(|cx| chain.poll_until(cx, Reader::has_output)).await;
        let value = EventStream::release(chain).map_err(|error| error.with_head(&started.head))?;
        Ok(Answer { value, meta: started.ready(losses.to_vec()) })
    }

    /// What writes the reply in the client's words.
    fn rendered<O: Out>(&self, opened: &Opened, reply: &translate::Reply) -> Rendered<O> {
        let answer = reply.answer().with_event_limit(self.remote.config.max_event);
        Rendered::new(answer, opened.head.scrubber().clone())
    }

    /// What tells the reply in those of the model.
    fn told<S: Sink + Default>(&self, opened: &Opened, reading: &Reading) -> Told<S> {
        Told::new(reading.events().with_event_limit(self.remote.config.max_event), opened.head.scrubber().clone())
    }

    fn chain<R: Reader>(&self, opened: Opened, reader: R) -> Chain<R> {
        let Remote { config, transport, last_limits, .. } = &*self.remote;
        let source = Source::new(opened.body, Arc::clone(transport), config.timeouts);
        Chain::new(source, reader, Arc::clone(last_limits), opened.head.scrubber().clone())
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

/// An id and the time of now, which the translator may not make up.
#[must_use]
pub fn stamp() -> Stamp {
    let created = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Stamp { id: Uuid::new_v4().simple().to_string(), created }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("config", self.config()).field("key", &self.key).finish_non_exhaustive()
    }
}
