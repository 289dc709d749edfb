//! One HTTP exchange: the request as the upstream wants it, the head of its reply, and what a bad head means.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, Request, StatusCode};

use crate::answer::{Meta, Timings};
use crate::config::{Config, ERROR_BODY_WAIT, MAX_ERROR_BODY};
use crate::error::{Error, Phase};
use crate::error_body;
use crate::head::{RateLimits, ReplyHead};
use crate::key::{Grant, Key};
use crate::transport::{ByteStream, Transport};
use crate::watch::{Paced, collect, within};

/// What all clones of an executor share.
pub(crate) struct Remote {
    pub(crate) config: Config,
    pub(crate) transport: Arc<dyn Transport>,
    /// The headers of every request, credentials apart.
    headers: HeaderMap,
    last_limits: Mutex<Option<RateLimits>>,
}

/// A request before anything was sent.
pub(crate) struct Outgoing {
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
    grant: Grant,
    sent: Instant,
    waited: Duration,
}

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(crate) const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

impl Remote {
    pub(crate) fn new(config: Config, transport: Arc<dyn Transport>) -> Result<Self, Error> {
        let mut headers = HeaderMap::new();
        // A compressed event stream arrives in lumps, and whole replies gain little.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("interlingua/", env!("CARGO_PKG_VERSION"))));
        for (name, value) in &config.profile.headers {
            let bad = || Error::configuration(format!("the profile's header {name:?} cannot be sent"));
            let value = HeaderValue::try_from(value).map_err(|_| bad())?;
            headers.insert(HeaderName::try_from(name).map_err(|_| bad())?, value);
        }
        Ok(Self { config, transport, headers, last_limits: Mutex::new(None) })
    }

    /// What the upstream last said about its limits.
    pub(crate) fn last_limits(&self) -> Option<RateLimits> {
        self.last_limits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a request and waits for the head of the reply, whatever its status.
    ///
    /// It is sent once, and once more where the upstream refuses credentials that can renew themselves. Further attempts
    /// would have their place here: nothing has gone out to a client yet.
    pub(crate) async fn open(&self, outgoing: Outgoing, key: &Key) -> Result<Opened, Error> {
        let Outgoing { method, endpoint, accept, headers, body } = outgoing;
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = self.config.base_url.endpoint(endpoint)?;
        request.headers_mut().clone_from(&self.headers);
        request.headers_mut().insert(ACCEPT, accept);
        if !request.body().is_empty() {
            request.headers_mut().insert(CONTENT_TYPE, JSON);
        }
        request.headers_mut().extend(headers);
        let grant = key.grant().await?;
        let opened = self.send(request.clone(), grant).await?;
        if opened.head.status != StatusCode::UNAUTHORIZED {
            return Ok(opened);
        }
        match key.renew(&opened.grant).await? {
            Some(grant) => self.send(request, grant).await,
            None => Ok(opened),
        }
    }

    async fn send(&self, mut request: Request<Bytes>, grant: Grant) -> Result<Opened, Error> {
        grant.apply(request.headers_mut());
        let sent = Instant::now();
        let limit = self.config.timeouts.headers;
        let response = within(&*self.transport, limit, self.transport.send(request))
            .await
            .ok_or_else(|| Error::timeout(Phase::Headers, limit))?
            .map_err(|error| Error::transport(error, &self.config.base_url))?;
        let (parts, body) = response.into_parts();
        let head = ReplyHead::new(parts.status, &parts.headers);
        if let Some(limits) = head.rate_limits() {
            *self.last_limits.lock().unwrap_or_else(PoisonError::into_inner) = Some(limits);
        }
        Ok(Opened { head, body, grant, sent, waited: sent.elapsed() })
    }

    /// The same, where only a reply that can be read is of use.
    pub(crate) async fn open_readable(&self, outgoing: Outgoing, key: &Key) -> Result<Opened, Error> {
        let opened = self.open(outgoing, key).await?;
        if !opened.head.status.is_success() {
            return Err(self.refusal(opened).await);
        }
        match opened.head.compression() {
            None => Ok(opened),
            Some(encoding) => {
                let message = format!("the upstream compressed its reply ({encoding}) although it was asked not to");
                Err(Error::malformed(Phase::Headers, message).with_head(&opened.head))
            }
        }
    }

    /// The whole of a reply's body, within limits.
    pub(crate) async fn read_whole(&self, head: &ReplyHead, body: ByteStream, most: usize) -> Result<Bytes, Error> {
        let cut = |error| Error::cut(Phase::MidStream, error).with_head(head);
        let (bytes, whole) = collect(self.paced(body), most).await.map_err(cut)?;
        if whole {
            return Ok(bytes);
        }
        let message = format!("the upstream's reply is larger than {} MiB", most >> 20);
        Err(Error::malformed(Phase::MidStream, message).with_head(head))
    }

    /// The body with a limit on its pauses.
    pub(crate) fn paced(&self, body: ByteStream) -> Paced {
        Paced::new(body, Arc::clone(&self.transport), self.config.timeouts.idle)
    }

    async fn refusal(&self, opened: Opened) -> Error {
        let Opened { head, body, grant, sent: _, waited: _ } = opened;
        let read = within(&*self.transport, ERROR_BODY_WAIT, collect(self.paced(body), MAX_ERROR_BODY)).await;
        // A body that does not come still leaves the status to report.
        let (bytes, whole) = read.and_then(Result::ok).unwrap_or_default();
        let failure = error_body::read(&head, &grant.scrub(&bytes), whole);
        let status = if head.status.is_client_error() || head.status.is_server_error() {
            head.status
        } else {
            StatusCode::BAD_GATEWAY
        };
        Error::refused(status, failure).with_head(&head)
    }
}

impl Opened {
    /// Whether the reply is an event stream; `expected` decides where it does not say.
    pub(crate) fn is_event_stream(&self, expected: bool) -> bool {
        let kind = self.head.content_type().trim_start().to_ascii_lowercase();
        if kind.starts_with("text/event-stream") {
            return true;
        }
        expected && !kind.contains("json") && !kind.contains("html")
    }

    /// The meta of an answer that is ready now.
    pub(crate) fn meta(&self) -> Started {
        Started { head: self.head.clone(), sent: self.sent, waited: self.waited }
    }
}

/// What is known of an answer before it is ready.
pub(crate) struct Started {
    pub(crate) head: ReplyHead,
    sent: Instant,
    waited: Duration,
}

impl Started {
    pub(crate) fn ready(self, losses: Vec<interlingua_translate::Loss>) -> Meta {
        let Self { head, sent, waited } = self;
        let timings = Timings { headers: waited, ready: sent.elapsed() };
        Meta { losses, rate_limits: head.rate_limits(), head, timings }
    }
}
