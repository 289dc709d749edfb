//! Endpoints of an API beside the one that answers: a body in, a document out, both as they are.

use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::answer::Answer;
use crate::config::MAX_REPLY;
use crate::http::exchange::{Call, JSON};
use crate::http::headers::of_session;
use crate::http::transport::BoxFuture;
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
}
