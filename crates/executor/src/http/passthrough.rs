//! A request for an upstream that speaks the client's language: passed on, not translated.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};
use interlingua_model::Request;
use interlingua_translate::chat::Field;
use interlingua_translate::{ChatUpstream, Passing, Policy, Translator, Upstream};
use uuid::Uuid;

use crate::answer::{Answer, Meta, Reply};
use crate::backend::Nature;
use crate::http::exchange::{Call, EVENT_STREAM, JSON};
use crate::http::headers::{of_session, session_header};
use crate::http::splice::Glance;
use crate::http::transport::BoxFuture;
use crate::stream::sse_stream::Rendered;
use crate::{Error, Executor, stamp};

impl Executor {
    /// Sends the body of a request as it is, with `headers` of the client beside it, to an upstream that speaks the API of
    /// `translator`'s client, and gives the reply back with its bytes as they came, but for secrets that a failure repeats.
    ///
    /// The reply is watched as it goes by. A stream is held back as [`ask`](Self::ask) says, and one that has no end of its
    /// own, or is none, is told as there; a whole reply comes when all of it is there. What is not what was asked for, JSON
    /// for a stream or events for a whole reply, is turned into it.
    ///
    /// Of the headers those go along that belong to a session or a trace of the client's, such as `session-id` and
    /// `x-codex-turn-metadata`; its identity and its credentials stay here. To a Chat upstream one thing may be added: without
    /// a `prompt_cache_key` of the client's, and unless the upstream refuses it, the key is made from the bearer token (the
    /// same for the same token) and appended; the headers `conversation_id` and `session_id` carry the key as well.
    ///
    /// # Errors
    /// Any [`Error`]. One that the upstream has told in an envelope of the API's own has it as it came, see
    /// [`Error::said`]. A status is not asked for again: that is the caller's to decide.
    pub fn pass<'a>(
        &'a self,
        translator: &'a Translator,
        body: Bytes,
        headers: &'a HeaderMap,
    ) -> BoxFuture<'a, Result<Answer<Reply>, Error>> {
        self.pass_named(translator, body, headers, None)
    }

    /// As [`pass`](Self::pass), where the client asked for `model` and the body names another: a reply of Messages calls its
    /// model as it was asked for, since clients of that API leave out the thoughts of any other.
    ///
    /// # Errors
    /// As `pass`.
    pub fn pass_named<'a>(
        &'a self,
        translator: &'a Translator,
        body: Bytes,
        headers: &'a HeaderMap,
        model: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Answer<Reply>, Error>> {
        Box::pin(async move {
            let call = self.passed_call(translator, body.clone(), headers).await?;
            // Again only where there is no reply at all; a status of whatever kind is the caller's to judge.
            let tries = self.remote.tries_for(translator.client);
            let opened = tries.until(|| self.remote.open(call.clone(), &self.key)).await?;
            let opened = self.remote.passable_or_mended(opened, call, &self.key).await?;
            // The upstream has all it needs: what is worked out here costs it no time.
            let (passing, is_one) = passing(translator, &body, model);
            let passing = passing.with_event_limit(self.remote.config.max_event);
            drop(body);
            let is_streamed = passing.is_streamed();
            let reader = Rendered::passing(passing, is_one, opened.head.scrubber().clone());
            let Answer { value, meta } = self.answer(opened, reader, is_streamed, &[], None).await?;
            Ok(Answer { value, meta: Meta { is_passed: true, ..meta } })
        })
    }

    async fn passed_call(&self, translator: &Translator, mut body: Bytes, headers: &HeaderMap) -> Result<Call, Error> {
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
            let value = session_header(glance.cache_key.as_deref().unwrap_or(&derived));
            headers.insert(CONVERSATION_ID, value.clone());
            headers.insert(SESSION_ID, value);
        }
        let backend = &self.remote.config.backend;
        if backend.is_told() {
            let nature = translator
                .read(&body)
                .map(|asked| Nature { is_opening: asked.is_opening(), has_images: asked.has_images() });
            backend.tell(nature.unwrap_or_default(), &mut headers)?;
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

/// What passes the reply to a request on, and whether no more than one answer was asked for.
fn passing(translator: &Translator, body: &[u8], model: Option<&str>) -> (Passing, bool) {
    // What is refused elsewhere is not refused here.
    let translator = Translator { policy: Policy::Lenient, ..translator.clone() };
    let (mut asked, is_one) = if let Ok(mut asked) = translator.read(body) {
        let is_one = asked.request().sampling.choices.as_ref().is_none_or(|choices| choices.value <= 1);
        (asked, is_one)
    } else {
        // The upstream has taken what we cannot read; of the reply only its form has to be known.
        let mut request = Request::new(String::new());
        request.stream.enabled = Glance::at(body).is_some_and(|glance| glance.stream);
        (translator.asked(request), false)
    };
    if let Some(model) = model {
        model.clone_into(&mut asked.request().model);
        asked.keep_name();
    }
    (asked.alone(stamp()).passing(), is_one)
}

/// Others derive the key the same way, so that a change of gateway keeps the cache.
const CACHE_KEY_PREFIX: &str = "cli-proxy-api:codex:prompt-cache:";
const CONVERSATION_ID: HeaderName = HeaderName::from_static("conversation_id");
const SESSION_ID: HeaderName = HeaderName::from_static("session_id");
