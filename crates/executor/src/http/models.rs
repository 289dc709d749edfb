//! What models there are: asked of the upstream, never compiled in.

use std::sync::Arc;
use std::time::Instant;

use http::header::IF_NONE_MATCH;
use http::{HeaderMap, StatusCode, Uri};
use interlingua_translate::Api;
use interlingua_wire::chat;

use crate::answer::{Answer, Meta, Timings};
use crate::codex::catalogue::Catalogue;
use crate::config::{CATALOGUE_WAIT, MAX_REPLY};
use crate::error::{Error, Phase};
use crate::executor::Executor;
use crate::http::base_url::MODELS;
use crate::http::exchange::Started;
use crate::http::head::ReplyHead;
use crate::http::transport::BoxFuture;
use crate::http::wait::within;

impl Executor {
    /// The models the upstream offers.
    ///
    /// A backend that tells its models' ways is asked whether anything has changed since (by `ETag`), and where it cannot be
    /// asked, the last good list is given.
    ///
    /// # Errors
    /// Any [`Error`].
    pub fn models(&self) -> BoxFuture<'_, Result<Answer<chat::ModelList>, Error>> {
        Box::pin(async move {
            let Some(version) = self.catalogue_version() else { return self.plain_models().await };
            let listing = self.remote.base_url.endpoint_with(MODELS, &format!("client_version={version}"))?;
            let failure = match self.remote.tries().until(|| self.ask_catalogue(listing.clone())).await {
                Ok((catalogue, started)) => {
                    return Ok(Answer { value: catalogue.list(), meta: started.ready(Vec::new()) });
                }
                Err(error) => error,
            };
            let catalogue = self.remote.catalogue.read().ok_or(failure)?;
            let head = catalogue.head.clone();
            let meta = Meta {
                losses: Vec::new(),
                is_passed: false,
                rate_limits: None,
                head,
                usage: None,
                timings: Timings::default(),
            };
            Ok(Answer { value: catalogue.list(), meta })
        })
    }

    /// What is known of the models' ways. Asks where nothing is known or what is known has grown old, but never fails and
    /// never takes long: without it a request is written by the profile as it is.
    pub(crate) async fn catalogue(&self) -> Option<Arc<Catalogue>> {
        let listing = match self.catalogue_version() {
            Some(version) => self.remote.base_url.endpoint_with(MODELS, &format!("client_version={version}")),
            None if self.remote.config.backend.catalogue => self.plain_list(),
            None => return None,
        };
        let listing = listing.ok()?;
        let last = &self.remote.catalogue;
        if last.is_due(Instant::now()) {
            let asked = within(&*self.remote.transport, CATALOGUE_WAIT, self.ask_catalogue(listing)).await;
            if !matches!(asked, Some(Ok(_))) {
                last.failed(Instant::now());
            }
        }
        last.read()
    }

    /// Whether the upstream tells of its models' ways.
    pub(crate) fn has_catalogue(&self) -> bool {
        self.catalogue_version().is_some() || self.remote.config.backend.catalogue
    }

    fn catalogue_version(&self) -> Option<&str> {
        self.remote.config.backend.catalogue_version.as_deref()
    }

    /// Where the list is, without a word on who asks.
    fn plain_list(&self) -> Result<Uri, Error> {
        match self.remote.config.upstream.api() {
            // Its pages are short, and this is the longest.
            Api::Messages => self.remote.base_url.endpoint_with(MODELS, "limit=1000"),
            Api::Chat | Api::Responses => self.remote.base_url.endpoint(MODELS),
        }
    }

    async fn ask_catalogue(&self, uri: Uri) -> Result<(Arc<Catalogue>, Started), Error> {
        let known = self.remote.catalogue.read();
        let mut headers = HeaderMap::new();
        if let Some(etag) = known.as_ref().and_then(|known| known.etag.clone()) {
            headers.insert(IF_NONE_MATCH, etag);
        }
        let opened = self.remote.get(uri, headers, &self.key).await?;
        let started = opened.meta();
        let catalogue = match known {
            Some(known) if opened.head.status == StatusCode::NOT_MODIFIED => known,
            _ => {
                let opened = self.remote.readable(opened).await?;
                let (head, etag) = (opened.head, opened.etag);
                let bytes = self.remote.read_whole(&head, opened.body, MAX_REPLY).await?;
                let read = Catalogue::read(head.clone(), etag, &bytes, &self.remote.config.upstream);
                Arc::new(read.map_err(|error| unreadable(&error, &head))?)
            }
        };
        self.remote.catalogue.keep(&catalogue, Instant::now());
        Ok((catalogue, started))
    }

    async fn plain_models(&self) -> Result<Answer<chat::ModelList>, Error> {
        let list = self.plain_list()?;
        let ask = || async {
            let opened = self.remote.get(list.clone(), HeaderMap::new(), &self.key).await?;
            self.remote.readable(opened).await
        };
        let opened = self.remote.tries().until(ask).await?;
        let started = opened.meta();
        let bytes = self.remote.read_whole(&opened.head, opened.body, MAX_REPLY).await?;
        let value = serde_json::from_slice(&bytes).map_err(|error| unreadable(&error, &started.head))?;
        Ok(Answer { value, meta: started.ready(Vec::new()) })
    }
}

fn unreadable(error: &serde_json::Error, head: &ReplyHead) -> Error {
    let message = format!("the upstream's list of models cannot be read: {error}");
    Error::malformed(Phase::MidStream, message).with_head(head)
}
