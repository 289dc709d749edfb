//! The calls.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, Method};
use interlingua_model::{Fold, FoldError, Request, Response};
use interlingua_translate::{Context, Loss, Stamp, Translated, chat, responses};
use interlingua_wire::{chat as wire_chat, responses as wire};
use uuid::Uuid;

use crate::answer::{Answer, Reply};
use crate::base_url::{MODELS, RESPONSES};
use crate::chat_stream::{ChatStream, Held};
use crate::config::{Config, Dialect, MAX_ERROR_BODY, MAX_REPLY};
use crate::decoding::{Decoding, Step};
use crate::error::{Error, Phase};
use crate::error_body;
use crate::event_stream::EventStream;
use crate::exchange::{EVENT_STREAM, JSON, Opened, Outgoing, Remote};
use crate::head::{RateLimits, ReplyHead};
use crate::key::Key;
use crate::params::{Before, Params};
use crate::transport::{ByteStream, Transport};

/// Sends requests to one upstream and gives its replies back in the caller's terms.
///
/// Cheap to clone; clones share connections and the last rate limits. Every wait has a limit ([`Timeouts`]), every buffer
/// too: 16 MiB for one event, 64 MiB for a whole reply, 64 KiB for the body of an error. Dropping a call, or the stream it
/// gave, closes the upstream's connection. A request is sent once.
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
            Dialect::Responses => self.chat_by_responses(request).await,
            Dialect::Chat => self.chat_by_chat(request).await,
        }
    }

    /// Answers a request of the model with the whole reply.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn complete(&self, request: Request) -> Result<Answer<Response>, Error> {
        let prepared = self.prepare(request, Form::Whole)?;
        let opened = self.open(&prepared).await?;
        let started = opened.meta();
        let (value, reply_losses) = self.whole(opened, &prepared).await?;
        Ok(Answer { value, meta: started.ready([prepared.losses, reply_losses].concat()) })
    }

    /// Answers a request of the model with the events of the reply. They are held back as [`chat`](Self::chat) says.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn stream(&self, request: Request) -> Result<Answer<EventStream>, Error> {
        let prepared = self.prepare(request, Form::Stream)?;
        let opened = self.open(&prepared).await?;
        let started = opened.meta();
        let body = self.event_stream(opened).await?;
        let mut stream = EventStream::new(self.decoding(body, &prepared.context, None));
        self.hold(|cx| stream.poll_ready(cx)).await;
        let value = stream.release().map_err(|error| error.with_head(&started.head))?;
        Ok(Answer { value, meta: started.ready(prepared.losses) })
    }

    /// The models the upstream offers.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn models(&self) -> Result<Answer<wire_chat::ModelList>, Error> {
        let outgoing = Outgoing {
            method: Method::GET,
            endpoint: MODELS,
            accept: JSON,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        let opened = self.remote.open_readable(outgoing, &self.key).await?;
        let started = opened.meta();
        let bytes = self.remote.read_whole(&opened.head, opened.body, MAX_REPLY).await?;
        let value = read_json(&started.head, &bytes)?;
        Ok(Answer { value, meta: started.ready(Vec::new()) })
    }
}

/// How a reply is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Whole,
    Stream,
}

/// A request for a Responses upstream, and what is needed of it to read the reply.
struct Prepared {
    body: Bytes,
    /// How the upstream is asked to answer.
    form: Form,
    context: Context,
    params: Arc<Params>,
    losses: Vec<Loss>,
}

impl Executor {
    async fn chat_by_responses(&self, request: wire_chat::Request) -> Result<Answer<Reply>, Error> {
        let decoded = chat::decode_request(request).and_then(|it| it.under(self.remote.config.policy));
        let Translated { value: request, losses } = decoded.map_err(Error::translation)?;
        let form = if request.stream.enabled { Form::Stream } else { Form::Whole };
        let mut prepared = self.prepare(request, form)?;
        prepared.losses.splice(0..0, losses);
        let answer = match form {
            Form::Whole => self.whole_chat(&mut prepared).await,
            Form::Stream => self.streamed_chat(&mut prepared).await,
        };
        answer.map_err(|error| error.map_param(|param| prepared.params.in_chat(param)))
    }

    async fn whole_chat(&self, prepared: &mut Prepared) -> Result<Answer<Reply>, Error> {
        let opened = self.open(prepared).await?;
        let started = opened.meta();
        let (response, decoding) = self.whole(opened, prepared).await?;
        let encoded = chat::encode_response(response, &prepared.context);
        let Translated { value, losses: encoding } =
            encoded.map_err(|error| Error::translation(error).with_head(&started.head))?;
        let losses = [std::mem::take(&mut prepared.losses), decoding, encoding].concat();
        Ok(Answer { value: Reply::Complete(Box::new(value)), meta: started.ready(losses) })
    }

    async fn streamed_chat(&self, prepared: &mut Prepared) -> Result<Answer<Reply>, Error> {
        let opened = self.open(prepared).await?;
        let started = opened.meta();
        let body = self.event_stream(opened).await?;
        let decoding = self.decoding(body, &prepared.context, Some(Arc::clone(&prepared.params)));
        let mut held = Held::new(decoding, chat::Encoder::new(prepared.context.clone()));
        self.hold(|cx| held.poll_ready(cx)).await;
        let stream = held.release().map_err(|error| error.with_head(&started.head))?;
        Ok(Answer { value: Reply::Stream(stream), meta: started.ready(std::mem::take(&mut prepared.losses)) })
    }

    /// A Chat upstream answers a Chat request in its own words.
    async fn chat_by_chat(&self, request: wire_chat::Request) -> Result<Answer<Reply>, Error> {
        let body = to_json(&request)?;
        let opened = self.remote.open_readable(self.pass(body).await?, &self.key).await?;
        let started = opened.meta();
        if opened.is_event_stream(request.stream == Some(true)) {
            let stream = ChatStream::passed(self.remote.paced(opened.body));
            return Ok(Answer { value: Reply::Stream(stream), meta: started.ready(Vec::new()) });
        }
        let bytes = self.remote.read_whole(&opened.head, opened.body, MAX_REPLY).await?;
        let value = read_json(&started.head, &bytes)?;
        Ok(Answer { value: Reply::Complete(Box::new(value)), meta: started.ready(Vec::new()) })
    }

    fn prepare(&self, request: Request, form: Form) -> Result<Prepared, Error> {
        let Config { dialect, profile, policy, .. } = &self.remote.config;
        if *dialect == Dialect::Chat {
            return Err(Error::unsupported("this executor's upstream speaks Chat Completions; use `chat`"));
        }
        let form = if profile.responses.always_stream { Form::Stream } else { form };
        let context = Context::new(&request, profile, stamp());
        let before = Before::of(&request);
        let encoded = responses::encode_request(request, profile).and_then(|it| it.under(*policy));
        let Translated { value: mut wire, losses } = encoded.map_err(Error::translation)?;
        wire.stream = (form == Form::Stream).then_some(true);
        let params = Arc::new(before.matched(&wire));
        Ok(Prepared { body: to_json(&wire)?, form, context, params, losses })
    }

    async fn open(&self, prepared: &Prepared) -> Result<Opened, Error> {
        let accept = match prepared.form {
            Form::Whole => JSON,
            Form::Stream => EVENT_STREAM,
        };
        let (headers, body) = (HeaderMap::new(), prepared.body.clone());
        let outgoing = Outgoing { method: Method::POST, endpoint: RESPONSES, accept, headers, body };
        self.remote.open_readable(outgoing, &self.key).await
    }

    fn decoding(&self, body: ByteStream, context: &Context, params: Option<Arc<Params>>) -> Decoding {
        let Remote { config, transport, .. } = &*self.remote;
        Decoding::new(body, responses::Decoder::new(context), params, Arc::clone(transport), config.timeouts)
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
            return self.folded(body, &prepared.context).await.map_err(|error| error.with_head(&head));
        }
        let bytes = self.remote.read_whole(&head, body, MAX_REPLY).await?;
        let wire: wire::Response = read_json(&head, &bytes)?;
        match responses::decode_response(wire, &prepared.context) {
            Ok(Translated { value, losses }) => Ok((value, losses)),
            Err(interlingua_translate::Error::Upstream(failure)) => {
                Err(Error::in_reply(Phase::MidStream, *failure).with_head(&head))
            }
            Err(error) => Err(Error::translation(error).with_head(&head)),
        }
    }

    async fn folded(&self, body: ByteStream, context: &Context) -> Result<(Response, Vec<Loss>), Error> {
        let mut decoding = self.decoding(body, context, None);
        let mut fold = Fold::default();
        let outcome = loop {
            match std::future::poll_fn(|cx| decoding.poll_step(cx, &mut fold)).await {
                Step::More => {}
                Step::Over(outcome) => break outcome,
            }
        };
        match fold.finish() {
            Ok(response) => Ok((response, outcome.losses)),
            Err(FoldError::Failed(failure)) => Err(decoding.into_error(*failure, Phase::MidStream)),
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

fn stamp() -> Stamp {
    let created = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Stamp { id: Uuid::new_v4().simple().to_string(), created }
}

fn to_json(value: &impl serde::Serialize) -> Result<Bytes, Error> {
    let bytes = serde_json::to_vec(value);
    bytes.map(Into::into).map_err(|error| Error::configuration(format!("the request cannot be written: {error}")))
}

fn read_json<'a, T: serde::Deserialize<'a>>(head: &ReplyHead, bytes: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        let message = match bytes.trim_ascii_start().first() {
            Some(b'<') => {
                "the upstream answered with a web page instead of an API reply; check the base URL".to_owned()
            }
            None => "the upstream's reply is empty".to_owned(),
            Some(_) => format!("the upstream's reply cannot be read: {error}"),
        };
        Error::malformed(Phase::MidStream, message).with_head(head)
    })
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("config", self.config()).field("key", &self.key).finish_non_exhaustive()
    }
}
