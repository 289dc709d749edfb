//! Paths of an upstream that are none of the APIs known here: embeddings, audio, images. Passed on where the configuration
//! names them, with keys and limits as for the rest.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, Uri};
use interlingua_executor::Executor;

use crate::access::REQUEST_ID;
use crate::app::Shared;
use crate::inbound::may_ask;
use crate::reply::UPSTREAM_REQUEST_ID;
use crate::route::{Wanted, told};
use crate::unknown::unknown;
use crate::{ApiError, body};

/// What no route has taken: passed on if it is one of those paths, else refused.
pub(crate) async fn or_unknown(State(app): State<Shared>, request: Request) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    if app.passthrough.iter().any(|path| path.fits(uri.path())) {
        return pass(&app, method, uri, request).await.unwrap_or_else(IntoResponse::into_response);
    }
    unknown(&method, &uri)
}

async fn pass(app: &Shared, method: Method, uri: Uri, request: Request) -> Result<Response, ApiError> {
    let headers = request.headers().clone();
    let body = body::read_any(request, app.limits).await?;
    let upstreams = app.upstreams();
    let wanted = Wanted::in_body(&body);
    let route = upstreams.route(wanted.as_ref().map(Wanted::model))?;
    may_ask(wanted.as_ref().map(Wanted::model))?;
    told(&route.first);
    let body = match (&route.model, &wanted) {
        (Some(model), Some(wanted)) => wanted.replaced(&body, model),
        (Some(_), None) | (None, _) => body,
    };
    let executor = route.first.executor_for(&headers)?;
    relayed(&executor, method, &uri, &headers, body).await
}

async fn relayed(
    executor: &Executor,
    method: Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: bytes::Bytes,
) -> Result<Response, ApiError> {
    // A base URL has the version in it already.
    let path = uri.path();
    let path = path.strip_prefix("/v1").unwrap_or(path);
    let answer = executor.forward(method, path, headers, body).await?;
    let mut response = answer.map(Body::from_stream);
    // The gateway's own id takes its place.
    if let Some(id) = response.headers_mut().remove(REQUEST_ID) {
        response.headers_mut().insert(UPSTREAM_REQUEST_ID, id);
    }
    Ok(response)
}
