//! A request for an upstream that speaks the caller's language: passed on, not translated.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use uuid::Uuid;

use crate::base_url::{CHAT_COMPLETIONS, RESPONSES};
use crate::exchange::{EVENT_STREAM, JSON, Opened, Outgoing};
use crate::splice::Glance;
use crate::transport::ByteStream;
use crate::{Error, Executor};

impl Executor {
    /// Sends the body of a Chat Completions request as it is and gives the reply back byte for byte, errors included:
    /// its status, the headers a client may see, and the body as it arrives.
    ///
    /// One thing may be added: without a `prompt_cache_key` of the caller's, and unless the profile says that the
    /// upstream refuses it, the key is made from the bearer token (the same for the same token) and appended. The headers
    /// `conversation_id` and `session_id` carry the key as well.
    ///
    /// # Errors
    /// Only what keeps a reply from coming: the upstream cannot be reached, breaks off or is too slow. A body that breaks
    /// off later ends in an error of the stream.
    pub async fn chat_passthrough(&self, body: Bytes) -> Result<Response<ByteStream>, Error> {
        self.reply(self.pass_chat(body).await?).await
    }

    /// Sends the body of a Responses request as it is, with `headers` beside it, and gives the reply back byte for byte,
    /// errors included: its status, the headers a client may see, and the body as it arrives.
    ///
    /// Of the headers those go along that belong to a session or a trace of the client's, such as `session-id` and
    /// `x-codex-turn-metadata`; its identity and its credentials stay here.
    ///
    /// # Errors
    /// As [`chat_passthrough`](Self::chat_passthrough).
    pub async fn responses_passthrough(&self, body: Bytes, headers: &HeaderMap) -> Result<Response<ByteStream>, Error> {
        let is_streamed = Glance::at(&body).is_some_and(|glance| glance.stream);
        let of_session = headers.iter().filter(|(name, _)| is_of_session(name));
        let headers = of_session.map(|(name, value)| (name.clone(), value.clone())).collect();
        self.reply(pass_responses(body, is_streamed, headers)).await
    }

    async fn reply(&self, outgoing: Outgoing) -> Result<Response<ByteStream>, Error> {
        let mut tries = self.remote.tries();
        let Opened { head, body, .. } = loop {
            match self.remote.open(outgoing.clone(), &self.key).await {
                Ok(opened) => break opened,
                // No reply at all; a status of whatever kind is the caller's to judge.
                Err(error) => tries.again(error).await?,
            }
        };
        let stream: ByteStream = Box::pin(self.remote.paced(body));
        let mut response = Response::new(stream);
        *response.status_mut() = head.status;
        *response.headers_mut() = head.headers;
        Ok(response)
    }

    /// The request that passes a Chat body on.
    pub(crate) async fn pass_chat(&self, mut body: Bytes) -> Result<Outgoing, Error> {
        // What is no JSON object goes as it is: the upstream says best what is wrong with it.
        let Some(glance) = Glance::at(&body) else {
            return Ok(outgoing(CHAT_COMPLETIONS, JSON, HeaderMap::new(), body));
        };
        let mut headers = HeaderMap::new();
        if let Some(derived) = self.cache_key().await? {
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
        Ok(outgoing(CHAT_COMPLETIONS, accept(glance.stream), headers, body))
    }

    /// The prompt cache of this bearer token, where the upstream knows such a thing.
    async fn cache_key(&self) -> Result<Option<String>, Error> {
        let refused = &self.remote.config.profile.chat.refused;
        if refused.iter().any(|field| field == "prompt_cache_key") {
            return Ok(None);
        }
        let grant = self.key.grant().await?;
        let name = grant.token().map(|token| format!("{CACHE_KEY_PREFIX}{token}"));
        Ok(name.map(|name| Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string()))
    }
}

/// The request that passes a Responses body on.
pub(crate) fn pass_responses(body: Bytes, is_streamed: bool, headers: HeaderMap) -> Outgoing {
    outgoing(RESPONSES, accept(is_streamed), headers, body)
}

fn outgoing(endpoint: &'static str, accept: HeaderValue, headers: HeaderMap, body: Bytes) -> Outgoing {
    Outgoing { method: Method::POST, endpoint, accept, headers, body }
}

fn accept(is_streamed: bool) -> HeaderValue {
    if is_streamed { EVENT_STREAM } else { JSON }
}

/// Whether a header of a client belongs to its session, its trace or a feature it asks for, and neither to its identity
/// nor to its connection.
fn is_of_session(name: &HeaderName) -> bool {
    const NAMES: [&str; 7] = [
        "session-id",
        "session_id",
        "thread-id",
        "conversation_id",
        "x-client-request-id",
        "openai-beta",
        "idempotency-key",
    ];
    const FAMILIES: [&str; 2] = ["x-codex-", "x-openai-internal-codex-"];
    NAMES.contains(&name.as_str()) || FAMILIES.iter().any(|family| name.as_str().starts_with(family))
}

/// Others derive the key the same way, so that a change of gateway keeps the cache.
const CACHE_KEY_PREFIX: &str = "cli-proxy-api:codex:prompt-cache:";
const CONVERSATION_ID: HeaderName = HeaderName::from_static("conversation_id");
const SESSION_ID: HeaderName = HeaderName::from_static("session_id");
