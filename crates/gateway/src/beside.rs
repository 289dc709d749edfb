//! Requests about a conversation that no model answers at once: what they have in common.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use interlingua_executor::{Answer, Error, Executor};
use interlingua_translate::{Api, Asked};

use crate::app::Shared;
use crate::inbound::may_ask;
use crate::members::{Members, raw};
use crate::route::{Route, Wanted, told};
use crate::store::{Conversations, Expanded, Shift};
use crate::{ApiError, Upstreams, body, exchange, reply, summaries};

/// A request of a Responses client to an endpoint beside the one that answers.
pub(crate) struct Beside {
    headers: HeaderMap,
    /// With the conversation that it goes on from, where that is kept here.
    body: Bytes,
    shift: Option<Shift>,
    route: Route,
    pub(crate) executor: Executor,
    /// Kept until it is answered, also where others take their place.
    _upstreams: Arc<Upstreams>,
}

impl Beside {
    /// Reads a request and finds who answers it.
    ///
    /// # Errors
    /// The body is none, nobody answers its model, or what it goes on from is not kept.
    pub(crate) async fn read(app: &Shared, request: Request) -> Result<Self, ApiError> {
        let headers = request.headers().clone();
        let body = body::read(request, app.limits).await?;
        let upstreams = app.upstreams();
        let wanted = Wanted::in_body(&body);
        let route = upstreams.route(wanted.as_ref().map(Wanted::model))?;
        let upstream = &route.first;
        exchange::note(|exchange| exchange.asked(Api::Responses, wanted.as_ref().map_or("", Wanted::model), &body));
        told(upstream);
        may_ask(wanted.as_ref().map(Wanted::model))?;
        let executor = upstream.executor_for(&headers)?;
        let conversations = Conversations::of(app, &headers);
        let (body, shift) = match conversations.expand(&body).await {
            Ok(Some(Expanded { body, shift, previous_response_id: _, turn: _ })) => (body, Some(shift)),
            Ok(None) => (body, None),
            // The upstream keeps its own.
            Err(_) if upstream.passes(Api::Responses) => (body, None),
            Err(error) => return Err(error),
        };
        let body = summaries::opened(&app.seal, &body, upstream.api());
        Ok(Self { headers, body, shift, route, executor, _upstreams: upstreams })
    }

    /// The answer of an upstream that has this endpoint itself; `None` where it has not.
    ///
    /// # Errors
    /// The upstream's own.
    pub(crate) async fn relayed(&self, endpoint: &'static str) -> Result<Option<Response>, ApiError> {
        if !self.route.first.passes(Api::Responses) {
            return Ok(None);
        }
        let wanted = Wanted::in_body(&self.body);
        let named = match (&self.route.model, &wanted) {
            (Some(model), Some(wanted)) => wanted.replaced(&self.body, model),
            (Some(_), None) | (None, _) => self.body.clone(),
        };
        match self.executor.relay(endpoint, named, &self.headers).await {
            Err(error) if has_no_such_endpoint(&error) => Ok(None),
            Err(error) => Err(error.into()),
            Ok(Answer { value, meta }) => Ok(Some(reply::answered(reply::body(value), &meta))),
        }
    }

    /// The request itself. One that need not name a model goes by `model` where it names none.
    ///
    /// # Errors
    /// It cannot be read, with the place in the client's document.
    pub(crate) fn asked(&self, model: Option<&str>) -> Result<Asked, ApiError> {
        let translator = self.route.first.translator(Api::Responses);
        let named = model.and_then(|model| {
            let mut members = Members::read(&self.body)?;
            if members.get("model").is_some_and(|model| model.get() != "null") {
                return None;
            }
            members.set("model", raw(&model));
            Some(Bytes::from(members.to_vec()))
        });
        let read = translator.read(named.as_ref().unwrap_or(&self.body)).map_err(ApiError::from);
        let mut asked = read.map_err(|error| match self.shift {
            Some(shift) => error.rename_param(|param| shift.back(param)),
            None => error,
        })?;
        self.route.apply(asked.request());
        Ok(asked)
    }
}

/// Whether an upstream answered that it has no such path.
pub(crate) fn has_no_such_endpoint(error: &Error) -> bool {
    error.upstream_status().is_some_and(|status| matches!(status.as_u16(), 404 | 405 | 410 | 501))
}
