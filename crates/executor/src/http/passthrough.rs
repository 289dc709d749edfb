//! A request for an upstream that speaks the client's language: passed on, not translated.

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use interlingua_translate::chat::Field;
use interlingua_translate::{ChatUpstream, Upstream};
use uuid::Uuid;

use crate::http::exchange::{Call, EVENT_STREAM, JSON, Opened};
use crate::http::splice::Glance;
use crate::http::transport::BoxFuture;
use crate::http::transport::ByteStream;
use crate::scrub::Passing;
use crate::{Error, Executor};

impl Executor {
    /// Sends the body of a request as it is, with `headers` of the client beside it, to an upstream that speaks the client's
    /// API, and gives the reply back byte for byte, errors included, but for secrets that an error repeats: its status, the headers a client may see, and the body as
    /// it arrives.
    ///
    /// Of the headers those go along that belong to a session or a trace of the client's, such as `session-id` and
    /// `x-codex-turn-metadata`; its identity and its credentials stay here. To a Chat upstream one thing may be added: without
    /// a `prompt_cache_key` of the client's, and unless the upstream refuses it, the key is made from the bearer token (the
    /// same for the same token) and appended; the headers `conversation_id` and `session_id` carry the key as well.
    ///
    /// # Errors
    /// Only what keeps a reply from coming: the upstream cannot be reached, breaks off or is too slow. A body that breaks
    /// off later ends in an error of the stream.
    pub fn pass<'a>(
        &'a self,
        body: Bytes,
        headers: &'a HeaderMap,
    ) -> BoxFuture<'a, Result<Response<ByteStream>, Error>> {
        Box::pin(async move {
            let call = self.passed_call(body, headers).await?;
            let mut tries = self.remote.tries();
            let Opened { head, body, .. } = loop {
                match self.remote.open(call.clone(), &self.key).await {
                    Ok(opened) => break opened,
                    // No reply at all; a status of whatever kind is the caller's to judge.
                    Err(error) => tries.again(error).await?,
                }
            };
            let scrubber = head.scrubber().clone();
            let passing = Passing::new(Box::pin(self.remote.paced(body)), scrubber, !head.status.is_success());
            let stream: ByteStream = Box::pin(passing);
            let mut response = Response::new(stream);
            *response.status_mut() = head.status;
            *response.headers_mut() = head.headers;
            // A body without secrets may be shorter than it was said to be.
            response.headers_mut().remove(CONTENT_LENGTH);
            Ok(response)
        })
    }

    async fn passed_call(&self, mut body: Bytes, headers: &HeaderMap) -> Result<Call, Error> {
        let upstream = &self.remote.config.upstream;
        // What is no JSON object goes as it is: the upstream says best what is wrong with it.
        let glance = Glance::at(&body);
        let accept = if glance.as_ref().is_some_and(|glance| glance.stream) { EVENT_STREAM } else { JSON };
        let mut headers: HeaderMap = of_session(headers).collect();
        if let (Upstream::Chat(upstream), Some(glance)) = (upstream, glance)
            && let Some(derived) = self.cache_key(upstream).await?
        {
            if !glance.has_cache_key {
                body = glance.with_cache_key(&body, &derived);
            }
            // A key that no header can carry is not worth failing for.
            let key = glance.cache_key.as_deref().unwrap_or(&derived);
            if let Ok(value) = HeaderValue::try_from(key) {
                headers.insert(CONVERSATION_ID, value.clone());
                headers.insert(SESSION_ID, value);
            }
        }
        Ok(Call { method: Method::POST, endpoint: upstream.path(), accept, headers, body })
    }

    /// The prompt cache of this bearer token, where the upstream knows such a thing.
    async fn cache_key(&self, upstream: &ChatUpstream) -> Result<Option<String>, Error> {
        if upstream.refuses(Field::PromptCacheKey) {
            return Ok(None);
        }
        let grant = self.key.grant().await?;
        let name = grant.token().map(|token| format!("{CACHE_KEY_PREFIX}{token}"));
        Ok(name.map(|name| Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string()))
    }
}

/// The headers of a client that go along to an upstream that speaks its API.
pub(crate) fn of_session(headers: &HeaderMap) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let of_session = headers.iter().filter(|(name, _)| is_of_session(name));
    of_session.map(|(name, value)| (name.clone(), value.clone()))
}

/// Whether a header of a client belongs to its session, its trace or a feature it asks for, and neither to its identity
/// nor to its connection.
fn is_of_session(name: &HeaderName) -> bool {
    const NAMES: [&str; 8] = [
        "session-id",
        "session_id",
        "thread-id",
        "conversation_id",
        "x-client-request-id",
        "openai-beta",
        "idempotency-key",
        "x-oai-attestation",
    ];
    const FAMILIES: [&str; 3] = ["x-codex-", "x-openai-", "x-responsesapi-"];
    NAMES.contains(&name.as_str()) || FAMILIES.iter().any(|family| name.as_str().starts_with(family))
}

/// Others derive the key the same way, so that a change of gateway keeps the cache.
const CACHE_KEY_PREFIX: &str = "cli-proxy-api:codex:prompt-cache:";
const CONVERSATION_ID: HeaderName = HeaderName::from_static("conversation_id");
const SESSION_ID: HeaderName = HeaderName::from_static("session_id");
