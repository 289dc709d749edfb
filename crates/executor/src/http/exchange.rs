//! One HTTP exchange: the request as the upstream wants it, the head of its reply, and what a bad head means.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use interlingua_translate::{Api, Loss, LossCode};

use crate::answer::{Meta, Timings};
use crate::codex::catalogue::LastCatalogue;
use crate::codex::limits::{LastLimits, RateLimits};
use crate::config::{Config, MAX_ERROR_BODY};
use crate::error::{Error, Phase, body};
use crate::http::head::ReplyHead;
use crate::http::headers::{carry, header_name};
use crate::http::key::{Grant, Key};
use crate::http::retry::{Decision, RetryPolicy};
use crate::http::transport::{ByteStream, Transport};
use crate::http::wait::{Paced, collect, read_into, within};
use crate::{BaseUrl, Scrubber};

/// What all clones of an executor share.
pub(crate) struct Remote {
    pub(crate) config: Config,
    pub(crate) base_url: BaseUrl,
    pub(crate) transport: Arc<dyn Transport>,
    /// The headers of every request, credentials apart.
    headers: HeaderMap,
    /// The header that carries the key as it is.
    key_header: Option<HeaderName>,
    pub(crate) last_limits: Arc<LastLimits>,
    pub(crate) catalogue: LastCatalogue,
}

/// A request before anything was sent.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) endpoint: &'static str,
    pub(crate) accept: HeaderValue,
    /// Headers of this request alone.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A reply whose head is there.
pub(crate) struct Opened {
    pub(crate) head: ReplyHead,
    pub(crate) body: ByteStream,
    pub(crate) etag: Option<HeaderValue>,
    grant: Grant,
    times: Times,
    sent: Instant,
    waited: Duration,
    /// What the request went without in the end.
    lost: Vec<Loss>,
}

/// How often a request was authorised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Times {
    Once,
    /// With one access, which was refused, and then with a newer one.
    Twice,
}

/// The attempts of one call.
pub(crate) struct Tries<'r> {
    remote: &'r Remote,
    policy: RetryPolicy,
    made: u32,
}

impl Tries<'_> {
    /// Makes attempts until one succeeds or no further one is due. Nothing of an answer may leave an attempt that fails.
    pub(crate) async fn until<T, F>(mut self, mut attempt: impl FnMut() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        loop {
            match attempt().await {
                Err(error) => self.again(error).await?,
                done => return done,
            }
        }
    }

    /// Waits until the next attempt is due, or gives the error back where there is none.
    async fn again(&mut self, error: Error) -> Result<(), Error> {
        self.made += 1;
        match self.policy.decide(self.made, error.setback()) {
            Decision::GiveUp => Err(error),
            Decision::Retry(wait) => {
                self.remote.transport.sleep(wait).await;
                Ok(())
            }
        }
    }
}

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(crate) const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

impl Remote {
    pub(crate) fn new(config: Config, transport: Arc<dyn Transport>) -> Result<Self, Error> {
        let mut headers = HeaderMap::new();
        // A compressed event stream arrives in lumps, and whole replies gain little.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("interlingua/", env!("CARGO_PKG_VERSION"))));
        carry(&mut headers, &config.backend.headers)?;
        let key_header = config.backend.key_header.as_deref().map(header_name).transpose()?;
        Ok(Self {
            base_url: config.base_url(),
            config,
            transport,
            headers,
            key_header,
            last_limits: Arc::default(),
            catalogue: LastCatalogue::default(),
        })
    }

    /// What the upstream last said about its limits.
    pub(crate) fn last_limits(&self) -> Option<RateLimits> {
        self.last_limits.read()
    }

    /// The attempts of a call that begins now.
    pub(crate) fn tries(&self) -> Tries<'_> {
        Tries { remote: self, policy: self.config.retry, made: 0 }
    }

    /// The same for the client of an API.
    pub(crate) fn tries_for(&self, client: Api) -> Tries<'_> {
        Tries { policy: self.config.retry.of_client(client), ..self.tries() }
    }

    /// Sends a request and waits for the head of the reply, whatever its status.
    ///
    /// It is sent once, and once more where the upstream refuses credentials that can renew themselves. Further attempts
    /// are the caller's, see [`Tries`].
    pub(crate) async fn open(&self, call: Call, key: &Key) -> Result<Opened, Error> {
        let Call { method, endpoint, accept, headers, body } = call;
        self.ask(method, self.base_url.endpoint(endpoint)?, headers, body, accept, key).await
    }

    /// Asks for something that is no endpoint of an API known here.
    pub(crate) async fn ask(
        &self,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
        accept: HeaderValue,
        key: &Key,
    ) -> Result<Opened, Error> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        self.exchange(request, accept, key).await
    }

    /// Asks for something that is no endpoint of the API.
    pub(crate) async fn get(&self, uri: Uri, headers: HeaderMap, key: &Key) -> Result<Opened, Error> {
        self.ask(Method::GET, uri, headers, Bytes::new(), JSON, key).await
    }

    async fn exchange(&self, mut request: Request<Bytes>, accept: HeaderValue, key: &Key) -> Result<Opened, Error> {
        let own = std::mem::take(request.headers_mut());
        request.headers_mut().clone_from(&self.headers);
        request.headers_mut().insert(ACCEPT, accept);
        if !request.body().is_empty() {
            request.headers_mut().insert(CONTENT_TYPE, JSON);
        }
        request.headers_mut().extend(key.headers().clone());
        request.headers_mut().extend(own);
        let grant = key.grant().await?;
        let scrubber = key.scrubber(&grant);
        let opened = self.send(request.clone(), grant, scrubber.clone()).await?;
        if opened.head.status != StatusCode::UNAUTHORIZED {
            return Ok(opened);
        }
        match key.renew(&opened.grant).await? {
            Some(grant) => {
                // What was refused is no less a secret.
                let scrubber = scrubber.merged(&key.scrubber(&grant));
                Ok(Opened { times: Times::Twice, ..self.send(request, grant, scrubber).await? })
            }
            None => Ok(opened),
        }
    }

    async fn send(&self, mut request: Request<Bytes>, grant: Grant, scrubber: Scrubber) -> Result<Opened, Error> {
        if grant.token().is_some() && !self.config.allow_plain_http && !self.base_url.is_private() {
            return Err(Error::plain_http());
        }
        grant.apply(request.headers_mut(), self.key_header.as_ref());
        let sent = Instant::now();
        let limit = self.config.timeouts.headers;
        let response = within(&*self.transport, limit, self.transport.send(request))
            .await
            .ok_or_else(|| Error::timeout(Phase::Headers, limit))?
            .map_err(|error| Error::transport(error, self.base_url.authority()))?;
        let (parts, body) = response.into_parts();
        let head = ReplyHead::new(parts.status, &parts.headers).hiding(scrubber);
        if let Some(limits) = head.rate_limits() {
            self.last_limits.head(limits);
        }
        let etag = parts.headers.get(ETAG).cloned();
        Ok(Opened { head, body, etag, grant, times: Times::Once, sent, waited: sent.elapsed(), lost: Vec::new() })
    }

    /// The same, where only a reply that can be read is of use.
    pub(crate) async fn open_readable(&self, call: Call, key: &Key) -> Result<Opened, Error> {
        let opened = self.open(call.clone(), key).await?;
        self.sound_or_mended(opened, Words::Ours, call, key).await
    }

    /// The reply to a call that is passed on, where it can be; else the error it is, in the upstream's own words where they
    /// can be passed on.
    pub(crate) async fn passable_or_mended(&self, opened: Opened, call: Call, key: &Key) -> Result<Opened, Error> {
        self.sound_or_mended(opened, Words::Upstreams, call, key).await
    }

    /// The reply; where the upstream refused a request for something that it can go without, the reply to it without that.
    async fn sound_or_mended(&self, opened: Opened, words: Words, mut call: Call, key: &Key) -> Result<Opened, Error> {
        let error = match self.sound(opened, words).await {
            Err(error) if error.upstream_status() == Some(StatusCode::BAD_REQUEST) => error,
            sound => return sound,
        };
        let Some(body) = self.config.upstream.without_refused(&call.body, error.failure()) else { return Err(error) };
        call.body = body.into();
        let opened = self.sound(self.open(call, key).await?, words).await?;
        let detail =
            format!("the upstream refused the thoughts of earlier turns ({error}), and was asked without them");
        Ok(Opened { lost: vec![Loss::new("", LossCode::DroppedReasoning, detail)], ..opened })
    }

    /// The reply, where it can be read; else the error it is.
    pub(crate) async fn readable(&self, opened: Opened) -> Result<Opened, Error> {
        self.sound(opened, Words::Ours).await
    }

    /// The reply, where it can be passed on; else the error it is, in the upstream's own words where they can be passed on.
    pub(crate) async fn passable(&self, opened: Opened) -> Result<Opened, Error> {
        self.sound(opened, Words::Upstreams).await
    }

    async fn sound(&self, opened: Opened, words: Words) -> Result<Opened, Error> {
        if !opened.head.status.is_success() {
            return Err(self.refusal(opened, words).await);
        }
        match opened.head.compression() {
            None => Ok(opened),
            Some(encoding) => {
                let message = format!("the upstream compressed its reply ({encoding}) although it was asked not to");
                Err(Error::malformed(Phase::Headers, message).with_head(&opened.head))
            }
        }
    }

    /// The whole of a reply's body that is no model's, within limits and without secrets.
    pub(crate) async fn read_whole(&self, head: &ReplyHead, body: ByteStream, most: usize) -> Result<Bytes, Error> {
        let cut = |error| Error::cut(Phase::MidStream, error).with_head(head);
        let (bytes, whole) = collect(self.paced(body), most).await.map_err(cut)?;
        if whole {
            return Ok(match head.scrubber().body(&bytes) {
                Cow::Owned(clean) => clean.into(),
                Cow::Borrowed(_) => bytes,
            });
        }
        let message = format!("the upstream's reply is larger than {} MiB", most >> 20);
        Err(Error::malformed(Phase::MidStream, message).with_head(head))
    }

    /// The body with a limit on its pauses.
    pub(crate) fn paced(&self, body: ByteStream) -> Paced {
        Paced::new(body, Arc::clone(&self.transport), self.config.timeouts.idle)
    }

    async fn refusal(&self, opened: Opened, words: Words) -> Error {
        let Opened { head, body, etag: _, grant: _, times, sent: _, waited: _, lost: _ } = opened;
        let is_error = head.status.is_client_error() || head.status.is_server_error();
        // Nothing but an error has a body that is worth reading.
        let (bytes, whole) = if is_error { self.read_error(body).await } else { (Bytes::new(), true) };
        let bytes = head.scrubber().body(&bytes).into_owned();
        let failure = self.config.upstream.understood(body::read(&head, &bytes, whole));
        if head.status == StatusCode::UNAUTHORIZED && times == Times::Twice {
            return Error::relogin(&failure).with_head(&head);
        }
        if words == Words::Upstreams && whole && is_error && body::is_envelope(&bytes) {
            return Error::refused(head.status, failure).with_head(&head).with_words(bytes.into());
        }
        let status = if is_error { answerable(head.status) } else { StatusCode::BAD_GATEWAY };
        Error::refused(status, failure).with_head(&head)
    }

    /// The body of an error, or what came of it in time. The flag says that nothing was too much.
    async fn read_error(&self, body: ByteStream) -> (Bytes, bool) {
        let mut read = Vec::new();
        let mut body = self.paced(body);
        let reading = read_into(&mut body, MAX_ERROR_BODY, &mut read);
        // A body that does not come still leaves the status to report, and one that breaks off what it has said.
        let whole = within(&*self.transport, self.config.timeouts.error_body, reading).await;
        (read.into(), whole.and_then(Result::ok).unwrap_or(true))
    }
}

/// A status that clients of every API know: 529 is one of Anthropic's own.
fn answerable(status: StatusCode) -> StatusCode {
    if status.as_u16() == 529 { StatusCode::SERVICE_UNAVAILABLE } else { status }
}

/// In whose words an error is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    Ours,
    /// As they came, where they are an envelope that clients know.
    Upstreams,
}

impl Opened {
    /// The meta of an answer that is ready now.
    pub(crate) fn meta(&self) -> Started {
        Started { head: self.head.clone(), sent: self.sent, waited: self.waited, lost: self.lost.clone() }
    }
}

/// What is known of an answer before it is ready.
pub(crate) struct Started {
    pub(crate) head: ReplyHead,
    sent: Instant,
    waited: Duration,
    lost: Vec<Loss>,
}

impl Started {
    pub(crate) fn ready(self, mut losses: Vec<Loss>) -> Meta {
        let Self { head, sent, waited, lost } = self;
        losses.extend(lost);
        let timings = Timings { headers: waited, ready: sent.elapsed() };
        Meta { losses, is_passed: false, rate_limits: head.rate_limits(), head, usage: None, timings }
    }
}
