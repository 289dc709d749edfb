//! A Chat request for an upstream that speaks Chat: passed on, not translated.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use uuid::Uuid;

use crate::base_url::CHAT_COMPLETIONS;
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
        let Opened { head, body, .. } = self.remote.open(self.pass(body).await?, &self.key).await?;
        let stream: ByteStream = Box::pin(self.remote.paced(body));
        let mut response = Response::new(stream);
        *response.status_mut() = head.status;
        *response.headers_mut() = head.headers;
        Ok(response)
    }

    /// The request that passes a body on.
    pub(crate) async fn pass(&self, mut body: Bytes) -> Result<Outgoing, Error> {
        // What is no JSON object goes as it is: the upstream says best what is wrong with it.
        let Some(glance) = Glance::at(&body) else { return Ok(outgoing(JSON, HeaderMap::new(), body)) };
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
        Ok(outgoing(if glance.stream { EVENT_STREAM } else { JSON }, headers, body))
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

fn outgoing(accept: HeaderValue, headers: HeaderMap, body: Bytes) -> Outgoing {
    Outgoing { method: Method::POST, endpoint: CHAT_COMPLETIONS, accept, headers, body }
}

/// Others derive the key the same way, so that a change of gateway keeps the cache.
const CACHE_KEY_PREFIX: &str = "cli-proxy-api:codex:prompt-cache:";
const CONVERSATION_ID: HeaderName = HeaderName::from_static("conversation_id");
const SESSION_ID: HeaderName = HeaderName::from_static("session_id");
