//! Endpoints beside those that answer: what is sent there is passed on as it is, and so is what comes back.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Response};

use crate::answer::Answer;
use crate::config::MAX_REPLY;
use crate::http::exchange::{Call, JSON};
use crate::http::headers::of_session;
use crate::http::transport::{BoxFuture, ByteStream};
use crate::{Error, Executor};

impl Executor {
    /// Sends a body as it is to an endpoint below the base URL, such as `/responses/compact`, with the headers of the
    /// client's session, and gives the document back that answers it, without secrets.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::upstream_status`] tells an upstream that has no such endpoint. A status is not asked for
    /// again: that is the caller's to decide.
    pub fn relay<'a>(
        &'a self,
        endpoint: &'static str,
        body: Bytes,
        headers: &'a HeaderMap,
    ) -> BoxFuture<'a, Result<Answer<Bytes>, Error>> {
        Box::pin(async move {
            let headers = of_session(headers).collect();
            let call = Call { method: Method::POST, endpoint, accept: JSON, headers, body };
            let opened = self.remote.tries().until(|| self.remote.open(call.clone(), &self.key)).await?;
            let opened = self.remote.passable(opened).await?;
            let started = opened.meta();
            let value = self.remote.read_whole(&opened.head, opened.body, MAX_REPLY).await?;
            let mut meta = started.ready(Vec::new());
            meta.is_passed = true;
            Ok(Answer { value, meta })
        })
    }

    /// Sends a request to `path` below the base URL, such as `/embeddings`, and gives the reply back as it comes: its status,
    /// the headers a client may see, its bytes. Of `headers` the kinds of both bodies go along, and those of a session.
    ///
    /// Nothing is known of what is asked, so nothing is asked twice.
    ///
    /// # Errors
    /// Any [`Error`]; what the upstream refuses is one, in its own words where they can be passed on.
    pub fn forward<'a>(
        &'a self,
        method: Method,
        path: &'a str,
        headers: &'a HeaderMap,
        body: Bytes,
    ) -> BoxFuture<'a, Result<Response<ByteStream>, Error>> {
        Box::pin(async move {
            let uri = self.remote.base_url.endpoint(path)?;
            let mut own: HeaderMap = of_session(headers).collect();
            if let Some(kind) = headers.get(CONTENT_TYPE) {
                own.insert(CONTENT_TYPE, kind.clone());
            }
            let accept = headers.get(ACCEPT).cloned().unwrap_or(HeaderValue::from_static("*/*"));
            let opened = self.remote.ask(method, uri, own, body, accept, &self.key).await?;
            let opened = self.remote.passable(opened).await?;
            let stream: ByteStream = Box::pin(self.remote.paced(opened.body));
            let mut response = Response::new(stream);
            *response.status_mut() = opened.head.status;
            *response.headers_mut() = opened.head.headers;
            Ok(response)
        })
    }
}
