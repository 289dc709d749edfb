//! Who may use the gateway.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use interlingua_executor::Scrubber;

use crate::app::{App, Shared};
use crate::caller::CALLER;
use crate::inbound_key::{API_KEY, api_key, bearer};
use crate::{ApiError, exchange, host};

/// Lets in whoever presents a key; where none is set, everybody who asks for this machine by a name of its own.
pub(crate) async fn admit(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    // Only we say whose request it is.
    request.headers_mut().remove(CALLER);
    if app.is_open() {
        return match host::check(&request, &app) {
            Ok(()) => next.run(request).await,
            Err(refusal) => refusal.into_response(),
        };
    }
    match known(&app, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Finds out whose key it is, and takes it off: it has done its work, and would be passed on as the caller's own.
async fn known(app: &App, request: &mut Request) -> Result<(), ApiError> {
    // Some clients send a key of each kind, of which one is ours.
    let presented = [bearer(request.headers()), api_key(request.headers())];
    let presented = || presented.iter().copied().flatten();
    let is_everybodys = app.inbound_key.as_ref().is_some_and(|key| presented().any(|presented| key.admits(presented)));
    if !is_everybodys {
        let Some(caller) = presented().find_map(|presented| app.callers.find(presented)).cloned() else {
            let message =
                "this gateway wants a key as `Authorization: Bearer ..` or `x-api-key` (the API key of an SDK)";
            let refusal = ApiError::new(StatusCode::UNAUTHORIZED, message);
            let refusal = refusal.with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return Err(refusal.with_code("invalid_api_key"));
        };
        let keys = Scrubber::new(presented());
        exchange::note(|exchange| exchange.presents(&keys));
        let place = caller.admit(Instant::now()).await?;
        if let Ok(name) = HeaderValue::try_from(caller.name()) {
            request.headers_mut().insert(CALLER, name);
        }
        exchange::note(|exchange| exchange.comes_from(caller, place));
    }
    request.headers_mut().remove(AUTHORIZATION);
    request.headers_mut().remove(API_KEY);
    Ok(())
}

/// Whether the caller may ask for this model, where callers have keys of their own.
pub(crate) fn may_ask(model: Option<&str>) -> Result<(), ApiError> {
    match exchange::current() {
        Some(exchange) => exchange.caller().map_or(Ok(()), |caller| caller.may_ask(model.unwrap_or_default())),
        None => Ok(()),
    }
}
