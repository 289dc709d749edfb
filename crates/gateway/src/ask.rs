//! Clients of any API: what they ask, and the answer.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use interlingua_executor::Reply;
use interlingua_translate::{Api, Upstream};

use crate::app::Shared;
use crate::{ApiError, body, reply, responses, stream};

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
    let executor = app.upstream.executor_for(request.headers())?;
    let headers = request.headers().clone();
    let body = body::read(request, app.limits).await?;
    let translator = app.upstream.translator(api);
    if api == Api::Responses {
        responses::remembered(&body, &app.upstream)?;
    }
    if app.upstream.api() == api {
        // The upstream speaks the client's language: its answer goes back byte for byte.
        translator.check(&body)?;
        return Ok(reply::passed(executor.pass(body, &headers).await?));
    }
    let asked = translator.read(&body)?;
    drop(body);
    let is_streamed = asked.is_streamed();
    let answer = async move { executor.ask(asked).await };
    if is_streamed {
        let hold = app.upstream.executor().config().timeouts.hold;
        return stream::respond(answer, api, hold, app.limits).await;
    }
    let answer = answer.await?;
    let Reply::Whole(body) = answer.value else {
        // What is asked for whole is given whole.
        return Err(ApiError::bad_gateway("the answer came as a stream although none was asked for"));
    };
    Ok(reply::answered(reply::body(body), &answer.meta))
}
