//! Clients of any API: what they ask, and the answer.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use interlingua_executor::{Answer, BoxFuture, Error, Executor, Reply};
use interlingua_translate::{Api, Upstream};

use crate::access::held;
use crate::app::Shared;
use crate::cache_key::of_session;
use crate::inbound::may_ask;
use crate::route::{Attempt, Glance, Route, Wanted, told};
use crate::store::{Conversations, Opened, Session};
use crate::stream::Manner;
use crate::thoughts::Thoughts;
use crate::{ApiError, Upstreams, body, compact, exchange, reply, stream, summaries};

/// The route of each API below `base`.
pub(crate) fn routes(base: &str) -> Router<Shared> {
    let mut router = Router::new();
    for api in Api::ALL.iter().copied() {
        router = router.merge(route(base, api));
    }
    router
}

/// The route of one API below `base`.
pub(crate) fn route(base: &str, api: Api) -> Router<Shared> {
    let path = format!("{base}{}", Upstream::usual(api).path());
    Router::new().route(&path, post(move |state, request| ask(api, state, request)))
}

async fn ask(api: Api, State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let (Parts { headers, .. }, body) = request.into_parts();
    let headers = in_memory_of_their_own(headers);
    let body = body::read_of(&headers, body, app.limits).await?;
    let upstreams = app.upstreams();
    let looked = is_looked_into(api, &upstreams).then(|| Glance::at(&body));
    let model = looked.as_ref().and_then(Glance::model);
    let route = upstreams.route_for(api, model)?;
    exchange::note(|exchange| exchange.asked(api, model.unwrap_or_default(), &body));
    told(&route.first);
    may_ask(model.map(|model| upstreams.name_for(api, model)))?;
    let executor = route.first.executor_in(api, &headers)?;
    let opened = match api {
        Api::Responses => Conversations::of(&app, &headers).open(&body, &route.first).await?,
        Api::Chat | Api::Messages => None,
    };
    let hold = route.first.executor().config().timeouts.hold;
    let manner = Manner::new(api, hold, app.limits, app.closing());
    let asking = Asking { app, api, headers, upstreams: Arc::clone(&upstreams), route, executor };
    let may_pass = opened.is_none() && looked.is_some() && asking.route.effort.is_none();
    // What is not in the words of its API is translated, although the upstream speaks it.
    let passes = may_pass && asking.route.first.passes(api) && asking.route.first.translator(api).check(&body)?;
    let (answer, is_streamed) = match (opened, looked) {
        (None, Some(glance)) if passes => (asking.passed(body), glance.is_streamed),
        (None, looked) => asking.translated(body, None, looked.is_some())?,
        (Some(Opened { body, session }), looked) => asking.translated(body, Some(session), looked.is_some())?,
    };
    respond(answer, is_streamed, manner).await.map(|response| held(response, upstreams))
}

/// A request whose upstream is known.
struct Asking {
    app: Shared,
    api: Api,
    headers: HeaderMap,
    upstreams: Arc<Upstreams>,
    route: Route,
    executor: Executor,
}

/// What is under way for a client.
type Answering = BoxFuture<'static, Result<Answer<Reply>, Error>>;

impl Asking {
    /// The upstream speaks the client's language: its answer goes back byte for byte.
    fn passed(self, body: Bytes) -> Answering {
        let body = self.restored(body);
        let Self { app: _, api, headers, upstreams: _, route, executor } = self;
        let translator = route.first.translator(api);
        // What has been restored has its model somewhere else.
        let (named, asked_for) = match route.model.as_ref().and_then(|model| Some((model, Wanted::in_body(&body)?))) {
            Some((model, wanted)) => (wanted.replaced(&body, model), Some(wanted.model().to_owned())),
            None => (body.clone(), None),
        };
        let attempt = Attempt { api, caller: headers, body, how: Session::asking(None) };
        Box::pin(route.pass(executor, translator, named, asked_for, attempt))
    }

    /// The request is read and written anew, and so is its reply. Returns whether that is to be a stream, too. `is_named` says
    /// that somebody has looked for the model already.
    fn translated(self, body: Bytes, session: Option<Session>, is_named: bool) -> Result<(Answering, bool), ApiError> {
        let body = self.restored(body);
        let Self { app, api, headers, upstreams, route, executor } = self;
        let upstream = &route.first;
        let read = upstream.translator(api).read(&body).map_err(ApiError::from);
        if !is_named {
            exchange::note(|exchange| match &read {
                Ok(asked) => exchange.names(asked.model()),
                Err(_) => exchange.names(Glance::at(&body).model().unwrap_or_default()),
            });
        }
        let mut asked = read.map_err(|error| error.rename_param(|param| Session::place(session.as_ref(), param)))?;
        // Nobody else may have to read it, and it is not held then either.
        let body = Some(body).filter(|_| !route.others.is_empty()).unwrap_or_default();
        asked.keep_name();
        route.apply(asked.request());
        if !is_named && upstreams.name_for(api, asked.model()) != asked.model() {
            let name = upstreams.name_for(api, asked.model()).to_owned();
            asked.request().model = name;
        }
        of_session(api, upstream, &headers, &mut asked);
        let is_streamed = asked.is_streamed();
        if compact::is_asked(&mut asked, upstream.api()) {
            return Ok((Box::pin(compact::answer(executor, asked, Arc::clone(&app.seal), session)), is_streamed));
        }
        let how = match api {
            Api::Responses => Session::asking(session),
            // Their clients know no place for sealed thoughts, or not all of them do.
            Api::Chat | Api::Messages => Thoughts::asking(Thoughts::of(&app, &headers)),
        };
        Ok((Box::pin(route.ask(executor, asked, Attempt { api, caller: headers, body, how })), is_streamed))
    }

    /// The body with what the gateway has sealed open again.
    fn restored(&self, body: Bytes) -> Bytes {
        match self.api {
            Api::Responses => summaries::opened(&self.app.seal, &body, self.route.first.api()),
            Api::Chat | Api::Messages => body,
        }
    }
}

/// Headers as they are read hold on to all that their connection has read into, for as long as they are there.
fn in_memory_of_their_own(mut headers: HeaderMap) -> HeaderMap {
    for value in headers.values_mut() {
        if let Ok(copy) = HeaderValue::from_bytes(value.as_bytes()) {
            *value = copy;
        }
    }
    headers
}

/// Whether somebody has to know what a body wants before it is read: which upstream answers, whether the caller may ask for its
/// model, or what to do with it where nobody reads it.
fn is_looked_into(api: Api, upstreams: &Upstreams) -> bool {
    let is_callers = exchange::current().is_some_and(|exchange| exchange.caller().is_some());
    is_callers || !upstreams.is_single() || upstreams.first().is_none_or(|upstream| upstream.passes(api))
}

/// The answer as the client asked for it: as a stream, or whole.
async fn respond(answer: Answering, is_streamed: bool, mut manner: Manner) -> Result<Response, ApiError> {
    if is_streamed {
        return stream::respond(answer, manner).await;
    }
    let answer = manner.closing.before(answer).await.ok_or_else(ApiError::closing)??;
    let Reply::Whole(body) = answer.value else {
        // What is asked for whole is given whole.
        return Err(ApiError::bad_gateway("the answer came as a stream although none was asked for"));
    };
    Ok(reply::answered(reply::body(body), &answer.meta))
}
