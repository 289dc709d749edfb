//! Others in the place of an upstream that cannot answer.

use bytes::Bytes;
use http::HeaderMap;
use interlingua_executor::{Answer, BoxFuture, Error, Executor, Reply, one_line};
use interlingua_translate::{Api, Asked, Translator};

use super::{Route, told};
use crate::cache_key::of_session;

/// A request that has been read, and all that is needed to read it again for somebody else.
pub(crate) struct Attempt<R> {
    pub(crate) api: Api,
    pub(crate) caller: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) how: How<R>,
}

/// How somebody is asked.
pub(crate) type How<R> = Box<dyn Fn(Executor, Asked) -> BoxFuture<'static, Result<Answer<R>, Error>> + Send + Sync>;

impl Route {
    /// Asks the first, and where it cannot answer, the others in their order. The failure is the last one's.
    pub(crate) async fn ask<R>(
        self,
        executor: Executor,
        asked: Asked,
        attempt: Attempt<R>,
    ) -> Result<Answer<R>, Error> {
        match (attempt.how)(executor, asked).await {
            Err(error) if may_others_help(&error) => self.ask_others(error, attempt).await,
            answer => answer,
        }
    }

    /// Passes a body on to the first, which speaks the client's API; where it cannot answer, asks the others in their order.
    /// `asked_for` is the client's name for the model, where the body has another in its place.
    pub(crate) async fn pass(
        self,
        executor: Executor,
        translator: Translator,
        body: Bytes,
        asked_for: Option<String>,
        attempt: Attempt<Reply>,
    ) -> Result<Answer<Reply>, Error> {
        match executor.pass_named(&translator, body, &attempt.caller, asked_for.as_deref()).await {
            Err(error) if may_others_help(&error) => self.ask_others(error, attempt).await,
            answer => answer,
        }
    }

    /// Asks the others in their order, each in its own API.
    async fn ask_others<R>(self, mut failure: Error, attempt: Attempt<R>) -> Result<Answer<R>, Error> {
        let Attempt { api, caller, body, how } = attempt;
        for other in &self.others {
            // The translation moves what it translates, so the request is read once more.
            let (Ok(executor), Ok(mut asked)) = (other.executor_in(api, &caller), other.translator(api).read(&body))
            else {
                continue;
            };
            tracing::warn!(phase = %failure.phase(), error = %one_line(&failure), instead = other.name(), "another upstream is asked");
            asked.keep_name();
            self.apply(asked.request());
            of_session(api, other, &caller, &mut asked);
            told(other);
            match how(executor, asked).await {
                Err(error) if may_others_help(&error) => failure = error,
                answer => return answer,
            }
        }
        Err(failure)
    }
}

/// Whether the request has not been worked on, and why lies with this upstream alone: it cannot be reached, its login is
/// over, or its plan is used up. Whatever may have begun to run is not asked for twice.
fn may_others_help(error: &Error) -> bool {
    error.is_connect() || error.needs_login() || error.usage_limit().is_some()
}
