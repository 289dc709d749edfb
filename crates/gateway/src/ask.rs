//! Clients of any API: what they ask, and the answer.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use interlingua_executor::{Answer, BoxFuture, Error, Reply};
use interlingua_translate::{Api, Upstream};
use serde::Deserialize;

use crate::app::Shared;
use crate::route::{Attempt, Wanted, told};
use crate::store::{Conversations, Opened, Session};
use crate::stream::Manner;
use crate::{ApiError, Upstreams, body, compact, exchange, reply, stream};

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
    let headers = request.headers().clone();
    let body = body::read(request, app.limits).await?;
    let upstreams = app.upstreams();
    let wanted = Wanted::in_body(&body);
    let route = upstreams.route(wanted.as_ref().map(Wanted::model))?;
    let upstream = &route.first;
    exchange::note(|exchange| exchange.asked(api, wanted.as_ref().map_or("", Wanted::model), &body));
    told(upstream);
    may_ask(wanted.as_ref().map(Wanted::model))?;
    let executor = upstream.executor_for(&headers)?;
    let translator = upstream.translator(api);
    let opened = match api {
        Api::Responses => Conversations::of(&app, &headers).open(&body, upstream).await?,
        Api::Chat | Api::Messages => None,
    };
    let hold = upstream.executor().config().timeouts.hold;
    let manner = Manner::new(api, hold, app.limits, app.closing());
    let restored = |body: Bytes| match api {
        Api::Responses => compact::restored(&app.seal, &body, upstream.api()),
        Api::Chat | Api::Messages => body,
    };
    if upstream.passes(api) && route.effort.is_none() && opened.is_none() {
        // The upstream speaks the client's language: its answer goes back byte for byte.
        let body = restored(body);
        let wanted = wanted.and_then(|_| Wanted::in_body(&body));
        translator.check(&body)?;
        let named = match (&route.model, &wanted) {
            (Some(model), Some(wanted)) => wanted.replaced(&body, model),
            (Some(_), None) | (None, _) => body.clone(),
        };
        let is_streamed = asks_for_stream(&body);
        let attempt = Attempt { api, caller: headers, body, how: Session::asking(None) };
        let answer = Box::pin(route.pass(executor, translator, named, attempt));
        return respond(answer, is_streamed, manner).await.map(|response| held(response, upstreams));
    }
    let (body, session) = match opened {
        Some(Opened { body, session }) => (body, Some(session)),
        None => (body, None),
    };
    let body = restored(body);
    let read = translator.read(&body).map_err(ApiError::from);
    let mut asked = read.map_err(|error| error.rename_param(|param| Session::place(session.as_ref(), param)))?;
    // Nobody else will have to read it.
    let body = if route.others.is_empty() { Bytes::new() } else { body };
    route.apply(asked.request());
    let is_streamed = asked.is_streamed();
    if compact::is_asked(&mut asked, upstream.api()) {
        let answer = Box::pin(compact::answer(executor, asked, Arc::clone(&app.seal), session));
        return respond(answer, is_streamed, manner).await.map(|response| held(response, upstreams));
    }
    let answer =
        Box::pin(route.ask(executor, asked, Attempt { api, caller: headers, body, how: Session::asking(session) }));
    respond(answer, is_streamed, manner).await.map(|response| held(response, upstreams))
}

/// Whether the caller may ask for this model, where callers have keys of their own.
pub(crate) fn may_ask(model: Option<&str>) -> Result<(), ApiError> {
    match exchange::current() {
        Some(exchange) => exchange.caller().map_or(Ok(()), |caller| caller.may_ask(model.unwrap_or_default())),
        None => Ok(()),
    }
}

/// Whether a body that nobody reads otherwise asks for a stream.
fn asks_for_stream(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Head {
        stream: Option<bool>,
    }
    serde_json::from_slice(body).is_ok_and(|head: Head| head.stream == Some(true))
}

/// The answer as the client asked for it: as a stream, or whole.
async fn respond(
    answer: BoxFuture<'static, Result<Answer<Reply>, Error>>,
    is_streamed: bool,
    mut manner: Manner,
) -> Result<Response, ApiError> {
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

/// A reply that keeps its upstreams until it is over, also where others have taken their place.
fn held(mut response: Response, upstreams: Arc<Upstreams>) -> Response {
    response.extensions_mut().insert(upstreams);
    response
}
